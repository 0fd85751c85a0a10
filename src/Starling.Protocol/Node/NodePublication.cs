using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Node;

/// <summary>What a node is in consensus at the moment.</summary>
public enum ConsensusRole
{
    /// <summary>No cluster yet.</summary>
    Outside,

    /// <summary>Receives the log, has no vote.</summary>
    Learner,

    /// <summary>Votes, follows.</summary>
    Follower,

    /// <summary>Asks for votes.</summary>
    Candidate,

    /// <summary>Leads this term; serves once <see cref="NodePublication.LeaderReady"/>.</summary>
    Leader,
}

/// <summary>Somebody who waits to come in, or a session that waits for the end of an old lease.</summary>
/// <param name="Id">The node.</param>
/// <param name="Reason">What it waits for.</param>
public sealed record PendingAdmission(NodeId Id, string Reason);

/// <summary>What the rest of the process sees of its node; immutable.</summary>
public sealed record NodePublication
{
    /// <summary>This process.</summary>
    public required NodeIdentity Self { get; init; }

    /// <summary>Committed and applied.</summary>
    public required ClusterState State { get; init; }

    /// <summary>The cluster; empty while there is none.</summary>
    public string ClusterId { get; init; } = string.Empty;

    /// <summary>Role in consensus.</summary>
    public ConsensusRole Role { get; init; }

    /// <summary>Current term.</summary>
    public long Term { get; init; }

    /// <summary>Who leads this term as far as this node knows and still hears; null: nobody.</summary>
    public NodeIdentity? Leader { get; init; }

    /// <summary>This node leads, its no-op is committed and applied, and a majority answered lately.</summary>
    public bool LeaderReady { get; init; }

    /// <summary>The leader is a target (rule A4): on the wire such a cluster has no primary.</summary>
    public bool Caretaker { get; init; }

    /// <summary>Newest committed index known here.</summary>
    public long CommitIndex { get; init; }

    /// <summary>Applied index; the state's.</summary>
    public long AppliedIndex => State.AppliedIndex;

    /// <summary>The voter set in force here (effective when appended).</summary>
    public VoterSet Voters { get; init; } = VoterSet.Empty;

    /// <summary>
    /// This process's own session is committed and applied here; until then a target answers "unknown" (rule B3). Always true once it was.
    /// </summary>
    public bool SessionApplied { get; init; }

    /// <summary>Log index of the entry that committed this session: the <c>boot</c> of its record keys (rule B1); 0 before.</summary>
    public long SessionIndex { get; init; }

    /// <summary>Targets: the newest lease; check it with <see cref="Ownership.Lease.IsValid"/>.</summary>
    public Lease Lease { get; init; } = Lease.None;

    /// <summary>Leader only: liveness of all members, sorted by id; empty elsewhere.</summary>
    public ImmutableArray<MemberLiveness> Liveness { get; init; } = [];

    /// <summary>Leader only: who waits, and for what.</summary>
    public ImmutableArray<PendingAdmission> Pending { get; init; } = [];

    /// <summary>What this node waits for before it is in a cluster; null: nothing.</summary>
    public string? Waiting { get; init; }

    /// <summary>After <see cref="Stopping"/>: leadership has been handed over, or cannot be.</summary>
    public bool StopReady { get; init; }

    /// <summary>An operation tells this very process to stop (rule A18).</summary>
    public bool StopOrdered => State.StopOrderedBy(Self) is not null;

    /// <summary>The permit by which this node is to erase itself (rule A18); null: it has none.</summary>
    public ErasePermit? EraseOrdered => State.EraseOrdered(Self.Member);

    /// <summary>
    /// This node erased itself by permit, its membership is over, and the log of that life is given up on its disk (rule A18). This process stays outside, with
    /// an empty state; the next one in its directory joins as a new member.
    /// </summary>
    public bool MembershipEnded { get; init; }

    /// <summary>Targets: the pass that is to be made; null: none (rule B9).</summary>
    public WantedPass? PassWanted => State.PassWanted(Self.Id);

    /// <summary>The control address of a member as this node knows it by gossip, or by the committed state; null: unknown.</summary>
    public string? AddressOf(NodeId id)
    {
        foreach (var pair in Addresses)
        {
            if (pair.Key == id)
            {
                return pair.Value;
            }
        }

        return null;
    }

    /// <summary>Control addresses by member id, sorted.</summary>
    public ImmutableArray<KeyValuePair<NodeId, string>> Addresses { get; init; } = [];
}
