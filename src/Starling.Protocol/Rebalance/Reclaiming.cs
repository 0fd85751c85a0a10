namespace Starling.Protocol.Rebalance;

/// <summary>When leftovers that may go (<see cref="Forgetting.MayReclaim"/>) are removed.</summary>
/// <param name="DelayMs">How long one is kept after it was verified: the way back of its target costs no bytes meanwhile. Milliseconds.</param>
/// <param name="HighPercent">With more of the filesystem in use nothing is kept.</param>
public readonly record struct ReclaimLimits(long DelayMs, int HighPercent);

/// <summary>The reclaim delay and its end under pressure (rule B11). Says nothing of what may go at all.</summary>
public static class Reclaiming
{
    /// <summary>Whether the filesystem is so full that nothing is kept for its own sake.</summary>
    /// <param name="usedPercent">How much of it is in use, percent.</param>
    /// <param name="limits">The limits.</param>
    public static bool IsPressed(double usedPercent, ReclaimLimits limits) => usedPercent > limits.HighPercent;

    /// <summary>How long a leftover is still kept, milliseconds; 0: its time is over.</summary>
    /// <param name="ageMs">How long ago its file changed last; negative when the clock was set back, which keeps it no longer than the delay from now.</param>
    /// <param name="limits">The limits.</param>
    public static long KeptForMs(long ageMs, ReclaimLimits limits) => Math.Max(0, limits.DelayMs - Math.Max(0, ageMs));
}
