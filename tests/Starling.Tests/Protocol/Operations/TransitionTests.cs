using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Operations;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Operations;

/// <summary>From every state of a node, what every request does. The numbers are those of docs/lifecycle-coverage.md.</summary>
public class TransitionTests
{
    private static readonly NodeId T1 = Fold.Target(1);
    private static readonly NodeId T2 = Fold.Target(2);
    private static readonly NodeId G1 = Fold.Gateway(1);
    private static readonly OperationOptions Quiet = new() { NoRebalance = true };

    private static OperationWorld World(int targets = 3) => new(OperationWorld.Serving(targets));

    private static Safety SafetyOf(OperationWorld world, NodeId node) => SafetyVerdict.Of(world.State, node, world.Observe().Hearing()).Safety;

    [Fact]
    public void T1_an_unknown_node_refuses_the_whole_batch_whatever_is_asked()
    {
        foreach (var kind in (OperationKind[])[OperationKind.Maintenance, OperationKind.Return, OperationKind.Shutdown, OperationKind.Decommission, OperationKind.RemoveDead])
        {
            var world = World();
            Assert.Equal(ErrorCode.NodeNotFound, world.Ask(new StartOperation(kind, [T1, Fold.Target(9)]) { Options = Quiet }).Error?.Code);
            Assert.Empty(world.State.Operations);
        }
    }

    [Fact]
    public void T2_the_leader_is_taken_out_after_it_has_handed_over()
    {
        var world = World().Start(OperationKind.Shutdown, null, G1).Run();
        Assert.Equal(AdminState.Out, world.StateOf(G1));
        Assert.NotEqual(G1, world.State.Leader!.Identity.Id);
        Assert.DoesNotContain(world.State.Voters.Members, voter => voter.Id == G1);
    }

    [Theory]
    [InlineData(OperationKind.Maintenance)]
    [InlineData(OperationKind.Shutdown)]
    [InlineData(OperationKind.Decommission)]
    public void T5_errors_never_advance_a_removal_nothing_is_stopped_erased_or_called_safe(OperationKind kind)
    {
        var world = World().Stuck(T1).Start(kind, new OperationOptions { RemoveUserData = kind == OperationKind.Decommission }, T1);
        world.Summaries[T1] = new PassSummary { ErrorCount = 3, ErrorNames = ["ais://demo/o1"] };
        world.Run();
        Assert.Equal((OperationPhase.Drain, AdminState.Draining), (world.Single().Phase, world.StateOf(T1)));
        Assert.Equal(BlockReason.Errors, world.Blocks[world.Single().Id].Reason);
        Assert.Equal(Safety.Unsafe, SafetyOf(world, T1));
        Assert.Empty(world.State.ErasePermits);
        Assert.Null(world.State.StopOrderedBy(world.State.Node(T1)!.Identity));

        // A newer rebalance of others does not end it either: there can be none while it waits.
        Assert.Equal(ErrorCode.Busy, world.Ask(new StartOperation(OperationKind.Rebalance, [])).Error?.Code);

        // The objects are readable again: it goes on by itself.
        world.Summaries.Remove(T1);
        world.Freed(T1).Run();
        Assert.Empty(world.State.Operations);
        Assert.Equal(kind == OperationKind.Decommission, world.State.Node(T1) is null);
    }

    [Fact]
    public void T8_maintenance_again_without_rebalance_changes_nothing_and_the_node_stays_unsafe()
    {
        var world = World().Start(OperationKind.Maintenance, Quiet, T1).Run();
        var (epoch, versions, flags) = (world.State.Newest.Number, world.State.Versions, world.State.Views.Smap.Targets![T1.Value].Flags);
        Assert.Equal(4UL, flags);
        var again = world.Ask(new StartOperation(OperationKind.Maintenance, [T1]) { Options = Quiet });
        Assert.Equal((null, string.Empty), (again.Error, again.Result));
        world.Run();
        Assert.Equal((epoch, versions, flags), (world.State.Newest.Number, world.State.Versions, world.State.Views.Smap.Targets![T1.Value].Flags));
        Assert.Equal(Safety.Unsafe, SafetyOf(world, T1));
    }

    [Fact]
    public void T8_maintenance_again_with_rebalance_moves_what_was_left_behind_and_ends_safe()
    {
        var world = World().Start(OperationKind.Maintenance, Quiet, T1).Run();
        var epoch = world.State.Newest.Number;
        world.Start(OperationKind.Maintenance, null, T1).Run();
        Assert.Equal((AdminState.Out, Safety.Safe), (world.StateOf(T1), SafetyOf(world, T1)));
        Assert.Equal(epoch, world.State.Newest.Number);
        Assert.Equal(20UL, world.State.Views.Smap.Targets![T1.Value].Flags);
    }

    [Fact]
    public void T8_S30_an_idle_node_and_an_active_one_in_one_command_both_end_safe_by_one_rebalance()
    {
        var world = World(4).Start(OperationKind.Maintenance, Quiet, T1).Run();
        var (epoch, rebalances) = (world.State.Newest.Number, world.State.Versions.Rmd);
        world.Start(OperationKind.Maintenance, null, T1, T2).Run();
        Assert.Equal((epoch + 1, rebalances + 1), (world.State.Newest.Number, world.State.Versions.Rmd));
        Assert.All([T1, T2], node => Assert.Equal((AdminState.Out, Safety.Safe), (world.StateOf(node), SafetyOf(world, node))));
    }

    [Fact]
    public void T9_what_only_a_node_in_maintenance_holds_is_moved_before_it_is_decommissioned()
    {
        var world = World().Start(OperationKind.Maintenance, Quiet, T1).Run().Stuck(T1);
        world.Start(OperationKind.Decommission, new OperationOptions { RemoveUserData = true }, T1).Run();
        Assert.Equal(OperationPhase.Drain, world.Single().Phase);
        Assert.Empty(world.State.ErasePermits);
        world.Freed(T1).Run();
        Assert.Null(world.State.Node(T1));
        Assert.Empty(world.State.Losses);
    }

    [Fact]
    public void T10_maintenance_of_a_node_that_is_being_decommissioned_is_refused()
    {
        var world = World().Stuck(T1).Start(OperationKind.Decommission, null, T1).Run();
        Refused(world, OperationKind.Maintenance);
    }

    [Fact]
    public void T11_decommission_again_is_the_same_operation_and_shutdown_is_refused()
    {
        var world = World().Stuck(T1).Start(OperationKind.Decommission, null, T1).Run();
        var again = world.Ask(new StartOperation(OperationKind.Decommission, [T1]));
        Assert.Equal((null, world.Single().Name), (again.Error, again.Result));
        Refused(world, OperationKind.Shutdown);
    }

    [Fact]
    public void T13_bringing_back_what_is_being_decommissioned_takes_it_back_until_the_erase_was_permitted()
    {
        var world = World().Stuck(T1).Start(OperationKind.Decommission, null, T1).Run();
        Assert.Null(world.Ask(new StartOperation(OperationKind.Return, [T1])).Error);
        world.Freed(T1).Run();
        Assert.Equal(AdminState.In, world.StateOf(T1));

        var late = Erasing().Ask(new StartOperation(OperationKind.Return, [T1]));
        Assert.Equal(ErrorCode.Conflict, late.Error?.Code);
        Assert.Contains("erase", late.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void T15_T16_a_node_that_stops_or_falls_silent_stays_what_it_is()
    {
        var world = World();
        var (epoch, versions) = (world.State.Newest.Number, world.State.Versions);
        world.Ask(new RecordStop(T1, world.State.Node(T1)!.Session));
        world.Down(T1, T2).Run();
        Assert.All([T1, T2], node => Assert.Equal(AdminState.In, world.StateOf(node)));
        Assert.Equal((epoch, versions), (world.State.Newest.Number, world.State.Versions));
        Assert.Empty(world.State.Operations);
    }

    [Fact]
    public void T17_a_node_that_starts_again_keeps_its_state_and_is_in_no_operations_way()
    {
        var world = World(4).Start(OperationKind.Maintenance, null, T1).Run().Stuck(T2).Start(OperationKind.Maintenance, null, T2).Run();
        var (epoch, rebalance) = (world.State.Newest.Number, world.Single().RebalanceId);
        foreach (var node in (NodeId[])[T1, T2, Fold.Target(3)])
        {
            Assert.Null(world.Ask(Fold.Session(node, start: 2, previous: 1)).Error);
        }

        world.Run();
        Assert.Equal((AdminState.Out, AdminState.Draining, AdminState.In), (world.StateOf(T1), world.StateOf(T2), world.StateOf(Fold.Target(3))));
        Assert.Equal((epoch, rebalance), (world.State.Newest.Number, world.Single().RebalanceId));
        world.Freed(T2).Run();
        Assert.Equal(AdminState.Out, world.StateOf(T2));
    }

    /// <summary>Ends of the requests, in the order maintenance, return, shutdown, decommission, removal of the dead.</summary>
    [Theory]
    [InlineData("in", "started", "nothing", "started", "started", "PreconditionFailed")]
    [InlineData("joining", "Conflict", "Conflict", "Conflict", "started", "started")]
    [InlineData("draining", "same", "taken back", "Busy", "Busy", "PreconditionFailed")]
    [InlineData("out", "nothing", "started", "started", "started", "PreconditionFailed")]
    [InlineData("out, not clean", "started", "started", "started", "started", "PreconditionFailed")]
    [InlineData("out, off", "nothing", "Unreachable", "started", "started", "started")]
    [InlineData("erasing", "Busy", "Conflict", "Busy", "same", "PreconditionFailed")]
    public void Every_request_in_every_state_ends_as_written_down(string given, params string[] ends)
    {
        OperationKind[] kinds = [OperationKind.Maintenance, OperationKind.Return, OperationKind.Shutdown, OperationKind.Decommission, OperationKind.RemoveDead];
        foreach (var (kind, expected) in kinds.Zip(ends))
        {
            var world = given switch
            {
                "joining" => new OperationWorld(OperationWorld.Serving(3).Joined(4)),
                "draining" => World().Stuck(T1).Start(OperationKind.Maintenance, null, T1).Run(),
                "out" => World().Start(OperationKind.Maintenance, null, T1).Run(),
                "out, not clean" => World().Start(OperationKind.Maintenance, Quiet, T1).Run(),
                "out, off" => World().Start(OperationKind.Maintenance, null, T1).Run().Down(T1),
                "erasing" => Erasing(),
                _ => World(),
            };
            var node = given == "joining" ? Fold.Target(4) : T1;
            var before = world.State.Operations.Values.SingleOrDefault();
            var outcome = world.Ask(new StartOperation(kind, [node]) { Options = kind == OperationKind.RemoveDead ? Quiet : OperationOptions.None });
            var end = outcome.Error?.Code.ToString()
                ?? (outcome.Result.Length == 0 ? "nothing" : outcome.Result != before?.Name ? "started" : world.Single().Phase == OperationPhase.Cancelling ? "taken back" : "same");
            Assert.True(end == expected, $"{kind} of a node that is {given}: {end}, not {expected}: {outcome.Error?.Message}");
            Assert.True(outcome.Error is null || world.State.Operations.Values.SingleOrDefault() == before, $"{kind} of a node that is {given} was refused and changed something");
        }
    }

    private static OperationWorld Erasing()
    {
        var world = World().Start(OperationKind.Decommission, null, T1);
        for (var steps = 0; world.State.ErasePermits.IsEmpty; steps++)
        {
            Assert.True(steps < 50, "no erase was permitted");
            StepOnce(world);
        }

        return world;
    }

    private static void Refused(OperationWorld world, OperationKind kind)
    {
        var (before, running) = (world.State.Versions, world.Single());
        var refused = world.Ask(new StartOperation(kind, [T1]));
        Assert.Equal(ErrorCode.Busy, refused.Error?.Code);
        Assert.Contains($"rebalance[g{running.RebalanceId}] is running, operation {running.Name}", refused.Error!.Message, StringComparison.Ordinal);
        Assert.Equal((before, running), (world.State.Versions, world.Single()));
    }

    // What Run does in one go, one command at a time.
    private static void StepOnce(OperationWorld world)
    {
        var state = world.State;
        if (OperationPlanner.Plan(state, world.Observe()).Commands is { IsEmpty: false } commands)
        {
            Assert.Null(world.Ask(commands[0]).Error);
            return;
        }

        var lagging = state.Nodes.Values.First(entry => entry.HoldsIntegers && entry.Fenced < state.Newest.Number);
        Assert.Null(world.Ask(new MarkFenced(lagging.Id, lagging.Session, state.Newest.Number, FenceGround.Reported)).Error);
    }
}
