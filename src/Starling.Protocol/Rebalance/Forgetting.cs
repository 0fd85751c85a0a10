using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.State;

namespace Starling.Protocol.Rebalance;

/// <summary>What may be removed from a disk for good (rule B11).</summary>
public static class Forgetting
{
    /// <summary>Whether a tombstone may go: the applied <c>Base = c</c>, and this target misses no mountpath that could hold what it hides.</summary>
    public static bool MayForgetTombstones(in ObjectView view) =>
        view.IsCommittedSession && view.State.IsConverged && !view.MissesMountpath && view.State.Node(view.Self) is { HoldsIntegers: true };

    /// <summary>
    /// Whether a leftover may go without another question, apart from the reclaim delay: it is verified, this target is clean as of its hand-over or later,
    /// and nothing was declared lost since: whoever took it may have handed it on to whoever lost it, and then it is the last copy, and is offered by name.
    /// </summary>
    public static bool MayReclaim(in ObjectView view, HandOver handOver) => IsProven(view, handOver) && !LossSince(view.State, handOver.Index);

    /// <summary>
    /// Whether a leftover may go when its owner says now that it holds the same: it is verified, and this target is clean as of its hand-over or later. While
    /// any target misses a mountpath all stay: what lay there may be found here only.
    /// </summary>
    public static bool IsProven(in ObjectView view, HandOver handOver)
    {
        ArgumentNullException.ThrowIfNull(handOver);
        return view.IsCommittedSession && handOver.IsVerified && view.State.Node(view.Self) is { HoldsIntegers: true } self && handOver.Epoch <= self.Clean
            && !AnybodyMissesAMountpath(view.State);
    }

    /// <summary>Whether any target, or a mountpath of it, was declared lost after this log index.</summary>
    public static bool LossSince(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        foreach (var loss in state.Losses.Values)
        {
            if (loss.Index > index)
            {
                return true;
            }
        }

        return false;
    }

    private static bool AnybodyMissesAMountpath(ClusterState state)
    {
        foreach (var node in state.Nodes.Values)
        {
            if (node.LostMountpathIds.Length > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether nothing of this record counts any more, on any target: its bucket was destroyed (rule B12).</summary>
    public static bool IsObsolete(ClusterState state, RecordKey key)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.StandingOf(key.BucketId) == BucketStanding.Retired;
    }
}

/// <summary>Forgets one tombstone or reclaims one leftover: the test is made under the exclusive lock.</summary>
/// <param name="name">The object.</param>
/// <param name="key">The record that a walk found.</param>
public sealed class ForgetPlan(ObjectName name, RecordKey key) : ITransferPlan
{
    private bool isRemoving;

    /// <inheritdoc/>
    public TransferAction Next(in TransferEvent happened)
    {
        switch (happened.Kind)
        {
            case TransferEventKind.Started or TransferEventKind.ViewChanged:
                return TransferAction.LockName();
            case TransferEventKind.Locked when !isRemoving:
                isRemoving = MayGo(happened);
                return isRemoving ? new TransferAction(TransferActionKind.Remove) : TransferAction.Done(TransferOutcome.Changed);
            case TransferEventKind.Stored when isRemoving:
                return TransferAction.Done(TransferOutcome.Forgotten);
            case TransferEventKind.DeadlinePassed:
                return TransferAction.Fail(TransferChecks.TimedOut(name, "it was not forgotten"));
            default:
                return TransferAction.Fail(happened.Error ?? TransferChecks.Unexpected(happened));
        }
    }

    private bool MayGo(in TransferEvent locked)
    {
        if (locked.IsUnknown || locked.Record is not { } record || record.Head.Key != key)
        {
            return false;
        }

        return record.HandOver is { } handOver
            ? Forgetting.MayReclaim(locked.View, handOver)
            : record.Head.IsTombstone && Forgetting.MayForgetTombstones(locked.View);
    }
}
