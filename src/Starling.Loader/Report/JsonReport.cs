using System.Globalization;
using System.Text.Json;

namespace Starling.Loader.Report;

/// <summary>Statistics as JSON: one element per interval and a final one, each with a side per kind of operation.</summary>
internal sealed class JsonReport
{
    private readonly List<Element> elements = [];

    public void Add(DateTimeOffset start, TimeSpan duration, IReadOnlyList<(string Name, StatsSlice Slice)> sides) => elements.Add(new Element(start, duration, sides));

    public void Write(Stream output)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, IndentSize = 2 });
        json.WriteStartArray();
        foreach (var element in elements)
        {
            json.WriteStartObject();
            foreach (var (name, slice) in element.Sides)
            {
                json.WriteStartObject(name.ToLowerInvariant());
                json.WriteString("start_time", element.Start.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffffK", CultureInfo.InvariantCulture));
                json.WriteString("count", slice.Count.ToString(CultureInfo.InvariantCulture));
                json.WriteString("bytes", slice.Bytes.ToString(CultureInfo.InvariantCulture));
                json.WriteNumber("errors", slice.Errors);
                json.WriteNumber("latency", slice.MeanNs);
                json.WriteNumber("duration", (long)(element.Duration.TotalMilliseconds * 1e6));
                json.WriteNumber("min_latency", slice.MinNs);
                json.WriteNumber("max_latency", slice.MaxNs);
                json.WriteNumber("p50_latency", slice.P50Ns);
                json.WriteNumber("p90_latency", slice.P90Ns);
                json.WriteNumber("p99_latency", slice.P99Ns);
                json.WriteNumber("p999_latency", slice.P999Ns);
                json.WriteString("throughput", ((long)(slice.Bytes / Math.Max(element.Duration.TotalSeconds, 1e-9))).ToString(CultureInfo.InvariantCulture));
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
    }

    private sealed record Element(DateTimeOffset Start, TimeSpan Duration, IReadOnlyList<(string Name, StatsSlice Slice)> Sides);
}
