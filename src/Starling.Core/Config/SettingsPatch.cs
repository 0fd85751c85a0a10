using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>A tree of settings to change: built from dotted names or from a client's JSON, checked against a schema, in canonical form. Pure.</summary>
internal static class SettingsPatch
{
    public const string NothingToUpdate = "no properties to update";

    private static readonly JsonSerializerOptions Output = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Which of two values for one name is meant is not for us to guess; left in, the second would surface as an exception much later.
    private static readonly JsonDocumentOptions NoDuplicates = new() { AllowDuplicateProperties = false };

    /// <summary>The text of a tree.</summary>
    public static string Text(JsonObject tree) => tree.ToJsonString(Output);

    /// <summary>An object; empty text is the empty object. Null with an error for anything else.</summary>
    public static JsonObject? ParseObject(string json, out string? error)
    {
        error = null;
        if (json.Length == 0)
        {
            return [];
        }

        // Reading such a text throws what no caller expects, and commands that are committed must never throw.
        if (!JsonStrings.AreWhole(Encoding.UTF8.GetBytes(json)))
        {
            error = "invalid JSON: a text holds one half of a surrogate pair (\\ud800 to \\udfff)";
            return null;
        }

        try
        {
            var parsed = JsonNode.Parse(json, nodeOptions: null, NoDuplicates) as JsonObject;
            error = parsed is null ? "invalid JSON: an object is expected" : null;
            return parsed;
        }
        catch (JsonException failure)
        {
            error = $"invalid JSON: {failure.Message}";
            return null;
        }
    }

    /// <summary>Builds a tree from dotted names; names are matched whatever the case.</summary>
    public static JsonObject? FromNames(SettingsSchema schema, IEnumerable<KeyValuePair<string, string>> named, out string? error)
    {
        var tree = new JsonObject();
        foreach (var (name, value) in named)
        {
            var setting = schema.Find(name);
            if (setting is null || setting.IsReadOnly || setting.Kind == SettingKind.Section || IsBelowReadOnly(schema, name))
            {
                error = Unknown(name);
                return null;
            }

            if (FromText(setting.Kind, value) is not { } node)
            {
                error = Invalid(name, value, setting.Kind);
                return null;
            }

            var parts = name.Split('.');
            var section = tree;
            var level = schema;
            foreach (var part in parts.AsSpan(0, parts.Length - 1))
            {
                level = level.Child(part)!;
                section = (JsonObject)(section[level.Name] ??= new JsonObject());
            }

            section[setting.Name] = node;
        }

        error = tree.Count == 0 ? NothingToUpdate : null;
        return error is null ? tree : null;
    }

    /// <summary>
    /// Checks a client's tree and brings it into canonical form: keys as the wire spells them, null dropped, values typed. What clients cannot set
    /// is dropped, so that a document that was read can be sent back; what is not known is refused, so that no change is lost silently.
    /// </summary>
    public static JsonObject? FromTree(SettingsSchema schema, JsonObject tree, out string? error) => Canonical(schema, tree, string.Empty, out error);

    /// <summary>Merges a tree into another: sections field by field, everything else as a whole.</summary>
    public static void Merge(SettingsSchema schema, JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            var child = schema.Child(name);
            if (child?.Kind == SettingKind.Section && value is JsonObject inner && target[name] is JsonObject section)
            {
                Merge(child, section, inner);
            }
            else
            {
                target[name] = value?.DeepClone();
            }
        }
    }

    private static bool IsBelowReadOnly(SettingsSchema schema, string name)
    {
        var level = schema;
        foreach (var part in name.Split('.'))
        {
            level = level.Child(part)!;
            if (level.IsReadOnly)
            {
                return true;
            }
        }

        return false;
    }

    private static JsonObject? Canonical(SettingsSchema schema, JsonObject tree, string path, out string? error)
    {
        error = null;
        var result = new JsonObject();
        foreach (var (name, value) in tree)
        {
            var child = schema.Child(name);
            if (value is null || child?.IsReadOnly == true)
            {
                continue;
            }

            var fullName = path.Length == 0 ? name : $"{path}.{name}";
            if (child is null)
            {
                error = Unknown(fullName);
                return null;
            }

            JsonNode? node;
            if (child.Kind == SettingKind.Section)
            {
                node = value is JsonObject inner ? Canonical(child, inner, fullName, out error) : null;
            }
            else
            {
                node = FromNode(child.Kind, value);
            }

            error ??= node is null ? Invalid(fullName, value.ToJsonString(Output), child.Kind) : null;
            if (error is not null)
            {
                return null;
            }

            result[child.Name] = node;
        }

        return result;
    }

    private static JsonNode? FromNode(SettingKind kind, JsonNode value)
    {
        switch (kind)
        {
            case SettingKind.Map:
                return value is JsonObject ? value.DeepClone() : null;
            case SettingKind.TextList:
                return value is JsonArray list && list.All(item => item?.GetValueKind() == JsonValueKind.String) ? value.DeepClone() : null;
            case SettingKind.Text:
                return value.GetValueKind() == JsonValueKind.String ? value.DeepClone() : null;
            default:
                var scalar = value.GetValueKind() switch
                {
                    JsonValueKind.String => value.GetValue<string>(),
                    JsonValueKind.Number => NumberText(kind, value.ToJsonString()),
                    JsonValueKind.True => kind == SettingKind.Boolean ? "true" : null,
                    JsonValueKind.False => kind == SettingKind.Boolean ? "false" : null,
                    _ => null,
                };
                return scalar is null ? null : FromText(kind, scalar);
        }
    }

    // A bare number is nanoseconds where a duration is expected, as Go encodes durations that have no text form.
    private static string? NumberText(SettingKind kind, string digits) => kind switch
    {
        SettingKind.Duration => digits + "ns",
        SettingKind.Boolean => null,
        _ => digits,
    };

    private static JsonNode? FromText(SettingKind kind, string text)
    {
        switch (kind)
        {
            case SettingKind.Boolean:
                return WireBoolean.TryParse(text, out var flag) ? JsonValue.Create(flag) : null;
            case SettingKind.Integer:
                return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : null;
            case SettingKind.SignedText:
                return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var signed)
                    ? JsonValue.Create(signed.ToString(CultureInfo.InvariantCulture)) : null;
            case SettingKind.UnsignedText:
                return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var unsigned)
                    ? JsonValue.Create(unsigned.ToString(CultureInfo.InvariantCulture)) : null;
            case SettingKind.Duration:
                return GoDuration.TryParse(text, out var duration) ? JsonValue.Create(duration.ToString()) : null;
            case SettingKind.Size:
                return SizeIec.TryParse(text, out var size) ? JsonValue.Create(size.ToString()) : null;
            case SettingKind.Text:
                return JsonValue.Create(text);
            case SettingKind.TextList:
                return new JsonArray([.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(item => (JsonNode?)JsonValue.Create(item))]);
            case SettingKind.Map:
                return ParseObject(text, out _);
            default:
                return null;
        }
    }

    private static string Unknown(string name) => $"unknown property \"{name}\"";

    private static string Invalid(string name, string value, SettingKind kind) => $"invalid value {name}={value}: expected " + kind switch
    {
        SettingKind.Boolean => "true or false",
        SettingKind.Integer => "an integer",
        SettingKind.SignedText => "an integer",
        SettingKind.UnsignedText => "an integer of 0 or more",
        SettingKind.Duration => "a duration, for example 10s or 1m30s",
        SettingKind.Size => "a size, for example 64MiB",
        SettingKind.Text => "text",
        SettingKind.TextList => "a list of texts",
        SettingKind.Map => "a JSON object",
        _ => "an object with the settings of this section",
    };
}
