using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;

namespace Starling.Protocol.State.Operations;

/// <summary>Which running operation is in the way of a request. One change of membership at a time.</summary>
internal static class Conflicts
{
    /// <summary>The running operation that this request repeats, or null (rule A12).</summary>
    public static Operation? Same(ClusterState state, OperationKind kind, ImmutableArray<NodeId> nodes) =>
        state.Operations.Values.FirstOrDefault(o => o.Kind == kind && o.Phase != OperationPhase.Cancelling && o.NamesExactly(nodes));

    /// <summary>The running removal that a return of exactly its nodes takes back, or null.</summary>
    public static Operation? TakenBackBy(ClusterState state, OperationKind kind, ImmutableArray<NodeId> nodes) => kind != OperationKind.Return
        ? null
        : state.Operations.Values.FirstOrDefault(o => o.Kind.TakesOut() && o.NamesExactly(nodes));

    /// <summary>The busy error that clients know, naming what is in the way; null when nothing is.</summary>
    public static StoreError? Busy(ClusterState state, OperationKind kind)
    {
        if (kind == OperationKind.RemoveDead)
        {
            return null;
        }

        var blocker = state.Operations.Values.FirstOrDefault();
        if (blocker is null)
        {
            return null;
        }

        var running = blocker.MovesData
            ? $"rebalance[g{blocker.RebalanceId}] is running"
            : $"{blocker.Kind.ActionName()} of {string.Join(", ", blocker.Nodes.Select(n => n.Id))} is running";
        return new StoreError(
            ErrorCode.Busy, $"cluster membership \"{kind.ActionName()}\" is currently busy ({running}, operation {blocker.Name}), please try again", RetryAfterMs: 5_000);
    }

    /// <summary>A dead node leaves every operation that waits for it; one that has no other nodes has ended.</summary>
    public static ClusterState Supersede(ClusterState state, ImmutableArray<NodeId> nodes, long index)
    {
        foreach (var operation in state.Operations.Values)
        {
            var left = operation.Nodes.RemoveAll(n => nodes.Contains(n.Id));
            if (left.Length == operation.Nodes.Length)
            {
                continue;
            }

            var next = operation with { Nodes = left, Blocked = null };
            state = state.WithOperation(left.IsEmpty ? next with { Phase = OperationPhase.Cancelled, Ending = $"superseded by op{index}", Nodes = operation.Nodes } : next, index);
        }

        return state;
    }
}
