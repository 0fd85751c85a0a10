using Starling.Core.Errors;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Tests.Protocol.State;
using Xunit;
using static Starling.Protocol.Objects.LookResult;
using static Starling.Protocol.Objects.PlanActionKind;
using static Starling.Tests.Protocol.Objects.PlanScript;

namespace Starling.Tests.Protocol.Objects;

public class MutationPlanTests
{
    private static readonly ClusterState Converged = Fold.Serving(2);

    private static readonly ClusterState Moved = Fold.Serving(3).Move((1, AdminState.Draining)).Move((2, AdminState.Draining));

    private static readonly ClusterState Fenced = Moved.WithIntegers(1, fenced: 3, clean: 1).WithIntegers(2, fenced: 3, clean: 2);

    private static readonly StagedObject Body = new(3, "xxhash2", "bb", Durability.Durable) { ETag = "tag-bb" };

    private static PlanScript Put(Conditions? conditions = null, StagedObject? body = null, RecordKeySource? keys = null) =>
        new(new PutPlan(Fold.NameOwnedBy(Converged, (1, 1)), 1, conditions ?? Conditions.None, keys ?? new RecordKeySource(), body ?? Body), Converged, Fold.Target(1));

    private static PlanScript PutAtNewOwner(ClusterState state, Conditions? conditions = null) =>
        new(new PutPlan(Fold.NameOwnedBy(Moved, (1, 1), (2, 2), (3, 3)), 1, conditions ?? Conditions.None, new RecordKeySource(), Body), state, Fold.Target(3));

    private static PlanScript Delete(ClusterState? state = null, Conditions? conditions = null) => state is null
        ? new(new DeletePlan(Fold.NameOwnedBy(Converged, (1, 1)), 1, conditions ?? Conditions.None, new RecordKeySource()), Converged, Fold.Target(1))
        : new(new DeletePlan(Fold.NameOwnedBy(Moved, (1, 1), (2, 2), (3, 3)), 1, conditions ?? Conditions.None, new RecordKeySource()), state, Fold.Target(3));

    [Fact]
    public void B5_a_put_in_a_converged_cluster_locks_commits_answers()
    {
        var script = Put().Start(LockName).Locked(null, Commit);
        Assert.Equal(new RecordKey(1, 1, Converged.Nodes[Fold.Target(1)].SessionIndex, 1), script.Last.Key);
        Assert.Equal(1, script.Last.Version);

        script.Committed(Answer);
        Assert.Equal(new RecordHead(new RecordKey(1, 1, Converged.Nodes[Fold.Target(1)].SessionIndex, 1), false, 3, "xxhash2", "bb", 1) { ETag = "tag-bb" }, script.Last.Record);
    }

    private static PlanScript Following(ClusterState state) =>
        new(new PutPlan(Fold.NameOwnedBy(Moved, (1, 1), (2, 2), (3, 3)), 1, Conditions.None, new RecordKeySource(), Body) { FollowsTheName = true }, state, Fold.Target(1));

    [Fact]
    public void B5_a_put_whose_name_moved_follows_it_with_its_body_and_answers_what_was_committed_there()
    {
        var script = Following(Fold.Serving(3)).Start(LockName);
        script.State = Moved;
        script.Locked(null, Forward);
        Assert.Equal((Fold.Target(3), 3), (script.Last.Node, script.Last.Epoch));
        script.Expect(PlanEvent.Forwarded(script.View, Record(epoch: 3)), Answer);
        Assert.Equal((Fold.Target(3), Record(epoch: 3)), (script.Last.Node, script.Last.Record));
    }

    [Fact]
    public void B5_a_forwarded_put_that_met_another_owner_follows_again_once_the_newer_epoch_is_here()
    {
        var script = Following(Moved).Start(Forward);
        script.Expect(PlanEvent.ForwardFailed(script.View, new StoreError(ErrorCode.NotOwner, "moved")), WaitForView);
        script.State = Moved.Move((1, AdminState.In), (3, AdminState.Draining));
        script.Changed(LockName).Locked(null, WaitForView);

        var known = Following(Moved).Start(Forward);
        known.State = Moved.Move((2, AdminState.In), (3, AdminState.Draining));
        known.Expect(PlanEvent.ForwardFailed(known.View, new StoreError(ErrorCode.Stale, "newer")), Forward);
        Assert.Equal((Fold.Target(2), 4), (known.Last.Node, known.Last.Epoch));
    }

    [Fact]
    public void B5_a_forwarded_put_without_an_answer_has_an_unknown_outcome_and_a_refusal_is_passed_on()
    {
        Following(Moved).Start(Forward).Deadline(Refuse).Refused(ErrorCode.UnknownOutcome);
        var refused = Following(Moved).Start(Forward);
        refused.Expect(PlanEvent.ForwardFailed(refused.View, new StoreError(ErrorCode.OutOfSpace, "full")), Refuse).Refused(ErrorCode.OutOfSpace);
        var stray = Put().Start(LockName);
        stray.Expect(PlanEvent.Forwarded(stray.View, Record()), Refuse).Refused(ErrorCode.Internal);
    }

    [Fact]
    public void B5_an_append_commits_only_while_its_base_is_still_the_greatest()
    {
        PlanScript Append(ClusterState state, int at) =>
            new(new PutPlan(Fold.NameOwnedBy(Moved, (1, 1), (2, 2), (3, 3)), 1, Conditions.None, new RecordKeySource(), Body) { BaseKey = Record(epoch: 1).Key }, state, Fold.Target(at));

        var serving = Fold.Serving(3);
        Append(serving, 1).Start(LookUp).Looked(Record(), LockName).Locked(Record(), Commit);
        Append(serving, 1).Start(LookUp).Looked(Record(), LockName).Locked(Record(sequence: 2), Refuse).Refused(ErrorCode.Conflict);
        Append(serving, 1).Start(LookUp).Looked(null, LockName).Locked(null, Refuse).Refused(ErrorCode.Conflict);
        Append(Fenced, 3).Start(LookUp).Looked(Record(), AskCandidates).Answered(2, LookResult.Record, LockName, Record(epoch: 2)).Locked(Record(), Refuse).Refused(ErrorCode.Conflict);
        Append(Fenced, 3).Start(LookUp).Looked(Record(), AskCandidates).Answered(2, Absent, LockName).Locked(Record(), Commit);
    }

    [Fact]
    public void B2_a_candidate_with_a_newer_epoch_makes_a_conditional_put_wait_and_resolve_again()
    {
        var script = PutAtNewOwner(Fenced, Conditions.CreateIfAbsent).Start(LookUp).Looked(null, AskCandidates).Answered(2, Stale, WaitForView);
        script.State = Fenced.Move((1, AdminState.In));
        script.Changed(Redirect);
        PutAtNewOwner(Fenced, Conditions.CreateIfAbsent).Start(LookUp).Looked(null, AskCandidates).Answered(2, LookResult.Record, LockName, Tombstone(epoch: 2))
            .Answered(1, Stale, AwaitAnswers).Locked(null, Commit);
    }

    [Fact]
    public void B1_keys_grow_and_the_version_follows_the_record_under_the_lock()
    {
        var keys = new RecordKeySource();
        var first = Put(keys: keys).Start(LockName).Locked(Record(), Commit).Last;
        var second = Put(keys: keys).Start(LockName).Locked(Tombstone(), Commit).Last;

        Assert.True(second.Key > first.Key);
        Assert.Equal((5, 1), (first.Version, second.Version));
        Assert.Equal(0, Put(body: Body with { IsVersioned = false }).Start(LockName).Locked(Record(), Commit).Last.Version);
    }

    [Fact]
    public void The_same_content_is_not_written_again_unless_it_must_be()
    {
        var stored = Record(checksum: "bb");
        Assert.True(Put().Start(LockName).Locked(stored, Answer).Last.IsUnchanged);
        Put().Start(LockName).Locked(stored with { Durability = Durability.Buffered }, Commit);
        Put().Start(LockName).Locked(stored with { SizeBytes = 4 }, Commit);
        Put().Start(LockName).Locked(stored with { ChecksumType = "md5" }, Commit);
        Put().Start(LockName).Locked(stored with { IsTombstone = true }, Commit);
        Put(body: Body with { MayStayUnchanged = false }).Start(LockName).Locked(stored, Commit);
        Put(body: Body with { ChecksumValue = string.Empty }).Start(LockName).Locked(stored with { ChecksumValue = string.Empty }, Commit);
        PutAtNewOwner(Fenced).Start(LockName).Locked(Record(epoch: 1, checksum: "bb"), Commit);
        PutAtNewOwner(Fenced).Start(LockName).Locked(Record(epoch: 2, checksum: "bb"), Answer);
    }

    [Fact]
    public void B5_without_a_lease_nothing_is_committed_and_the_deadline_says_nothing_was_changed()
    {
        var script = Put();
        script.Lease = false;
        script.Start(LockName).Locked(null, WaitForView).Deadline(Refuse).Refused(ErrorCode.Unavailable);

        var renewed = Put();
        renewed.Lease = false;
        renewed.Start(LockName).Locked(null, WaitForView);
        renewed.Lease = true;
        renewed.Changed(LockName).Locked(null, Commit);
    }

    [Fact]
    public void A_damaged_record_may_be_replaced_or_deleted_but_no_condition_is_judged_by_it()
    {
        var damage = new StoreError(ErrorCode.Corrupt, "its metadata is damaged");
        foreach (var script in (PlanScript[])[Put(), Delete()])
        {
            script.Start(LockName).Expect(PlanEvent.LockedUnknown(script.View, damage), Commit).Committed(Answer);
        }

        var conditional = Put(Conditions.CreateIfAbsent).Start(LookUp);
        conditional.Expect(PlanEvent.LookFailed(conditional.View, damage), Refuse).Refused(ErrorCode.Corrupt);
        var later = Put(new Conditions([], ["tag-aa"])).Start(LookUp).Looked(null, LockName);
        later.Expect(PlanEvent.LockedUnknown(later.View, damage), Refuse).Refused(ErrorCode.Corrupt);
        var unreadable = Put().Start(LockName);
        unreadable.Expect(PlanEvent.LockedUnknown(unreadable.View, new StoreError(ErrorCode.DiskFailure, "EIO")), Refuse).Refused(ErrorCode.DiskFailure);
    }

    [Fact]
    public void B5_a_lease_that_ended_during_the_commit_makes_the_outcome_unknown()
    {
        var script = Put().Start(LockName).Locked(null, Commit);
        script.Lease = false;
        script.Committed(WaitForView).Deadline(Refuse).Refused(ErrorCode.UnknownOutcome);

        var moved = Put().Start(LockName).Locked(null, Commit);
        moved.Expect(PlanEvent.Committed(moved.View with { IsLeaseValid = false }), WaitForView);
        moved.Expect(PlanEvent.ViewChanged(moved.View with { State = Moved }), Refuse).Refused(ErrorCode.UnknownOutcome);

        var superseded = Put().Start(LockName).Locked(null, Commit);
        var late = new ObjectView(Converged, Fold.Target(1), Fold.SessionOf(Fold.Target(1), start: 7), IsLeaseValid: true);
        superseded.Expect(PlanEvent.Committed(late), Refuse).Refused(ErrorCode.UnknownOutcome);
    }

    [Fact]
    public void B5_a_lease_that_lapsed_during_the_commit_and_holds_again_in_the_same_epoch_acknowledges()
    {
        var script = Put().Start(LockName).Locked(null, Commit);
        script.Lease = false;
        script.Committed(WaitForView);
        script.Expect(PlanEvent.ViewChanged(script.View), WaitForView);
        script.Lease = true;
        script.Expect(PlanEvent.ViewChanged(script.View), Answer);
    }

    [Fact]
    public void B5_a_deadline_during_the_commit_is_an_unknown_outcome()
    {
        Put().Start(LockName).Locked(null, Commit).Deadline(Refuse).Refused(ErrorCode.UnknownOutcome);
    }

    [Fact]
    public void B5_a_failed_commit_is_answered_with_its_error()
    {
        var script = Put().Start(LockName).Locked(null, Commit);
        script.Expect(PlanEvent.CommitFailed(script.View, new StoreError(ErrorCode.OutOfSpace, "ENOSPC")), Refuse).Refused(ErrorCode.OutOfSpace);
    }

    [Fact]
    public void B5_a_name_that_moved_away_is_redirected_under_the_lock()
    {
        var script = Put().Start(LockName);
        script.State = Converged.Move((1, AdminState.Draining));
        script.Locked(null, Redirect);
        Assert.Equal((Fold.Target(2), 2), (script.Last.Node, script.Last.Epoch));
    }

    [Fact]
    public void B5_a_bucket_destroyed_meanwhile_is_refused_under_the_lock()
    {
        var script = Put().Start(LockName);
        script.State = Converged.Apply(new DestroyBucket(Fold.Bucket(), 1));
        script.Locked(null, Refuse).Refused(ErrorCode.BucketNotFound);
    }

    [Fact]
    public void B4_a_moved_name_is_held_until_every_former_owner_is_fenced()
    {
        var script = PutAtNewOwner(Moved).Start(LockName).Locked(null, WaitForView);
        Assert.Contains("target02", script.Last.Error!.Message, StringComparison.Ordinal);
        script.State = Moved.WithIntegers(2, fenced: 3, clean: 2);
        script.Changed(LockName).Locked(null, WaitForView);
        Assert.Contains("target01", script.Last.Error!.Message, StringComparison.Ordinal);
        script.State = Fenced;
        script.Changed(LockName).Locked(null, Commit);
        Assert.Equal(3, script.Last.Key.Epoch);

        PutAtNewOwner(Moved).Start(LockName).Locked(null, WaitForView).Deadline(Refuse).Refused(ErrorCode.Unavailable);
    }

    [Fact]
    public void B5_conditions_are_resolved_without_the_lock_and_checked_under_it()
    {
        Put(new Conditions(["tag-aa"], [])).Start(LookUp).Looked(Record(), LockName).Locked(Record(), Commit);
        Put(new Conditions(["tag-aa"], [])).Start(LookUp).Looked(Record(), LockName).Locked(Record(checksum: "cc", sequence: 2), Refuse).Refused(ErrorCode.PreconditionFailed);
        Put(Conditions.CreateIfAbsent).Start(LookUp).Looked(null, LockName).Locked(Record(), Refuse).Refused(ErrorCode.PreconditionFailed);
        Put(Conditions.CreateIfAbsent).Start(LookUp).Looked(null, LockName).Locked(Tombstone(), Commit);
    }

    [Fact]
    public void B7_create_if_absent_needs_the_answers_of_all_candidates()
    {
        PutAtNewOwner(Fenced, Conditions.CreateIfAbsent).Start(LookUp).Looked(null, AskCandidates)
            .Answered(2, Absent, AwaitAnswers).Answered(1, Absent, LockName).Locked(null, Commit);
        PutAtNewOwner(Fenced, Conditions.CreateIfAbsent).Start(LookUp).Looked(null, AskCandidates)
            .Answered(2, LookResult.Record, LockName, Record(epoch: 2)).Locked(null, Refuse).Refused(ErrorCode.PreconditionFailed);
        PutAtNewOwner(Fenced, Conditions.CreateIfAbsent).Start(LookUp).Looked(null, AskCandidates)
            .Answered(2, Absent, AwaitAnswers).Answered(1, Unknown, Refuse).Refused(ErrorCode.Unreachable);
    }

    [Fact]
    public void B5_an_epoch_that_moved_since_the_conditions_were_resolved_starts_over()
    {
        var script = PutAtNewOwner(Fenced, Conditions.CreateIfAbsent).Start(LookUp).Looked(null, AskCandidates).Answered(2, Absent, AwaitAnswers).Answered(1, Absent, LockName);
        script.State = Fenced.Joined(4).Move((1, AdminState.Out));
        script.Locked(null, LookUp);
    }

    [Fact]
    public void A_late_answer_under_way_to_the_lock_changes_nothing()
    {
        PutAtNewOwner(Fenced, Conditions.CreateIfAbsent).Start(LookUp).Looked(null, AskCandidates)
            .Answered(2, LookResult.Record, LockName, Tombstone(epoch: 2)).Answered(1, Unknown, AwaitAnswers).Locked(null, Commit);
    }

    [Fact]
    public void A_delete_writes_a_tombstone_that_a_converged_cluster_may_forget_at_once()
    {
        var script = Delete().Start(LockName).Locked(Record(), Commit);
        Assert.True(script.Last.IsTombstone && script.Last.MayForget);
        script.Committed(Answer);
    }

    [Fact]
    public void B7_a_delete_asks_nobody_and_says_404_only_when_nobody_can_hold_the_name()
    {
        Delete().Start(LockName).Locked(null, Refuse).Refused(ErrorCode.ObjectNotFound);
        Delete().Start(LockName).Locked(Tombstone(), Refuse).Refused(ErrorCode.ObjectNotFound);

        var moved = Delete(Fenced).Start(LockName).Locked(null, Commit);
        Assert.True(moved.Last.IsTombstone);
        Assert.False(moved.Last.MayForget);
        moved.Committed(Answer);
    }

    [Fact]
    public void B10_a_delete_of_what_a_missing_mountpath_may_hold_is_not_answered_404()
    {
        var script = Delete();
        script.State = Converged.Apply(Fold.Session(Fold.Target(1), start: 2, previous: 1) with { MountpathIds = ["target01-a"] });
        script.Start(LockName).Locked(null, Refuse).Refused(ErrorCode.Unavailable);
    }

    [Fact]
    public void B7_a_neighbour_answers_unknown_rather_than_guess()
    {
        var view = new ObjectView(Moved, Fold.Target(1), Fold.SessionOf(Fold.Target(1)), IsLeaseValid: false);

        Assert.Equal(LookResult.Record, NeighborRules.Answer(view, 3, 1, LookResult.Record, Record()));
        Assert.Equal(Absent, NeighborRules.Answer(view, 3, 1, Absent, null));
        Assert.Equal(Unknown, NeighborRules.Answer(view, 3, 1, Unknown, null));
        Assert.Equal(Unknown, NeighborRules.Answer(view, 4, 1, LookResult.Record, Record()));
        Assert.Equal(Unknown, NeighborRules.Answer(view with { Session = Fold.SessionOf(Fold.Target(1), 2) }, 3, 1, Absent, null));
    }
}
