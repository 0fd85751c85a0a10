using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Settings of distributed sort jobs.</summary>
public sealed record DistributedSortSection
{
    /// <summary>What to do with duplicates: <c>ignore</c>, <c>warn</c> or <c>abort</c>.</summary>
    [JsonPropertyName("duplicated_records")]
    public string DuplicatedRecords { get; set => field = value ?? "ignore"; } = "ignore";

    /// <summary>What to do when a shard is missing.</summary>
    [JsonPropertyName("missing_shards")]
    public string MissingShards { get; set => field = value ?? "ignore"; } = "ignore";

    /// <summary>What to do with a malformed line of the external key map.</summary>
    [JsonPropertyName("ekm_malformed_line")]
    public string EkmMalformedLine { get; set => field = value ?? "abort"; } = "abort";

    /// <summary>What to do when the external key map lacks a key.</summary>
    [JsonPropertyName("ekm_missing_key")]
    public string EkmMissingKey { get; set => field = value ?? "abort"; } = "abort";

    /// <summary>Memory limit, as a share or as a size.</summary>
    [JsonPropertyName("default_max_mem_usage")]
    public string DefaultMaxMemUsage { get; set => field = value ?? "80%"; } = "80%";

    /// <summary>Above this much memory the in-memory sorter is chosen.</summary>
    [JsonPropertyName("dsorter_mem_threshold")]
    public string DsorterMemThreshold { get; set => field = value ?? "100GB"; } = "100GB";

    /// <summary>Whether streams between targets are compressed: <c>never</c> or <c>always</c>.</summary>
    [JsonPropertyName("compression")]
    public string Compression { get; set => field = value ?? "never"; } = "never";

    /// <summary>Parallel streams per pair of targets.</summary>
    [JsonPropertyName("bundle_multiplier")]
    public int BundleMultiplier { get; set; } = 4;

    /// <summary>Objects that may wait for sending, per stream.</summary>
    [JsonPropertyName("burst_buffer")]
    public int BurstBuffer { get; set; } = 512;

    /// <summary>Limit of one call between targets.</summary>
    [JsonPropertyName("call_timeout")]
    public GoDuration CallTimeout { get; set; } = GoDuration.Parse("10m");

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
