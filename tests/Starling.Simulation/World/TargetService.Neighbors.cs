using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Simulation.Store;
using Starling.Simulation.Workload;

namespace Starling.Simulation.World;

/// <summary>A record that is offered, and the content that lies behind the offer.</summary>
public sealed record PushQuestion(PushRequest Offer, long Value);

/// <summary>A batch of leftovers that the owner is asked about.</summary>
public sealed record VerifyQuestion(IReadOnlyList<VerifyItem> Items, long Epoch, long AppliedIndex);

/// <summary>The answers to a batch, in its order.</summary>
public sealed record VerifyReply(IReadOnlyList<VerifyAnswer> Answers);

/// <summary>The bytes of a record that a read was promised; null when they cannot be sent.</summary>
public sealed record ContentReply(long? Value);

/// <summary>The body of a put, sent after the name that moved, under the same request id.</summary>
public sealed record ForwardQuestion(ObjectCall Call, int Attempt, long Epoch, long AppliedIndex);

/// <summary>What became of it.</summary>
public sealed record ForwardReply(StoreError? Error, RecordHead? Record);

/// <summary>Both sides of questions between targets: the same plans as on real ones, over the store in memory.</summary>
public sealed partial class TargetService
{
    private const long LookDeadlineNs = 1_500 * SimWorld.Millisecond;
    private const long ReceiveDeadlineNs = 6 * SimWorld.Second;

    private void AskCandidate(ObjectRequest request, NodeId candidate, in PlanAction action)
    {
        world.Coverage.Hit(Mark.CandidateAsked);
        var (round, asked) = (request.Round, action.Round);
        var question = new LookQuestion(request.Call.Name, request.BucketId, action.Epoch, node.View!.AppliedIndex);
        world.AskNeighbor<LookAnswer>(
            node,
            candidate,
            question,
            (there, reply) => there.Target!.ArriveLook(question, reply),
            answer =>
            {
                world.Coverage.Hit(answer switch
                {
                    { Result: LookResult.Stale } => Mark.CandidateAhead,
                    { Result: not LookResult.Unknown } => Mark.CandidateAnswered,
                    _ => Mark.CandidateSilent,
                });
                if (request.Round == round)
                {
                    Advance(request, PlanEvent.Answered(TakeView(), candidate, answer?.Result ?? LookResult.Unknown, answer?.Record, asked));
                }
            });
    }

    private void ArriveLook(LookQuestion question, Action<LookAnswer> reply) =>
        Run(new LookPlan(question), question.Name, LookDeadlineNs, end => reply(end.LookAnswer!));

    private void ArrivePush(PushQuestion push, NodeId from, Action<PushAnswer> reply) =>
        Run(new ReceivePlan(push.Offer), push.Offer.Name, ReceiveDeadlineNs, end => reply(end.Answer!), push, from);

    private void ArriveVerify(VerifyQuestion question, Action<VerifyReply> reply)
    {
        var answers = new VerifyAnswer[question.Items.Count];
        var open = answers.Length;
        for (var i = 0; i < answers.Length; i++)
        {
            var at = i;
            Run(new VerifyItemPlan(question.Items[at], question.Epoch, question.AppliedIndex), question.Items[at].Name, LookDeadlineNs, end =>
            {
                answers[at] = end.VerifyAnswer!;
                if (--open == 0)
                {
                    reply(new VerifyReply(answers));
                }
            });
        }
    }

    /// <summary>Whether puts follow a name that moves under them, as bodies that cannot be sent again do.</summary>
    public bool FollowsNames { get; set; }

    /// <summary>How many bodies were sent after their names.</summary>
    public int Forwarded { get; private set; }

    private void Forward(ObjectRequest request, in PlanAction action)
    {
        Forwarded++;
        var question = new ForwardQuestion(request.Call, request.Attempt, action.Epoch, node.View!.AppliedIndex);
        world.AskNeighbor<ForwardReply>(
            node,
            action.Node,
            question,
            (there, reply) => there.Target!.Arrive(question.Call, question.Attempt, question.Epoch, question.AppliedIndex, reply),
            answer => Advance(request, answer switch
            {
                null => PlanEvent.ForwardFailed(TakeView(), new StoreError(ErrorCode.UnknownOutcome, "the answer to a body that was sent is lost")),
                { Error: { } error } => PlanEvent.ForwardFailed(TakeView(), error),
                _ => PlanEvent.Forwarded(TakeView(), answer.Record!),
            }));
    }

    // The bytes of an answer lie with the candidate; it may have lost them since it was asked.
    private void FetchContent(ObjectRequest request, PlanAction answer)
    {
        var head = answer.Record!;
        world.AskNeighbor<ContentReply>(
            node,
            answer.Node,
            head,
            (there, reply) =>
            {
                var record = there.Target!.Store.Find(request.Call.Name.Uname)?.Current;
                reply(new ContentReply(record is not null && NeighborRules.MaySend(record.Local, head.Key) ? record.Value : null));
            },
            content =>
            {
                if (request.IsEnded)
                {
                    return;
                }

                if (content?.Value is { } value)
                {
                    world.Coverage.Hit(Mark.HitFromNeighbor);
                    Finish(request, null, new StoredRecord(head, value), answer.MayBeStale);
                    return;
                }

                world.Coverage.Hit(Mark.ContentGone);
                if (request.IsLate || world.NowNs >= request.DeadlineNs)
                {
                    Advance(request, PlanEvent.DeadlinePassed(TakeView()));
                    return;
                }

                world.ScheduleLocal(node, 50 * SimWorld.Millisecond, () => Advance(request, PlanEvent.ContentGone(TakeView())));
            });
    }
}
