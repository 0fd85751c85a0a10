using System.Collections.Immutable;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;

namespace Starling.Protocol.Node;

/// <summary>
/// Collects what a step changes on the disk into one batch, and holds whatever depends on it until the batch is durable.
/// Batches complete in order, so one token says everything.
/// </summary>
internal sealed class PersistQueue
{
    private readonly List<LogEntry> entries = [];
    private readonly Queue<(long Token, Action Then)> held = new();
    private readonly List<Outstanding> outstanding = [];
    private PersistBatch batch = new();
    private bool dirty;
    private long lastToken;
    private long completedToken;
    private long hardStateToken;

    public PersistQueue(long durableIndex) => DurableIndex = durableIndex;

    /// <summary>Everything up to here is on this node's disk.</summary>
    public long DurableIndex { get; private set; }

    /// <summary>Whether the newest hard state is on the disk.</summary>
    public bool HardStateDurable => completedToken >= hardStateToken;

    /// <summary>How long the oldest flush has been pending, nanoseconds; 0: none is.</summary>
    public long PendingSince(long nowNs) => outstanding.Count == 0 ? 0 : nowNs - outstanding[0].SinceNs;

    public void Write(HardState state)
    {
        batch = batch with { HardState = state };
        hardStateToken = lastToken + 1;
        dirty = true;
    }

    public void Write(BootstrapRecord record)
    {
        batch = batch with { Bootstrap = record };
        dirty = true;
    }

    public void Append(LogEntry entry)
    {
        entries.Add(entry);
        dirty = true;
    }

    public void TruncateFrom(long index)
    {
        entries.RemoveAll(e => e.Index >= index);
        batch = batch with { TruncateFrom = batch.TruncateFrom == 0 ? index : Math.Min(batch.TruncateFrom, index) };
        dirty = true;

        // What was flushed under these indexes is not what will stand there.
        DurableIndex = Math.Min(DurableIndex, index - 1);
        for (var i = 0; i < outstanding.Count; i++)
        {
            outstanding[i] = outstanding[i] with { LastIndex = Math.Min(outstanding[i].LastIndex, index - 1) };
        }
    }

    public void Write(Snapshot snapshot, long keepFrom)
    {
        batch = batch with { Snapshot = snapshot, KeepFrom = keepFrom };
        dirty = true;
    }

    /// <summary>A new incarnation: nothing that was held before may leave any more.</summary>
    public void Restart(Incarnation incarnation)
    {
        entries.Clear();
        held.Clear();
        batch = new PersistBatch { NewIncarnation = incarnation, HardState = HardState.Initial, Bootstrap = BootstrapRecord.None };
        hardStateToken = lastToken + 1;
        dirty = true;
        DurableIndex = 0;
        for (var i = 0; i < outstanding.Count; i++)
        {
            outstanding[i] = outstanding[i] with { LastIndex = 0 };
        }
    }

    /// <summary>Runs at once when everything written so far is durable, else as soon as it is.</summary>
    public void Then(Action action)
    {
        if (!dirty && completedToken == lastToken)
        {
            action();
        }
        else
        {
            held.Enqueue((dirty ? lastToken + 1 : lastToken, action));
        }
    }

    /// <summary>The batch of this step, if there is one.</summary>
    public Persist? Emit(long nowNs, long lastIndex)
    {
        if (!dirty)
        {
            return null;
        }

        var effect = new Persist(++lastToken, batch with { Entries = [.. entries] });
        outstanding.Add(new Outstanding(lastToken, lastIndex, nowNs));
        batch = new PersistBatch();
        entries.Clear();
        dirty = false;
        return effect;
    }

    public void Complete(long token)
    {
        var done = 0;
        while (done < outstanding.Count && outstanding[done].Token <= token)
        {
            DurableIndex = Math.Max(DurableIndex, outstanding[done].LastIndex);
            done++;
        }

        outstanding.RemoveRange(0, done);
        completedToken = Math.Max(completedToken, Math.Min(token, lastToken));
        while (held.Count > 0 && held.Peek().Token <= completedToken)
        {
            held.Dequeue().Then();
        }
    }

    private readonly record struct Outstanding(long Token, long LastIndex, long SinceNs);
}
