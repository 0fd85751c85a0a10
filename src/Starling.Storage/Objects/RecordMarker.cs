using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Files;
using Starling.Storage.Layout;

namespace Starling.Storage.Objects;

/// <summary>
/// Turns live records into leftovers and back without touching their bytes. The state is in the file's name, so each change is one rename: the mark goes
/// into the attribute and is flushed while the record is still live, and counts from the rename on. A change that cannot be flushed is taken back.
/// </summary>
internal sealed class RecordMarker(IFileLayer files, RecordReader reader, Action<ObjectName, ObjectRecord?, ObjectRecord?> changed)
{
    /// <summary>Makes the live record with this key a leftover, durably; false when the live record is another one, or none.</summary>
    public bool MarkLeftover(ObjectName name, RecordKey key, LeftoverMark mark)
    {
        var live = Known(reader.Lookup(name, key.BucketId)).Record;
        if (live?.Key != key)
        {
            return false;
        }

        var slots = LiveSlots(name, key.BucketId);
        var (_, place, slot) = slots[^1];
        var leftover = live with { State = RecordState.Leftover, Leftover = mark };
        using (var file = files.Open(place.File(slot), FileOpenMode.ReadWrite))
        {
            SetRecord(file, leftover);
            file.Sync();
        }

        RemoveOlder(name, key.BucketId, slots);
        RenameDurably(place.File(slot), place.File(Slot.Leftover), place.Directory, name.Uname);
        changed(name, live, leftover);
        return true;
    }

    /// <summary>Makes an unverified leftover verified, durably; false when there is a live record or the leftover is another one.</summary>
    public bool MarkVerified(ObjectName name, RecordKey key, LeftoverMark handOver)
    {
        if (!TryFind(name, key, out var leftover, out var place) || leftover.Leftover! with { Verified = false } != handOver with { Verified = false })
        {
            return false;
        }

        if (leftover.Leftover!.Verified)
        {
            return true;
        }

        var path = place.File(Slot.Leftover);
        using var file = files.Open(path, FileOpenMode.ReadWrite);
        var verified = leftover with { Leftover = leftover.Leftover with { Verified = true } };
        SetRecord(file, verified);
        try
        {
            file.Sync();
        }
        catch (FileLayerException failure)
        {
            TakeBack(name.Uname, failure, () =>
            {
                using var again = files.Open(path, FileOpenMode.ReadWrite);
                SetRecord(again, leftover);
            });
            throw;
        }

        changed(name, leftover, verified);
        return true;
    }

    /// <summary>Makes a leftover live again, durably; false when there is a live record, the leftover is another one, or it is verified and those are not asked for.</summary>
    public bool Revive(ObjectName name, RecordKey key, bool alsoVerified)
    {
        if (!TryFind(name, key, out var leftover, out var place) || (leftover.Leftover!.Verified && !alsoVerified))
        {
            return false;
        }

        RenameDurably(place.File(Slot.Leftover), place.File(SlotOf(leftover.Kind)), place.Directory, name.Uname);
        changed(name, leftover, leftover with { State = RecordState.Live, Leftover = null });
        return true;
    }

    /// <summary>Flushes the live record with this key and its directory; false when the live record is another one, or none.</summary>
    public bool Flush(ObjectName name, RecordKey key)
    {
        if (Known(reader.Lookup(name, key.BucketId)).Record?.Key != key)
        {
            return false;
        }

        var (_, place, slot) = LiveSlots(name, key.BucketId)[^1];
        using (var file = files.Open(place.File(slot), FileOpenMode.ReadWrite))
        {
            file.Sync();
        }

        files.SyncDirectory(place.Directory);
        return true;
    }

    /// <summary>
    /// Removes a verified leftover, or one that a live record replaced; the bytes that it had, -1 when there is nothing of the kind. Not flushed: a verified
    /// leftover that a power cut brings back is removed again. What replaced an unverified one is flushed first: else a power cut could take both.
    /// </summary>
    public long Reclaim(ObjectName name, RecordKey key)
    {
        var leftover = Known(reader.FindLeftover(name, key.BucketId, out var place)).Record;
        if (leftover?.Key != key)
        {
            return -1;
        }

        var live = Known(reader.Lookup(name, key.BucketId)).Record;
        if (!leftover.Leftover!.Verified && (live is null || !Flush(name, live.Key)))
        {
            return -1;
        }

        if (!files.Unlink(place.File(Slot.Leftover)))
        {
            return -1;
        }

        // One that a live record replaced is not counted.
        changed(name, live is null ? leftover : null, null);
        return leftover.SizeBytes;
    }

    private static Slot SlotOf(RecordKind kind) => kind == RecordKind.Object ? Slot.Object : Slot.Tombstone;

    private static LookupResult Known(in LookupResult result) => result.Status == LookupStatus.Failed ? throw new StoreException(result.Error!) : result;

    private static void SetRecord(IOpenFile file, ObjectRecord record)
    {
        Span<byte> buffer = stackalloc byte[RecordCodec.MaxBytes];
        file.SetAttribute(RecordCodec.AttributeName, buffer[..RecordCodec.Encode(record, buffer)]);
    }

    private bool TryFind(ObjectName name, RecordKey key, out ObjectRecord leftover, out RecordPlace place)
    {
        place = default;
        leftover = null!;
        if (Known(reader.Lookup(name, key.BucketId)).Status != LookupStatus.Absent)
        {
            return false;
        }

        leftover = Known(reader.FindLeftover(name, key.BucketId, out place)).Record!;
        return leftover?.Key == key;
    }

    /// <summary>The files of live records in the order of their keys; more than one only where a commit's removal of what it outdated failed or is not durable.</summary>
    private List<(RecordKey Key, RecordPlace Place, Slot Slot)> LiveSlots(ObjectName name, ulong bucketId)
    {
        var found = new List<(RecordKey Key, RecordPlace Place, Slot Slot)>();
        foreach (var location in reader.Locations(name))
        {
            var place = Fqn.Place(location.Path, name, bucketId);
            foreach (var slot in (ReadOnlySpan<Slot>)[Slot.Object, Slot.Tombstone])
            {
                if (reader.KeyOf(name, bucketId, place.File(slot)) is { } key)
                {
                    found.Add((key, place, slot));
                }
            }
        }

        found.Sort((left, right) => left.Key.CompareTo(right.Key));
        return found;
    }

    /// <summary>
    /// Nothing older may come to light once the record is no longer live: not an outdated file whose removal a power cut takes back, and not an older leftover
    /// on another mountpath. Oldest first, each durably before the next.
    /// </summary>
    private void RemoveOlder(ObjectName name, ulong bucketId, List<(RecordKey Key, RecordPlace Place, Slot Slot)> slots)
    {
        var last = slots[^1].Place;
        foreach (var location in reader.Locations(name))
        {
            var place = Fqn.Place(location.Path, name, bucketId);
            if (place != last && files.Unlink(place.File(Slot.Leftover)))
            {
                files.SyncDirectory(place.Directory);
            }
        }

        for (var i = 0; i < slots.Count - 1; i++)
        {
            files.Unlink(slots[i].Place.File(slots[i].Slot));
            files.SyncDirectory(slots[i].Place.Directory);
        }

        files.SyncDirectory(last.Directory);
    }

    private void RenameDurably(string from, string to, string directory, string uname)
    {
        files.Rename(from, to);
        try
        {
            files.SyncDirectory(directory);
        }
        catch (FileLayerException failure)
        {
            TakeBack(uname, failure, () => files.Rename(to, from));
            throw;
        }
    }

    /// <summary>What is seen must not be more than what is flushed: the next attempt has to find the work still to be done.</summary>
    private static void TakeBack(string uname, FileLayerException failure, Action undo)
    {
        try
        {
            undo();
        }
        catch (FileLayerException second)
        {
            throw new StoreException(
                new StoreError(ErrorCode.UnknownOutcome, $"{uname}: its state was changed, could not be flushed ({failure.Message}) and not be taken back: {second.Message}"), failure);
        }
    }
}
