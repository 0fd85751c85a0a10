namespace Starling.Protocol.Rebalance;

/// <summary>How far a rebalance may go.</summary>
/// <param name="MaxInFlight">Hand-offs at once at most, at least 1.</param>
/// <param name="LatencyFactor">The foreground's slowest hundredth may become so many times slower than without a rebalance; at least 1.</param>
/// <param name="SlackMs">Or by so much slower, whichever allows more, milliseconds.</param>
/// <param name="MaxBytesPerSecond">Hard cap on what is sent; 0: none.</param>
public sealed record PaceLimits(int MaxInFlight = 64, double LatencyFactor = 2, double SlackMs = 20, long MaxBytesPerSecond = 0);

/// <summary>What the last interval showed.</summary>
/// <param name="ForegroundP99Ms">Latency that 99 of 100 client requests stayed below, milliseconds; null when there were too few to tell.</param>
public readonly record struct PaceSample(double? ForegroundP99Ms);

/// <summary>The pace after an interval.</summary>
/// <param name="Window">Hand-offs at once; the whole part counts.</param>
/// <param name="BaselineMs">What the foreground takes undisturbed, as far as known; 0: not known.</param>
public readonly record struct PaceState(double Window, double BaselineMs)
{
    /// <summary>Before the first interval of a pass.</summary>
    /// <param name="baselineMs">What the foreground took while nothing moved; 0 when that is not known.</param>
    public static PaceState Start(double baselineMs) => new(4, baselineMs);

    /// <summary>Hand-offs that may run at once, at least 1.</summary>
    public int MaxInFlight => Math.Max(1, (int)Window);
}

/// <summary>
/// The share of a target that a rebalance takes: it grows while the foreground does not feel it and halves when it does. Never less than one hand-off at a
/// time, so that every pass ends. Called about once a second; pure.
/// </summary>
public static class Pacer
{
    // How fast the baseline follows what is better, and what is worse although next to nothing moves.
    private const double FallRate = 0.25;
    private const double RiseRate = 0.05;

    /// <summary>The pace for the next interval.</summary>
    public static PaceState Next(in PaceState state, in PaceSample sample, PaceLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var most = Math.Max(1, limits.MaxInFlight);
        if (sample.ForegroundP99Ms is not { } latency)
        {
            return state with { Window = Math.Min(most, Math.Max(1, state.Window) * 2) };
        }

        var baseline = state.BaselineMs;
        if (baseline <= 0 || latency < baseline)
        {
            baseline = baseline <= 0 ? latency : baseline + (FallRate * (latency - baseline));
        }
        else if (state.MaxInFlight == 1)
        {
            baseline += RiseRate * (latency - baseline);
        }

        var isFelt = latency > TargetMs(baseline, limits);
        var window = isFelt ? state.Window / 2 : state.Window + Math.Max(1, state.Window / 8);
        return new PaceState(Math.Clamp(window, 1, most), baseline);
    }

    /// <summary>The latency at which the foreground counts as disturbed, milliseconds.</summary>
    public static double TargetMs(double baselineMs, PaceLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return Math.Max(baselineMs * Math.Max(1, limits.LatencyFactor), baselineMs + limits.SlackMs);
    }

    /// <summary>How long to wait before more is sent, so that the hard cap holds, nanoseconds; 0: not at all.</summary>
    /// <param name="sentBytes">What was sent since the start of the measure.</param>
    /// <param name="elapsedNs">How long ago that was.</param>
    /// <param name="limits">The limits.</param>
    public static long DelayNs(long sentBytes, long elapsedNs, PaceLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return limits.MaxBytesPerSecond <= 0 ? 0 : Math.Max(0, (long)((double)sentBytes / limits.MaxBytesPerSecond * 1_000_000_000) - elapsedNs);
    }
}
