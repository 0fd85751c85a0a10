using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.State;
using Starling.Target.Objects;

namespace Starling.Target.Reconcilers;

/// <summary>
/// Keeps the bucket directories of this target as the committed state wants them: sets aside what it brought along from another life, before anybody is
/// served (rule B0), makes those of buckets that exist, moves those of retired ids to the trash and empties it. Looks at levels, never at events: a state that
/// was skipped costs nothing, and a restart simply looks again.
/// </summary>
public sealed partial class BucketDirs
{
    private static readonly TimeSpan WritesEvery = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(3);

    private readonly TargetNode node;
    private readonly ILogger log;
    private ImmutableSortedDictionary<BucketName, BucketEntry>? done;

    /// <summary>Makes the reconciler.</summary>
    public BucketDirs(TargetNode node, ILogger<BucketDirs> log)
    {
        this.node = node;
        this.log = log;
    }

    /// <summary>Runs until cancelled; a disk that refuses is asked again every few seconds.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var ok = await TryReconcileAsync(cancellationToken);
                var seen = done;
                await node.View.WaitForAsync(
                    snapshot => ok && snapshot.State.IsFormed && (!ReferenceEquals(snapshot.State.Buckets, seen) || MustSetAside(snapshot)),
                    "a change of buckets",
                    ok ? TimeSpan.FromMinutes(10) : AgainAfter,
                    cancellationToken);
            }
            catch (StoreException)
            {
                // Nothing changed for a while: look again.
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>One comparison of what is wanted with what is there.</summary>
    public void Reconcile(ClusterState state, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);
        var store = node.Store;
        var present = store.ListBucketsOnDisk();
        foreach (var bucket in state.Buckets.Values)
        {
            if (!present.Contains((bucket.Name, bucket.Id)))
            {
                store.CreateBucketDirs(bucket.Name, bucket.Id);
            }
        }

        var emptied = false;
        foreach (var (name, id) in present)
        {
            if (state.StandingOf(id) == BucketStanding.Retired)
            {
                store.DestroyBucket(name, id);
                emptied = true;
            }
        }

        if (emptied)
        {
            LogEmptied(store.EmptyTrash(cancellationToken));
        }
    }

    // A log that is replayed passes by earlier admissions: only the one that the committed session belongs to counts.
    private bool MustSetAside(ClusterSnapshot snapshot) => node.Quarantine?.IsOpen(snapshot.State, snapshot.Self.Id) == false
        && snapshot.State.Node(snapshot.Self.Id)?.Session == snapshot.Self.Session;

    private async Task<bool> TryReconcileAsync(CancellationToken cancellationToken)
    {
        var snapshot = node.View.Current;
        var state = snapshot.State;
        try
        {
            if (state.IsFormed && MustSetAside(snapshot))
            {
                await SetAsideAsync(state.QuarantineBefore(snapshot.Self.Id), cancellationToken);
                done = null;
            }

            if (state.IsFormed && !ReferenceEquals(state.Buckets, done))
            {
                Reconcile(state, cancellationToken);
                done = state.Buckets;
            }

            return true;
        }
        catch (Exception error) when (error is StoreException or IOException)
        {
            LogFailed(error);
            return false;
        }
    }

    // The gate is closed: nothing new begins. What had begun under an earlier state is finished first.
    private async Task SetAsideAsync(long before, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(WritesEvery);
        while (node.InFlight.Count > 0)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }

        var moved = await Task.Run(() => node.Store.SetAside(before), cancellationToken);
        if (moved.Count > 0)
        {
            LogSetAside(moved.Count, before, string.Join(", ", moved.Select(one => one.Bucket.Cname).Distinct().Take(10)));
        }

        node.Quarantine!.Done(before);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "removed {Files} files of destroyed buckets")]
    private partial void LogEmptied(long files);

    [LoggerMessage(Level = LogLevel.Error, Message = "bucket directories do not match the committed state yet, trying again")]
    private partial void LogFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} directories of buckets from before log index {Index}, when this target was admitted or given up, are set aside and count no more: {Buckets}")]
    private partial void LogSetAside(int count, long index, string buckets);
}
