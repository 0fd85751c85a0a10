using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>
/// A duration as Go writes it, with the shortening that clients of the native API expect: a trailing <c>m0s</c> is <c>m</c>, so that two hours are <c>2h0m</c>.
/// Range: 64 bits of nanoseconds, about 292 years.
/// </summary>
/// <param name="Nanoseconds">Length, nanoseconds.</param>
[JsonConverter(typeof(GoDurationConverter))]
public readonly record struct GoDuration(long Nanoseconds) : IComparable<GoDuration>
{
    private const long Microsecond = 1_000;
    private const long Millisecond = 1_000 * Microsecond;
    private const long Second = 1_000 * Millisecond;
    private const long Minute = 60 * Second;
    private const long Hour = 60 * Minute;

    /// <summary>As the type of the framework; ticks of 100 ns, rounded towards zero.</summary>
    public TimeSpan ToTimeSpan() => TimeSpan.FromTicks(Nanoseconds / 100);

    /// <summary>From the type of the framework.</summary>
    /// <exception cref="OverflowException">Longer than about 292 years.</exception>
    public static GoDuration From(TimeSpan span) => new(checked(span.Ticks * 100));

    /// <summary>Parses any duration that Go parses: <c>1h15m30.918s</c>, <c>-1.5h</c>, <c>300ms</c>, <c>0</c>.</summary>
    /// <exception cref="FormatException">Not a duration; the message names what is expected.</exception>
    public static GoDuration Parse(string text) => TryParse(text, out var result) ? result : throw new FormatException(ErrorFor(text));

    /// <summary>Parses any duration that Go parses; false for anything else.</summary>
    public static bool TryParse(string? text, out GoDuration result)
    {
        result = default;
        var rest = text.AsSpan();
        var negative = rest is ['-', ..];
        if (rest is ['-' or '+', ..])
        {
            rest = rest[1..];
        }

        if (rest is "0")
        {
            return true;
        }

        if (rest.IsEmpty)
        {
            return false;
        }

        UInt128 total = 0;
        while (!rest.IsEmpty)
        {
            if (!TryTakePart(ref rest, out var part) || (total += part) > (UInt128)long.MaxValue + (negative ? 1u : 0u))
            {
                return false;
            }
        }

        result = new GoDuration(negative ? (long)-(Int128)total : (long)total);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(GoDuration other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>The shortened Go form, for example <c>5m</c>, <c>1m30s</c>, <c>500ms</c>, <c>0s</c>.</summary>
    public override string ToString()
    {
        if (Nanoseconds == 0)
        {
            return "0s";
        }

        var size = Nanoseconds < 0 ? unchecked((ulong)-Nanoseconds) : (ulong)Nanoseconds;
        var text = new StringBuilder(Nanoseconds < 0 ? "-" : string.Empty);
        if (size < Second)
        {
            return size < Microsecond ? text.Append(Fraction(size, 1)).Append("ns").ToString()
                : size < Millisecond ? text.Append(Fraction(size, Microsecond)).Append("µs").ToString()
                : text.Append(Fraction(size, Millisecond)).Append("ms").ToString();
        }

        if (size >= Hour)
        {
            text.Append(CultureInfo.InvariantCulture, $"{size / Hour}h");
        }

        if (size >= Minute)
        {
            text.Append(CultureInfo.InvariantCulture, $"{size % Hour / Minute}m");
        }

        return size >= Minute && size % Minute == 0 ? text.ToString() : text.Append(Fraction(size % Minute, Second)).Append('s').ToString();
    }

    /// <summary>Shorter than.</summary>
    public static bool operator <(GoDuration left, GoDuration right) => left.CompareTo(right) < 0;

    /// <summary>Longer than.</summary>
    public static bool operator >(GoDuration left, GoDuration right) => left.CompareTo(right) > 0;

    /// <summary>Not longer than.</summary>
    public static bool operator <=(GoDuration left, GoDuration right) => left.CompareTo(right) <= 0;

    /// <summary>Not shorter than.</summary>
    public static bool operator >=(GoDuration left, GoDuration right) => left.CompareTo(right) >= 0;

    internal static string ErrorFor(string? text) => $"invalid duration \"{text}\": expected for example 10s, 1m30s or 2h0m";

    private static string Fraction(ulong value, ulong unit)
    {
        var digits = unit switch { 1 => 0, (ulong)Microsecond => 3, (ulong)Millisecond => 6, _ => 9 };
        var rest = (value % unit).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0').TrimEnd('0');
        var whole = (value / unit).ToString(CultureInfo.InvariantCulture);
        return digits == 0 || rest.Length == 0 ? whole : $"{whole}.{rest}";
    }

    private static bool TryTakePart(ref ReadOnlySpan<char> rest, out UInt128 nanoseconds)
    {
        nanoseconds = 0;
        var wholeLength = DigitsOf(rest);
        var whole = rest[..wholeLength];
        rest = rest[wholeLength..];
        ReadOnlySpan<char> fraction = default;
        if (rest is ['.', ..])
        {
            var length = DigitsOf(rest[1..]);
            fraction = rest.Slice(1, length);
            rest = rest[(length + 1)..];
        }

        if ((whole.IsEmpty && fraction.IsEmpty) || !TryTakeUnit(ref rest, out var unit))
        {
            return false;
        }

        if (!whole.IsEmpty && (!ulong.TryParse(whole, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || (nanoseconds = (UInt128)count * (ulong)unit) > (UInt128)1 << 63))
        {
            return false;
        }

        // What lies below a nanosecond is dropped, as Go does.
        var scale = (decimal)unit;
        var part = 0m;
        foreach (var digit in fraction[..Math.Min(fraction.Length, 18)])
        {
            scale /= 10;
            part += (digit - '0') * scale;
        }

        nanoseconds += (ulong)part;
        return true;
    }

    private static int DigitsOf(ReadOnlySpan<char> text)
    {
        var length = text.IndexOfAnyExceptInRange('0', '9');
        return length < 0 ? text.Length : length;
    }

    private static bool TryTakeUnit(ref ReadOnlySpan<char> rest, out long unit)
    {
        (unit, var length) = rest switch
        {
            ['n', 's', ..] => (1L, 2),
            ['u' or 'µ' or 'μ', 's', ..] => (Microsecond, 2),
            ['m', 's', ..] => (Millisecond, 2),
            ['s', ..] => (Second, 1),
            ['m', ..] => (Minute, 1),
            ['h', ..] => (Hour, 1),
            _ => (0L, 0),
        };
        rest = rest[length..];
        return length > 0;
    }
}

/// <summary>A duration is text on the wire; a bare number is taken as nanoseconds.</summary>
internal sealed class GoDurationConverter : JsonConverter<GoDuration>
{
    public override GoDuration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetInt64(out var nanoseconds) => new GoDuration(nanoseconds),
        JsonTokenType.String => GoDuration.TryParse(reader.GetString(), out var result) ? result : throw new JsonException(GoDuration.ErrorFor(reader.GetString())),
        _ => throw new JsonException("expected a duration, for example \"10s\""),
    };

    public override void Write(Utf8JsonWriter writer, GoDuration value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
