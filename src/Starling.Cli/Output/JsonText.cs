using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Client.Transport;

namespace Starling.Cli.Output;

/// <summary>JSON as the tool prints it, and the flat dotted form of it.</summary>
internal static class JsonText
{
    private static readonly JsonWriterOptions FourBlanks = new()
    {
        Indented = true,
        IndentSize = 4,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NewLine = "\n",
    };

    /// <summary>Indented by four blanks, one document.</summary>
    public static string Indented(JsonNode? node)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, FourBlanks))
        {
            if (node is null)
            {
                writer.WriteNullValue();
            }
            else
            {
                node.WriteTo(writer);
            }
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>A copy with the knobs that all transfer sections share moved behind the section's own, as people are used to see them.</summary>
    public static JsonNode? OwnKnobsFirst(JsonNode? node)
    {
        if (node is not JsonObject map)
        {
            return node?.DeepClone();
        }

        var ordered = new JsonObject();
        foreach (var (name, value) in map.Where(pair => !IsShared(pair.Key)).Concat(map.Where(pair => IsShared(pair.Key))))
        {
            ordered[name] = OwnKnobsFirst(value);
        }

        return ordered;
    }

    /// <summary>Leaves as dotted names with their text, in order.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Flatten(JsonNode? node, string prefix = "") => node switch
    {
        JsonObject { Count: > 0 } map => map.SelectMany(pair => Flatten(pair.Value, prefix.Length == 0 ? pair.Key : $"{prefix}.{pair.Key}")),
        JsonObject or null => [KeyValuePair.Create(prefix, "-")],
        JsonArray array => [KeyValuePair.Create(prefix, array.Count == 0 ? "-" : string.Join(",", array.Select(JsonReading.Text)))],
        _ => [KeyValuePair.Create(prefix, JsonReading.Text(node) is { Length: > 0 } text ? text : "-")],
    };

    private static bool IsShared(string name) => name is "compression" or "bundle_multiplier";
}
