using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Primitives;

namespace Starling.Server.Api.Native.Objects;

/// <summary>User metadata as it arrives: header lines of comma-separated <c>key=value</c>, or a JSON object.</summary>
internal static class CustomMetadata
{
    /// <summary>Keys and values together, bytes of UTF-8.</summary>
    public const int MaxBytes = 2048;

    /// <summary>Parses header lines. Commas in values are not escaped on the wire; a piece without <c>=</c> therefore belongs to the value before it.</summary>
    /// <exception cref="ApiException">Malformed, or too large: 400.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> FromHeaders(StringValues lines)
    {
        if (lines.Count == 0)
        {
            return [];
        }

        var result = new List<KeyValuePair<string, string>>();
        foreach (var line in lines)
        {
            string? last = null;
            foreach (var piece in string.IsNullOrWhiteSpace(line) ? [] : line.Split(','))
            {
                var equals = piece.IndexOf('=', StringComparison.Ordinal);
                if (equals < 0 && last is not null)
                {
                    Set(result, last, $"{result.Find(pair => pair.Key == last).Value},{piece}");
                    continue;
                }

                last = equals < 0 ? string.Empty : piece[..equals].Trim();
                if (last.Length == 0)
                {
                    throw ApiException.Invalid($"header Ais-Custom-Md: expected \"key=value\", got \"{Shorten(piece)}\"");
                }

                Set(result, last, piece[(equals + 1)..].Trim());
            }
        }

        return Checked(result);
    }

    /// <summary>Parses the value of a custom metadata PATCH.</summary>
    /// <exception cref="ApiException">Not an object of strings, or too large: 400.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> FromJson(JsonElement? value)
    {
        if (value is not { ValueKind: JsonValueKind.Object } members)
        {
            throw ApiException.Invalid("custom metadata: field \"value\" must be a JSON object of strings");
        }

        var result = new List<KeyValuePair<string, string>>();
        foreach (var member in members.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.String || member.Name.Length == 0)
            {
                throw ApiException.Invalid($"custom metadata: the value of \"{Shorten(member.Name)}\" must be a string and its key must not be empty");
            }

            Set(result, member.Name, member.Value.GetString()!);
        }

        return Checked(result);
    }

    /// <summary>Old pairs with new ones laid over them.</summary>
    /// <exception cref="ApiException">Too large together: 400.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Merge(IReadOnlyList<KeyValuePair<string, string>> old, IReadOnlyList<KeyValuePair<string, string>> update)
    {
        var result = new List<KeyValuePair<string, string>>(old);
        foreach (var (key, value) in update)
        {
            Set(result, key, value);
        }

        return Checked(result);
    }

    private static void Set(List<KeyValuePair<string, string>> pairs, string key, string value)
    {
        var at = pairs.FindIndex(pair => pair.Key == key);
        if (at >= 0)
        {
            pairs[at] = new(key, value);
        }
        else
        {
            pairs.Add(new(key, value));
        }
    }

    private static List<KeyValuePair<string, string>> Checked(List<KeyValuePair<string, string>> pairs)
    {
        var total = 0;
        foreach (var (key, value) in pairs)
        {
            if (key.Any(char.IsControl) || value.Any(char.IsControl))
            {
                throw ApiException.Invalid($"custom metadata: key \"{Shorten(key)}\" or its value contains a control character");
            }

            if (key.AsSpan().ContainsAny('=', ','))
            {
                throw ApiException.Invalid($"custom metadata: key \"{Shorten(key)}\" contains '=' or ',', which separate keys and values in headers: choose another name");
            }

            total += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
        }

        return total <= MaxBytes ? pairs : throw ApiException.Invalid($"custom metadata is too large: {total} bytes, at most {MaxBytes} are allowed");
    }

    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "...";
}
