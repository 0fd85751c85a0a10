using System.Collections.Concurrent;

namespace Starling.Server.Metrics;

/// <summary>Counters under the names of the native statistics: <c>get.n</c>, <c>get.ns.total</c>, <c>err.get.n</c>, <c>put.size</c> and so on.</summary>
internal sealed class StatsTracker
{
    private readonly ConcurrentDictionary<string, Cell> cells = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Names> names = new(StringComparer.Ordinal);

    /// <summary>Counts one request of an operation.</summary>
    public void Count(string operation, int status, long elapsedNs)
    {
        var of = names.GetOrAdd(operation, static name => new Names($"{name}.n", $"{name}.ns.total", $"err.{name}.n"));
        if (status >= 400)
        {
            Add(of.Errors, 1);
            return;
        }

        Add(of.Count, 1);
        Add(of.TotalNs, elapsedNs);
    }

    /// <summary>Adds to a counter.</summary>
    public void Add(string name, long value) => Interlocked.Add(ref cells.GetOrAdd(name, static _ => new Cell()).Value, value);

    /// <summary>All counters that are not zero, by name.</summary>
    public SortedDictionary<string, long> Snapshot()
    {
        var result = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (name, cell) in cells)
        {
            if (Interlocked.Read(ref cell.Value) is not 0 and var value)
            {
                result[name] = value;
            }
        }

        foreach (var operation in (string[])["get", "put"])
        {
            if (result.TryGetValue($"{operation}.size", out var size))
            {
                result[$"{operation}.bps"] = size;
            }

            if (result.TryGetValue($"{operation}.n", out var count) && result.TryGetValue($"{operation}.ns.total", out var total))
            {
                result[$"{operation}.ns"] = total / count;
            }
        }

        return result;
    }

    /// <summary>Sets counters back to zero.</summary>
    /// <param name="errorsOnly">Only those whose names begin with <c>err.</c>.</param>
    public void Reset(bool errorsOnly)
    {
        foreach (var (name, cell) in cells)
        {
            if (!errorsOnly || name.StartsWith("err.", StringComparison.Ordinal))
            {
                Interlocked.Exchange(ref cell.Value, 0);
            }
        }
    }

    private sealed record Names(string Count, string TotalNs, string Errors);

    private sealed class Cell
    {
        public long Value;
    }
}
