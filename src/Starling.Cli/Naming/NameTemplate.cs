using System.Globalization;

namespace Starling.Cli.Naming;

/// <summary>
/// Names by ranges: <c>prefix{start..end[..step]}gap{...}suffix</c>; several ranges multiply, and the first bound's width pads with zeros.
/// Without braces it is a prefix.
/// </summary>
internal sealed class NameTemplate
{
    private const long MaxNames = 10_000_000;

    private readonly List<string> texts = [];
    private readonly List<(long Start, long End, long Step, int Width)> ranges = [];

    private NameTemplate()
    {
    }

    /// <summary>True when there is no range: the text selects by prefix.</summary>
    public bool IsPrefix => ranges.Count == 0;

    /// <summary>The text before the first range.</summary>
    public string Prefix => texts[0];

    public static NameTemplate Parse(string text)
    {
        var template = new NameTemplate();
        var rest = text == "*" ? string.Empty : text;
        long total = 1;
        for (int open; (open = rest.IndexOf('{', StringComparison.Ordinal)) >= 0;)
        {
            var close = rest.IndexOf('}', open);
            if (close < 0)
            {
                throw Invalid(text, "'{' without '}'");
            }

            var range = ParseRange(text, rest[(open + 1)..close]);
            template.texts.Add(rest[..open]);
            template.ranges.Add(range);
            total *= ((range.End - range.Start) / range.Step) + 1;
            if (total > MaxNames)
            {
                throw Invalid(text, $"more than {MaxNames} names");
            }

            rest = rest[(close + 1)..];
        }

        template.texts.Add(rest);
        return template;
    }

    /// <summary>All names, in order.</summary>
    public IEnumerable<string> Names() => Names(0, string.Empty);

    private IEnumerable<string> Names(int position, string before)
    {
        before += texts[position];
        if (position == ranges.Count)
        {
            yield return before;
            yield break;
        }

        var (start, end, step, width) = ranges[position];
        for (var value = start; value <= end; value += step)
        {
            foreach (var name in Names(position + 1, before + value.ToString("D" + width.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)))
            {
                yield return name;
            }
        }
    }

    private static (long Start, long End, long Step, int Width) ParseRange(string text, string range)
    {
        var parts = range.Split("..");
        if (parts.Length is not (2 or 3) || !TryNumber(parts[0], out var start) || !TryNumber(parts[1], out var end))
        {
            throw Invalid(text, $"{{{range}}} is not a range such as {{0..99}} or {{000..100..10}}");
        }

        long step = 1;
        if (parts.Length == 3 && (!TryNumber(parts[2], out step) || step == 0))
        {
            throw Invalid(text, $"the step of {{{range}}} must be 1 or more");
        }

        return start <= end ? (start, end, step, parts[0].Length) : throw Invalid(text, $"{{{range}}} ends before it starts");
    }

    private static bool TryNumber(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= 1_000_000_000_000;

    private static UsageException Invalid(string text, string why) => new($"invalid template \"{text}\": {why}");
}
