using Starling.Core.Errors;
using Starling.Core.Objects;
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

public class HandOffPlanTests
{
    private static readonly LocalRecord Mine = new(Record());

    private static TransferScript AtSender(ClusterState? state = null) => new(new HandOffPlan(Name), state ?? Moved, 1);

    private static PushAnswer Held(RecordHead held, long epoch = 2) => new(PushAnswerKind.Held, epoch, Moved.AppliedIndex)
    {
        Key = held.Key,
        SizeBytes = held.SizeBytes,
        ChecksumType = held.ChecksumType,
        ChecksumValue = held.ChecksumValue,
    };

    private static TransferScript Pushed(PushAnswer answer, TransferActionKind expected) => AtSender().Start(LookUp).Looked(Mine, Push).Answered(answer, expected);

    [Fact]
    public void B8_a_record_is_offered_with_epoch_and_index_and_becomes_a_leftover_that_remembers_both()
    {
        var script = AtSender().Start(LookUp).Looked(Mine, Push);
        Assert.Equal(Fold.Target(2), script.Last.Node);
        Assert.Equal(new PushRequest(Name, Mine.Head, Fold.Target(1), 2, Moved.AppliedIndex), script.Last.Push);

        script.Answered(Held(Record()), LockName).Locked(Mine, Mark);
        Assert.Equal(new HandOver(2, Fold.Target(2), IsVerified: false) { Index = Moved.AppliedIndex }, script.Last.HandOver);

        script.Stored(Done).Ends(TransferOutcome.HandedOff);
        Assert.Equal((Fold.Target(2), Mine.Head), (script.Last.Node, script.Last.Record));
    }

    [Fact]
    public void B8_a_tombstone_is_handed_over_like_an_object()
    {
        AtSender().Start(LookUp).Looked(new LocalRecord(Tombstone()), Push).Answered(Held(Tombstone()), LockName).Locked(new LocalRecord(Tombstone()), Mark);
    }

    [Fact]
    public void B8_a_greater_record_of_the_receiver_is_as_good_an_equal_one_must_have_the_same_content()
    {
        Pushed(Held(Record(epoch: 2, checksum: "bb")), LockName).Locked(Mine, Mark);
        Pushed(Held(Record(checksum: "bb")), LockName).Locked(Mine, Done).Failed(ErrorCode.Corrupt);
        Pushed(Held(Record() with { SizeBytes = 4 }), LockName).Locked(Mine, Done).Failed(ErrorCode.Corrupt);
        Pushed(Held(Record(sequence: 0)), LockName).Locked(Mine, Done).Failed(ErrorCode.Internal);
    }

    [Fact]
    public void B8_no_mark_when_the_key_changed_meanwhile_the_new_record_is_offered()
    {
        var script = Pushed(Held(Record()), LockName).Locked(new LocalRecord(Record(sequence: 2)), LookUp).Looked(new LocalRecord(Record(sequence: 2)), Push);
        Assert.Equal(2, script.Last.Push!.Record.Key.Sequence);
    }

    [Fact]
    public void B8_no_mark_when_the_adopted_epoch_is_not_that_of_the_answer()
    {
        var later = Pushed(Held(Record()), LockName);
        later.State = Moved.Move((3, AdminState.Draining));
        later.Locked(Mine, LookUp).Looked(Mine, Push);
        Assert.Equal(3, later.Last.Push!.Epoch);

        Pushed(Held(Record(), epoch: 1), LockName).Locked(Mine, LookUp);
    }

    [Fact]
    public void B8_what_became_a_leftover_or_is_gone_needs_no_hand_over()
    {
        AtSender().Start(LookUp).Looked(null, Done).Ends(TransferOutcome.Gone);
        AtSender().Start(LookUp).Looked(Leftover(Record()), Done).Ends(TransferOutcome.Gone);
        Pushed(Held(Record()), LockName).Locked(Leftover(Record()), LookUp).Looked(Leftover(Record()), Done).Ends(TransferOutcome.Gone);
    }

    [Fact]
    public void B8_a_leftover_whose_receiver_was_declared_lost_is_handed_over_again()
    {
        AtSender(Lose(Moved, 3, epoch: 2)).Start(LookUp).Looked(Leftover(Record(), epoch: 1, receiver: 3), Push)
            .Answered(Held(Record()), LockName).Locked(Leftover(Record(), epoch: 1, receiver: 3), Mark).Stored(Done).Ends(TransferOutcome.HandedOff);
    }

    [Fact]
    public void B8_a_loss_that_is_applied_before_the_mark_completes_leaves_the_record_live()
    {
        var script = Pushed(Held(Record()), LockName).Locked(Mine, Mark);
        var marked = new LocalRecord(Mine.Head, script.Last.HandOver);
        Assert.Null(marked.Live(Moved));
        Assert.Equal(Mine.Head, marked.Live(Lose(Moved, 2, epoch: 3)));
    }

    [Fact]
    public void B9_a_name_that_came_back_needs_no_hand_over()
    {
        AtSender(Fold.Serving(3)).Start(LookUp).Looked(Mine, Done).Ends(TransferOutcome.Owned);
    }

    [Fact]
    public void B12_obsolete_marks_the_record_and_a_bucket_retired_here_needs_nothing()
    {
        Pushed(new PushAnswer(PushAnswerKind.Obsolete, 2, Moved.AppliedIndex + 1), LockName).Locked(Mine, Mark);
        AtSender(Moved.Apply(new DestroyBucket(Fold.Bucket(), 1))).Start(LookUp).Looked(Mine, Done).Ends(TransferOutcome.Gone);
    }

    [Fact]
    public void B2_stale_waits_until_this_target_has_caught_up_and_offers_again()
    {
        var script = Pushed(new PushAnswer(PushAnswerKind.Stale, 3, Moved.AppliedIndex + 1), WaitForView);
        Assert.Equal(Moved.AppliedIndex, script.Last.AppliedIndex);
        script.State = Moved.Move((3, AdminState.Draining)) with { AppliedIndex = Moved.AppliedIndex + 1 };
        script.Changed(LookUp).Looked(Mine, Push);

        Pushed(new PushAnswer(PushAnswerKind.Stale, 2, Moved.AppliedIndex), LookUp);
        Pushed(new PushAnswer(PushAnswerKind.Stale, 3, Moved.AppliedIndex), WaitForView).Deadline(Done).Failed(ErrorCode.Unavailable);
    }

    [Fact]
    public void B8_a_refusal_and_silence_are_errors_with_the_name_of_the_receiver()
    {
        var refused = Pushed(new PushAnswer(PushAnswerKind.Refused, 2, 1) { Error = new StoreError(ErrorCode.OutOfSpace, "full") }, Done).Failed(ErrorCode.OutOfSpace);
        Assert.Equal(Fold.Target(2), refused.Last.Node);

        var silent = AtSender().Start(LookUp).Looked(Mine, Push).Deadline(Done).Failed(ErrorCode.Unreachable);
        Assert.Contains("target02", silent.Last.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void B3_before_its_own_session_is_applied_a_target_neither_pushes_nor_marks()
    {
        var script = AtSender();
        script.Session = new SessionId(77);
        script.Start(WaitForView).Looked(Mine, WaitForView).Deadline(Done).Failed(ErrorCode.Unavailable);

        var late = Pushed(Held(Record()), LockName);
        late.Session = new SessionId(77);
        late.Locked(Mine, WaitForView);
    }

    [Fact]
    public void What_cannot_be_read_or_marked_is_an_error()
    {
        var script = AtSender().Start(LookUp);
        script.Expect(TransferEvent.LookFailed(script.View, new StoreError(ErrorCode.DiskFailure, "EIO")), Done).Failed(ErrorCode.DiskFailure);

        var locked = Pushed(Held(Record()), LockName);
        locked.Expect(TransferEvent.LockedUnknown(locked.View, new StoreError(ErrorCode.Corrupt, "damaged")), Done).Failed(ErrorCode.Corrupt);

        var marking = Pushed(Held(Record()), LockName).Locked(Mine, Mark);
        marking.Expect(TransferEvent.Failed(marking.View, new StoreError(ErrorCode.DiskFailure, "EROFS")), Done).Failed(ErrorCode.DiskFailure);
    }

    [Fact]
    public void B0_without_an_active_target_the_hand_over_waits()
    {
        var nobody = Moved.Move((2, AdminState.Draining), (3, AdminState.Draining));
        AtSender(nobody).Start(LookUp).Looked(Mine, WaitForView).Deadline(Done).Failed(ErrorCode.Unavailable);
    }
}
