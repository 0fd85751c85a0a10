using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Copies of an object on several mountpaths of its target.</summary>
public sealed record MirrorSection
{
    /// <summary>Number of copies.</summary>
    [JsonPropertyName("copies")]
    public int Copies { get; set; } = 2;

    /// <summary>Objects that may wait for copying.</summary>
    [JsonPropertyName("burst_buffer")]
    public int BurstBuffer { get; set; } = 512;

    /// <summary>Whether objects are copied.</summary>
    [JsonPropertyName("enabled")]
    public bool Enabled { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
