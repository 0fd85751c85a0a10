using System.Globalization;
using System.Text.RegularExpressions;

namespace Starling.ClusterTests.Documentation;

/// <summary>One command of a page and what the page says it prints.</summary>
internal sealed record ConsoleStep(string Command, string[] Printed);

/// <summary>The console blocks of a page in the order in which a reader meets them, and what of their text must be the same in every run.</summary>
internal static partial class ConsolePage
{
    /// <summary>Stands for any number of lines.</summary>
    private const string Anything = "...";

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

    /// <summary>Whether what was said has the shape of what is printed; null when it has, else the first line that differs.</summary>
    public static string? Difference(string[] printed, string[] said)
    {
        var at = 0;
        var skips = false;
        foreach (var line in printed)
        {
            if (line == Anything)
            {
                skips = true;
                continue;
            }

            var wanted = Shape(line);
            while (skips && at < said.Length && Shape(said[at]) != wanted)
            {
                at++;
            }

            if (at == said.Length || Shape(said[at]) != wanted)
            {
                return $"printed: {wanted}\nsaid:    {(at == said.Length ? "(nothing more)" : Shape(said[at]))}";
            }

            skips = false;
            at++;
        }

        return skips || at == said.Length ? null : $"said, and not printed: {said[at]}";
    }

    /// <summary>A line without what differs from run to run: times, sizes, counts, widths. Names, words, marks and the number of columns stay.</summary>
    public static string Shape(string line)
    {
        var text = Size().Replace(Clock().Replace(line, "TIME"), "SIZE");
        text = Rebalance().Replace(Span().Replace(text, "SPAN"), "gN");
        return Gap().Replace(Number().Replace(text, "N"), "  ").TrimEnd();
    }

    /// <summary>The words of a command line; quotes are not needed on our pages.</summary>
    public static string[] Words(string command) => command.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>How many names a count says; null when the line is none.</summary>
    public static long? Listed(string output) =>
        Count().Match(output) is { Success: true } match ? long.Parse(match.Groups[1].ValueSpan, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : null;

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

    [GeneratedRegex(@" {2,}")]
    private static partial Regex Gap();

    [GeneratedRegex(@"^Listed ([\d,]+) names", RegexOptions.Multiline)]
    private static partial Regex Count();
}
