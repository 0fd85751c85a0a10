using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Files;
using Starling.Storage.Layout;
using Starling.Storage.Mountpaths;

namespace Starling.Storage.Objects;

/// <summary>
/// The order of operations that makes a record visible: attribute, flush of the file, rename, flush of the directory. Object and tombstone of a name are
/// two files; whichever has the greater key counts, so each change is one rename, and the file that it outdates is removed only when that rename is durable.
/// </summary>
internal sealed class RecordCommitter(
    MountpathSet mountpaths,
    RecordReader reader,
    DurableDirectories directories,
    WorkFiles workFiles,
    Action<Mountpath, FileLayerException> report)
{
    private readonly IFileLayer files = mountpaths.Files;

    /// <summary>Commits bodies; the first one is renamed last, so that its visibility stands for that of the set.</summary>
    public void CommitObject(IReadOnlyList<WriteSession> sessions, ObjectRecord record)
    {
        var durable = record.Durability != Durability.Buffered;
        var renamed = sessions.Count;
        try
        {
            WriteRecord(sessions, record, durable);
            for (; renamed > 0; renamed--)
            {
                var session = sessions[renamed - 1];
                RenameInto(session.Mountpath, session.File.Path, PlaceOf(session), Slot.Object, durable);
            }
        }
        catch (Exception exception) when (exception is FileLayerException or StoreException)
        {
            Abandon(sessions, renamed);
            if (renamed < sessions.Count && exception is FileLayerException failure)
            {
                throw UnknownOutcome(record.Uname, failure);
            }

            throw;
        }

        foreach (var session in sessions)
        {
            session.Finish();
        }

        if (durable)
        {
            Flush(record.Uname, sessions.Select(PlaceOf));
            foreach (var session in sessions)
            {
                RemoveOutdated(session.Mountpath, PlaceOf(session).File(Slot.Tombstone));
            }
        }
    }

    /// <summary>Commits a tombstone and removes the object that it hides.</summary>
    public void CommitTombstone(Mountpath mountpath, ObjectName name, ObjectRecord tombstone)
    {
        var place = Fqn.Place(mountpath.Path, name, tombstone.Key.BucketId);
        using (var work = workFiles.Create(mountpath))
        {
            try
            {
                SetRecord(work, tombstone);
                work.Sync();
                RenameInto(mountpath, work.Path, place, Slot.Tombstone, durable: true);
            }
            catch (Exception exception) when (exception is FileLayerException or StoreException)
            {
                RemoveOutdated(mountpath, work.Path);
                throw;
            }
        }

        Flush(tombstone.Uname, [place]);
        foreach (var location in reader.Locations(name))
        {
            var outdated = Fqn.Place(location.Path, name, tombstone.Key.BucketId);
            var mayBeTorn = reader.MayBeTorn(name, tombstone.Key.BucketId, outdated.File(Slot.Object));
            RemoveOutdated(location, outdated.File(Slot.Object));
            if (mayBeTorn)
            {
                // A power cut could bring its name back without its metadata, and then nobody could tell that the tombstone is newer.
                Flush(tombstone.Uname, [outdated]);
            }
        }
    }

    /// <summary>Removes all live records of a name, the oldest first and each durably before the next, so that no crash brings an older one back.</summary>
    public bool Forget(ObjectName name, ulong bucketId, Durability durability)
    {
        var found = new List<(RecordKey Key, RecordPlace Place, string Path)>();
        foreach (var location in reader.Locations(name))
        {
            var place = Fqn.Place(location.Path, name, bucketId);
            foreach (var slot in (ReadOnlySpan<Slot>)[Slot.Object, Slot.Tombstone])
            {
                if (reader.KeyOf(name, bucketId, place.File(slot)) is { } key)
                {
                    found.Add((key, place, place.File(slot)));
                }
            }
        }

        // A leftover that a live record replaced may still lie there; it must be gone for good before that record goes.
        foreach (var location in found.Count > 0 ? reader.Locations(name) : [])
        {
            var replaced = Fqn.Place(location.Path, name, bucketId);
            if (files.Unlink(replaced.File(Slot.Leftover)))
            {
                files.SyncDirectory(replaced.Directory);
            }
        }

        // An earlier removal of an outdated record need not be durable yet; without its tombstone it would come back. A failure here has changed nothing.
        foreach (var directory in found.Select(record => record.Place.Directory).Distinct(StringComparer.Ordinal))
        {
            files.SyncDirectory(directory);
        }

        found.Sort((left, right) => left.Key.CompareTo(right.Key));
        for (var i = 0; i < found.Count; i++)
        {
            files.Unlink(found[i].Path);
            if (i + 1 < found.Count || durability != Durability.Buffered)
            {
                Flush(name.Uname, [found[i].Place]);
            }
        }

        return found.Count > 0;
    }

    private static RecordPlace PlaceOf(WriteSession session) => Fqn.Place(session.Mountpath.Path, session.Name, session.BucketId);

    private static void WriteRecord(IReadOnlyList<WriteSession> sessions, ObjectRecord record, bool durable)
    {
        foreach (var session in sessions)
        {
            SetRecord(session.File, record);
            if (durable)
            {
                session.File.Sync();
            }
        }
    }

    private static void SetRecord(IOpenFile file, ObjectRecord record)
    {
        Span<byte> buffer = stackalloc byte[RecordCodec.MaxBytes];
        file.SetAttribute(RecordCodec.AttributeName, buffer[..RecordCodec.Encode(record, buffer)]);
    }

    private static void Abandon(IReadOnlyList<WriteSession> sessions, int notRenamed)
    {
        for (var i = 0; i < sessions.Count; i++)
        {
            if (i < notRenamed)
            {
                sessions[i].Abort();
            }
            else
            {
                sessions[i].Finish();
            }
        }
    }

    private static StoreException UnknownOutcome(string uname, FileLayerException failure) => new(
        new StoreError(ErrorCode.UnknownOutcome, $"{uname}: the change is visible, but whether it survives a power cut is not known: {failure.Message}"), failure);

    private void RenameInto(Mountpath mountpath, string work, RecordPlace place, Slot slot, bool durable)
    {
        try
        {
            if (durable)
            {
                directories.EnsureDurable(mountpath.Path, place.Directory);
            }

            files.Rename(work, place.File(slot));
        }
        catch (FileLayerException failure) when (failure.Errno == Errno.ENOENT && !durable)
        {
            directories.EnsureExists(mountpath.Path, place.Directory);
            files.Rename(work, place.File(slot));
        }
        catch (FileLayerException failure) when (failure.Errno == Errno.ENOENT)
        {
            throw new StoreException(new StoreError(ErrorCode.BucketNotFound, $"the bucket's directory \"{place.Directory}\" was removed meanwhile"), failure);
        }
    }

    private void Flush(string uname, IEnumerable<RecordPlace> places)
    {
        try
        {
            foreach (var place in places)
            {
                files.SyncDirectory(place.Directory);
            }
        }
        catch (FileLayerException failure)
        {
            throw UnknownOutcome(uname, failure);
        }
    }

    /// <summary>The change is durable already; a file that stays behind has a smaller key and costs space only.</summary>
    private void RemoveOutdated(Mountpath mountpath, string path)
    {
        try
        {
            files.Unlink(path);
        }
        catch (FileLayerException failure)
        {
            report(mountpath, failure);
        }
    }
}
