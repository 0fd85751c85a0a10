using Microsoft.Extensions.Logging;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Storage.Mountpaths;
using Starling.Storage.Objects;
using Starling.Target.Objects;
using Starling.Target.Rebalance;

namespace Starling.Target.Reconcilers;

/// <summary>
/// Removes what may go (rule B11): leftovers that are verified, after a delay or when the disks fill, tombstones that hide nothing any more, and files that a
/// live record replaced. What may go is decided by <see cref="ForgetPlan"/> under the name's lock, record by record; what is due, here.
/// </summary>
public sealed partial class Reclaimer
{
    /// <summary>A walk may take one part in so many of the time.</summary>
    private const int Share = 100;

    private const int PageLimit = 256;
    private static readonly TimeSpan RemoveWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan AtMost = TimeSpan.FromHours(1);

    private readonly TargetNode node;
    private readonly TimeProvider time;
    private readonly TimeSpan every;
    private readonly Func<Mountpath, double> usedPercent;
    private readonly ILogger log;
    private long runs;
    private long objects;
    private long bytes;
    private long tombstones;
    private long errors;
    private TimeSpan nextDue = LookAgainAfter;

    /// <summary>Makes it; it does nothing before <see cref="RunAsync"/>.</summary>
    /// <param name="node">This target.</param>
    /// <param name="time">The wall clock, by which the age of files is known.</param>
    /// <param name="every">How often it looks whether there is anything to do.</param>
    /// <param name="log">Hears what was removed.</param>
    /// <param name="usedPercent">How full the filesystem of a mountpath is, percent; null: as the filesystem says.</param>
    public Reclaimer(TargetNode node, TimeProvider time, TimeSpan every, ILogger<Reclaimer> log, Func<Mountpath, double>? usedPercent = null)
    {
        this.node = node;
        this.time = time;
        this.every = every;
        this.log = log;
        this.usedPercent = usedPercent ?? UsedPercent;
    }

    /// <summary>What it did so far.</summary>
    public ReclaimTally Tally => new(
        Interlocked.Read(ref runs), Interlocked.Read(ref objects), Interlocked.Read(ref bytes), Interlocked.Read(ref tombstones), Interlocked.Read(ref errors));

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var waited = TimeSpan.Zero;
        var pause = TimeSpan.Zero;
        try
        {
            while (true)
            {
                await Task.Delay(every, time, cancellationToken);
                waited += every;
                if (waited < pause || !HasWork(waited))
                {
                    continue;
                }

                var began = time.GetTimestamp();
                await RunOnceAsync(cancellationToken);
                pause = TimeSpan.FromTicks(Math.Min(AtMost.Ticks, time.GetElapsedTime(began).Ticks * Share));
                waited = TimeSpan.Zero;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The target stops.
        }
    }

    /// <summary>Walks every mountpath once and removes what may go and is due.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var before = Tally;
        nextDue = LookAgainAfter;
        foreach (var mountpath in node.Store.Mountpaths.All)
        {
            try
            {
                await WalkAsync(mountpath, MountpathWalkKind.Forgettable, ForgetAsync, cancellationToken);
                await WalkAsync(mountpath, MountpathWalkKind.ReplacedLeftovers, DropReplacedAsync, cancellationToken);
            }
            catch (StoreException refused)
            {
                // Whoever watches over the disks says more.
                Interlocked.Increment(ref errors);
                LogUnwalked(mountpath.Path, refused.Error.Message);
            }
        }

        Interlocked.Increment(ref runs);
        var now = Tally;
        if (now.Objects > before.Objects || now.Tombstones > before.Tombstones || now.Errors > before.Errors)
        {
            LogRemoved(now.Objects - before.Objects, now.Bytes - before.Bytes, now.Tombstones - before.Tombstones, now.Errors - before.Errors);
        }
    }

    private ReclaimLimits Limits
    {
        get
        {
            var space = node.View.Current.State.Config.Settings().Space;
            return new ReclaimLimits(space.DontCleanupTime.Nanoseconds / 1_000_000, space.HighWatermark);
        }
    }

    // Counts tell that there is nothing; when something is due is known from the last walk. Files that were replaced are in no count: once in a while.
    private bool HasWork(TimeSpan waited)
    {
        if (node.Store.Census.Total is not { } lies || lies.VerifiedLeftovers + lies.Tombstones == 0)
        {
            return waited >= AtMost;
        }

        return waited >= nextDue || node.Store.Mountpaths.All.Any(mountpath => Reclaiming.IsPressed(usedPercent(mountpath), Limits));
    }

    private async Task WalkAsync(
        Mountpath mountpath, MountpathWalkKind kind, Func<Mountpath, WalkedFile, CancellationToken, Task> visit, CancellationToken cancellationToken)
    {
        var walk = node.Store.WalkMountpath(mountpath, kind);
        var cursor = string.Empty;
        for (var isEnd = false; !isEnd;)
        {
            var page = await Task.Run(() => walk.ReadPage(cursor, PageLimit, cancellationToken), cancellationToken);
            (cursor, isEnd) = (page.Cursor, page.IsEnd);
            foreach (var found in page.Records)
            {
                await visit(mountpath, found, cancellationToken);
            }
        }
    }

    private async Task ForgetAsync(Mountpath mountpath, WalkedFile found, CancellationToken cancellationToken)
    {
        var record = RecordHeads.LocalOf(LookupResult.Found(found.Record))!;
        var view = node.Now();
        if (record.HandOver is { } handOver)
        {
            // The same question is asked again under the lock; here it saves the lock.
            if (!Forgetting.MayReclaim(view, handOver) || !IsDue(mountpath, found))
            {
                return;
            }
        }
        else if (!record.Head.IsTombstone || !Forgetting.MayForgetTombstones(view))
        {
            return;
        }

        var end = await TransferRun.RunAsync(node, found.Name, found.Record.Key.BucketId, new ForgetPlan(found.Name, record.Head.Key), TransferPort.None, RemoveWithin, cancellationToken);
        if (end.Outcome == TransferOutcome.Forgotten && record.IsLeftover)
        {
            Count(found.Record.SizeBytes);
        }
        else if (end.Outcome == TransferOutcome.Forgotten)
        {
            Interlocked.Increment(ref tombstones);
        }
        else if (end.Outcome == TransferOutcome.Failed)
        {
            Interlocked.Increment(ref errors);
            LogKept(found.Name.Cname, end.Error?.Message ?? "it was not said why");
        }
    }

    private bool IsDue(Mountpath mountpath, WalkedFile found)
    {
        if (Reclaiming.IsPressed(usedPercent(mountpath), Limits))
        {
            return true;
        }

        if (node.Store.LeftoverChangedTimeNs(found.Name, found.Record.Key.BucketId) is not { } changedNs)
        {
            return false;
        }

        var ageMs = time.GetUtcNow().ToUnixTimeMilliseconds() - (changedNs / 1_000_000);
        var keptFor = TimeSpan.FromMilliseconds(Reclaiming.KeptForMs(ageMs, Limits));
        nextDue = keptFor > TimeSpan.Zero && keptFor < nextDue ? keptFor : nextDue;
        return keptFor == TimeSpan.Zero;
    }

    private async Task DropReplacedAsync(Mountpath mountpath, WalkedFile found, CancellationToken cancellationToken)
    {
        using (await node.Locks.LockExclusiveAsync(found.Name.Digest, cancellationToken))
        {
            if (node.Now().IsCommittedSession && await Task.Run(() => node.Store.Reclaim(found.Name, found.Record.Key), CancellationToken.None) is >= 0 and var freed)
            {
                Count(freed);
            }
        }
    }

    private void Count(long sizeBytes)
    {
        Interlocked.Increment(ref objects);
        Interlocked.Add(ref bytes, sizeBytes);
    }

    private static double UsedPercent(Mountpath mountpath) =>
        mountpath.TryCapacity() is { TotalBytes: > 0 } facts ? 100.0 * (facts.TotalBytes - facts.AvailableBytes) / facts.TotalBytes : 0;

    [LoggerMessage(Level = LogLevel.Information, Message = "reclaimed {Objects} leftovers of {Bytes} bytes and {Tombstones} tombstones; {Errors} errors")]
    private partial void LogRemoved(long objects, long bytes, long tombstones, long errors);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name} could not be reclaimed: {Reason}")]
    private partial void LogKept(string name, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "mountpath {Mountpath} could not be walked for what may be reclaimed: {Reason}")]
    private partial void LogUnwalked(string mountpath, string reason);
}
