using System.Text.Json.Nodes;
using Starling.Client.Jobs;
using Starling.Client.Transport;

namespace Starling.Client.Cluster;

/// <summary>What a node says about itself (<c>what=node_status</c>).</summary>
public sealed record NodeStatus
{
    /// <summary>Empty when active; <c>maintenance</c> or <c>decommission</c> otherwise.</summary>
    public required string Status { get; init; }

    /// <summary>Version of the software, for example <c>5.0.0</c>.</summary>
    public required string SoftwareVersion { get; init; }

    /// <summary>When the software was built.</summary>
    public required string BuildTime { get; init; }

    /// <summary>Kind of deployment, for example <c>dev</c> or <c>linux</c>.</summary>
    public required string Deployment { get; init; }

    /// <summary>Name of the pod; empty outside Kubernetes.</summary>
    public required string PodName { get; init; }

    /// <summary>Time since the process started, zero when not reported.</summary>
    public required TimeSpan Uptime { get; init; }

    /// <summary>Share of memory used, 0 to 100.</summary>
    public required double MemoryUsedPercent { get; init; }

    /// <summary>Free memory in bytes.</summary>
    public required long MemoryAvailableBytes { get; init; }

    /// <summary>Load of the system's processors, 0 to 100.</summary>
    public required long CpuPercent { get; init; }

    /// <summary>Load averages over 1, 5 and 15 minutes.</summary>
    public required (double One, double Five, double Fifteen) LoadAverage { get; init; }

    /// <summary>Average share of capacity used, 0 to 100; meaningful for targets.</summary>
    public required long CapacityUsedPercent { get; init; }

    /// <summary>Used capacity in bytes.</summary>
    public required long CapacityUsedBytes { get; init; }

    /// <summary>Free capacity in bytes.</summary>
    public required long CapacityAvailableBytes { get; init; }

    /// <summary>What the target says of each of its mountpaths.</summary>
    public required IReadOnlyList<MountpathStatus> Mountpaths { get; init; }

    /// <summary>State flags; 6 is healthy.</summary>
    public required ulong StateFlags { get; init; }

    /// <summary>Version of the cluster map the node holds.</summary>
    public required long SmapVersion { get; init; }

    /// <summary>The last rebalance this target took part in; null when none.</summary>
    public required JobSnapshot? Rebalance { get; init; }

    /// <summary>True when the gateway answered in place of the node and has only its status.</summary>
    public bool IsStub => SoftwareVersion.Length == 0;

    /// <summary>Reads the JSON of <c>what=node_status</c>; members that are absent are empty or zero.</summary>
    public static NodeStatus From(JsonNode? json)
    {
        var system = json.Member("sys_info");
        var load = system.Member("load_avg");
        var capacity = json.Member("capacity");
        return new NodeStatus
        {
            Status = json.Text("status"),
            SoftwareVersion = json.Text("ais_version"),
            BuildTime = json.Text("build_time"),
            Deployment = json.Text("deployment"),
            PodName = json.Text("k8s_pod_name"),
            Uptime = TimeSpan.FromTicks(json.Member("tracker").Member("up.ns.time").Int64("v") / TimeSpan.NanosecondsPerTick),
            MemoryUsedPercent = system.Double("pct_mem_used"),
            MemoryAvailableBytes = system.Int64("mem_avail"),
            CpuPercent = system.Int64("cpu_util"),
            LoadAverage = (load.Double("One"), load.Double("Five"), load.Double("Fifteen")),
            CapacityUsedPercent = capacity.Int64("pct_avg"),
            CapacityUsedBytes = capacity.Int64("total_used"),
            CapacityAvailableBytes = capacity.Int64("total_avail"),
            Mountpaths = [.. capacity.Members("mountpaths").Select(pair => MountpathStatus.From(pair.Key, pair.Value))],
            StateFlags = (ulong)json.Member("cluster").Int64("flags"),
            SmapVersion = json.Int64("smap_version"),
            Rebalance = json.Member("rebalance_snap") is JsonObject snap ? JobSnapshot.From(snap) : null,
        };
    }
}
