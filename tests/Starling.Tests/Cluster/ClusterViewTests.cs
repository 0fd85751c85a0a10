using Starling.Cluster.Clocks;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;
using Xunit;

namespace Starling.Tests.Cluster;

public sealed class ClusterViewTests
{
    [Fact]
    public async Task Those_who_wait_get_the_first_snapshot_that_fits()
    {
        var view = new ClusterView(At(1));
        var waiting = view.WaitForAsync(now => now.AppliedIndex >= 3, "index 3", TimeSpan.FromSeconds(30), CancellationToken.None);
        view.Publish(At(2));
        Assert.False(waiting.IsCompleted);
        view.Publish(At(4));
        Assert.Equal(4, (await waiting).AppliedIndex);
        Assert.Equal(4, (await view.WaitForAsync(now => now.AppliedIndex >= 3, "index 3", TimeSpan.Zero, CancellationToken.None)).AppliedIndex);
    }

    [Fact]
    public async Task What_does_not_come_in_time_is_unavailable_and_says_what_was_waited_for()
    {
        var view = new ClusterView(At(5));
        var late = await Assert.ThrowsAsync<StoreException>(() => view.WaitForAsync(_ => false, "a pig that flies", TimeSpan.FromMilliseconds(1), CancellationToken.None));
        Assert.Equal(ErrorCode.Unavailable, late.Error.Code);
        Assert.NotNull(late.Error.RetryAfterMs);
        Assert.Contains("a pig that flies", late.Message, StringComparison.Ordinal);
        Assert.Contains("log index 5", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_that_fails_is_its_askers_error_and_nobody_elses()
    {
        var view = new ClusterView(At(1));
        var broken = view.WaitForAsync(now => now.AppliedIndex > 1 ? throw new InvalidDataException("asked wrongly") : false, "nothing", TimeSpan.FromSeconds(30), CancellationToken.None);
        var sound = view.WaitForAsync(now => now.AppliedIndex == 2, "index 2", TimeSpan.FromSeconds(30), CancellationToken.None);
        view.Publish(At(2));
        await Assert.ThrowsAsync<InvalidDataException>(() => broken);
        Assert.Equal(2, (await sound).AppliedIndex);
        await Assert.ThrowsAsync<InvalidDataException>(
            () => view.WaitForAsync(_ => throw new InvalidDataException("at once"), "nothing", TimeSpan.FromSeconds(30), CancellationToken.None));
    }

    [Fact]
    public void B3_a_lease_is_void_after_its_end_before_its_index_after_a_pause_and_after_a_jump_of_the_wall_clock()
    {
        var clock = new FixedClock { NowNs = 1_000_000_000, WallNs = 501_000_000_000 };
        var pulse = new LoopPulse { LastTickNs = clock.NowNs };
        var lease = new Lease(clock.NowNs, clock.NowNs + Lease.DurationNs, 7, clock.WallNs - clock.NowNs);
        Assert.True(new LeaseView(lease, 7, pulse, clock).IsValidNow);
        Assert.False(new LeaseView(lease, 6, pulse, clock).IsValidNow);
        Assert.False(LeaseView.None.IsValidNow);

        clock.NowNs += Lease.MaxTickGapNs + 1;
        clock.WallNs += Lease.MaxTickGapNs + 1;
        Assert.False(new LeaseView(lease, 7, pulse, clock).IsValidNow);
        pulse.LastTickNs = clock.NowNs;
        Assert.True(new LeaseView(lease, 7, pulse, clock).IsValidNow);

        clock.WallNs += Lease.MaxClockDisagreementNs + 1;
        Assert.False(new LeaseView(lease, 7, pulse, clock).IsValidNow);
        clock.WallNs -= Lease.MaxClockDisagreementNs + 1;

        clock.NowNs += Lease.DurationNs;
        clock.WallNs += Lease.DurationNs;
        pulse.LastTickNs = clock.NowNs;
        Assert.False(new LeaseView(lease, 7, pulse, clock).IsValidNow);
    }

    [Fact]
    public void The_clocks_of_the_kernel_go_on_and_agree_with_those_of_the_runtime()
    {
        var clock = new BootClock();
        var (now, wall) = (clock.NowNs, clock.WallNs);
        Assert.True(clock.NowNs >= now && now > 0);
        Assert.InRange(wall, (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 60_000) * 1_000_000, (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 60_000) * 1_000_000);
    }

    private static ClusterSnapshot At(long index) => new()
    {
        Node = new NodePublication
        {
            Self = new NodeIdentity(NodeId.Parse("gateway01"), new Incarnation(1), new SessionId(1)),
            State = ClusterState.Empty with { AppliedIndex = index },
        },
    };

    private sealed class FixedClock : IBootClock
    {
        public long NowNs { get; set; }

        public long WallNs { get; set; }
    }
}
