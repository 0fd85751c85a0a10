namespace Starling.Loader.Report;

/// <summary>What one kind of operation did; the interval since the last line, and the run as a whole. Thread safe.</summary>
internal sealed class OperationStats(string name)
{
    private readonly Lock gate = new();
    private readonly LatencyHistogram intervalLatency = new();
    private readonly LatencyHistogram totalLatency = new();
    private long intervalBytes;
    private long totalBytes;
    private long intervalErrors;
    private long totalErrors;

    public string Name { get; } = name;

    public void Add(long latencyNs, long sizeBytes)
    {
        lock (gate)
        {
            intervalLatency.Add(latencyNs);
            intervalBytes += sizeBytes;
        }
    }

    public void AddError()
    {
        lock (gate)
        {
            intervalErrors++;
        }
    }

    /// <summary>Ends the interval and returns it together with the run so far.</summary>
    public (StatsSlice Interval, StatsSlice Total) Cut()
    {
        lock (gate)
        {
            var interval = Slice(intervalLatency, intervalBytes, intervalErrors);
            totalLatency.Add(intervalLatency);
            totalBytes += intervalBytes;
            totalErrors += intervalErrors;
            intervalLatency.Clear();
            intervalBytes = intervalErrors = 0;
            return (interval, Slice(totalLatency, totalBytes, totalErrors));
        }
    }

    private static StatsSlice Slice(LatencyHistogram latency, long bytes, long errors) => new(
        latency.Count, bytes, errors, latency.Count == 0 ? 0 : latency.MinNs, latency.MeanNs, latency.MaxNs,
        latency.Percentile(50), latency.Percentile(90), latency.Percentile(99), latency.Percentile(99.9));
}

/// <summary>Completed requests, their payload, errors, and latencies in nanoseconds over some time.</summary>
internal sealed record StatsSlice(long Count, long Bytes, long Errors, long MinNs, long MeanNs, long MaxNs, long P50Ns, long P90Ns, long P99Ns, long P999Ns)
{
    public bool IsEmpty => Count == 0 && Errors == 0;
}
