using Starling.Core.Errors;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Objects;

/// <summary>Random events, in an order that no driver would make: plans answer something, throw nothing, and commit only what may be committed.</summary>
public class PlanTotalityTests
{
    private static readonly ClusterState Moved = Fold.Serving(3).Move((1, AdminState.Draining)).Move((2, AdminState.Draining));

    private static readonly ClusterState[] States =
    [
        Fold.Serving(3), Moved, Moved.WithIntegers(1, 3, 1).WithIntegers(2, 3, 2), Moved.WithIntegers(1, 3, 3).WithIntegers(2, 3, 3),
        Moved.Apply(new DestroyBucket(Fold.Bucket(), 1)), Fold.Active(3), Moved.Apply(Fold.Session(Fold.Target(3), 2, 1) with { MountpathIds = ["target03-a"] }),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void B5_plans_are_total_and_commit_only_under_a_lease_as_owner_of_a_live_bucket_behind_the_fence(int seed)
    {
        var random = new Random(seed);
        var name = Fold.NameOwnedBy(Moved, (1, 1), (2, 2), (3, 3));
        var commits = 0;
        for (var run = 0; run < 20_000; run++)
        {
            var plan = NewPlan(random, name);
            for (var step = 0; step < 12; step++)
            {
                var happened = NextEvent(random);
                var action = plan.Next(happened);
                if (action.Kind == PlanActionKind.Commit)
                {
                    var view = happened.View;
                    Assert.Equal(PlanEventKind.Locked, happened.Kind);
                    Assert.True(view.HasLease);
                    Assert.Equal(view.Self, view.State.Newest.OwnerOf(name.Digest));
                    Assert.Equal(BucketStanding.Live, view.State.StandingOf(action.Key.BucketId));
                    Assert.True(Starling.Protocol.Ownership.Fence.WaitsFor(view.State, view.Self, name.Digest).IsNone);
                    Assert.Equal((view.Epoch, view.Boot), (action.Key.Epoch, action.Key.Boot));
                    commits++;
                }

                Assert.True(action.Kind != PlanActionKind.Refuse || action.Error is not null);
                Assert.True(action.Kind != PlanActionKind.WaitForView || action.Error is not null);
                Assert.True(action.Kind != PlanActionKind.AskCandidates || action.Nodes.Length > 0);
                Assert.True(action.Error?.Code != ErrorCode.ObjectNotFound || happened.View.HasLease, "404 without a lease");
                if (action.IsEnd)
                {
                    break;
                }
            }
        }

        Assert.InRange(commits, 100, 20_000);
    }

    private static IPlan NewPlan(Random random, Starling.Core.Names.ObjectName name)
    {
        var conditions = random.Next(3) switch { 0 => Conditions.CreateIfAbsent, 1 => new Conditions(["tag-aa"], []), _ => Conditions.None };
        var bucketId = (ulong)random.Next(1, 3);
        return random.Next(3) switch
        {
            0 => new GetPlan(name, bucketId, conditions, random.Next(2) == 0),
            1 => new PutPlan(name, 1, conditions, new RecordKeySource(), new StagedObject(3, "xxhash2", "aa", Durability.Durable)),
            _ => new DeletePlan(name, 1, conditions, new RecordKeySource()),
        };
    }

    private static PlanEvent NextEvent(Random random)
    {
        var state = States[random.Next(States.Length)];
        var self = Fold.Target(random.Next(4) == 0 ? 2 : 3);
        var session = random.Next(8) == 0 ? Fold.SessionOf(self, 7) : state.Node(self)!.Session;
        var view = new ObjectView(state, self, session, random.Next(4) > 0);
        var record = random.Next(4) switch
        {
            0 => null,
            1 => PlanScript.Tombstone(random.Next(1, 4)),
            2 => PlanScript.Record(random.Next(1, 4), bucketId: 2),
            _ => PlanScript.Record(random.Next(1, 4)),
        };
        return random.Next(11) switch
        {
            0 or 1 => PlanEvent.Started(view),
            2 or 3 => PlanEvent.Looked(view, record),
            4 => PlanEvent.LookFailed(view, new StoreError(ErrorCode.DiskFailure, "EIO")),
            5 or 6 => PlanEvent.Locked(view, record),
            7 => PlanEvent.Answered(view, Fold.Target(random.Next(1, 4)), (LookResult)random.Next(3), record),
            8 => PlanEvent.Committed(view),
            9 => PlanEvent.CommitFailed(view, new StoreError(ErrorCode.OutOfSpace, "ENOSPC")),
            _ => random.Next(4) == 0 ? PlanEvent.DeadlinePassed(view) : PlanEvent.ViewChanged(view),
        };
    }
}
