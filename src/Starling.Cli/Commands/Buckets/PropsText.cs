using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Cli.Help;
using Starling.Cli.Output;

namespace Starling.Cli.Commands.Buckets;

/// <summary>Bucket properties between dotted names and JSON.</summary>
internal static class PropsText
{
    private static readonly string[] ReadOnlyNames = ["provider", "Renamed", "bid", "created"];

    /// <summary>Nests dotted names; with the current properties at hand, values get their types and unknown names are refused.</summary>
    public static JsonObject Nested(IEnumerable<KeyValuePair<string, string>> values, JsonObject? current)
    {
        var known = current is null ? null : JsonText.Flatten(current).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
        var root = new JsonObject();
        foreach (var (name, value) in values)
        {
            if (ReadOnlyNames.Contains(name))
            {
                throw new UsageException($"property \"{name}\" is readonly");
            }

            if (known is not null && !known.Contains(name) && current![name.Split('.')[0]] is not JsonObject)
            {
                var near = DidYouMean.Nearest(name, known);
                throw new UsageException($"{(name.Contains('.', StringComparison.Ordinal) ? "unknown" : "invalid")} property \"{name}\"" + (near is null ? string.Empty : $" (did you mean \"{near}\"?)"));
            }

            var parts = name.Split('.');
            var node = root;
            foreach (var part in parts[..^1])
            {
                node = (JsonObject)(node[part] ??= new JsonObject());
            }

            node[parts[^1]] = Typed(name, value, Leaf(current, parts));
        }

        return root;
    }

    public static JsonNode? Leaf(JsonObject? props, string[] parts)
    {
        JsonNode? node = props;
        foreach (var part in parts)
        {
            node = (node as JsonObject)?[part];
        }

        return node;
    }

    private static JsonValue Typed(string name, string text, JsonNode? current)
    {
        var kind = current?.GetValueKind() ?? (bool.TryParse(text, out _) ? JsonValueKind.True : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? JsonValueKind.Number : JsonValueKind.String);
        switch (kind)
        {
            case JsonValueKind.True or JsonValueKind.False:
                return text.ToUpperInvariant() switch
                {
                    "TRUE" or "Y" or "YES" or "ON" or "1" or "T" => JsonValue.Create(true),
                    "FALSE" or "N" or "NO" or "OFF" or "0" or "F" => JsonValue.Create(false),
                    _ => throw new UsageException($"invalid value of \"{name}\": expecting true or false, got \"{text}\""),
                };
            case JsonValueKind.Number:
                return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                    ? JsonValue.Create(number)
                    : JsonValue.Create(Units.Default.ParseSize(text, name));
            default:
                return JsonValue.Create(text);
        }
    }
}
