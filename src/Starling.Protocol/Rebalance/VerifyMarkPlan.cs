using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;

namespace Starling.Protocol.Rebalance;

/// <summary>
/// The asking side of a verification, one item (rule B9): under the exclusive lock, and only if it is still the same unverified leftover, it becomes
/// verified, or live again: when the owner misses it, when its receiver was declared lost, or when this target owns the name itself by now.
/// Before this plan may revive, the driver's pass has durably taken back that the mountpath was walked.
/// </summary>
/// <param name="name">The object.</param>
/// <param name="leftover">The leftover as it was when it was asked about.</param>
/// <param name="answer">The owner's answer; null when nobody needed to be asked.</param>
/// <exception cref="ArgumentException">The record is no leftover.</exception>
public sealed class VerifyMarkPlan(ObjectName name, LocalRecord leftover, VerifyAnswer? answer) : ITransferPlan
{
    private readonly HandOver handOver = leftover.HandOver ?? throw new ArgumentException("only leftovers are verified", nameof(leftover));
    private TransferOutcome writes;
    private StoreError? waitsFor;

    /// <inheritdoc/>
    public TransferAction Next(in TransferEvent happened)
    {
        var action = happened.Kind switch
        {
            TransferEventKind.Started or TransferEventKind.ViewChanged => Begin(happened.View),
            TransferEventKind.Locked => UnderLock(happened),
            TransferEventKind.Stored when writes != TransferOutcome.None => TransferAction.Done(writes),
            TransferEventKind.Failed => TransferAction.Fail(happened.Error ?? TransferChecks.Unexpected(happened)),
            TransferEventKind.DeadlinePassed => TransferAction.Fail(waitsFor ?? TransferChecks.TimedOut(name, "its leftover was not marked")),
            _ => TransferAction.Fail(TransferChecks.Unexpected(happened)),
        };
        waitsFor = action.Kind == TransferActionKind.WaitForView ? action.Error : waitsFor;
        return action;
    }

    private TransferAction Begin(in ObjectView view)
    {
        if (answer is { Verdict: VerifyVerdict.Unknown })
        {
            return TransferAction.Fail(answer.Error ?? PlanChecks.Unavailable($"{name.Cname}: its owner cannot say whether it holds it"));
        }

        return TransferChecks.IsBehind(view, answer?.Epoch ?? 0) is { } why ? TransferAction.Wait(view, why) : TransferAction.LockName();
    }

    private TransferAction UnderLock(in TransferEvent locked)
    {
        var view = locked.View;
        if (TransferChecks.IsBehind(view, answer?.Epoch ?? 0) is { } why)
        {
            return TransferAction.Wait(view, why);
        }

        if (locked.IsUnknown)
        {
            return TransferAction.Fail(PlanChecks.LookFailed(name, locked.Error));
        }

        var isSame = locked.Record is { HandOver: { IsVerified: false } now } && locked.Record.Head.Key == leftover.Head.Key && now.IsSameAs(handOver);
        if (!isSame)
        {
            return TransferAction.Done(TransferOutcome.Changed);
        }

        var isOurs = LossWatch.IsLost(view.State, handOver) || view.State.Newest.OwnerOf(name.Digest) == view.Self;
        if (answer is { Verdict: VerifyVerdict.Held or VerifyVerdict.Obsolete })
        {
            // What is not prepared for a revival is asked about again, and then it is.
            return isOurs || answer.Epoch != view.Epoch ? TransferAction.Done(TransferOutcome.AskAgain) : Write(TransferActionKind.MarkVerified, TransferOutcome.Verified);
        }

        return isOurs || answer?.Epoch == view.Epoch ? Write(TransferActionKind.Revive, TransferOutcome.Revived) : TransferAction.Done(TransferOutcome.AskAgain);
    }

    private TransferAction Write(TransferActionKind kind, TransferOutcome outcome)
    {
        writes = outcome;
        return new TransferAction(kind) { Record = leftover.Head };
    }
}
