using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>A number; when reading, null is zero and a number in quotes is a number.</summary>
/// <typeparam name="T">Type of the number. Never converted through another one: all 64 bits of an unsigned integer survive.</typeparam>
internal sealed class TolerantNumberConverter<T> : JsonConverter<T>
    where T : struct, INumber<T>, IUtf8SpanParsable<T>, IUtf8SpanFormattable
{
    public override bool HandleNull => true;

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return T.Zero;
        }

        if (reader.TokenType is JsonTokenType.Number or JsonTokenType.String && !reader.HasValueSequence
            && (reader.ValueSpan.IsEmpty || T.TryParse(reader.ValueSpan, CultureInfo.InvariantCulture, out _)))
        {
            return reader.ValueSpan.IsEmpty ? T.Zero : T.Parse(reader.ValueSpan, CultureInfo.InvariantCulture);
        }

        throw new JsonException($"expected a number of the type {typeof(T).Name}");
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        Span<byte> buffer = stackalloc byte[32];
        if (!T.IsFinite(value) || !value.TryFormat(buffer, out var written, default, CultureInfo.InvariantCulture))
        {
            throw new JsonException("a number that is infinite or not a number has no JSON form");
        }

        writer.WriteRawValue(buffer[..written], skipInputValidation: true);
    }
}

/// <summary>True or false; when reading, null is false, and the texts that query parameters may hold are taken as well.</summary>
internal sealed class TolerantBooleanConverter : JsonConverter<bool>
{
    public override bool HandleNull => true;

    public override bool Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False or JsonTokenType.Null => false,
        JsonTokenType.String when WireBoolean.TryParse(reader.GetString(), out var value) => value,
        _ => throw new JsonException("expected true or false"),
    };

    public override void Write(Utf8JsonWriter writer, bool value, JsonSerializerOptions options) => writer.WriteBooleanValue(value);
}

/// <summary>A 64-bit integer that is a decimal string on the wire; numbers, empty strings and null are accepted when reading.</summary>
public sealed class Int64StringConverter : JsonConverter<long>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Null => 0,
        JsonTokenType.Number when reader.TryGetInt64(out var number) => number,
        JsonTokenType.String when reader.GetString() is var text && string.IsNullOrEmpty(text) => 0,
        JsonTokenType.String when long.TryParse(reader.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed) => parsed,
        _ => throw new JsonException("expected a decimal integer, as a string or as a number"),
    };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }
}

/// <summary>An unsigned 64-bit integer that is a decimal string on the wire; numbers, empty strings and null are accepted when reading.</summary>
public sealed class UInt64StringConverter : JsonConverter<ulong>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override ulong Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Null => 0,
        JsonTokenType.Number when reader.TryGetUInt64(out var number) => number,
        JsonTokenType.String when reader.GetString() is var text && string.IsNullOrEmpty(text) => 0,
        JsonTokenType.String when ulong.TryParse(reader.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) => parsed,
        _ => throw new JsonException("expected an unsigned decimal integer, as a string or as a number"),
    };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }
}
