using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Protocol.Objects;

/// <summary>How a target answers another one that asks for a record (rules B2, B3, B7).</summary>
public static class NeighborRules
{
    /// <summary>Whether it must first catch up to the asker's epoch, or to its own session.</summary>
    public static bool MustCatchUp(in ObjectView view, long askedEpoch) => view.Epoch < askedEpoch || !view.IsCommittedSession;

    /// <summary>What to answer from the view and the look that were taken under the name lock.</summary>
    /// <param name="view">The view.</param>
    /// <param name="askedEpoch">Epoch of the asker.</param>
    /// <param name="name">The object.</param>
    /// <param name="look">What the look found.</param>
    /// <param name="record">The record, when it found one.</param>
    public static LookResult Answer(in ObjectView view, long askedEpoch, ObjectName name, LookResult look, RecordHead? record)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (MustCatchUp(view, askedEpoch) || look == LookResult.Unknown)
        {
            return LookResult.Unknown;
        }

        if (record is not null && view.State.StandingOf(record.Key.BucketId) != BucketStanding.Retired)
        {
            return LookResult.Record;
        }

        return view.MissesMountpath ? LookResult.Unknown : LookResult.Absent;
    }
}
