using System.Collections.Concurrent;
using System.Diagnostics;
using Starling.Playground.Nodes;

namespace Starling.Playground.Tour;

/// <summary>When which process was down by the tour's own doing: only that excuses a broken connection.</summary>
internal sealed class Outages
{
    private readonly ConcurrentDictionary<int, ConcurrentQueue<Outage>> byPort = new();

    /// <summary>To be called just before the process is killed; the outage lasts until it is ended.</summary>
    public Outage Begin(NodePlan node)
    {
        var outage = new Outage(Stopwatch.GetTimestamp());
        byPort.GetOrAdd(node.Port, _ => new ConcurrentQueue<Outage>()).Enqueue(outage);
        return outage;
    }

    /// <summary>Whether the process at this public port was down at any time since <paramref name="sinceTimestamp"/>.</summary>
    public bool Excuse(int port, long sinceTimestamp) =>
        byPort.TryGetValue(port, out var outages) && outages.Any(outage => outage.EndedTimestamp >= sinceTimestamp);

    internal sealed class Outage(long beganTimestamp)
    {
        private long endedTimestamp = long.MaxValue;

        public long BeganTimestamp { get; } = beganTimestamp;

        public long EndedTimestamp => Interlocked.Read(ref endedTimestamp);

        /// <summary>The process answers again.</summary>
        public void End() => Interlocked.Exchange(ref endedTimestamp, Stopwatch.GetTimestamp());
    }
}
