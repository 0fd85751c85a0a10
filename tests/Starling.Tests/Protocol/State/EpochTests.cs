using Starling.Core.Errors;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Xunit;

namespace Starling.Tests.Protocol.State;

public class EpochTests
{
    [Fact]
    public void B0_all_that_are_ready_go_in_by_one_epoch()
    {
        var joined = Fold.Formed().Joined(1, 2, 3);
        var state = joined.Apply(Fold.Activation(joined, 1, 2, 3));

        Assert.Equal(1, state.Newest.Number);
        Assert.Equal([Fold.Target(1), Fold.Target(2), Fold.Target(3)], state.Newest.Targets.ToArray());
        Assert.True(state.IsConverged);
        Assert.All(state.Nodes.Values.Where(n => n.Role == Starling.Protocol.Identity.NodeRole.Target), n => Assert.Equal((1, 1), (n.Fenced, n.Clean)));
        Assert.Equal(joined.Versions with { Smap = joined.Versions.Smap + 1, Rmd = joined.Versions.Rmd + 1 }, state.Versions);
    }

    [Fact]
    public void B0_targets_go_in_only_while_no_bucket_was_ever_created_and_the_refusal_says_so()
    {
        var served = Fold.Serving(1);
        var empty = served.Apply(new DestroyBucket(Fold.Bucket(), 1)).Joined(2);

        var error = empty.Try(Fold.Activation(empty, 2)).Outcome.Error!;

        Assert.Equal(ErrorCode.Unavailable, error.Code);
        Assert.Contains("buckets have been created", error.Message, StringComparison.Ordinal);
        Assert.Equal(AdminState.Joining, empty.Nodes[Fold.Target(2)].State);
    }

    [Fact]
    public void B0_a_target_that_is_not_ready_keeps_the_whole_command_out()
    {
        var state = Fold.Formed().Joined(1).Apply(Fold.Admission(Fold.Target(2)));
        Assert.Equal(ErrorCode.Conflict, state.Try(Fold.Activation(state, 1, 2)).Outcome.Error?.Code);

        var noDisks = state.Apply(Fold.Session(Fold.Target(2)) with { MountpathIds = [] });
        Assert.Contains("no mountpaths", noDisks.Try(Fold.Activation(noDisks, 1, 2)).Outcome.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.Conflict, state.Try(Fold.Activation(state, 1) with { SeenEpoch = 7 }).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Invalid, state.Try(Fold.Activation(state)).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Invalid, state.Try(Fold.Activation(state, 1, 1)).Outcome.Error?.Code);
    }

    [Fact]
    public void B0_before_the_first_bucket_everybody_stays_clean()
    {
        var state = Fold.Active(2).Joined(3);
        state = state.Apply(Fold.Activation(state, 3));

        Assert.True(state.IsConverged);
        Assert.Equal(2, state.Base);
        Assert.All([1, 2, 3], n => Assert.Equal(2, state.Nodes[Fold.Target(n)].Clean));
    }

    [Fact]
    public void B0_who_stays_while_others_leave_stays_clean_and_who_leaves_does_not()
    {
        var state = Fold.Serving(3).Move((1, AdminState.Draining));

        Assert.Equal(2, state.Newest.Number);
        Assert.Equal(1, state.Nodes[Fold.Target(1)].Clean);
        Assert.Equal(2, state.Nodes[Fold.Target(2)].Clean);
        Assert.Equal(2, state.Nodes[Fold.Target(3)].Clean);
        Assert.Equal(1, state.Nodes[Fold.Target(1)].Fenced);
        Assert.Equal(1, state.Base);
    }

    [Fact]
    public void B0_who_comes_back_with_others_unchanged_leaves_the_others_with_names_to_hand_over()
    {
        var state = Fold.Serving(3).Move((1, AdminState.Draining)).Move((1, AdminState.In));

        // Target 1 was active in 1 with the same set, inactive in 2: nothing of it is out of place. 2 and 3 took names of it in 2.
        Assert.Equal((1, 3), (state.Nodes[Fold.Target(1)].Fenced, state.Nodes[Fold.Target(1)].Clean));
        Assert.Equal(2, state.Nodes[Fold.Target(2)].Clean);
        Assert.Equal(2, state.Nodes[Fold.Target(3)].Clean);
        Assert.Equal(2, state.Base);
        Assert.Equal([2L, 3L], state.Epochs.Select(e => e.Number));
    }

    [Fact]
    public void B0_a_changed_weight_ends_the_shortcut()
    {
        var state = Fold.Serving(3);
        var heavier = state with { Nodes = state.Nodes.SetItem(Fold.Target(2), state.Nodes[Fold.Target(2)] with { Weight = 2 }) };
        var moved = heavier.Move((1, AdminState.Draining));

        Assert.Equal(1, moved.Nodes[Fold.Target(2)].Clean);
        Assert.Equal(1, moved.Nodes[Fold.Target(3)].Clean);
    }

    [Fact]
    public void B0_who_is_inactive_since_its_fence_is_fenced_by_every_new_epoch()
    {
        var state = Fold.Serving(3).Move((1, AdminState.Draining)).WithIntegers(1, fenced: 2, clean: 1).Move((2, AdminState.Out));

        Assert.Equal(3, state.Nodes[Fold.Target(1)].Fenced);
        Assert.Equal(1, state.Nodes[Fold.Target(2)].Fenced);
    }

    [Fact]
    public void B0_the_chain_reaches_back_to_the_least_clean_target_absent_ones_included()
    {
        var state = Fold.Serving(3).Move((1, AdminState.Out)).Move((2, AdminState.Out));
        Assert.Equal([1L, 2L, 3L], state.Epochs.Select(e => e.Number));

        var oneClean = state.WithIntegers(1, fenced: 3, clean: 3);
        Assert.Equal([2L, 3L], oneClean.Epochs.Select(e => e.Number));
        Assert.Equal([3L], oneClean.WithIntegers(2, fenced: 3, clean: 3).Epochs.Select(e => e.Number));
    }

    [Fact]
    public void B9_a_target_is_marked_clean_only_when_fenced_there_and_with_all_its_disks()
    {
        var state = Fold.Serving(2).Move((1, AdminState.Draining));
        var session = Fold.SessionOf(Fold.Target(1));

        Assert.Contains("fenced", state.Try(new MarkClean(Fold.Target(1), session, 2)).Outcome.Error!.Message, StringComparison.Ordinal);
        var clean = state.Apply(new MarkFenced(Fold.Target(1), session, 2, FenceGround.Reported)).Apply(new MarkClean(Fold.Target(1), session, 2));
        Assert.True(clean.IsConverged);
        Assert.Equal(ErrorCode.Conflict, clean.Try(new MarkClean(Fold.Target(1), session, 9)).Outcome.Error?.Code);
    }
}
