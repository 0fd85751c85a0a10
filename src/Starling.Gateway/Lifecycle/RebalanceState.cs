using Starling.Core.Wire;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;

namespace Starling.Gateway.Lifecycle;

/// <summary>How a rebalance stands.</summary>
public enum RebalanceStanding
{
    /// <summary>Objects move, or are verified.</summary>
    Running,

    /// <summary>Every target that took part is through.</summary>
    Finished,

    /// <summary>It was stopped, or the operation that it serves was taken back.</summary>
    Aborted,
}

/// <summary>One rebalance of the cluster.</summary>
/// <param name="Number">Its number, <c>g</c> before it on the wire.</param>
/// <param name="Operation">The operation that it serves; null: it runs by itself, or nobody remembers.</param>
/// <param name="Standing">How it stands.</param>
public sealed record RebalanceState(long Number, Operation? Operation, RebalanceStanding Standing)
{
    /// <summary>As clients name it.</summary>
    public string Id => RebalanceWire.IdOf(Number);

    /// <summary>Whether this target takes part, or took part.</summary>
    public static bool Concerns(ClusterState state, NodeEntry target)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(target);
        return target.Role == NodeRole.Target && (target.State is AdminState.In or AdminState.Draining || state.PassWanted(target.Id) is not null);
    }

    /// <summary>The rebalance that runs: an operation's, or one that runs by itself because some target may hold what belongs elsewhere; null: none does.</summary>
    public static RebalanceState? Running(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var running = All(state).FirstOrDefault(rebalance => rebalance.Standing == RebalanceStanding.Running);
        if (running is not null)
        {
            return running;
        }

        return state.Versions.Rmd > 0 && state.Nodes.Values.Any(node => state.PassWanted(node.Id) is not null)
            ? new RebalanceState(state.Versions.Rmd, TaskNames.OfRebalance(state, state.Versions.Rmd), RebalanceStanding.Running)
            : null;
    }

    /// <summary>Every rebalance that an operation is remembered of, newest first.</summary>
    public static IEnumerable<RebalanceState> All(ClusterState state) =>
        TaskNames.All(state).Where(operation => operation.MovesData).Select(Of).OrderByDescending(rebalance => rebalance.Number);

    /// <summary>The rebalance of this number; null when it was never, or is not remembered.</summary>
    public static RebalanceState? Find(ClusterState state, long number)
    {
        var running = Running(state);
        return running?.Number == number ? running : All(state).FirstOrDefault(rebalance => rebalance.Number == number);
    }

    private static RebalanceState Of(Operation operation) => new(operation.RebalanceId, operation, operation.Phase switch
    {
        OperationPhase.Cancelling or OperationPhase.Cancelled => RebalanceStanding.Aborted,
        OperationPhase.Mark or OperationPhase.Drain or OperationPhase.Verify => RebalanceStanding.Running,
        _ => RebalanceStanding.Finished,
    });
}
