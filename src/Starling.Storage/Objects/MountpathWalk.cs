using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Storage.Files;
using Starling.Storage.Layout;
using Starling.Storage.Mountpaths;

namespace Starling.Storage.Objects;

/// <summary>Which records a walk over a mountpath shows.</summary>
public enum MountpathWalkKind
{
    /// <summary>Objects and tombstones that the disk calls live.</summary>
    Live,

    /// <summary>Leftovers that are not verified, of names without a live record.</summary>
    UnverifiedLeftovers,

    /// <summary>What may go some day (rule B11): tombstones, and leftovers that are verified, of names without a live record.</summary>
    Forgettable,

    /// <summary>Leftovers beside the live record that replaced them: dead weight, <see cref="ObjectStore.Reclaim"/> takes them at any time.</summary>
    ReplacedLeftovers,

    /// <summary>What was set aside.</summary>
    Quarantined,

    /// <summary>The one record that counts of each name: the live one, else the leftover.</summary>
    All,
}

/// <summary>One record that a walk came to.</summary>
/// <param name="Name">The object.</param>
/// <param name="Record">What its file says.</param>
public readonly record struct WalkedFile(ObjectName Name, ObjectRecord Record);

/// <summary>What is there and cannot be read.</summary>
/// <param name="Name">The object.</param>
/// <param name="Error">Why.</param>
public readonly record struct UnreadableFile(ObjectName Name, StoreError Error);

/// <summary>One page of a walk.</summary>
/// <param name="Records">In the order of the walk.</param>
/// <param name="Cursor">Where the next page begins; opaque, good for a later process too.</param>
/// <param name="IsEnd">Nothing follows.</param>
/// <param name="Unreadable">What could not be read; the walk has passed it.</param>
public sealed record MountpathPage(ImmutableArray<WalkedFile> Records, string Cursor, bool IsEnd, ImmutableArray<UnreadableFile> Unreadable);

/// <summary>
/// Visits the records of one mountpath, bucket after bucket, in an order that does not change: by bucket id, then by name. A record that is there from before
/// the first page until after the last is shown, wherever it should lie. Keep the object between pages: it remembers the directories that it has read, a
/// bounded number of names of each. Not safe for concurrent use.
/// </summary>
public sealed class MountpathWalk
{
    /// <summary>A page ends after so many names even if few of them are shown, so that progress is seen and saved.</summary>
    private const int MaxExamined = 8192;

    /// <summary>So many names of one directory are kept at a time, some megabytes; a larger one is read again for each window.</summary>
    internal const int WindowEntries = 131_072;

    /// <summary>A record that is written anew is in another file for an instant, more often than so it is not.</summary>
    private const int Looks = 3;

    private readonly Mountpath mountpath;
    private readonly MountpathWalkKind kind;
    private readonly IFileLayer files;
    private readonly RecordReader reader;
    private readonly BucketDirectories buckets;
    private readonly Func<Mountpath, FileLayerException, StoreException> report;
    private readonly int windowEntries;
    private readonly Queue<(BucketName Bucket, ulong BucketId)> left = new();
    private TreeCursor? tree;
    private (BucketName Bucket, ulong BucketId) at;
    private string? position;

    internal MountpathWalk(
        Mountpath mountpath,
        MountpathWalkKind kind,
        IFileLayer files,
        RecordReader reader,
        BucketDirectories buckets,
        Func<Mountpath, FileLayerException, StoreException> report,
        int windowEntries = WindowEntries)
    {
        this.mountpath = mountpath;
        this.kind = kind;
        this.files = files;
        this.reader = reader;
        this.buckets = buckets;
        this.report = report;
        this.windowEntries = windowEntries;
    }

    /// <summary>Reads one page; blocks for as long as the disk takes.</summary>
    /// <param name="cursor">Where an earlier page ended; empty: at the beginning.</param>
    /// <param name="limit">How many records at most.</param>
    /// <param name="cancellationToken">Ends the work between two names.</param>
    /// <exception cref="StoreException">DiskFailure; Unavailable when the disk is gone; Invalid for a cursor that no walk made.</exception>
    public MountpathPage ReadPage(string cursor, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cursor);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        try
        {
            if (cursor.Length == 0 || cursor != position)
            {
                Seek(cursor);
            }

            var page = Read(limit, cancellationToken);
            position = page.Cursor;

            // A disk that is gone shows nothing, which is not the same as having nothing.
            return mountpath.Displaced() is { } gone ? throw new StoreException(gone) : page;
        }
        catch (FileLayerException failure)
        {
            position = null;
            throw report(mountpath, failure);
        }
        catch
        {
            position = null;
            throw;
        }
    }

    /// <summary>
    /// About how many records the pages from a cursor on will show, by the files' names alone, which costs a small part of what the pages cost. An estimate for
    /// people: of a leftover the name does not tell whether it is verified. Forgets where the last page ended.
    /// </summary>
    /// <param name="cursor">Where an earlier page ended; empty: at the beginning.</param>
    /// <param name="cancellationToken">Ends the work between two names.</param>
    /// <exception cref="StoreException">As <see cref="ReadPage"/>.</exception>
    public long CountNames(string cursor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cursor);
        try
        {
            Seek(cursor);
            long names = 0;
            while (MoveNext())
            {
                cancellationToken.ThrowIfCancellationRequested();
                var isShown = kind == MountpathWalkKind.Live ? HasLive(tree!.CurrentSlots) : MayShow(tree!.CurrentSlots);
                names += isShown ? 1 : 0;
            }

            return names;
        }
        catch (FileLayerException failure)
        {
            throw report(mountpath, failure);
        }
        finally
        {
            position = null;
        }
    }

    private MountpathPage Read(int limit, CancellationToken cancellationToken)
    {
        var records = ImmutableArray.CreateBuilder<WalkedFile>();
        var unreadable = ImmutableArray.CreateBuilder<UnreadableFile>();
        var cursor = position!;
        var taken = at;
        string? last = null;
        for (var examined = 0; records.Count + unreadable.Count < limit && examined < MaxExamined; examined++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!MoveNext())
            {
                return new MountpathPage(records.ToImmutable(), Cursor(), IsEnd: true, unreadable.ToImmutable());
            }

            var text = Encoding.UTF8.GetString(tree!.Current);
            (taken, last) = (at, text);

            // No object has another name: not ours.
            if (MayShow(tree.CurrentSlots) && ObjectName.TryParse(at.Bucket, text, out var name, out _))
            {
                var found = Take(name, tree.CurrentSlots);
                if (found.Status == LookupStatus.Failed)
                {
                    unreadable.Add(new UnreadableFile(name, found.Error!));
                }
                else if (found.Record is { } record)
                {
                    records.Add(new WalkedFile(name, record));
                }
            }
        }

        return new MountpathPage(records.ToImmutable(), Cursor(), IsEnd: false, unreadable.ToImmutable());

        string Cursor() => last is null ? cursor : string.Create(CultureInfo.InvariantCulture, $"{taken.BucketId:x16}/{taken.Bucket.UnamePrefix}{last}");
    }

    private bool MoveNext()
    {
        while (true)
        {
            if (tree is not null && tree.MoveNext())
            {
                return true;
            }

            tree = null;
            if (!left.TryPeek(out var next))
            {
                return false;
            }

            tree = new TreeCursor(files, mountpath.Path, next.Bucket, next.BucketId, string.Empty, string.Empty, windowEntries);
            at = left.Dequeue();
        }
    }

    private void Seek(string cursor)
    {
        var bucketId = 0UL;
        var uname = string.Empty;
        if (cursor.Length > 0)
        {
            if (cursor.Length < 17 || cursor[16] != '/' || !ulong.TryParse(cursor.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bucketId))
            {
                throw new StoreException(ErrorCode.Invalid, $"\"{cursor}\" is no cursor of a walk over {mountpath.Path}: begin anew");
            }

            uname = cursor[17..];
        }

        var found = new SortedSet<(BucketName Bucket, ulong BucketId)>();
        buckets.List(mountpath, found);
        left.Clear();
        tree = null;
        foreach (var one in found.Where(one => one.BucketId >= bucketId).OrderBy(one => one.BucketId).ThenBy(one => one.Bucket))
        {
            var prefix = one.Bucket.UnamePrefix;
            if (one.BucketId == bucketId && uname.StartsWith(prefix, StringComparison.Ordinal))
            {
                at = one;
                tree = new TreeCursor(files, mountpath.Path, one.Bucket, bucketId, string.Empty, uname[prefix.Length..], windowEntries);
            }
            else if (one.BucketId > bucketId || string.CompareOrdinal(prefix, uname) > 0)
            {
                left.Enqueue(one);
            }
        }

        position = cursor;
    }

    /// <summary>Decided by the files' names alone: what cannot be shown costs no system call.</summary>
    private bool MayShow(Slots slots)
    {
        var hasLive = HasLive(slots);
        var hasLeftover = (slots & Slots.Leftover) != Slots.None;
        return kind switch
        {
            MountpathWalkKind.Live or MountpathWalkKind.All => hasLive || hasLeftover,
            MountpathWalkKind.UnverifiedLeftovers => hasLeftover,
            MountpathWalkKind.Forgettable => hasLeftover || (slots & Slots.Tombstone) != Slots.None,
            MountpathWalkKind.ReplacedLeftovers => hasLeftover && hasLive,
            _ => (slots & Slots.Quarantined) != Slots.None,
        };
    }

    private static bool HasLive(Slots slots) => (slots & (Slots.Object | Slots.Tombstone)) != Slots.None;

    private LookupResult Take(ObjectName name, Slots slots) => kind switch
    {
        MountpathWalkKind.Live => Live(name, slots),
        MountpathWalkKind.All => Live(name, slots) is { Status: not LookupStatus.Absent } live ? live : Leftover(name),
        MountpathWalkKind.UnverifiedLeftovers => Only(Leftover(name), record => !record.Leftover!.Verified),
        MountpathWalkKind.Forgettable => Forgettable(name, slots),
        MountpathWalkKind.ReplacedLeftovers => Replaced(name),
        _ => reader.ReadQuarantined(name, at.BucketId, PlaceOf(name).File(Slot.Quarantined)),
    };

    private static LookupResult Only(in LookupResult found, Func<ObjectRecord, bool> wanted) =>
        found.Record is { } record && !wanted(record) ? LookupResult.Absent : found;

    /// <summary>
    /// The record on this mountpath; whoever acts on it looks at all of them, under the name's lock. One file, one system call. A file that is not there any
    /// more was replaced, removed, or handed over: only a look at all tells which.
    /// </summary>
    private LookupResult Live(ObjectName name, Slots slots)
    {
        var live = slots & (Slots.Object | Slots.Tombstone);
        if (live is Slots.Object or Slots.Tombstone)
        {
            var found = reader.ReadLive(name, at.BucketId, PlaceOf(name).File(live == Slots.Object ? Slot.Object : Slot.Tombstone));
            if (found.Status != LookupStatus.Absent)
            {
                return found;
            }
        }

        var seen = LookupResult.Absent;
        for (var look = 0; look < Looks && seen.Status == LookupStatus.Absent; look++)
        {
            seen = reader.Lookup(name, at.BucketId);
        }

        return seen;
    }

    /// <summary>The leftover of a name without a live record.</summary>
    private LookupResult Leftover(ObjectName name)
    {
        var seen = LookupResult.Absent;
        for (var look = 0; look < Looks && seen.Status == LookupStatus.Absent; look++)
        {
            seen = reader.LookupAll(name, at.BucketId);
        }

        return Only(seen, record => record.State == RecordState.Leftover);
    }

    private LookupResult Forgettable(ObjectName name, Slots slots)
    {
        var live = (slots & Slots.Tombstone) != Slots.None ? Live(name, slots) : LookupResult.Absent;
        return live.Status == LookupStatus.Absent && (slots & Slots.Leftover) != Slots.None
            ? Only(Leftover(name), record => record.Leftover!.Verified)
            : Only(live, record => record.Kind == RecordKind.Tombstone);
    }

    private LookupResult Replaced(ObjectName name)
    {
        var live = reader.Lookup(name, at.BucketId);
        return live.Status == LookupStatus.Found ? reader.FindLeftover(name, at.BucketId, out _) : Only(live, _ => false);
    }

    private RecordPlace PlaceOf(ObjectName name) => Fqn.Place(mountpath.Path, name, at.BucketId);
}
