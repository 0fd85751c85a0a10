using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>A tracker value: a 64-bit integer as a string inside an object.</summary>
public sealed record TrackerValueWire
{
    /// <summary>The value.</summary>
    [JsonPropertyName("v")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long Value { get; init; }
}

/// <summary>Filesystem of a mountpath; keys are capitalised on the wire.</summary>
public sealed record FileSystemWire
{
    /// <summary>Device.</summary>
    [JsonPropertyName("Fs")]
    public string Device { get; init; } = string.Empty;

    /// <summary>Type, for example ext4.</summary>
    [JsonPropertyName("FsType")]
    public string Type { get; init; } = string.Empty;

    /// <summary>Two numbers that identify the filesystem.</summary>
    [JsonPropertyName("FsID")]
    public int[] Id { get; init; } = [0, 0];
}

/// <summary>Capacity of one mountpath.</summary>
public sealed record MountpathCapacityWire
{
    /// <summary>Label.</summary>
    [JsonPropertyName("mountpath_label")]
    public string Label { get; init; } = string.Empty;

    /// <summary>Filesystem.</summary>
    [JsonPropertyName("fs")]
    public FileSystemWire FileSystem { get; init; } = new();

    /// <summary>Disks behind it.</summary>
    [JsonPropertyName("disks")]
    public string[] Disks { get; init; } = [];

    /// <summary>Used bytes.</summary>
    [JsonPropertyName("used")]
    [JsonConverter(typeof(UInt64StringConverter))]
    public ulong UsedBytes { get; init; }

    /// <summary>Available bytes.</summary>
    [JsonPropertyName("avail")]
    [JsonConverter(typeof(UInt64StringConverter))]
    public ulong AvailableBytes { get; init; }

    /// <summary>Used, percent.</summary>
    [JsonPropertyName("pct_used")]
    public int UsedPercent { get; init; }
}

/// <summary>Capacity of a target.</summary>
public record CapacityWire
{
    /// <summary>By mountpath; null on gateways.</summary>
    [JsonPropertyName("mountpaths")]
    public SortedDictionary<string, MountpathCapacityWire>? Mountpaths { get; init; }

    /// <summary>What is wrong with the capacity; empty when nothing is.</summary>
    [JsonPropertyName("cs_err")]
    public string Error { get; init; } = string.Empty;

    /// <summary>Used bytes of all.</summary>
    [JsonPropertyName("total_used")]
    [JsonConverter(typeof(UInt64StringConverter))]
    public ulong TotalUsedBytes { get; init; }

    /// <summary>Available bytes of all.</summary>
    [JsonPropertyName("total_avail")]
    [JsonConverter(typeof(UInt64StringConverter))]
    public ulong TotalAvailableBytes { get; init; }

    /// <summary>Fullest mountpath, percent.</summary>
    [JsonPropertyName("pct_max")]
    public int MaxPercent { get; init; }

    /// <summary>Average, percent.</summary>
    [JsonPropertyName("pct_avg")]
    public int AveragePercent { get; init; }

    /// <summary>Emptiest mountpath, percent.</summary>
    [JsonPropertyName("pct_min")]
    public int MinPercent { get; init; }
}

/// <summary>Counters of one disk.</summary>
public sealed record DiskStatsWire
{
    /// <summary>Read, bytes per second.</summary>
    [JsonPropertyName("RBps")]
    public long ReadBytesPerSecond { get; init; }

    /// <summary>Average read, bytes.</summary>
    [JsonPropertyName("Ravg")]
    public long ReadAverageBytes { get; init; }

    /// <summary>Written, bytes per second.</summary>
    [JsonPropertyName("WBps")]
    public long WriteBytesPerSecond { get; init; }

    /// <summary>Average write, bytes.</summary>
    [JsonPropertyName("Wavg")]
    public long WriteAverageBytes { get; init; }

    /// <summary>Utilisation, percent.</summary>
    [JsonPropertyName("Util")]
    public long UtilizationPercent { get; init; }
}

/// <summary>Answer of <c>what=disk</c>: capacity, and the disks.</summary>
public sealed record TargetDiskWire : CapacityWire
{
    /// <summary>By disk.</summary>
    [JsonPropertyName("AllDiskStats")]
    public SortedDictionary<string, DiskStatsWire> Disks { get; init; } = [];
}

/// <summary>Answer of <c>what=node_stats</c>.</summary>
public sealed record NodeStatsWire
{
    /// <summary>The node.</summary>
    [JsonPropertyName("snode")]
    public SnodeWire? Node { get; init; }

    /// <summary>Metrics by name.</summary>
    [JsonPropertyName("tracker")]
    public SortedDictionary<string, TrackerValueWire>? Tracker { get; init; } = [];

    /// <summary>Capacity.</summary>
    [JsonPropertyName("capacity")]
    public CapacityWire? Capacity { get; init; } = new();
}

/// <summary>Answer of <c>what=node_stats</c> for the cluster.</summary>
public sealed record ClusterStatsWire
{
    /// <summary>The answering gateway.</summary>
    [JsonPropertyName("proxy")]
    public NodeStatsWire? Gateway { get; init; }

    /// <summary>By target.</summary>
    [JsonPropertyName("target")]
    public SortedDictionary<string, NodeStatsWire>? Targets { get; init; } = [];
}

/// <summary>Load averages; keys are capitalised on the wire.</summary>
public sealed record LoadAverageWire
{
    /// <summary>Over one minute.</summary>
    [JsonPropertyName("One")]
    public double One { get; init; }

    /// <summary>Over five minutes.</summary>
    [JsonPropertyName("Five")]
    public double Five { get; init; }

    /// <summary>Over fifteen minutes.</summary>
    [JsonPropertyName("Fifteen")]
    public double Fifteen { get; init; }
}

/// <summary>Memory and processor of a node; targets add the filesystem fields.</summary>
public sealed record MemCpuInfoWire
{
    /// <summary>Used by the process, bytes.</summary>
    [JsonPropertyName("mem_used")]
    public ulong MemoryUsedBytes { get; init; }

    /// <summary>Available on the machine, bytes.</summary>
    [JsonPropertyName("mem_avail")]
    public ulong MemoryAvailableBytes { get; init; }

    /// <summary>Used by the process, percent of the machine.</summary>
    [JsonPropertyName("pct_mem_used")]
    public double MemoryUsedPercent { get; init; }

    /// <summary>Used by the process, percent of one processor.</summary>
    [JsonPropertyName("pct_cpu_used")]
    public double CpuUsedPercent { get; init; }

    /// <summary>Load of the machine.</summary>
    [JsonPropertyName("load_avg")]
    public LoadAverageWire? LoadAverage { get; init; } = new();

    /// <summary>Utilisation of the machine, percent.</summary>
    [JsonPropertyName("cpu_util")]
    public long CpuUtilizationPercent { get; init; }

    /// <summary>Used bytes of the filesystems; targets only.</summary>
    [JsonPropertyName("fs_used")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? FileSystemUsed { get; init; }

    /// <summary>Capacity of the filesystems in bytes; targets only.</summary>
    [JsonPropertyName("fs_capacity")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? FileSystemCapacity { get; init; }

    /// <summary>Used, percent; targets only.</summary>
    [JsonPropertyName("pct_fs_used")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? FileSystemUsedPercent { get; init; }
}

/// <summary>Answer of <c>what=sysinfo</c> for the cluster.</summary>
public sealed record ClusterSysInfoWire
{
    /// <summary>By gateway.</summary>
    [JsonPropertyName("proxy")]
    public SortedDictionary<string, MemCpuInfoWire>? Gateways { get; init; } = [];

    /// <summary>By target.</summary>
    [JsonPropertyName("target")]
    public SortedDictionary<string, MemCpuInfoWire>? Targets { get; init; } = [];
}

/// <summary>The primary as seen by a node.</summary>
public sealed record PrimaryWire
{
    /// <summary>Public URL.</summary>
    [JsonPropertyName("pub_url")]
    public string PublicUrl { get; init; } = string.Empty;

    /// <summary>Control URL.</summary>
    [JsonPropertyName("control_url")]
    public string ControlUrl { get; init; } = string.Empty;

    /// <summary>Id.</summary>
    [JsonPropertyName("id")]
    public string Id { get; init; } = string.Empty;
}

/// <summary>A version that a node holds.</summary>
public record VersionWire
{
    /// <summary>Version; a string on the wire.</summary>
    [JsonPropertyName("version")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long Version { get; init; }
}

/// <summary>A version and the cluster it belongs to.</summary>
public record ClusterVersionWire : VersionWire
{
    /// <summary>Cluster id.</summary>
    [JsonPropertyName("uuid")]
    public string Uuid { get; init; } = string.Empty;
}

/// <summary>The map's version and the primary.</summary>
public sealed record SmapStateWire : ClusterVersionWire
{
    /// <summary>The primary; the key is capitalised on the wire.</summary>
    [JsonPropertyName("Primary")]
    public PrimaryWire Primary { get; init; } = new();
}

/// <summary>What a node holds, and its state bits.</summary>
public sealed record NodeStateInfoWire
{
    /// <summary>Bits of a healthy node: cluster started and node started.</summary>
    public const ulong Healthy = 6;

    /// <summary>Map.</summary>
    [JsonPropertyName("smap")]
    public SmapStateWire? Smap { get; init; } = new();

    /// <summary>Bucket metadata.</summary>
    [JsonPropertyName("bmd")]
    public ClusterVersionWire? Bmd { get; init; } = new();

    /// <summary>Rebalance metadata.</summary>
    [JsonPropertyName("rmd")]
    public VersionWire? Rmd { get; init; } = new();

    /// <summary>Configuration.</summary>
    [JsonPropertyName("config")]
    public VersionWire? Config { get; init; } = new();

    /// <summary>ETL metadata; always empty.</summary>
    [JsonPropertyName("etlmd")]
    public VersionWire? Etl { get; init; } = new();

    /// <summary>State bits; 6 is healthy.</summary>
    [JsonPropertyName("flags")]
    public ulong Flags { get; init; } = Healthy;
}

/// <summary>Answer of <c>what=node_status</c>.</summary>
public sealed record NodeStatusWire
{
    /// <summary>The newest rebalance of a target; left out when there was none.</summary>
    [JsonPropertyName("rebalance_snap")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SnapWire? Rebalance { get; init; }

    /// <summary>Empty when active; <c>maintenance</c> or <c>decommission</c> otherwise.</summary>
    [JsonPropertyName("status")]
    public string Status { get; init; } = string.Empty;

    /// <summary>Kind of deployment.</summary>
    [JsonPropertyName("deployment")]
    public string Deployment { get; init; } = "linux";

    /// <summary>Version of the interface: <c>5.0</c> and a suffix.</summary>
    [JsonPropertyName("ais_version")]
    public string Version { get; init; } = string.Empty;

    /// <summary>Build time.</summary>
    [JsonPropertyName("build_time")]
    public string BuildTime { get; init; } = string.Empty;

    /// <summary>Kubernetes pod; empty outside.</summary>
    [JsonPropertyName("k8s_pod_name")]
    public string PodName { get; init; } = string.Empty;

    /// <summary>The node.</summary>
    [JsonPropertyName("snode")]
    public SnodeWire? Node { get; init; }

    /// <summary>Metrics by name.</summary>
    [JsonPropertyName("tracker")]
    public SortedDictionary<string, TrackerValueWire>? Tracker { get; init; } = [];

    /// <summary>Capacity.</summary>
    [JsonPropertyName("capacity")]
    public CapacityWire? Capacity { get; init; } = new();

    /// <summary>What the node holds.</summary>
    [JsonPropertyName("cluster")]
    public NodeStateInfoWire? Cluster { get; init; } = new();

    /// <summary>Memory and processor.</summary>
    [JsonPropertyName("sys_info")]
    public MemCpuInfoWire? System { get; init; } = new();

    /// <summary>Version of the map; a string.</summary>
    [JsonPropertyName("smap_version")]
    public string SmapVersion { get; init; } = "0";
}

/// <summary>Mountpaths of a target.</summary>
public sealed record MountpathListWire
{
    /// <summary>In use.</summary>
    [JsonPropertyName("available")]
    public string[] Available { get; init; } = [];

    /// <summary>Waiting to be disabled or detached.</summary>
    [JsonPropertyName("waiting_dd")]
    public string[] Waiting { get; init; } = [];

    /// <summary>Disabled.</summary>
    [JsonPropertyName("disabled")]
    public string[] Disabled { get; init; } = [];
}

/// <summary>Mountpaths of every target.</summary>
public sealed record ClusterMountpathsWire
{
    /// <summary>By target.</summary>
    [JsonPropertyName("targets")]
    public SortedDictionary<string, MountpathListWire> Targets { get; init; } = [];
}
