using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Config;

namespace Starling.Core.Wire;

/// <summary>The properties of a bucket.</summary>
public sealed record BpropsWire
{
    /// <summary>Remote bucket behind this one; empty for none.</summary>
    [JsonPropertyName("backend_bck")]
    public BckWire BackendBucket { get; set => field = value ?? new(); } = new();

    /// <summary>When writes reach the disk.</summary>
    [JsonPropertyName("write_policy")]
    public WritePolicySection WritePolicy { get; set => field = value ?? new(); } = new();

    /// <summary>Provider.</summary>
    [JsonPropertyName("provider")]
    public string Provider { get; set => field = value ?? "ais"; } = "ais";

    /// <summary>New name while a rename runs.</summary>
    [JsonPropertyName("Renamed")]
    public string Renamed { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Checksums.</summary>
    [JsonPropertyName("checksum")]
    public ChecksumSection Checksum { get; set => field = value ?? new(); } = new();

    /// <summary>What only some providers know.</summary>
    [JsonPropertyName("extra")]
    public BucketExtraWire Extra { get; set => field = value ?? new(); } = new();

    /// <summary>Rate limits.</summary>
    [JsonPropertyName("rate_limit")]
    public RateLimitSection RateLimit { get; set => field = value ?? new(); } = new();

    /// <summary>Erasure coding.</summary>
    [JsonPropertyName("ec")]
    public ErasureCodingSection ErasureCoding { get; set => field = value ?? new(); } = new();

    /// <summary>Large objects.</summary>
    [JsonPropertyName("chunks")]
    public ChunksSection Chunks { get; set => field = value ?? new(); } = new();

    /// <summary>Copies.</summary>
    [JsonPropertyName("mirror")]
    public MirrorSection Mirror { get; set => field = value ?? new(); } = new();

    /// <summary>Eviction.</summary>
    [JsonPropertyName("lru")]
    public LruSection Lru { get; set => field = value ?? new(); } = new();

    /// <summary>Permitted operations, see <see cref="AccessBits"/>; text on the wire.</summary>
    [JsonPropertyName("access"), JsonConverter(typeof(UInt64StringConverter))]
    public ulong Access { get; set; } = AccessBits.All;

    /// <summary>Feature bits; text on the wire.</summary>
    [JsonPropertyName("features"), JsonConverter(typeof(UInt64StringConverter))]
    public ulong Features { get; set; }

    /// <summary>Id; the top bit is set for buckets of the cluster itself. Text on the wire.</summary>
    [JsonPropertyName("bid"), JsonConverter(typeof(UInt64StringConverter))]
    public ulong BucketId { get; set; }

    /// <summary>Nanoseconds since 1970 UTC; text on the wire.</summary>
    [JsonPropertyName("created"), JsonConverter(typeof(Int64StringConverter))]
    public long CreatedNs { get; set; }

    /// <summary>Versions.</summary>
    [JsonPropertyName("versioning")]
    public VersioningSection Versioning { get; set => field = value ?? new(); } = new();

    /// <summary>What an acknowledged write survives: <c>durable</c>, <c>durable-local</c> or <c>buffered</c>. An addition of Starling; other clients ignore it.</summary>
    [JsonPropertyName("durability")]
    public string Durability { get; set => field = value ?? "durable"; } = "durable";

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
