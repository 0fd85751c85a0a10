using System.Globalization;
using System.Text;

namespace Starling.Server.Api.Native.Buckets;

/// <summary>Formats times by the layouts that clients send: an example of the reference time, Monday 2 January 2006, 15:04:05.</summary>
internal static class GoTimeLayout
{
    /// <summary>The layout of listings when none is asked for.</summary>
    public const string Default = "02 Jan 06 15:04 MST";

    /// <summary>Longest first, so that <c>2006</c> is not taken for <c>2</c>.</summary>
    private static readonly (string Mark, string Format)[] Marks =
    [
        ("January", "MMMM"), ("Monday", "dddd"), ("Z07:00", "Z"), ("-07:00", "+00:00"), ("2006", "yyyy"), ("-0700", "+0000"), ("Jan", "MMM"), ("Mon", "ddd"), ("MST", "UTC"),
        ("01", "MM"), ("02", "dd"), ("03", "hh"), ("04", "mm"), ("05", "ss"), ("06", "yy"), ("15", "HH"), ("PM", "tt"), ("_2", "_d"), ("1", "%M"), ("2", "%d"), ("3", "%h"), ("4", "%m"), ("5", "%s"),
    ];

    /// <summary>The time as text, UTC.</summary>
    /// <param name="timeNs">Nanoseconds since 1970.</param>
    /// <param name="layout">The layout; empty for <see cref="Default"/>.</param>
    public static string Format(long timeNs, string layout)
    {
        var time = DateTimeOffset.UnixEpoch.AddTicks(timeNs / 100);
        var rest = (layout.Length == 0 ? Default : layout).AsSpan();
        var text = new StringBuilder();
        while (!rest.IsEmpty)
        {
            var mark = MarkAt(rest);
            if (mark.Mark is null)
            {
                rest = AppendFraction(text, rest, timeNs);
                continue;
            }

            text.Append(mark.Format switch
            {
                "Z" or "UTC" or "+00:00" or "+0000" => mark.Format,
                "_d" => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
                _ => time.ToString(mark.Format, CultureInfo.InvariantCulture),
            });
            rest = rest[mark.Mark.Length..];
        }

        return text.ToString();
    }

    private static (string Mark, string Format) MarkAt(ReadOnlySpan<char> rest)
    {
        foreach (var mark in Marks)
        {
            if (rest.StartsWith(mark.Mark, StringComparison.Ordinal))
            {
                return mark;
            }
        }

        return default;
    }

    /// <summary>A fraction of a second is written as a dot and zeros (all digits) or nines (without trailing zeros).</summary>
    private static ReadOnlySpan<char> AppendFraction(StringBuilder text, ReadOnlySpan<char> rest, long timeNs)
    {
        if (rest.Length > 1 && rest[0] is '.' or ',' && rest.Length > 1 && rest[1] is '0' or '9')
        {
            var digit = rest[1];
            var count = rest[1..].IndexOfAnyExcept(digit);
            count = count < 0 ? rest.Length - 1 : count;
            var fraction = (timeNs % 1_000_000_000).ToString("d9", CultureInfo.InvariantCulture)[..Math.Min(9, count)];
            fraction = digit == '9' ? fraction.TrimEnd('0') : fraction;
            if (fraction.Length > 0)
            {
                text.Append(rest[0]).Append(fraction);
            }

            return rest[(1 + count)..];
        }

        text.Append(rest[0]);
        return rest[1..];
    }
}
