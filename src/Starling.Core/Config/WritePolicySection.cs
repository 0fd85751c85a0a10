using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>When data and metadata reach the disk.</summary>
public sealed record WritePolicySection
{
    /// <summary>Policy of object data.</summary>
    [JsonPropertyName("data")]
    public string Data { get; set => field = value ?? "immediate"; } = "immediate";

    /// <summary>Policy of object metadata.</summary>
    [JsonPropertyName("md")]
    public string Md { get; set => field = value ?? "immediate"; } = "immediate";

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
