using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Codec;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Consensus;

/// <summary>The log in memory: an indexed ring behind a snapshot, with the voter sets that its entries bring.</summary>
internal sealed class RaftLog
{
    private readonly List<(long Index, VoterSet Voters)> voters = [];
    private LogEntry[] ring = new LogEntry[64];
    private long[] ends = new long[64];
    private int head;
    private int count;
    private long baseIndex;
    private long baseTerm;
    private long baseEnd;

    public RaftLog(Snapshot snapshot, ImmutableArray<LogEntry> entries)
    {
        Snapshot = snapshot;
        baseIndex = entries.IsEmpty ? snapshot.Index : entries[0].Index - 1;
        baseTerm = baseIndex == snapshot.Index ? snapshot.Term : baseIndex == 0 ? 0 : -1;
        voters.Add((snapshot.Index, snapshot.Voters));
        foreach (var entry in entries)
        {
            Push(entry);
        }
    }

    /// <summary>The newest snapshot; entries may be kept from before it.</summary>
    public Snapshot Snapshot { get; private set; }

    public long FirstIndex => baseIndex + 1;

    public long LastIndex => baseIndex + count;

    public long LastTerm => count == 0 ? baseTerm : this[LastIndex].Term;

    /// <summary>The voter set in force: the newest in the log, committed or not (rule A2).</summary>
    public VoterSet Voters => voters[^1].Voters;

    /// <summary>Index of the entry that brought <see cref="Voters"/>.</summary>
    public long VotersIndex => voters[^1].Index;

    public LogEntry this[long index] => ring[Slot(index)];

    /// <summary>Bytes of the encoded entries after one index and through another; those that are no longer here count nothing.</summary>
    public long SizeBetween(long after, long through) => EndAt(Math.Min(through, LastIndex)) - EndAt(Math.Min(after, LastIndex));

    public bool Has(long index) => index > baseIndex && index <= LastIndex;

    /// <summary>Term of an entry; -1 when it is not known any more, or not yet.</summary>
    public long TermAt(long index)
    {
        if (Has(index))
        {
            return this[index].Term;
        }

        if (index == baseIndex)
        {
            return baseTerm;
        }

        return index == Snapshot.Index ? Snapshot.Term : -1;
    }

    /// <summary>First index of the run of equal terms that ends here.</summary>
    public long FirstOfTerm(long index)
    {
        var term = TermAt(index);
        while (index > FirstIndex && TermAt(index - 1) == term)
        {
            index--;
        }

        return index;
    }

    /// <summary>Term of the newest leader that the log names, and who it was; null: none is named.</summary>
    public LogEntry? NewestNoop()
    {
        for (var index = LastIndex; index > baseIndex; index--)
        {
            if (this[index].Kind == EntryKind.Noop)
            {
                return this[index];
            }
        }

        return null;
    }

    /// <summary>Control address of a node by the newest entry that names it, or null.</summary>
    public string? AddressOf(NodeId id)
    {
        for (var index = LastIndex; Has(index); index--)
        {
            var address = this[index].Command switch
            {
                AdmitNode admit when admit.Id == id => admit.Addresses.Control,
                UpdateNodeAddresses update when update.Member.Id == id => update.Addresses.Control,
                FormCluster form => form.Members.FirstOrDefault(m => m.Id == id)?.Addresses.Control,
                _ => null,
            };
            if (address is not null)
            {
                return address;
            }
        }

        return null;
    }

    public VoterSet VotersAt(long index)
    {
        var found = voters[0].Voters;
        foreach (var (at, set) in voters)
        {
            if (at > index)
            {
                break;
            }

            found = set;
        }

        return found;
    }

    public void Push(LogEntry entry)
    {
        if (entry.Index != LastIndex + 1)
        {
            throw new InvalidOperationException($"entry {entry.Index} cannot follow {LastIndex}");
        }

        if (count == ring.Length)
        {
            Grow();
        }

        var end = EndAt(LastIndex) + LogEntryCodec.SizeOf(entry);
        count++;
        ring[Slot(entry.Index)] = entry;
        ends[Slot(entry.Index)] = end;
        if (entry.Voters is { } set && entry.Index > Snapshot.Index)
        {
            voters.Add((entry.Index, set));
        }
    }

    public void TruncateFrom(long index)
    {
        while (LastIndex >= index && count > 0)
        {
            count--;
            ring[(head + count) & (ring.Length - 1)] = null!;
        }

        while (voters.Count > 1 && voters[^1].Index >= index)
        {
            voters.RemoveAt(voters.Count - 1);
        }
    }

    /// <summary>Entries from an index on: so many, and so many bytes, at most; one at least, when there is one.</summary>
    public ImmutableArray<LogEntry> Slice(long from, int max, long maxBytes)
    {
        var length = (int)Math.Min(max, LastIndex - from + 1);
        while (length > 1 && SizeBetween(from - 1, from + length - 1) > maxBytes)
        {
            length--;
        }

        if (length <= 0)
        {
            return [];
        }

        var builder = ImmutableArray.CreateBuilder<LogEntry>(length);
        for (var i = 0; i < length; i++)
        {
            builder.Add(this[from + i]);
        }

        return builder.MoveToImmutable();
    }

    /// <summary>Takes a snapshot of a prefix; entries from <paramref name="keepFrom"/> on stay.</summary>
    public void Compact(Snapshot snapshot, long keepFrom)
    {
        Snapshot = snapshot;
        while (count > 0 && baseIndex + 1 < keepFrom && baseIndex < snapshot.Index)
        {
            baseTerm = ring[head].Term;
            baseEnd = ends[head];
            ring[head] = null!;
            head = (head + 1) & (ring.Length - 1);
            count--;
            baseIndex++;
        }

        var set = VotersAt(snapshot.Index);
        voters.RemoveAll(v => v.Index <= snapshot.Index);
        voters.Insert(0, (snapshot.Index, set));
    }

    /// <summary>Replaces everything by a snapshot from the leader.</summary>
    public void Reset(Snapshot snapshot)
    {
        Snapshot = snapshot;
        Array.Clear(ring);
        baseEnd = 0;
        head = 0;
        count = 0;
        baseIndex = snapshot.Index;
        baseTerm = snapshot.Term;
        voters.Clear();
        voters.Add((snapshot.Index, snapshot.Voters));
    }

    private int Slot(long index) => (head + (int)(index - baseIndex - 1)) & (ring.Length - 1);

    /// <summary>Where an entry ends, counted in bytes from some beginning that stays the same.</summary>
    private long EndAt(long index) => index <= baseIndex ? baseEnd : ends[Slot(index)];

    private void Grow()
    {
        var larger = new LogEntry[ring.Length * 2];
        var largerEnds = new long[larger.Length];
        for (var i = 0; i < count; i++)
        {
            larger[i] = ring[(head + i) & (ring.Length - 1)];
            largerEnds[i] = ends[(head + i) & (ring.Length - 1)];
        }

        ring = larger;
        ends = largerEnds;
        head = 0;
    }
}
