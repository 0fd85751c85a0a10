using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Operations;
using Starling.Protocol.Operations.Guards;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Simulation.Workload;
using Starling.Simulation.World;

namespace Starling.Simulation.Scripts;

/// <summary>Stories of operations, declared losses and permits (rules A17 to A20, B0, B8).</summary>
public static class OperationScripts
{
    private static readonly string[] All = ["t1", "t2", "t3"];
    private static readonly string[] Without1 = ["t2", "t3"];
    private static readonly string[] Without12 = ["t3"];

    private static Story Begin(TextWriter? log)
    {
        var story = Story.Begin(log, targets: 3);
        story.Until(() => story.World.Nodes.TrueForAll(n => n.View!.State.KnowsOperations), 10, "everybody supports operations, so the leader raises the level");
        story.CreateBucket();
        return story;
    }

    [Script]
    public static void LeaderThatLeadsAgainHearsEverybody(TextWriter? log)
    {
        // The same members as when it led before: it must watch them all the same, or no operation ever ends.
        var story = Begin(log);
        var first = story.Leader!;
        var second = story.World.Nodes.First(n => n.IsGateway && n != first);
        second.Gateway!.Transfer(second.Id, _ => { });
        story.NewLeader(n => n == second, 20);
        first.Gateway!.Transfer(first.Id, _ => { });
        story.NewLeader(n => n == first, 20);
        var operation = story.Operate(OperationKind.Rebalance);
        story.Until(() => story.World.Checks.Newest.Operation(operation)!.Phase == OperationPhase.Done, 30, "a rebalance ends");
        story.EndsWell();
    }

    [Script]
    public static void SafeToPowerOffMeansThatDisksMayGo(TextWriter? log)
    {
        var story = Begin(log);
        var names = Enumerable.Range(0, 30).Select(i => ObjectName.Parse(Story.Bucket("b"), $"object-{i}")).ToArray();
        var values = names.Select(n => story.Put(n).Value).ToArray();
        story.Require(story.SafetyOf("t1") == Safety.Unsafe, "who serves is not safe to power off");
        var operation = story.Operate(OperationKind.Maintenance, "t1");
        story.Until(() => story.World.Checks.Newest.Operation(operation)!.Phase == OperationPhase.Done, 90, "maintenance ends");
        story.Require(story.SafetyOf("t1") == Safety.Safe, "who is drained is");
        story.World.Cut("t2", Network.NetworkKind.Control);
        story.RunFor(4);
        var cut = story.SafetyOf("t1");
        story.Require(cut == Safety.Unknown, $"while a receiver is silent nobody knows ({cut})");
        story.World.HealAll();
        story.RunFor(4);
        story.Require(story.SafetyOf("t1") == Safety.Safe, "then it is safe again");
        story.Require(story.World.Destroy(story.Node("t1")) == 0, "its disks take nothing with them");
        for (var i = 0; i < names.Length; i++)
        {
            story.Finds(names[i], values[i]);
        }

        story.EndsWell();
    }

    [Script]
    public static void ShutdownOrderReadAgainAfterRestart(TextWriter? log)
    {
        var story = Begin(log);
        var operation = story.Operate(OperationKind.Shutdown, "t1");
        story.Until(() => !story.Node("t1").IsUp, 120, "the target stops by order");
        story.World.Start("t1");
        story.Until(() => story.Node("t1").View!.SessionApplied, 60, "it starts again, with the order in its log");
        story.Always(() => story.Node("t1").IsUp, 30, "and does not obey the order to an earlier process");
        story.Until(() => story.World.Checks.Newest.Operation(operation)!.IsFinished, 60, "the operation ends");
        story.Operate(OperationKind.Return, "t1");
        story.Until(() => story.World.Checks.Newest.Node(story.Node("t1").Id)!.State == AdminState.In, 60, "it is back in");
        story.Converged();
        story.EndsWell();
    }

    [Script]
    public static void ErasePermitOvertakenByUndo(TextWriter? log)
    {
        // As long as no permit is committed, undo wins, however far the decommission is; afterwards it is refused and that incarnation is gone for good.
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        var put = story.Put(name);
        var undone = story.Operate(OperationKind.Decommission, "t1");
        story.Until(() => story.World.Checks.Newest.Operation(undone)!.Phase >= OperationPhase.Drain, 60, "it drains");
        story.Require(story.Commit(new CancelOperation(undone, "script")).Error is null, "it is taken back");
        story.Until(() => story.World.Checks.Newest.Operation(undone)!.IsFinished, 60, "and ends");
        story.Always(() => story.World.Checks.Newest.ErasePermits.IsEmpty, 20, "no permit comes after the undo");
        story.Until(() => story.World.Checks.Newest.Node(story.Node("t1").Id)!.State == AdminState.In, 30, "the target is in");
        story.Finds(name, put.Value);

        var incarnation = story.Node("t1").Disk.Durable.Incarnation;
        story.World.HoldsErasing = _ => true;
        var operation = story.Operate(OperationKind.Decommission, "t1");
        story.Until(() => !story.World.Checks.Newest.ErasePermits.IsEmpty, 120, "the permit is committed");
        story.Require(story.Commit(new CancelOperation(operation, "script")).Error?.Code == ErrorCode.Conflict, "undo is refused from here on");
        story.World.HoldsErasing = null;
        story.World.Kill("t1");
        story.World.Start("t1");
        story.Until(() => story.World.Checks.Newest.Operation(operation)!.IsFinished, 120, "the target erases itself and is removed");
        story.Require(story.World.Checks.Newest.Nodes.Values.All(n => n.Incarnation != incarnation), "that incarnation is no member any more");
        story.Finds(name, put.Value);
        story.EndsWell();
    }

    [Script]
    public static void DuplicatedRetryOfAnUndoneRemoval(TextWriter? log)
    {
        // The request that began a removal comes again when the removal was taken back, at another gateway: it gets the old answer, and nothing begins.
        var story = Begin(log);
        var id = story.Node("t1").Id;
        var begin = new StartOperation(OperationKind.Maintenance, [id])
        {
            Options = new OperationOptions { Force = [.. GuardList.Names.Order(StringComparer.Ordinal)] },
            RequestedBy = "script",
            RequestId = "maintenance-1",
            SeenIndex = story.Leader!.View!.AppliedIndex,
        };
        var first = story.Commit(begin);
        story.Require(first.Error is null, $"it begins: {first.Error}");
        var operation = long.Parse(first.Result[2..], System.Globalization.CultureInfo.InvariantCulture);
        story.Until(() => story.World.Checks.Newest.Operation(operation)!.Phase >= OperationPhase.Mark, 60, "the target is marked");
        var cancel = new CancelOperation(operation, "script") { RequestId = "cancel-1", SeenIndex = begin.SeenIndex };
        story.Require(story.Commit(cancel).Error is null, "it is taken back");
        story.Until(() => story.World.Checks.Newest is { Operations.IsEmpty: true } newest && newest.Node(id)!.State == AdminState.In, 90, "the target is in again");
        var epoch = story.World.Checks.Newest.Newest.Number;
        foreach (var gateway in new[] { "g1", "g2", "g3" })
        {
            var again = story.Commit(begin, gateway);
            story.Require(again.Index == first.Index && again.Result == first.Result, $"the duplicate through {gateway} gets the outcome of the first: {again.Error} {again.Result}");
        }

        story.Always(() => story.World.Checks.Newest is { Operations.IsEmpty: true } newest && newest.Newest.Number == epoch, 20, "nothing begins again");

        // A second removal under another id is not taken back by a late copy of the cancel that meant the first.
        var second = story.Operate(OperationKind.Maintenance, "t1");
        story.Require(story.Commit(cancel, "g2").Error is null, "the duplicate of the cancel gets its old outcome");
        story.Commit(cancel with { RequestId = "cancel-2" }, "g3");
        story.Until(() => story.World.Checks.Newest.Operation(second)!.Phase == OperationPhase.Done, 90, "the second removal ends");
        story.EndsWell();
    }

    [Script]
    public static void ErasedNodeHearsFromAnyMemberThatItIsOut(TextWriter? log)
    {
        // Who is removed hears nothing from the log any more. It dies before anybody has told it, and so does the leader that removed it.
        var story = Begin(log);
        story.World.HoldsErasing = _ => true;
        story.Operate(OperationKind.Decommission, "t1");
        story.Until(() => story.Node("t1").View!.EraseOrdered is not null, 120, "the permit reaches the target");
        story.World.HoldsErasing = null;
        story.World.Kill("t1");
        story.World.Start("t1");
        story.Until(() => story.World.Checks.Newest.Node(story.Node("t1").Id) is null, 60, "it has erased itself and is removed");
        story.Require(!story.Node("t1").View!.MembershipEnded, "nobody has told it yet");
        story.Require(story.Node("t1").View!.State.Node(story.Node("t1").Id) is not null, "and its own log ends before the removal");
        var incarnation = story.Node("t1").Disk.Durable.Incarnation;
        story.World.KeepsDirectory = true;
        story.World.Kill("t1");
        var first = story.Leader!;
        story.World.Kill(first.Name);
        story.World.Start("t1");
        story.Until(() => story.Node("t1").View is { MembershipEnded: true }, 30, "the new process hears it from somebody else");
        story.Require(story.Node("t1").Disk.Durable is { LastIndex: 0 } kept && kept.Incarnation != incarnation, "and has given up its log");
        story.Until(() => !story.Node("t1").IsUp, 10, "and it ends");
        story.World.Start(first.Name);
        story.Until(() => story.World.Checks.Newest.Nodes.ContainsKey(story.Node("t1").Id), 120, "started again in the same directory, it joins as a new node");
        story.Require(story.World.Checks.Newest.Node(story.Node("t1").Id)!.Incarnation != incarnation, "under another incarnation");
        story.EndsWell();
    }

    [Script]
    public static void DeclaredLossOfALeasedTarget(TextWriter? log)
    {
        // A commit of the target hangs while its loss is asked for: the loss waits until no lease of it can be valid, so nothing that it took is acknowledged later.
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        story.HoldPasses("t1");
        story.RunFor(6);
        story.World.Cut("t1", Network.NetworkKind.Control);
        story.Target("t1").SlowCommitNs = 3 * SimWorld.Second;
        var hanging = story.Ask(ObjectCallKind.Put, name);
        story.RunFor(0.5);
        var operation = story.Operate(OperationKind.RemoveDead, "t1");
        story.Until(() => hanging.IsEnded, 30, "the put ends");
        story.Require(hanging.Error is null && story.Target("t1").HasLease, "acknowledged under a good lease");
        story.Require(story.World.Checks.Newest.Losses.IsEmpty, "before that, no loss is declared");
        story.Until(() => !story.World.Checks.Newest.Losses.IsEmpty, 120, "the loss is declared");
        story.Require(!story.Target("t1").HasLease, "when the lease is over");
        story.Until(() => story.World.Checks.Newest.Operation(operation)!.IsFinished, 60, "the dead one is removed");
        var late = story.Do(ObjectCallKind.Put, name);
        story.Require(late.Error is null && story.RecordAt("t2", name)?.Value == late.Value, "its names are writable elsewhere");
        story.World.Kill("t1");
        story.EndsWell();
    }

    [Script]
    public static void HandOverRacingADeclaredLoss(TextWriter? log)
    {
        // A hands a record to B; B is declared lost before anybody has verified it there, and before its answer arrives: A's copy is the one that counts.
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1), ("t3", Without12));
        var put = story.Put(name);
        story.World.NeighborTimeoutNs = 300 * SimWorld.Second;
        story.Hold((_, _, message) => message is VerifyQuestion);
        story.Operate(OperationKind.Maintenance, "t1");
        story.Until(() => story.RecordAt("t1", name) is { IsLive: false } && story.RecordAt("t2", name) is { IsLive: true }, 60, "the record is handed over");
        story.World.PowerOff("t2");
        var dead = story.Operate(OperationKind.RemoveDead, "t2");
        story.Require(story.Commit(new AttestOff(story.Node("t2").Id, story.World.Checks.Newest.Node(story.Node("t2").Id)!.Session, "script")).Error is null, "it is attested to be off");
        story.Until(() => !story.World.Checks.Newest.Losses.IsEmpty, 120, "the loss is declared");
        story.World.NeighborTap = null;
        story.World.NeighborTimeoutNs = 3 * SimWorld.Second;
        story.World.HeldNeighbors.Clear();
        story.Until(() => story.World.Checks.Newest.Operation(dead)!.IsFinished, 60, "it is removed");
        story.Finds(name, put.Value);
        story.Until(() => story.RecordAt("t3", name) is { IsLive: true }, 600, "and A hands its copy to the new owner");
        story.Finds(name, put.Value);
        story.EndsWell();
    }

    [Script]
    public static void MountpathLostOnEitherSideOfADrain(TextWriter? log)
    {
        // The receiver loses what it took before anybody verified it, and stays in placement: what it takes again, under the same epoch, is not lost by that.
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        var number = (int)(name.Digest % 2);
        var put = story.Put(name);
        story.World.NeighborTimeoutNs = 300 * SimWorld.Second;
        story.Hold((_, _, message) => message is VerifyQuestion);
        var operation = story.Operate(OperationKind.Maintenance, "t1");
        story.Until(() => story.RecordAt("t1", name) is { IsLive: false } && story.RecordAt("t2", name) is { IsLive: true }, 60, "the record is handed over");
        story.Require(story.World.ReplaceMountpath(story.Node("t2"), number) == 0, "the sender's copy is still there, and counts");
        story.Until(() => story.World.Checks.Newest.Node(story.Node("t2").Id)!.LostMountpathIds.Length == 1, 60, "the receiver comes back without a mountpath");
        story.World.NeighborTap = null;
        story.World.NeighborTimeoutNs = 3 * SimWorld.Second;
        story.World.HeldNeighbors.Clear();
        story.RunFor(5);
        story.Require(story.Do(ObjectCallKind.Get, name).Error?.Code is ErrorCode.Unavailable or ErrorCode.Unreachable, "while it is neither back nor given up nobody knows");
        var epoch = story.World.Checks.Newest.Newest.Number;
        story.DeclareMountpathsLost("t2");
        story.Until(() => story.World.Checks.Newest.Operation(operation)!.Phase == OperationPhase.Done, 120, "the drain ends");
        story.Require(story.World.Checks.Newest.Newest.Number == epoch && story.RecordAt("t2", name) is { IsLive: true }, "the record is handed over again, under the same epoch");
        story.Finds(name, put.Value);

        // The sender loses what it has not handed over yet: the drain stops and says what is missing, until the loss is accepted.
        story.Operate(OperationKind.Return, "t1");
        story.Until(() => story.World.Checks.Newest.Node(story.Node("t1").Id)!.State == AdminState.In, 60, "it is back in");
        story.Until(() => story.World.Checks.Newest is { IsConverged: true, Operations.IsEmpty: true }, 90, "everything is in its place");
        var doomed = story.NameThatMoves(n => n.Digest % 2 == 0, ("t1", All), ("t3", Without1));
        story.Put(doomed);
        story.HoldPasses("t1");
        var second = story.Operate(OperationKind.Maintenance, "t1");
        story.Until(() => story.World.Checks.Newest.Operation(second)!.Phase == OperationPhase.Drain, 60, "it drains");
        story.Require(story.World.ReplaceMountpath(story.Node("t1"), 0) > 0, "the only copy is gone");
        story.LetPass("t1");
        story.Until(() => story.World.Checks.Newest.Operation(second)!.Blocked is { Reason: BlockReason.Loss }, 90, "the drain says that a mountpath is missing");
        story.Require(story.Do(ObjectCallKind.Get, doomed).Error?.Code is ErrorCode.Unavailable or ErrorCode.Unreachable, "what it may have held is unknown, not absent");
        story.DeclareMountpathsLost("t1");
        story.Until(() => story.World.Checks.Newest.Operation(second)!.Phase == OperationPhase.Done, 120, "the accepted loss lets the drain end");
        story.FindsNothing(doomed);
        story.EndsWell();
    }

    private static void DeclareMountpathsLost(this Story story, string node)
    {
        var entry = story.World.Checks.Newest.Node(story.Node(node).Id)!;
        var outcome = story.Commit(new DeclareLost(entry.Id, entry.Session, story.World.Checks.Newest.Newest.Number, entry.LostMountpathIds, "script"));
        story.Require(outcome.Error is null, $"the loss is accepted: {outcome.Error}");
    }

    private static long Operate(this Story story, OperationKind kind, params string[] nodes)
    {
        var outcome = story.Commit(new StartOperation(kind, [.. nodes.Select(n => story.Node(n).Id)])
        {
            Options = new OperationOptions
            {
                NoRebalance = kind == OperationKind.RemoveDead,
                RemoveUserData = kind == OperationKind.Decommission,
                Force = kind.TakesOut() ? [.. GuardList.Names.Order(StringComparer.Ordinal)] : [],
            },
            RequestedBy = "script",
        });
        story.Require(outcome.Error is null && outcome.Result.Length > 2, $"{kind} is accepted: {outcome.Error}");
        return long.Parse(outcome.Result[2..], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static Safety SafetyOf(this Story story, string node)
    {
        SafetyVerdict? verdict = null;
        story.Leader!.Gateway!.AskSafety(story.Node(node).Id, v => verdict = v);
        story.Until(() => verdict is not null, 20, "the question is answered");
        return verdict!.Safety;
    }
}
