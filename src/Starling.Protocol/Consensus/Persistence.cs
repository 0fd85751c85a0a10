using System.Collections.Immutable;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Identity;
using Starling.Protocol.State;

namespace Starling.Protocol.Consensus;

/// <summary>What a voter must never forget.</summary>
/// <param name="Term">Newest term seen.</param>
/// <param name="VotedFor">The process that got this node's vote in that term (rule A8); null: nobody yet.</param>
public sealed record HardState(long Term, NodeIdentity? VotedFor)
{
    /// <summary>A node that has seen nothing.</summary>
    public static HardState Initial { get; } = new(0, null);
}

/// <summary>The folded beginning of the log.</summary>
/// <param name="Index">Last index that it contains.</param>
/// <param name="Term">Term of that entry.</param>
/// <param name="Voters">Voter set as of that index.</param>
/// <param name="State">State after applying that index.</param>
public sealed record Snapshot(long Index, long Term, VoterSet Voters, ClusterState State)
{
    /// <summary>Before the first entry.</summary>
    public static Snapshot Initial { get; } = new(0, 0, VoterSet.Empty, ClusterState.Empty);
}

/// <summary>One atomic append to the control log; the parts are written in the order of the properties, and flushed together.</summary>
public sealed record PersistBatch
{
    /// <summary>The node becomes another incarnation: everything written before is forgotten, the log starts anew under this header (rule A7).</summary>
    public Incarnation? NewIncarnation { get; init; }

    /// <summary>Replaces the snapshot. Entries up to its index minus those kept (<see cref="KeepFrom"/>) may be dropped.</summary>
    public Snapshot? Snapshot { get; init; }

    /// <summary>With a snapshot: first index that must stay in the log (greater than the last index: none).</summary>
    public long KeepFrom { get; init; }

    /// <summary>New hard state.</summary>
    public HardState? HardState { get; init; }

    /// <summary>Every entry from this index on is void; 0: none.</summary>
    public long TruncateFrom { get; init; }

    /// <summary>Entries to append, consecutive.</summary>
    public ImmutableArray<LogEntry> Entries { get; init; } = [];

    /// <summary>New bootstrap record (rule A9).</summary>
    public BootstrapRecord? Bootstrap { get; init; }
}

/// <summary>What the driver found on the disk when the process started.</summary>
public sealed record RestoredState
{
    /// <summary>An empty directory.</summary>
    /// <param name="incarnation">Freshly drawn, already written to the header of the log.</param>
    public static RestoredState Fresh(Incarnation incarnation) => new() { Incarnation = incarnation };

    /// <summary>From the header of the log.</summary>
    public required Incarnation Incarnation { get; init; }

    /// <summary>Newest hard state.</summary>
    public HardState HardState { get; init; } = HardState.Initial;

    /// <summary>Newest complete snapshot.</summary>
    public Snapshot Snapshot { get; init; } = Snapshot.Initial;

    /// <summary>Entries, consecutive; those up to the snapshot's index (kept for followers) may come first.</summary>
    public ImmutableArray<LogEntry> Entries { get; init; } = [];

    /// <summary>Newest bootstrap record.</summary>
    public BootstrapRecord Bootstrap { get; init; } = BootstrapRecord.None;

    /// <summary>True when the directory held a log before, and it was missing or damaged in the middle: this is a new incarnation (rule A7) and never forms a cluster.</summary>
    public bool LogWasLost { get; init; }

    /// <summary>Control addresses of members remembered from earlier, outside of the log; places to ask. Not empty: never forms a cluster by itself (rule A9).</summary>
    public ImmutableArray<string> RememberedAddresses { get; init; } = [];
}
