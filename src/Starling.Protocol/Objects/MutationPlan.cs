using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Ownership;

namespace Starling.Protocol.Objects;

/// <summary>
/// The commit rule (B5), common to put and delete: resolve conditions without a lock; lock the name and check everything against the newest state;
/// commit under the key of that check; acknowledge only if the lease still holds, or holds again in the same epoch.
/// </summary>
/// <param name="name">The object.</param>
/// <param name="bucketId">Id of its bucket, resolved when the request came in.</param>
/// <param name="conditions">Conditions of the request.</param>
/// <param name="keys">Where this process takes its keys from.</param>
public abstract class MutationPlan(ObjectName name, ulong bucketId, Conditions conditions, RecordKeySource keys) : IPlan
{
    private CandidateSurvey? survey;
    private long resolvedEpoch;
    private int round;
    private bool isCommitting;
    private bool isCommitted;
    private long forwardedEpoch = -1;
    private StoreError? waitsFor;

    /// <summary>The object.</summary>
    protected ObjectName Name => name;

    /// <summary>
    /// For an append, or a copy onto itself: key of the record that the new content was made from. It must still be the greatest under the lock (rule B5);
    /// else <see cref="ErrorCode.Conflict"/>: read again, make the content again, start over. Null when nothing was read.
    /// </summary>
    public RecordKey? BaseKey { get; init; }

    /// <summary>Whether a name that moved is followed with the body that lies here, instead of redirecting the client.</summary>
    protected virtual bool ForwardsBody => false;

    /// <summary>The record that the commit makes; null until it is decided.</summary>
    protected RecordHead? Pending { get; private set; }

    /// <inheritdoc/>
    public PlanAction Next(in PlanEvent happened)
    {
        var action = happened.Kind switch
        {
            PlanEventKind.Started or PlanEventKind.ViewChanged when !isCommitting => Begin(happened.View),
            PlanEventKind.Looked when !isCommitting => AfterLook(happened),
            PlanEventKind.CandidateAnswered when !isCommitting => AfterAnswer(happened),
            PlanEventKind.Locked when !isCommitting => UnderLock(happened),
            PlanEventKind.Committed when isCommitting => AfterCommit(happened.View),
            PlanEventKind.ViewChanged when isCommitted => AfterGap(happened.View),
            PlanEventKind.CommitFailed when isCommitting => PlanAction.Refuse(happened.Error ?? UnknownOutcome("the commit failed")),
            PlanEventKind.Forwarded when IsForwarding => AfterForward(happened),
            PlanEventKind.DeadlinePassed => PlanAction.Refuse(isCommitting || IsForwarding
                ? UnknownOutcome("the deadline passed during the commit")
                : waitsFor ?? PlanChecks.Unavailable($"{name.Cname}: not committed before the deadline, nothing was changed")),
            _ => PlanAction.Refuse(PlanChecks.Unexpected(happened)),
        };
        waitsFor = action.Kind == PlanActionKind.WaitForView ? action.Error : waitsFor;
        return action;
    }

    /// <summary>What to do under the lock, everything having been checked: <see cref="Write"/>, answer or refuse.</summary>
    /// <param name="view">The world under the lock.</param>
    /// <param name="local">The live local record, or null.</param>
    /// <param name="greatest">The greater of local and resolved.</param>
    /// <param name="isProven">Whether <paramref name="greatest"/> is known to be the greatest anywhere.</param>
    protected abstract PlanAction Decide(in ObjectView view, RecordHead? local, RecordHead? greatest, bool isProven);

    /// <summary>The answer after a commit.</summary>
    protected abstract PlanAction Done(in ObjectView view);

    /// <summary>Commits this record, under the next key of the epoch of this check.</summary>
    protected PlanAction Write(in ObjectView view, RecordHead record, bool mayForget = false)
    {
        ArgumentNullException.ThrowIfNull(record);
        Pending = record with { Key = keys.Next(bucketId, view.Epoch, view.Boot) };
        isCommitting = true;
        return new PlanAction(PlanActionKind.Commit)
        {
            Key = Pending.Key,
            Version = Pending.Version,
            IsTombstone = Pending.IsTombstone,
            MayForget = mayForget,
            Record = Pending,
            Epoch = view.Epoch,
        };
    }

    private PlanAction Begin(in ObjectView view)
    {
        survey = null;
        forwardedEpoch = -1;
        if (PlanChecks.Precheck(view, name, bucketId) is { } stop)
        {
            return Follow(stop);
        }

        resolvedEpoch = view.Epoch;
        return !MustResolve ? PlanAction.LockName() : PlanAction.LookUp();
    }

    private PlanAction AfterLook(in PlanEvent look)
    {
        var view = look.View;
        if (view.Epoch != resolvedEpoch)
        {
            return Begin(view);
        }

        if (look.Result == LookResult.Unknown)
        {
            return PlanAction.Refuse(PlanChecks.LookFailed(name, look.Error));
        }

        survey = new CandidateSurvey(view, name, bucketId, PlanChecks.OfBucket(look.Record, bucketId));
        return survey.Asked.IsEmpty
            ? PlanAction.LockName()
            : PlanAction.Ask(survey, view, ++round);
    }

    private PlanAction AfterAnswer(in PlanEvent answer)
    {
        if (survey is null || (answer.Round != 0 && answer.Round != round))
        {
            return new PlanAction(PlanActionKind.AwaitAnswers);
        }

        if (answer.Result == LookResult.Stale && survey.Status() == SurveyStatus.Waiting)
        {
            // What the neighbour knew before may have arrived here while it answered.
            var asked = survey.State;
            survey = null;
            return ReferenceEquals(asked, answer.View.State) ? PlanAction.Wait(answer.View, PlanChecks.Overtaken(name, answer.View)) : Begin(answer.View);
        }

        var wasSettled = survey.Status() == SurveyStatus.Settled;
        survey.Take(answer);
        return survey.Status() switch
        {
            SurveyStatus.Settled when !wasSettled => PlanAction.LockName(),
            SurveyStatus.Unknown => PlanAction.Refuse(PlanChecks.Silent(name, survey)),
            _ => new PlanAction(PlanActionKind.AwaitAnswers),
        };
    }

    private PlanAction UnderLock(in PlanEvent locked)
    {
        var view = locked.View;
        if (PlanChecks.Precheck(view, name, bucketId) is { } stop)
        {
            return Follow(stop);
        }

        if (!view.HasLease)
        {
            return PlanAction.Wait(view, PlanChecks.NoLease(view));
        }

        if (MustResolve && (survey is null || view.Epoch != resolvedEpoch || !Candidates.SameClean(survey.State, view.State)))
        {
            return Begin(view);
        }

        var former = Fence.WaitsFor(view.State, view.Self, name.Digest);
        if (!former.IsNone)
        {
            return PlanAction.Wait(view, PlanChecks.Unavailable($"{name.Cname}: {former} owned it before and is not fenced at epoch {view.Epoch} yet"));
        }

        // A damaged record is not readable, but the key of this check is greater than any that was ever written here: what asks for no condition may replace it.
        var isDamaged = locked is { Result: LookResult.Unknown, Error.Code: ErrorCode.Corrupt };
        if (locked.Result == LookResult.Unknown && !(isDamaged && !MustResolve))
        {
            return PlanAction.Refuse(PlanChecks.LookFailed(name, locked.Error));
        }

        var local = PlanChecks.OfBucket(locked.Record, bucketId);

        // Not what the first look found here: it may have been deleted and forgotten since (rule B11), and then it must not count any more.
        var greatest = RecordHead.Greatest(local, survey?.Remote);
        var isAbsent = greatest is null && view.MissesMountpath;
        if (MustResolve && isAbsent)
        {
            return PlanAction.Refuse(PlanChecks.MissingDisk(name));
        }

        if (conditions.Check(greatest, isRead: false) != ConditionResult.Holds)
        {
            return PlanAction.Refuse(PlanChecks.ConditionFailed(name));
        }

        if (BaseKey is { } read && greatest?.Key != read)
        {
            return PlanAction.Refuse(new StoreError(ErrorCode.Conflict, $"{name.Cname}: it changed while the new content was made from it: nothing was changed, start over"));
        }

        var isProven = !isAbsent && !isDamaged && (survey is not null || Candidates.Of(view.State, view.Self, name.Digest, local?.Key.Epoch ?? Candidates.NoRecord).IsEmpty);
        return Decide(view, local, greatest, isProven);
    }

    private bool MustResolve => !conditions.IsEmpty || BaseKey is not null;

    private bool IsForwarding => forwardedEpoch >= 0;

    private PlanAction Follow(in PlanAction stop)
    {
        if (stop.Kind != PlanActionKind.Redirect || !ForwardsBody)
        {
            return stop;
        }

        forwardedEpoch = stop.Epoch;
        return new PlanAction(PlanActionKind.Forward) { Node = stop.Node, Epoch = stop.Epoch };
    }

    private PlanAction AfterForward(in PlanEvent forwarded)
    {
        var view = forwarded.View;
        if (forwarded.Error is not { } error)
        {
            return new PlanAction(PlanActionKind.Answer) { Record = forwarded.Record, Node = view.State.Newest.OwnerOf(name.Digest), Epoch = view.Epoch };
        }

        if (error.Code is not (ErrorCode.NotOwner or ErrorCode.Stale))
        {
            return PlanAction.Refuse(error);
        }

        // The name moved again, and nothing was changed there.
        var seen = forwardedEpoch;
        forwardedEpoch = -1;
        return view.Epoch > seen ? Begin(view) : PlanAction.Wait(view, PlanChecks.Overtaken(name, view));
    }

    private PlanAction AfterCommit(in ObjectView view)
    {
        isCommitted = true;
        return view.HasLease ? Done(view) : AfterGap(view);
    }

    /// <summary>
    /// The lease was void when the record was in place, for a pause of a second perhaps. Once it is valid again, everything that was committed before it was
    /// asked for is applied: if no epoch is among that, nobody else could commit or answer for the name meanwhile, and the record is acknowledged after all.
    /// </summary>
    private PlanAction AfterGap(in ObjectView view)
    {
        if (view.Epoch != Pending!.Key.Epoch || !view.IsCommittedSession)
        {
            return PlanAction.Refuse(UnknownOutcome("the lease ended during the commit, and placement or session changed"));
        }

        return view.HasLease ? Done(view) : PlanAction.Wait(view, UnknownOutcome("the lease ended during the commit"));
    }

    private StoreError UnknownOutcome(string why) =>
        new(ErrorCode.UnknownOutcome, $"{name.Cname}: {why}: it may or may not have happened, read it before trying again", PlanChecks.RetryAfterMs);
}
