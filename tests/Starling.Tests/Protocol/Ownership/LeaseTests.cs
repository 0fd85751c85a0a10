using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Ownership;
using Starling.Tests.Protocol.Node;
using Xunit;

namespace Starling.Tests.Protocol.Ownership;

public sealed class LeaseTests
{
    private static World WithTarget()
    {
        var world = World.WithGateways(3);
        world.Add("target01", NodeRole.Target, 0, ["gateway1"]);
        world.RunUntil(() => Leased(world, "target01") && world["target01"].View.State.Newest.Number == 1, 20, "an active, leased target");
        return world;
    }

    private static bool Leased(World world, string name)
    {
        var host = world[name];
        return host.View.Lease.IsValid(world.NowNs, world.NowNs + host.WallOffsetNs, world.NowNs, host.View.AppliedIndex);
    }

    [Fact]
    public void B3_TheLeaseRunsFromTheSendingOfTheQuestion()
    {
        var world = WithTarget();
        var target = world["target01"];
        world.Run(7);
        var sent = target.Sent.Where(s => s.Envelope.Message is LeaseRequest).Select(s => s.AtNs).ToArray();
        Assert.Contains(target.View.Lease.SentNs, sent);
        Assert.Equal(target.View.Lease.SentNs + Lease.DurationNs, target.View.Lease.ExpiresNs);
    }

    [Fact]
    public void B3_ALeaseIsValidOnlyOnceItsIndexIsAppliedAndUntilItEnds()
    {
        var lease = new Lease(SentNs: 100, ExpiresNs: 100 + Lease.DurationNs, Index: 7, WallOffsetNs: 50);
        Assert.True(lease.IsValid(200, 250, 200, 7));
        Assert.False(lease.IsValid(200, 250, 200, 6));
        Assert.False(lease.IsValid(lease.ExpiresNs, lease.ExpiresNs + 50, lease.ExpiresNs, 7));
        Assert.True(lease.IsValid(lease.ExpiresNs - 1, lease.ExpiresNs + 49, lease.ExpiresNs - 1, 7));
        Assert.False(Lease.None.IsValid(0, 0, 0, 100));
        Assert.Equal(31_500_000_000, Lease.LapseNs);
    }

    [Fact]
    public void B3_APauseIsNoticedBeforeTheLoopRuns()
    {
        var lease = new Lease(SentNs: 1, ExpiresNs: Lease.DurationNs, Index: 0, WallOffsetNs: 0);
        const long Now = 5_000_000_000;
        Assert.True(lease.IsValid(Now, Now, Now - Lease.MaxTickGapNs, 0));
        Assert.False(lease.IsValid(Now, Now, Now - Lease.MaxTickGapNs - 1, 0));
    }

    [Fact]
    public void B3_WallAndMonotonicClockMustAgree()
    {
        var lease = new Lease(SentNs: 1, ExpiresNs: Lease.DurationNs, Index: 0, WallOffsetNs: 1000);
        const long Now = 5_000_000_000;
        Assert.True(lease.IsValid(Now, Now + 1000 + Lease.MaxClockDisagreementNs, Now, 0));
        Assert.False(lease.IsValid(Now, Now + 1001 + Lease.MaxClockDisagreementNs, Now, 0));
        Assert.False(lease.IsValid(Now, Now + 999 - Lease.MaxClockDisagreementNs, Now, 0));
    }

    [Fact]
    public void B3_APauseOfAMinuteWithBufferedMessagesLeavesNoLease()
    {
        var world = WithTarget();
        var target = world["target01"];
        target.Pause(60);
        world.Run(60.02);
        Assert.False(Leased(world, "target01"));
        world.RunUntil(() => Leased(world, "target01"), 5, "a new lease");
        Assert.True(target.View.Lease.SentNs > world.NowNs - (5 * World.Second));
    }

    [Fact]
    public void B3_ATickGapOverASecondVoidsTheLeaseAndTheQuestionsOnTheirWay()
    {
        var world = WithTarget();
        var target = world["target01"];
        var before = target.View.Lease.SentNs;
        target.Pause(1.2);
        world.Run(1.22);
        world.RunUntil(() => target.View.Lease.SentNs > before, 3, "the renewal");
        Assert.True(target.View.Lease.SentNs >= world.NowNs - (2 * World.Second));
    }

    [Fact]
    public void B3_AJumpOfTheWallClockVoidsTheLeaseUntilItIsRenewed()
    {
        var world = WithTarget();
        var target = world["target01"];
        var before = target.View.Lease.SentNs;
        world.Drop = (from, _, e) => from == target && e.Message is LeaseRequest;
        target.WallOffsetNs += 2 * World.Second;
        world.Run(0.2);
        Assert.False(Leased(world, "target01"));
        Assert.Equal(0, target.View.Lease.SentNs);
        world.Drop = null;
        world.RunUntil(() => Leased(world, "target01"), 3, "the renewal");
        Assert.True(target.View.Lease.SentNs > before);
    }

    [Fact]
    public void B3_ARenewalWhoseIndexIsNotAppliedYetTakesNothingAway()
    {
        var world = WithTarget();
        var target = world["target01"];
        world.Run(10);
        var held = target.View.Lease;
        world.Run((held.SentNs + Lease.RenewNs - (300 * World.Ms) - world.NowNs) / (double)World.Second);
        Assert.Equal(held, target.View.Lease);

        // What is committed from now on does not reach the target, while the answer to its next question names it.
        world.Drop = (_, to, e) => to == target.Address && e.Message is AppendRequest;
        world.Leader!.Propose(World.AnyCommand());
        var end = world.NowNs + (3 * World.Second / 2);
        while (world.NowNs < end)
        {
            world.Run(0.02);
            Assert.True(Leased(world, "target01"));
        }

        Assert.Contains(target.Sent, s => s.Envelope.Message is LeaseRequest && s.AtNs > held.SentNs);
        Assert.Equal(held, target.View.Lease);
        world.Drop = null;
        world.RunUntil(() => target.View.Lease.SentNs > held.SentNs && Leased(world, "target01"), 3, "the renewal to be in force");
    }

    [Fact]
    public void B3_LeasesOutliveAnElection()
    {
        var world = WithTarget();
        world.Leader!.Crash();
        var end = world.NowNs + (20 * World.Second);
        while (world.NowNs < end)
        {
            world.Run(0.1);
            Assert.True(Leased(world, "target01"));
        }

        Assert.NotNull(world.Leader);
    }

    [Fact]
    public void B3_ALeaseEndsWhenTheLeaderCannotBeReached()
    {
        var world = WithTarget();
        world.Isolate("target01");
        world.Run(24);
        Assert.True(Leased(world, "target01"));
        world.Run(7);
        Assert.False(Leased(world, "target01"));
    }

    [Fact]
    public void B3_AnIsolatedOldLeaderGrantsNothing()
    {
        var world = WithTarget();
        var old = world.Leader!;
        var target = world["target01"];
        foreach (var other in world.Hosts.Values.Where(h => h != old && h != target))
        {
            world.Cut(old.Name, other.Name);
            world.Cut(target.Name, other.Name);
        }

        world.Run(1.8);
        var cutAt = world.NowNs;
        world.Run(40);
        Assert.True(target.View.Lease.SentNs < cutAt, "a lease was granted without a majority");
        Assert.False(Leased(world, "target01"));
    }

    [Fact]
    public void B3_ARestartWithTheSameLockFilesIsLeasedAtOnce()
    {
        var world = WithTarget();
        var target = world["target01"];
        var boot = target.View.SessionIndex;
        target.Crash();
        world.Run(0.5);
        target.Start();
        Assert.False(target.View.SessionApplied);
        world.RunUntil(() => Leased(world, "target01"), 5, "the lease");
        Assert.True(target.View.SessionIndex > boot);
    }

    [Fact]
    public void B3_AnotherBootOfTheHostWaitsForTheOldLease()
    {
        var world = WithTarget();
        var target = world["target01"];
        world.Run(1);
        target.Crash();
        target.Facts = target.Facts with { HostBootId = "another-boot" };
        target.Start();
        world.Run(20);
        Assert.False(target.View.SessionApplied);
        Assert.Contains(world.Leader!.View.Pending, p => p.Id == target.Facts.Id && p.Reason.Contains("lease", StringComparison.Ordinal));
        Assert.Contains("lease", target.View.Waiting, StringComparison.Ordinal);
        world.RunUntil(() => Leased(world, "target01"), 20, "the lease after the wait");
    }

    [Fact]
    public void B3_ATargetNeverWaitsForNothing_ButAnElectionStartsItsWaitAnew()
    {
        var world = WithTarget();
        var target = world["target01"];
        target.Crash();
        target.Facts = target.Facts with { HostBootId = "another-boot" };
        world.Run(25);
        var old = world.Leader!;
        old.Crash();
        target.Start();
        world.RunUntil(() => world.Leader is { } l && l != old, 6, "a new leader");
        var elected = world.NowNs;
        world.RunUntil(() => Leased(world, "target01"), 45, "the lease");
        Assert.True(world.NowNs - elected > 31 * World.Second, "the new leader knows no grants of the old one");
    }

    [Fact]
    public void B4_TheFenceIsCommittedWhenTheCommittedSessionReportsTheEpoch()
    {
        var world = WithTarget();
        world.Add("target02", NodeRole.Target, 0, ["gateway1"]);
        world.RunUntil(() => world.Leader!.View.State.Newest.Number == 2, 20, "the second epoch");
        world.RunUntil(() => world.Leader!.View.State.Nodes.Values.Where(n => n.Role == NodeRole.Target).All(n => n.Fenced == 2), 3, "both fenced");
    }

    [Fact]
    public void B4_ASilentTargetIsFencedOnlyAfterItsLeaseHasEnded()
    {
        var world = WithTarget();
        var second = world.Add("target02", NodeRole.Target, 0, ["gateway1"]);
        var silent = world["target01"];
        world.Run(0.2);
        world.Isolate("target01");
        var cutAt = world.NowNs;
        world.RunUntil(() => world.Leader!.View.State.Newest.Number == 2, 20, "the second epoch");
        Assert.Equal(1L, world.Leader!.View.State.Node(silent.Facts.Id)!.Fenced);
        var leaseEnd = silent.View.Lease.ExpiresNs;
        world.RunUntil(() => world.Leader!.View.State.Node(silent.Facts.Id)!.Fenced == 2, 45, "the fence");
        Assert.True(world.NowNs > leaseEnd, "fenced while a lease may be valid");
        Assert.True(world.NowNs - cutAt < 40 * World.Second);
        Assert.Equal(2L, world.Leader!.View.State.Node(second.Facts.Id)!.Fenced);
    }

    [Fact]
    public void B4_AGrantMadeByALeaderThatWasPausedCountsFromAfterThePause()
    {
        var world = WithTarget();
        var leader = world.Leader!;
        var target = world["target01"];

        // Everything that can be heard of the target from now on is one question, which finds the leader paused.
        world.Run(0.5);
        foreach (var follower in world.Hosts.Values.Where(h => h != leader && h.Facts.Role == NodeRole.Gateway))
        {
            follower.Pause(1.9);
        }

        leader.Pause(1.9);
        world.RunUntil(() => target.View.Lease.SentNs > world.NowNs - World.Second, 12, "a grant");
        var sent = target.View.Lease.SentNs;
        target.Crash();
        target.Facts = target.Facts with { HostBootId = "another-boot" };
        target.Start();
        world.RunUntil(() => target.View.SessionApplied, 45, "the new session");
        Assert.True(world.NowNs - sent > Lease.DurationNs, "replaced while the old session's lease was running");
    }

    [Fact]
    public void B3_ATargetThatStoppedInOrderIsReplacedAtOnceWhateverBootItComesBackFrom()
    {
        var world = WithTarget();
        var target = world["target01"];
        target.Step(new Starling.Protocol.Node.Stopping());
        Assert.False(Leased(world, "target01"));
        world.RunUntil(() => target.View.StopReady, 1, "the recorded stop");
        Assert.True(world.Leader!.View.State.Node(target.Facts.Id)!.StoppedInOrder);
        target.Crash();
        target.Facts = target.Facts with { HostBootId = "another-boot" };
        target.Start();
        world.RunUntil(() => Leased(world, "target01"), 5, "the lease of the next session");
    }

    [Fact]
    public void A16_AStopIsNotHeldUpByAClusterWithoutALeader()
    {
        var world = WithTarget();
        world.Isolate("target01");
        world["target01"].Step(new Starling.Protocol.Node.Stopping());
        world.RunUntil(() => world["target01"].View.StopReady, 3, "ready to stop");
    }
}
