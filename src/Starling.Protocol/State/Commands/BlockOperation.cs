using Starling.Core.Errors;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>Records why an operation cannot go on, with the names of what blocks it, or that nothing does any more (rule A19).</summary>
/// <param name="Operation">The operation.</param>
/// <param name="SeenVersion">Its version as the proposer saw it (rule A11).</param>
/// <param name="Block">The obstacle; null: none.</param>
public sealed record BlockOperation(long Operation, long SeenVersion, OperationBlock? Block) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (OperationChecks.NotAsSeen(state, Operation, SeenVersion) is { } refusal)
        {
            return refusal;
        }

        return Block is { Names.Length: > OperationBlock.MostNames }
            ? new StoreError(ErrorCode.Invalid, $"a block names at most {OperationBlock.MostNames}, not {Block.Names.Length}")
            : null;
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var operation = state.Operations[Operation];
        return operation.Blocked == Block ? state : state.WithOperation(operation with { Blocked = Block }, index);
    }
}
