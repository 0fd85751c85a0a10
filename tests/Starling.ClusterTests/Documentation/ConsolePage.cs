using System.Globalization;
using System.Text.RegularExpressions;

namespace Starling.ClusterTests.Documentation;

/// <summary>One command of a page and what the page says it prints.</summary>
internal sealed record ConsoleStep(string Command, string[] Printed);

/// <summary>The console blocks of a page in the order in which a reader meets them, and what of their text must be the same in every run.</summary>
internal static partial class ConsolePage
{
    /// <summary>Stands for any number of lines.</summary>
    public const string Anything = "...";

    /// <summary>Stands for Ctrl-C, typed once everything before it is on the screen.</summary>
    public const string Interrupted = "^C";

    public static List<ConsoleStep> Read(IEnumerable<string> lines)
    {
        var steps = new List<ConsoleStep>();
        var isBlock = false;
        foreach (var line in lines)
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                isBlock = line == "```console";
            }
            else if (isBlock && line.StartsWith("$ ", StringComparison.Ordinal))
            {
                steps.Add(new ConsoleStep(line[2..], []));
            }
            else if (isBlock)
            {
                steps[^1] = steps[^1] with { Printed = [.. steps[^1].Printed, line] };
            }
        }

        return steps;
    }

    /// <summary>Whether what was said has the shape of what is printed; null when it has, else the line that differs, the farthest of the page that could be reached.</summary>
    public static string? Difference(string[] printed, string[] said)
    {
        var (wanted, seen) = (printed.Select(Shape).ToArray(), said.Select(Shape).ToArray());
        var (p, s, skipFrom, skipTo) = (0, 0, -1, 0);
        var (farthest, difference) = (-1, (string?)null);
        while (s < seen.Length || p < wanted.Length)
        {
            if (p < wanted.Length && wanted[p] == Anything)
            {
                (skipFrom, skipTo) = (++p, s);
                if (p == wanted.Length)
                {
                    return null;
                }
            }
            else if (p < wanted.Length && s < seen.Length && wanted[p] == seen[s])
            {
                p++;
                s++;
            }
            else
            {
                if (p >= farthest)
                {
                    farthest = p;
                    difference = p == wanted.Length ? $"said, and not printed: {said[s]}" : $"printed: {wanted[p]}\nsaid:    {(s == seen.Length ? "(nothing more)" : seen[s])}";
                }

                if (skipFrom < 0 || s == seen.Length)
                {
                    return difference;
                }

                // What the dots stand for is one line longer.
                (p, s) = (skipFrom, ++skipTo);
            }
        }

        return null;
    }

    /// <summary>A line without what differs from run to run: times, sizes, counts, widths. Names, words, marks and the number of columns stay.</summary>
    public static string Shape(string line)
    {
        var text = Build().Replace(Identity().Replace(line, "UUID ID"), "(build)");
        text = Size().Replace(Clock().Replace(text, "TIME"), "SIZE");
        text = Rebalance().Replace(Span().Replace(text, "SPAN"), "gN");
        return Gap().Replace(NoErrors().Replace(Number().Replace(text, "N"), ")  -"), "  ").TrimEnd();
    }

    /// <summary>Ids of rebalances that a text says were started, in its order.</summary>
    public static string[] Started(IEnumerable<string> lines) => [.. lines.Select(line => RebalanceStart().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value)];

    /// <summary>A command in which each rebalance has the id of this run instead of that of the page.</summary>
    public static string WithIds(string command, IReadOnlyDictionary<string, string> ids) => Rebalance().Replace(command, match => ids.GetValueOrDefault(match.Value, match.Value));

    /// <summary>How many names a count says; null when the line is none.</summary>
    public static long? Listed(string output) =>
        Count().Match(output) is { Success: true } match ? long.Parse(match.Groups[1].ValueSpan, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"\bUUID \w+")]
    private static partial Regex Identity();

    [GeneratedRegex(@"\(build: [^)]*\)")]
    private static partial Regex Build();

    [GeneratedRegex(@"\b\d\d:\d\d:\d\d\b")]
    private static partial Regex Clock();

    [GeneratedRegex(@"(?<![\w\[.])[\d,]+(\.\d+)?(B|KiB|MiB|GiB|TiB)(?![A-Za-z])")]
    private static partial Regex Size();

    [GeneratedRegex(@"(?<![\w\[.])(\d+(\.\d+)?(h|ms|µs|m|s))+(?!\w)")]
    private static partial Regex Span();

    [GeneratedRegex(@"\bg\d+\b")]
    private static partial Regex Rebalance();

    [GeneratedRegex(@"(?<![\w\[.])\d[\d,]*(\.\d+)?(?![\w\]])")]
    private static partial Regex Number();

    [GeneratedRegex(@"^Started rebalance\W+(g\d+)")]
    private static partial Regex RebalanceStart();

    /// <summary>The last column of the load generator's table, where a wide cell leaves one blank before it.</summary>
    [GeneratedRegex(@"\) +-$")]
    private static partial Regex NoErrors();

    [GeneratedRegex(@" {2,}")]
    private static partial Regex Gap();

    [GeneratedRegex(@"^Listed ([\d,]+) names", RegexOptions.Multiline)]
    private static partial Regex Count();
}
