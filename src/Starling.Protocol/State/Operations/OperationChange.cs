using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Identity;

namespace Starling.Protocol.State.Operations;

/// <summary>How commands change operations inside a state. Pure.</summary>
public static class OperationChange
{
    /// <summary>How many finished operations are remembered (rule A13).</summary>
    public const int FinishedKept = 1_000;

    /// <summary>Whether this running operation wants this target to pass.</summary>
    internal static bool AsksToPass(this Operation operation, NodeEntry entry) => operation switch
    {
        { MovesData: false } or { Phase: OperationPhase.Cancelling } => false,
        { Kind: OperationKind.Rebalance } => true,
        { Kind: OperationKind.Return or OperationKind.Join } => entry.State is AdminState.In or AdminState.Draining,
        _ => operation.Names(entry.Id) && entry.State == AdminState.Draining,
    };

    /// <summary>The state with this operation put in place of its former version; a finished one moves to the memory.</summary>
    internal static ClusterState WithOperation(this ClusterState state, Operation operation, long index)
    {
        var former = state.Operations.GetValueOrDefault(operation.Id);
        var next = operation with
        {
            Version = former is null ? 1 : former.Version + 1,
            PhaseIndex = former is null || former.Phase != operation.Phase ? index : operation.PhaseIndex,
        };
        if (!next.IsFinished)
        {
            return state with { Operations = state.Operations.SetItem(next.Id, next) };
        }

        var finished = state.FinishedOperations.Add(next with { Blocked = null });
        return state with
        {
            Operations = state.Operations.Remove(next.Id),
            FinishedOperations = finished.Count > FinishedKept ? finished.RemoveRange(0, finished.Count - FinishedKept) : finished,
        };
    }

    /// <summary>The operation with one of its nodes replaced.</summary>
    internal static Operation WithNode(this Operation operation, OperationNode node)
    {
        var position = -1;
        for (var i = 0; i < operation.Nodes.Length; i++)
        {
            position = operation.Nodes[i].Id == node.Id ? i : position;
        }

        return operation with { Nodes = operation.Nodes.SetItem(position, node) };
    }

    /// <summary>What a return will restore of this node.</summary>
    internal static OperationNode Remember(ClusterState state, NodeId id) => state.Node(id) is not { } entry ? new OperationNode(id) : new OperationNode(id)
    {
        Before = new NodeSnapshot(state.Newest.Number, entry.State, entry.Electable, state.Voters.Contains(entry.Member), entry.Weight, entry.MountpathIds, []),
    };
}
