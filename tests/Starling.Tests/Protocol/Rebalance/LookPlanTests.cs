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

public class LookPlanTests
{
    private static TransferScript Asked(ClusterState? state = null, long epoch = 2, long index = 0) => new(new LookPlan(new LookQuestion(Name, 1, epoch, index)), state ?? Moved, 1);

    private static void Says(TransferScript script, LookResult result)
    {
        script.Ends(TransferOutcome.LookAnswered);
        Assert.Equal(result, script.Last.LookAnswer!.Result);
        Assert.Equal(result == LookResult.Record, script.Last.LookAnswer.Record is not null);
    }

    [Fact]
    public void B7_a_candidate_answers_under_its_lock_what_is_live()
    {
        Says(Asked().Start(LookUp).Looked(new LocalRecord(Record()), Done), LookResult.Record);
        Says(Asked().Start(LookUp).Looked(new LocalRecord(Tombstone()), Done), LookResult.Record);
        Says(Asked().Start(LookUp).Looked(null, Done), LookResult.Absent);
        Says(Asked().Start(LookUp).Looked(Leftover(Record()), Done), LookResult.Absent);
    }

    [Fact]
    public void B12_a_candidate_that_has_applied_a_destruction_before_the_asker_says_stale_and_not_absent()
    {
        var destroyed = Moved.Apply(new DestroyBucket(Fold.Bucket(), 1));
        Says(Asked(destroyed).Start(LookUp).Looked(new LocalRecord(Record()), Done), LookResult.Stale);
        Says(Asked(destroyed).Start(LookUp).Looked(null, Done), LookResult.Stale);
    }

    [Fact]
    public void B8_a_leftover_of_a_lost_receiver_is_live_at_the_index_of_the_loss()
    {
        Says(Asked(Lose(Moved, 2, 2)).Start(LookUp).Looked(Leftover(Record()), Done), LookResult.Record);
        Says(Asked(Lose(Moved, 2, 2)).Start(LookUp).Looked(Leftover(Record(), verified: true), Done), LookResult.Absent);
        Says(Asked(Lose(Moved, 2, 1)).Start(LookUp).Looked(Leftover(Record()), Done), LookResult.Absent);
    }

    [Fact]
    public void B7_a_candidate_first_adopts_the_askers_epoch_and_index()
    {
        Says(Asked(epoch: 3).Start(WaitForView).Deadline(Done), LookResult.Unknown);
        Asked(index: Moved.AppliedIndex + 1).Start(WaitForView);
        var script = Asked();
        script.Session = new SessionId(77);
        script.Start(WaitForView);
    }

    [Fact]
    public void B2_a_candidate_with_a_newer_epoch_answers_stale()
    {
        Says(Asked(epoch: 1).Start(Done), LookResult.Stale);
        var script = Asked().Start(LookUp);
        script.State = Moved.Move((3, AdminState.Draining));
        Says(script.Looked(null, Done), LookResult.Stale);
    }

    [Fact]
    public void What_cannot_be_read_is_unknown()
    {
        var script = Asked().Start(LookUp);
        Says(script.Expect(TransferEvent.LookFailed(script.View, new StoreError(ErrorCode.DiskFailure, "EIO")), Done), LookResult.Unknown);
        var missing = Moved.Apply(Fold.Session(Fold.Target(1), start: 2, previous: 1) with { MountpathIds = ["target01-a"] });
        Says(Asked(missing).Start(LookUp).Looked(null, Done), LookResult.Unknown);
    }

    [Fact]
    public void B0_a_target_without_integers_has_no_say()
    {
        Says(Asked(Moved.WithIntegers(1, NodeEntry.NeverActive, NodeEntry.NeverActive)).Start(LookUp).Looked(new LocalRecord(Record()), Done), LookResult.Unknown);
    }
}
