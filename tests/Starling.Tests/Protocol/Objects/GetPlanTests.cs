using Starling.Core.Errors;
using Starling.Protocol.Objects;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Tests.Protocol.State;
using Xunit;
using static Starling.Protocol.Objects.LookResult;
using static Starling.Protocol.Objects.PlanActionKind;
using static Starling.Tests.Protocol.Objects.PlanScript;

namespace Starling.Tests.Protocol.Objects;

public class GetPlanTests
{
    private static readonly ClusterState Converged = Fold.Serving(2);

    /// <summary>The name lay on target 1, moved to 2 at epoch 2, to 3 at epoch 3; nobody is clean yet.</summary>
    private static readonly ClusterState Moved = Fold.Serving(3).Move((1, AdminState.Draining)).Move((2, AdminState.Draining));

    private static PlanScript AtOwner(Conditions? conditions = null, bool refuseStale = false) =>
        new(new GetPlan(Fold.NameOwnedBy(Converged, (1, 1)), 1, conditions ?? Conditions.None, refuseStale), Converged, Fold.Target(1));

    private static PlanScript AtNewOwner() =>
        new(new GetPlan(Fold.NameOwnedBy(Moved, (1, 1), (2, 2), (3, 3)), 1, Conditions.None), Moved, Fold.Target(3));

    [Fact]
    public void A_hit_in_a_converged_cluster_is_one_look()
    {
        var script = AtOwner().Start(LookUp).Looked(Record(), Answer);
        Assert.Equal(Record(), script.Last.Record);
        Assert.Equal(Fold.Target(1), script.Last.Node);
        Assert.False(script.Last.MayBeStale);
    }

    [Fact]
    public void A_miss_under_a_lease_is_not_found()
    {
        AtOwner().Start(LookUp).Looked(null, Refuse).Refused(ErrorCode.ObjectNotFound);
        AtOwner().Start(LookUp).Looked(Tombstone(), Refuse).Refused(ErrorCode.ObjectNotFound);
        AtOwner().Start(LookUp).Looked(Record(bucketId: 7), Refuse).Refused(ErrorCode.ObjectNotFound);
    }

    [Fact]
    public void B3_a_hit_without_a_lease_is_marked_or_refused_and_a_miss_waits()
    {
        var marked = AtOwner();
        marked.Lease = false;
        Assert.True(marked.Start(LookUp).Looked(Record(), Answer).Last.MayBeStale);

        var refused = AtOwner(refuseStale: true);
        refused.Lease = false;
        refused.Start(LookUp).Looked(Record(), WaitForView).Deadline(Refuse).Refused(ErrorCode.Unavailable);

        var miss = AtOwner();
        miss.Lease = false;
        miss.Start(LookUp).Looked(null, WaitForView);
        miss.Lease = true;
        miss.Changed(LookUp).Looked(null, Refuse).Refused(ErrorCode.ObjectNotFound);
    }

    [Fact]
    public void B3_an_epoch_that_moved_during_the_look_starts_over_for_hits_too()
    {
        var script = AtOwner().Start(LookUp);
        script.State = Converged.Move((2, AdminState.Draining));
        script.Looked(Record(), LookUp).Looked(Record(), Answer);
    }

    [Fact]
    public void B3_before_its_own_session_is_applied_a_target_waits()
    {
        var name = Fold.NameOwnedBy(Converged, (1, 1));
        var plan = new GetPlan(name, 1, Conditions.None);
        var stranger = new ObjectView(Converged, Fold.Target(1), Fold.SessionOf(Fold.Target(1), start: 2), IsLeaseValid: true);
        Assert.Equal(WaitForView, plan.Next(PlanEvent.Started(stranger)).Kind);
    }

    [Fact]
    public void Another_owner_gets_a_redirect_with_the_epoch()
    {
        var script = new PlanScript(new GetPlan(Fold.NameOwnedBy(Converged, (1, 1)), 1, Conditions.None), Converged, Fold.Target(2)).Start(Redirect);
        Assert.Equal((Fold.Target(1), 1), (script.Last.Node, script.Last.Epoch));
    }

    [Fact]
    public void B12_a_retired_bucket_is_gone_and_an_unknown_one_is_waited_for()
    {
        var script = AtOwner();
        script.State = Converged.Apply(new DestroyBucket(Fold.Bucket(), 1));
        script.Start(Refuse).Refused(ErrorCode.BucketNotFound);
        new PlanScript(new GetPlan(Fold.NameOwnedBy(Converged, (1, 1)), 2, Conditions.None), Converged, Fold.Target(1)).Start(WaitForView);
    }

    [Fact]
    public void B7_candidates_are_asked_newest_first_and_404_needs_all_of_them_and_a_second_look()
    {
        var script = AtNewOwner().Start(LookUp).Looked(null, AskCandidates);
        Assert.Equal([Fold.Target(2), Fold.Target(1)], script.Last.Nodes.ToArray());
        script.Answered(1, Absent, AwaitAnswers).Answered(2, Absent, LookUp).Looked(null, Refuse).Refused(ErrorCode.ObjectNotFound);
    }

    [Fact]
    public void B7_a_loss_declared_since_the_candidates_answered_starts_over_their_leftovers_may_be_live_now()
    {
        var script = AtNewOwner().Start(LookUp).Looked(null, AskCandidates).Answered(1, Absent, AwaitAnswers).Answered(2, Absent, LookUp);
        script.State = script.State with { Losses = script.State.Losses.SetItem(Fold.Target(3), new DeclaredLoss(Fold.Target(3), 40, 3, ["target03-b"], "admin")) };
        script.Looked(null, LookUp).Looked(null, AskCandidates).Answered(1, Absent, AwaitAnswers).Answered(2, LookResult.Record, LookUp, Record(epoch: 2)).Looked(null, Answer);
    }

    [Fact]
    public void B7_a_record_of_the_last_owner_needs_no_other_answer()
    {
        var script = AtNewOwner().Start(LookUp).Looked(null, AskCandidates).Answered(2, LookResult.Record, LookUp, Record(epoch: 2)).Looked(null, Answer);
        Assert.Equal((Fold.Target(2), 2), (script.Last.Node, script.Last.Record!.Key.Epoch));
    }

    [Fact]
    public void B7_an_older_record_waits_for_the_owners_in_between()
    {
        var script = AtNewOwner().Start(LookUp).Looked(null, AskCandidates).Answered(1, LookResult.Record, AwaitAnswers, Record(epoch: 1));
        script.Answered(2, Absent, LookUp).Looked(null, Answer);
        Assert.Equal(Fold.Target(1), script.Last.Node);
    }

    [Fact]
    public void B7_silence_of_one_that_matters_is_503_never_404()
    {
        var script = AtNewOwner().Start(LookUp).Looked(null, AskCandidates).Answered(2, Absent, AwaitAnswers).Answered(1, Unknown, Refuse).Refused(ErrorCode.Unreachable);
        Assert.Contains("target01", script.Last.Error!.Message, StringComparison.Ordinal);
        Assert.NotNull(script.Last.Error.RetryAfterMs);
    }

    [Fact]
    public void B7_silence_of_one_that_does_not_matter_any_more_is_ignored()
    {
        var script = AtNewOwner().Start(LookUp).Looked(null, AskCandidates);
        script.Answered(1, Unknown, AwaitAnswers).Answered(2, LookResult.Record, LookUp, Record(epoch: 2)).Looked(null, Answer);
    }

    [Fact]
    public void B7_a_tombstone_with_a_greater_key_hides_every_older_copy()
    {
        AtNewOwner().Start(LookUp).Looked(Record(epoch: 1), AskCandidates).Answered(2, LookResult.Record, LookUp, Tombstone(epoch: 2))
            .Looked(Record(epoch: 1), Refuse).Refused(ErrorCode.ObjectNotFound);
    }

    [Fact]
    public void B7_a_local_record_that_changed_between_the_looks_starts_over()
    {
        AtNewOwner().Start(LookUp).Looked(null, AskCandidates).Answered(2, Absent, AwaitAnswers).Answered(1, Absent, LookUp)
            .Looked(Record(epoch: 3), LookUp).Looked(Record(epoch: 3), Answer);
    }

    [Fact]
    public void B7_a_clean_that_was_applied_between_the_looks_starts_over()
    {
        var script = AtNewOwner().Start(LookUp).Looked(null, AskCandidates).Answered(2, LookResult.Record, LookUp, Record(epoch: 2));
        script.State = Moved.WithIntegers(2, fenced: 3, clean: 3);
        script.Looked(null, LookUp).Looked(null, AskCandidates);
        Assert.Equal([Fold.Target(1)], script.Last.Nodes.ToArray());
    }

    [Fact]
    public void B12_a_candidate_that_knows_of_the_buckets_destruction_makes_the_read_wait_for_it()
    {
        var destroyed = Moved.Apply(new DestroyBucket(Fold.Bucket(), 1));
        var script = AtNewOwner().Start(LookUp).Looked(Record(), AskCandidates).Answered(2, Stale, WaitForView);
        script.State = destroyed;
        script.Changed(Refuse).Refused(ErrorCode.BucketNotFound);

        var already = AtNewOwner().Start(LookUp).Looked(Record(), AskCandidates);
        already.State = destroyed;
        already.Answered(2, Stale, Refuse).Refused(ErrorCode.BucketNotFound);
    }

    [Fact]
    public void B2_a_candidate_with_a_newer_epoch_makes_the_read_wait_for_it_and_start_over()
    {
        var script = AtNewOwner().Start(LookUp).Looked(null, AskCandidates).Answered(2, Absent, AwaitAnswers).Answered(1, Stale, WaitForView);
        script.Answered(1, Absent, AwaitAnswers);
        script.State = Moved.Move((1, AdminState.In));
        script.Changed(Redirect);

        var already = AtNewOwner().Start(LookUp).Looked(null, AskCandidates);
        already.State = Moved.Move((1, AdminState.In));
        already.Answered(2, Stale, Redirect);
        AtNewOwner().Start(LookUp).Looked(null, AskCandidates).Answered(1, Stale, WaitForView).Deadline(Refuse).Refused(ErrorCode.Unavailable);
    }

    [Fact]
    public void B7_an_answer_of_an_earlier_round_of_questions_does_not_count()
    {
        var script = AtNewOwner().Start(LookUp).Looked(null, AskCandidates);
        Assert.Equal(1, script.Last.Round);
        script.Answered(2, Absent, AwaitAnswers).Answered(1, Absent, LookUp).Looked(Record(epoch: 1), LookUp).Looked(Record(epoch: 1), AskCandidates);
        Assert.Equal(2, script.Last.Round);
        script.Expect(PlanEvent.Answered(script.View, Fold.Target(2), Absent, round: 1), AwaitAnswers);
        script.Expect(PlanEvent.Answered(script.View, Fold.Target(2), LookResult.Record, Record(epoch: 2), round: 2), LookUp);
    }

    [Fact]
    public void B7_bytes_that_cannot_be_had_any_more_start_the_read_over()
    {
        var script = AtNewOwner().Start(LookUp).Looked(null, AskCandidates).Answered(2, LookResult.Record, LookUp, Record(epoch: 2)).Looked(null, Answer);
        script.Expect(PlanEvent.ContentGone(script.View), LookUp).Looked(Record(epoch: 3), Answer);
        Assert.Equal(Fold.Target(3), script.Last.Node);
    }

    [Fact]
    public void B8_a_look_counts_a_leftover_by_the_view_that_the_plan_decides_by()
    {
        var leftover = new LocalRecord(Record(), new HandOver(1, Fold.Target(2), IsVerified: false));
        var script = AtOwner().Start(LookUp);
        script.Expect(PlanEvent.LookedAt(script.View, leftover), Refuse).Refused(ErrorCode.ObjectNotFound);
        var lost = AtOwner().Start(LookUp);
        lost.State = Rebalance.TransferScript.Lose(Converged, 2, 1);
        lost.Expect(PlanEvent.LookedAt(lost.View, leftover), Answer);
        Assert.Null(PlanEvent.LockedAt(script.View, leftover).Record);
        Assert.Equal(Record(), PlanEvent.LockedAt(lost.View, leftover).Record);
    }

    [Fact]
    public void B7_the_promised_bytes_may_come_from_the_very_record_even_if_it_is_a_leftover_by_now()
    {
        var leftover = new LocalRecord(Record(), new HandOver(2, Fold.Target(2), IsVerified: false));
        Assert.True(NeighborRules.MaySend(new LocalRecord(Record()), Record().Key));
        Assert.True(NeighborRules.MaySend(leftover, Record().Key));
        Assert.False(NeighborRules.MaySend(new LocalRecord(Record(sequence: 2)), Record().Key));
        Assert.False(NeighborRules.MaySend(new LocalRecord(Tombstone()), Tombstone().Key));
        Assert.False(NeighborRules.MaySend(null, Record().Key));
    }

    [Fact]
    public void B7_a_late_answer_changes_nothing()
    {
        AtNewOwner().Start(LookUp).Looked(null, AskCandidates).Answered(2, LookResult.Record, LookUp, Record(epoch: 2))
            .Answered(1, LookResult.Record, AwaitAnswers, Record(epoch: 1)).Looked(null, Answer);
    }

    [Fact]
    public void B10_absent_is_unknown_while_a_mountpath_is_missing()
    {
        var script = AtOwner();
        script.State = Converged.Apply(Fold.Session(Fold.Target(1), start: 2, previous: 1) with { MountpathIds = ["target01-a"] });
        script.Start(LookUp).Looked(null, Refuse).Refused(ErrorCode.Unavailable);
    }

    [Fact]
    public void A_look_that_fails_is_never_not_found()
    {
        var script = AtOwner().Start(LookUp);
        script.Expect(PlanEvent.LookFailed(script.View, new StoreError(ErrorCode.DiskFailure, "EIO")), Refuse).Refused(ErrorCode.DiskFailure);
    }

    [Fact]
    public void Conditions_of_a_read()
    {
        AtOwner(new Conditions(["tag-aa"], [])).Start(LookUp).Looked(Record(), Answer);
        AtOwner(new Conditions(["other"], [])).Start(LookUp).Looked(Record(), Refuse).Refused(ErrorCode.PreconditionFailed);
        Assert.True(AtOwner(new Conditions([], ["tag-aa"])).Start(LookUp).Looked(Record(), Answer).Last.IsNotModified);
        Assert.False(AtOwner(new Conditions([], ["other"])).Start(LookUp).Looked(Record(), Answer).Last.IsNotModified);
        AtOwner(new Conditions(["*"], [])).Start(LookUp).Looked(null, Refuse).Refused(ErrorCode.ObjectNotFound);
    }

    [Fact]
    public void An_event_that_nobody_asked_for_is_refused_not_thrown()
    {
        AtOwner().Committed(Refuse).Refused(ErrorCode.Internal);
    }
}
