using Starling.Core.Errors;
using Starling.Protocol.Identity;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Tests.Protocol.State;
using Xunit;
using static Starling.Protocol.Rebalance.TransferActionKind;
using static Starling.Tests.Protocol.Objects.PlanScript;
using static Starling.Tests.Protocol.Rebalance.TransferScript;

namespace Starling.Tests.Protocol.Rebalance;

public class VerifyPlanTests
{
    private static TransferScript Asked(ClusterState? state = null, int at = 2, long epoch = 2, long index = 0, RecordHead? item = null) =>
        new(new VerifyItemPlan(VerifyItem.Of(Name, item ?? Record()), epoch, index), state ?? Moved, at);

    private static TransferScript Asking(VerifyAnswer? answer, LocalRecord? leftover = null, ClusterState? state = null) =>
        new(new VerifyMarkPlan(Name, leftover ?? Leftover(Record()), answer), state ?? Moved, 1);

    private static VerifyAnswer Says(VerifyVerdict verdict, long epoch = 2) => new(verdict, epoch);

    private static void Verdict(TransferScript script, VerifyVerdict verdict)
    {
        script.Ends(TransferOutcome.VerifyAnswered);
        Assert.Equal(verdict, script.Last.VerifyAnswer!.Verdict);
        Assert.Equal(verdict == VerifyVerdict.Unknown, script.Last.VerifyAnswer.Error is not null);
    }

    [Fact]
    public void B9_an_equal_or_greater_live_record_of_the_owner_is_held()
    {
        Verdict(Asked().Start(LookUp).Looked(new LocalRecord(Record()), Done), VerifyVerdict.Held);
        Verdict(Asked().Start(LookUp).Looked(new LocalRecord(Record(epoch: 2, checksum: "bb")), Done), VerifyVerdict.Held);
        Verdict(Asked().Start(LookUp).Looked(new LocalRecord(Tombstone(epoch: 2)), Done), VerifyVerdict.Held);
        Verdict(Asked(Lose(Moved, 3, 2)).Start(LookUp).Looked(Leftover(Record(), receiver: 3), Done), VerifyVerdict.Held);
    }

    [Fact]
    public void B9_nothing_less_or_a_leftover_is_missing()
    {
        Verdict(Asked().Start(LookUp).Looked(null, Done), VerifyVerdict.Missing);
        Verdict(Asked(item: Record(sequence: 2)).Start(LookUp).Looked(new LocalRecord(Record()), Done), VerifyVerdict.Missing);
        Verdict(Asked().Start(LookUp).Looked(Leftover(Record(), receiver: 3), Done), VerifyVerdict.Missing);
    }

    [Fact]
    public void B1_an_equal_key_with_other_content_is_never_held()
    {
        var script = Asked().Start(LookUp).Looked(new LocalRecord(Record(checksum: "bb")), Done);
        Verdict(script, VerifyVerdict.Unknown);
        Assert.Equal(ErrorCode.Corrupt, script.Last.VerifyAnswer!.Error!.Code);
    }

    [Fact]
    public void B12_a_retired_bucket_is_obsolete_and_an_unknown_one_is_waited_for()
    {
        Verdict(Asked(Moved.Apply(new DestroyBucket(Fold.Bucket(), 1))).Start(LookUp).Looked(null, Done), VerifyVerdict.Obsolete);
        Verdict(Asked(item: Record(bucketId: 2)).Start(LookUp).Looked(null, WaitForView).Deadline(Done), VerifyVerdict.Unknown);
    }

    [Fact]
    public void B9_only_the_owner_says_anything()
    {
        Verdict(Asked(at: 3).Start(LookUp).Looked(null, Done), VerifyVerdict.Unknown);
        Verdict(Asked(Moved.Move((2, AdminState.Draining))).Start(LookUp).Looked(new LocalRecord(Record()), Done), VerifyVerdict.Unknown);
    }

    [Fact]
    public void B2_B3_the_asked_side_catches_up_first()
    {
        Verdict(Asked(epoch: 3).Start(WaitForView).Deadline(Done), VerifyVerdict.Unknown);
        Asked(index: Moved.AppliedIndex + 1).Start(WaitForView);
        var script = Asked();
        script.Session = new SessionId(77);
        script.Start(WaitForView).Looked(null, WaitForView);
    }

    [Fact]
    public void B10_absent_is_unknown_while_a_mountpath_is_missing()
    {
        var missing = Moved.Apply(Fold.Session(Fold.Target(2), start: 2, previous: 1) with { MountpathIds = ["target02-a"] });
        Verdict(Asked(missing).Start(LookUp).Looked(null, Done), VerifyVerdict.Unknown);
        var script = Asked().Start(LookUp);
        Verdict(script.Expect(TransferEvent.LookFailed(script.View, new StoreError(ErrorCode.DiskFailure, "EIO")), Done), VerifyVerdict.Unknown);
    }

    [Theory]
    [InlineData(VerifyVerdict.Held)]
    [InlineData(VerifyVerdict.Obsolete)]
    public void B9_the_same_unverified_leftover_becomes_verified(VerifyVerdict verdict)
    {
        Asking(Says(verdict)).Start(LockName).Locked(Leftover(Record()), MarkVerified).Stored(Done).Ends(TransferOutcome.Verified);
    }

    [Fact]
    public void B9_missing_makes_it_live_again()
    {
        Asking(Says(VerifyVerdict.Missing)).Start(LockName).Locked(Leftover(Record()), Revive).Stored(Done).Ends(TransferOutcome.Revived);
    }

    [Fact]
    public void B9_a_verified_leftover_is_never_revived_by_a_verification()
    {
        Asking(Says(VerifyVerdict.Missing)).Start(LockName).Locked(Leftover(Record(), verified: true), Done).Ends(TransferOutcome.Changed);
        Asking(null, state: Fold.Serving(3)).Start(LockName).Locked(Leftover(Record(), verified: true), Done).Ends(TransferOutcome.Changed);
    }

    [Fact]
    public void B9_another_hand_over_another_key_or_a_live_record_is_left_alone()
    {
        foreach (var now in new[] { null, new LocalRecord(Record()), Leftover(Record(sequence: 2)), Leftover(Record(), epoch: 3), Leftover(Record(), receiver: 3) })
        {
            Asking(Says(VerifyVerdict.Held)).Start(LockName).Locked(now, Done).Ends(TransferOutcome.Changed);
            Asking(Says(VerifyVerdict.Missing)).Start(LockName).Locked(now, Done).Ends(TransferOutcome.Changed);
        }
    }

    [Fact]
    public void B9_an_answer_from_another_epoch_is_asked_for_again()
    {
        var script = Asking(Says(VerifyVerdict.Held)).Start(LockName);
        script.State = Moved.Move((3, AdminState.Draining));
        script.Locked(Leftover(Record()), Done).Ends(TransferOutcome.AskAgain);
        Asking(Says(VerifyVerdict.Held, epoch: 3)).Start(WaitForView).Deadline(Done).Failed(ErrorCode.Unavailable);
    }

    [Fact]
    public void B9_what_this_target_owns_itself_by_now_is_revived_without_asking()
    {
        Asking(null, state: Fold.Serving(3)).Start(LockName).Locked(Leftover(Record()), Revive).Stored(Done).Ends(TransferOutcome.Revived);
        Asking(null).Start(LockName).Locked(Leftover(Record()), Done).Ends(TransferOutcome.AskAgain);
    }

    [Fact]
    public void B8_a_leftover_whose_receiver_is_lost_is_revived_and_never_verified()
    {
        var lost = Lose(Moved, 2, 2);
        Asking(null, state: lost).Start(LockName).Locked(Leftover(Record()), Revive).Stored(Done).Ends(TransferOutcome.Revived);
        Asking(Says(VerifyVerdict.Held), state: lost).Start(LockName).Locked(Leftover(Record()), Done).Ends(TransferOutcome.AskAgain);
    }

    [Fact]
    public void An_answer_that_says_nothing_is_an_error()
    {
        Asking(new VerifyAnswer(VerifyVerdict.Unknown, 2, new StoreError(ErrorCode.Unreachable, "no answer"))).Start(Done).Failed(ErrorCode.Unreachable);
        var script = Asking(Says(VerifyVerdict.Held)).Start(LockName).Locked(Leftover(Record()), MarkVerified);
        script.Expect(TransferEvent.Failed(script.View, new StoreError(ErrorCode.DiskFailure, "EIO")), Done).Failed(ErrorCode.DiskFailure);
        Assert.Throws<ArgumentException>(() => new VerifyMarkPlan(Name, new LocalRecord(Record()), null));
    }

    [Fact]
    public void B3_before_its_own_session_is_applied_a_target_verifies_nothing()
    {
        var script = Asking(Says(VerifyVerdict.Held));
        script.Session = new SessionId(77);
        script.Start(WaitForView).Locked(Leftover(Record()), WaitForView);
    }
}
