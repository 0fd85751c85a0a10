using System.Globalization;
using System.Text.RegularExpressions;

namespace Starling.Cli.Output;

/// <summary>Durations as people read them: <c>1.69s</c>, <c>17m0s</c>, <c>2h3m4s</c>.</summary>
internal static partial class Durations
{
    /// <summary>Rounded according to its size: below 100 ms not at all, below 1 s to 1 ms, below 10 s to 10 ms, below 100 s to 0.1 s, above to whole seconds.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
        {
            return "0s";
        }

        var step = duration.TotalSeconds switch
        {
            < 0.1 => TimeSpan.FromTicks(1),
            < 1 => TimeSpan.FromMilliseconds(1),
            < 10 => TimeSpan.FromMilliseconds(10),
            < 100 => TimeSpan.FromMilliseconds(100),
            _ => TimeSpan.FromSeconds(1),
        };
        var rounded = TimeSpan.FromTicks((duration.Ticks + (step.Ticks / 2)) / step.Ticks * step.Ticks);
        return Exact(rounded);
    }

    /// <summary>Parses a flag's value: whole seconds, or numbers with ns, us, ms, s, m, h.</summary>
    public static TimeSpan Parse(string text, string flag)
    {
        if (double.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return TimeSpan.FromSeconds(seconds);
        }

        var total = TimeSpan.Zero;
        var matches = Part().Matches(text);
        if (matches.Count == 0 || matches.Sum(match => match.Length) != text.Length)
        {
            throw new UsageException($"invalid duration '{flag} {text}': expecting seconds, or numbers with ms, s, m or h, for example 30, 500ms, 1m30s");
        }

        foreach (Match match in matches)
        {
            var value = double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
            total += match.Groups[2].Value switch
            {
                "ns" => TimeSpan.FromTicks((long)(value / 100)),
                "us" or "µs" => TimeSpan.FromMicroseconds(value),
                "ms" => TimeSpan.FromMilliseconds(value),
                "s" => TimeSpan.FromSeconds(value),
                "m" => TimeSpan.FromMinutes(value),
                _ => TimeSpan.FromHours(value),
            };
        }

        return total;
    }

    private static string Exact(TimeSpan duration)
    {
        if (duration < TimeSpan.FromMilliseconds(1))
        {
            return $"{Number(duration.TotalMicroseconds)}µs";
        }

        if (duration < TimeSpan.FromSeconds(1))
        {
            return $"{Number(duration.TotalMilliseconds)}ms";
        }

        var seconds = Number(duration.Seconds + (duration.Ticks % TimeSpan.TicksPerSecond / (double)TimeSpan.TicksPerSecond)) + "s";
        var hours = (long)duration.TotalHours;
        return hours > 0 ? $"{hours}h{duration.Minutes}m{seconds}"
            : duration.Minutes > 0 ? $"{duration.Minutes}m{seconds}"
            : seconds;
    }

    private static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    [GeneratedRegex("([0-9]+(?:\\.[0-9]+)?)(ns|us|µs|ms|s|m|h)")]
    private static partial Regex Part();
}
