using Starling.Protocol.Rebalance;
using Xunit;

namespace Starling.Tests.Protocol.Rebalance;

public class PacerTests
{
    private static readonly PaceLimits Limits = new(MaxInFlight: 64, LatencyFactor: 2, SlackMs: 20);

    private static PaceState Run(PaceState state, int intervals, double? latencyMs)
    {
        for (var i = 0; i < intervals; i++)
        {
            state = Pacer.Next(state, new PaceSample(latencyMs), Limits);
        }

        return state;
    }

    [Fact]
    public void Nobody_to_disturb_lets_it_run_at_full_width_soon() => Assert.Equal(64, Run(PaceState.Start(0), 5, null).MaxInFlight);

    [Fact]
    public void It_grows_while_the_foreground_does_not_feel_it_and_halves_when_it_does()
    {
        var grown = Run(PaceState.Start(10), 10, 11);
        Assert.InRange(grown.MaxInFlight, 12, 64);
        Assert.Equal(grown.MaxInFlight / 2, Run(grown, 1, 200).MaxInFlight, 1.0);
        Assert.Equal(1, Run(grown, 10, 200).MaxInFlight);
    }

    [Fact]
    public void A_slow_foreground_that_movement_does_not_cause_becomes_the_baseline()
    {
        var state = Run(PaceState.Start(5), 200, 100);
        Assert.InRange(state.BaselineMs, 50, 100);
        Assert.InRange(state.MaxInFlight, 1, 64);
    }

    [Fact]
    public void Without_a_baseline_the_first_sample_is_one_and_a_better_one_lowers_it()
    {
        var first = Run(PaceState.Start(0), 1, 40);
        Assert.Equal(40, first.BaselineMs);
        Assert.InRange(Run(first, 20, 8).BaselineMs, 7.9, 9);
    }

    [Fact]
    public void The_width_never_leaves_its_limits()
    {
        var narrow = new PaceLimits(MaxInFlight: 0);
        Assert.Equal(1, Pacer.Next(PaceState.Start(1), new PaceSample(null), narrow).MaxInFlight);
        Assert.Equal(1, Pacer.Next(new PaceState(-5, 1), new PaceSample(500), Limits).MaxInFlight);
        Assert.Equal(30, Pacer.TargetMs(10, Limits));
        Assert.Equal(200, Pacer.TargetMs(100, Limits));
    }

    [Fact]
    public void The_hard_cap_says_how_long_to_wait()
    {
        var capped = Limits with { MaxBytesPerSecond = 1_000_000 };
        Assert.Equal(500_000_000, Pacer.DelayNs(1_000_000, 500_000_000, capped));
        Assert.Equal(0, Pacer.DelayNs(1_000_000, 2_000_000_000, capped));
        Assert.Equal(0, Pacer.DelayNs(1_000_000, 0, Limits));
    }
}
