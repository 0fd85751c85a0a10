using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Operations;

/// <summary>What the leader observes of one member; its memory, rebuilt by every new leader.</summary>
/// <param name="Id">The member.</param>
public sealed record ObservedNode(NodeId Id)
{
    /// <summary>The process that was heard last; none: nobody was.</summary>
    public SessionId Session { get; init; }

    /// <summary>It was heard within <see cref="SafetyVerdict.HeardWithinNs"/>.</summary>
    public bool HeardLately { get; init; }

    /// <summary>Whether it answers on the control network.</summary>
    public Liveness Liveness { get; init; }

    /// <summary>Its committed session holds a lease by this leader's grant.</summary>
    public bool Leased { get; init; }

    /// <summary>No lease of it, of any session and by any leader, can be valid any more.</summary>
    public bool Lapsed { get; init; }

    /// <summary>Its newest report of a clean pass; null: none by that process.</summary>
    public CleanReport? Clean { get; init; }

    /// <summary>Its newest summary.</summary>
    public PassSummary Summary { get; init; } = PassSummary.None;

    /// <summary>It says that it has erased itself.</summary>
    public bool Erased { get; init; }
}

/// <summary>What the leader observes.</summary>
/// <param name="Voters">The voter set in force (effective when appended).</param>
/// <param name="Nodes">The members that something is known of.</param>
public sealed record Observations(VoterSet Voters, ImmutableSortedDictionary<NodeId, ObservedNode> Nodes)
{
    /// <summary>What is known of a member.</summary>
    public ObservedNode Of(NodeId id) => Nodes.GetValueOrDefault(id) ?? new ObservedNode(id);

    /// <summary>What the verdict needs of it (rule A20).</summary>
    public Hearing Hearing() =>
        new(Voters, ImmutableSortedDictionary.CreateRange(Nodes.Values.Where(n => n.HeardLately).Select(n => KeyValuePair.Create(n.Id, n.Session))));

    /// <summary>The facts that the guards judge by (rule A11).</summary>
    public OperationFacts Facts(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return new OperationFacts(state.Newest.Number, [.. state.Nodes.Values.Select(entry =>
        {
            var observed = Of(entry.Id);
            var known = observed.Summary != PassSummary.None;
            return new NodeFact(entry.Id, entry.Session, observed.Liveness)
            {
                CapacityBytes = observed.Summary.CapacityBytes,
                UsedBytes = observed.Summary.UsedBytes,
                Objects = known ? observed.Summary.Objects : -1,
                Bytes = observed.Summary.Bytes,
                Jobs = observed.Summary.Jobs,
            };
        })]);
    }

    /// <summary>The targets of these nodes that are ready to go in: online, leased, in their committed sessions (rule B0).</summary>
    public ImmutableArray<ReadyTarget> Ready(ClusterState state, ImmutableArray<OperationNode> nodes)
    {
        ArgumentNullException.ThrowIfNull(state);
        return [.. nodes.Where(n => state.Node(n.Id) is { Role: NodeRole.Target } && Of(n.Id) is { Leased: true, Liveness: Liveness.Online })
            .Select(n => new ReadyTarget(n.Id, state.Node(n.Id)!.Session))];
    }
}
