using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Starling.Target.Neighbors;

/// <summary>What this target asked of others: requests, bytes, times.</summary>
public sealed class NeighborMeter
{
    private readonly Counter<long> requests;
    private readonly Counter<long> offers;
    private readonly Counter<long> bytes;
    private readonly Histogram<double> durations;

    /// <summary>Adds the instruments to a meter.</summary>
    public NeighborMeter(Meter meter)
    {
        ArgumentNullException.ThrowIfNull(meter);
        requests = meter.CreateCounter<long>("starling_neighbor_requests_total", description: "Requests to other targets, by kind and outcome (answered, unreachable).");
        offers = meter.CreateCounter<long>("starling_neighbor_offers_total", description: "Records offered to other targets, by answer.");
        bytes = meter.CreateCounter<long>("starling_neighbor_bytes_total", unit: "By", description: "Bytes of object content exchanged with other targets, by kind and direction.");
        durations = meter.CreateHistogram<double>("starling_neighbor_request_duration_seconds", unit: "s", description: "Time from a request to another target to the head of its answer, by kind.");
    }

    internal void Asked(string kind, bool isAnswered, long startTimestamp)
    {
        requests.Add(1, new("kind", kind), new("outcome", isAnswered ? "answered" : "unreachable"));
        durations.Record(Stopwatch.GetElapsedTime(startTimestamp).TotalSeconds, new KeyValuePair<string, object?>("kind", kind));
    }

    internal void Offered(string answer) => offers.Add(1, new KeyValuePair<string, object?>("answer", answer));

    internal void Sent(string kind, long sizeBytes) => bytes.Add(sizeBytes, new("kind", kind), new("direction", "out"));

    internal void Received(string kind, long sizeBytes) => bytes.Add(sizeBytes, new("kind", kind), new("direction", "in"));
}
