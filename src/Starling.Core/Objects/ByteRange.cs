using System.Globalization;

namespace Starling.Core.Objects;

/// <summary>What a request's <c>Range</c> header comes to.</summary>
public enum RangeKind
{
    /// <summary>No header: the whole object, 200.</summary>
    Whole,

    /// <summary>A part of the object, 206.</summary>
    Part,

    /// <summary>Malformed, several ranges, or outside the object: 416.</summary>
    Refused,
}

/// <summary>A part of an object; never empty.</summary>
/// <param name="Start">First byte, from 0.</param>
/// <param name="Length">Bytes, at least 1.</param>
public readonly record struct ByteRange(long Start, long Length)
{
    private const string Unit = "bytes=";

    /// <summary>Value of <c>Content-Range</c> for this part.</summary>
    /// <param name="size">Size of the whole object, bytes.</param>
    public string ContentRange(long size) => string.Create(CultureInfo.InvariantCulture, $"bytes {Start}-{Start + Length - 1}/{size}");

    /// <summary>Value of <c>Content-Range</c> with status 416.</summary>
    /// <param name="size">Size of the object, bytes.</param>
    public static string UnsatisfiedContentRange(long size) => string.Create(CultureInfo.InvariantCulture, $"bytes */{size}");

    /// <summary>Parses the header: <c>bytes=a-b</c>, <c>bytes=a-</c> or <c>bytes=-n</c>. An end beyond the object is cut off, a start beyond it is refused.</summary>
    /// <param name="header">Value of the header; null or empty when there is none.</param>
    /// <param name="size">Size of the object, bytes.</param>
    /// <param name="range">The part; the whole object without a header.</param>
    /// <param name="error">Why it is refused; null when it is not.</param>
    public static RangeKind Parse(string? header, long size, out ByteRange range, out string? error)
    {
        range = new ByteRange(0, size);
        error = null;
        if (string.IsNullOrWhiteSpace(header))
        {
            return RangeKind.Whole;
        }

        var text = header.AsSpan().Trim();
        if (!text.StartsWith(Unit, StringComparison.OrdinalIgnoreCase))
        {
            error = $"invalid range \"{header}\": expected bytes=first-last, bytes=first- or bytes=-length";
            return RangeKind.Refused;
        }

        text = text[Unit.Length..].Trim();
        if (text.Contains(','))
        {
            error = $"invalid range \"{header}\": several ranges in one request are not supported";
            return RangeKind.Refused;
        }

        var dash = text.IndexOf('-');
        if (dash < 0 || !TryNumber(text[..dash].Trim(), out var first) || !TryNumber(text[(dash + 1)..].Trim(), out var last) || (first is null && last is null) || last < first)
        {
            error = $"invalid range \"{header}\": expected bytes=first-last, bytes=first- or bytes=-length";
            return RangeKind.Refused;
        }

        if (first is { } start ? start >= size : last == 0 || size == 0)
        {
            error = $"range \"{header}\" is not satisfiable: the size is {size.ToString(CultureInfo.InvariantCulture)}";
            return RangeKind.Refused;
        }

        range = first is null
            ? new ByteRange(size - Math.Min(last!.Value, size), Math.Min(last.Value, size))
            : new ByteRange(first.Value, Math.Min(last ?? long.MaxValue, size - 1) - first.Value + 1);
        return RangeKind.Part;
    }

    // Empty is absent; what does not fit into 63 bits lies behind the end of every object.
    private static bool TryNumber(ReadOnlySpan<char> text, out long? number)
    {
        number = null;
        if (text.IsEmpty)
        {
            return true;
        }

        if (text.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        number = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : long.MaxValue;
        return true;
    }
}
