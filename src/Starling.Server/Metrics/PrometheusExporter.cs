using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Starling.Server.Metrics;

/// <summary>Collects the measurements of one meter and formats them as Prometheus text (version 0.0.4).</summary>
internal sealed class PrometheusExporter : IDisposable
{
    /// <summary>Series per instrument; more would be a mistake in a label, and are dropped.</summary>
    private const int MaxSeries = 1000;

    private readonly double[] bounds;
    private readonly MeterListener listener = new();
    private readonly ConcurrentDictionary<string, Family> families = new(StringComparer.Ordinal);

    public PrometheusExporter(Meter meter, double[] histogramBounds)
    {
        bounds = histogramBounds;
        listener.InstrumentPublished = (instrument, owner) =>
        {
            if (ReferenceEquals(instrument.Meter, meter))
            {
                owner.EnableMeasurementEvents(instrument, families.GetOrAdd(instrument.Name, _ => new Family(instrument)));
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, state) => Record((Family)state!, value, tags));
        listener.SetMeasurementEventCallback<int>((_, value, tags, state) => Record((Family)state!, value, tags));
        listener.SetMeasurementEventCallback<double>((_, value, tags, state) => Record((Family)state!, value, tags));
    }

    /// <summary>Begins to collect.</summary>
    public void Start() => listener.Start();

    /// <summary>The text of all series, instruments in ordinal order.</summary>
    public string Format()
    {
        foreach (var family in families.Values.Where(family => family.Observable))
        {
            family.Series.Clear();
        }

        listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var (name, family) in families.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            text.Append("# HELP ").Append(name).Append(' ').Append(family.Description).Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(family.Type).Append('\n');
            foreach (var (labels, series) in family.Series.OrderBy(pair => pair.Key.ToString(), StringComparer.Ordinal))
            {
                FormatSeries(text, name, family, labels.ToString(), series);
            }
        }

        return text.ToString();
    }

    public void Dispose() => listener.Dispose();

    private static void FormatSeries(StringBuilder text, string name, Family family, string labels, Series series)
    {
        lock (series)
        {
            if (family.Type != "histogram")
            {
                Line(text, name, labels, series.Value);
                return;
            }

            long cumulative = 0;
            for (var i = 0; i < series.Buckets.Length; i++)
            {
                cumulative += series.Buckets[i];
                var bound = i < series.Bounds.Length ? series.Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                Line(text, $"{name}_bucket", labels.Length == 0 ? $"le=\"{bound}\"" : $"{labels},le=\"{bound}\"", cumulative);
            }

            Line(text, $"{name}_sum", labels, series.Value);
            Line(text, $"{name}_count", labels, cumulative);
        }
    }

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }

    private void Record(Family family, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = Labels.Of(tags);
        if (!family.Series.TryGetValue(key, out var series))
        {
            if (family.Series.Count >= MaxSeries)
            {
                return;
            }

            series = family.Series.GetOrAdd(key, _ => new Series(family.Type == "histogram" ? bounds : []));
        }

        lock (series)
        {
            series.Record(family, value);
        }
    }

    /// <summary>Up to three labels; values compare by text.</summary>
    private readonly record struct Labels(string? Name1, string? Value1, string? Name2, string? Value2, string? Name3, string? Value3)
    {
        public static Labels Of(ReadOnlySpan<KeyValuePair<string, object?>> tags) => new(
            tags.Length > 0 ? tags[0].Key : null, tags.Length > 0 ? Text(tags[0].Value) : null,
            tags.Length > 1 ? tags[1].Key : null, tags.Length > 1 ? Text(tags[1].Value) : null,
            tags.Length > 2 ? tags[2].Key : null, tags.Length > 2 ? Text(tags[2].Value) : null);

        public override string ToString()
        {
            var text = new StringBuilder();
            Append(text, Name1, Value1);
            Append(text, Name2, Value2);
            Append(text, Name3, Value3);
            return text.ToString();
        }

        private static string Text(object? value) => value as string ?? Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty;

        private static void Append(StringBuilder text, string? name, string? value)
        {
            if (name is null)
            {
                return;
            }

            text.Append(text.Length > 0 ? "," : string.Empty).Append(name).Append("=\"")
                .Append(value!.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal))
                .Append('"');
        }
    }

    private sealed class Family(Instrument instrument)
    {
        public string Description { get; } = instrument.Description ?? string.Empty;

        public bool Observable { get; } = instrument.IsObservable;

        public string Type { get; } = instrument.GetType().Name.Split('`')[0] switch
        {
            "Counter" or "ObservableCounter" => "counter",
            "Histogram" => "histogram",
            _ => "gauge",
        };

        public ConcurrentDictionary<Labels, Series> Series { get; } = new();
    }

    private sealed class Series(double[] bounds)
    {
        public double[] Bounds { get; } = bounds;

        public long[] Buckets { get; } = new long[bounds.Length + 1];

        public double Value { get; private set; }

        public void Record(Family family, double value)
        {
            switch (family.Type)
            {
                case "histogram":
                    var at = Array.BinarySearch(Bounds, value);
                    Buckets[at < 0 ? ~at : at]++;
                    Value += value;
                    break;
                case "counter" when !family.Observable:
                    Value += value;
                    break;
                default:
                    Value = value;
                    break;
            }
        }
    }
}
