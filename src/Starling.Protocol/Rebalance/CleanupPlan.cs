using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Protocol.State;

namespace Starling.Protocol.Rebalance;

/// <summary>What became of one misplaced copy in cleanup mode. The numbers are not stored.</summary>
public enum CleanupVerdict
{
    /// <summary>Removed: the owner holds the very same, or the bucket is no more.</summary>
    Removed,

    /// <summary>Removed although the owner's is another, newer one; by force only.</summary>
    RemovedDiverged,

    /// <summary>Kept: the owner has nothing, or only something older.</summary>
    KeepPeerMissing,

    /// <summary>Kept: the owner holds another one.</summary>
    KeepDiverged,

    /// <summary>Kept: nothing proves yet that it is not needed: not verified, something was declared lost since the owner answered, or a target misses a mountpath.</summary>
    KeepUnproven,

    /// <summary>Kept: the owner could not be asked, or could not say.</summary>
    ErrHead,

    /// <summary>Kept: it could not be removed.</summary>
    ErrRemove,

    /// <summary>Left alone: the name was in use.</summary>
    SkipBusy,

    /// <summary>Left alone: it is another record by now, or none.</summary>
    SkipChanged,

    /// <summary>Left alone: written within the safety window (<c>space.dont_cleanup_time</c>).</summary>
    SkipRecent,

    /// <summary>Left alone: its bucket keeps copies on one target, or slices.</summary>
    SkipRedundant,
}

/// <summary>
/// Cleanup mode for one misplaced copy, after its owner was asked: the test of rule B11 under the name's lock, without the reclaim delay. The copy goes only
/// when the present owner said, at the present epoch, that it holds the same record; by force also when it holds a newer one. It never goes when the owner has
/// nothing or something older, and never when both have one key and differ: force cannot make the greatest record disappear.
/// </summary>
/// <param name="name">The object.</param>
/// <param name="leftover">The copy as the walk found it.</param>
/// <param name="answer">What the owner said; null: it could not be asked.</param>
/// <param name="askedIndex">Applied index at which the owner was asked: what it lost since it may have said yes to.</param>
/// <param name="force">Whether the owner's newer record counts as good enough.</param>
public sealed class CleanupPlan(ObjectName name, LocalRecord leftover, VerifyAnswer? answer, long askedIndex, bool force) : ITransferPlan
{
    private bool isLocked;
    private bool isRemoving;

    /// <summary>What became of it; valid at the end.</summary>
    public CleanupVerdict Verdict { get; private set; } = CleanupVerdict.ErrHead;

    /// <summary>What the owner's answer alone says.</summary>
    public static CleanupVerdict Judge(VerifyAnswer? answer, bool force) => answer switch
    {
        { Verdict: VerifyVerdict.Obsolete } or { Verdict: VerifyVerdict.Held, IsNewer: false } => CleanupVerdict.Removed,
        { Verdict: VerifyVerdict.Held } => force ? CleanupVerdict.RemovedDiverged : CleanupVerdict.KeepDiverged,
        { Verdict: VerifyVerdict.Missing } => CleanupVerdict.KeepPeerMissing,
        { Error.Code: ErrorCode.Corrupt } => CleanupVerdict.KeepDiverged,
        _ => CleanupVerdict.ErrHead,
    };

    /// <inheritdoc/>
    public TransferAction Next(in TransferEvent happened)
    {
        switch (happened.Kind)
        {
            case TransferEventKind.Started or TransferEventKind.ViewChanged:
                Verdict = Judge(answer, force);
                return Removes(Verdict) ? TransferAction.LockName() : TransferAction.Done(TransferOutcome.Changed, answer?.Error);
            case TransferEventKind.Locked when !isRemoving:
                isLocked = true;
                Verdict = UnderLock(happened);
                isRemoving = Removes(Verdict);
                return isRemoving ? new TransferAction(TransferActionKind.Remove) : TransferAction.Done(TransferOutcome.Changed);
            case TransferEventKind.Stored when isRemoving:
                return TransferAction.Done(TransferOutcome.Forgotten);
            case TransferEventKind.DeadlinePassed when !isLocked:
                Verdict = CleanupVerdict.SkipBusy;
                return TransferAction.Done(TransferOutcome.Changed);
            default:
                Verdict = CleanupVerdict.ErrRemove;
                return TransferAction.Fail(happened.Error ?? TransferChecks.TimedOut(name, "it was not removed"));
        }
    }

    private CleanupVerdict UnderLock(in TransferEvent locked)
    {
        var view = locked.View;
        if (locked.IsUnknown)
        {
            return CleanupVerdict.ErrRemove;
        }

        var isSame = locked.Record is { HandOver: { } now } && locked.Record.Head.Key == leftover.Head.Key && leftover.HandOver is { } then && now.IsSameAs(then);
        if (!isSame)
        {
            return CleanupVerdict.SkipChanged;
        }

        if (answer!.Verdict == VerifyVerdict.Held && (answer.Epoch != view.Epoch || view.State.Newest.OwnerOf(name.Digest) == view.Self))
        {
            return CleanupVerdict.SkipChanged;
        }

        return Forgetting.IsProven(view, locked.Record!.HandOver!) && !Forgetting.LossSince(view.State, askedIndex) ? Judge(answer, force) : CleanupVerdict.KeepUnproven;
    }

    private static bool Removes(CleanupVerdict verdict) => verdict is CleanupVerdict.Removed or CleanupVerdict.RemovedDiverged;
}
