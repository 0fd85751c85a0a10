using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Starling.Server.Metrics;

/// <summary>
/// What one node counts about its requests. Two readers: the Prometheus text of <c>/metrics</c> through the meter, and the tracker of the native statistics.
/// One object per node, so that several nodes in one process (tests) do not count into each other.
/// </summary>
internal sealed class ServerMetrics : IDisposable
{
    /// <summary>The fixed name of the meter and of the activity source.</summary>
    public const string Name = "Starling";

    private static readonly double[] LatencyBoundsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private readonly Counter<long> requests;
    private readonly Histogram<double> durations;
    private readonly Counter<long> bytes;

    public ServerMetrics()
    {
        Meter = new Meter(Name);
        Exporter = new PrometheusExporter(Meter, LatencyBoundsSeconds);
        requests = Meter.CreateCounter<long>("starling_requests_total", description: "Requests answered, by operation and HTTP status.");
        durations = Meter.CreateHistogram<double>("starling_request_duration_seconds", unit: "s", description: "Time from the first byte of a request to the last of its answer.");
        bytes = Meter.CreateCounter<long>("starling_object_bytes_total", unit: "By", description: "Bytes of object content, by direction.");
        Exporter.Start();
    }

    /// <summary>The meter; other parts of the node add their instruments to it.</summary>
    public Meter Meter { get; }

    /// <summary>Formats the meter.</summary>
    public PrometheusExporter Exporter { get; }

    /// <summary>What requests for objects took lately: a rebalance paces itself by it.</summary>
    public LatencyWindow Foreground { get; } = new();

    /// <summary>Counters under the names that native clients know.</summary>
    public StatsTracker Tracker { get; } = new();

    /// <summary>Counts one answered request.</summary>
    public void Record(string operation, int status, long startTimestamp)
    {
        var elapsed = Stopwatch.GetElapsedTime(startTimestamp);
        requests.Add(1, new("op", operation), new("status", StatusText(status)));
        durations.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("op", operation));
        if (operation is "get" or "head" or "put" or "del")
        {
            Foreground.Add(elapsed);
        }

        Tracker.Count(operation, status, elapsed.Ticks * 100);
    }

    /// <summary>Counts content that went out to a client.</summary>
    public void ContentSent(long sizeBytes)
    {
        bytes.Add(sizeBytes, new KeyValuePair<string, object?>("direction", "out"));
        Tracker.Add("get.size", sizeBytes);
    }

    /// <summary>Counts content that came in from a client and was stored.</summary>
    public void ContentReceived(long sizeBytes)
    {
        bytes.Add(sizeBytes, new KeyValuePair<string, object?>("direction", "in"));
        Tracker.Add("put.size", sizeBytes);
    }

    public void Dispose()
    {
        Exporter.Dispose();
        Meter.Dispose();
    }

    private static string StatusText(int status) => status switch
    {
        200 => "200", 206 => "206", 301 => "301", 307 => "307", 400 => "400", 404 => "404", 503 => "503",
        _ => status.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}
