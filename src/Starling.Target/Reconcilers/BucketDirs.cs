using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.State;
using Starling.Storage.Objects;

namespace Starling.Target.Reconcilers;

/// <summary>
/// Keeps the bucket directories of this target as the committed state wants them: makes those of buckets that exist, moves those of retired ids to the
/// trash and empties it. Looks at levels, never at events: a state that was skipped costs nothing, and a restart simply looks again.
/// </summary>
public sealed partial class BucketDirs
{
    private readonly IClusterView view;
    private readonly ObjectStore store;
    private readonly ILogger log;
    private ImmutableSortedDictionary<BucketName, BucketEntry>? done;

    /// <summary>Makes the reconciler.</summary>
    public BucketDirs(IClusterView view, ObjectStore store, ILogger<BucketDirs> log)
    {
        this.view = view;
        this.store = store;
        this.log = log;
    }

    /// <summary>Runs until cancelled; a disk that refuses is asked again every few seconds.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var ok = TryReconcile();
            try
            {
                var seen = done;
                await view.WaitForAsync(
                    snapshot => !ok ? false : snapshot.State.IsFormed && !ReferenceEquals(snapshot.State.Buckets, seen),
                    "a change of buckets",
                    ok ? TimeSpan.FromMinutes(10) : TimeSpan.FromSeconds(3),
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

    private bool TryReconcile()
    {
        var state = view.Current.State;
        if (!state.IsFormed || ReferenceEquals(state.Buckets, done))
        {
            return true;
        }

        try
        {
            Reconcile(state, CancellationToken.None);
            done = state.Buckets;
            return true;
        }
        catch (Exception error) when (error is StoreException or IOException)
        {
            LogFailed(error);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "removed {Files} files of destroyed buckets")]
    private partial void LogEmptied(long files);

    [LoggerMessage(Level = LogLevel.Error, Message = "bucket directories do not match the committed state yet, trying again")]
    private partial void LogFailed(Exception error);
}
