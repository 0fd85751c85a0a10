namespace Starling.Cluster.Clocks;

/// <summary>The two clocks of a node. Decisions use <see cref="NowNs"/>; the wall clock is for display and for noticing that one of the two jumped.</summary>
public interface IBootClock
{
    /// <summary>Nanoseconds of a clock that never steps and counts suspension (CLOCK_BOOTTIME).</summary>
    long NowNs { get; }

    /// <summary>Nanoseconds of the wall clock since 1970 UTC.</summary>
    long WallNs { get; }
}
