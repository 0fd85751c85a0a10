using Starling.Core.Errors;
using Starling.Protocol.Objects;
using Starling.Protocol.State;

namespace Starling.Protocol.Rebalance;

/// <summary>The asked side of a verification, one item (rule B9): only the owner says <i>missing</i>, and only of what it could look up.</summary>
/// <param name="item">The leftover of the asker.</param>
/// <param name="epoch">The asker's adopted epoch.</param>
/// <param name="appliedIndex">The asker's applied index.</param>
public sealed class VerifyItemPlan(VerifyItem item, long epoch, long appliedIndex) : ITransferPlan
{
    private StoreError? waitsFor;

    /// <inheritdoc/>
    public TransferAction Next(in TransferEvent happened)
    {
        var action = happened.Kind switch
        {
            TransferEventKind.Started or TransferEventKind.ViewChanged => Begin(happened.View),
            TransferEventKind.Looked => AfterLook(happened),
            TransferEventKind.DeadlinePassed => Unknown(happened.View, waitsFor ?? TransferChecks.TimedOut(item.Name, "it was not looked up")),
            _ => Unknown(happened.View, happened.Error ?? TransferChecks.Unexpected(happened)),
        };
        waitsFor = action.Kind == TransferActionKind.WaitForView ? action.Error : waitsFor;
        return action;
    }

    private TransferAction Begin(in ObjectView view) => TransferChecks.IsBehind(view, epoch, appliedIndex) is { } why ? TransferAction.Wait(view, why) : TransferAction.LookUp();

    private TransferAction AfterLook(in TransferEvent look)
    {
        var view = look.View;
        if (TransferChecks.IsBehind(view, epoch, appliedIndex) is { } behind)
        {
            return TransferAction.Wait(view, behind);
        }

        switch (view.State.StandingOf(item.Key.BucketId))
        {
            case BucketStanding.Retired:
                return Answer(view, VerifyVerdict.Obsolete);
            case BucketStanding.Unknown:
                return TransferAction.Wait(view, PlanChecks.Unavailable($"{item.Name.Cname}: bucket id {item.Key.BucketId} has not reached target {view.Self} yet"));
            default:
                break;
        }

        if (view.State.Newest.OwnerOf(item.Name.Digest) != view.Self)
        {
            return Unknown(view, new StoreError(ErrorCode.Stale, $"{item.Name.Cname}: target {view.Self} does not own it at epoch {view.Epoch}"));
        }

        if (look.IsUnknown)
        {
            return Unknown(view, PlanChecks.LookFailed(item.Name, look.Error));
        }

        var live = look.Record?.Live(view.State);
        if (live is not null && live.Key >= item.Key)
        {
            return live.Key > item.Key || TransferChecks.IsSameContent(live, item.SizeBytes, item.ChecksumType, item.ChecksumValue)
                ? Answer(view, VerifyVerdict.Held, isNewer: live.Key > item.Key)
                : Unknown(view, new StoreError(ErrorCode.Corrupt, $"{item.Name.Cname}: integrity alarm: target {view.Self} holds other content under the same key"));
        }

        return view.MissesMountpath ? Unknown(view, PlanChecks.MissingDisk(item.Name)) : Answer(view, VerifyVerdict.Missing);
    }

    private static TransferAction Unknown(in ObjectView view, StoreError error) => Answer(view, VerifyVerdict.Unknown, error);

    private static TransferAction Answer(in ObjectView view, VerifyVerdict verdict, StoreError? error = null, bool isNewer = false) =>
        TransferAction.Done(TransferOutcome.VerifyAnswered) with { VerifyAnswer = new VerifyAnswer(verdict, view.Epoch, error) { IsNewer = isNewer } };
}
