using Starling.Protocol.Bootstrap;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Simulation.Engine;

namespace Starling.Simulation.Disk;

/// <summary>
/// The disk under one node's control log: batches are written, flushed in groups, and an unflushed suffix may vanish when the machine dies.
/// Keeps the durable image folded, and besides it the image as written (flushed or not), which is what a checker may look at.
/// </summary>
public sealed class SimControlDisk
{
    private readonly Queue<(long Token, PersistBatch Batch)> _unflushed = new();
    private long _newestToken;

    /// <summary>What survives a power cut.</summary>
    public ControlImage Durable { get; private set; } = new();

    /// <summary>What the node has written, flushed or not.</summary>
    public ControlImage Written { get; private set; } = new();

    public bool IsFlushing { get; private set; }

    /// <summary>Control addresses that the node wrote down beside its log.</summary>
    public System.Collections.Immutable.ImmutableArray<string> Remembered { get; set; } = [];

    public bool HasLog { get; private set; }

    /// <summary>How often this disk lost what it had acknowledged: wiped, damaged, or replaced.</summary>
    public int Losses { get; private set; }

    public int UnflushedCount => _unflushed.Count;

    public void Write(long token, PersistBatch batch)
    {
        _newestToken = token;
        _unflushed.Enqueue((token, batch));
        Written.Apply(batch);
    }

    /// <summary>Begins to flush everything written so far; returns the newest token of the group, or 0 when there is nothing to do or a flush is running.</summary>
    public long BeginFlush()
    {
        if (IsFlushing || _unflushed.Count == 0)
        {
            return 0;
        }

        IsFlushing = true;
        return _newestToken;
    }

    public void EndFlush(long upTo)
    {
        IsFlushing = false;
        while (_unflushed.Count > 0 && _unflushed.Peek().Token <= upTo)
        {
            Durable.Apply(_unflushed.Dequeue().Batch);
        }
    }

    /// <summary>The process or the machine dies: some of what was not flushed is there nevertheless, the rest is gone. Returns how many batches vanished.</summary>
    public int Crash(SimRandom random, bool keepAll)
    {
        var keep = keepAll ? _unflushed.Count : random.Below(_unflushed.Count + 1);
        while (keep-- > 0)
        {
            Durable.Apply(_unflushed.Dequeue().Batch);
        }

        // What is left is a torn tail at most: the reader cuts it off.
        var vanished = _unflushed.Count;
        _unflushed.Clear();
        IsFlushing = false;
        Written = Durable.Copy();
        return vanished;
    }

    /// <summary>The log is gone. With <paramref name="directoryRemains"/> the node can tell that there was one.</summary>
    public void Wipe(bool directoryRemains)
    {
        Losses++;
        LogWasLost = directoryRemains && HasLog;
        if (!directoryRemains)
        {
            Remembered = [];
        }

        Durable = new ControlImage();
        Written = new ControlImage();
        HasLog = false;
        _unflushed.Clear();
        IsFlushing = false;
    }

    public bool LogWasLost { get; private set; }

    /// <summary>An image of the disk as it is on the platter now: for disks that are cloned or put back later.</summary>
    public ControlImage TakeImage() => Durable.Copy();

    /// <summary>Puts an image in place of the disk's contents.</summary>
    public void PutImage(ControlImage image)
    {
        Losses++;
        Durable = image.Copy();
        Written = image.Copy();
        HasLog = true;
        _unflushed.Clear();
        IsFlushing = false;
    }

    /// <summary>What a starting process reads. A node without a log draws an incarnation and writes it to the header first.</summary>
    public RestoredState Restore(SimRandom random)
    {
        if (!HasLog)
        {
            HasLog = true;
            Durable.Incarnation = new Incarnation(random.Next128() | 1);
            Written.Incarnation = Durable.Incarnation;
            return RestoredState.Fresh(Durable.Incarnation) with { LogWasLost = LogWasLost, RememberedAddresses = Remembered };
        }

        return new RestoredState
        {
            Incarnation = Durable.Incarnation,
            HardState = Durable.HardState,
            Snapshot = Durable.Snapshot,
            Entries = [.. Durable.Entries],
            Bootstrap = Durable.Bootstrap,
            LogWasLost = LogWasLost,
            RememberedAddresses = Remembered,
        };
    }
}

/// <summary>The fold of the batches of a control log.</summary>
public sealed class ControlImage
{
    public Incarnation Incarnation { get; set; }

    public HardState HardState { get; private set; } = HardState.Initial;

    public Snapshot Snapshot { get; private set; } = Snapshot.Initial;

    public List<LogEntry> Entries { get; private init; } = [];

    public BootstrapRecord Bootstrap { get; private set; } = BootstrapRecord.None;

    public long LastIndex => Entries.Count > 0 ? Math.Max(Entries[^1].Index, Snapshot.Index) : Snapshot.Index;

    /// <summary>What the last snapshot made superfluous: a checker may still want to see it.</summary>
    private List<LogEntry> Trimmed { get; set; } = [];

    public LogEntry? Entry(long index) => Find(Entries, index) ?? Find(Trimmed, index);

    private static LogEntry? Find(List<LogEntry> entries, long index)
    {
        var position = entries.Count == 0 ? -1 : index - entries[0].Index;
        return position >= 0 && position < entries.Count ? entries[(int)position] : null;
    }

    public void Apply(PersistBatch batch)
    {
        if (batch.NewIncarnation is { } incarnation)
        {
            Incarnation = incarnation;
            HardState = HardState.Initial;
            Snapshot = Snapshot.Initial;
            Entries.Clear();
            Trimmed = [];
            Bootstrap = BootstrapRecord.None;
        }

        if (batch.Snapshot is { } snapshot)
        {
            Snapshot = snapshot;

            // The entries of the same batch follow: those that the node keeps may end below the snapshot for the moment.
            if (Entries.Count > 0 && batch.KeepFrom > Entries[0].Index)
            {
                var count = (int)Math.Min(Entries.Count, batch.KeepFrom - Entries[0].Index);
                Trimmed = Entries.GetRange(0, count);
                Entries.RemoveRange(0, count);
            }
        }

        HardState = batch.HardState ?? HardState;
        if (batch.TruncateFrom > 0 && Entries.Count > 0 && batch.TruncateFrom <= Entries[^1].Index)
        {
            var keep = (int)Math.Max(0, batch.TruncateFrom - Entries[0].Index);
            Entries.RemoveRange(keep, Entries.Count - keep);
        }

        foreach (var entry in batch.Entries)
        {
            // What a snapshot of the same batch covers may follow it, and may begin anywhere below.
            var last = Entries.Count > 0 ? Entries[^1].Index : Snapshot.Index;
            if (Entries.Count > 0 ? entry.Index != last + 1 : entry.Index > last + 1)
            {
                throw new CheckFailedException("log batches", $"entry {entry.Index} was written behind index {last}: the log would have a gap");
            }

            Entries.Add(entry);
        }

        Bootstrap = batch.Bootstrap ?? Bootstrap;
    }

    /// <summary>As if the platter had never taken the last entries.</summary>
    public void CutBack(int entries) => Entries.RemoveRange(Math.Max(0, Entries.Count - entries), Math.Min(entries, Entries.Count));

    public ControlImage Copy() => new()
    {
        Incarnation = Incarnation,
        HardState = HardState,
        Snapshot = Snapshot,
        Entries = [.. Entries],
        Bootstrap = Bootstrap,
    };
}
