using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;

namespace Starling.Protocol.State.Commands;

/// <summary>What the leader saw of a known node before it proposed to let one of the same id in (rules A8, A11).</summary>
/// <param name="Incarnation">The incarnation that was a member then.</param>
/// <param name="Addresses">Its addresses then.</param>
/// <param name="StillAnswers">Whether somebody other than the newcomer still answered there as that id.</param>
public sealed record KnownNode(Incarnation Incarnation, NodeAddresses Addresses, bool StillAnswers);

/// <summary>A node joins: a new id, or a known id with another incarnation or other addresses (rules A7, A8).</summary>
/// <param name="Id">Its id.</param>
/// <param name="Role">What it is.</param>
/// <param name="Incarnation">Its incarnation.</param>
/// <param name="Addresses">Where it listens.</param>
public sealed record AdmitNode(NodeId Id, NodeRole Role, Incarnation Incarnation, NodeAddresses Addresses) : Command
{
    /// <summary>Whether a gateway may become the ordinary leader.</summary>
    public bool Electable { get; init; } = true;

    /// <summary>Share of names of a target, at least 1.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>What was seen of a known node with this id; null when the leader knew none.</summary>
    public KnownNode? Known { get; init; }

    /// <summary>What the newcomer supports of the feature levels that the cluster used when it was proposed.</summary>
    public int FeatureLevel { get; init; }

    /// <summary>A caretaker admits gateways, so that one of them can take over (rule A4).</summary>
    public override bool AllowedToCaretaker => Role == NodeRole.Gateway;

    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (Refusals.NotFormed(state) is { } notFormed)
        {
            return notFormed;
        }

        if (Id.IsNone || Incarnation == Incarnation.None || Weight < 1)
        {
            return new StoreError(ErrorCode.Invalid, $"node \"{Id}\": a joining node names its id and its incarnation, and its weight is at least 1");
        }

        if (FeatureLevel < state.FeatureLevel)
        {
            return TooOld(Id, FeatureLevel, state.FeatureLevel);
        }

        if (state.EraseOrdered(new Member(Id, Incarnation)) is { } permit)
        {
            return new StoreError(ErrorCode.Conflict, $"node {Id} was decommissioned by operation op{permit.Operation} as incarnation {Incarnation}, which is never admitted again: start it with an empty data directory (--data), and it joins as a new one");
        }

        if (state.Node(Id) is not { } entry)
        {
            return Known is null ? null : new StoreError(ErrorCode.Conflict, $"node {Id} left the cluster while it asked to join: ask again");
        }

        if (entry.State == AdminState.Leaving && entry.Incarnation != Incarnation)
        {
            return new StoreError(ErrorCode.Conflict, $"node {Id} is being decommissioned as incarnation {entry.Incarnation}: remove it as dead if that one cannot erase itself any more, then let this one join");
        }

        if (entry.Role != Role)
        {
            return new StoreError(ErrorCode.Conflict, $"node {Id} is a {Name(entry.Role)} at {entry.Addresses.Control}, the newcomer a {Name(Role)} at {Addresses.Control}: give it another id");
        }

        return IsSame(entry) ? null : CheckKnown(entry);
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.Node(Id) is not { } entry)
        {
            return state.WithNode(new NodeEntry(Id, Role, Incarnation, Addresses)
            {
                Electable = Electable && Role == NodeRole.Gateway,
                Weight = Weight,
                State = Role == NodeRole.Gateway ? AdminState.In : AdminState.Joining,
                JoinedIndex = index,
            });
        }

        if (IsSame(entry))
        {
            return state;
        }

        // The session that is replaced may still hold a lease: it stays committed until CommitSession replaces it (rule B3).
        return state.WithNode(entry with { Incarnation = Incarnation, Addresses = Addresses, Electable = Electable && Role == NodeRole.Gateway });
    }

    /// <summary>Why a process that supports less than the cluster uses is not let in.</summary>
    internal static StoreError TooOld(NodeId id, int supports, int used) =>
        new(ErrorCode.Conflict, $"node {id} supports feature level {supports}, the cluster uses {used}: update its build, then let it join");

    private bool IsSame(NodeEntry entry) => entry.Incarnation == Incarnation && entry.Addresses == Addresses && entry.Electable == (Electable && Role == NodeRole.Gateway);

    private StoreError? CheckKnown(NodeEntry entry)
    {
        if (Known is null || Known.Incarnation != entry.Incarnation || Known.Addresses != entry.Addresses)
        {
            return new StoreError(ErrorCode.Conflict, $"node {Id} changed while it asked to join (now incarnation {entry.Incarnation} at {entry.Addresses.Control}): ask again");
        }

        return Known.StillAnswers
            ? new StoreError(
                ErrorCode.Conflict,
                $"node {Id} is a member at {entry.Addresses.Control} and answers there; the one at {Addresses.Control} is somebody else (a cloned disk?): give it another id or stop the first")
            : null;
    }

    private static string Name(NodeRole role) => role == NodeRole.Gateway ? "gateway" : "target";
}
