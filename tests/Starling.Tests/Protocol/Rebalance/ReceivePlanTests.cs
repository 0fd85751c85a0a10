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

public class ReceivePlanTests
{
    private static TransferScript AtReceiver(RecordHead? offered = null, ClusterState? state = null, int from = 1, long epoch = 2, long index = 0) =>
        new(new ReceivePlan(new PushRequest(Name, offered ?? Record(), Fold.Target(from), epoch, index)), state ?? Moved, 2);

    private static TransferScript WithBytes(ClusterState? state = null) => AtReceiver(state: state).Start(LookUp).Looked(null, TakeBytes).Received(LockName);

    [Fact]
    public void B8_a_new_record_is_received_checked_under_the_lock_and_answered_as_held_once_flushed()
    {
        var script = WithBytes().Locked(null, Commit);
        Assert.Equal(Record(), script.Last.Record);
        script.Stored(Done).Says(PushAnswerKind.Held);
        Assert.Equal(new PushAnswer(PushAnswerKind.Held, 2, Moved.AppliedIndex) { Key = Record().Key, SizeBytes = 3, ChecksumType = "xxhash2", ChecksumValue = "aa", IsTaken = true }, script.Last.Answer);
    }

    [Fact]
    public void B8_a_receiver_needs_no_lease()
    {
        Assert.False(WithBytes().Locked(null, Commit).View.HasLease);
    }

    [Fact]
    public void B8_no_bytes_travel_for_a_tombstone_or_for_what_is_here_already()
    {
        Assert.True(AtReceiver(Tombstone()).Start(LockName).Locked(null, Commit).Stored(Done).Says(PushAnswerKind.Held).Last.Answer!.IsTaken);
        Assert.False(AtReceiver().Start(LookUp).Looked(new LocalRecord(Record()), LockName).Locked(new LocalRecord(Record()), Flush).Stored(Done).Says(PushAnswerKind.Held).Last.Answer!.IsTaken);
        Assert.False(AtReceiver(Tombstone()).Start(LockName).Locked(new LocalRecord(Tombstone()), Flush).Stored(Done).Says(PushAnswerKind.Held).Last.Answer!.IsTaken);
    }

    [Fact]
    public void B8_the_greater_record_wins_and_is_flushed_whatever_its_durability()
    {
        var greater = Record(epoch: 2, checksum: "bb") with { Durability = Durability.Buffered };
        var script = AtReceiver().Start(LookUp).Looked(new LocalRecord(greater), LockName).Locked(new LocalRecord(greater), Flush).Stored(Done).Says(PushAnswerKind.Held);
        Assert.Equal((greater.Key, "bb"), (script.Last.Answer!.Key, script.Last.Answer.ChecksumValue));

        AtReceiver(Record(epoch: 2)).Start(LookUp).Looked(new LocalRecord(Record()), TakeBytes).Received(LockName).Locked(new LocalRecord(Record()), Commit);
    }

    [Fact]
    public void B8_a_greater_record_that_came_during_the_receive_wins_under_the_lock()
    {
        WithBytes().Locked(new LocalRecord(Record(epoch: 2)), Flush).Stored(Done).Says(PushAnswerKind.Held);
    }

    [Fact]
    public void B1_an_equal_key_with_other_content_is_an_alarm_and_changes_nothing()
    {
        var other = new LocalRecord(Record(checksum: "bb"));
        var script = AtReceiver().Start(LookUp).Looked(other, LockName).Locked(other, Done).Says(PushAnswerKind.Refused);
        Assert.Equal(ErrorCode.Corrupt, script.Last.Answer!.Error!.Code);
        WithBytes().Locked(Leftover(Record() with { SizeBytes = 9 }), Done).Says(PushAnswerKind.Refused);
    }

    [Fact]
    public void B8_a_leftover_of_the_same_key_is_hashed_and_revived_without_bytes()
    {
        var script = AtReceiver().Start(LookUp).Looked(Leftover(Record(), receiver: 3), HashLeftover).Hashed(true, LockName).Locked(Leftover(Record(), receiver: 3), Revive);
        Assert.True(script.Last.MayBeVerified);
        script.Stored(Done).Says(PushAnswerKind.Held);
        Assert.Equal(Record().Key, script.Last.Answer!.Key);
        AtReceiver(Tombstone()).Start(LockName).Locked(Leftover(Tombstone()), Revive);
    }

    [Fact]
    public void B8_a_damaged_leftover_is_replaced_by_the_bytes()
    {
        AtReceiver().Start(LookUp).Looked(Leftover(Record()), HashLeftover).Hashed(false, TakeBytes).Received(LockName).Locked(Leftover(Record()), Commit);
    }

    [Fact]
    public void B1_a_live_record_replaces_any_leftover_a_greater_one_too()
    {
        AtReceiver().Start(LookUp).Looked(Leftover(Record(sequence: 9)), TakeBytes).Received(LockName).Locked(Leftover(Record(sequence: 9)), Commit);
    }

    [Fact]
    public void B8_a_leftover_that_is_live_by_a_loss_is_the_greater_record_and_is_revived_on_disk()
    {
        var lost = Lose(Moved, 3, epoch: 2);
        AtReceiver(state: lost).Start(LookUp).Looked(Leftover(Record(sequence: 9), receiver: 3), LockName)
            .Locked(Leftover(Record(sequence: 9), receiver: 3), Revive).Stored(Done).Says(PushAnswerKind.Held);
    }

    [Fact]
    public void B8_what_vanished_between_look_and_lock_needs_the_bytes_after_all()
    {
        AtReceiver().Start(LookUp).Looked(new LocalRecord(Record()), LockName).Locked(null, TakeBytes).Received(LockName).Locked(null, Commit);
        AtReceiver().Start(LookUp).Looked(Leftover(Record()), HashLeftover).Hashed(true, LockName).Locked(null, TakeBytes);
    }

    [Fact]
    public void B8_ownership_that_moved_on_before_the_rename_is_stale()
    {
        var script = WithBytes();
        script.State = Moved.Move((2, AdminState.Draining));
        script.Locked(null, Done).Says(PushAnswerKind.Stale);
        Assert.Equal(3, script.Last.Answer!.Epoch);
        AtReceiver(epoch: 1).Start(Done).Says(PushAnswerKind.Stale);
    }

    [Fact]
    public void B8_a_push_to_somebody_who_does_not_own_the_name_is_stale()
    {
        var push = new PushRequest(Name, Record(), Fold.Target(1), 2, 0);
        new TransferScript(new ReceivePlan(push), Moved, 3).Start(Done).Says(PushAnswerKind.Stale);
    }

    [Fact]
    public void B8_an_old_duplicate_of_a_sender_that_is_clean_by_now_is_stale()
    {
        var clean = Moved.WithIntegers(1, fenced: 2, clean: 2);
        AtReceiver(state: clean).Start(Done).Says(PushAnswerKind.Stale);
        var script = WithBytes();
        script.State = clean;
        script.Locked(null, Done).Says(PushAnswerKind.Stale);
        AtReceiver(from: 3).Start(Done).Says(PushAnswerKind.Stale);
        AtReceiver(from: 2).Start(Done).Says(PushAnswerKind.Stale);
    }

    [Fact]
    public void B2_a_receiver_that_is_behind_catches_up_first()
    {
        AtReceiver(epoch: 3).Start(WaitForView).Deadline(Done).Says(PushAnswerKind.Refused);
        var script = AtReceiver(index: Moved.AppliedIndex + 1).Start(WaitForView);
        script.State = Moved with { AppliedIndex = Moved.AppliedIndex + 1 };
        script.Changed(LookUp);
    }

    [Fact]
    public void B3_before_its_own_session_is_applied_a_target_receives_nothing()
    {
        var script = AtReceiver();
        script.Session = new SessionId(77);
        script.Start(WaitForView).Locked(null, WaitForView).Deadline(Done).Says(PushAnswerKind.Refused);
    }

    [Fact]
    public void B12_a_retired_bucket_is_obsolete_and_an_unknown_one_is_waited_for()
    {
        AtReceiver(state: Moved.Apply(new DestroyBucket(Fold.Bucket(), 1))).Start(Done).Says(PushAnswerKind.Obsolete);
        var script = WithBytes();
        script.State = Moved.Apply(new DestroyBucket(Fold.Bucket(), 1));
        script.Locked(null, Done).Says(PushAnswerKind.Obsolete);
        AtReceiver(Record(bucketId: 2)).Start(WaitForView);
    }

    [Fact]
    public void B10_absent_on_a_target_that_misses_a_mountpath_may_be_a_greater_record()
    {
        var missing = Moved.Apply(Fold.Session(Fold.Target(2), start: 2, previous: 1) with { MountpathIds = ["target02-a"] });
        var script = AtReceiver(state: missing).Start(LookUp).Looked(null, TakeBytes).Received(LockName).Locked(null, Done).Says(PushAnswerKind.Refused);
        Assert.Equal(ErrorCode.Unavailable, script.Last.Answer!.Error!.Code);
    }

    [Fact]
    public void Failures_are_refusals_with_their_reason()
    {
        var script = AtReceiver().Start(LookUp);
        script.Expect(TransferEvent.LookFailed(script.View, new StoreError(ErrorCode.DiskFailure, "EIO")), Done).Says(PushAnswerKind.Refused);
        var full = AtReceiver().Start(LookUp).Looked(null, TakeBytes);
        full.Expect(TransferEvent.Failed(full.View, new StoreError(ErrorCode.OutOfSpace, "ENOSPC")), Done).Says(PushAnswerKind.Refused);
        Assert.Equal(ErrorCode.OutOfSpace, full.Last.Answer!.Error!.Code);
        AtReceiver().Start(LookUp).Looked(null, TakeBytes).Deadline(Done).Says(PushAnswerKind.Refused);
        AtReceiver().Start(LookUp).Stored(Done).Says(PushAnswerKind.Refused);
    }
}
