using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Protocol.State;

namespace Starling.Protocol.Rebalance;

/// <summary>
/// The sender of one record (rule B8): read record and epoch under the shared lock, offer it to the owner, and make it a leftover under the exclusive
/// lock if, and only if, nothing moved since. A tombstone travels like an object.
/// </summary>
/// <param name="name">The object.</param>
public sealed class HandOffPlan(ObjectName name) : ITransferPlan
{
    private RecordHead? offered;
    private NodeId receiver;
    private PushAnswer? answer;
    private StoreError? waitsFor;

    /// <inheritdoc/>
    public TransferAction Next(in TransferEvent happened)
    {
        var action = happened.Kind switch
        {
            TransferEventKind.Started or TransferEventKind.ViewChanged => Begin(happened.View),
            TransferEventKind.Looked => AfterLook(happened),
            TransferEventKind.Answered when offered is not null && happened.Answer is not null => AfterAnswer(happened.View, happened.Answer),
            TransferEventKind.Locked when offered is not null && answer is not null => UnderLock(happened),
            TransferEventKind.Stored when answer is not null => TransferAction.Done(TransferOutcome.HandedOff) with { Node = receiver, Record = offered, HasTravelled = answer.IsTaken },
            TransferEventKind.Failed => TransferAction.Fail(happened.Error ?? TransferChecks.Unexpected(happened)),
            TransferEventKind.DeadlinePassed => TransferAction.Fail(waitsFor ?? TransferChecks.TimedOut(name, $"{receiver} did not take it")),
            _ => TransferAction.Fail(TransferChecks.Unexpected(happened)),
        };
        waitsFor = action.Kind == TransferActionKind.WaitForView ? action.Error : waitsFor;
        return action.Outcome == TransferOutcome.Failed ? action with { Node = receiver } : action;
    }

    private TransferAction Begin(in ObjectView view)
    {
        offered = null;
        answer = null;
        return TransferChecks.IsBehind(view) is { } why ? TransferAction.Wait(view, why) : TransferAction.LookUp();
    }

    private TransferAction AfterLook(in TransferEvent look)
    {
        var view = look.View;
        if (TransferChecks.IsBehind(view) is { } why)
        {
            return TransferAction.Wait(view, why);
        }

        if (look.IsUnknown)
        {
            return TransferAction.Fail(PlanChecks.LookFailed(name, look.Error));
        }

        if (look.Record?.Live(view.State) is not { } live || view.State.StandingOf(live.Key.BucketId) == BucketStanding.Retired)
        {
            return TransferAction.Done(TransferOutcome.Gone);
        }

        receiver = view.State.Newest.OwnerOf(name.Digest);
        if (receiver == view.Self)
        {
            return TransferAction.Done(TransferOutcome.Owned);
        }

        if (receiver.IsNone)
        {
            return TransferAction.Wait(view, PlanChecks.Unavailable($"{name.Cname}: no storage target is in that could take it"));
        }

        offered = live;
        return new TransferAction(TransferActionKind.Push)
        {
            Node = receiver,
            Push = new PushRequest(name, live, view.Self, view.Epoch, view.AppliedIndex),
        };
    }

    private TransferAction AfterAnswer(in ObjectView view, PushAnswer received)
    {
        switch (received.Kind)
        {
            case PushAnswerKind.Held or PushAnswerKind.Obsolete:
                answer = received;
                return TransferAction.LockName();
            case PushAnswerKind.Stale:
                // Who is ahead of us tells by how much; who has fallen behind us is asked again.
                var isBehind = TransferChecks.IsBehind(view, received.Epoch, received.AppliedIndex);
                return isBehind is null ? Begin(view) : TransferAction.Wait(view, isBehind);
            default:
                return TransferAction.Fail(received.Error ?? PlanChecks.Unavailable($"{name.Cname}: {receiver} refused it"));
        }
    }

    // The exact conditions of rule B8. The mark counts only while its receiver is not lost: LocalRecord.Live sees to that.
    private TransferAction UnderLock(in TransferEvent locked)
    {
        var view = locked.View;
        if (locked.IsUnknown)
        {
            return TransferAction.Fail(PlanChecks.LookFailed(name, locked.Error));
        }

        var isSettled = TransferChecks.IsBehind(view) is null && view.Epoch == answer!.Epoch && locked.Record?.Live(view.State)?.Key == offered!.Key;
        if (!isSettled)
        {
            return Begin(view);
        }

        if (answer!.Kind == PushAnswerKind.Held && answer.Key <= offered!.Key)
        {
            if (answer.Key < offered.Key)
            {
                return TransferAction.Fail(new StoreError(ErrorCode.Internal, $"{name.Cname}: {receiver} says that it holds key {answer.Key}, which is older than {offered.Key}"));
            }

            if (!TransferChecks.IsSameContent(offered, answer.SizeBytes, answer.ChecksumType, answer.ChecksumValue))
            {
                return TransferAction.Fail(TransferChecks.IntegrityAlarm(name, view.Self, receiver));
            }
        }

        return new TransferAction(TransferActionKind.Mark)
        {
            Record = offered,
            HandOver = new HandOver(answer.Epoch, receiver, IsVerified: false) { Index = answer.AppliedIndex },
            HasTravelled = answer.IsTaken,
        };
    }
}
