using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Operations;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>
/// A receiver of what this target handed over was lost while the target still runs: it drains again, and offers what it has (rule A20). No epoch changes;
/// <c>Clean</c> never goes down, so the pass to come is asked for by its log index.
/// </summary>
/// <param name="Node">The target.</param>
/// <param name="Session">Its committed session, which the leader hears.</param>
/// <param name="Receiver">The receiver that was lost.</param>
public sealed record ReopenDrain(NodeId Node, SessionId Session, NodeId Receiver) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if ((OperationChecks.NotKnown(state) ?? Refusals.NotThisSession(state, Node, Session)) is { } refusal)
        {
            return refusal;
        }

        var entry = state.Node(Node)!;
        if (entry.State is not (AdminState.Out or AdminState.Draining) || !entry.HoldsIntegers)
        {
            return new StoreError(ErrorCode.Conflict, $"node {Node} is {entry.State}: only a target that hands over, or has, can do so again");
        }

        // Who is on its way back in, or is removed as dead, hands over nothing.
        if (state.OperationOn(Node) is { } operation && (operation.Phase is OperationPhase.Precheck or OperationPhase.RolesOff or OperationPhase.Cancelling || operation.PassIndex > LossIndex(state)
            || operation.Kind is not (OperationKind.Maintenance or OperationKind.Shutdown or OperationKind.Decommission)))
        {
            return new StoreError(ErrorCode.Conflict, $"operation {operation.Name} is in phase {operation.Phase}: nothing is to be opened again");
        }

        return entry.VerifiedBy.Any(r => r.Id == Receiver && SafetyVerdict.LossSince(state, entry, r) is not null)
            ? null
            : new StoreError(ErrorCode.Conflict, $"target {Receiver} was not lost since it took over from {Node}");
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var entry = state.Node(Node)!;
        var running = state.OperationOn(Node) ?? new Operation(index, OperationKind.Maintenance) { Nodes = [OperationChange.Remember(state, Node)] };
        var fresh = running.RebalanceId == 0;
        var next = entry.State == AdminState.Draining ? state : state.WithNode(entry with { State = AdminState.Draining });
        if (fresh)
        {
            next = next with { Versions = next.Versions with { Rmd = next.Versions.Rmd + 1 } };
        }

        return next.WithOperation(
            running with
            {
                Phase = OperationPhase.Drain,
                PassIndex = index,
                Blocked = null,
                MarkEpoch = fresh ? next.Newest.Number : running.MarkEpoch,
                RebalanceId = fresh ? next.Versions.Rmd : running.RebalanceId,
            },
            index);
    }

    private long LossIndex(ClusterState state) => state.Losses.TryGetValue(Receiver, out var loss) ? loss.Index : 0;
}
