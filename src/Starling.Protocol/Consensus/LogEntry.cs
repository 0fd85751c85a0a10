using System.Collections.Immutable;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Consensus;

/// <summary>Kinds of log entries.</summary>
public enum EntryKind
{
    /// <summary>First entry of a term; names its leader.</summary>
    Noop,

    /// <summary>A change of the committed state.</summary>
    Command,

    /// <summary>A change of the voter set, effective when appended (rule A2).</summary>
    Voters,
}

/// <summary>The voters, sorted.</summary>
public sealed record VoterSet(ImmutableArray<Member> Members)
{
    /// <summary>No voters: a node that has not joined.</summary>
    public static VoterSet Empty { get; } = new([]);

    /// <summary>Votes that make a majority.</summary>
    public int Majority => (Members.Length / 2) + 1;

    /// <summary>Whether exactly this member (id and incarnation) votes.</summary>
    public bool Contains(Member member) => Members.BinarySearch(member) >= 0;

    /// <inheritdoc/>
    public bool Equals(VoterSet? other) => other is not null && Members.AsSpan().SequenceEqual(other.Members.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Members.Length;
}

/// <summary>One entry of the log.</summary>
/// <param name="Index">Position, from 1.</param>
/// <param name="Term">Term of the leader that appended it.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Leader">For <see cref="EntryKind.Noop"/>: who leads this term.</param>
/// <param name="Command">For <see cref="EntryKind.Command"/>.</param>
/// <param name="Voters">For <see cref="EntryKind.Voters"/>: the whole new set.</param>
public sealed record LogEntry(long Index, long Term, EntryKind Kind, NodeIdentity? Leader = null, Command? Command = null, VoterSet? Voters = null);
