using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Starling.Server.Api.Native;

/// <summary>
/// The path and the query exactly as they were sent. The server's own decoding removes dot segments, and a name with <c>..</c> must be refused and not walked.
/// </summary>
internal sealed class RequestPath
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly string raw;
    private readonly List<Range> items = [];

    private RequestPath(string raw, string rawQuery)
    {
        this.raw = raw;
        RawQuery = rawQuery;
        var start = 0;
        for (var i = 0; i <= raw.Length; i++)
        {
            if (i == raw.Length || raw[i] == '/')
            {
                if (i > start)
                {
                    items.Add(start..i);
                }

                start = i + 1;
            }
        }
    }

    /// <summary>The query after the question mark, byte for byte; empty when there is none.</summary>
    public string RawQuery { get; }

    /// <summary>The path as sent, without query.</summary>
    public string Raw => raw;

    /// <summary>Number of path items that are not empty.</summary>
    public int Count => items.Count;

    /// <summary>Splits a request target in origin form or absolute form.</summary>
    public static RequestPath Parse(string rawTarget)
    {
        var target = rawTarget;
        if (target.Length > 0 && target[0] != '/')
        {
            var scheme = target.IndexOf("://", StringComparison.Ordinal);
            if (scheme > 0)
            {
                var slash = target.IndexOf('/', scheme + 3);
                target = slash < 0 ? "/" : target[slash..];
            }
        }

        var question = target.IndexOf('?', StringComparison.Ordinal);
        return question < 0 ? new RequestPath(target, string.Empty) : new RequestPath(target[..question], target[(question + 1)..]);
    }

    /// <summary>One item undecoded, for comparison with literals of the route table.</summary>
    public ReadOnlySpan<char> RawItem(int index) => raw.AsSpan()[items[index]];

    /// <summary>One item, decoded once.</summary>
    /// <exception cref="ApiException">Broken percent encoding or invalid UTF-8.</exception>
    public string Item(int index) => Decode(RawItem(index));

    /// <summary>
    /// Everything from an item on, decoded once, slashes included: the name of an object. Empty components inside are kept, so that a bad name is seen as one.
    /// </summary>
    public string Rest(int index) => index >= items.Count ? string.Empty : Decode(raw.AsSpan(items[index].Start.Value));

    /// <summary>Everything from an item on as it was sent.</summary>
    public string RawFrom(int index) => index >= items.Count ? string.Empty : raw[items[index].Start.Value..];

    /// <summary>Decodes percent encoding once; strict about both encodings.</summary>
    public static string Decode(ReadOnlySpan<char> text)
    {
        if (!text.Contains('%') && System.Text.Ascii.IsValid(text))
        {
            return text.ToString();
        }

        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                // Kestrel hands the request target on as Latin-1 text of its bytes only when it is ASCII; anything else is kept as it came.
                length += Encoding.UTF8.GetBytes(text.Slice(i, 1), bytes.AsSpan(length));
                continue;
            }

            if (i + 2 >= text.Length || !TryHex(text[i + 1], out var high) || !TryHex(text[i + 2], out var low))
            {
                throw ApiException.Invalid($"invalid URL escape at position {i} of \"{Shorten(text)}\"");
            }

            bytes[length++] = (byte)((high << 4) | low);
            i += 2;
        }

        try
        {
            return StrictUtf8.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            throw ApiException.Invalid($"invalid URL path \"{Shorten(text)}\": the decoded bytes are not UTF-8");
        }
    }

    /// <summary>Encodes a decoded path again: everything but unreserved characters and slashes.</summary>
    [SuppressMessage("Globalization", "CA1305", Justification = "hexadecimal digits know no culture")]
    public static string Encode(string decoded)
    {
        var plain = true;
        foreach (var c in decoded)
        {
            plain &= IsUnreserved(c);
        }

        if (plain)
        {
            return decoded;
        }

        var result = new StringBuilder(decoded.Length + 16);
        foreach (var value in Encoding.UTF8.GetBytes(decoded))
        {
            if (value < 128 && IsUnreserved((char)value))
            {
                result.Append((char)value);
            }
            else
            {
                result.Append('%').Append("0123456789ABCDEF"[value >> 4]).Append("0123456789ABCDEF"[value & 15]);
            }
        }

        return result.ToString();
    }

    private static bool IsUnreserved(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~' or '/' or '@' or ':' or ',' or '=' or '+' or '$' or '!';

    private static string Shorten(ReadOnlySpan<char> text) => text.Length <= 64 ? text.ToString() : string.Concat(text[..64], "...");

    private static bool TryHex(char c, out int value)
    {
        value = c switch
        {
            >= '0' and <= '9' => c - '0',
            >= 'a' and <= 'f' => c - 'a' + 10,
            >= 'A' and <= 'F' => c - 'A' + 10,
            _ => -1,
        };
        return value >= 0;
    }
}
