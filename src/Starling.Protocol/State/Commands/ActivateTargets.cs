using System.Collections.Immutable;
using System.Globalization;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>A target that is ready to serve, as the leader observed it (rule A11).</summary>
/// <param name="Id">Its id.</param>
/// <param name="Session">The session that was online and leased.</param>
public readonly record struct ReadyTarget(NodeId Id, SessionId Session);

/// <summary>
/// Targets go <c>in</c>, all that are ready together, by one new placement epoch (rule B0).
/// In a cluster with data this begins a <see cref="OperationKind.Join"/>, whose rebalance moves what is theirs now; while another operation runs
/// unhindered they wait for its end. A cluster whose members do not all know operations takes targets in only while no bucket was ever created.
/// </summary>
/// <param name="SeenEpoch">The newest epoch that the proposer saw (compare-and-set).</param>
/// <param name="Targets">Who is ready: online, leased, its mountpath ids recorded. Any order.</param>
public sealed record ActivateTargets(long SeenEpoch, ImmutableArray<ReadyTarget> Targets) : Command
{
    /// <summary>Whether targets may go in in this state; the text says what a target that cannot waits for.</summary>
    public static StoreError? Waits(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.NextBucketId == 1)
        {
            return null;
        }

        if (!state.KnowsOperations)
        {
            return new StoreError(ErrorCode.Unavailable, "buckets have been created: a target that joins now waits until this version can move data to it");
        }

        var running = state.Operations.Values.FirstOrDefault(o => o.Kind != OperationKind.Join && o.Blocked is null && o.Phase is not (OperationPhase.Stop or OperationPhase.Remove or OperationPhase.PermitErase));
        return running is null ? null : new StoreError(ErrorCode.Unavailable, $"operation {running.Name} ({running.Kind.ActionName()}) is running: targets that join go in when it has ended");
    }

    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if ((Refusals.NotFormed(state) ?? Waits(state)) is { } refusal)
        {
            return refusal;
        }

        if (state.Newest.Number != SeenEpoch)
        {
            return new StoreError(ErrorCode.Conflict, $"epoch {state.Newest.Number} was committed meanwhile, not {SeenEpoch}: look again who is ready");
        }

        if (Targets.IsDefaultOrEmpty)
        {
            return new StoreError(ErrorCode.Invalid, "targets: name at least one");
        }

        foreach (var ready in Targets)
        {
            if (CheckTarget(state, ready) is { } notReady)
            {
                return notReady;
            }
        }

        var twice = Targets.GroupBy(t => t.Id).FirstOrDefault(g => g.Count() > 1);
        return twice is null ? null : new StoreError(ErrorCode.Invalid, $"targets: {twice.Key} is named twice");
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var nodes = state.Nodes.ToBuilder();
        foreach (var ready in Targets)
        {
            nodes[ready.Id] = nodes[ready.Id] with { State = AdminState.In };
        }

        var next = EpochChange.Commit(state, nodes.ToImmutable());
        var moves = state.NextBucketId > 1 && state.KnowsOperations && state.Config.RebalanceEnabled;
        return !moves ? next : next.WithOperation(
            new Operation(index, OperationKind.Join)
            {
                Nodes = [.. Targets.Select(t => t.Id).Order().Select(id => OperationChange.Remember(state, id))],
                Phase = OperationPhase.Drain,
                MarkEpoch = next.Newest.Number,
                RebalanceId = next.Versions.Rmd,
            },
            index);
    }

    /// <inheritdoc/>
    public override string Result(ClusterState before, long index)
    {
        ArgumentNullException.ThrowIfNull(before);
        return (before.Newest.Number + 1).ToString(CultureInfo.InvariantCulture);
    }

    private static StoreError? CheckTarget(ClusterState state, ReadyTarget ready)
    {
        if (Refusals.NotThisSession(state, ready.Id, ready.Session) is { } refusal)
        {
            return refusal;
        }

        var entry = state.Node(ready.Id)!;
        if (entry.Role != NodeRole.Target)
        {
            return new StoreError(ErrorCode.Invalid, $"node {ready.Id} is a gateway: only targets take part in placement");
        }

        if (entry.State != AdminState.Joining)
        {
            return new StoreError(ErrorCode.Conflict, $"target {ready.Id} is {entry.State}: only one that is joining goes in by itself");
        }

        if (state.OperationOn(ready.Id) is { } operation)
        {
            return new StoreError(ErrorCode.Conflict, $"target {ready.Id}: operation {operation.Name} ({operation.Kind.ActionName()}) is about it");
        }

        return entry.MountpathIds.Length > 0 ? null : new StoreError(ErrorCode.Conflict, $"target {ready.Id} has recorded no mountpaths");
    }

    /// <inheritdoc/>
    public bool Equals(ActivateTargets? other) => other is not null && base.Equals(other) && SeenEpoch == other.SeenEpoch && Targets.AsSpan().SequenceEqual(other.Targets.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), SeenEpoch, Targets.Length);
}
