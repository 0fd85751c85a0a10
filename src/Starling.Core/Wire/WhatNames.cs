namespace Starling.Core.Wire;

/// <summary>Values of the query parameter <c>what</c>.</summary>
public static class WhatNames
{
    /// <summary>The cluster map.</summary>
    public const string ClusterMap = "smap";

    /// <summary>All buckets.</summary>
    public const string BucketMetadata = "bmd";

    /// <summary>The configuration of a node.</summary>
    public const string NodeConfig = "config";

    /// <summary>The node itself.</summary>
    public const string Node = "snode";

    /// <summary>All metadata at once.</summary>
    public const string ClusterMetadata = "smapvote";

    /// <summary>Counters.</summary>
    public const string NodeStats = "node_stats";

    /// <summary>Status and counters.</summary>
    public const string NodeStatus = "node_status";

    /// <summary>Version of the program.</summary>
    public const string Version = "software_version";

    /// <summary>Names and kinds of counters.</summary>
    public const string Metrics = "metrics";

    /// <summary>Memory and processor.</summary>
    public const string SystemInfo = "sysinfo";

    /// <summary>The log.</summary>
    public const string Log = "log";

    /// <summary>Mountpaths.</summary>
    public const string Mountpaths = "mountpaths";

    /// <summary>Disk rates and space.</summary>
    public const string Disk = "disk";

    /// <summary>Attached remote clusters.</summary>
    public const string Remote = "remote";

    /// <summary>Certificate.</summary>
    public const string TlsCertificate = "tls_certificate";

    /// <summary>One job.</summary>
    public const string JobStatus = "status";

    /// <summary>Several jobs.</summary>
    public const string AllJobStatus = "status_all";

    /// <summary>Jobs by target.</summary>
    public const string JobSnaps = "qryxstats";

    /// <summary>Running jobs.</summary>
    public const string RunningJobs = "running_all";

    /// <summary>Configured remote providers.</summary>
    public const string Backends = "backends";

    /// <summary>Addresses of targets.</summary>
    public const string TargetAddresses = "target_ips";

    /// <summary>The configuration of the cluster.</summary>
    public const string ClusterConfig = "cluster_config";
}
