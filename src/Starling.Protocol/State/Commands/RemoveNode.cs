using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>A dead node ceases to be a member (rule B0): it is inactive, and clean or declared lost. It may come back as a new one.</summary>
/// <param name="Operation">The operation that removes it.</param>
/// <param name="Node">The node.</param>
/// <param name="Incarnation">Its incarnation as the proposer saw it.</param>
public sealed record RemoveNode(long Operation, NodeId Node, Incarnation Incarnation) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if ((OperationChecks.NotKnown(state) ?? Refusals.NotThisIncarnation(state, new Member(Node, Incarnation))) is { } refusal)
        {
            return refusal;
        }

        if (!state.Operations.TryGetValue(Operation, out var operation) || operation.Kind != OperationKind.RemoveDead)
        {
            return new StoreError(ErrorCode.Conflict, $"no running operation op{Operation} removes dead nodes");
        }

        return OperationChecks.NotInPhase(operation, OperationPhase.Remove, OperationPhase.Remove)
            ?? OperationChecks.NotNamed(operation, Node)
            ?? OperationChecks.NotRemovable(state, state.Node(Node)!);
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        return Remove(state, state.Operations[Operation], Node, index);
    }

    /// <summary>The state without this member; its operation knows that it is gone.</summary>
    internal static ClusterState Remove(ClusterState state, Operation operation, NodeId node, long index)
    {
        var next = EpochChange.TrimChain(state with { Nodes = state.Nodes.Remove(node), Versions = state.Versions with { Smap = state.Versions.Smap + 1 } });
        return next.WithOperation(operation.WithNode(operation.Node(node)! with { Ended = true }), index);
    }
}
