using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Moving objects after the set of targets changed.</summary>
public sealed record RebalanceSection
{
    /// <summary>Whether streams between targets are compressed.</summary>
    [JsonPropertyName("compression")]
    public string Compression { get; set => field = value ?? "never"; } = "never";

    /// <summary>Parallel streams per pair of targets.</summary>
    [JsonPropertyName("bundle_multiplier")]
    public int BundleMultiplier { get; set; } = 2;

    /// <summary>Objects that may wait for sending, per stream.</summary>
    [JsonPropertyName("burst_buffer")]
    public int BurstBuffer { get; set; } = 1024;

    /// <summary>How long a target waits for another to become ready.</summary>
    [JsonPropertyName("dest_retry_time")]
    public GoDuration DestRetryTime { get; set; } = GoDuration.Parse("2m");

    /// <summary>Whether a change of the set of targets moves objects by itself.</summary>
    [JsonPropertyName("enabled")]
    public bool Enabled { get; set; } = true;

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
