using System.Text;
using System.Text.Json;
using Starling.Core.Wire;

namespace Starling.Server.Api.Native;

/// <summary>The body of most control calls. Keys are matched without regard to case, unknown keys are ignored, any field may be null.</summary>
/// <param name="Action">What to do; empty when the client sent none.</param>
/// <param name="Name">Meaning depends on the action.</param>
/// <param name="Value">Meaning depends on the action; null when absent or JSON null.</param>
internal sealed record ActionMessage(string Action, string Name, JsonElement? Value)
{
    /// <summary>The longest body of a control call, bytes.</summary>
    public const int MaxBodyBytes = 1024 * 1024;

    /// <summary>No body.</summary>
    public static ActionMessage None { get; } = new(string.Empty, string.Empty, null);

    /// <summary>Parses a body; an empty one is <see cref="None"/>.</summary>
    /// <exception cref="ApiException">Malformed JSON, or a field of the wrong type: 400.</exception>
    public static ActionMessage Parse(ReadOnlySpan<byte> body)
    {
        if (body.Trim(" \t\r\n"u8).IsEmpty)
        {
            return None;
        }

        var root = ParseJson(body, "action message");
        if (root.ValueKind == JsonValueKind.Null)
        {
            return None;
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            throw ApiException.Invalid($"malformed action message: expected a JSON object, got {root.ValueKind}");
        }

        var action = string.Empty;
        var name = string.Empty;
        JsonElement? value = null;
        foreach (var property in root.EnumerateObject())
        {
            if (property.Name.Equals("action", StringComparison.OrdinalIgnoreCase))
            {
                action = Text(property);
            }
            else if (property.Name.Equals("name", StringComparison.OrdinalIgnoreCase))
            {
                name = Text(property);
            }
            else if (property.Name.Equals("value", StringComparison.OrdinalIgnoreCase) && property.Value.ValueKind != JsonValueKind.Null)
            {
                value = property.Value;
            }
        }

        return new ActionMessage(action, name, value);
    }

    /// <summary>Parses any JSON body.</summary>
    /// <exception cref="ApiException">Malformed JSON: 400 with the position.</exception>
    public static JsonElement ParseJson(ReadOnlySpan<byte> body, string what)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 64 });
            using var document = JsonDocument.ParseValue(ref reader);
            while (reader.Read())
            {
                throw ApiException.Invalid($"malformed {what}: text after the end of the JSON value");
            }

            return JsonStrings.AreWhole(body)
                ? document.RootElement.Clone()
                : throw ApiException.Invalid($"malformed {what}: a text holds one half of a surrogate pair (\\ud800 to \\udfff)");
        }
        catch (JsonException error)
        {
            throw ApiException.Invalid($"malformed {what}: {error.Message}");
        }
        catch (InvalidOperationException error) when (error.InnerException is DecoderFallbackException)
        {
            throw ApiException.Invalid($"malformed {what}: not UTF-8");
        }
    }

    /// <summary>The member of an object, matched without regard to case; null when absent or JSON null.</summary>
    public static JsonElement? Member(JsonElement? element, string name)
    {
        if (element is not { ValueKind: JsonValueKind.Object } value)
        {
            return null;
        }

        foreach (var property in value.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return property.Value.ValueKind == JsonValueKind.Null ? null : property.Value;
            }
        }

        return null;
    }

    /// <summary>A text member; empty when absent.</summary>
    /// <exception cref="ApiException">Not a string: 400.</exception>
    public static string TextMember(JsonElement? element, string name) => Member(element, name) switch
    {
        null => string.Empty,
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        var other => throw ApiException.Invalid($"field \"{name}\": expected a string, got {other.Value.ValueKind}"),
    };

    /// <summary>A boolean member; false when absent.</summary>
    public static bool FlagMember(JsonElement? element, string name) => Member(element, name) switch
    {
        null => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.String } text when WireBoolean.TryParse(text.GetString(), out var value) => value,
        var other => throw ApiException.Invalid($"field \"{name}\": expected a boolean, got {other.Value.ValueKind}"),
    };

    private static string Text(JsonProperty property) => property.Value.ValueKind switch
    {
        JsonValueKind.Null => string.Empty,
        JsonValueKind.String => property.Value.GetString()!,
        var kind => throw ApiException.Invalid($"malformed action message: field \"{property.Name}\" must be a string, got {kind}"),
    };
}
