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

public class ForgettingTests
{
    private static readonly ClusterState Converged = Moved.WithIntegers(1, 2, 2).WithIntegers(2, 2, 2).WithIntegers(3, 2, 2);

    private static TransferScript Forget(RecordHead record, ClusterState state, int at = 1) => new(new ForgetPlan(Name, record.Key), state, at);

    [Fact]
    public void B11_a_tombstone_goes_when_the_applied_base_is_the_newest_epoch_and_no_mountpath_is_missing()
    {
        var tombstone = new LocalRecord(Tombstone());
        Forget(tombstone.Head, Converged).Start(LockName).Locked(tombstone, Remove).Stored(Done).Ends(TransferOutcome.Forgotten);
        Forget(tombstone.Head, Moved).Start(LockName).Locked(tombstone, Done).Ends(TransferOutcome.Changed);
        var missing = Converged.Apply(Fold.Session(Fold.Target(1), start: 2, previous: 1) with { MountpathIds = [] });
        Forget(tombstone.Head, missing.WithIntegers(1, 2, 2)).Start(LockName);
        Assert.False(Forgetting.MayForgetTombstones(Forget(tombstone.Head, Fold.Serving(3).Apply(Fold.Session(Fold.Target(1), 2, 1) with { MountpathIds = ["target01-a"] })).View));
    }

    [Fact]
    public void B11_only_the_record_that_the_walk_found_goes()
    {
        Forget(Tombstone(), Converged).Start(LockName).Locked(new LocalRecord(Tombstone(sequence: 2)), Done).Ends(TransferOutcome.Changed);
        Forget(Record(), Converged).Start(LockName).Locked(new LocalRecord(Record()), Done).Ends(TransferOutcome.Changed);
        Forget(Record(), Converged).Start(LockName).Locked(null, Done).Ends(TransferOutcome.Changed);
    }

    [Fact]
    public void B9_a_leftover_goes_when_it_is_verified_and_its_target_is_clean()
    {
        Forget(Record(), Converged).Start(LockName).Locked(Leftover(Record(), verified: true), Remove).Stored(Done).Ends(TransferOutcome.Forgotten);
        Forget(Record(), Converged).Start(LockName).Locked(Leftover(Record()), Done).Ends(TransferOutcome.Changed);
        Forget(Record(), Moved).Start(LockName).Locked(Leftover(Record(), verified: true), Done).Ends(TransferOutcome.Changed);
    }

    [Fact]
    public void B11_a_verified_leftover_whose_receiver_is_lost_stays_and_is_offered_by_name()
    {
        Forget(Record(), Lose(Converged, 2, 2)).Start(LockName).Locked(Leftover(Record(), verified: true), Done).Ends(TransferOutcome.Changed);
    }

    [Fact]
    public void B11_while_a_target_misses_a_mountpath_a_verified_leftover_may_be_the_only_one_left_and_stays()
    {
        var missing = Converged with { Nodes = Converged.Nodes.SetItem(Fold.Target(3), Converged.Nodes[Fold.Target(3)] with { LostMountpathIds = ["target03-a"] }) };
        Forget(Record(), missing).Start(LockName).Locked(Leftover(Record(), verified: true), Done).Ends(TransferOutcome.Changed);
    }

    [Theory]
    [InlineData(0, 89.9, 7_200_000)]
    [InlineData(7_199_999, 90, 1)]
    [InlineData(7_200_000, 0, 0)]
    [InlineData(-5, 0, 7_200_000)]
    public void B11_a_leftover_is_kept_for_the_reclaim_delay_whatever_the_wall_clock_says(long ageMs, double usedPercent, long keptForMs)
    {
        var limits = new ReclaimLimits(7_200_000, 90);
        Assert.False(Reclaiming.IsPressed(usedPercent, limits));
        Assert.Equal(keptForMs, Reclaiming.KeptForMs(ageMs, limits));
        Assert.True(Reclaiming.IsPressed(90.1, limits));
    }

    [Fact]
    public void B3_before_its_own_session_is_applied_a_target_forgets_nothing()
    {
        var script = Forget(Tombstone(), Converged);
        script.Session = new SessionId(77);
        script.Start(LockName).Locked(new LocalRecord(Tombstone()), Done).Ends(TransferOutcome.Changed);
    }

    [Fact]
    public void What_cannot_be_read_or_removed_stays()
    {
        var script = Forget(Tombstone(), Converged).Start(LockName);
        script.Expect(TransferEvent.LockedUnknown(script.View, new StoreError(ErrorCode.DiskFailure, "EIO")), Done).Ends(TransferOutcome.Changed);
        var failing = Forget(Tombstone(), Converged).Start(LockName).Locked(new LocalRecord(Tombstone()), Remove);
        failing.Expect(TransferEvent.Failed(failing.View, new StoreError(ErrorCode.DiskFailure, "EIO")), Done).Failed(ErrorCode.DiskFailure);
        Forget(Tombstone(), Converged).Start(LockName).Deadline(Done).Failed(ErrorCode.Unreachable);
    }

    [Fact]
    public void B12_records_of_a_destroyed_bucket_are_obsolete()
    {
        Assert.False(Forgetting.IsObsolete(Moved, Record().Key));
        Assert.True(Forgetting.IsObsolete(Moved.Apply(new DestroyBucket(Fold.Bucket(), 1)), Record().Key));
    }

    [Fact]
    public void B8_a_loss_counts_for_hand_overs_up_to_its_epoch_and_for_ever()
    {
        static bool IsLost(ClusterState state, int receiver, long epoch, long index = 0) =>
            LossWatch.IsLost(state, new HandOver(epoch, Fold.Target(receiver), IsVerified: false) { Index = index });

        var lost = Lose(Moved, 2, 2);
        Assert.True(IsLost(lost, 2, 2));
        Assert.False(IsLost(lost, 2, 3));
        Assert.False(IsLost(lost, 3, 2));
        Assert.True(IsLost(Lose(lost, 2, 5), 2, 3));
        Assert.True(IsLost(lost.Move((2, AdminState.Draining)).Move((2, AdminState.In)), 2, 1));

        // Under the same epoch a receiver that had applied the declaration holds what it took on what it has left.
        var index = lost.Losses[Fold.Target(2)].Index;
        Assert.True(IsLost(lost, 2, 2, index - 1));
        Assert.False(IsLost(lost, 2, 2, index));
    }
}
