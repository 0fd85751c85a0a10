using System.Diagnostics;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
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
    private bool hadLease;

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
            var action = plan.Next(PlanEvent.Started(Now()));
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
        try
        {
            using (await node.Locks.LockSharedAsync(name.Digest, Left, cancellationToken))
            {
                found = Look();
            }
        }
        catch (TimeoutException)
        {
            return PlanEvent.DeadlinePassed(Now());
        }

        return found.Status == LookupStatus.Failed
            ? PlanEvent.LookFailed(Now(), found.Error!)
            : PlanEvent.Looked(Now(), RecordHeads.Of(found));
    }

    private async ValueTask<PlanEvent> LockAsync(CancellationToken cancellationToken)
    {
        Unlock();
        try
        {
            held = await node.Locks.LockExclusiveAsync(name.Digest, Left, cancellationToken);
        }
        catch (TimeoutException)
        {
            return PlanEvent.DeadlinePassed(Now());
        }

        holds = true;
        var found = Look();
        if (Left == TimeSpan.Zero)
        {
            // Late is never: whoever asked does not expect it to happen any more (rule B5).
            Unlock();
            return PlanEvent.DeadlinePassed(Now());
        }

        return found.Status == LookupStatus.Failed
            ? PlanEvent.LockedUnknown(Now(), found.Error!)
            : PlanEvent.Locked(Now(), Trusted(RecordHeads.Of(found)));
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
            return PlanEvent.CommitFailed(Now(), error.Error);
        }

        Unlock();
        return PlanEvent.Committed(Now());
    }

    private async ValueTask<PlanAction> AskAsync(PlanAction action, CancellationToken cancellationToken)
    {
        Unlock();
        var next = new PlanAction(PlanActionKind.AwaitAnswers);
        var asked = action.Nodes.Select(async candidate =>
            (Candidate: candidate, Look: await node.Neighbors.LookAsync(
                candidate, new LookQuestion(name, bucketId, action.Epoch, node.View.Current.AppliedIndex), TimeSpan.FromSeconds(3), cancellationToken))).ToArray();
        await foreach (var done in Task.WhenEach(asked).WithCancellation(cancellationToken))
        {
            var (candidate, look) = await done;
            next = plan.Next(PlanEvent.Answered(Now(), candidate, look.Answer.Result, look.Answer.Record, action.Round));
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
        if (Left is var left && left == TimeSpan.Zero)
        {
            return PlanEvent.DeadlinePassed(Now());
        }

        try
        {
            // Compared with what the plan saw when it decided to wait, not with now: a lease that came in between must end the wait.
            var seenLease = hadLease;
            await node.View.WaitForAsync(
                seen => seen.AppliedIndex > action.AppliedIndex || node.ViewOf(seen).HasLease != seenLease,
                action.Error?.Message ?? "newer state",
                left,
                cancellationToken);
        }
        catch (StoreException error) when (error.Error.Code == ErrorCode.Unavailable)
        {
            return PlanEvent.DeadlinePassed(Now());
        }

        return PlanEvent.ViewChanged(Now());
    }

    private TimeSpan Left => TimeSpan.FromMilliseconds(Math.Max(0, deadlineMs - (node.Clock.NowNs / 1_000_000)));

    private ObjectView Now()
    {
        var view = node.Now();
        hadLease = view.HasLease;
        return view;
    }

    /// <summary>After a failed flush no level that a record claims counts: the same content is written and flushed again.</summary>
    private RecordHead? Trusted(RecordHead? head) => head is not null && node.Store.IsDoubtful(name) ? head with { Durability = Durability.Buffered } : head;

    private void Unlock()
    {
        if (holds)
        {
            holds = false;
            held.Dispose();
        }
    }
}
