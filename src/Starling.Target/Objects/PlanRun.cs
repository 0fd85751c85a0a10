using System.Diagnostics;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Storage;
using Starling.Storage.Objects;

namespace Starling.Target.Objects;

/// <summary>
/// Drives one plan to its end: does the one action that it names, tells it the result. Nothing here decides anything; what differs between
/// reading, writing and deleting comes in as two functions.
/// </summary>
internal sealed class PlanRun
{
    private readonly TargetNode node;
    private readonly ObjectName name;
    private readonly ulong bucketId;
    private readonly IPlan plan;
    private readonly long deadlineMs;
    private NameLocks.Held held;
    private bool holds;

    public PlanRun(TargetNode node, ObjectName name, ulong bucketId, IPlan plan)
    {
        this.node = node;
        this.name = name;
        this.bucketId = bucketId;
        this.plan = plan;
        deadlineMs = (node.Clock.NowNs / 1_000_000) + TargetNode.WaitMs;
    }

    /// <summary>Looks a name up under the lock; readers open the file as well.</summary>
    public required Func<LookupResult> Look { get; init; }

    /// <summary>Commits; null for plans that never do.</summary>
    public Func<PlanAction, ValueTask>? Commit { get; init; }

    /// <summary>Runs to the end.</summary>
    /// <exception cref="OperationCanceledException">The client went away before the commit began.</exception>
    public async ValueTask<PlanAction> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var action = plan.Next(PlanEvent.Started(node.Now()));
            while (!action.IsEnd)
            {
                action = action.Kind switch
                {
                    PlanActionKind.LookUp => plan.Next(await LookUpAsync(cancellationToken)),
                    PlanActionKind.LockName => plan.Next(await LockAsync(cancellationToken)),
                    PlanActionKind.Commit => plan.Next(await CommitAsync(action)),
                    PlanActionKind.AskCandidates => await AskAsync(action, cancellationToken),
                    PlanActionKind.WaitForView => plan.Next(await WaitAsync(action, cancellationToken)),
                    _ => throw new UnreachableException($"a plan asked for {action.Kind} outside of its place"),
                };
            }

            return action;
        }
        finally
        {
            Unlock();
        }
    }

    private async ValueTask<PlanEvent> LookUpAsync(CancellationToken cancellationToken)
    {
        Unlock();
        LookupResult found;
        using (await node.Locks.LockSharedAsync(name.Digest, cancellationToken))
        {
            found = Look();
        }

        return found.Status == LookupStatus.Failed
            ? PlanEvent.LookFailed(node.Now(), found.Error!)
            : PlanEvent.Looked(node.Now(), RecordHeads.Of(found));
    }

    private async ValueTask<PlanEvent> LockAsync(CancellationToken cancellationToken)
    {
        Unlock();
        held = await node.Locks.LockExclusiveAsync(name.Digest, cancellationToken);
        holds = true;
        var found = Look();
        return found.Status == LookupStatus.Failed
            ? PlanEvent.LockedUnknown(node.Now(), found.Error!)
            : PlanEvent.Locked(node.Now(), RecordHeads.Of(found));
    }

    private async ValueTask<PlanEvent> CommitAsync(PlanAction action)
    {
        try
        {
            await Commit!(action);
        }
        catch (StoreException error)
        {
            Unlock();
            return PlanEvent.CommitFailed(node.Now(), error.Error);
        }

        Unlock();
        return PlanEvent.Committed(node.Now());
    }

    private async ValueTask<PlanAction> AskAsync(PlanAction action, CancellationToken cancellationToken)
    {
        Unlock();
        var next = new PlanAction(PlanActionKind.AwaitAnswers);
        var asked = action.Nodes.Select(async candidate =>
            (Candidate: candidate, Answer: await node.Neighbors.LookAsync(candidate, name, bucketId, action.Epoch, cancellationToken))).ToArray();
        await foreach (var done in Task.WhenEach(asked).WithCancellation(cancellationToken))
        {
            var (candidate, answer) = await done;
            next = plan.Next(PlanEvent.Answered(node.Now(), candidate, answer.Result, answer.Record));
            if (next.Kind != PlanActionKind.AwaitAnswers)
            {
                break;
            }
        }

        return next;
    }

    private async ValueTask<PlanEvent> WaitAsync(PlanAction action, CancellationToken cancellationToken)
    {
        Unlock();
        var before = node.Now();
        var left = deadlineMs - (node.Clock.NowNs / 1_000_000);
        if (left <= 0)
        {
            return PlanEvent.DeadlinePassed(before);
        }

        try
        {
            await node.View.WaitForAsync(
                seen => seen.AppliedIndex > action.AppliedIndex || seen.Lease.IsValidNow != before.HasLease,
                action.Error?.Message ?? "newer state",
                TimeSpan.FromMilliseconds(left),
                cancellationToken);
        }
        catch (StoreException error) when (error.Error.Code == ErrorCode.Unavailable)
        {
            return PlanEvent.DeadlinePassed(node.Now());
        }

        return PlanEvent.ViewChanged(node.Now());
    }

    private void Unlock()
    {
        if (holds)
        {
            holds = false;
            held.Dispose();
        }
    }
}
