using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Codec;
using Starling.Protocol.Operations;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Operations;

public class PlannerTests
{
    private static readonly NodeId T1 = Fold.Target(1);
    private static readonly NodeId T2 = Fold.Target(2);
    private static readonly NodeId T3 = Fold.Target(3);
    private static readonly NodeId G1 = Fold.Gateway(1);

    public static TheoryData<string> Scenarios => ["maintenance", "maintenance-quiet", "two", "shutdown", "decommission", "decommission-quiet", "leader", "gateway-out", "return", "dead", "cancel", "rebalance"];

    [Fact]
    public void A17_maintenance_goes_through_every_phase_and_ends_out_and_safe()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Start(OperationKind.Maintenance, null, T1);
        var rmd = world.State.Versions.Rmd;
        var seen = Phases(world);

        Assert.Equal("RolesOff Mark Drain Verify Drained Done", string.Join(' ', seen));
        Assert.Equal(AdminState.Out, world.StateOf(T1));
        var ended = Assert.Single(world.State.FinishedOperations);
        Assert.Equal((rmd + 1, world.State.Newest.Number), (ended.RebalanceId, ended.MarkEpoch));
        Assert.Equal([T2, T3], world.State.Newest.Targets.ToArray());
        Assert.Equal([T2, T3], world.State.Node(T1)!.VerifiedBy.Select(r => r.Id));
        Assert.Equal(Safety.Safe, SafetyVerdict.Of(world.State, T1, world.Observe().Hearing()).Safety);
        Assert.Equal(20UL, world.State.Views.Smap.Targets![T1.Value].Flags);
    }

    [Fact]
    public void A17_the_mark_is_one_entry_with_state_epoch_and_rebalance_id()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Stuck(T1).Start(OperationKind.Maintenance, null, T1);
        var before = world.State;
        world.Run();
        var mark = world.Entries.FindIndex(e => e.Command is AdvanceOperation { To: OperationPhase.Mark });
        var state = world.Entries.Take(mark + 1).Aggregate(OperationWorld.Serving(3), (s, e) => s.ApplyEntry(e).State);

        var operation = Assert.Single(state.Operations.Values);
        Assert.Equal((AdminState.Draining, before.Newest.Number + 1, before.Versions.Rmd + 1), (state.Node(T1)!.State, state.Newest.Number, operation.RebalanceId));
        Assert.Equal(state.Versions.Rmd, operation.RebalanceId);
        Assert.Equal(OperationPhase.Drain, world.Single().Phase);
        Assert.Equal(4UL, world.State.Views.Smap.Targets![T1.Value].Flags);
    }

    [Fact]
    public void Several_nodes_go_by_one_epoch_and_one_rebalance()
    {
        var world = new OperationWorld(OperationWorld.Serving(4)).Start(OperationKind.Maintenance, null, T1, T2);
        var (epoch, rmd) = (world.State.Newest.Number, world.State.Versions.Rmd);
        world.Run();

        Assert.Equal((epoch + 1, rmd + 1), (world.State.Newest.Number, world.State.Versions.Rmd));
        Assert.Equal((AdminState.Out, AdminState.Out), (world.StateOf(T1), world.StateOf(T2)));
        Assert.Empty(world.State.Operations);
    }

    [Fact]
    public void Without_rebalance_nothing_moves_no_pass_runs_and_nothing_is_called_safe()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Start(OperationKind.Maintenance, new OperationOptions { NoRebalance = true }, T1);
        var rmd = world.State.Versions.Rmd;
        var seen = Phases(world);

        Assert.Equal("RolesOff Mark Done", string.Join(' ', seen));
        Assert.Equal((AdminState.Out, rmd), (world.StateOf(T1), world.State.Versions.Rmd));
        Assert.Null(world.State.PassWanted(T1));
        Assert.Null(world.State.PassWanted(T2));
        Assert.Equal(4UL, world.State.Views.Smap.Targets![T1.Value].Flags);
        Assert.Equal(Safety.Unsafe, SafetyVerdict.Of(world.State, T1, world.Observe().Hearing()).Safety);

        // Asking again, with rebalance, lets it hand over what it still holds.
        world.Start(OperationKind.Maintenance, null, T1).Run();
        Assert.Equal(Safety.Safe, SafetyVerdict.Of(world.State, T1, world.Observe().Hearing()).Safety);
    }

    [Fact]
    public void S_sequences_without_rebalance_end_in_one_rebalance_for_all_that_was_skipped()
    {
        var quiet = new OperationOptions { NoRebalance = true };
        var world = new OperationWorld(OperationWorld.Serving(4)).Start(OperationKind.Maintenance, null, T1, T2, T3).Run();
        var rmd = world.State.Versions.Rmd;
        world.Start(OperationKind.Return, quiet, T1).Run().Start(OperationKind.Return, quiet, T2).Run();

        Assert.Equal(rmd, world.State.Versions.Rmd);
        Assert.False(world.State.IsConverged);
        Assert.Null(world.State.PassWanted(Fold.Target(4)));

        world.Start(OperationKind.Return, null, T3).Run();
        Assert.Equal(rmd + 1, world.State.Versions.Rmd);
        Assert.True(world.State.IsConverged);
        Assert.Empty(world.State.Operations);
    }

    [Fact]
    public void A18_a_shutdown_tells_one_session_to_stop_and_ends_when_it_has()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Stuck(T1).Start(OperationKind.Shutdown, null, T1);
        world.Freed(T1).Run();

        Assert.Equal("Done", Assert.Single(world.State.FinishedOperations).Phase.ToString());
        Assert.True(world.State.Node(T1)!.StoppedInOrder);
        Assert.Contains(world.Entries, e => e.Command is StopNode stop && stop.Session == Fold.SessionOf(T1));

        // Two-step return: the node starts again, does not obey the old order, and goes in when asked.
        world.Ask(Fold.Session(T1, start: 2, previous: 1));
        world.Up(T1);
        Assert.Null(world.State.StopOrderedBy(world.State.Node(T1)!.Identity));
        world.Start(OperationKind.Return, null, T1).Run();
        Assert.Equal(AdminState.In, world.StateOf(T1));
    }

    [Fact]
    public void A18_a_node_that_restarted_before_it_stopped_does_not_obey_and_the_shutdown_ends()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Start(OperationKind.Shutdown, null, T1);
        while (world.State.Operations.Values.FirstOrDefault() is not { Phase: OperationPhase.Stop } operation || operation.Node(T1)!.StopSession == default)
        {
            StepOnce(world);
        }

        Assert.NotNull(world.State.StopOrderedBy(world.State.Node(T1)!.Identity));
        world.Ask(Fold.Session(T1, start: 2, previous: 1) with { PreviousEnd = PreviousSessionEnd.LeaseLapsed });
        Assert.Null(world.State.StopOrderedBy(world.State.Node(T1)!.Identity));
        world.Run();
        Assert.Empty(world.State.Operations);
        Assert.False(world.State.Node(T1)!.StoppedInOrder);
    }

    [Fact]
    public void A18_a_decommissioned_node_is_permitted_to_erase_before_it_does_and_never_comes_back_as_that_incarnation()
    {
        var options = new OperationOptions { RemoveUserData = true, NoShutdown = true };
        var world = new OperationWorld(OperationWorld.Serving(3)).Stuck(T1).Start(OperationKind.Decommission, options, T1);
        world.Run();
        Assert.Equal(8UL, world.State.Views.Smap.Targets![T1.Value].Flags);
        world.Freed(T1).Run();

        Assert.Null(world.State.Node(T1));
        var permit = world.State.EraseOrdered(Fold.MemberOf(T1))!;
        Assert.Equal((true, false, true), (permit.RemoveUserData, permit.KeepInitialConfig, permit.NoShutdown));
        Assert.Equal(ErrorCode.Conflict, world.Ask(Fold.Admission(T1)).Error?.Code);
        Assert.Null(world.Ask(Fold.Admission(T1, life: 2)).Error);
        Assert.Equal(AdminState.Joining, world.StateOf(T1));
        Assert.Equal("Done", Assert.Single(world.State.FinishedOperations).Phase.ToString());
    }

    [Fact]
    public void A18_until_the_permit_a_decommissioning_can_be_taken_back_and_not_afterwards()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Start(OperationKind.Decommission, null, T1);
        while (world.Single().Phase != OperationPhase.Remove)
        {
            StepOnce(world);
        }

        var undone = new OperationWorld(world.State);
        Assert.Null(undone.Ask(new CancelOperation(world.Single().Id, "admin")).Error);
        undone.Run();
        Assert.Equal(AdminState.In, undone.StateOf(T1));
        Assert.True(undone.State.IsConverged);

        world.Stuck(T1).Run();
        Assert.Equal(OperationPhase.PermitErase, world.Single().Phase);
        Assert.Contains("cannot be taken back", world.Ask(new CancelOperation(world.Single().Id, "admin")).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void B0_a_decommissioning_without_rebalance_is_a_declared_loss_that_waits_for_the_lease()
    {
        var options = new OperationOptions { NoRebalance = true, Force = ["redundancy"] };
        var world = new OperationWorld(OperationWorld.Serving(3)).MayBeLeased(T1).Start(OperationKind.Decommission, options, T1).Run();

        Assert.Equal(OperationPhase.Remove, world.Single().Phase);
        Assert.Equal(BlockReason.MayRun, world.Blocks[world.Single().Id].Reason);
        Assert.False(world.State.MayLease(world.State.Node(T1)!.Identity));

        Assert.Null(world.Ask(new AttestOff(T1, Fold.SessionOf(T1), "admin")).Error);
        world.Run();
        Assert.Null(world.State.Node(T1));
        Assert.True(world.State.Losses[T1].IsWhole);
    }

    [Fact]
    public void A19_a_dead_node_is_removed_and_what_it_held_is_declared_lost_on_record()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Down(T1).Start(OperationKind.RemoveDead, new OperationOptions { NoRebalance = true }, T1).Run();

        Assert.Null(world.State.Node(T1));
        Assert.Equal(("admin", true), (world.State.Losses[T1].By, world.State.Losses[T1].IsWhole));
        Assert.True(world.State.IsConverged);
        Assert.Empty(world.State.Operations);

        // It may come back as a new one; what it brings along is quarantined.
        Assert.Null(world.Ask(Fold.Admission(T1)).Error);
        Assert.Equal(world.State.AppliedIndex, world.State.QuarantineBefore(T1));
    }

    [Fact]
    public void A19_removing_a_dead_node_ends_the_operation_that_waits_for_it()
    {
        var world = new OperationWorld(OperationWorld.Serving(4)).Stuck(T1).Start(OperationKind.Maintenance, null, T1, T2).Run();
        Assert.Equal(OperationPhase.Drain, world.Single().Phase);
        world.Down(T1).Run();
        Assert.Equal((BlockReason.Silent, "target01"), (world.Blocks[world.Single().Id].Reason, Assert.Single(world.Blocks[world.Single().Id].Names)));

        world.Start(OperationKind.RemoveDead, new OperationOptions { NoRebalance = true }, T1).Run();
        Assert.Empty(world.State.Operations);
        Assert.Null(world.State.Node(T1));
        Assert.Equal(AdminState.Out, world.StateOf(T2));
    }

    [Fact]
    public void A17_the_leader_hands_over_and_its_vote_is_gone_before_it_goes_out()
    {
        var world = new OperationWorld(OperationWorld.Serving(2)).Start(OperationKind.Maintenance, null, G1).Run();

        Assert.Equal(AdminState.Out, world.StateOf(G1));
        Assert.NotEqual(G1, world.State.Leader!.Identity.Id);
        Assert.DoesNotContain(world.State.Voters.Members, v => v.Id == G1);
        Assert.Equal(4UL, world.State.Views.Smap.Gateways![G1.Value].Flags);
        Assert.Equal(Safety.Safe, SafetyVerdict.Of(world.State, G1, world.Observe().Hearing()).Safety);
        Assert.True(world.State.IsConverged);

        world.Start(OperationKind.Return, null, G1).Run();
        Assert.Equal(AdminState.In, world.StateOf(G1));
    }

    [Fact]
    public void An_interrupted_removal_brings_its_nodes_back_by_one_epoch_and_only_what_changed_moves()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Stuck(T1).Start(OperationKind.Maintenance, null, T1).Run();
        var (epoch, drain) = (world.State.Newest.Number, world.Single());

        // As clients say it: stop-maintenance of the nodes of the running removal.
        var outcome = world.Ask(new StartOperation(OperationKind.Return, [T1]));
        Assert.Equal((null, drain.Name), (outcome.Error, outcome.Result));
        Assert.Equal(OperationPhase.Cancelling, world.Single().Phase);
        world.Freed(T1).Run();

        Assert.Equal(AdminState.In, world.StateOf(T1));
        Assert.Equal(epoch + 1, world.State.Newest.Number);
        Assert.Equal(["Cancelled", "Done"], world.State.FinishedOperations.Select(o => o.Phase.ToString()));
        Assert.True(world.State.FinishedOperations[1].RebalanceId > drain.RebalanceId);
        Assert.True(world.State.IsConverged);
    }

    [Fact]
    public void A_removal_that_is_taken_back_before_its_mark_leaves_no_trace_in_placement()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Start(OperationKind.Maintenance, null, T1);
        var (epoch, id) = (world.State.Newest.Number, world.Single().Id);
        Assert.Null(world.Ask(new CancelOperation(id, "admin")).Error);

        Assert.Empty(world.State.Operations);
        Assert.Equal((epoch, AdminState.In), (world.State.Newest.Number, world.StateOf(T1)));
        Assert.Null(world.Ask(new CancelOperation(id, "admin")).Error);
    }

    [Fact]
    public void A19_a_removal_of_a_node_that_is_down_is_taken_back_at_once_and_the_node_stays_out_until_it_returns()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Stuck(T1).Start(OperationKind.Maintenance, null, T1).Run().Down(T1);
        Assert.Null(world.Ask(new CancelOperation(world.Single().Id, "admin")).Error);
        world.Run();
        Assert.Equal(AdminState.Out, world.StateOf(T1));
        Assert.Empty(world.State.Operations);

        world.Up(T1).Freed(T1).Start(OperationKind.Return, null, T1).Run();
        Assert.Equal(AdminState.In, world.StateOf(T1));
        Assert.Empty(world.State.Operations);
    }

    [Fact]
    public void A20_a_receiver_that_is_lost_while_the_node_still_runs_opens_its_drain_again()
    {
        var world = new OperationWorld(OperationWorld.Serving(4)).Start(OperationKind.Maintenance, null, T1).Run();
        var clean = world.State.Node(T1)!.CleanIndex;
        Assert.Equal(AdminState.Out, world.StateOf(T1));

        world.Stuck(T1).Down(T2).Start(OperationKind.RemoveDead, new OperationOptions { NoRebalance = true }, T2).Run();
        Assert.Equal((AdminState.Draining, OperationPhase.Drain), (world.StateOf(T1), world.Single().Phase));
        Assert.Equal(Safety.Unsafe, SafetyVerdict.Of(world.State, T1, world.Observe().Hearing()).Safety);
        Assert.True(world.State.PassWanted(T1)!.Value.AskedIndex > clean);

        world.Freed(T1).Run();
        Assert.Equal(AdminState.Out, world.StateOf(T1));
        Assert.True(world.State.Node(T1)!.CleanIndex > world.State.Losses[T2].Index);
        Assert.Equal(Safety.Safe, SafetyVerdict.Of(world.State, T1, world.Observe().Hearing()).Safety);
    }

    [Fact]
    public void A19_a_drain_that_cannot_go_on_says_why_and_names_what_blocks_it()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Stuck(T1).Start(OperationKind.Maintenance, null, T1).Run();
        var id = world.Single().Id;
        OperationBlock Blocked(PassSummary summary)
        {
            world.Summaries[T1] = summary;
            return world.Run().Blocks[id];
        }

        Assert.Equal((BlockReason.Errors, "ais://demo/o1"), (Blocked(new PassSummary { ErrorCount = 1, ErrorNames = ["ais://demo/o1"] }).Reason, world.Blocks[id].Names[0]));
        Assert.Equal((BlockReason.OutOfSpace, "target02"), (Blocked(new PassSummary { FullReceivers = [T2] }).Reason, world.Blocks[id].Names[0]));
        Assert.Equal((BlockReason.Silent, "target03"), (Blocked(new PassSummary { SilentReceivers = [T3] }).Reason, world.Blocks[id].Names[0]));
        world.Ask(Fold.Session(T1, start: 2, previous: 1) with { MountpathIds = [$"{T1}-a"] });
        Assert.Equal((BlockReason.Loss, $"{T1}-b"), (world.Run().Blocks[id].Reason, world.Blocks[id].Names[0]));
    }

    [Fact]
    public void A_silent_receiver_makes_the_drain_wait_in_verify()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Start(OperationKind.Maintenance, null, T1);
        while (world.Single().Phase != OperationPhase.Verify)
        {
            StepOnce(world);
        }

        world.Down(T2).Run();
        Assert.Equal((OperationPhase.Verify, AdminState.Draining), (world.Single().Phase, world.StateOf(T1)));
        Assert.Equal((BlockReason.Receiver, "target02"), (world.Blocks[world.Single().Id].Reason, Assert.Single(world.Blocks[world.Single().Id].Names)));
        world.Up(T2).Run();
        Assert.Equal(AdminState.Out, world.StateOf(T1));
    }

    [Fact]
    public void A_rebalance_makes_every_target_pass_even_if_it_was_clean()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Start(OperationKind.Rebalance, null);
        var started = world.State.AppliedIndex;
        world.Run();

        Assert.All(world.State.Nodes.Values.Where(n => n.HoldsIntegers), n => Assert.True(n.CleanIndex > started));
        Assert.Empty(world.State.Operations);

        var stopped = new OperationWorld(OperationWorld.Serving(3)).Stuck(T1, T2, T3).Start(OperationKind.Rebalance, null).Run();
        Assert.Null(stopped.Ask(new CancelOperation(stopped.Single().Id, "admin")).Error);
        Assert.Null(stopped.State.PassWanted(T1));
    }

    [Fact]
    public void Targets_that_join_while_there_is_data_go_in_together_with_one_rebalance_of_all()
    {
        var world = new OperationWorld(OperationWorld.Serving(2).Joined(3, 4)).Stuck(T1);
        Assert.Null(world.Ask(Fold.Activation(world.State, 3, 4)).Error);
        world.Run();

        Assert.Equal((OperationKind.Join, OperationPhase.Drain), (world.Single().Kind, world.Single().Phase));
        Assert.NotNull(world.State.PassWanted(T1));
        Assert.Equal(world.State.Newest.Number, world.State.Node(T3)!.Clean);
        world.Freed(T1).Run();
        Assert.True(world.State.IsConverged);
        Assert.Equal([T3, Fold.Target(4)], Assert.Single(world.State.FinishedOperations).Nodes.Select(n => n.Id));
    }

    [Fact]
    public void Targets_that_join_wait_for_a_running_operation_but_not_for_one_that_is_blocked()
    {
        var world = new OperationWorld(OperationWorld.Serving(3).Joined(4)).Stuck(T1).Start(OperationKind.Maintenance, null, T1).Run();
        Assert.Equal(ErrorCode.Unavailable, world.Ask(Fold.Activation(world.State, 4)).Error?.Code);
        Assert.Null(world.Ask(new BlockOperation(world.Single().Id, world.Single().Version, new OperationBlock(BlockReason.OutOfSpace, "no space", []))).Error);
        Assert.Null(world.Ask(Fold.Activation(world.State, 4)).Error);
        world.Freed(T1).Run();
        Assert.Empty(world.State.Operations);
        Assert.Equal(AdminState.Out, world.StateOf(T1));
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void A17_any_leader_continues_any_operation_from_any_prefix_of_its_entries_to_the_same_end(string scenario)
    {
        var whole = Scenario(scenario, new OperationWorld(Before(scenario)));
        var expected = Shape(whole.State);
        var lastAsked = whole.Entries.FindLastIndex(e => e.Command is StartOperation or CancelOperation);
        for (var length = lastAsked + 1; length <= whole.Entries.Count; length++)
        {
            var state = whole.Entries.Take(length).Aggregate(Before(scenario), (s, e) => s.ApplyEntry(e).State);

            // As after a restart from a snapshot: nothing but the bytes of the state is known.
            var world = new OperationWorld(StateCodec.Decode(StateCodec.Encode(state)));
            if (scenario == "dead")
            {
                world.Down(T1);
            }

            Assert.Equal(expected, Shape(world.Run().State));
        }
    }

    private static ClusterState Before(string scenario) => scenario == "return"
        ? new OperationWorld(OperationWorld.Serving(4)).Start(OperationKind.Maintenance, null, T1).Run().State
        : OperationWorld.Serving(4);

    private static OperationWorld Scenario(string name, OperationWorld world) => name switch
    {
        "maintenance" => world.Start(OperationKind.Maintenance, null, T1).Run(),
        "maintenance-quiet" => world.Start(OperationKind.Maintenance, new OperationOptions { NoRebalance = true }, T1).Run(),
        "two" => world.Start(OperationKind.Decommission, null, T1, T2).Run(),
        "shutdown" => world.Start(OperationKind.Shutdown, null, T1, Fold.Gateway(2)).Run(),
        "decommission" => world.Start(OperationKind.Decommission, null, T1).Run(),
        "decommission-quiet" => world.Start(OperationKind.Decommission, new OperationOptions { NoRebalance = true, Force = ["redundancy"] }, T1).Run(),
        "leader" => world.Start(OperationKind.Maintenance, null, G1).Run(),
        "gateway-out" => world.Start(OperationKind.Decommission, null, Fold.Gateway(3)).Run(),
        "return" => world.Start(OperationKind.Return, null, T1).Run(),
        "dead" => world.Down(T1).Start(OperationKind.RemoveDead, new OperationOptions { NoRebalance = true }, T1).Run(),
        "cancel" => Interrupted(world),
        _ => world.Start(OperationKind.Rebalance, null).Run(),
    };

    private static OperationWorld Interrupted(OperationWorld world)
    {
        world.Stuck(T1).Start(OperationKind.Decommission, null, T1).Run();
        world.Ask(new CancelOperation(world.Single().Id, "admin"));
        return world.Freed(T1).Run();
    }

    private static string Shape(ClusterState state) => string.Join(' ', [
        .. state.Nodes.Values.Select(n => $"{n.Id}:{n.State}:{n.Fenced}:{n.Clean}"),
        .. state.Operations.Values.Select(o => $"{o.Kind}:{o.Phase}"),
        .. state.FinishedOperations.Select(o => $"{o.Kind}:{o.Phase}:{o.RebalanceId}:{o.MarkEpoch}"),
        $"epoch {state.Newest.Number} base {state.Base} rmd {state.Versions.Rmd} losses {string.Join(',', state.Losses.Keys)} permits {state.ErasePermits.Count}"]);

    private static List<OperationPhase> Phases(OperationWorld world)
    {
        world.Run();
        return [.. world.Entries.Select(e => e.Command).Select(c => c switch
        {
            AdvanceOperation advance => advance.To,
            CompleteDrain => OperationPhase.Drained,
            _ => (OperationPhase?)null,
        }).OfType<OperationPhase>()];
    }

    private static void StepOnce(OperationWorld world)
    {
        var plan = OperationPlanner.Plan(world.State, world.Observe());
        if (plan.Commands.IsEmpty)
        {
            var lagging = world.State.Nodes.Values.First(n => n.HoldsIntegers && n.Fenced < world.State.Newest.Number);
            Assert.Null(world.Ask(new MarkFenced(lagging.Id, lagging.Session, world.State.Newest.Number, FenceGround.Reported)).Error);
            return;
        }

        Assert.Null(world.Ask(plan.Commands[0]).Error);
    }
}
