using Starling.Core.Wire;
using Starling.Protocol.Rebalance;

namespace Starling.Target.Rebalance;

/// <summary>What the passes of a target may take, and how long they wait.</summary>
public sealed record PassOptions
{
    /// <summary>One hand-over at once for so much of the configured <c>rebalance.burst_buffer</c>.</summary>
    private const int BurstShare = 16;

    /// <summary>A receiver counts as silent after this part of <c>rebalance.dest_retry_time</c>.</summary>
    private const int SilentShare = 4;

    /// <summary>How much of the target a pass may take.</summary>
    public PaceLimits Pace { get; init; } = new();

    /// <summary>The foreground's latency since the last call: what 99 of 100 client requests stayed below, milliseconds; null when there were too few to tell.</summary>
    public Func<double?> ForegroundP99Ms { get; init; } = static () => null;

    /// <summary>How long one hand-over may take, apart from its bytes.</summary>
    public TimeSpan HandOffWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Slowest sensible transfer, bytes per second: what a large object's deadline is reckoned from.</summary>
    public long SlowestBytesPerSecond { get; init; } = 2 << 20;

    /// <summary>How long the owner of a batch of leftovers may think.</summary>
    public TimeSpan VerifyWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one mark may take.</summary>
    public TimeSpan MarkWithin { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The same as the cluster's configuration wants it now.</summary>
    public PassOptions As(ClusterConfigWire config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var silentAfter = config.Rebalance.DestRetryTime.ToTimeSpan() / SilentShare;
        return this with
        {
            Pace = new PaceLimits(
                Math.Max(1, config.Rebalance.BurstBuffer / BurstShare),
                config.Pace.LatencyPercent / 100.0,
                config.Pace.LatencySlack.ToTimeSpan().TotalMilliseconds,
                config.Pace.MaxBytesPerSecond.Bytes),
            HandOffWithin = silentAfter,
            VerifyWithin = silentAfter,
        };
    }

    /// <summary>How often the pace is looked at.</summary>
    public TimeSpan PaceEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the leader is told again that a pass is finished, until the state shows it.</summary>
    public TimeSpan ReportEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Pause after a pass that broke off unexpectedly.</summary>
    public TimeSpan PauseAfterFailure { get; init; } = TimeSpan.FromSeconds(5);
}
