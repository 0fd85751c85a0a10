using Starling.Cluster.Clocks;
using Starling.Protocol.Ownership;

namespace Starling.Cluster.Views;

/// <summary>The newest time that the control loop was given; read by everybody who checks a lease, so that a pause of the loop is noticed at once.</summary>
public sealed class LoopPulse
{
    private long lastTickNs;

    /// <summary>Time of the newest tick, on the clock that counts suspension.</summary>
    public long LastTickNs
    {
        get => Volatile.Read(ref lastTickNs);
        set => Volatile.Write(ref lastTickNs, value);
    }
}

/// <summary>A target's lease as of one snapshot (rule B3).</summary>
public sealed class LeaseView
{
    private readonly Lease lease;
    private readonly long appliedIndex;
    private readonly LoopPulse pulse;
    private readonly IBootClock? clock;

    /// <summary>Joins the lease with what its validity depends on.</summary>
    /// <param name="lease">From the core.</param>
    /// <param name="appliedIndex">Applied index of the snapshot that carries it.</param>
    /// <param name="pulse">Newest tick of the loop.</param>
    /// <param name="clock">The node's clocks.</param>
    public LeaseView(Lease lease, long appliedIndex, LoopPulse pulse, IBootClock clock)
    {
        ArgumentNullException.ThrowIfNull(lease);
        this.lease = lease;
        this.appliedIndex = appliedIndex;
        this.pulse = pulse;
        this.clock = clock;
    }

    private LeaseView()
    {
        lease = Lease.None;
        pulse = new LoopPulse();
    }

    /// <summary>No lease.</summary>
    public static LeaseView None { get; } = new();

    /// <summary>When it ends, on the clock that counts suspension, nanoseconds; 0: there is none.</summary>
    public long ValidUntilNs => lease.SentNs == 0 ? 0 : lease.ExpiresNs;

    /// <summary>Whether it is valid at this moment: not expired, its index applied, no gap between ticks, no jump of either clock.</summary>
    /// <param name="nowNs">The clock that counts suspension, read by the caller at the moment that counts.</param>
    public bool IsValid(long nowNs) => clock is not null && lease.IsValid(nowNs, clock.WallNs, pulse.LastTickNs, appliedIndex);

    /// <summary>As <see cref="IsValid(long)"/>, now.</summary>
    public bool IsValidNow => clock is not null && IsValid(clock.NowNs);
}
