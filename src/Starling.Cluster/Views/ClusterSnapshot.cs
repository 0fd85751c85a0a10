using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.Node;
using Starling.Protocol.State;

namespace Starling.Cluster.Views;

/// <summary>What this node knows of the cluster at one moment; immutable. A request reads it once and decides by it.</summary>
public sealed record ClusterSnapshot
{
    /// <summary>Everything that the core published.</summary>
    public required NodePublication Node { get; init; }

    /// <summary>This target's lease; none on gateways.</summary>
    public LeaseView Lease { get; init; } = LeaseView.None;

    /// <summary>Why the control loop stopped (a broken invariant, a failed flush); null while it runs. A halted node never changes anything again until restarted.</summary>
    public string? Halted { get; init; }

    /// <summary>This process.</summary>
    public NodeIdentity Self => Node.Self;

    /// <summary>The committed state.</summary>
    public ClusterState State => Node.State;

    /// <summary>Log index that the state contains.</summary>
    public long AppliedIndex => Node.State.AppliedIndex;

    /// <summary>Newest committed placement epoch.</summary>
    public long Epoch => Node.State.Newest.Number;

    /// <summary>This node's own committed entry; null before it is admitted.</summary>
    public NodeEntry? Own => Node.State.Node(Node.Self.Id);

    /// <summary>The cluster; empty while there is none.</summary>
    public string ClusterId => Node.ClusterId;

    /// <summary>The leading node, caretakers included; null: none is heard.</summary>
    public NodeId? Leader => Halted is null ? Node.Leader?.Id : null;

    /// <summary>A gateway leads and is heard: on the wire the cluster has a primary (rule A4).</summary>
    public bool IsPrimaryKnown => Leader is not null && !Node.Caretaker;

    /// <summary>This node leads and may answer for the cluster.</summary>
    public bool IsLeading => Halted is null && Node.LeaderReady;

    /// <summary>Leader only: liveness of all members.</summary>
    public ImmutableArray<MemberLiveness> Liveness => Node.Liveness;

    /// <summary>What this node waits for before it is in a cluster; null: nothing.</summary>
    public string? Waiting => Node.Waiting;

    /// <summary>In a cluster, own session applied, running: the node can do its work.</summary>
    public bool IsReady => Halted is null && Node.ClusterId.Length > 0 && Node.SessionApplied;
}
