namespace Starling.Core.Wire;

/// <summary>Bits of the state of a node; <see cref="NodeStateInfoWire.Healthy"/> is the value that clients take for "nothing to report".</summary>
public static class NodeStateFlags
{
    /// <summary>An election runs.</summary>
    public const ulong VoteInProgress = 1UL << 0;

    /// <summary>The cluster has started.</summary>
    public const ulong ClusterStarted = 1UL << 1;

    /// <summary>The node has started.</summary>
    public const ulong NodeStarted = 1UL << 2;

    /// <summary>Objects move between targets.</summary>
    public const ulong Rebalancing = 1UL << 3;

    /// <summary>A rebalance was interrupted.</summary>
    public const ulong RebalanceInterrupted = 1UL << 4;

    /// <summary>Objects move between mountpaths.</summary>
    public const ulong Resilvering = 1UL << 5;

    /// <summary>A resilver was interrupted.</summary>
    public const ulong ResilverInterrupted = 1UL << 6;

    /// <summary>The node restarted.</summary>
    public const ulong Restarted = 1UL << 7;

    /// <summary>No space; red.</summary>
    public const ulong OutOfSpace = 1UL << 8;

    /// <summary>No memory; red.</summary>
    public const ulong OutOfMemory = 1UL << 9;

    /// <summary>In maintenance.</summary>
    public const ulong MaintenanceMode = 1UL << 10;

    /// <summary>Little space.</summary>
    public const ulong LowCapacity = 1UL << 11;

    /// <summary>Little memory.</summary>
    public const ulong LowMemory = 1UL << 12;

    /// <summary>A disk failed; red.</summary>
    public const ulong DiskFault = 1UL << 13;

    /// <summary>Many threads.</summary>
    public const ulong Threads = 1UL << 14;

    /// <summary>Very many threads; red.</summary>
    public const ulong HighThreads = 1UL << 15;

    /// <summary>The certificate expires soon.</summary>
    public const ulong CertificateExpiresSoon = 1UL << 16;

    /// <summary>The certificate has expired; red.</summary>
    public const ulong CertificateExpired = 1UL << 17;

    /// <summary>The certificate is not valid.</summary>
    public const ulong CertificateInvalid = 1UL << 18;

    /// <summary>Signs of life fail.</summary>
    public const ulong KeepaliveErrors = 1UL << 19;

    /// <summary>No processor time; red.</summary>
    public const ulong OutOfCpu = 1UL << 20;

    /// <summary>Little processor time.</summary>
    public const ulong LowCpu = 1UL << 21;

    /// <summary>A disk is full; red.</summary>
    public const ulong DiskOutOfSpace = 1UL << 22;

    /// <summary>A disk is nearly full.</summary>
    public const ulong DiskLowCapacity = 1UL << 23;
}
