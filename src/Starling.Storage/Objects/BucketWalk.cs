using System.Text;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;

namespace Starling.Storage.Objects;

/// <summary>One name met by a walk.</summary>
/// <param name="Name">Name inside the bucket.</param>
/// <param name="Lookup">The record when the walk was asked for records: found or failed; null in a names-only walk.</param>
public readonly record struct WalkEntry(string Name, LookupResult? Lookup);

/// <summary>What a walk is asked for.</summary>
public sealed record WalkOptions
{
    /// <summary>Names that begin with this; empty for all.</summary>
    public string Prefix { get; init; } = string.Empty;

    /// <summary>Only names greater than this; empty from the beginning.</summary>
    public string StartAfter { get; init; } = string.Empty;

    /// <summary>Read the record of each name; without it no inode is touched.</summary>
    public bool WithRecords { get; init; }

    /// <summary>Visit tombstones too (implies a record per entry); without it only live objects are visited.</summary>
    public bool WithTombstones { get; init; }

    /// <summary>Visit names that have only a leftover too (implies a record per entry): one that counts as live again is told from the others by the caller.</summary>
    public bool WithLeftovers { get; init; }

    /// <summary>Visit only these names (with records alone); asked before a record is read. Null: all.</summary>
    public Func<ObjectName, bool>? Where { get; init; }
}

/// <summary>
/// A cursor over the names of one bucket on this target, in ordinal order of their UTF-8 bytes, merged over all mountpaths. Keep it between pages:
/// it remembers the directories that it has read. Not safe for concurrent use.
/// </summary>
/// <remarks>A name that has a record on two mountpaths, or an object and a tombstone, is looked up: only the greatest key counts. That is rare.</remarks>
public sealed class BucketWalk
{
    private readonly MountpathSet mountpaths;
    private readonly RecordReader reader;
    private readonly Func<Mountpath, FileLayerException, StoreException> report;
    private readonly List<(Mountpath Mountpath, TreeCursor Cursor)> cursors = [];
    private readonly byte[] taken = new byte[ObjectName.MaxBytes + 1];
    private int takenLength;
    private bool started;

    internal BucketWalk(
        MountpathSet mountpaths, RecordReader reader, BucketName bucket, ulong bucketId, WalkOptions options, Func<Mountpath, FileLayerException, StoreException> report)
    {
        this.mountpaths = mountpaths;
        this.reader = reader;
        this.report = report;
        Bucket = bucket;
        BucketId = bucketId;
        Options = options;
    }

    /// <summary>The bucket.</summary>
    public BucketName Bucket { get; }

    /// <summary>The bucket's id.</summary>
    public ulong BucketId { get; }

    /// <summary>What the walk was asked for.</summary>
    public WalkOptions Options { get; }

    /// <summary>Directory entries that the walk has read from the disks so far.</summary>
    public long EntriesRead { get; private set; }

    /// <summary>The next name; false at the end.</summary>
    /// <exception cref="StoreException">DiskFailure, or Unavailable while a mountpath is missing: a listing with holes is not a listing.</exception>
    public bool TryNext(out WalkEntry entry)
    {
        var found = TryNext(out var name, out var lookup);
        entry = found ? new WalkEntry(Encoding.UTF8.GetString(name), lookup) : default;
        return found;
    }

    /// <summary>As the other one, with the name as UTF-8, which is valid until the next call: nothing is allocated for a name.</summary>
    /// <exception cref="StoreException">As above.</exception>
    public bool TryNext(out ReadOnlySpan<byte> name, out LookupResult? lookup)
    {
        Start();
        while (TryTakeLeast(out var slots, out var copies))
        {
            if (TryMake(slots, copies, out lookup))
            {
                name = taken.AsSpan(0, takenLength);
                return true;
            }
        }

        RequireDisks();
        name = default;
        lookup = null;
        return false;
    }

    /// <summary>What a disk that is gone does not show is not absent.</summary>
    private void RequireDisks()
    {
        foreach (var mountpath in mountpaths.All)
        {
            if (mountpath.Displaced() is { } error)
            {
                throw new StoreException(error with { Message = $"cannot list {Bucket.Cname}: {error.Message}" });
            }
        }
    }

    private void Start()
    {
        if (started)
        {
            return;
        }

        RequireDisks();
        if (mountpaths.Missing.Count > 0)
        {
            throw new StoreException(
                ErrorCode.Unavailable, $"cannot list {Bucket.Cname}: mountpath \"{mountpaths.Missing[0].Path}\" is missing; mount it again, or declare it lost", retryAfterMs: 5_000);
        }

        foreach (var mountpath in mountpaths.All)
        {
            try
            {
                cursors.Add((mountpath, new TreeCursor(mountpaths.Files, mountpath.Path, Bucket, BucketId, Options.Prefix, Options.StartAfter)));
            }
            catch (FileLayerException failure)
            {
                throw report(mountpath, failure);
            }

            Advance(cursors.Count - 1, mountpath, cursors[^1].Cursor);
        }

        started = true;
    }

    /// <summary>Takes the least name of all cursors, from each that has it.</summary>
    private bool TryTakeLeast(out Slots slots, out int copies)
    {
        slots = Slots.None;
        copies = 0;
        if (cursors.Count == 0)
        {
            return false;
        }

        var least = cursors[0].Cursor;
        for (var i = 1; i < cursors.Count; i++)
        {
            if (cursors[i].Cursor.Current.SequenceCompareTo(least.Current) < 0)
            {
                least = cursors[i].Cursor;
            }
        }

        least.Current.CopyTo(taken);
        takenLength = least.Current.Length;
        var takenName = taken.AsSpan(0, takenLength);
        for (var i = cursors.Count - 1; i >= 0; i--)
        {
            var (mountpath, cursor) = cursors[i];
            if (cursor.Current.SequenceEqual(takenName))
            {
                slots |= cursor.CurrentSlots;
                copies++;
                Advance(i, mountpath, cursor);
            }
        }

        return true;
    }

    private bool TryMake(Slots slots, int copies, out LookupResult? shown)
    {
        shown = null;
        var live = slots & (Slots.Object | Slots.Tombstone | (Options.WithLeftovers ? Slots.Leftover : Slots.None));
        if (live == Slots.None || (live == Slots.Tombstone && !Options.WithTombstones))
        {
            return false;
        }

        if (live == Slots.Object && copies == 1 && !Options.WithRecords && !Options.WithTombstones && !Options.WithLeftovers)
        {
            return true;
        }

        if (!ObjectName.TryParse(Bucket, Encoding.UTF8.GetString(taken.AsSpan(0, takenLength)), out var objectName, out _))
        {
            return false; // No object has such a name: not ours.
        }

        if (Options.Where is { } where && !where(objectName))
        {
            return false;
        }

        var lookup = Options.WithLeftovers ? reader.LookupAll(objectName, BucketId) : reader.Lookup(objectName, BucketId);
        var wanted = lookup.Status switch
        {
            LookupStatus.Absent => false, // Removed since its directory was read.
            LookupStatus.Found => Options.WithTombstones || lookup.IsLiveObject || (Options.WithLeftovers && lookup.Record!.State == RecordState.Leftover),
            _ => true,
        };
        shown = Options.WithRecords || Options.WithTombstones || Options.WithLeftovers ? lookup : null;
        return wanted;
    }

    private void Advance(int index, Mountpath mountpath, TreeCursor cursor)
    {
        var before = started ? cursor.EntriesRead : 0;
        try
        {
            if (!cursor.MoveNext())
            {
                cursors.RemoveAt(index);
            }

            EntriesRead += cursor.EntriesRead - before;
        }
        catch (FileLayerException failure)
        {
            throw report(mountpath, failure);
        }
    }
}
