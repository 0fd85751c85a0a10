using System.Globalization;

namespace Starling.Server.Api.Native.Objects;

/// <summary>One range of bytes: <c>bytes=a-b</c>, <c>a-</c> or <c>-n</c>.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Number of bytes, at least 1.</param>
internal readonly record struct RangeHeader(long Offset, long Length)
{
    /// <summary>Parses the header against an object's size; an end beyond the object is cut.</summary>
    /// <exception cref="ApiException">Bad syntax, several ranges, or nothing of it inside the object: 416.</exception>
    public static RangeHeader Parse(string header, long sizeBytes)
    {
        header = header.Trim();
        if (!header.StartsWith("bytes=", StringComparison.OrdinalIgnoreCase))
        {
            throw Refused($"invalid range \"{Shorten(header)}\": expected \"bytes=first-last\"", null);
        }

        var spec = header.AsSpan(6).Trim();
        var dash = spec.IndexOf('-');
        if (spec.Contains(','))
        {
            throw Refused($"invalid range \"{Shorten(header)}\": several ranges are not supported", null);
        }

        if (dash < 0 || !TryNumber(spec[..dash].Trim(), out var first) || !TryNumber(spec[(dash + 1)..].Trim(), out var last) || (first is null && last is null) || last < first)
        {
            throw Refused($"invalid range \"{Shorten(header)}\": expected \"bytes=first-last\"", null);
        }

        if (first is null)
        {
            // The last n bytes.
            return last > 0 && sizeBytes > 0
                ? new RangeHeader(Math.Max(0, sizeBytes - last.Value), Math.Min(sizeBytes, last.Value))
                : throw Refused($"range \"{Shorten(header)}\" is not satisfiable", sizeBytes);
        }

        if (first >= sizeBytes)
        {
            throw Refused($"range \"{Shorten(header)}\" is not satisfiable: the object has {sizeBytes} bytes", sizeBytes);
        }

        return new RangeHeader(first.Value, Math.Min(last ?? long.MaxValue, sizeBytes - 1) - first.Value + 1);
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out long? value)
    {
        value = null;
        if (text.IsEmpty)
        {
            return true;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            value = number;
            return true;
        }

        // What does not fit into 63 bits lies behind the end of every object.
        value = long.MaxValue;
        return !text.ContainsAnyExceptInRange('0', '9');
    }

    private static ApiException Refused(string message, long? sizeBytes) => new(416, message, "ErrRangeNotSatisfiable") { UnsatisfiedSizeBytes = sizeBytes };

    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "...";
}
