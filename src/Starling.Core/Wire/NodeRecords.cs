using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>A tracker value: a 64-bit integer as a string inside an object.</summary>
public sealed record TrackerValueWire
{
    /// <summary>The value.</summary>
    [JsonPropertyName("v")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long Value { get; set; }
}

/// <summary>Filesystem of a mountpath; keys are capitalised on the wire.</summary>
public sealed record FileSystemWire
{
    /// <summary>Device.</summary>
    [JsonPropertyName("Fs")]
    public string Device { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Type, for example ext4.</summary>
    [JsonPropertyName("FsType")]
    public string Type { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Two numbers that identify the filesystem.</summary>
    [JsonPropertyName("FsID")]
    public int[] Id { get; set => field = value ?? [0, 0]; } = [0, 0];
}

/// <summary>Capacity of one mountpath.</summary>
public sealed record MountpathCapacityWire
{
    /// <summary>Label.</summary>
    [JsonPropertyName("mountpath_label")]
    public string Label { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Filesystem.</summary>
    [JsonPropertyName("fs")]
    public FileSystemWire FileSystem { get; set => field = value ?? new(); } = new();

    /// <summary>Disks behind it.</summary>
    [JsonPropertyName("disks")]
    public string[] Disks { get; set => field = value ?? []; } = [];

    /// <summary>Used bytes.</summary>
    [JsonPropertyName("used")]
    [JsonConverter(typeof(UInt64StringConverter))]
    public ulong UsedBytes { get; set; }

    /// <summary>Available bytes.</summary>
    [JsonPropertyName("avail")]
    [JsonConverter(typeof(UInt64StringConverter))]
    public ulong AvailableBytes { get; set; }

    /// <summary>Used, percent.</summary>
    [JsonPropertyName("pct_used")]
    public int UsedPercent { get; set; }
}

/// <summary>Capacity of a target.</summary>
public record CapacityWire
{
    /// <summary>By mountpath; null on gateways.</summary>
    [JsonPropertyName("mountpaths")]
    public SortedDictionary<string, MountpathCapacityWire>? Mountpaths { get; set; }

    /// <summary>What is wrong with the capacity; empty when nothing is.</summary>
    [JsonPropertyName("cs_err")]
    public string Error { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Used bytes of all.</summary>
    [JsonPropertyName("total_used")]
    [JsonConverter(typeof(UInt64StringConverter))]
    public ulong TotalUsedBytes { get; set; }

    /// <summary>Available bytes of all.</summary>
    [JsonPropertyName("total_avail")]
    [JsonConverter(typeof(UInt64StringConverter))]
    public ulong TotalAvailableBytes { get; set; }

    /// <summary>Fullest mountpath, percent.</summary>
    [JsonPropertyName("pct_max")]
    public int MaxPercent { get; set; }

    /// <summary>Average, percent.</summary>
    [JsonPropertyName("pct_avg")]
    public int AveragePercent { get; set; }

    /// <summary>Emptiest mountpath, percent.</summary>
    [JsonPropertyName("pct_min")]
    public int MinPercent { get; set; }
}

/// <summary>Counters of one disk.</summary>
public sealed record DiskStatsWire
{
    /// <summary>Read, bytes per second.</summary>
    [JsonPropertyName("RBps")]
    public long ReadBytesPerSecond { get; set; }

    /// <summary>Average read, bytes.</summary>
    [JsonPropertyName("Ravg")]
    public long ReadAverageBytes { get; set; }

    /// <summary>Written, bytes per second.</summary>
    [JsonPropertyName("WBps")]
    public long WriteBytesPerSecond { get; set; }

    /// <summary>Average write, bytes.</summary>
    [JsonPropertyName("Wavg")]
    public long WriteAverageBytes { get; set; }

    /// <summary>Utilisation, percent.</summary>
    [JsonPropertyName("Util")]
    public long UtilizationPercent { get; set; }
}

/// <summary>Answer of <c>what=disk</c>: capacity, and the disks.</summary>
public sealed record TargetDiskWire : CapacityWire
{
    /// <summary>By disk.</summary>
    [JsonPropertyName("AllDiskStats")]
    public SortedDictionary<string, DiskStatsWire> Disks { get; set => field = value ?? []; } = [];
}

/// <summary>Answer of <c>what=node_stats</c>.</summary>
public sealed record NodeStatsWire
{
    /// <summary>The node.</summary>
    [JsonPropertyName("snode")]
    public SnodeWire? Node { get; set; }

    /// <summary>Metrics by name.</summary>
    [JsonPropertyName("tracker")]
    public SortedDictionary<string, TrackerValueWire>? Tracker { get; set; } = [];

    /// <summary>Capacity.</summary>
    [JsonPropertyName("capacity")]
    public CapacityWire? Capacity { get; set; } = new();
}

/// <summary>Answer of <c>what=node_stats</c> for the cluster.</summary>
public sealed record ClusterStatsWire
{
    /// <summary>The answering gateway.</summary>
    [JsonPropertyName("proxy")]
    public NodeStatsWire? Gateway { get; set; }

    /// <summary>By target.</summary>
    [JsonPropertyName("target")]
    public SortedDictionary<string, NodeStatsWire>? Targets { get; set; } = [];
}

/// <summary>Load averages; keys are capitalised on the wire.</summary>
public sealed record LoadAverageWire
{
    /// <summary>Over one minute.</summary>
    [JsonPropertyName("One")]
    public double One { get; set; }

    /// <summary>Over five minutes.</summary>
    [JsonPropertyName("Five")]
    public double Five { get; set; }

    /// <summary>Over fifteen minutes.</summary>
    [JsonPropertyName("Fifteen")]
    public double Fifteen { get; set; }
}

/// <summary>Memory and processor of a node; targets add the filesystem fields.</summary>
public sealed record MemCpuInfoWire
{
    /// <summary>Used by the process, bytes.</summary>
    [JsonPropertyName("mem_used")]
    public ulong MemoryUsedBytes { get; set; }

    /// <summary>Available on the machine, bytes.</summary>
    [JsonPropertyName("mem_avail")]
    public ulong MemoryAvailableBytes { get; set; }

    /// <summary>Used by the process, percent of the machine.</summary>
    [JsonPropertyName("pct_mem_used")]
    public double MemoryUsedPercent { get; set; }

    /// <summary>Used by the process, percent of one processor.</summary>
    [JsonPropertyName("pct_cpu_used")]
    public double CpuUsedPercent { get; set; }

    /// <summary>Load of the machine.</summary>
    [JsonPropertyName("load_avg")]
    public LoadAverageWire? LoadAverage { get; set; } = new();

    /// <summary>Utilisation of the machine, percent.</summary>
    [JsonPropertyName("cpu_util")]
    public long CpuUtilizationPercent { get; set; }

    /// <summary>Used bytes of the filesystems; targets only.</summary>
    [JsonPropertyName("fs_used")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? FileSystemUsed { get; set; }

    /// <summary>Capacity of the filesystems in bytes; targets only.</summary>
    [JsonPropertyName("fs_capacity")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? FileSystemCapacity { get; set; }

    /// <summary>Used, percent; targets only.</summary>
    [JsonPropertyName("pct_fs_used")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? FileSystemUsedPercent { get; set; }
}

/// <summary>Answer of <c>what=sysinfo</c> for the cluster.</summary>
public sealed record ClusterSysInfoWire
{
    /// <summary>By gateway.</summary>
    [JsonPropertyName("proxy")]
    public SortedDictionary<string, MemCpuInfoWire>? Gateways { get; set; } = [];

    /// <summary>By target.</summary>
    [JsonPropertyName("target")]
    public SortedDictionary<string, MemCpuInfoWire>? Targets { get; set; } = [];
}

/// <summary>The primary as seen by a node.</summary>
public sealed record PrimaryWire
{
    /// <summary>Public URL.</summary>
    [JsonPropertyName("pub_url")]
    public string PublicUrl { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Control URL.</summary>
    [JsonPropertyName("control_url")]
    public string ControlUrl { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Id.</summary>
    [JsonPropertyName("id")]
    public string Id { get; set => field = value ?? string.Empty; } = string.Empty;
}

/// <summary>A version that a node holds.</summary>
public record VersionWire
{
    /// <summary>Version; a string on the wire.</summary>
    [JsonPropertyName("version")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long Version { get; set; }
}

/// <summary>A version and the cluster it belongs to.</summary>
public record ClusterVersionWire : VersionWire
{
    /// <summary>Cluster id.</summary>
    [JsonPropertyName("uuid")]
    public string Uuid { get; set => field = value ?? string.Empty; } = string.Empty;
}

/// <summary>The map's version and the primary.</summary>
public sealed record SmapStateWire : ClusterVersionWire
{
    /// <summary>The primary; the key is capitalised on the wire.</summary>
    [JsonPropertyName("Primary")]
    public PrimaryWire Primary { get; set => field = value ?? new(); } = new();
}

/// <summary>What a node holds, and its state bits.</summary>
public sealed record NodeStateInfoWire
{
    /// <summary>Bits of a healthy node: cluster started and node started.</summary>
    public const ulong Healthy = 6;

    /// <summary>Map.</summary>
    [JsonPropertyName("smap")]
    public SmapStateWire? Smap { get; set; } = new();

    /// <summary>Bucket metadata.</summary>
    [JsonPropertyName("bmd")]
    public ClusterVersionWire? Bmd { get; set; } = new();

    /// <summary>Rebalance metadata.</summary>
    [JsonPropertyName("rmd")]
    public VersionWire? Rmd { get; set; } = new();

    /// <summary>Configuration.</summary>
    [JsonPropertyName("config")]
    public VersionWire? Config { get; set; } = new();

    /// <summary>ETL metadata; always empty.</summary>
    [JsonPropertyName("etlmd")]
    public VersionWire? Etl { get; set; } = new();

    /// <summary>State bits; 6 is healthy.</summary>
    [JsonPropertyName("flags")]
    public ulong Flags { get; set; } = Healthy;
}

/// <summary>Answer of <c>what=node_status</c>.</summary>
public sealed record NodeStatusWire
{
    /// <summary>The newest rebalance of a target; left out when there was none.</summary>
    [JsonPropertyName("rebalance_snap")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SnapWire? Rebalance { get; set; }

    /// <summary>Empty when active; <c>maintenance</c> or <c>decommission</c> otherwise.</summary>
    [JsonPropertyName("status")]
    public string Status { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Kind of deployment.</summary>
    [JsonPropertyName("deployment")]
    public string Deployment { get; set => field = value ?? "linux"; } = "linux";

    /// <summary>Version of the interface: <c>5.0</c> and a suffix.</summary>
    [JsonPropertyName("ais_version")]
    public string Version { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Build time.</summary>
    [JsonPropertyName("build_time")]
    public string BuildTime { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Kubernetes pod; empty outside.</summary>
    [JsonPropertyName("k8s_pod_name")]
    public string PodName { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>The node.</summary>
    [JsonPropertyName("snode")]
    public SnodeWire? Node { get; set; }

    /// <summary>Metrics by name.</summary>
    [JsonPropertyName("tracker")]
    public SortedDictionary<string, TrackerValueWire>? Tracker { get; set; } = [];

    /// <summary>Capacity.</summary>
    [JsonPropertyName("capacity")]
    public CapacityWire? Capacity { get; set; } = new();

    /// <summary>What the node holds.</summary>
    [JsonPropertyName("cluster")]
    public NodeStateInfoWire? Cluster { get; set; } = new();

    /// <summary>Memory and processor.</summary>
    [JsonPropertyName("sys_info")]
    public MemCpuInfoWire? System { get; set; } = new();

    /// <summary>Version of the map; a string.</summary>
    [JsonPropertyName("smap_version")]
    public string SmapVersion { get; set => field = value ?? "0"; } = "0";
}

/// <summary>Mountpaths of a target.</summary>
public sealed record MountpathListWire
{
    /// <summary>In use.</summary>
    [JsonPropertyName("available")]
    public string[] Available { get; set => field = value ?? []; } = [];

    /// <summary>Waiting to be disabled or detached.</summary>
    [JsonPropertyName("waiting_dd")]
    public string[] Waiting { get; set => field = value ?? []; } = [];

    /// <summary>Disabled.</summary>
    [JsonPropertyName("disabled")]
    public string[] Disabled { get; set => field = value ?? []; } = [];
}

/// <summary>Mountpaths of every target.</summary>
public sealed record ClusterMountpathsWire
{
    /// <summary>By target.</summary>
    [JsonPropertyName("targets")]
    public SortedDictionary<string, MountpathListWire> Targets { get; set => field = value ?? []; } = [];
}
