using Starling.Core.Errors;
using Starling.Protocol.Codec;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Xunit;

namespace Starling.Tests.Protocol.State;

public class NodeCommandTests
{
    private static readonly Starling.Core.Names.NodeId T1 = Fold.Target(1);

    [Fact]
    public void A7_a_new_incarnation_with_the_recorded_mountpaths_keeps_state_and_integers()
    {
        var state = Fold.Serving(2);
        var before = state.Nodes[T1];
        var known = new KnownNode(before.Incarnation, before.Addresses, StillAnswers: false);

        var wiped = state.Apply(Fold.Admission(T1, life: 2) with { Known = known });

        Assert.Equal(before with { Incarnation = Fold.IncarnationOf(T1, 2) }, wiped.Nodes[T1]);
        Assert.Equal(state.Newest, wiped.Newest);
        Assert.Equal(ErrorCode.Conflict, wiped.Try(Fold.Session(T1, start: 2, previous: 1)).Outcome.Error?.Code);
    }

    [Fact]
    public void A8_a_newcomer_is_refused_by_both_addresses_while_the_old_one_answers()
    {
        var state = Fold.Serving(1);
        var before = state.Nodes[T1];
        var clone = Fold.Admission(T1) with { Addresses = Fold.AddressesOf(T1, "10.0.0.9"), Known = new KnownNode(before.Incarnation, before.Addresses, StillAnswers: true) };

        var error = state.Try(clone).Outcome.Error!;

        Assert.Equal(ErrorCode.Conflict, error.Code);
        Assert.Contains(before.Addresses.Control, error.Message, StringComparison.Ordinal);
        Assert.Contains(clone.Addresses.Control, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A8_a_new_address_counts_once_the_old_one_is_silent()
    {
        var state = Fold.Serving(1);
        var before = state.Nodes[T1];
        var moved = Fold.AddressesOf(T1, "10.0.0.9");
        var silent = new KnownNode(before.Incarnation, before.Addresses, StillAnswers: false);

        Assert.Equal(moved, state.Apply(new UpdateNodeAddresses(Fold.MemberOf(T1), silent, moved)).Nodes[T1].Addresses);
        Assert.Equal(ErrorCode.Conflict, state.Try(new UpdateNodeAddresses(Fold.MemberOf(T1), silent with { StillAnswers = true }, moved)).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Conflict, state.Try(new UpdateNodeAddresses(Fold.MemberOf(T1, life: 2), silent, moved)).Outcome.Error?.Code);
    }

    [Fact]
    public void A11_what_was_observed_of_a_member_that_changed_since_does_not_count()
    {
        var state = Fold.Serving(1);
        var stale = new KnownNode(Fold.IncarnationOf(T1, 9), state.Nodes[T1].Addresses, StillAnswers: false);

        Assert.Equal(ErrorCode.Conflict, state.Try(Fold.Admission(T1, life: 2) with { Known = stale }).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Conflict, state.Try(Fold.Admission(T1, life: 2)).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Conflict, state.Try(Fold.Admission(Fold.Target(5)) with { Known = stale }).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Conflict, Fold.Active(1).Joined(2).Try(new ActivateTargets(0, [new ReadyTarget(Fold.Target(2), Fold.SessionOf(Fold.Target(2)))])).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Conflict, Fold.Active(1).Joined(2).Try(new ActivateTargets(1, [new ReadyTarget(Fold.Target(2), Fold.SessionOf(Fold.Target(2), 2))])).Outcome.Error?.Code);
    }

    [Fact]
    public void An_id_keeps_its_role_for_ever()
    {
        var error = Fold.Serving(1).Try(Fold.Admission(Fold.Gateway(1))).Outcome.Error!;
        Assert.Contains("is a gateway", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void B3_the_index_of_a_session_is_that_of_its_entry()
    {
        var state = Fold.Formed().Apply(Fold.Admission(T1));
        var (next, outcome) = state.Try(Fold.Session(T1));

        Assert.Equal(next.AppliedIndex, next.Nodes[T1].SessionIndex);
        Assert.Equal(next.AppliedIndex.ToString(System.Globalization.CultureInfo.InvariantCulture), outcome.Result);

        var (again, second) = next.Try(Fold.Session(T1));
        Assert.Equal(outcome.Result, second.Result);
        Assert.Equal(next.Nodes[T1], again.Nodes[T1]);
    }

    [Fact]
    public void B3_a_new_session_replaces_the_old_one_at_once_only_if_that_is_known_to_be_over()
    {
        var state = Fold.Serving(1);
        var sameLocks = Fold.Session(T1, start: 2, previous: 1);
        var otherLocks = sameLocks with { LockFiles = [new LockFile(8, 1)] };

        Assert.Null(state.Try(sameLocks).Outcome.Error);
        Assert.Equal(ErrorCode.Unavailable, state.Try(otherLocks).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Unavailable, state.Try(sameLocks with { HostBootId = "boot-2" }).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Unavailable, state.Try(sameLocks with { LockFiles = [] }).Outcome.Error?.Code);
        Assert.Null(state.Try(otherLocks with { PreviousEnd = PreviousSessionEnd.LeaseLapsed }).Outcome.Error);
        Assert.Null(state.Try(otherLocks with { PreviousEnd = PreviousSessionEnd.Attested }).Outcome.Error);
        Assert.Null(state.Apply(new RecordStop(T1, Fold.SessionOf(T1))).Try(otherLocks).Outcome.Error);
    }

    [Fact]
    public void B3_two_starts_at_once_the_second_saw_a_session_that_is_no_longer_the_committed_one()
    {
        var state = Fold.Serving(1).Apply(Fold.Session(T1, start: 2, previous: 1));
        Assert.Equal(ErrorCode.Conflict, state.Try(Fold.Session(T1, start: 3, previous: 1)).Outcome.Error?.Code);
    }

    [Fact]
    public void B3_a_superseded_session_neither_stops_nor_fences_nor_cleans()
    {
        var state = Fold.Serving(1).Apply(Fold.Session(T1, start: 2, previous: 1));
        var old = Fold.SessionOf(T1);

        Assert.Equal(ErrorCode.Conflict, state.Try(new RecordStop(T1, old)).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Conflict, state.Try(new MarkFenced(T1, old, 1, FenceGround.Reported)).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Conflict, state.Try(new MarkClean(T1, old, 1)).Outcome.Error?.Code);
    }

    [Fact]
    public void B10_a_session_without_a_recorded_mountpath_says_which_one_is_lost()
    {
        var state = Fold.Serving(1).Apply(Fold.Session(T1, start: 2, previous: 1) with { MountpathIds = ["new", "target01-b"] });

        Assert.Equal(["new", "target01-a", "target01-b"], state.Nodes[T1].MountpathIds.ToArray());
        Assert.Equal(["target01-a"], state.Nodes[T1].LostMountpathIds.ToArray());

        var back = state.Apply(Fold.Session(T1, start: 3, previous: 2) with { MountpathIds = ["new", "target01-a", "target01-b"] });
        Assert.Empty(back.Nodes[T1].LostMountpathIds);
    }

    [Fact]
    public void B10_a_target_that_holds_nothing_may_come_with_other_disks()
    {
        var state = Fold.Formed().Joined(1).Apply(Fold.Session(T1, start: 2, previous: 1) with { MountpathIds = ["other"] });
        Assert.Equal(["other"], state.Nodes[T1].MountpathIds.ToArray());
        Assert.Empty(state.Nodes[T1].LostMountpathIds);
    }

    [Fact]
    public void A15_A16_a_restart_changes_neither_membership_nor_placement()
    {
        var state = Fold.Serving(3).Lead(Fold.Gateway(1), term: 1);
        var restarted = state.Apply(new RecordStop(T1, Fold.SessionOf(T1))).Apply(Fold.Session(T1, start: 2, previous: 1));
        var crashed = restarted.Apply(Fold.Session(T1, start: 3, previous: 2));

        foreach (var after in new[] { restarted, crashed })
        {
            Assert.Equal(state.Epochs, after.Epochs);
            Assert.Equal(state.Voters, after.Voters);
            Assert.Equal(state.Versions, after.Versions);
            Assert.Equal(state.Nodes.Keys, after.Nodes.Keys);
            Assert.Equal(state.Nodes.Values.Select(n => (n.State, n.Fenced, n.Clean, n.Member)), after.Nodes.Values.Select(n => (n.State, n.Fenced, n.Clean, n.Member)));
        }
    }

    [Fact]
    public void B4_a_fence_never_goes_down_and_never_passes_the_newest_epoch()
    {
        var state = Fold.Active(2);
        state = state.Apply(Fold.Admission(Fold.Target(3))).Apply(Fold.Session(Fold.Target(3)));
        state = state.Apply(Fold.Activation(state, 3));
        var session = Fold.SessionOf(T1);

        Assert.Equal((1, 2), (state.Nodes[T1].Fenced, state.Nodes[T1].Clean));
        var fenced = state.Apply(new MarkFenced(T1, session, 2, FenceGround.LeaseLapsed));
        Assert.Equal(2, fenced.Nodes[T1].Fenced);
        Assert.Equal(2, fenced.Apply(new MarkFenced(T1, session, 1, FenceGround.Reported)).Nodes[T1].Fenced);
        Assert.Equal(ErrorCode.Conflict, fenced.Try(new MarkFenced(T1, session, 3, FenceGround.Reported)).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Conflict, fenced.Try(new MarkFenced(Fold.Gateway(1), SessionId.None, 1, FenceGround.Reported)).Outcome.Error?.Code);
    }

    [Fact]
    public void A_command_for_a_stranger_is_refused_by_name()
    {
        var stranger = Fold.Target(9);
        var error = Fold.Serving(1).Try(Fold.Session(stranger)).Outcome.Error!;
        Assert.Equal(ErrorCode.NodeNotFound, error.Code);
        Assert.Contains("target09", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_admission_of_the_same_process_changes_nothing()
    {
        var state = Fold.Serving(1);
        var (after, outcome) = state.Try(Fold.Admission(T1));
        Assert.Null(outcome.Error);
        Assert.Equal(StateCodec.Encode(state with { AppliedIndex = after.AppliedIndex }), StateCodec.Encode(after));
    }
}
