namespace Starling.Server.Api.Intra;

/// <summary>What was refused on the networks between nodes; shown by the metrics.</summary>
internal sealed class IntraCounters
{
    private long secret;
    private long cluster;
    private long malformed;
    private long busy;
    private long behind;

    /// <summary>Requests with a wrong secret, or none.</summary>
    public long RefusedSecret => Interlocked.Read(ref secret);

    /// <summary>Requests and messages of another cluster.</summary>
    public long RefusedCluster => Interlocked.Read(ref cluster);

    /// <summary>Bodies that are no messages.</summary>
    public long Malformed => Interlocked.Read(ref malformed);

    /// <summary>Messages refused because the control loop's queue was full, or the loop had stopped.</summary>
    public long Busy => Interlocked.Read(ref busy);

    /// <summary>Requests that this node could not serve because it did not catch up with the sender in time.</summary>
    public long Behind => Interlocked.Read(ref behind);

    public void CountSecret() => Interlocked.Increment(ref secret);

    public void CountCluster() => Interlocked.Increment(ref cluster);

    public void CountMalformed() => Interlocked.Increment(ref malformed);

    public void CountBusy() => Interlocked.Increment(ref busy);

    public void CountBehind() => Interlocked.Increment(ref behind);
}
