namespace Starling.Simulation.Clocks;

/// <summary>
/// One machine's clocks. The monotonic one counts suspension (as CLOCK_BOOTTIME does) and drifts by at most 2 %; the wall clock may jump.
/// </summary>
public sealed class SimClock
{
    private long _baseVirtualNs;
    private long _baseLocalNs;
    private int _driftPerMillion;

    public SimClock(long skewNs, int driftPerMillion)
    {
        _baseLocalNs = skewNs;
        _driftPerMillion = driftPerMillion;
    }

    /// <summary>What the wall clock is off by, nanoseconds.</summary>
    public long WallOffsetNs { get; private set; }

    public int DriftPerMillion => _driftPerMillion;

    public long MonotonicNs(long virtualNs)
    {
        var passed = virtualNs - _baseVirtualNs;
        return _baseLocalNs + passed + (passed * _driftPerMillion / 1_000_000);
    }

    public long WallNs(long virtualNs) => virtualNs + WallOffsetNs;

    /// <summary>Virtual time that passes while this machine's clock counts <paramref name="localNs"/>.</summary>
    public long ToVirtual(long localNs) => localNs * 1_000_000 / (1_000_000 + _driftPerMillion);

    public void Jump(long byNs) => WallOffsetNs += byNs;

    public void SetDrift(long virtualNs, int driftPerMillion)
    {
        _baseLocalNs = MonotonicNs(virtualNs);
        _baseVirtualNs = virtualNs;
        _driftPerMillion = driftPerMillion;
    }

    /// <summary>The machine itself was off: its monotonic clock begins anew.</summary>
    public void Reboot(long virtualNs)
    {
        _baseLocalNs = 0;
        _baseVirtualNs = virtualNs;
    }
}
