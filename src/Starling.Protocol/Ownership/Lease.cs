namespace Starling.Protocol.Ownership;

/// <summary>
/// A target's right to change data and to say "not found" (rule B3). It runs from the sending of the request, on a clock that counts suspension.
/// </summary>
/// <param name="SentNs">When the request was sent; 0: there is no lease.</param>
/// <param name="ExpiresNs">When it ends.</param>
/// <param name="Index">Commit index of the grant: valid once applied.</param>
/// <param name="WallOffsetNs">Wall clock minus this clock at sending.</param>
public sealed record Lease(long SentNs, long ExpiresNs, long Index, long WallOffsetNs)
{
    /// <summary>O: how long a lease runs, nanoseconds. A compiled constant.</summary>
    public const long DurationNs = 30_000_000_000;

    /// <summary>How often a target asks, nanoseconds.</summary>
    public const long RenewNs = 5_000_000_000;

    /// <summary>A gap between ticks above this voids the lease until it is renewed, nanoseconds.</summary>
    public const long MaxTickGapNs = 1_000_000_000;

    /// <summary>Disagreement of wall and monotonic clock above this voids the lease, nanoseconds.</summary>
    public const long MaxClockDisagreementNs = 500_000_000;

    /// <summary>1.05 O: after this no lease granted before is valid any more, on anybody's clock (rates differ by at most 2 %), nanoseconds.</summary>
    public const long LapseNs = DurationNs / 100 * 105;

    /// <summary>No lease.</summary>
    public static Lease None { get; } = new(0, 0, 0, 0);

    /// <summary>
    /// Whether it is valid now. The service that checks it reads the clocks itself, at the moment that counts, and gives the time of the newest
    /// <see cref="Node.Tick"/>, so that a pause is noticed before the control loop gets to run.
    /// </summary>
    /// <param name="nowNs">The clock that counts suspension, now.</param>
    /// <param name="wallNs">The wall clock, now.</param>
    /// <param name="lastTickNs">Time of the newest tick that the node was given.</param>
    /// <param name="appliedIndex">Applied index of the view that the caller decides by.</param>
    public bool IsValid(long nowNs, long wallNs, long lastTickNs, long appliedIndex) =>
        SentNs != 0 && nowNs < ExpiresNs && appliedIndex >= Index && nowNs - lastTickNs <= MaxTickGapNs
        && Math.Abs(wallNs - nowNs - WallOffsetNs) <= MaxClockDisagreementNs;
}
