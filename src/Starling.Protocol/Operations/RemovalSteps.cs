using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Operations;

/// <summary>The phases in which nodes cease to be members: a loss is declared where that was accepted, erasing is permitted, its end confirmed.</summary>
internal static class RemovalSteps
{
    public static void Plan(PlanBuilder plan, Operation operation)
    {
        var waiting = false;
        foreach (var node in operation.Nodes)
        {
            // One that has ended may have joined again, as somebody else.
            if (!node.Ended && plan.State.Node(node.Id) is { } entry)
            {
                waiting = true;
                PlanNode(plan, operation, node, entry);
            }
        }

        if (!waiting)
        {
            plan.Advance(operation, BlockReason.Silent);
        }
    }

    private static void PlanNode(PlanBuilder plan, Operation operation, OperationNode node, NodeEntry entry)
    {
        if (node.EraseIncarnation != Incarnation.None)
        {
            PlanErase(plan, operation, node, entry);
            return;
        }

        if (OperationChecks.NotRemovable(plan.State, entry) is { } refusal)
        {
            if (operation.Options.NoRebalance && MayBeLost(entry, plan.State))
            {
                PlanLoss(plan, operation, entry);
            }
            else
            {
                plan.Block(operation, BlockReason.Roles, refusal.Message, [entry.Id]);
            }

            return;
        }

        if (operation.Kind == OperationKind.RemoveDead)
        {
            plan.Add(new RemoveNode(operation.Id, entry.Id, entry.Incarnation));
            return;
        }

        // What was handed over must be where it was proven to be at the moment when the last copy here may go.
        var verdict = SafetyVerdict.Of(plan.State, entry.Id, plan.Observed.Hearing());
        if (verdict.Safety != Safety.Safe)
        {
            plan.Block(operation, BlockReason.Receiver, string.Join("; ", verdict.Reasons), verdict.Names);
            return;
        }

        plan.Add(new PermitErase(operation.Id, entry.Id, entry.Incarnation));
    }

    private static bool MayBeLost(NodeEntry entry, ClusterState state) =>
        entry.HoldsIntegers && entry.State is not AdminState.In && OperationChecks.HasRoles(state, entry.Id) is null;

    private static void PlanLoss(PlanBuilder plan, Operation operation, NodeEntry entry)
    {
        var lapsed = plan.Observed.Of(entry.Id).Lapsed;
        var refusal = plan.TryAdd(new DeclareLost(entry.Id, entry.Session, plan.State.Newest.Number, [], operation.RequestedBy)
        {
            LeaseEnd = lapsed ? PreviousSessionEnd.LeaseLapsed : PreviousSessionEnd.NotClaimed,
        });
        if (refusal is not null)
        {
            plan.Block(operation, BlockReason.MayRun, refusal.Message, [entry.Id]);
        }
    }

    private static void PlanErase(PlanBuilder plan, Operation operation, OperationNode node, NodeEntry entry)
    {
        var observed = plan.Observed.Of(node.Id);
        if (observed.Erased)
        {
            plan.Add(new ConfirmErased(operation.Id, node.Id, node.EraseIncarnation));
        }
        else if (observed.Liveness is Liveness.Suspect or Liveness.Offline)
        {
            plan.Block(operation, BlockReason.Silent, $"node {entry.Id} does not answer: it erases itself when it comes back; or remove it as dead", [entry.Id]);
        }
    }
}
