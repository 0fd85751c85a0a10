using Starling.Protocol.Bootstrap;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;

namespace Starling.Protocol.Node;

/// <summary>Everything that a node is told when its process starts.</summary>
public sealed record NodeStart
{
    /// <summary>What this process says of itself.</summary>
    public required NodeFacts Facts { get; init; }

    /// <summary>Random per process start (rule A8).</summary>
    public required SessionId Session { get; init; }

    /// <summary>What was found on the disk.</summary>
    public required RestoredState Restored { get; init; }

    /// <summary>The cluster that this node's disks belong to, although its log does not say so; empty: they do not say. It joins no other.</summary>
    public string ClusterId { get; init; } = string.Empty;

    /// <summary>Where to ask, and whether this node may help to form a cluster.</summary>
    public BootstrapOptions Bootstrap { get; init; } = BootstrapOptions.None;

    /// <summary>Timers and sizes.</summary>
    public NodeSettings Settings { get; init; } = NodeSettings.Default;

    /// <summary>Seed of the node's only source of randomness.</summary>
    public required ulong Seed { get; init; }

    /// <summary>How snapshots travel; null: as objects, for drivers inside one process.</summary>
    public ISnapshotCodec? Codec { get; init; }

    /// <summary>The clock that counts suspension, at the start.</summary>
    public required long NowNs { get; init; }

    /// <summary>The wall clock, at the start.</summary>
    public required long WallNs { get; init; }
}
