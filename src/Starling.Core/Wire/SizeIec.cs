using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>A size in bytes, written with a binary unit: <c>64MiB</c>. Written in the largest unit that loses nothing, so that what is stored is what was set.</summary>
/// <param name="Bytes">Bytes, at least 0.</param>
[JsonConverter(typeof(SizeIecConverter))]
public readonly record struct SizeIec(long Bytes) : IComparable<SizeIec>
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>Parses a size: a number and a unit (<c>k</c>, <c>kb</c>, <c>ki</c>, <c>kib</c> and so on to tera, whatever the case; all are binary) or none.</summary>
    /// <exception cref="FormatException">Not a size; the message names what is expected.</exception>
    public static SizeIec Parse(string text) => TryParse(text, out var result) ? result : throw new FormatException(ErrorFor(text));

    /// <summary>Parses a size; false for anything else, for negative sizes and for those beyond 63 bits.</summary>
    public static bool TryParse(string? text, out SizeIec result)
    {
        result = default;
        var rest = text.AsSpan().Trim();
        var length = rest.IndexOfAnyExcept(NumberCharacters);
        var number = length < 0 ? rest : rest[..length];
        var unit = length < 0 ? default : rest[length..].Trim();
        var power = unit.Length == 0 || unit.Equals("b", StringComparison.OrdinalIgnoreCase) ? 0 : "kmgt".IndexOf(char.ToLowerInvariant(unit[0]), StringComparison.Ordinal) + 1;
        var known = unit.Length == 0 || power == 0
            ? unit.Length == 0 || unit.Equals("b", StringComparison.OrdinalIgnoreCase)
            : unit.Length == 1 || unit[1..].Equals("b", StringComparison.OrdinalIgnoreCase) || unit[1..].Equals("i", StringComparison.OrdinalIgnoreCase)
                || unit[1..].Equals("ib", StringComparison.OrdinalIgnoreCase);
        if (!known || number.Length > 20 || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        value *= 1L << (10 * power);
        if (value > long.MaxValue)
        {
            return false;
        }

        result = new SizeIec((long)value);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(SizeIec other) => Bytes.CompareTo(other.Bytes);

    /// <summary>For example <c>64MiB</c>, <c>1GiB</c>, <c>0B</c>.</summary>
    public override string ToString()
    {
        var power = 0;
        while (power < Units.Length - 1 && Bytes != 0 && Bytes % (1L << (10 * (power + 1))) == 0)
        {
            power++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{Bytes >> (10 * power)}{Units[power]}");
    }

    /// <summary>Smaller than.</summary>
    public static bool operator <(SizeIec left, SizeIec right) => left.Bytes < right.Bytes;

    /// <summary>Larger than.</summary>
    public static bool operator >(SizeIec left, SizeIec right) => left.Bytes > right.Bytes;

    /// <summary>Not larger than.</summary>
    public static bool operator <=(SizeIec left, SizeIec right) => left.Bytes <= right.Bytes;

    /// <summary>Not smaller than.</summary>
    public static bool operator >=(SizeIec left, SizeIec right) => left.Bytes >= right.Bytes;

    internal static string ErrorFor(string? text) => $"invalid size \"{text}\": expected for example 0B, 256KiB or 64MiB";
}

/// <summary>A size is text on the wire; a bare number is taken as bytes.</summary>
internal sealed class SizeIecConverter : JsonConverter<SizeIec>
{
    public override SizeIec Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetInt64(out var bytes) && bytes >= 0 => new SizeIec(bytes),
        JsonTokenType.String => SizeIec.TryParse(reader.GetString(), out var result) ? result : throw new JsonException(SizeIec.ErrorFor(reader.GetString())),
        _ => throw new JsonException("expected a size, for example \"64MiB\""),
    };

    public override void Write(Utf8JsonWriter writer, SizeIec value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
