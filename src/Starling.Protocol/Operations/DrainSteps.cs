using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Membership;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Operations;

/// <summary>The phases in which records move and their new places are proven.</summary>
internal static class DrainSteps
{
    /// <summary>On when every target that was asked is clean; else whatever keeps one of them from it.</summary>
    public static void Plan(PlanBuilder plan, Operation operation)
    {
        if (OperationPhases.Next(operation) is { } to && plan.Add(new AdvanceOperation(operation.Id, operation.Version, to)))
        {
            return;
        }

        foreach (var entry in plan.State.Nodes.Values)
        {
            if (entry.HoldsIntegers && entry.State is AdminState.In or AdminState.Draining && operation.AsksToPass(entry)
                && (entry.Clean < operation.MarkEpoch || entry.CleanIndex < operation.PassIndex || (entry.State == AdminState.Draining && entry.Clean < plan.State.Newest.Number))
                && ObstacleOf(plan, entry) is { } block)
            {
                plan.Block(operation, block);
                return;
            }
        }
    }

    /// <summary>One target after the other goes out when nothing speaks against it (rule A20).</summary>
    public static void PlanVerify(PlanBuilder plan, Operation operation)
    {
        var draining = operation.Nodes.Where(n => PhaseEntries.Drains(plan.State, n.Id)).Select(n => plan.State.Node(n.Id)!).ToList();
        if (draining.Count == 0)
        {
            plan.Advance(operation, BlockReason.Receiver);
            return;
        }

        var hearing = plan.Observed.Hearing();
        foreach (var entry in draining)
        {
            var verdict = SafetyVerdict.Of(plan.State, entry.Id, hearing);
            var heard = SafetyVerdict.MustBeHeard(plan.State, entry).Where(hearing.Heard.ContainsKey).Select(id => new ReadyTarget(id, hearing.Heard[id]));
            if (verdict.Safety == Safety.Safe && plan.Add(new CompleteDrain(operation.Id, operation.Version, entry.Id, plan.State.Newest.Number, [.. heard])))
            {
                return;
            }

            plan.Block(operation, BlockReason.Receiver, verdict.Safety == Safety.Safe ? "waiting for the newest state" : string.Join("; ", verdict.Reasons), verdict.Names);
        }
    }

    private static OperationBlock? ObstacleOf(PlanBuilder plan, NodeEntry entry)
    {
        var observed = plan.Observed.Of(entry.Id);
        if (entry.LostMountpathIds.Length > 0)
        {
            return new OperationBlock(
                BlockReason.Loss, $"target {entry.Id} misses mountpaths: bring them back, or declare them lost", [.. entry.LostMountpathIds.Take(OperationBlock.MostNames)]);
        }

        if (observed.Liveness is Liveness.Suspect or Liveness.Offline)
        {
            return Block(BlockReason.Silent, $"target {entry.Id} does not answer: start it, or remove it as dead", [entry.Id]);
        }

        // Its pass has ended and the proof is refused: a receiver lost something meanwhile.
        if (observed.Clean is { } report && observed.Session == entry.Session && OperationPlanner.Proof(entry, report).Check(plan.State) is { } refusal)
        {
            return Block(BlockReason.Receiver, refusal.Message, [entry.Id]);
        }

        if (observed.Clean is { OpenUploads: > 0 } uploads)
        {
            return Block(BlockReason.Errors, $"target {entry.Id} has {uploads.OpenUploads} open uploads: complete or abort them", [entry.Id]);
        }

        var summary = observed.Summary;
        if (summary.FullReceivers.Length > 0)
        {
            return Block(BlockReason.OutOfSpace, $"targets have no space for what target {entry.Id} hands over: make room, or add targets", summary.FullReceivers);
        }

        if (summary.ErrorCount > 0)
        {
            return new OperationBlock(
                BlockReason.Errors, $"target {entry.Id} could not read or send {summary.ErrorCount} records", [.. summary.ErrorNames.Take(PassSummary.MostNames).Order(StringComparer.Ordinal)]);
        }

        return summary.SilentReceivers.Length > 0
            ? Block(BlockReason.Silent, $"targets do not answer what target {entry.Id} hands over: start them, or remove them as dead", summary.SilentReceivers)
            : null;
    }

    private static OperationBlock Block(BlockReason reason, string text, ImmutableArray<NodeId> nodes) =>
        new(reason, text, [.. nodes.Select(n => n.Value).Order(StringComparer.Ordinal).Take(OperationBlock.MostNames)]);
}
