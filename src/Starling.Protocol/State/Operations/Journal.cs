using System.Collections.Immutable;

namespace Starling.Protocol.State.Operations;

/// <summary>Who asked for a change, when and why; travels with a command. For the record only: nothing is decided by it.</summary>
/// <param name="By">A person, an address or a part of the product.</param>
/// <param name="AtNs">Nanoseconds since 1970 UTC, by the clock of the node where it was asked.</param>
/// <param name="Why">In words; may be empty.</param>
public sealed record Origin(string By, long AtNs, string Why);

/// <summary>One committed change.</summary>
/// <param name="Index">Its log index.</param>
/// <param name="AtNs">When it was asked for, nanoseconds since 1970 UTC; 0: the command did not say.</param>
/// <param name="By">Who asked; empty: the leader, by its rules.</param>
/// <param name="What">The change.</param>
/// <param name="Why">The reason; may be empty.</param>
public sealed record JournalEntry(long Index, long AtNs, string By, string What, string Why);

/// <summary>The newest committed changes, oldest first; bounded.</summary>
public static class Journal
{
    /// <summary>How many changes are kept.</summary>
    public const int Kept = 1_000;

    /// <summary>The journal with one more entry.</summary>
    internal static ImmutableList<JournalEntry> With(this ImmutableList<JournalEntry> journal, JournalEntry entry)
    {
        var next = journal.Add(entry);
        return next.Count > Kept ? next.RemoveAt(0) : next;
    }
}
