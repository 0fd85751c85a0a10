using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State;

namespace Starling.Protocol.Objects;

/// <summary>What a plan knows of the world at one instant. The shell takes one per event; it is never kept across a wait.</summary>
/// <param name="State">The applied state; its newest epoch is the adopted one.</param>
/// <param name="Self">This target.</param>
/// <param name="Session">This process.</param>
/// <param name="IsLeaseValid">Whether the lease was valid at this instant: expiry, its index, ticks and clocks were all checked (rule B3).</param>
public readonly record struct ObjectView(ClusterState State, NodeId Self, SessionId Session, bool IsLeaseValid)
{
    /// <summary>The adopted epoch.</summary>
    public long Epoch => State.Newest.Number;

    /// <summary>The applied index.</summary>
    public long AppliedIndex => State.AppliedIndex;

    /// <summary>Log index of the committed session: the <c>boot</c> of record keys.</summary>
    public long Boot => State.Node(Self)?.SessionIndex ?? 0;

    /// <summary>Whether the committed session is this process: until then it answers <i>unknown</i> (rule B3).</summary>
    public bool IsCommittedSession => Session != SessionId.None && State.Node(Self)?.Session == Session;

    /// <summary>Whether this process holds a valid lease now.</summary>
    public bool HasLease => IsLeaseValid && IsCommittedSession;

    /// <summary>Whether a recorded mountpath is missing: absent is <i>unknown</i> then (rule B10).</summary>
    public bool MissesMountpath => State.Node(Self) is { LostMountpathIds.Length: > 0 };
}
