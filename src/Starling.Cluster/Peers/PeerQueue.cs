using System.Threading.Channels;
using Starling.Protocol.Consensus;
using Starling.Protocol.Membership;
using Starling.Protocol.Node;
using Starling.Protocol.Ownership;

namespace Starling.Cluster.Peers;

/// <summary>
/// Messages that wait for one address. Bounded: a newer heartbeat, probe or lease question replaces the older one of its kind, and when the queue is full
/// the oldest message goes. Losing messages is allowed; waiting for a peer is not.
/// </summary>
internal sealed class PeerQueue
{
    public const int MaxMessages = 1024;
    private const int MaxTaken = 64;

    private readonly Lock gate = new();
    private readonly LinkedList<Envelope> waiting = new();
    private readonly Channel<bool> arrived = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Messages that were dropped because the queue was full.</summary>
    public long Dropped { get; private set; }

    public int Count
    {
        get
        {
            lock (gate)
            {
                return waiting.Count;
            }
        }
    }

    public void Add(Envelope envelope)
    {
        lock (gate)
        {
            if (IsReplaceable(envelope.Message))
            {
                RemoveOlder(envelope);
            }

            if (waiting.Count >= MaxMessages)
            {
                waiting.RemoveFirst();
                Dropped++;
            }

            waiting.AddLast(envelope);
            arrived.Writer.TryWrite(true);
        }
    }

    /// <summary>What waits, at most some messages; waits for the first one. Empty when none came in time.</summary>
    public async Task<List<Envelope>> TakeAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        try
        {
            await arrived.Reader.WaitToReadAsync(cancellationToken).AsTask().WaitAsync(idle, cancellationToken);
        }
        catch (TimeoutException)
        {
            return [];
        }

        lock (gate)
        {
            arrived.Reader.TryRead(out _);
            var taken = new List<Envelope>(Math.Min(waiting.Count, MaxTaken));
            while (taken.Count < MaxTaken && waiting.First is { } first)
            {
                taken.Add(first.Value);
                waiting.RemoveFirst();
            }

            if (waiting.Count > 0)
            {
                arrived.Writer.TryWrite(true);
            }

            return taken;
        }
    }

    private void RemoveOlder(Envelope envelope)
    {
        for (var item = waiting.Last; item is not null; item = item.Previous)
        {
            if (item.Value.Message.GetType() == envelope.Message.GetType() && item.Value.To == envelope.To && item.Value.From == envelope.From)
            {
                waiting.Remove(item);
                return;
            }
        }
    }

    private static bool IsReplaceable(Message message) => message is HeartbeatRequest or ProbeRequest or LeaseRequest;
}
