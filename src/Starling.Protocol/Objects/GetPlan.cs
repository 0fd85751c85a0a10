using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Ownership;

namespace Starling.Protocol.Objects;

/// <summary>
/// One read, GET or HEAD (rules B3, B6, B7): look, ask whoever may hold something newer, look again, answer. In a converged cluster: look, answer.
/// </summary>
/// <param name="name">The object.</param>
/// <param name="bucketId">Id of its bucket, resolved when the request came in.</param>
/// <param name="conditions">Conditions of the request.</param>
/// <param name="refuseStale">Cluster configuration: a hit without a lease is refused instead of marked.</param>
public sealed class GetPlan(ObjectName name, ulong bucketId, Conditions conditions, bool refuseStale = false) : IPlan
{
    private long epochBefore;
    private CandidateSurvey? survey;
    private bool isSecondLook;
    private int round;
    private StoreError? waitsFor;

    /// <inheritdoc/>
    public PlanAction Next(in PlanEvent happened)
    {
        var action = happened.Kind switch
        {
            PlanEventKind.Started or PlanEventKind.ViewChanged or PlanEventKind.ContentGone => Begin(happened.View),
            PlanEventKind.Looked when isSecondLook => AfterSecondLook(happened),
            PlanEventKind.Looked => AfterFirstLook(happened),
            PlanEventKind.CandidateAnswered => AfterAnswer(happened),
            PlanEventKind.DeadlinePassed => PlanAction.Refuse(waitsFor ?? PlanChecks.Unavailable($"{name.Cname}: no answer before the deadline")),
            _ => PlanAction.Refuse(PlanChecks.Unexpected(happened)),
        };
        waitsFor = action.Kind == PlanActionKind.WaitForView ? action.Error : waitsFor;
        return action;
    }

    private PlanAction Begin(in ObjectView view)
    {
        survey = null;
        isSecondLook = false;
        epochBefore = view.Epoch;
        return PlanChecks.Precheck(view, name, bucketId) ?? PlanAction.LookUp();
    }

    private PlanAction AfterFirstLook(in PlanEvent look)
    {
        var view = look.View;
        if (view.Epoch != epochBefore)
        {
            return Begin(view);
        }

        if (PlanChecks.Precheck(view, name, bucketId) is { } stop)
        {
            return stop;
        }

        if (look.Result == LookResult.Unknown)
        {
            return PlanAction.Refuse(PlanChecks.LookFailed(name, look.Error));
        }

        var local = PlanChecks.OfBucket(look.Record, bucketId);
        if (view.State.IsConverged)
        {
            return Final(view, local, view.Self);
        }

        survey = new CandidateSurvey(view, name, bucketId, local);
        return survey.Asked.IsEmpty
            ? Final(view, local, view.Self)
            : PlanAction.Ask(survey, view, ++round);
    }

    private PlanAction AfterAnswer(in PlanEvent answer)
    {
        if (survey is null || isSecondLook || (answer.Round != 0 && answer.Round != round))
        {
            // A late answer: the second look is under way, or the plan started over.
            return new PlanAction(PlanActionKind.AwaitAnswers);
        }

        if (answer.Result == LookResult.Stale)
        {
            // What the neighbour knew before may have arrived here while it answered.
            var asked = survey.State;
            survey = null;
            return ReferenceEquals(asked, answer.View.State) ? PlanAction.Wait(answer.View, PlanChecks.Overtaken(name, answer.View)) : Begin(answer.View);
        }

        survey.Take(answer);
        switch (survey.Status())
        {
            case SurveyStatus.Waiting:
                return new PlanAction(PlanActionKind.AwaitAnswers);
            case SurveyStatus.Unknown:
                return PlanAction.Refuse(PlanChecks.Silent(name, survey));
            default:
                isSecondLook = true;
                return PlanAction.LookUp();
        }
    }

    private PlanAction AfterSecondLook(in PlanEvent look)
    {
        var view = look.View;
        if (look.Result == LookResult.Unknown)
        {
            return PlanAction.Refuse(PlanChecks.LookFailed(name, look.Error));
        }

        var local = PlanChecks.OfBucket(look.Record, bucketId);
        var moved = view.Epoch != epochBefore || local?.Key != survey!.Local?.Key || !Candidates.SameClean(survey.State, view.State);
        if (moved)
        {
            return Begin(view);
        }

        return PlanChecks.Precheck(view, name, bucketId) ?? Final(view, survey!.Best, survey.BestAt);
    }

    private PlanAction Final(in ObjectView view, RecordHead? record, NodeId holder)
    {
        var isHit = record is { IsTombstone: false };
        if (!view.HasLease && (!isHit || refuseStale))
        {
            return PlanAction.Wait(view, PlanChecks.NoLease(view));
        }

        if (!isHit)
        {
            return PlanAction.Refuse(record is null && view.MissesMountpath ? PlanChecks.MissingDisk(name) : PlanChecks.NotFound(name));
        }

        var condition = conditions.Check(record, isRead: true);
        return condition == ConditionResult.Failed
            ? PlanAction.Refuse(PlanChecks.ConditionFailed(name))
            : new PlanAction(PlanActionKind.Answer)
            {
                Record = record,
                Node = holder,
                Epoch = view.Epoch,
                MayBeStale = !view.HasLease,
                IsNotModified = condition == ConditionResult.NotModified,
            };
    }
}
