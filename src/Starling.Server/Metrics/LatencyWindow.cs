namespace Starling.Server.Metrics;

/// <summary>Latencies of the requests since it was last asked, in bounded memory: what the pace of a rebalance goes by. Thread-safe.</summary>
internal sealed class LatencyWindow
{
    /// <summary>With fewer requests than this nobody can tell what 99 of 100 take.</summary>
    public const int FewestRequests = 50;

    // Eight steps per doubling from 64 microseconds on: a bucket's edge is at most an eighth away from what was measured.
    private const int StepsPerDoubling = 8;
    private const double FirstMs = 0.064;
    private readonly long[] buckets = new long[StepsPerDoubling * 22];

    public void Add(TimeSpan elapsed) => Interlocked.Increment(ref buckets[BucketOf(elapsed.TotalMilliseconds)]);

    /// <summary>What 99 of 100 requests since the last call stayed below, milliseconds; null when there were too few.</summary>
    public double? TakeP99Ms()
    {
        var counts = new long[buckets.Length];
        long total = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = Interlocked.Exchange(ref buckets[i], 0);
            total += counts[i];
        }

        if (total < FewestRequests)
        {
            return null;
        }

        var above = total / 100;
        for (var i = counts.Length - 1; i >= 0; i--)
        {
            above -= counts[i];
            if (above < 0)
            {
                return EdgeMs(i + 1);
            }
        }

        return EdgeMs(0);
    }

    private static int BucketOf(double ms) => ms <= FirstMs ? 0 : (int)Math.Min((StepsPerDoubling * 22) - 1, Math.Log2(ms / FirstMs) * StepsPerDoubling);

    private static double EdgeMs(int bucket) => FirstMs * Math.Pow(2, bucket / (double)StepsPerDoubling);
}
