using System.Text.Json;
using System.Text.Json.Nodes;

namespace Starling.Protocol.State;

/// <summary>Merges a tree of settings into another: objects field by field, everything else as a whole; null and absent fields stay as they are.</summary>
internal static class JsonMerge
{
    /// <summary>The merged document, or null with an error when one of the two is no JSON object.</summary>
    public static string? Apply(string current, string patch, out string? error)
    {
        error = null;
        try
        {
            var target = Parse(current);
            Merge(target, Parse(patch));
            return target.ToJsonString();
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            // ArgumentException: a name given twice.
            error = $"not a JSON object: {exception.Message}";
            return null;
        }
    }

    /// <summary>An object; empty text is the empty object.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static JsonObject Parse(string json) =>
        json.Length == 0 ? [] : JsonNode.Parse(json) as JsonObject ?? throw new JsonException("an object is expected");

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            switch (value)
            {
                case null:
                    break;
                case JsonObject inner when target[name] is JsonObject section:
                    Merge(section, inner);
                    break;
                default:
                    target[name] = value.DeepClone();
                    break;
            }
        }
    }
}
