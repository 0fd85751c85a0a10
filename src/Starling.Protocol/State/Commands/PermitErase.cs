using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Operations;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>
/// This incarnation may erase itself and is never admitted again (rule A18). Committed before anybody acts on it: the node reads it from the state.
/// From here on the operation cannot be taken back.
/// </summary>
/// <param name="Operation">The decommissioning.</param>
/// <param name="Node">The node.</param>
/// <param name="Incarnation">Its incarnation.</param>
public sealed record PermitErase(long Operation, NodeId Node, Incarnation Incarnation) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if ((OperationChecks.NotKnown(state) ?? Refusals.NotThisIncarnation(state, new Member(Node, Incarnation))) is { } refusal)
        {
            return refusal;
        }

        if (!state.Operations.TryGetValue(Operation, out var operation) || operation.Kind != OperationKind.Decommission)
        {
            return new StoreError(ErrorCode.Conflict, $"no running operation op{Operation} decommissions nodes");
        }

        return OperationChecks.NotInPhase(operation, OperationPhase.Remove, OperationPhase.PermitErase)
            ?? OperationChecks.NotNamed(operation, Node)
            ?? OperationChecks.NotRemovable(state, state.Node(Node)!)
            ?? LostReceiver(state, state.Node(Node)!);
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var operation = state.Operations[Operation];
        var permit = new ErasePermit(
            Node, Incarnation, Operation, index, operation.Options.RemoveUserData, operation.Options.KeepInitialConfig, operation.Options.NoShutdown);
        var member = new Member(Node, Incarnation);
        if (state.ErasePermits.ContainsKey(member))
        {
            return state;
        }

        var next = state.WithNode(state.Node(Node)! with { State = AdminState.Leaving }) with { ErasePermits = ErasePermit.Bounded(state).Add(member, permit) };
        return next.WithOperation(
            operation.WithNode(operation.Node(Node)! with { EraseIncarnation = Incarnation }) with { Phase = OperationPhase.PermitErase, Blocked = null }, index);
    }

    // Its proposer looked whether it was safe; a loss that was declared in between makes what is here the last copy (rules A11, A20).
    private static StoreError? LostReceiver(ClusterState state, NodeEntry entry) =>
        entry.VerifiedBy.Select(receiver => SafetyVerdict.LossSince(state, entry, receiver)).FirstOrDefault(text => text is not null) is { } why
            ? new StoreError(ErrorCode.Conflict, why)
            : null;
}
