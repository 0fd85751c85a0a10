using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Files;
using Starling.Storage.Layout;
using Starling.Storage.Mountpaths;

namespace Starling.Storage.Objects;

/// <content>
/// Records that change hands (rules B1, B8, B9, B11). As everywhere, callers hold the name's lock, alone, from their look to the end of the call. Each call
/// names the record that it means by its key and answers false, without a change, when that is not the record any more.
/// </content>
public sealed partial class ObjectStore
{
    /// <summary>As <see cref="Lookup"/>; when there is no live record, the leftover. Requests never ask this.</summary>
    public LookupResult LookupAll(ObjectName name, ulong bucketId)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Reported(reader.LookupAll(name, bucketId), name);
    }

    /// <summary>Opens the bytes of a leftover, to compare or to send them; no reader when there is a live record, no leftover, or a tombstone.</summary>
    public OpenReadResult OpenLeftover(ObjectName name, ulong bucketId)
    {
        ArgumentNullException.ThrowIfNull(name);
        var found = Reported(reader.LookupAll(name, bucketId), name);
        if (found.Record is not { State: RecordState.Leftover, Kind: RecordKind.Object } leftover)
        {
            return new OpenReadResult(found, null);
        }

        reader.FindLeftover(name, bucketId, out var place);
        return Guard(Mountpaths.Place(name.Digest), () => Mountpaths.Files.TryOpenRead(place.File(Slot.Leftover)) is { } file
            ? new OpenReadResult(found, new ObjectReader(file, null, leftover))
            : new OpenReadResult(LookupResult.Absent, null));
    }

    /// <summary>
    /// Makes the live record with this key, object or tombstone, a leftover that remembers to whom it was handed; unverified. Durable on return. A failure
    /// leaves the record live, unless it is <see cref="ErrorCode.UnknownOutcome"/>.
    /// </summary>
    /// <param name="name">The object.</param>
    /// <param name="key">Key of the record that was handed over.</param>
    /// <param name="handOver">Who holds it since when; counts as unverified.</param>
    /// <param name="cancellationToken">Ends the wait for a thread.</param>
    /// <exception cref="StoreException">OutOfSpace, DiskFailure, Corrupt or UnknownOutcome.</exception>
    public Task<bool> MarkLeftoverAsync(ObjectName name, RecordKey key, LeftoverMark handOver, CancellationToken cancellationToken) =>
        ChangeAsync(name, () => marker.MarkLeftover(name, key, handOver with { Verified = false }), cancellationToken);

    /// <summary>As <see cref="MarkLeftoverAsync(ObjectName, RecordKey, LeftoverMark, CancellationToken)"/>, where it is not known what the receiver had applied.</summary>
    /// <param name="name">The object.</param>
    /// <param name="key">Key of the record that was handed over.</param>
    /// <param name="epoch">Placement epoch of the hand-over.</param>
    /// <param name="receiver">Who holds it.</param>
    /// <param name="cancellationToken">Ends the wait for a thread.</param>
    /// <exception cref="StoreException">OutOfSpace, DiskFailure, Corrupt or UnknownOutcome.</exception>
    public Task<bool> MarkLeftoverAsync(ObjectName name, RecordKey key, long epoch, NodeId receiver, CancellationToken cancellationToken) =>
        MarkLeftoverAsync(name, key, new LeftoverMark(epoch, receiver, Verified: false), cancellationToken);

    /// <summary>Makes the leftover of this hand-over verified: it may be reclaimed and is not revived any more, except by command. Durable on return.</summary>
    /// <exception cref="StoreException">OutOfSpace, DiskFailure, Corrupt or UnknownOutcome.</exception>
    public Task<bool> MarkVerifiedAsync(ObjectName name, RecordKey key, LeftoverMark handOver, CancellationToken cancellationToken) =>
        ChangeAsync(name, () => marker.MarkVerified(name, key, handOver), cancellationToken);

    /// <summary>Makes the leftover live again, with the attributes that it had. Durable on return.</summary>
    /// <param name="name">The object.</param>
    /// <param name="key">Key of the leftover.</param>
    /// <param name="alsoVerified">Also a verified one: by an administrator's command, or because its bytes were compared with what is to be received.</param>
    /// <param name="cancellationToken">Ends the wait for a thread.</param>
    /// <exception cref="StoreException">OutOfSpace, DiskFailure, Corrupt or UnknownOutcome.</exception>
    public Task<bool> ReviveAsync(ObjectName name, RecordKey key, bool alsoVerified, CancellationToken cancellationToken) =>
        ChangeAsync(name, () => marker.Revive(name, key, alsoVerified), cancellationToken);

    /// <summary>Flushes the live record with this key, whatever the level at which it was committed.</summary>
    /// <exception cref="StoreException">DiskFailure or Corrupt.</exception>
    public Task<bool> FlushAsync(ObjectName name, RecordKey key, CancellationToken cancellationToken) =>
        ChangeAsync(name, () => marker.Flush(name, key), cancellationToken);

    /// <summary>Removes a verified leftover, or any that a live record replaced; the bytes of content that it had, -1 when there was nothing to remove.</summary>
    /// <exception cref="StoreException">DiskFailure or Corrupt.</exception>
    public long Reclaim(ObjectName name, RecordKey key)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Guard(Mountpaths.Place(name.Digest), () => marker.Reclaim(name, key));
    }

    /// <summary>When the leftover's file changed last: about when it was verified. Nanoseconds since 1970 by the wall clock; null when there is none, or it cannot be told.</summary>
    public long? LeftoverChangedTimeNs(ObjectName name, ulong bucketId)
    {
        ArgumentNullException.ThrowIfNull(name);
        try
        {
            return reader.FindLeftover(name, bucketId, out var place).Status == LookupStatus.Found ? Mountpaths.Files.Stat(place.File(Slot.Leftover))?.ChangedTimeNs : null;
        }
        catch (FileLayerException)
        {
            // Who wants to remove it will hear why it cannot be.
            return null;
        }
    }

    /// <summary>
    /// Starts the body of a record that another target sends. Its checksum is computed with the sender's algorithm; <see cref="CommitReceivedAsync"/> compares.
    /// </summary>
    /// <exception cref="StoreException">As <see cref="OpenWrite"/>.</exception>
    public WriteSession OpenReceive(ObjectName name, ObjectRecord pushed)
    {
        ArgumentNullException.ThrowIfNull(pushed);
        return OpenWrite(name, pushed.Key.BucketId, pushed.ChecksumType);
    }

    /// <summary>
    /// Makes a received object live with the key and all attributes that it had at the sender, flushed whatever the bucket's durability says. What arrived
    /// must have the size and checksum of the record.
    /// </summary>
    /// <exception cref="StoreException">ChecksumMismatch, or as <see cref="CommitAsync(WriteSession, ObjectRecord, Durability, CancellationToken)"/>.</exception>
    public async ValueTask CommitReceivedAsync(WriteSession session, ObjectRecord pushed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(pushed);
        if (session.BytesWritten != pushed.SizeBytes || session.ChecksumType != pushed.ChecksumType || session.ChecksumValue != pushed.ChecksumValue)
        {
            throw new StoreException(
                ErrorCode.ChecksumMismatch,
                $"{session.Name} arrived with {session.BytesWritten} bytes and {session.ChecksumType} {session.ChecksumValue}, its record says {pushed.SizeBytes} bytes and {pushed.ChecksumType} {pushed.ChecksumValue}: send it again");
        }

        var live = pushed with { State = RecordState.Live, Leftover = null };
        await CommitAsync(session, live, Flushed(pushed.Durability), cancellationToken);
        Census.Changed(session.Name, null, live);
    }

    /// <summary>As <see cref="CommitReceivedAsync"/>, for a tombstone.</summary>
    /// <exception cref="StoreException">OutOfSpace, DiskFailure or UnknownOutcome.</exception>
    public ValueTask CommitReceivedTombstoneAsync(ObjectName name, ObjectRecord pushed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pushed);
        return CommitTombstoneAsync(name, pushed with { State = RecordState.Live, Leftover = null }, Flushed(pushed.Durability), cancellationToken);
    }

    /// <summary>
    /// Flushes everything written to a mountpath's filesystem so far (rule B9). Uses a descriptor that is open since the start: the kernel reports a failed
    /// write only to descriptors that were open before. A failure is final: later calls fail too, until the process has started anew.
    /// </summary>
    /// <exception cref="StoreException">DiskFailure or OutOfSpace.</exception>
    public Task FlushMountpathAsync(Mountpath mountpath, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mountpath);
        return threads.RunAsync(
            () => Guard(
                mountpath,
                () =>
                {
                    mountpath.FlushFileSystem();
                    return true;
                }),
            cancellationToken);
    }

    /// <summary>Opens a walk over the records of one mountpath.</summary>
    public MountpathWalk WalkMountpath(Mountpath mountpath, MountpathWalkKind kind)
    {
        ArgumentNullException.ThrowIfNull(mountpath);
        return new MountpathWalk(mountpath, kind, Mountpaths.Files, reader, buckets, Report);
    }

    /// <summary>As the other one, with so many names of a directory in memory at a time.</summary>
    internal MountpathWalk WalkMountpath(Mountpath mountpath, MountpathWalkKind kind, int windowEntries) =>
        new(mountpath, kind, Mountpaths.Files, reader, buckets, Report, windowEntries);

    /// <summary>Takes every bucket whose id is retired out of sight on all mountpaths; which they were. <see cref="EmptyTrash(Action{long}, CancellationToken)"/> removes them.</summary>
    /// <exception cref="StoreException">OutOfSpace or DiskFailure.</exception>
    public IReadOnlyList<(BucketName Bucket, ulong BucketId)> DestroyRetiredBuckets(Func<BucketName, ulong, bool> isRetired)
    {
        ArgumentNullException.ThrowIfNull(isRetired);
        var retired = ListBucketsOnDisk().Where(found => isRetired(found.Bucket, found.BucketId)).ToList();
        retired.ForEach(found => DestroyBucket(found.Bucket, found.BucketId));
        return retired;
    }

    /// <summary>As the other one; <paramref name="progress"/> is told the number of files removed with each directory that is gone.</summary>
    /// <exception cref="StoreException">DiskFailure.</exception>
    public long EmptyTrash(Action<long> progress, CancellationToken cancellationToken)
    {
        long removed = 0;
        ForEach(mountpath => removed += buckets.EmptyTrash(mountpath, progress, cancellationToken));
        return removed;
    }

    private static Durability Flushed(Durability durability) => durability == Durability.Buffered ? Durability.Durable : durability;

    private Task<bool> ChangeAsync(ObjectName name, Func<bool> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        cancellationToken.ThrowIfCancellationRequested();
        var mountpath = Mountpaths.Place(name.Digest);
        return threads.RunAsync(
            () => Guard(
                mountpath,
                () =>
                {
                    var changed = false;
                    Watch(name, () => changed = change());
                    return changed;
                }),
            cancellationToken);
    }
}
