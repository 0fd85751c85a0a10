using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Starling.Protocol.Rebalance;

namespace Starling.Target.Rebalance;

/// <summary>How the cleanup of one target goes, or went.</summary>
/// <param name="Operation">Id of its operation.</param>
/// <param name="RebalanceId">Number of its rebalance.</param>
/// <param name="IsForced">By force.</param>
public sealed record CleanupStatus(long Operation, long RebalanceId, bool IsForced)
{
    /// <summary>How many errors are kept by name.</summary>
    public const int MaxErrors = 32;

    /// <summary>Misplaced copies that it came to.</summary>
    public long Visits { get; init; }

    /// <summary>Those whose metadata could be read.</summary>
    public long Loads { get; init; }

    /// <summary>How many came to which end.</summary>
    public ImmutableSortedDictionary<CleanupVerdict, long> Counts { get; init; } = ImmutableSortedDictionary<CleanupVerdict, long>.Empty;

    /// <summary>Bytes of the copies that were removed.</summary>
    public long RemovedBytes { get; init; }

    /// <summary>Copies whose metadata could not be read.</summary>
    public long UnreadableCount { get; init; }

    /// <summary>The first things that went wrong.</summary>
    public ImmutableArray<PassError> Errors { get; init; } = [];

    /// <summary>Wall clock at its begin, for display.</summary>
    public DateTimeOffset Began { get; init; }

    /// <summary>Whether it still runs.</summary>
    public bool IsRunning { get; init; } = true;

    /// <summary>Whether it was stopped before its end.</summary>
    public bool IsAborted { get; init; }

    /// <summary>Copies that were removed.</summary>
    public long Removed => Count(CleanupVerdict.Removed) + Count(CleanupVerdict.RemovedDiverged);

    /// <summary>How many went wrong.</summary>
    public long ErrorCount => Count(CleanupVerdict.ErrHead) + Count(CleanupVerdict.ErrRemove) + UnreadableCount;

    /// <summary>How many came to this end.</summary>
    public long Count(CleanupVerdict verdict) => Counts.GetValueOrDefault(verdict);

    /// <summary>Counters as people and clients know them, for example <c>cleanup visits=6120 loads=6120 removed=6120</c>; what did not happen is left out.</summary>
    public string Text
    {
        get
        {
            var text = new StringBuilder(IsForced ? "cleanup-force" : "cleanup");
            text.Append(IsRunning ? string.Empty : IsAborted ? " aborted" : " done");
            Add("visits", Visits, always: true);
            Add("loads", Loads, always: true);
            Add("removed", Count(CleanupVerdict.Removed), always: true);
            Add("err-load", UnreadableCount, always: false);
            foreach (var (verdict, count) in Counts.Where(pair => pair.Key != CleanupVerdict.Removed))
            {
                Add(NameOf(verdict), count, always: false);
            }

            return text.ToString();

            void Add(string name, long count, bool always)
            {
                if (always || count > 0)
                {
                    text.Append(CultureInfo.InvariantCulture, $" {name}={count}");
                }
            }
        }
    }

    /// <summary>One copy came to its end.</summary>
    internal CleanupStatus With(CleanupVerdict verdict, long sizeBytes, PassError? error) => this with
    {
        Visits = Visits + 1,
        Loads = Loads + 1,
        Counts = Counts.SetItem(verdict, Count(verdict) + 1),
        RemovedBytes = RemovedBytes + (verdict is CleanupVerdict.Removed or CleanupVerdict.RemovedDiverged ? sizeBytes : 0),
        Errors = error is null || Errors.Length >= MaxErrors ? Errors : Errors.Add(error),
    };

    /// <summary>One copy could not be read.</summary>
    internal CleanupStatus WithUnreadable(PassError error) => this with
    {
        Visits = Visits + 1,
        UnreadableCount = UnreadableCount + 1,
        Errors = Errors.Length >= MaxErrors ? Errors : Errors.Add(error),
    };

    private static string NameOf(CleanupVerdict verdict) => verdict switch
    {
        CleanupVerdict.RemovedDiverged => "removed-diverged",
        CleanupVerdict.KeepPeerMissing => "keep-peer-missing",
        CleanupVerdict.KeepDiverged => "keep-diverged",
        CleanupVerdict.KeepUnproven => "keep-unproven",
        CleanupVerdict.ErrHead => "err-head",
        CleanupVerdict.ErrRemove => "err-remove",
        CleanupVerdict.SkipBusy => "skip-busy",
        CleanupVerdict.SkipChanged => "skip-changed",
        CleanupVerdict.SkipRecent => "skip-recent",
        CleanupVerdict.SkipRedundant => "skip-redundant",
        _ => "removed",
    };
}
