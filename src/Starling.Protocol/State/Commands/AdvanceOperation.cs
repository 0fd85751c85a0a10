using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>
/// An operation enters its next phase (rule A17). Entering <see cref="OperationPhase.Mark"/> commits administrative states, placement epoch and rebalance id
/// in this one entry; leaving <see cref="OperationPhase.Cancelling"/> commits the way back likewise.
/// </summary>
/// <param name="Operation">The operation.</param>
/// <param name="SeenVersion">Its version as the proposer saw it (rule A11).</param>
/// <param name="To">The phase to enter.</param>
public sealed record AdvanceOperation(long Operation, long SeenVersion, OperationPhase To) : Command
{
    /// <summary>Targets that the leader saw online and leased, in their sessions, when nodes are to go in. Any order.</summary>
    public ImmutableArray<ReadyTarget> Ready { get; init; } = [];

    /// <summary>Sessions of nodes of the operation that do not answer: they count as stopped when told to stop, and are not waited for when it is taken back. Any order.</summary>
    public ImmutableArray<ReadyTarget> Silent { get; init; } = [];

    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (OperationChecks.NotAsSeen(state, Operation, SeenVersion) is { } refusal)
        {
            return refusal;
        }

        var operation = state.Operations[Operation];
        if (OperationPhases.Next(operation) != To)
        {
            return new StoreError(ErrorCode.Conflict, $"operation {operation.Name} ({operation.Kind}) cannot go from {operation.Phase} to {To}");
        }

        return PhaseEntries.Refuse(state, operation, this);
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        return PhaseEntries.Enter(state, state.Operations[Operation], this, index);
    }

    /// <inheritdoc/>
    public bool Equals(AdvanceOperation? other) => other is not null && base.Equals(other) && Operation == other.Operation && SeenVersion == other.SeenVersion && To == other.To
        && Ready.AsSpan().SequenceEqual(other.Ready.AsSpan()) && Silent.AsSpan().SequenceEqual(other.Silent.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Operation, SeenVersion, To);
}
