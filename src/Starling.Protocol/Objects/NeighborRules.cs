using Starling.Core.Objects;
using Starling.Protocol.State;

namespace Starling.Protocol.Objects;

/// <summary>How a target answers another one that asks for a record (rules B2, B3, B7).</summary>
public static class NeighborRules
{
    /// <summary>Whether it must first catch up to the asker's epoch, or to its own session.</summary>
    public static bool MustCatchUp(in ObjectView view, long askedEpoch) => view.Epoch < askedEpoch || !view.IsCommittedSession;

    /// <summary>
    /// Why a target does not answer a listing with records (rule B13), or null when it may: it catches up first; what it has adopted is newer; it cannot say; or
    /// a loss was declared between the steps of the page. A target that had lost a mountpath before that says "unknown", afterwards it names what it has left,
    /// while whoever handed records to it was asked when they were leftovers still.
    /// </summary>
    /// <param name="view">The view under which it reads its disks; taken again afterwards, the answer must be the same.</param>
    /// <param name="question">What it is asked.</param>
    public static ListAnswer? RefuseListing(in ObjectView view, ListQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        if (MustCatchUp(view, question.Epoch) || view.AppliedIndex < question.AppliedIndex)
        {
            return ListAnswer.Silent;
        }

        foreach (var loss in view.State.Losses.Values)
        {
            if (loss.Index > question.AppliedIndex)
            {
                return ListAnswer.Stale;
            }
        }

        return view.Epoch > question.Epoch ? ListAnswer.Stale
            : view.MissesMountpath || view.State.Node(view.Self) is not { HoldsIntegers: true } ? ListAnswer.Silent
            : null;
    }

    /// <summary>
    /// Whether bytes that a read was promised may be sent from this record: it is the very record that the read decided for. A leftover serves as well,
    /// its content is the same; anything else, and the read starts over (<see cref="PlanEventKind.ContentGone"/>).
    /// </summary>
    /// <param name="local">What lies here now; null for nothing.</param>
    /// <param name="key">Key of the record that was decided for.</param>
    public static bool MaySend(LocalRecord? local, RecordKey key) => local is { Head.IsTombstone: false } && local.Head.Key == key;

    /// <summary>What to answer from the view and the look that were taken under the name lock.</summary>
    /// <param name="view">The view.</param>
    /// <param name="askedEpoch">Epoch of the asker.</param>
    /// <param name="bucketId">Id of the bucket that the asker means.</param>
    /// <param name="look">What the look found.</param>
    /// <param name="record">The record, when it found one.</param>
    public static LookResult Answer(in ObjectView view, long askedEpoch, ulong bucketId, LookResult look, RecordHead? record)
    {
        if (MustCatchUp(view, askedEpoch) || look == LookResult.Unknown)
        {
            return LookResult.Unknown;
        }

        // Under a newer epoch this target may have handed the record to somebody that the asker does not know of. And what lies here of a destroyed bucket
        // counts for nothing any more, but an asker that has not applied the destruction yet must not answer something older in its place.
        if (view.Epoch > askedEpoch || view.State.StandingOf(bucketId) == BucketStanding.Retired)
        {
            return LookResult.Stale;
        }

        // What was declared lost, or never was a member of placement, has no say.
        if (view.State.Node(view.Self) is not { HoldsIntegers: true })
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
