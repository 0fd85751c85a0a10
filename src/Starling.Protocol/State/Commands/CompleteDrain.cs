using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Operations;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>
/// A draining target goes out: for the first time nothing speaks against powering it off (rule A20). When it was the last of its operation, the operation
/// is drained.
/// </summary>
/// <param name="Operation">The operation.</param>
/// <param name="SeenVersion">Its version as the proposer saw it (rule A11).</param>
/// <param name="Node">The target.</param>
/// <param name="Epoch">The newest epoch as the proposer saw it.</param>
/// <param name="Heard">The processes that the leader heard within 3 s, of those that have to be heard. Any order.</param>
public sealed record CompleteDrain(long Operation, long SeenVersion, NodeId Node, long Epoch, ImmutableArray<ReadyTarget> Heard) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (OperationChecks.NotAsSeen(state, Operation, SeenVersion) is { } refusal)
        {
            return refusal;
        }

        var operation = state.Operations[Operation];
        if (OperationChecks.NotInPhase(operation, OperationPhase.Verify, OperationPhase.Verify) is { } phase)
        {
            return phase;
        }

        if (OperationChecks.NotNamed(operation, Node) is { } named)
        {
            return named;
        }

        if (state.Node(Node) is not { State: AdminState.Draining } entry)
        {
            return new StoreError(ErrorCode.Conflict, $"target {Node} does not drain");
        }

        if (Epoch != state.Newest.Number)
        {
            return new StoreError(ErrorCode.Conflict, $"epoch {state.Newest.Number} was committed meanwhile, not {Epoch}: look again");
        }

        if (PhaseEntries.NotClean(state, operation, Node) is { } unclean)
        {
            return unclean;
        }

        var heard = ImmutableSortedDictionary.CreateRange(Heard.DistinctBy(h => h.Id).Select(h => KeyValuePair.Create(h.Id, h.Session)));
        var verdict = SafetyVerdict.Of(state, Node, new Hearing(state.Voters, heard));
        return verdict.Safety == Safety.Safe ? null : new StoreError(ErrorCode.Conflict, string.Join("; ", verdict.Reasons));
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var next = state.WithNode(state.Node(Node)! with { State = AdminState.Out });
        var operation = next.Operations[Operation];
        var last = !operation.Nodes.Any(n => PhaseEntries.Drains(next, n.Id));
        return next.WithOperation(last ? operation with { Phase = OperationPhase.Drained, Blocked = null } : operation, index);
    }

    /// <inheritdoc/>
    public bool Equals(CompleteDrain? other) => other is not null && base.Equals(other) && Operation == other.Operation && SeenVersion == other.SeenVersion && Node == other.Node
        && Epoch == other.Epoch && Heard.AsSpan().SequenceEqual(other.Heard.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Operation, SeenVersion, Node);
}
