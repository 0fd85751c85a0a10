using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;
using Starling.Storage.Mountpaths;
using Starling.Storage.Objects;
using Starling.Target.Neighbors;
using Starling.Target.Objects;

namespace Starling.Target.Rebalance;

/// <summary>
/// One cleanup of one target: walks the misplaced copies (verified leftovers), asks their owners page by page, and lets <see cref="CleanupPlan"/> decide about
/// each under its name's lock. Moves no bytes, touches nothing live.
/// </summary>
public sealed class CleanupRun
{
    private const int PageLimit = 256;
    private const int AtOnce = 8;
    private static readonly TimeSpan AskWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RemoveWithin = TimeSpan.FromSeconds(2);

    private readonly TargetNode node;
    private readonly OperationOptions options;
    private readonly bool isDryRun;
    private readonly Action<CleanupStatus> show;
    private readonly Lock gate = new();
    private CleanupStatus status;

    /// <summary>Makes it.</summary>
    /// <param name="node">This target.</param>
    /// <param name="options">Scope and force.</param>
    /// <param name="start">What is known of it before it begins.</param>
    /// <param name="isDryRun">Ask, count, and remove nothing.</param>
    /// <param name="show">Told after every page.</param>
    public CleanupRun(TargetNode node, OperationOptions options, CleanupStatus start, bool isDryRun, Action<CleanupStatus> show)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(options);
        this.node = node;
        this.options = options;
        this.isDryRun = isDryRun;
        this.show = show;
        status = start;
    }

    /// <summary>The cleanup that this target is to make now; null: none.</summary>
    public static Operation? Wanted(in ObjectView view)
    {
        if (!view.IsCommittedSession || view.State.Node(view.Self) is not { HoldsIntegers: true } self)
        {
            return null;
        }

        foreach (var operation in view.State.Operations.Values)
        {
            if (operation is { Kind: OperationKind.Rebalance, Options.Cleanup: true, Phase: OperationPhase.Drain } && self.CleanIndex < operation.PassIndex)
            {
                return operation;
            }
        }

        return null;
    }

    /// <summary>Runs to its end. What cannot be read, asked or removed is counted and named, and the walk goes on.</summary>
    /// <exception cref="OperationCanceledException">Nobody wants it any more.</exception>
    public async Task<CleanupStatus> RunAsync(CancellationToken cancellationToken)
    {
        foreach (var mountpath in node.Store.Mountpaths.All)
        {
            try
            {
                await WalkAsync(mountpath, cancellationToken);
            }
            catch (StoreException refused)
            {
                status = status.WithUnreadable(new PassError(mountpath.Path, refused.Error));
            }

            show(status);
        }

        return status;
    }

    private async Task WalkAsync(Mountpath mountpath, CancellationToken cancellationToken)
    {
        var walk = node.Store.WalkMountpath(mountpath, MountpathWalkKind.Forgettable);
        var cursor = string.Empty;
        for (var isEnd = false; !isEnd;)
        {
            var page = await Task.Run(() => walk.ReadPage(cursor, PageLimit, cancellationToken), cancellationToken);
            (cursor, isEnd) = (page.Cursor, page.IsEnd);
            foreach (var unreadable in page.Unreadable.Where(one => IsInScope(one.Name)))
            {
                status = status.WithUnreadable(new PassError(unreadable.Name.Cname, unreadable.Error));
            }

            // Copies of objects: tombstones go by themselves.
            await TakeAsync([.. page.Records.Where(found => found.Record is { State: RecordState.Leftover, Kind: RecordKind.Object } && IsInScope(found.Name))], cancellationToken);
            show(status);
        }
    }

    private bool IsInScope(ObjectName name) => name.Uname.StartsWith(options.Scope, StringComparison.Ordinal);

    private async Task TakeAsync(List<WalkedFile> found, CancellationToken cancellationToken)
    {
        var state = node.View.Current.State;
        var nowNs = node.Clock.WallNs;
        var windowNs = state.Config.Settings().Space.DontCleanupTime.Nanoseconds;
        var byOwner = new SortedDictionary<NodeId, List<WalkedRecord>>();
        foreach (var one in found)
        {
            var record = new WalkedRecord(one.Name, RecordHeads.LocalOf(LookupResult.Found(one.Record))!);
            if (IsRedundant(state, one.Name))
            {
                Count(record, CleanupVerdict.SkipRedundant, null);
            }
            else if (windowNs > 0 && one.Record.WrittenTimeNs + windowNs > nowNs)
            {
                Count(record, CleanupVerdict.SkipRecent, null);
            }
            else if (state.Newest.OwnerOf(one.Name.Digest) is { IsNone: false } owner && owner != node.View.Current.Self.Id)
            {
                byOwner.TryAdd(owner, []);
                byOwner[owner].Add(record);
            }
            else
            {
                // Of a name that is this target's own by now: it is in its place, or will be.
                Count(record, CleanupVerdict.SkipChanged, null);
            }
        }

        foreach (var (owner, records) in byOwner)
        {
            var question = new VerifyQuestion([.. records.Select(record => VerifyItem.Of(record.Name, record.Record.Head))], state.Newest.Number, state.AppliedIndex);
            var reply = await node.Neighbors.VerifyAsync(owner, question, AskWithin, cancellationToken);
            var answers = reply.Error is null && reply.Answers.Length == records.Count ? reply.Answers : [];
            var work = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
            await Parallel.ForAsync(0, records.Count, work, async (at, cancel) =>
                await DecideAsync(owner, records[at], answers.IsEmpty ? null : answers[at], state.AppliedIndex, reply.Error, cancel));
        }
    }

    private async Task DecideAsync(NodeId owner, WalkedRecord record, VerifyAnswer? answer, long askedIndex, StoreError? silence, CancellationToken cancellationToken)
    {
        var plan = new CleanupPlan(record.Name, record.Record, answer, askedIndex, options.CleanupForce);
        if (isDryRun)
        {
            var would = CleanupPlan.Judge(answer, options.CleanupForce);
            var mayGo = Forgetting.IsProven(node.Now(), record.Record.HandOver!);
            Count(record, mayGo || would is not (CleanupVerdict.Removed or CleanupVerdict.RemovedDiverged) ? would : CleanupVerdict.KeepUnproven, null);
            return;
        }

        var end = await TransferRun.RunAsync(node, record.Name, record.Record.Head.Key.BucketId, plan, TransferPort.None, RemoveWithin, cancellationToken);
        var error = plan.Verdict is CleanupVerdict.ErrHead or CleanupVerdict.ErrRemove
            ? end.Error ?? silence ?? new StoreError(ErrorCode.Unreachable, $"{record.Name.Cname}: target {owner} did not say whether it holds it")
            : null;
        Count(record, plan.Verdict, error is null ? null : new PassError(record.Name.Cname, error) { Other = plan.Verdict == CleanupVerdict.ErrHead ? owner : default });
    }

    private void Count(WalkedRecord record, CleanupVerdict verdict, PassError? error)
    {
        lock (gate)
        {
            status = status.With(verdict, record.Record.Head.SizeBytes, error);
        }
    }

    // Such buckets keep more than one file of a name on purpose.
    private static bool IsRedundant(ClusterState state, ObjectName name) =>
        state.FindBucket(name.Bucket) is { } bucket && bucket.Settings() is { IsErasureCoded: true } or { Copies: > 1 };
}
