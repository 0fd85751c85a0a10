using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Config;

namespace Starling.Core.Wire;

/// <summary>The configuration of the cluster (<c>what=cluster_config</c>): every section, filled in. A new one holds the defaults.</summary>
public record ClusterConfigWire
{
    /// <summary>Distributed sort.</summary>
    [JsonPropertyName("distributed_sort")]
    public DistributedSortSection DistributedSort { get; set => field = value ?? new(); } = new();

    /// <summary>When writes reach the disk.</summary>
    [JsonPropertyName("write_policy")]
    public WritePolicySection WritePolicy { get; set => field = value ?? new(); } = new();

    /// <summary>Checksums.</summary>
    [JsonPropertyName("checksum")]
    public ChecksumSection Checksum { get; set => field = value ?? new(); } = new();

    /// <summary>Copying and transforming buckets.</summary>
    [JsonPropertyName("tcb")]
    public StreamSection CopyBucket { get; set => field = value ?? new(); } = new();

    /// <summary>Copying and transforming objects.</summary>
    [JsonPropertyName("tco")]
    public StreamSection CopyObjects { get; set => field = value ?? new(); } = new();

    /// <summary>Archiving.</summary>
    [JsonPropertyName("arch")]
    public StreamSection Archive { get; set => field = value ?? new(); } = new();

    /// <summary>Listing.</summary>
    [JsonPropertyName("lso")]
    public ListSection List { get; set => field = value ?? new(); } = new();

    /// <summary>Rate limits.</summary>
    [JsonPropertyName("rate_limit")]
    public RateLimitSection RateLimit { get; set => field = value ?? new(); } = new();

    /// <summary>Signs of life.</summary>
    [JsonPropertyName("keepalivetracker")]
    public KeepaliveSection Keepalive { get; set => field = value ?? new(); } = new();

    /// <summary>Rebalance.</summary>
    [JsonPropertyName("rebalance")]
    public RebalanceSection Rebalance { get; set => field = value ?? new(); } = new();

    /// <summary>Logging.</summary>
    [JsonPropertyName("log")]
    public LogSection Log { get; set => field = value ?? new(); } = new();

    /// <summary>Erasure coding.</summary>
    [JsonPropertyName("ec")]
    public ErasureCodingSection ErasureCoding { get; set => field = value ?? new(); } = new();

    /// <summary>Batched reads.</summary>
    [JsonPropertyName("get_batch")]
    public GetBatchSection GetBatch { get; set => field = value ?? new(); } = new();

    /// <summary>Watermarks.</summary>
    [JsonPropertyName("space")]
    public SpaceSection Space { get; set => field = value ?? new(); } = new();

    /// <summary>Streams.</summary>
    [JsonPropertyName("transport")]
    public TransportSection Transport { get; set => field = value ?? new(); } = new();

    /// <summary>Disk utilisation.</summary>
    [JsonPropertyName("disk")]
    public DiskSection Disk { get; set => field = value ?? new(); } = new();

    /// <summary>Disk health.</summary>
    [JsonPropertyName("fshc")]
    public DiskHealthSection DiskHealth { get; set => field = value ?? new(); } = new();

    /// <summary>Large objects.</summary>
    [JsonPropertyName("chunks")]
    public ChunksSection Chunks { get; set => field = value ?? new(); } = new();

    /// <summary>Eviction.</summary>
    [JsonPropertyName("lru")]
    public LruSection Lru { get; set => field = value ?? new(); } = new();

    /// <summary>Copies.</summary>
    [JsonPropertyName("mirror")]
    public MirrorSection Mirror { get; set => field = value ?? new(); } = new();

    /// <summary>What repeats.</summary>
    [JsonPropertyName("periodic")]
    public PeriodicSection Periodic { get; set => field = value ?? new(); } = new();

    /// <summary>Limits between nodes.</summary>
    [JsonPropertyName("client")]
    public ClientSection Client { get; set => field = value ?? new(); } = new();

    /// <summary>Downloads.</summary>
    [JsonPropertyName("downloader")]
    public DownloaderSection Downloader { get; set => field = value ?? new(); } = new();

    /// <summary>Traces; absent when not offered.</summary>
    [JsonPropertyName("tracing"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TracingSection? Tracing { get; set; }

    /// <summary>Authentication.</summary>
    [JsonPropertyName("auth")]
    public AuthSection Auth { get; set => field = value ?? new(); } = new();

    /// <summary>Remote backends: provider to its configuration.</summary>
    [JsonPropertyName("backend")]
    public Dictionary<string, JsonElement> Backends { get; set => field = value ?? []; } = [];

    /// <summary>Id of the cluster.</summary>
    [JsonPropertyName("uuid")]
    public string Uuid { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>When the configuration last changed, for display.</summary>
    [JsonPropertyName("lastupdate_time")]
    public string LastUpdateTime { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Where gateways look.</summary>
    [JsonPropertyName("proxy")]
    public ProxySection Proxy { get; set => field = value ?? new(); } = new();

    /// <summary>Network.</summary>
    [JsonPropertyName("net")]
    public NetSection Net { get; set => field = value ?? new(); } = new();

    /// <summary>Limits of time.</summary>
    [JsonPropertyName("timeout")]
    public TimeoutSection Timeout { get; set => field = value ?? new(); } = new();

    /// <summary>Memory.</summary>
    [JsonPropertyName("memsys")]
    public MemorySection Memory { get; set => field = value ?? new(); } = new();

    /// <summary>Feature bits.</summary>
    [JsonPropertyName("features"), JsonConverter(typeof(UInt64StringConverter))]
    public ulong Features { get; set; }

    /// <summary>Grows with every change.</summary>
    [JsonPropertyName("config_version"), JsonConverter(typeof(Int64StringConverter))]
    public long ConfigVersion { get; set; }

    /// <summary>Versions.</summary>
    [JsonPropertyName("versioning")]
    public VersioningSection Versioning { get; set => field = value ?? new(); } = new();

    /// <summary>Resilver.</summary>
    [JsonPropertyName("resilver")]
    public ResilverSection Resilver { get; set => field = value ?? new(); } = new();

    /// <summary>Reading of objects; Starling's own, behind the sections that all clients know.</summary>
    [JsonPropertyName("reads")]
    public ReadsSection Reads { get; set => field = value ?? new(); } = new();

    /// <summary>How much of a target a rebalance may take; Starling's own.</summary>
    [JsonPropertyName("pace")]
    public PaceSection Pace { get; set => field = value ?? new(); } = new();

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
