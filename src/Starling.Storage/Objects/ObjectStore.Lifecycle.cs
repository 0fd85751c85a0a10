using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Files;
using Starling.Storage.Layout;
using Starling.Storage.Mountpaths;

namespace Starling.Storage.Objects;

/// <summary>One file that bears a name's record, or the reason why there may be one that cannot be seen.</summary>
/// <param name="Mountpath">Path of the mountpath.</param>
/// <param name="Lookup">The record with its state, or why it cannot be read; never absent.</param>
public readonly record struct RecordCopy(string Mountpath, LookupResult Lookup);

/// <summary>What was set aside on this target.</summary>
/// <param name="Count">How many files: objects, tombstones and leftovers.</param>
/// <param name="First">The first of them, by mountpath and name.</param>
public sealed record QuarantineList(long Count, ImmutableArray<WalkedFile> First);

/// <content>What operators and the life of a target as a member ask of the disks: counts, all copies of a name, quarantine, erasure.</content>
public sealed partial class ObjectStore
{
    private readonly Quarantine quarantine;

    /// <summary>The newest counts of what lies here; empty until <see cref="CountAsync"/> ran.</summary>
    public DiskCensus Census { get; }

    /// <summary>
    /// Every file with a record of this name on every mountpath, whether it counts or not; a mountpath that is missing stands with the reason. For people:
    /// callers hold the name's lock, shared, and decide nothing by it.
    /// </summary>
    public IReadOnlyList<RecordCopy> Copies(ObjectName name, ulong bucketId)
    {
        ArgumentNullException.ThrowIfNull(name);
        var copies = new List<RecordCopy>();
        foreach (var mountpath in Mountpaths.All)
        {
            if (mountpath.Displaced() is { } gone)
            {
                copies.Add(new RecordCopy(mountpath.Path, LookupResult.Failed(gone)));
                continue;
            }

            var place = Fqn.Place(mountpath.Path, name, bucketId);
            LookupResult[] found =
            [
                reader.ReadLive(name, bucketId, place.File(Slot.Object)),
                reader.ReadLive(name, bucketId, place.File(Slot.Tombstone)),
                reader.ReadLeftover(name, bucketId, place.File(Slot.Leftover)),
                reader.ReadQuarantined(name, bucketId, place.File(Slot.Quarantined)),
            ];
            copies.AddRange(found.Where(one => one.Status != LookupStatus.Absent).Select(one => new RecordCopy(mountpath.Path, one)));
        }

        copies.AddRange(Mountpaths.Missing.Select(lost => new RecordCopy(lost.Path, LookupResult.Failed(new StoreError(
            ErrorCode.Unavailable, $"the mountpath \"{lost.Path}\" ({lost.Id}) is missing: mount it again, or declare it lost", 5_000)))));
        return copies;
    }

    /// <summary>Counts what lies on a mountpath and puts it into <see cref="Census"/>; about as dear as the walk of a pass.</summary>
    /// <exception cref="StoreException">As <see cref="MountpathWalk.ReadPage"/>.</exception>
    public async Task<DiskCounts> CountAsync(Mountpath mountpath, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mountpath);
        var counts = await Task.Run(() => Count(mountpath, cancellationToken), cancellationToken);
        Census.Set(mountpath, counts);
        return counts;
    }

    /// <summary>
    /// The log index up to which what was brought along is set aside, on every mountpath: nothing older than that counts. 0 while any mountpath was never
    /// dealt with.
    /// </summary>
    /// <exception cref="StoreException">Corrupt or DiskFailure.</exception>
    public long QuarantinedThrough => Mountpaths.All.Min(mountpath => Guard(mountpath, () => quarantine.Through(mountpath)) ?? 0);

    /// <summary>
    /// Sets aside everything that lies here since before this log index (rule B0), durably: it is not looked up, listed, walked or moved any more. Does
    /// nothing for an index that was dealt with, so ask at every start, before the target serves or receives anything, never beside requests.
    /// </summary>
    /// <param name="before">The index at which this target was admitted, or at which all that it held was declared lost.</param>
    /// <returns>The buckets that were set aside, one entry for each mountpath that had them.</returns>
    /// <exception cref="StoreException">OutOfSpace, Corrupt, DiskFailure, or Unavailable when a mountpath is gone. Ask again: what was done stays done.</exception>
    public IReadOnlyList<(BucketName Bucket, ulong BucketId)> SetAside(long before)
    {
        var moved = new List<(BucketName, ulong)>();
        ForEach(mountpath => moved.AddRange(quarantine.Run(mountpath, before)));
        return moved;
    }

    /// <summary>Lists what was set aside, by name.</summary>
    /// <param name="most">How many names at most; all are counted.</param>
    /// <param name="cancellationToken">Ends the work between two names.</param>
    /// <exception cref="StoreException">DiskFailure, or Unavailable when a mountpath is gone.</exception>
    public QuarantineList ListQuarantined(int most, CancellationToken cancellationToken)
    {
        long count = 0;
        var first = ImmutableArray.CreateBuilder<WalkedFile>();
        ForEach(mountpath =>
        {
            foreach (var (name, bucketId, root, slots) in quarantine.Visit(mountpath))
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (var slot in Present(slots))
                {
                    count++;
                    if (first.Count < most && reader.ReadQuarantined(name, bucketId, Fqn.Place(root, name, bucketId).File(slot)).Record is { } record)
                    {
                        first.Add(new WalkedFile(name, record));
                    }
                }
            }
        });
        return new QuarantineList(count, first.ToImmutable());
    }

    /// <summary>Gives up what was set aside, for good; <see cref="EmptyTrash(Action{long}, CancellationToken)"/> frees its space.</summary>
    /// <exception cref="StoreException">DiskFailure, or Unavailable when a mountpath is gone.</exception>
    public void DestroyQuarantine() => ForEach(quarantine.Destroy);

    /// <summary>
    /// Removes every object of every bucket from every mountpath: live ones, tombstones, leftovers, what was set aside, unfinished work. Files that are not
    /// the store's stay. May be called again after a crash; what was begun is then finished. Only for a target with the permit to erase (rule A18).
    /// </summary>
    /// <param name="keepIdentity">Leave the mountpaths those of this target; else they may be given to any other afterwards, and this store is of no use any more.</param>
    /// <param name="progress">Told the number of files removed with each directory that is gone.</param>
    /// <param name="cancellationToken">Ends the work between two files; what is left is out of sight and removed by the next call.</param>
    /// <returns>How many files were removed.</returns>
    /// <exception cref="StoreException">DiskFailure, or Unavailable when a mountpath is gone: what it holds would not be erased.</exception>
    public long Erase(bool keepIdentity, Action<long>? progress, CancellationToken cancellationToken)
    {
        DestroyRetiredBuckets(static (_, _) => true);
        DestroyQuarantine();
        var removed = EmptyTrash(progress ?? (static _ => { }), cancellationToken);
        ForEach(mountpath =>
        {
            workFiles.Prepare(mountpath);
            buckets.RemoveEmptyParents(mountpath);
            MountpathFiles.RemoveProgress(Mountpaths.Files, mountpath.Path);
            Census.Set(mountpath, default);
        });
        if (!keepIdentity)
        {
            // While any list of all mountpaths stands, each of them must be recognised: the lists go first.
            ForEach(mountpath => MountpathFiles.RemoveVolume(Mountpaths.Files, mountpath.Path));
            ForEach(mountpath => MountpathFiles.RemoveIdentity(Mountpaths.Files, mountpath.Path));
        }

        return removed;
    }

    /// <summary>
    /// Takes the mountpaths out of a cluster that has ended and keeps what they hold: every bucket is set aside, durably, and neither the cluster's id nor
    /// the progress of its passes is left. They stay this target's. May be called again after a crash. Never beside requests.
    /// </summary>
    /// <returns>The buckets that were set aside, one entry for each mountpath that had them.</returns>
    /// <exception cref="StoreException">OutOfSpace, Corrupt, DiskFailure, or Unavailable when a mountpath is gone. Call again: what was done stays done.</exception>
    public IReadOnlyList<(BucketName Bucket, ulong BucketId)> Release()
    {
        var moved = new List<(BucketName, ulong)>();
        ForEach(mountpath =>
        {
            moved.AddRange(quarantine.Release(mountpath));
            MountpathFiles.RemovePass(Mountpaths.Files, mountpath.Path);
            Census.Set(mountpath, default);
        });

        // The cluster's id goes last: until then nobody else takes these disks.
        ForEach(mountpath => MountpathFiles.RemoveCluster(Mountpaths.Files, mountpath.Path));
        return moved;
    }

    private DiskCounts Count(Mountpath mountpath, CancellationToken cancellationToken)
    {
        var counts = default(DiskCounts);
        foreach (var kind in (ReadOnlySpan<MountpathWalkKind>)[MountpathWalkKind.All, MountpathWalkKind.Quarantined])
        {
            var walk = WalkMountpath(mountpath, kind);
            var cursor = string.Empty;
            for (var isEnd = false; !isEnd;)
            {
                var page = walk.ReadPage(cursor, limit: 1000, cancellationToken);
                (cursor, isEnd) = (page.Cursor, page.IsEnd);
                counts += new DiskCounts(0, 0, 0, 0, 0, 0, 0, 0, page.Unreadable.Length);
                foreach (var found in page.Records)
                {
                    counts += DiskCounts.Of(found.Record, 1);
                }
            }
        }

        return Guard(mountpath, () =>
        {
            foreach (var (_, _, _, slots) in quarantine.Visit(mountpath))
            {
                cancellationToken.ThrowIfCancellationRequested();
                counts += new DiskCounts(0, 0, 0, 0, 0, 0, 0, Present(slots).Count(), 0);
            }

            return counts;
        });
    }

    private static IEnumerable<Slot> Present(Slots slots)
    {
        foreach (var (bit, slot) in ((Slots, Slot)[])[(Slots.Object, Slot.Object), (Slots.Tombstone, Slot.Tombstone), (Slots.Leftover, Slot.Leftover), (Slots.Quarantined, Slot.Quarantined)])
        {
            if ((slots & bit) != Slots.None)
            {
                yield return slot;
            }
        }
    }
}
