using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Eviction of the least recently used objects of remote buckets.</summary>
public sealed record LruSection
{
    /// <summary>Objects used within this time stay.</summary>
    [JsonPropertyName("dont_evict_time")]
    public GoDuration DontEvictTime { get; set; } = GoDuration.Parse("2h0m");

    /// <summary>Between two looks at the used space.</summary>
    [JsonPropertyName("capacity_upd_time")]
    public GoDuration CapacityUpdTime { get; set; } = GoDuration.Parse("10m");

    /// <summary>Names per step.</summary>
    [JsonPropertyName("batch_size")]
    public int BatchSize { get; set; } = 32768;

    /// <summary>Whether objects are evicted.</summary>
    [JsonPropertyName("enabled")]
    public bool Enabled { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
