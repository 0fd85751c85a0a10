using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Mountpaths;

namespace Starling.Storage.Objects;

/// <summary>
/// The objects of one target on its mountpaths. Knows nothing of clusters: owners, epochs and keys are passed in. Locks nothing by itself: callers hold
/// the name's lock (<see cref="NameLocks"/>), shared to look up and exclusive to commit.
/// </summary>
public sealed class ObjectStore
{
    /// <summary>Opens the store and removes the work files of an earlier process.</summary>
    public ObjectStore(MountpathSet mountpaths)
    {
        Mountpaths = mountpaths;
    }

    /// <summary>The mountpaths.</summary>
    public MountpathSet Mountpaths { get; }

    /// <summary>Raised with the mountpath and the failure whenever a disk refuses (EIO, EROFS); may be raised from any thread.</summary>
    public event Action<Mountpath, StoreError>? DiskFailed;

    /// <summary>Starts a body: makes a work file on the name's mountpath.</summary>
    /// <param name="name">The name that it is meant for.</param>
    /// <param name="bucketId">The bucket's id.</param>
    /// <param name="checksumType">Algorithm of the incremental checksum as on the wire, for example <c>xxhash2</c>; <c>none</c> for none.</param>
    public WriteSession OpenWrite(ObjectName name, ulong bucketId, string checksumType) => throw NotYet();

    /// <summary>Commits one body; see the overload for sets.</summary>
    public ValueTask CommitAsync(WriteSession session, ObjectRecord record, Durability durability, CancellationToken cancellationToken) =>
        CommitAsync([session], record, durability, cancellationToken);

    /// <summary>
    /// Makes bodies visible under their names (rule B5, step 3). Returns only when the durability level holds. On failure the work files are gone, what was
    /// visible before still is, and nothing new is visible, except for <see cref="ErrorCode.UnknownOutcome"/>: the rename happened and its flush failed.
    /// </summary>
    /// <exception cref="StoreException">OutOfSpace, DiskFailure or UnknownOutcome.</exception>
    public ValueTask CommitAsync(IReadOnlyList<WriteSession> sessions, ObjectRecord record, Durability durability, CancellationToken cancellationToken) => throw NotYet();

    /// <summary>Commits a tombstone: the name is deleted, and stays so against older records.</summary>
    /// <exception cref="StoreException">OutOfSpace, DiskFailure or UnknownOutcome.</exception>
    public ValueTask CommitTombstoneAsync(ObjectName name, ObjectRecord tombstone, Durability durability, CancellationToken cancellationToken) => throw NotYet();

    /// <summary>Removes whatever record the name has, without a tombstone (rule B11, or a cluster in which nobody else can hold the name). False when there was none.</summary>
    /// <exception cref="StoreException">DiskFailure or UnknownOutcome.</exception>
    public ValueTask<bool> ForgetAsync(ObjectName name, ulong bucketId, Durability durability, CancellationToken cancellationToken) => throw NotYet();

    /// <summary>The greatest record of a name: found, absent, or not known.</summary>
    public LookupResult Lookup(ObjectName name, ulong bucketId) => throw NotYet();

    /// <summary>As <see cref="Lookup"/>, with the file open when there is a live object.</summary>
    public OpenReadResult OpenRead(ObjectName name, ulong bucketId) => throw NotYet();

    /// <summary>Opens a cursor over a bucket's names.</summary>
    public BucketWalk Walk(BucketName bucket, ulong bucketId, WalkOptions options) => new(Mountpaths, bucket, bucketId, options);

    /// <summary>Makes the bucket's directories on every mountpath, durably.</summary>
    public void CreateBucketDirs(BucketName bucket, ulong bucketId) => throw NotYet();

    /// <summary>Takes the bucket's directories out of sight by renaming them to the trash, durably; <see cref="EmptyTrash"/> removes them.</summary>
    public void DestroyBucket(BucketName bucket, ulong bucketId) => throw NotYet();

    /// <summary>The buckets that have directories on any mountpath.</summary>
    public IReadOnlyList<(BucketName Bucket, ulong BucketId)> ListBucketsOnDisk() => throw NotYet();

    /// <summary>Removes what lies in the trash; the number of files removed.</summary>
    public long EmptyTrash(CancellationToken cancellationToken) => throw NotYet();

    private StoreException NotYet()
    {
        var error = new StoreError(ErrorCode.Unsupported, "not built yet");
        DiskFailed?.Invoke(Mountpaths.All[0], error);
        return new StoreException(error);
    }
}
