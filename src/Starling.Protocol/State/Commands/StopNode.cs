using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>Orders one process to stop (rule A18). It names the session: a node that starts again does not obey an old order.</summary>
/// <param name="Operation">The shutdown.</param>
/// <param name="Node">The node.</param>
/// <param name="Session">The session that is to stop.</param>
public sealed record StopNode(long Operation, NodeId Node, SessionId Session) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if ((OperationChecks.NotKnown(state) ?? Refusals.NotThisSession(state, Node, Session)) is { } refusal)
        {
            return refusal;
        }

        if (!state.Operations.TryGetValue(Operation, out var operation))
        {
            return new StoreError(ErrorCode.Conflict, $"operation op{Operation} does not run");
        }

        if ((OperationChecks.NotInPhase(operation, OperationPhase.Stop, OperationPhase.Stop) ?? OperationChecks.NotNamed(operation, Node)) is { } phase)
        {
            return phase;
        }

        // One order per node: whoever started after it was not meant.
        var ordered = operation.Node(Node)!.StopSession;
        return ordered == SessionId.None || ordered == Session
            ? null
            : new StoreError(ErrorCode.Conflict, $"operation {operation.Name} told session {ordered} of node {Node} to stop: this is another one");
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var operation = state.Operations[Operation];
        var node = operation.Node(Node)!;
        return node.StopSession == Session ? state : state.WithOperation(operation.WithNode(node with { StopSession = Session }), index);
    }
}
