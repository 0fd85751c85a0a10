using Starling.Core.Errors;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>
/// Takes a running operation back; admissible at any time until an erase was permitted (rules A18, A19). A removal that is marked brings its nodes back in
/// by one epoch as soon as they are ready; what only moves data just stops asking for it.
/// </summary>
/// <param name="Operation">The operation that is meant (rule A12).</param>
/// <param name="By">Who wants it, for the record.</param>
public sealed record CancelOperation(long Operation, string By) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (OperationChecks.NotKnown(state) is { } refusal)
        {
            return refusal;
        }

        if (state.Operation(Operation) is not { } operation)
        {
            return new StoreError(ErrorCode.JobNotFound, $"operation op{Operation} is not known");
        }

        return operation switch
        {
            { Phase: OperationPhase.Cancelled } => null,
            { IsFinished: true } => new StoreError(ErrorCode.Conflict, $"operation {operation.Name} has ended: {operation.Phase}"),
            _ when !operation.MayBeCancelled || operation.Nodes.Any(n => state.Node(n.Id) is { } entry && state.ErasePermits.ContainsKey(entry.Member)) => new StoreError(ErrorCode.Conflict, $"operation {operation.Name} cannot be taken back: an erase was permitted already"),
            _ => null,
        };
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Operations.TryGetValue(Operation, out var operation) ? Cancel(state, operation, index) : state;
    }

    /// <inheritdoc/>
    public override string Result(ClusterState before, long index) => $"op{Operation}";

    /// <summary>The state in which a running operation is being taken back, or has been when there is nothing to undo.</summary>
    internal static ClusterState Cancel(ClusterState state, Operation operation, long index)
    {
        if (operation.Phase == OperationPhase.Cancelling)
        {
            return state;
        }

        var marked = operation.Phase is not (OperationPhase.Precheck or OperationPhase.RolesOff);
        if (marked && operation.Kind.TakesOut() && operation.Kind != OperationKind.RemoveDead)
        {
            return state.WithOperation(operation with { Phase = OperationPhase.Cancelling, Blocked = null }, index);
        }

        var next = operation.Kind switch
        {
            OperationKind.Rebalance when !operation.Options.Cleanup => state with { QuietThrough = state.Newest.Number },
            OperationKind.RemoveDead => LeaveOut(state, operation),
            _ => state,
        };
        return next.WithOperation(operation with { Phase = OperationPhase.Cancelled, Ending = "taken back" }, index);
    }

    // It took over from an operation that was draining the node: nobody does any more.
    private static ClusterState LeaveOut(ClusterState state, Operation operation)
    {
        foreach (var node in operation.Nodes)
        {
            if (state.Node(node.Id) is { State: AdminState.Draining } entry)
            {
                state = state.WithNode(entry with { State = AdminState.Out });
            }
        }

        return state;
    }
}
