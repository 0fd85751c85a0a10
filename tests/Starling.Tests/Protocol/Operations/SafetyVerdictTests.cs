using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Operations;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Operations;

public class SafetyVerdictTests
{
    private static readonly NodeId T1 = Fold.Target(1);
    private static readonly NodeId T2 = Fold.Target(2);
    private static readonly NodeId T3 = Fold.Target(3);

    private static OperationWorld Drained() => new OperationWorld(OperationWorld.Serving(4)).Start(OperationKind.Maintenance, null, T1).Run();

    private static SafetyVerdict Of(OperationWorld world, NodeId node) => SafetyVerdict.Of(world.State, node, world.Observe().Hearing());

    [Fact]
    public void A20_safe_when_inactive_fenced_clean_without_a_vote_and_everybody_who_verified_is_heard()
    {
        var world = Drained();
        Assert.Equal(SafetyVerdict.Safe, Of(world, T1));
        Assert.Equal(Safety.Unsafe, Of(world, T2).Safety);
    }

    [Fact]
    public void A20_each_condition_alone_makes_it_unsafe_and_is_named()
    {
        var state = Drained().State;
        var hearing = Drained().Observe().Hearing();
        string Reason(ClusterState s, Hearing? h = null)
        {
            var verdict = SafetyVerdict.Of(s, T1, h ?? hearing);
            Assert.Equal(Safety.Unsafe, verdict.Safety);
            Assert.Contains(T1, verdict.Names);
            return string.Join("; ", verdict.Reasons);
        }

        ClusterState With(Func<NodeEntry, NodeEntry> change) => state with { Nodes = state.Nodes.SetItem(T1, change(state.Nodes[T1])) };
        var newest = state.Newest.Number;
        Assert.Contains("may still commit", Reason(With(n => n with { Fenced = newest - 1 })), StringComparison.Ordinal);
        Assert.Contains("clean as of epoch", Reason(With(n => n with { Clean = newest - 1 })), StringComparison.Ordinal);
        Assert.Contains("misses mountpaths", Reason(With(n => n with { LostMountpathIds = n.MountpathIds })), StringComparison.Ordinal);
        Assert.Contains("in service", Reason(With(n => n with { State = AdminState.In })), StringComparison.Ordinal);
        Assert.Contains("votes", Reason(state, hearing with { Voters = new VoterSet([Fold.MemberOf(T1)]) }), StringComparison.Ordinal);
    }

    [Fact]
    public void A20_a_receiver_that_is_silent_or_is_another_process_makes_it_unknown_by_name()
    {
        var world = Drained().Down(T2);
        var verdict = Of(world, T1);
        Assert.Equal((Safety.Unknown, T2), (verdict.Safety, Assert.Single(verdict.Names)));

        var hearing = Drained().Observe().Hearing();
        var other = hearing with { Heard = hearing.Heard.SetItem(T3, Fold.SessionOf(T3, 9)) };
        Assert.Equal([T3], SafetyVerdict.Of(Drained().State, T1, other).Names.ToArray());
    }

    [Fact]
    public void A20_a_receiver_with_other_mountpaths_makes_it_unsafe_until_they_are_back()
    {
        var world = Drained();
        world.Ask(Fold.Session(T2, start: 2, previous: 1) with { MountpathIds = [$"{T2}-a"] });
        Assert.Equal(Safety.Unsafe, Of(world, T1).Safety);
        Assert.Contains("other mountpaths", Of(world, T1).Reasons[0], StringComparison.Ordinal);

        world.Ask(Fold.Session(T2, start: 3, previous: 2));
        Assert.Equal(Safety.Safe, Of(world, T1).Safety);

        // One disk more takes nothing away, but the ids are not those of then: it is not called safe for it.
        world.Ask(Fold.Session(T2, start: 4, previous: 3) with { MountpathIds = [$"{T2}-a", $"{T2}-b", $"{T2}-c"] });
        Assert.NotEqual(Safety.Safe, Of(world, T1).Safety);
    }

    [Fact]
    public void A20_a_receiver_that_has_itself_been_drained_clean_since_need_not_be_heard()
    {
        var world = Drained().Start(OperationKind.Maintenance, null, T2).Run();
        Assert.Equal(AdminState.Out, world.StateOf(T2));
        world.Down(T2);
        Assert.Equal(Safety.Safe, Of(world, T1).Safety);

        // It is gone for good: it was clean when it went.
        world.Up(T2).Start(OperationKind.Decommission, null, T2).Run();
        Assert.Null(world.State.Node(T2));
        Assert.Equal(Safety.Safe, Of(world, T1).Safety);
    }

    [Fact]
    public void A20_a_receiver_that_went_without_rebalance_still_has_to_be_heard()
    {
        var world = Drained().Start(OperationKind.Maintenance, new OperationOptions { NoRebalance = true }, T2).Run();
        Assert.Equal(Safety.Safe, Of(world, T1).Safety);
        Assert.Equal(Safety.Unknown, Of(world.Down(T2), T1).Safety);
    }

    [Fact]
    public void A20_a_receiver_that_was_declared_lost_makes_it_unsafe_even_when_it_is_no_member_any_more()
    {
        var world = Drained().Down(T1).Down(T2).Start(OperationKind.RemoveDead, new OperationOptions { NoRebalance = true }, T2).Run();
        Assert.Null(world.State.Node(T2));
        var verdict = Of(world, T1);
        Assert.Equal(Safety.Unsafe, verdict.Safety);
        Assert.Contains("declared lost since", verdict.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A20_nothing_is_called_safe_before_every_member_knows_operations_or_of_a_stranger()
    {
        var state = Fold.Serving(3).Move((1, AdminState.Out));
        Assert.Equal(Safety.Unknown, SafetyVerdict.Of(state.WithIntegers(1, 2, 2), T1, new Hearing(state.Voters, Drained().Observe().Hearing().Heard)).Safety);
        Assert.Equal(Safety.Unknown, Of(Drained(), Fold.Target(9)).Safety);
        Assert.Equal(Safety.Unknown, SafetyVerdict.NoLeader.Safety);
    }

    [Fact]
    public void A_pass_records_who_verified_only_for_targets_outside_of_placement()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Start(OperationKind.Rebalance, null).Run();
        Assert.All(world.State.Nodes.Values, n => Assert.Empty(n.VerifiedBy));
        Assert.Equal([T2, T3, Fold.Target(4)], Drained().State.Node(T1)!.VerifiedBy.Select(r => r.Id));
    }
}
