using Starling.Core.Errors;
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

/// <summary>Cleanup mode, one copy: what goes, what stays, and why.</summary>
public class CleanupPlanTests
{
    private static readonly ClusterState Converged = Moved.WithIntegers(1, 2, 2).WithIntegers(2, 2, 2).WithIntegers(3, 2, 2);
    private static readonly LocalRecord Copy = Leftover(Record(), verified: true);

    private static VerifyAnswer Same => new(VerifyVerdict.Held, 2);

    private static VerifyAnswer Newer => Same with { IsNewer = true };

    private static (TransferScript Script, CleanupPlan Plan) Clean(VerifyAnswer? answer, bool force = false, ClusterState? state = null, LocalRecord? copy = null)
    {
        var plan = new CleanupPlan(Name, copy ?? Copy, answer, Converged.AppliedIndex, force);
        return (new TransferScript(plan, state ?? Converged, 1), plan);
    }

    [Theory]
    [InlineData(false, CleanupVerdict.KeepDiverged)]
    [InlineData(true, CleanupVerdict.RemovedDiverged)]
    public void A_copy_goes_when_its_owner_holds_the_same_and_a_diverged_one_by_force_only(bool force, CleanupVerdict diverged)
    {
        var (script, plan) = Clean(Same, force);
        script.Start(LockName).Locked(Copy, Remove).Stored(Done).Ends(TransferOutcome.Forgotten);
        Assert.Equal(CleanupVerdict.Removed, plan.Verdict);
        Assert.Equal(diverged, CleanupPlan.Judge(Newer, force));
        Assert.Equal(CleanupVerdict.KeepPeerMissing, CleanupPlan.Judge(new VerifyAnswer(VerifyVerdict.Missing, 2), force));
        Assert.Equal(CleanupVerdict.ErrHead, CleanupPlan.Judge(null, force));
        Assert.Equal(CleanupVerdict.ErrHead, CleanupPlan.Judge(new VerifyAnswer(VerifyVerdict.Unknown, 2, new StoreError(ErrorCode.Unavailable, "starting")), force));
        Assert.Equal(CleanupVerdict.KeepDiverged, CleanupPlan.Judge(new VerifyAnswer(VerifyVerdict.Unknown, 2, new StoreError(ErrorCode.Corrupt, "alarm")), force));
        Assert.Equal(CleanupVerdict.Removed, CleanupPlan.Judge(new VerifyAnswer(VerifyVerdict.Obsolete, 2), force));
    }

    [Fact]
    public void What_changed_between_the_question_and_the_lock_stays()
    {
        Ends(CleanupVerdict.SkipChanged, Clean(Same), null);
        Ends(CleanupVerdict.SkipChanged, Clean(Same), new LocalRecord(Record()));
        Ends(CleanupVerdict.SkipChanged, Clean(Same), Leftover(Record(), epoch: 3, verified: true));
        Ends(CleanupVerdict.SkipChanged, Clean(Same with { Epoch = 1 }), Copy);
        Ends(CleanupVerdict.KeepUnproven, Clean(Same), Leftover(Record()));
        Ends(CleanupVerdict.KeepUnproven, Clean(Same, state: Moved), Copy);
        Ends(CleanupVerdict.KeepUnproven, Clean(Same, state: Lose(Converged, 3, 2)), Copy);
        var (late, plan) = Clean(Same);
        late.Start(LockName).Deadline(Done).Ends(TransferOutcome.Changed);
        Assert.Equal(CleanupVerdict.SkipBusy, plan.Verdict);
        var (failing, refused) = Clean(Same);
        failing.Start(LockName).Locked(Copy, Remove);
        failing.Expect(TransferEvent.Failed(failing.View, new StoreError(ErrorCode.DiskFailure, "EIO")), Done).Failed(ErrorCode.DiskFailure);
        Assert.Equal(CleanupVerdict.ErrRemove, refused.Verdict);
    }

    [Fact]
    public void The_last_good_copy_is_never_removed_in_1000_random_states()
    {
        var (removed, kept) = (0, 0);
        for (var seed = 0; seed < 1000; seed++)
        {
            if (TryRemove(new Random(seed), seed))
            {
                removed++;
            }
            else
            {
                kept++;
            }
        }

        Assert.True(removed > 50 && kept > 300, $"{removed} removed, {kept} kept: the states prove nothing");
    }

    private static void Ends(CleanupVerdict expected, (TransferScript Script, CleanupPlan Plan) clean, LocalRecord? found)
    {
        clean.Script.Start(LockName).Locked(found, Done).Ends(TransferOutcome.Changed);
        Assert.Equal(expected, clean.Plan.Verdict);
    }

    private static bool TryRemove(Random random, int seed)
    {
        var records = Enumerable.Range(1, 4).ToDictionary(Fold.Target, target => target == 1 || random.Next(6) == 0 ? null : AnyRecord(random));
        var copy = Leftover(Record(sequence: 2), epoch: random.Next(1, 3), receiver: random.Next(2, 5), verified: random.Next(9) > 0);
        var state = AnyState(random.Next(3) == 0 ? Fold.Serving(4) : Fold.Serving(4).Move((1, AdminState.Draining)), random, random.Next(1, 4));
        var owner = state.Newest.OwnerOf(Name.Digest);
        VerifyAnswer? answer = null;
        if (owner != Fold.Target(1) && random.Next(10) > 0)
        {
            var asked = new TransferScript(new VerifyItemPlan(VerifyItem.Of(Name, copy.Head), state.Newest.Number, state.AppliedIndex), state, int.Parse(owner.Value[^1..], System.Globalization.CultureInfo.InvariantCulture));
            asked.Expect(TransferEvent.Started(asked.View), LookUp);
            asked.Expect(TransferEvent.Looked(asked.View, records[owner]), Done);
            answer = asked.Last.VerifyAnswer;
        }

        // The world moves between the answer and the lock.
        var later = random.Next(3) == 0 ? AnyState(state, random, 1) : state;
        var plan = new CleanupPlan(Name, copy, answer, state.AppliedIndex, force: random.Next(2) == 0);
        var view = new TransferScript(plan, later, 1).View;
        var action = plan.Next(TransferEvent.Started(view));
        if (action.Kind == LockName)
        {
            action = plan.Next(TransferEvent.Locked(view, copy));
        }

        if (action.Kind != Remove)
        {
            return false;
        }

        // Whoever owns it now holds it, whole, on a disk that nobody has given up since it was asked.
        var now = later.Newest.OwnerOf(Name.Digest);
        var live = records[now]?.Live(later);
        var isGood = live is not null && (live.Key > copy.Head.Key || live == copy.Head) && (!later.Losses.TryGetValue(now, out var loss) || loss.Index <= state.AppliedIndex);
        Assert.True(isGood, $"seed {seed}: removed {copy} although its owner {now} has {records[now]}");
        return true;
    }

    private static LocalRecord AnyRecord(Random random)
    {
        var head = random.Next(2) == 0 ? Record(sequence: 2) : random.Next(4) == 0 ? Tombstone(sequence: random.Next(1, 4)) : Record(sequence: random.Next(1, 4), checksum: random.Next(4) == 0 ? "bb" : "aa");
        return random.Next(8) == 0 ? Leftover(head, epoch: random.Next(1, 4), receiver: random.Next(2, 5), verified: random.Next(2) == 0) : new LocalRecord(head);
    }

    private static ClusterState AnyState(ClusterState state, Random random, int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            var target = random.Next(1, 5);
            var entry = state.Node(Fold.Target(target))!;
            state = random.Next(8) switch
            {
                < 5 when entry.State == AdminState.In && state.Newest.Targets.Length > 2 => state.Move((target, AdminState.Draining)),
                < 5 when entry.State != AdminState.In => state.Move((target, AdminState.In)),
                5 when random.Next(3) == 0 => Lose(state, target, state.Newest.Number),
                6 => state with { Nodes = state.Nodes.SetItem(entry.Id, entry with { LostMountpathIds = random.Next(12) == 0 ? entry.MountpathIds : [] }) },
                _ => state,
            };
        }

        // Mostly proven, so that there is something to remove.
        return random.Next(6) == 0 ? state : Enumerable.Range(1, 4).Aggregate(state, (sum, target) => sum.WithIntegers(target, sum.Newest.Number, sum.Newest.Number));
    }
}
