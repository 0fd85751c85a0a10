using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Ownership;

namespace Starling.Protocol.Objects;

/// <summary>
/// The commit rule (B5), common to put and delete: resolve conditions without a lock; lock the name and check everything against the newest state;
/// commit under the key of that check; acknowledge only if the lease still holds.
/// </summary>
/// <param name="name">The object.</param>
/// <param name="bucketId">Id of its bucket, resolved when the request came in.</param>
/// <param name="conditions">Conditions of the request.</param>
/// <param name="keys">Where this process takes its keys from.</param>
public abstract class MutationPlan(ObjectName name, ulong bucketId, Conditions conditions, RecordKeySource keys) : IPlan
{
    private CandidateSurvey? survey;
    private long resolvedEpoch;
    private bool isCommitting;
    private StoreError? waitsFor;

    /// <summary>The object.</summary>
    protected ObjectName Name => name;

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
            PlanEventKind.CommitFailed when isCommitting => PlanAction.Refuse(happened.Error ?? UnknownOutcome("the commit failed")),
            PlanEventKind.DeadlinePassed => PlanAction.Refuse(isCommitting
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
        if (PlanChecks.Precheck(view, name, bucketId) is { } stop)
        {
            return stop;
        }

        resolvedEpoch = view.Epoch;
        return conditions.IsEmpty ? PlanAction.LockName() : PlanAction.LookUp();
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
            : new PlanAction(PlanActionKind.AskCandidates) { Nodes = survey.Asked, Epoch = view.Epoch };
    }

    private PlanAction AfterAnswer(in PlanEvent answer)
    {
        if (survey is null)
        {
            return new PlanAction(PlanActionKind.AwaitAnswers);
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
            return stop;
        }

        if (!view.HasLease)
        {
            return PlanAction.Wait(view, PlanChecks.NoLease(view));
        }

        if (!conditions.IsEmpty && (survey is null || view.Epoch != resolvedEpoch || !Candidates.SameClean(survey.State, view.State)))
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
        if (locked.Result == LookResult.Unknown && !(isDamaged && conditions.IsEmpty))
        {
            return PlanAction.Refuse(PlanChecks.LookFailed(name, locked.Error));
        }

        var local = PlanChecks.OfBucket(locked.Record, bucketId);

        // Not what the first look found here: it may have been deleted and forgotten since (rule B11), and then it must not count any more.
        var greatest = RecordHead.Greatest(local, survey?.Remote);
        var isAbsent = greatest is null && view.MissesMountpath;
        if (!conditions.IsEmpty && isAbsent)
        {
            return PlanAction.Refuse(PlanChecks.MissingDisk(name));
        }

        if (conditions.Check(greatest, isRead: false) != ConditionResult.Holds)
        {
            return PlanAction.Refuse(PlanChecks.ConditionFailed(name));
        }

        var isProven = !isAbsent && !isDamaged && (survey is not null || Candidates.Of(view.State, view.Self, name.Digest, local?.Key.Epoch ?? Candidates.NoRecord).IsEmpty);
        return Decide(view, local, greatest, isProven);
    }

    private PlanAction AfterCommit(in ObjectView view) =>
        view.HasLease ? Done(view) : PlanAction.Refuse(UnknownOutcome("the lease ended during the commit"));

    private StoreError UnknownOutcome(string why) =>
        new(ErrorCode.UnknownOutcome, $"{name.Cname}: {why}: it may or may not have happened, read it before trying again", PlanChecks.RetryAfterMs);
}
