using System.Runtime.InteropServices;

namespace Starling.Cluster.Clocks;

/// <summary>The clocks of the kernel.</summary>
public sealed partial class BootClock : IBootClock
{
    private const int ClockRealtime = 0;
    private const int ClockBoottime = 7;

    /// <inheritdoc/>
    public long NowNs => Read(ClockBoottime);

    /// <inheritdoc/>
    public long WallNs => Read(ClockRealtime);

    private static long Read(int clock)
    {
        if (GetTime(clock, out var time) != 0)
        {
            throw new InvalidOperationException($"clock_gettime({clock}) failed with errno {Marshal.GetLastPInvokeError()}: this kernel has no such clock");
        }

        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int GetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
