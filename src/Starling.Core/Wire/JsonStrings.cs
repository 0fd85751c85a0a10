namespace Starling.Core.Wire;

/// <summary>What a JSON reader finds out only when a string is asked for: escapes that make no text.</summary>
public static class JsonStrings
{
    /// <summary>
    /// Whether every escape of a valid JSON text is a whole character. Half of a surrogate pair is allowed by the grammar and is no text: whoever reads the
    /// string later would fail then, where nobody expects it.
    /// </summary>
    /// <param name="json">JSON, UTF-8. Of what is no JSON at all the answer means nothing.</param>
    public static bool AreWhole(ReadOnlySpan<byte> json)
    {
        var awaited = -1;
        for (var at = json.IndexOf((byte)'\\'); at >= 0 && at < json.Length - 1;)
        {
            var unit = json[at + 1] == (byte)'u' ? UnitAt(json, at) : 0;
            var isLow = unit is >= 0xDC00 and <= 0xDFFF;
            if (isLow != (awaited == at))
            {
                return false;
            }

            var length = json[at + 1] == (byte)'u' ? 6 : 2;
            awaited = unit is >= 0xD800 and <= 0xDBFF ? at + length : -1;
            var next = at + length < json.Length ? json[(at + length)..].IndexOf((byte)'\\') : -1;
            if (awaited >= 0 && next != 0)
            {
                return false;
            }

            at = next < 0 ? -1 : at + length + next;
        }

        return true;
    }

    private static int UnitAt(ReadOnlySpan<byte> json, int at)
    {
        var unit = 0;
        for (var i = at + 2; i < at + 6 && i < json.Length; i++)
        {
            var digit = json[i] | 0x20;
            unit = (unit << 4) | (digit >= 'a' ? digit - 'a' + 10 : digit - '0');
        }

        return unit;
    }
}
