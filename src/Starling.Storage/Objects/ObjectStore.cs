using System.Collections.Concurrent;
using Starling.Core.Errors;
using Starling.Core.Hashing;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Files;
using Starling.Storage.Layout;
using Starling.Storage.Mountpaths;

namespace Starling.Storage.Objects;

/// <summary>
/// The objects of one target on its mountpaths. Knows nothing of clusters: owners, epochs and keys are passed in. Locks nothing by itself: callers hold
/// the name's lock (<see cref="NameLocks"/>), shared to look up and exclusive to commit.
/// </summary>
public sealed partial class ObjectStore : IDisposable
{
    private const int DiskThreadCount = 16;

    /// <summary>More doubtful names than this are not told apart any more: then every name is.</summary>
    private const int MaxDoubtful = 65_536;

    private readonly DiskThreads threads;
    private readonly RecordReader reader;
    private readonly RecordCommitter committer;
    private readonly WorkFiles workFiles;
    private readonly BucketDirectories buckets;
    private readonly RecordMarker marker;
    private readonly ConcurrentDictionary<ulong, bool> doubtful = new();
    private volatile bool allDoubtful;

    /// <summary>Opens the store and removes the work files of an earlier process.</summary>
    /// <exception cref="StoreException">OutOfSpace or DiskFailure.</exception>
    public ObjectStore(MountpathSet mountpaths)
        : this(mountpaths, DiskThreadCount)
    {
    }

    /// <summary>As the public one, with a number of threads that wait for flushes; 0 to wait on the caller's.</summary>
    internal ObjectStore(MountpathSet mountpaths, int diskThreadCount)
    {
        ArgumentNullException.ThrowIfNull(mountpaths);
        threads = new DiskThreads(diskThreadCount);
        Mountpaths = mountpaths;
        var directories = new DurableDirectories(mountpaths.Files);
        reader = new RecordReader(mountpaths);
        workFiles = new WorkFiles(mountpaths.Files);
        committer = new RecordCommitter(mountpaths, reader, directories, workFiles, (mountpath, failure) => Report(mountpath, failure));
        buckets = new BucketDirectories(mountpaths, directories);
        quarantine = new Quarantine(mountpaths.Files, buckets, directories);
        Census = new DiskCensus(mountpaths);
        marker = new RecordMarker(mountpaths.Files, reader, Census.Changed);
        foreach (var mountpath in mountpaths.All)
        {
            Guard(mountpath, () => Prepare(mountpath));
        }
    }

    /// <summary>
    /// Whether the last change of the name was renamed and not flushed: what is visible may not survive a power cut, whatever its record says.
    /// </summary>
    public bool IsDoubtful(ObjectName name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return allDoubtful || (!doubtful.IsEmpty && doubtful.ContainsKey(name.Digest));
    }

    /// <summary>Raised with the mountpath and the failure whenever a disk refuses (EIO, EROFS); may be raised from any thread.</summary>
    public event Action<Mountpath, StoreError>? DiskFailed;

    /// <summary>The mountpaths.</summary>
    public MountpathSet Mountpaths { get; }

    /// <summary>Starts a body: makes a work file on the name's mountpath.</summary>
    /// <param name="name">The name that it is meant for.</param>
    /// <param name="bucketId">The bucket's id.</param>
    /// <param name="checksumType">Algorithm of the incremental checksum as on the wire, for example <c>xxhash2</c>; <c>none</c> for none.</param>
    /// <exception cref="StoreException">OutOfSpace, DiskFailure, or Unavailable when the name's mountpath is missing.</exception>
    public WriteSession OpenWrite(ObjectName name, ulong bucketId, string checksumType)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!ChecksumTypes.TryParse(checksumType, out var type))
        {
            throw new StoreException(ErrorCode.Invalid, $"invalid checksum type \"{checksumType}\": expecting none, xxhash, xxhash2, md5, crc32c, sha256 or sha512");
        }

        var mountpath = Mountpaths.Place(name.Digest);
        return Guard(mountpath, () => new WriteSession(this, name, bucketId, mountpath, workFiles.Create(mountpath), checksumType, IncrementalChecksum.Create(type)));
    }

    /// <summary>Commits one body; see the overload for sets.</summary>
    public ValueTask CommitAsync(WriteSession session, ObjectRecord record, Durability durability, CancellationToken cancellationToken) =>
        CommitAsync([session], record, durability, cancellationToken);

    /// <summary>
    /// Makes bodies visible under their names (rule B5, step 3). Returns only when the durability level holds. On failure the work files are gone, what was
    /// visible before still is, and nothing new is visible, except for <see cref="ErrorCode.UnknownOutcome"/>: the rename happened and its flush failed.
    /// </summary>
    /// <exception cref="StoreException">TooLarge, OutOfSpace, DiskFailure or UnknownOutcome.</exception>
    public ValueTask CommitAsync(IReadOnlyList<WriteSession> sessions, ObjectRecord record, Durability durability, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sessions);
        ArgumentNullException.ThrowIfNull(record);
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var session in sessions)
        {
            session.RequireOpen();
            RequireRecordOf(session.Name, record, RecordKind.Object);
            if (record.SizeBytes != session.BytesWritten)
            {
                throw new StoreException(ErrorCode.Internal, $"the record of {session.Name} says {record.SizeBytes} bytes, the body has {session.BytesWritten}");
            }
        }

        return RunAsync(sessions[0].Mountpath, sessions[0].Name, durability, () => committer.CommitObject(sessions, record with { Durability = durability }), cancellationToken);
    }

    /// <summary>
    /// Commits a tombstone: the name is deleted, and stays so against older records. Always flushed, whatever <paramref name="durability"/> says:
    /// the object may be removed only when its tombstone cannot vanish any more.
    /// </summary>
    /// <exception cref="StoreException">OutOfSpace, DiskFailure or UnknownOutcome.</exception>
    public ValueTask CommitTombstoneAsync(ObjectName name, ObjectRecord tombstone, Durability durability, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(tombstone);
        cancellationToken.ThrowIfCancellationRequested();
        RequireRecordOf(name, tombstone, RecordKind.Tombstone);
        var mountpath = Mountpaths.Place(name.Digest);
        return RunAsync(mountpath, name, Durability.Durable, () => committer.CommitTombstone(mountpath, name, tombstone with { Durability = durability }), cancellationToken);
    }

    /// <summary>Removes whatever record the name has, without a tombstone (rule B11, or a cluster in which nobody else can hold the name). False when there was none.</summary>
    /// <exception cref="StoreException">DiskFailure or UnknownOutcome.</exception>
    public ValueTask<bool> ForgetAsync(ObjectName name, ulong bucketId, Durability durability, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        cancellationToken.ThrowIfCancellationRequested();
        var mountpath = Mountpaths.Place(name.Digest);
        return new ValueTask<bool>(threads.RunAsync(() => Guard(mountpath, () => committer.Forget(name, bucketId, durability)), cancellationToken));
    }

    /// <summary>The greatest live record of a name, object or tombstone: found, absent, or not known.</summary>
    public LookupResult Lookup(ObjectName name, ulong bucketId)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Reported(reader.Lookup(name, bucketId), name);
    }

    /// <summary>As <see cref="Lookup"/>, with the file open when there is a live object.</summary>
    public OpenReadResult OpenRead(ObjectName name, ulong bucketId)
    {
        ArgumentNullException.ThrowIfNull(name);
        var result = reader.Open(name, bucketId);
        Reported(result.Lookup, name);
        return result;
    }

    /// <summary>Opens a cursor over a bucket's names.</summary>
    public BucketWalk Walk(BucketName bucket, ulong bucketId, WalkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new BucketWalk(Mountpaths, reader, bucket, bucketId, options, Report);
    }

    /// <summary>Makes the bucket's directories on every mountpath, durably. A commit makes what is missing by itself.</summary>
    /// <exception cref="StoreException">OutOfSpace or DiskFailure.</exception>
    public void CreateBucketDirs(BucketName bucket, ulong bucketId) => ForEach(mountpath => buckets.Create(mountpath, bucket, bucketId));

    /// <summary>Takes the bucket's directories out of sight by renaming them to the trash, durably; <see cref="EmptyTrash(CancellationToken)"/> removes them.</summary>
    /// <exception cref="StoreException">OutOfSpace or DiskFailure.</exception>
    public void DestroyBucket(BucketName bucket, ulong bucketId) => ForEach(mountpath => buckets.Destroy(mountpath, bucket, bucketId));

    /// <summary>The buckets that have directories on any mountpath.</summary>
    /// <exception cref="StoreException">DiskFailure.</exception>
    public IReadOnlyList<(BucketName Bucket, ulong BucketId)> ListBucketsOnDisk()
    {
        var found = new SortedSet<(BucketName, ulong)>();
        ForEach(mountpath => buckets.List(mountpath, found));
        return [.. found];
    }

    /// <summary>Removes what lies in the trash; the number of files removed.</summary>
    /// <exception cref="StoreException">DiskFailure.</exception>
    public long EmptyTrash(CancellationToken cancellationToken)
    {
        long removed = 0;
        ForEach(mountpath => removed += buckets.EmptyTrash(mountpath, null, cancellationToken));
        return removed;
    }

    /// <summary>Ends the threads that wait for flushes, once what is queued is done. The mountpaths stay open.</summary>
    public void Dispose() => threads.Dispose();

    internal StoreException Report(Mountpath mountpath, FileLayerException failure)
    {
        var exception = failure.ToStoreException();
        if (failure.IsDiskFailure)
        {
            DiskFailed?.Invoke(mountpath, exception.Error);
        }

        return exception;
    }

    /// <summary>Best effort: what cannot be removed now is removed at the next start, and nobody sees it until then.</summary>
    internal void RemoveWorkFile(Mountpath mountpath, string path)
    {
        try
        {
            Mountpaths.Files.Unlink(path);
        }
        catch (FileLayerException failure)
        {
            Report(mountpath, failure);
        }
    }

    /// <summary>
    /// A process that died between a rename and its flush left a name that everybody sees and a power cut still takes back: flush before anybody looks.
    /// </summary>
    private void Prepare(Mountpath mountpath)
    {
        if (workFiles.WasUsed(mountpath))
        {
            Mountpaths.Files.SyncFileSystem(mountpath.Path);
        }

        workFiles.Prepare(mountpath);
    }

    private static void RequireRecordOf(ObjectName name, ObjectRecord record, RecordKind kind)
    {
        if (record.Uname != name.Uname || record.Kind != kind || record.State != RecordState.Live)
        {
            throw new StoreException(ErrorCode.Internal, $"the record of {record.Uname} ({record.Kind}, {record.State}) is not a live {kind} of {name.Uname}");
        }
    }

    private LookupResult Reported(LookupResult result, ObjectName name)
    {
        if (result.Error is { Code: ErrorCode.DiskFailure } error)
        {
            DiskFailed?.Invoke(Mountpaths.Place(name.Digest), error);
        }

        return result;
    }

    /// <summary>A commit without flushes does not wait for the disk and runs where it is asked for.</summary>
    private ValueTask RunAsync(Mountpath mountpath, ObjectName name, Durability durability, Action commit, CancellationToken cancellationToken)
    {
        if (durability != Durability.Buffered)
        {
            return new ValueTask(threads.RunAsync(
                () =>
                {
                    Guard(mountpath, () => Watch(name, commit));
                    return true;
                },
                cancellationToken));
        }

        Guard(mountpath, commit);
        return ValueTask.CompletedTask;
    }

    /// <summary>Remembers the name when its flush fails, until one succeeds.</summary>
    private void Watch(ObjectName name, Action commit)
    {
        try
        {
            commit();
            doubtful.TryRemove(name.Digest, out _);
        }
        catch (StoreException exception) when (exception.Error.Code == ErrorCode.UnknownOutcome)
        {
            allDoubtful |= doubtful.Count >= MaxDoubtful;
            doubtful[name.Digest] = true;
            throw;
        }
    }

    private void ForEach(Action<Mountpath> action)
    {
        foreach (var mountpath in Mountpaths.All)
        {
            if (mountpath.Displaced() is { } error)
            {
                // Nothing is made or removed in the directory that a lost disk leaves behind.
                throw new StoreException(error);
            }

            Guard(mountpath, () => action(mountpath));
        }
    }

    private void Guard(Mountpath mountpath, Action action) => Guard(
        mountpath,
        () =>
        {
            action();
            return true;
        });

    private T Guard<T>(Mountpath mountpath, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (FileLayerException failure)
        {
            throw Report(mountpath, failure);
        }
        catch (StoreException exception)
        {
            if (exception.InnerException is FileLayerException { IsDiskFailure: true })
            {
                DiskFailed?.Invoke(mountpath, exception.Error);
            }

            throw;
        }
    }
}
