using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Listing of objects.</summary>
public sealed record ListSection
{
    /// <summary>Whether streams between targets are compressed: <c>never</c> or <c>always</c>.</summary>
    [JsonPropertyName("compression")]
    public string Compression { get; set => field = value ?? "never"; } = "never";

    /// <summary>Parallel streams per pair of targets.</summary>
    [JsonPropertyName("bundle_multiplier")]
    public int BundleMultiplier { get; set; } = 1;

    /// <summary>Objects that may wait for sending, per stream.</summary>
    [JsonPropertyName("burst_buffer")]
    public int BurstBuffer { get; set; } = 32;

    /// <summary>Entries that a walk may be ahead of its reader.</summary>
    [JsonPropertyName("walk_buffer")]
    public int WalkBuffer { get; set; } = 128;

    /// <summary>A listing that nobody continues ends after this.</summary>
    [JsonPropertyName("idle_time")]
    public GoDuration IdleTime { get; set; } = GoDuration.Parse("20s");

    /// <summary>Silence after which a listing counts as settled.</summary>
    [JsonPropertyName("quiescent")]
    public GoDuration Quiescent { get; set; } = GoDuration.Parse("5s");

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
