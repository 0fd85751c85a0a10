using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Starling.Client.Transport;

/// <summary>Reads members that may be absent, null, or a number written as a string, as the wire allows.</summary>
public static class JsonReading
{
    /// <summary>Text of a member; a number gives its digits; empty when absent.</summary>
    public static string Text(this JsonNode? node, string name) => Text(Member(node, name));

    /// <summary>Integer of a member, from a number or a decimal string; 0 when absent.</summary>
    public static long Int64(this JsonNode? node, string name)
    {
        var text = node.Text(name);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var large) ? unchecked((long)large)
            : (long)node.Double(name);
    }

    /// <summary>Number of a member; 0 when absent.</summary>
    public static double Double(this JsonNode? node, string name) =>
        double.TryParse(node.Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : 0;

    /// <summary>Boolean of a member; false when absent.</summary>
    public static bool Bool(this JsonNode? node, string name) => Member(node, name)?.GetValueKind() == JsonValueKind.True;

    /// <summary>A member that is an object or array; null when absent or something else.</summary>
    public static JsonNode? Member(this JsonNode? node, string name) => node is JsonObject map && map.TryGetPropertyValue(name, out var value) ? value : null;

    /// <summary>Members of a member that is an object; none when absent.</summary>
    public static IEnumerable<KeyValuePair<string, JsonNode?>> Members(this JsonNode? node, string name) =>
        Member(node, name) is JsonObject map ? map : [];

    /// <summary>Text of a value; empty when null.</summary>
    public static string Text(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.String => value.GetValue<string>(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.ToJsonString(),
        _ => string.Empty,
    };
}
