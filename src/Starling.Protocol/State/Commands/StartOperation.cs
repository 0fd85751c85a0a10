using System.Collections.Immutable;
using System.Globalization;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.Operations.Guards;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>
/// An administrator asks for an operation. Guards are judged when this is applied, by the facts that it carries (rule A11). Asking for what runs already
/// returns the running operation (rule A12); asking for the return of exactly the nodes of a running removal takes that back.
/// </summary>
/// <param name="Kind">What to do; joins are started by <see cref="ActivateTargets"/>.</param>
/// <param name="Nodes">Which nodes; none for a rebalance of the whole cluster.</param>
public sealed record StartOperation(OperationKind Kind, ImmutableArray<NodeId> Nodes) : Command
{
    /// <summary>How.</summary>
    public OperationOptions Options { get; init; } = OperationOptions.None;

    /// <summary>Who asks, for the record.</summary>
    public string RequestedBy { get; init; } = string.Empty;

    /// <summary>When, nanoseconds since 1970 UTC, for display.</summary>
    public long CreatedNs { get; init; }

    /// <summary>What the leader observes; it fills this in before it appends the command.</summary>
    public OperationFacts Facts { get; init; } = OperationFacts.None;

    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if ((OperationChecks.NotKnown(state) ?? CheckArguments() ?? Nodes.Select(id => Refusals.NotMember(state, id)).FirstOrDefault(e => e is not null)) is { } invalid)
        {
            return invalid;
        }

        if (Conflicts.Same(state, Kind, Nodes) is { } same)
        {
            return same.Options == Options
                ? null
                : new StoreError(ErrorCode.Conflict, $"operation {same.Name} does this with other options: wait for it, or take it back first");
        }

        if (Conflicts.TakenBackBy(state, Kind, Nodes) is { } removal)
        {
            return new CancelOperation(removal.Id, RequestedBy).Check(state);
        }

        if (NothingToDo(state))
        {
            return null;
        }

        return Conflicts.Busy(state, Kind)
            ?? Nodes.Select(id => CheckNode(state, state.Node(id)!)).FirstOrDefault(e => e is not null)
            ?? CheckFacts(state)
            ?? (Options.Cleanup ? CheckCleanup(state) : null)
            ?? (Kind.TakesOut() ? GuardList.Refuse(new GuardQuestion(state, Kind, Nodes, Options, Facts)) : null);
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (Conflicts.Same(state, Kind, Nodes) is not null)
        {
            return state;
        }

        if (Conflicts.TakenBackBy(state, Kind, Nodes) is { } removal)
        {
            return CancelOperation.Cancel(state, removal, index);
        }

        if (NothingToDo(state))
        {
            return state;
        }

        var next = Kind == OperationKind.RemoveDead ? Conflicts.Supersede(state, Nodes, index) : state;
        var operation = new Operation(index, Kind)
        {
            Nodes = [.. Nodes.Order().Select(id => OperationChange.Remember(state, id))],
            Options = Options,
            RequestedBy = RequestedBy,
            CreatedNs = CreatedNs,
        };
        if (Kind != OperationKind.Rebalance)
        {
            return next.WithOperation(operation, index);
        }

        next = next with { Versions = next.Versions with { Rmd = next.Versions.Rmd + 1 } };
        return next.WithOperation(
            operation with { Phase = OperationPhase.Drain, MarkEpoch = next.Newest.Number, RebalanceId = next.Versions.Rmd, PassIndex = index }, index);
    }

    /// <summary>The operation's name; empty when there is nothing to do.</summary>
    public override string Result(ClusterState before, long index)
    {
        ArgumentNullException.ThrowIfNull(before);
        var existing = Conflicts.Same(before, Kind, Nodes) ?? Conflicts.TakenBackBy(before, Kind, Nodes);
        return existing?.Name ?? (NothingToDo(before) ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"op{index}"));
    }

    /// <inheritdoc/>
    public bool Equals(StartOperation? other) => other is not null && base.Equals(other) && Kind == other.Kind && Nodes.AsSpan().SequenceEqual(other.Nodes.AsSpan())
        && Options == other.Options && RequestedBy == other.RequestedBy && CreatedNs == other.CreatedNs && Facts == other.Facts;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Kind, Nodes.Length, RequestedBy);

    private StoreError? CheckArguments()
    {
        if (Kind == OperationKind.Join)
        {
            return Invalid("a join is not asked for here: start the target, or add it by its address");
        }

        if (Nodes.IsDefaultOrEmpty != (Kind == OperationKind.Rebalance))
        {
            return Invalid(Kind == OperationKind.Rebalance ? "nodes: a rebalance concerns the whole cluster" : "nodes: name at least one");
        }

        if (Nodes.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            return Invalid($"nodes: {twice.Key} is named twice");
        }

        if (Kind != OperationKind.Decommission && (Options.RemoveUserData || Options.KeepInitialConfig || Options.NoShutdown))
        {
            return Invalid($"rm_user_data, keep_initial_config and no_shutdown belong to decommission-node, not to {Kind.ActionName()}");
        }

        if (Kind == OperationKind.RemoveDead && !Options.NoRebalance)
        {
            return Invalid("rm-unsafe moves no data: say so with skip_rebalance=true");
        }

        if ((Options.Cleanup && Kind != OperationKind.Rebalance) || (!Options.Cleanup && (Options.CleanupForce || Options.Scope.Length > 0)))
        {
            return Invalid("cleanup belongs to a rebalance, and force and scope to cleanup");
        }

        return Options.Force.FirstOrDefault(g => !GuardList.Names.Contains(g, StringComparer.Ordinal)) is { } unknown
            ? Invalid($"force: guard \"{unknown}\" is not known, it is one of {string.Join(", ", GuardList.Names)}")
            : null;
    }

    /// <summary>Every node is already where it is wanted: an answer, no error.</summary>
    private bool NothingToDo(ClusterState state) => Kind switch
    {
        OperationKind.Return => Nodes.All(id => state.Node(id)!.State == AdminState.In),
        OperationKind.Maintenance => Nodes.All(id => state.Node(id) is { State: AdminState.Out } entry
            && (entry.Role == NodeRole.Gateway || Options.NoRebalance || !entry.HoldsIntegers || entry.Clean == state.Newest.Number)),
        _ => false,
    };

    private StoreError? CheckNode(ClusterState state, NodeEntry entry)
    {
        if (state.ErasePermits.ContainsKey(entry.Member) && Kind != OperationKind.RemoveDead)
        {
            return new StoreError(ErrorCode.Conflict, $"node {entry.Id} is currently being decommissioned: an erase was permitted");
        }

        if (Kind == OperationKind.Return)
        {
            return CheckReturn(entry);
        }

        return entry.State == AdminState.Joining && !Kind.Removes()
            ? new StoreError(ErrorCode.Conflict, $"node {entry.Id} is joining: wait until it is in")
            : null;
    }

    private StoreError? CheckReturn(NodeEntry entry)
    {
        if (entry.State is AdminState.Joining)
        {
            return new StoreError(ErrorCode.Conflict, $"node {entry.Id} is joining: it goes in by itself");
        }

        return entry.State != AdminState.In && (Facts.Of(entry.Id)?.Liveness != Liveness.Online || entry.StoppedInOrder || entry.AttestedOff)
            ? new StoreError(ErrorCode.Unreachable, $"node {entry.Id} is unreachable: start it first, then bring it back")
            : null;
    }

    /// <summary>A target that has to hand something over does that first: a cleanup moves nothing, and what is on its way is nobody's leftover.</summary>
    private static StoreError? CheckCleanup(ClusterState state)
    {
        var late = state.Nodes.Values.FirstOrDefault(entry => entry.HoldsIntegers && (state.PassWanted(entry.Id) is not null
            || (entry.State is AdminState.In or AdminState.Draining && entry.Clean < state.Newest.Number)));
        return late is null ? null : new StoreError(
            ErrorCode.Busy,
            string.Create(CultureInfo.InvariantCulture, $"cannot start a cleanup: target {late.Id} may hold what belongs elsewhere (clean as of epoch {late.Clean}, the newest is {state.Newest.Number}): wait for the rebalance, or start one"),
            RetryAfterMs: 5_000);
    }

    // Facts are of the placement and the processes that they were observed of, or of none (rule A11). Stale: the leader looks again when asked again.
    private StoreError? CheckFacts(ClusterState state)
    {
        if (Facts.Epoch >= 0 && Facts.Epoch != state.Newest.Number)
        {
            return new StoreError(ErrorCode.Stale, $"epoch {state.Newest.Number} was committed meanwhile, not {Facts.Epoch}: ask again");
        }

        foreach (var fact in Facts.Nodes)
        {
            if (state.Node(fact.Id) is not { } entry || entry.Session != fact.Session)
            {
                return new StoreError(ErrorCode.Stale, $"node {fact.Id} left or started again meanwhile: ask again");
            }
        }

        return null;
    }

    private static StoreError Invalid(string text) => new(ErrorCode.Invalid, text);
}
