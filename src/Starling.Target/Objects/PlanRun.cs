using System.Diagnostics;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Storage;
using Starling.Storage.Objects;
using Starling.Target.Neighbors;

namespace Starling.Target.Objects;

/// <summary>
/// Drives one plan to its end: does the one action that it names, tells it the result. Nothing here decides anything; what differs between
/// reading, writing and deleting comes in as two functions.
/// </summary>
internal sealed class PlanRun
{
    /// <summary>A question to a neighbour that is not answered within this time is unknown.</summary>
    private static readonly TimeSpan LookWithin = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan LookAtLeaseEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>A read that starts over because the bytes are gone gives others time to finish what they are about.</summary>
    private static readonly TimeSpan StartOverAfter = TimeSpan.FromMilliseconds(20);

    private readonly TargetNode node;
    private readonly ObjectName name;
    private readonly ulong bucketId;
    private readonly IPlan plan;
    private readonly long deadlineMs;
    private readonly List<(NodeId Holder, ObjectRecord Record)> remote = [];
    private NameLocks.Held held;
    private bool holds;
    private long writeMark;
    private bool hadLease;

    public PlanRun(TargetNode node, ObjectName name, ulong bucketId, IPlan plan)
    {
        this.node = node;
        this.name = name;
        this.bucketId = bucketId;
        this.plan = plan;
        deadlineMs = (node.Clock.NowNs / 1_000_000) + TargetNode.WaitMs;
    }

    /// <summary>Looks a name up under the lock; readers open the file as well. True: leftovers too, as long as they may matter.</summary>
    public required Func<bool, LookupResult> Look { get; init; }

    /// <summary>Commits; null for plans that never do.</summary>
    public Func<PlanAction, ValueTask>? Commit { get; init; }

    /// <summary>Sends the body after its name; null for plans that never do.</summary>
    public Func<PlanAction, TimeSpan, CancellationToken, Task<ForwardAnswer>>? Forward { get; init; }

    /// <summary>What the other target stored, after a forwarded put.</summary>
    public ObjectRecord? Forwarded { get; private set; }

    /// <summary>Time until the deadline.</summary>
    public TimeSpan Left => TimeSpan.FromMilliseconds(Math.Max(0, deadlineMs - (node.Clock.NowNs / 1_000_000)));

    /// <summary>Runs to the end.</summary>
    /// <exception cref="OperationCanceledException">The client went away before the commit began.</exception>
    public ValueTask<PlanAction> RunAsync(CancellationToken cancellationToken) => DriveAsync(plan.Next(PlanEvent.Started(Now())), cancellationToken);

    /// <summary>Goes on after an answer whose bytes cannot be had any more.</summary>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async ValueTask<PlanAction> StartOverAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(StartOverAfter, cancellationToken);
        remote.Clear();
        return await DriveAsync(plan.Next(Left == TimeSpan.Zero ? PlanEvent.DeadlinePassed(Now()) : PlanEvent.ContentGone(Now())), cancellationToken);
    }

    /// <summary>The record, with all its attributes, that a neighbour answered with.</summary>
    public ObjectRecord RemoteRecord(in PlanAction answer)
    {
        var (holder, key) = (answer.Node, answer.Record!.Key);
        return remote.Find(one => one.Holder == holder && one.Record.Key == key).Record
            ?? throw new UnreachableException($"{name.Cname}: nobody answered with the record of key {key}");
    }

    private async ValueTask<PlanAction> DriveAsync(PlanAction action, CancellationToken cancellationToken)
    {
        try
        {
            while (!action.IsEnd)
            {
                action = action.Kind switch
                {
                    PlanActionKind.LookUp => plan.Next(await LookUpAsync(cancellationToken)),
                    PlanActionKind.LockName => plan.Next(await LockAsync(cancellationToken)),
                    PlanActionKind.Commit => plan.Next(await CommitAsync(action)),
                    PlanActionKind.AskCandidates => await AskAsync(action, cancellationToken),
                    PlanActionKind.Forward => plan.Next(await ForwardAsync(action, cancellationToken)),
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
        bool isConverged;
        try
        {
            using (await node.Locks.LockSharedAsync(name.Digest, Left, cancellationToken))
            {
                found = LookNow(out isConverged);
            }
        }
        catch (TimeoutException)
        {
            return PlanEvent.DeadlinePassed(Now());
        }

        // The view is taken after the look. Leftovers were not looked for while none could matter; if that is over, the look is done again.
        var view = Now();
        return Left == TimeSpan.Zero ? PlanEvent.DeadlinePassed(view)
            : found.Status == LookupStatus.Failed ? PlanEvent.LookFailed(view, found.Error!)
            : !isConverged ? PlanEvent.LookedAt(view, RecordHeads.LocalOf(found))
            : view.State.IsConverged ? PlanEvent.Looked(view, RecordHeads.Of(found))
            : await LookUpAsync(cancellationToken);
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

        // The mark comes before the view that is decided by: a pass of a later epoch waits for what this decides (rule B9).
        writeMark = node.InFlight.Enter(node.View.Current.Epoch);
        holds = true;
        var found = LookNow(out var isConverged);
        var view = Now();
        if (isConverged && !view.State.IsConverged)
        {
            found = LookNow(out isConverged);
            view = Now();
        }

        if (Left == TimeSpan.Zero)
        {
            // Late is never: whoever asked does not expect it to happen any more (rule B5).
            Unlock();
            return PlanEvent.DeadlinePassed(view);
        }

        return found.Status == LookupStatus.Failed
            ? PlanEvent.LockedUnknown(view, found.Error!)
            : PlanEvent.Locked(view, Trusted(isConverged ? RecordHeads.Of(found) : RecordHeads.LocalOf(found)?.Live(view.State)));
    }

    /// <summary>In a converged cluster no leftover counts, and a name that is not here costs one look.</summary>
    private LookupResult LookNow(out bool isConverged)
    {
        isConverged = node.View.Current.State.IsConverged;
        return Look(!isConverged);
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
        var within = Left < LookWithin ? Left : LookWithin;
        var question = new LookQuestion(name, bucketId, action.Epoch, node.View.Current.AppliedIndex);
        using var settled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var asked = action.Nodes.Select(candidate => AskOneAsync(candidate, question, within, settled.Token)).ToArray();
            await foreach (var done in Task.WhenEach(asked).WithCancellation(cancellationToken))
            {
                var (candidate, look) = await done;
                if (look.Record is { } record)
                {
                    remote.Add((candidate, record));
                }

                next = plan.Next(Left == TimeSpan.Zero
                    ? PlanEvent.DeadlinePassed(Now())
                    : PlanEvent.Answered(Now(), candidate, look.Answer.Result, look.Answer.Record, action.Round));
                if (next.Kind != PlanActionKind.AwaitAnswers)
                {
                    break;
                }
            }
        }
        finally
        {
            // Whoever has not answered yet need not any more.
            await settled.CancelAsync();
        }

        return next;
    }

    private async Task<(NodeId Candidate, NeighborLook Look)> AskOneAsync(NodeId candidate, LookQuestion question, TimeSpan within, CancellationToken settled)
    {
        try
        {
            return (candidate, await node.Neighbors.LookAsync(candidate, question, within, settled));
        }
        catch (OperationCanceledException) when (settled.IsCancellationRequested)
        {
            return (candidate, NeighborLook.Unknown(new StoreError(ErrorCode.Unavailable, "nobody waits for the answer any more")));
        }
    }

    private async ValueTask<PlanEvent> ForwardAsync(PlanAction action, CancellationToken cancellationToken)
    {
        Unlock();
        var answer = await Forward!(action, Left, cancellationToken);
        Forwarded = answer.Record;
        return answer.Record is { } stored ? PlanEvent.Forwarded(Now(), RecordHeads.Of(stored)) : PlanEvent.ForwardFailed(Now(), answer.Error!);
    }

    private async ValueTask<PlanEvent> WaitAsync(PlanAction action, CancellationToken cancellationToken)
    {
        Unlock();
        if (Left is var left && left == TimeSpan.Zero)
        {
            return PlanEvent.DeadlinePassed(Now());
        }

        // Compared with what the plan saw when it decided to wait, not with now: a lease that came in between must end the wait.
        var seenLease = hadLease;
        while (true)
        {
            // A lease that only a late tick makes invalid is valid again without any news.
            left = Left;
            var slice = !seenLease && node.Now().IsCommittedSession && left > LookAtLeaseEvery ? LookAtLeaseEvery : left;
            try
            {
                await node.View.WaitForAsync(
                    seen => seen.AppliedIndex > action.AppliedIndex || node.ViewOf(seen).HasLease != seenLease,
                    action.Error?.Message ?? "newer state",
                    slice,
                    cancellationToken);
                break;
            }
            catch (StoreException error) when (error.Error.Code == ErrorCode.Unavailable)
            {
                if (slice == left)
                {
                    return PlanEvent.DeadlinePassed(Now());
                }
            }
        }

        return PlanEvent.ViewChanged(Now());
    }

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
            node.InFlight.Leave(writeMark);
            held.Dispose();
        }
    }
}
