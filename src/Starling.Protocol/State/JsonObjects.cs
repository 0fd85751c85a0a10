using System.Text.Json;
using System.Text.Json.Nodes;

namespace Starling.Protocol.State;

/// <summary>Texts that must be JSON objects.</summary>
internal static class JsonObjects
{
    /// <summary>Whether the text is a JSON object; empty text is the empty object.</summary>
    /// <param name="json">The text.</param>
    /// <param name="error">What is wrong with it.</param>
    public static bool Check(string json, out string? error)
    {
        error = null;
        try
        {
            if (json.Length > 0 && JsonNode.Parse(json) is not JsonObject)
            {
                error = "not a JSON object: something else";
            }
        }
        catch (JsonException exception)
        {
            error = $"not a JSON object: {exception.Message}";
        }

        return error is null;
    }
}
