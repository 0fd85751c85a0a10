using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>A node has erased itself by its permit and ceases to be a member (rule A18). When it was the last of its operation, the operation is erased.</summary>
/// <param name="Operation">The decommissioning.</param>
/// <param name="Node">The node.</param>
/// <param name="Incarnation">The incarnation that was erased.</param>
public sealed record ConfirmErased(long Operation, NodeId Node, Incarnation Incarnation) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if ((OperationChecks.NotKnown(state) ?? Refusals.NotThisIncarnation(state, new Member(Node, Incarnation))) is { } refusal)
        {
            return refusal;
        }

        return state.EraseOrdered(new Member(Node, Incarnation)) is { } permit && permit.Operation == Operation && state.Operations.TryGetValue(Operation, out var operation) && operation.Names(Node)
            ? null
            : new StoreError(ErrorCode.Conflict, $"node {Node} has no permit of operation op{Operation}");
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var next = RemoveNode.Remove(state, state.Operations[Operation], Node, index);
        var operation = next.Operations[Operation];
        return operation.Nodes.All(n => n.Ended) ? next.WithOperation(operation with { Phase = OperationPhase.Erased, Blocked = null }, index) : next;
    }
}
