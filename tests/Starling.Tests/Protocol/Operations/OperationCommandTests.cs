using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Operations.Guards;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Operations;

public class OperationCommandTests
{
    private static readonly NodeId T1 = Fold.Target(1);
    private static readonly NodeId T2 = Fold.Target(2);
    private static readonly OperationOptions Quiet = new() { NoRebalance = true };

    [Fact]
    public void Until_every_member_knows_operations_all_of_their_commands_are_refused()
    {
        var state = Fold.Serving(2);
        var session = Fold.SessionOf(T1);
        Command[] all =
        [
            new StartOperation(OperationKind.Maintenance, [T1]), new AdvanceOperation(1, 1, OperationPhase.Mark), new BlockOperation(1, 1, null), new CancelOperation(1, "a"),
            new CompleteDrain(1, 1, T1, 1, []), new ReopenDrain(T1, session, T2), new DeclareLost(T1, session, 1, [], "a"), new AttestOff(T1, session, "a"),
            new RecordMountpaths(T1, session, []), new RemoveNode(1, T1, Fold.IncarnationOf(T1)), new PermitErase(1, T1, Fold.IncarnationOf(T1)), new ConfirmErased(1, T1, Fold.IncarnationOf(T1)), new StopNode(1, T1, session),
        ];
        Assert.All(all, c => Assert.Equal(ErrorCode.Unsupported, state.Try(c).Outcome.Error?.Code));
    }

    [Fact]
    public void A12_the_same_request_returns_the_running_operation_and_other_options_are_a_conflict()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Stuck(T1).Start(OperationKind.Maintenance, null, T1).Run();
        var (running, version) = (world.Single(), world.Single().Version);

        var again = world.Ask(new StartOperation(OperationKind.Maintenance, [T1]));
        Assert.Equal((null, running.Name), (again.Error, again.Result));
        Assert.Equal(version, world.Single().Version);

        var other = world.Ask(new StartOperation(OperationKind.Maintenance, [T1]) { Options = Quiet });
        Assert.Equal(ErrorCode.Conflict, other.Error?.Code);
        Assert.Contains("other options", other.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A12_a_duplicated_retry_of_an_undone_operation_does_not_start_it_again()
    {
        var world = new OperationWorld(OperationWorld.Serving(3));
        var asked = new StartOperation(OperationKind.Maintenance, [T1]) { RequestId = "r-1", SeenIndex = world.State.AppliedIndex };
        var first = world.Ask(asked);
        world.Run();
        world.Start(OperationKind.Return, null, T1).Run();

        Assert.Equal(first, world.Ask(asked));
        Assert.Empty(world.Run().State.Operations);
        Assert.Equal(AdminState.In, world.StateOf(T1));
    }

    [Fact]
    public void A_removal_of_the_dead_that_is_taken_back_leaves_nobody_draining()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Stuck(T1).Start(OperationKind.Maintenance, null, T1).Run().Down(T1);
        world.Start(OperationKind.RemoveDead, Quiet, T1);
        Assert.Null(world.Ask(new CancelOperation(world.Single().Id, "admin")).Error);
        Assert.Empty(world.State.Operations);
        Assert.Equal(AdminState.Out, world.StateOf(T1));

        world.Up(T1).Freed(T1).Start(OperationKind.Return, null, T1).Run();
        Assert.True(world.State.IsConverged);
    }

    [Fact]
    public void Requests_for_other_nodes_get_the_busy_error_that_names_what_is_in_the_way()
    {
        var world = new OperationWorld(OperationWorld.Serving(4)).Stuck(T1).Start(OperationKind.Maintenance, null, T1).Run();
        var g = world.Single().RebalanceId;
        foreach (var kind in new[] { OperationKind.Maintenance, OperationKind.Shutdown, OperationKind.Decommission })
        {
            var busy = world.Ask(new StartOperation(kind, [T2])).Error!;
            Assert.Equal(ErrorCode.Busy, busy.Code);
            Assert.Equal($"cluster membership \"{kind.ActionName()}\" is currently busy (rebalance[g{g}] is running, operation {world.Single().Name}), please try again", busy.Message);
        }

        Assert.Equal(ErrorCode.Busy, world.Ask(new StartOperation(OperationKind.Rebalance, [])).Error?.Code);

        // T10: a return that names other nodes, or more than those of the running removal, takes nothing back.
        var away = new OperationWorld(OperationWorld.Serving(4)).Start(OperationKind.Maintenance, null, T2).Run().Stuck(T1).Start(OperationKind.Maintenance, null, T1).Run();
        Assert.Equal(ErrorCode.Busy, away.Ask(new StartOperation(OperationKind.Return, [T2])).Error?.Code);
        Assert.Equal(ErrorCode.Busy, away.Ask(new StartOperation(OperationKind.Return, [T1, T2])).Error?.Code);
    }

    [Fact]
    public void An_operation_without_rebalance_in_the_way_is_named_by_its_action_and_its_nodes()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Start(OperationKind.Maintenance, null, T1);
        Assert.Contains("(start-maintenance of target01 is running, operation op", world.Ask(new StartOperation(OperationKind.Maintenance, [T2])).Error!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no nodes", ErrorCode.Invalid)]
    [InlineData("twice", ErrorCode.Invalid)]
    [InlineData("unknown", ErrorCode.NodeNotFound)]
    [InlineData("options", ErrorCode.Invalid)]
    [InlineData("unsafe", ErrorCode.Invalid)]
    [InlineData("force", ErrorCode.Invalid)]
    [InlineData("join", ErrorCode.Invalid)]
    [InlineData("rebalance", ErrorCode.Invalid)]
    [InlineData("joining", ErrorCode.Conflict)]
    [InlineData("return-joining", ErrorCode.Conflict)]
    public void Bad_requests_are_refused_by_what_is_wrong_with_them(string what, ErrorCode code)
    {
        var world = new OperationWorld(OperationWorld.Serving(3).Joined(4));
        Command command = what switch
        {
            "no nodes" => new StartOperation(OperationKind.Maintenance, []),
            "twice" => new StartOperation(OperationKind.Maintenance, [T1, T1]),
            "unknown" => new StartOperation(OperationKind.Maintenance, [T1, Fold.Target(9)]),
            "options" => new StartOperation(OperationKind.Maintenance, [T1]) { Options = new OperationOptions { RemoveUserData = true } },
            "unsafe" => new StartOperation(OperationKind.RemoveDead, [T1]),
            "force" => new StartOperation(OperationKind.Maintenance, [T1]) { Options = new OperationOptions { Force = ["everything"] } },
            "join" => new StartOperation(OperationKind.Join, [T1]),
            "rebalance" => new StartOperation(OperationKind.Rebalance, [T1]),
            "joining" => new StartOperation(OperationKind.Maintenance, [Fold.Target(4)]),
            _ => new StartOperation(OperationKind.Return, [Fold.Target(4)]),
        };
        Assert.Equal(code, world.Ask(command).Error?.Code);
        Assert.Empty(world.State.Operations);
    }

    [Fact]
    public void T7_and_T14_what_is_already_where_it_is_wanted_is_no_error_and_no_operation()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Start(OperationKind.Maintenance, null, T1).Run();
        Assert.Equal((null, string.Empty), Outcome(world.Ask(new StartOperation(OperationKind.Maintenance, [T1]))));
        Assert.Equal((null, string.Empty), Outcome(world.Ask(new StartOperation(OperationKind.Return, [T2]))));
        Assert.Empty(world.State.Operations);
    }

    [Fact]
    public void T12_a_node_that_is_unreachable_is_not_brought_back()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Start(OperationKind.Maintenance, null, T1).Run().Down(T1);
        Assert.Equal(ErrorCode.Unreachable, world.Ask(new StartOperation(OperationKind.Return, [T1])).Error?.Code);
    }

    [Fact]
    public void T9_a_node_in_maintenance_is_decommissioned_without_another_epoch_or_rebalance()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Start(OperationKind.Maintenance, null, T1).Run();
        var (epoch, rmd) = (world.State.Newest.Number, world.State.Versions.Rmd);
        world.Start(OperationKind.Decommission, null, T1).Run();
        Assert.Null(world.State.Node(T1));
        Assert.Equal((epoch, rmd), (world.State.Newest.Number, world.State.Versions.Rmd));
    }

    [Fact]
    public void A11_facts_of_another_placement_or_another_session_are_refused()
    {
        var state = OperationWorld.Serving(3);
        var facts = new OperationWorld(state).Observe().Facts(state);
        var restarted = state.Apply(Fold.Session(T2, start: 2, previous: 1));
        var moved = state.Move((3, AdminState.Draining));

        Assert.Null(state.Try(new StartOperation(OperationKind.Maintenance, [T1]) { Facts = facts }).Outcome.Error);
        var overtaken = restarted.Try(new StartOperation(OperationKind.Maintenance, [T1]) { Facts = facts }).Outcome.Error!;
        Assert.Equal(ErrorCode.Stale, overtaken.Code);
        Assert.Contains("started again", overtaken.Message, StringComparison.Ordinal);
        Assert.Contains("committed meanwhile", moved.Try(new StartOperation(OperationKind.Maintenance, [T1]) { Facts = facts }).Outcome.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A11_commands_made_for_an_older_version_are_refused()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Start(OperationKind.Maintenance, null, T1);
        var operation = world.Single();
        Assert.Null(world.Ask(new AdvanceOperation(operation.Id, operation.Version, OperationPhase.RolesOff)).Error);
        Assert.Equal(ErrorCode.Conflict, world.Ask(new AdvanceOperation(operation.Id, operation.Version, OperationPhase.Mark)).Error?.Code);
        Assert.Equal(ErrorCode.Conflict, world.Ask(new BlockOperation(operation.Id, operation.Version, null)).Error?.Code);
        Assert.Equal(ErrorCode.JobNotFound, world.Ask(new BlockOperation(999, 1, null)).Error?.Code);
    }

    [Fact]
    public void B0_a_target_is_declared_lost_only_inactive_fenced_and_without_a_lease()
    {
        var world = new OperationWorld(OperationWorld.Serving(3));
        DeclareLost Loss(PreviousSessionEnd end = PreviousSessionEnd.NotClaimed) => new(T1, Fold.SessionOf(T1), world.State.Newest.Number, [], "admin") { LeaseEnd = end };
        string Refused(Command command) => world.Ask(command).Error!.Message;

        Assert.Contains("in service", Refused(Loss(PreviousSessionEnd.LeaseLapsed)), StringComparison.Ordinal);
        world.MayBeLeased(T1).Down(T1).Start(OperationKind.Maintenance, Quiet, T1).Run();
        Assert.Contains("may still commit", Refused(Loss(PreviousSessionEnd.LeaseLapsed)), StringComparison.Ordinal);
        Assert.Null(world.Ask(new MarkFenced(T1, Fold.SessionOf(T1), world.State.Newest.Number, FenceGround.Reported)).Error);
        Assert.Contains("may still hold a lease", Refused(Loss()), StringComparison.Ordinal);
        Assert.Contains("may still hold a lease", Refused(Loss(PreviousSessionEnd.Attested)), StringComparison.Ordinal);
        Assert.Contains("changed meanwhile", Refused(Loss() with { Session = Fold.SessionOf(T1, 7) }), StringComparison.Ordinal);
        Assert.Contains("changed meanwhile", Refused(Loss() with { Epoch = 1 }), StringComparison.Ordinal);

        var before = world.State;
        Assert.Null(world.Ask(Loss(PreviousSessionEnd.LeaseLapsed)).Error);
        Assert.False(before.IsConverged);
        Assert.True(world.State.IsConverged);
        Assert.False(world.State.Node(T1)!.HoldsIntegers);
        Assert.Equal(new DeclaredLoss(T1, world.State.AppliedIndex, world.State.Newest.Number, [], "admin"), world.State.Losses[T1]);
        Assert.Contains("nothing that could be lost", Refused(Loss()), StringComparison.Ordinal);
        Assert.False(world.State.MayLease(world.State.Node(T1)!.Identity));
    }

    [Fact]
    public void B0_what_was_declared_lost_joins_again_as_new_with_its_old_data_in_quarantine()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Down(T1).Start(OperationKind.Maintenance, Quiet, T1).Run();
        Assert.Null(world.Ask(new DeclareLost(T1, Fold.SessionOf(T1), world.State.Newest.Number, [], "admin") { LeaseEnd = PreviousSessionEnd.LeaseLapsed }).Error);
        var lost = world.State.AppliedIndex;

        Assert.Null(world.Ask(Fold.Session(T1, start: 2, previous: 1) with { MountpathIds = ["other"], PreviousEnd = PreviousSessionEnd.LeaseLapsed }).Error);
        Assert.Equal((lost, true), (world.State.QuarantineBefore(T1), world.State.MayLease(world.State.Node(T1)!.Identity)));
        Assert.Equal(["other"], world.State.Node(T1)!.MountpathIds.ToArray());
        world.Up(T1).Start(OperationKind.Return, null, T1).Run();
        Assert.Equal((AdminState.In, world.State.Newest.Number), (world.StateOf(T1), world.State.Node(T1)!.Clean));
    }

    [Fact]
    public void B10_lost_mountpaths_are_accepted_one_by_one_and_leave_a_record()
    {
        var world = new OperationWorld(OperationWorld.Serving(3));
        world.Ask(Fold.Session(T1, start: 2, previous: 1) with { MountpathIds = [$"{T1}-a"] });
        var session = Fold.SessionOf(T1, 2);

        Assert.Contains("is not missing", world.Ask(new DeclareLost(T1, session, world.State.Newest.Number, [$"{T1}-a"], "admin")).Error!.Message, StringComparison.Ordinal);
        Assert.Null(world.Ask(new DeclareLost(T1, session, world.State.Newest.Number, [$"{T1}-b"], "admin")).Error);
        Assert.Empty(world.State.Node(T1)!.LostMountpathIds);
        Assert.Equal([$"{T1}-a"], world.State.Node(T1)!.MountpathIds.ToArray());
        Assert.True(world.State.Node(T1)!.HoldsIntegers);
        Assert.False(world.State.Losses[T1].IsWhole);
        Assert.Equal(0, world.State.QuarantineBefore(T1) - world.State.Node(T1)!.JoinedIndex);
    }

    [Fact]
    public void B10_a_mountpath_that_is_lost_while_the_target_runs_is_committed_and_makes_unsafe_what_counted_on_it()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Start(OperationKind.Maintenance, null, T1).Run();
        Starling.Protocol.Operations.Safety Safe() => Starling.Protocol.Operations.SafetyVerdict.Of(world.State, T1, world.Observe().Hearing()).Safety;
        Assert.Equal(Starling.Protocol.Operations.Safety.Safe, Safe());

        Assert.Null(world.Ask(new RecordMountpaths(T2, Fold.SessionOf(T2), [$"{T2}-b"])).Error);
        Assert.Equal([$"{T2}-a"], world.State.Node(T2)!.LostMountpathIds.ToArray());
        Assert.Equal(Starling.Protocol.Operations.Safety.Unsafe, Safe());

        Assert.Null(world.Ask(new RecordMountpaths(T2, Fold.SessionOf(T2), [$"{T2}-a", $"{T2}-b"])).Error);
        Assert.Equal(Starling.Protocol.Operations.Safety.Safe, Safe());

        Assert.Null(world.Ask(new RecordMountpaths(T2, Fold.SessionOf(T2), [$"{T2}-a", $"{T2}-b", $"{T2}-c"])).Error);
        Assert.Equal(3, world.State.Node(T2)!.MountpathIds.Length);
        Assert.Equal(ErrorCode.Conflict, world.Ask(new RecordMountpaths(T2, Fold.SessionOf(T2, 5), [])).Error?.Code);
        Assert.Equal(ErrorCode.Invalid, world.Ask(new RecordMountpaths(Fold.Gateway(1), Fold.SessionOf(Fold.Gateway(1)), [])).Error?.Code);
    }

    [Fact]
    public void B4_an_attestation_fences_the_session_and_lets_the_next_one_in_at_once()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Down(T1).MayBeLeased(T1).Start(OperationKind.Maintenance, Quiet, T1).Run();
        var moved = world.State.Newest.Number;
        Assert.True(world.State.Node(T1)!.Fenced < moved);

        Assert.Equal(ErrorCode.Conflict, world.Ask(new AttestOff(T1, Fold.SessionOf(T1, 9), "admin")).Error?.Code);
        Assert.Null(world.Ask(new AttestOff(T1, Fold.SessionOf(T1), "admin")).Error);
        Assert.Equal((moved, true), (world.State.Node(T1)!.Fenced, world.State.Node(T1)!.AttestedOff));
        Assert.False(world.State.MayLease(world.State.Node(T1)!.Identity));

        var other = Fold.Session(T1, start: 2, previous: 1) with { LockFiles = [new LockFile(9, 9)] };
        Assert.Null(world.Ask(other).Error);
        Assert.False(world.State.Node(T1)!.AttestedOff);
        Assert.True(world.State.MayLease(world.State.Node(T1)!.Identity));
    }

    [Fact]
    public void A20_a_drain_is_completed_only_while_everybody_who_verified_is_heard()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Start(OperationKind.Maintenance, null, T1);
        world.Down(T2).Down(Fold.Target(3)).Run();
        var operation = world.Single();
        Assert.Equal(OperationPhase.Verify, operation.Phase);
        CompleteDrain With(params (int Target, int Session)[] heard) =>
            new(operation.Id, operation.Version, T1, world.State.Newest.Number, [.. heard.Select(h => new ReadyTarget(Fold.Target(h.Target), Fold.SessionOf(Fold.Target(h.Target), h.Session)))]);

        Assert.Contains("target02", world.Ask(With((3, 1))).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("target03", world.Ask(With((2, 1), (3, 2))).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("does not concern", world.Ask(With((2, 1), (3, 1)) with { Node = T2 }).Error!.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.Conflict, world.Ask(With((2, 1), (3, 1)) with { Epoch = 1 }).Error?.Code);
        Assert.Null(world.Ask(With((2, 1), (3, 1))).Error);
        Assert.Equal(AdminState.Out, world.StateOf(T1));
    }

    [Fact]
    public void B9_a_report_of_a_pass_that_began_before_it_was_asked_for_or_before_a_loss_does_not_count()
    {
        var world = new OperationWorld(OperationWorld.Serving(4)).Stuck(T1, T2, Fold.Target(3), Fold.Target(4));
        var early = world.State.AppliedIndex;
        world.Start(OperationKind.Rebalance, null).Run();
        var clean = new MarkClean(T1, Fold.SessionOf(T1), world.State.Newest.Number) { StartedIndex = early, Receivers = [T2] };
        Assert.Contains("pass again", world.Ask(clean).Error!.Message, StringComparison.Ordinal);
        Assert.Null(world.Ask(clean with { StartedIndex = world.State.AppliedIndex }).Error);

        var drained = new OperationWorld(OperationWorld.Serving(4)).Stuck(T1).Start(OperationKind.Maintenance, null, T1).Run();
        var started = drained.State.AppliedIndex;
        drained.Down(T2).Start(OperationKind.RemoveDead, Quiet, T2).Run();
        var report = new MarkClean(T1, Fold.SessionOf(T1), drained.State.Newest.Number) { StartedIndex = started, Receivers = [T2] };
        Assert.Equal(ErrorCode.Conflict, drained.Ask(report).Error?.Code);
        Assert.Contains("declared lost during the pass", drained.State.Apply(new MarkClean(T1, Fold.SessionOf(T1), drained.State.Newest.Number) { StartedIndex = drained.State.AppliedIndex }).Try(report with { StartedIndex = drained.State.Losses[T2].Index - 1 }).Outcome.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A13_a_thousand_finished_operations_are_remembered()
    {
        var state = OperationWorld.Serving(2);
        for (var i = 0; i < OperationChange.FinishedKept + 5; i++)
        {
            var id = state.AppliedIndex + 1;
            var started = state.ApplyEntry(new(id, 1, Starling.Protocol.Consensus.EntryKind.Command, Command: new StartOperation(OperationKind.Rebalance, []))).State;
            state = started.Apply(new CancelOperation(id, "admin"));
        }

        Assert.Equal(OperationChange.FinishedKept, state.FinishedOperations.Count);
        Assert.Empty(state.Operations);
        Assert.NotNull(state.Operation(state.FinishedOperations[0].Id));
    }

    [Fact]
    public void The_journal_says_who_changed_what_when_and_why_and_keeps_the_newest_thousand()
    {
        var state = OperationWorld.Serving(3);
        var asked = new StartOperation(OperationKind.Maintenance, [T1]) { RequestedBy = "ann", CreatedNs = 7, Options = new OperationOptions { Force = [GuardList.Names[0]] } };
        state = state.Try(asked).State;
        Assert.Equal(new JournalEntry(state.AppliedIndex, 7, "ann", "start-maintenance asked for target01", "guards overridden: last-target"), state.Journal[^1]);

        state = state.Apply(new SetConfig("""{"rebalance":{"enabled":false}}""", 0) { Origin = new Origin("bob", 9, "night") });
        Assert.Equal(new JournalEntry(state.AppliedIndex, 9, "bob", "configuration changed", "night"), state.Journal[^1]);

        // No reason given hides none that the command has itself.
        var forced = new StartOperation(OperationKind.RemoveDead, [T1]) { Options = new OperationOptions { NoRebalance = true, Force = ["alive"] }, Origin = new Origin("ann", 11, string.Empty) };
        Assert.Equal((11L, "ann", "guards overridden: alive"), JournalTexts.Describe(forced, 1) is var entry ? (entry.AtNs, entry.By, entry.Why) : default);

        var count = state.Journal.Count;
        Assert.Equal(count, state.Try(new SetConfig("broken", 0)).State.Journal.Count);
        for (var i = 0; i < Journal.Kept; i++)
        {
            state = state.Apply(new ResetConfig(0));
        }

        Assert.Equal((Journal.Kept, state.AppliedIndex), (state.Journal.Count, state.Journal[^1].Index));
    }

    private static (StoreError? Error, string Result) Outcome(CommandOutcome outcome) => (outcome.Error, outcome.Result);
}
