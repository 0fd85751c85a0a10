using System.Collections.Immutable;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Xunit;

namespace Starling.Tests.Protocol.Node;

/// <summary>What a control log keeps: batches become durable one by one; a crash forgets the rest.</summary>
internal sealed class MemoryDisk(Incarnation incarnation)
{
    private readonly List<LogEntry> entries = [];

    public Incarnation Incarnation { get; private set; } = incarnation;

    public HardState HardState { get; private set; } = HardState.Initial;

    public Snapshot Snapshot { get; private set; } = Snapshot.Initial;

    public BootstrapRecord Bootstrap { get; private set; } = BootstrapRecord.None;

    public bool LogWasLost { get; set; }

    public IReadOnlyList<LogEntry> Entries => entries;

    public void Write(PersistBatch batch)
    {
        if (batch.NewIncarnation is { } born)
        {
            Incarnation = born;
            entries.Clear();
            Snapshot = Snapshot.Initial;
        }

        if (batch.Snapshot is { } snapshot)
        {
            Snapshot = snapshot;
            entries.RemoveAll(e => e.Index < batch.KeepFrom);
        }

        HardState = batch.HardState ?? HardState;
        if (batch.TruncateFrom > 0)
        {
            entries.RemoveAll(e => e.Index >= batch.TruncateFrom);
        }

        foreach (var entry in batch.Entries)
        {
            var expected = entries.Count > 0 ? entries[^1].Index + 1 : Snapshot.Index + 1;
            Assert.Equal(expected, entry.Index);
            entries.Add(entry);
        }

        Bootstrap = batch.Bootstrap ?? Bootstrap;
    }

    /// <summary>Loses the newest entries, as a disk that lied about a flush would.</summary>
    public void LoseEntriesFrom(long index) => entries.RemoveAll(e => e.Index >= index);

    public MemoryDisk Copy()
    {
        var copy = new MemoryDisk(Incarnation) { HardState = HardState, Snapshot = Snapshot, Bootstrap = Bootstrap, LogWasLost = LogWasLost };
        copy.entries.AddRange(entries);
        return copy;
    }

    public RestoredState Restore() => new()
    {
        Incarnation = Incarnation,
        HardState = HardState,
        Snapshot = Snapshot,
        Entries = [.. entries],
        Bootstrap = Bootstrap,
        LogWasLost = LogWasLost,
    };
}
