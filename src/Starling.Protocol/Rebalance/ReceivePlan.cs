using Starling.Core.Errors;
using Starling.Protocol.Objects;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;

namespace Starling.Protocol.Rebalance;

/// <summary>
/// The receiver of one record (rule B8). What counts is checked under the exclusive lock, just before the rename; the look before it only saves bytes:
/// they do not travel when this target has the record, a greater one, or a leftover of the same key. It needs no lease: to hold is not to serve.
/// </summary>
/// <param name="offer">What the sender offers.</param>
public sealed class ReceivePlan(PushRequest offer) : ITransferPlan
{
    private bool isReady = offer.Record.IsTombstone;
    private bool isTaken;
    private bool isLeftoverIntact = offer.Record.IsTombstone;
    private RecordHead? winner;
    private long checkedEpoch;
    private long checkedIndex;
    private StoreError? waitsFor;

    /// <inheritdoc/>
    public TransferAction Next(in TransferEvent happened)
    {
        var action = happened.Kind switch
        {
            TransferEventKind.Started or TransferEventKind.ViewChanged => Begin(happened.View),
            TransferEventKind.Looked => AfterLook(happened),
            TransferEventKind.Hashed => AfterHash(happened.IsMatch),
            TransferEventKind.Received => AfterBytes(),
            TransferEventKind.Locked => UnderLock(happened),
            TransferEventKind.Stored when winner is not null => AfterStore(),
            TransferEventKind.Failed => Refuse(happened.View, happened.Error ?? TransferChecks.Unexpected(happened)),
            TransferEventKind.DeadlinePassed => Refuse(happened.View, waitsFor ?? TransferChecks.TimedOut(offer.Name, "it was not received")),
            _ => Refuse(happened.View, TransferChecks.Unexpected(happened)),
        };
        waitsFor = action.Kind == TransferActionKind.WaitForView ? action.Error : waitsFor;
        return action;
    }

    private TransferAction Begin(in ObjectView view) => Check(view) ?? (isReady ? TransferAction.LockName() : TransferAction.LookUp());

    /// <summary>What stands in the way of taking the record in this view; null when nothing does.</summary>
    private TransferAction? Check(in ObjectView view)
    {
        if (TransferChecks.IsBehind(view, offer.Epoch, offer.AppliedIndex) is { } behind)
        {
            return TransferAction.Wait(view, behind);
        }

        var state = view.State;
        if (view.Epoch != offer.Epoch || state.Newest.OwnerOf(offer.Name.Digest) != view.Self)
        {
            return Answer(view, PushAnswerKind.Stale);
        }

        // An old duplicate, of a hand-over that was finished and verified long ago: what it carries may have been deleted and forgotten since.
        if (!Candidates.Of(state, view.Self, offer.Name.Digest, Candidates.NoRecord).Contains(offer.From))
        {
            return Answer(view, PushAnswerKind.Stale);
        }

        return state.StandingOf(offer.Record.Key.BucketId) switch
        {
            BucketStanding.Retired => Answer(view, PushAnswerKind.Obsolete),
            BucketStanding.Unknown => TransferAction.Wait(view, PlanChecks.Unavailable($"{offer.Name.Cname}: bucket id {offer.Record.Key.BucketId} has not reached target {view.Self} yet")),
            _ => null,
        };
    }

    private TransferAction AfterLook(in TransferEvent look)
    {
        if (Check(look.View) is { } stop)
        {
            return stop;
        }

        if (look.IsUnknown)
        {
            return Refuse(look.View, PlanChecks.LookFailed(offer.Name, look.Error));
        }

        if (look.Record?.Live(look.View.State) is { } live)
        {
            return live.Key >= offer.Record.Key ? TransferAction.LockName() : new TransferAction(TransferActionKind.TakeBytes);
        }

        return IsLeftoverOfSameKey(look.Record)
            ? new TransferAction(TransferActionKind.HashLeftover) { Record = look.Record!.Head }
            : new TransferAction(TransferActionKind.TakeBytes);
    }

    private TransferAction AfterHash(bool isMatch)
    {
        isLeftoverIntact = isMatch;
        return isMatch ? TransferAction.LockName() : new TransferAction(TransferActionKind.TakeBytes);
    }

    private TransferAction AfterBytes()
    {
        isReady = true;
        isTaken = true;
        return TransferAction.LockName();
    }

    private TransferAction UnderLock(in TransferEvent locked)
    {
        var view = locked.View;
        if (Check(view) is { } stop)
        {
            return stop;
        }

        var local = locked.Record;
        if (locked.IsUnknown || (local is null && view.MissesMountpath))
        {
            return Refuse(view, locked.Error ?? PlanChecks.MissingDisk(offer.Name));
        }

        checkedEpoch = view.Epoch;
        checkedIndex = view.AppliedIndex;
        var live = local?.Live(view.State);
        var equal = live?.Key == offer.Record.Key ? live : IsLeftoverOfSameKey(local) ? local!.Head : null;
        if (equal is not null && !TransferChecks.IsSameContent(equal, offer.Record.SizeBytes, offer.Record.ChecksumType, offer.Record.ChecksumValue))
        {
            return Refuse(view, TransferChecks.IntegrityAlarm(offer.Name, view.Self, offer.From));
        }

        if (live is not null && live.Key >= offer.Record.Key)
        {
            winner = live;

            // Live by a declared loss, and the disk does not know it yet.
            return new TransferAction(local!.IsLeftover ? TransferActionKind.Revive : TransferActionKind.Flush) { Record = live };
        }

        winner = offer.Record;
        if (equal is not null && isLeftoverIntact)
        {
            return new TransferAction(TransferActionKind.Revive) { Record = equal, MayBeVerified = true };
        }

        if (isReady)
        {
            isTaken = true;
            return new TransferAction(TransferActionKind.Commit) { Record = offer.Record };
        }

        winner = null;
        return new TransferAction(TransferActionKind.TakeBytes);
    }

    // With the marks of the check: a loss that was applied since may have taken what has just been stored.
    private TransferAction AfterStore() => TransferAction.Done(TransferOutcome.PushAnswered) with
    {
        Answer = new PushAnswer(PushAnswerKind.Held, checkedEpoch, checkedIndex)
        {
            Key = winner!.Key,
            SizeBytes = winner.SizeBytes,
            ChecksumType = winner.ChecksumType,
            ChecksumValue = winner.ChecksumValue,
            IsTaken = isTaken,
        },
    };

    private bool IsLeftoverOfSameKey(LocalRecord? local) => local is { IsLeftover: true } && local.Head.Key == offer.Record.Key;

    private static TransferAction Answer(in ObjectView view, PushAnswerKind kind, StoreError? error = null) =>
        TransferAction.Done(TransferOutcome.PushAnswered) with { Answer = new PushAnswer(kind, view.Epoch, view.AppliedIndex) { Error = error } };

    private static TransferAction Refuse(in ObjectView view, StoreError error) => Answer(view, PushAnswerKind.Refused, error);
}
