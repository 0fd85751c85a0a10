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

    /// <summary>What may go some day (rule B11): tombstones, and leftovers that are verified.</summary>
    Forgettable,
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
/// the first page until after the last is shown, wherever it should lie. Keep the object between pages: it remembers the directories that it has read. Not
/// safe for concurrent use.
/// </summary>
public sealed class MountpathWalk
{
    /// <summary>A page ends after so many names even if few of them are shown, so that progress is seen and saved.</summary>
    private const int MaxExamined = 8192;

    private readonly Mountpath mountpath;
    private readonly MountpathWalkKind kind;
    private readonly IFileLayer files;
    private readonly RecordReader reader;
    private readonly BucketDirectories buckets;
    private readonly Func<Mountpath, FileLayerException, StoreException> report;
    private readonly Queue<(BucketName Bucket, ulong BucketId)> left = new();
    private TreeCursor? tree;
    private (BucketName Bucket, ulong BucketId) at;
    private string? position;

    internal MountpathWalk(
        Mountpath mountpath, MountpathWalkKind kind, IFileLayer files, RecordReader reader, BucketDirectories buckets, Func<Mountpath, FileLayerException, StoreException> report)
    {
        this.mountpath = mountpath;
        this.kind = kind;
        this.files = files;
        this.reader = reader;
        this.buckets = buckets;
        this.report = report;
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

    private MountpathPage Read(int limit, CancellationToken cancellationToken)
    {
        var records = ImmutableArray.CreateBuilder<WalkedFile>();
        var unreadable = ImmutableArray.CreateBuilder<UnreadableFile>();
        var cursor = position!;
        for (var examined = 0; records.Count + unreadable.Count < limit && examined < MaxExamined; examined++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!MoveNext(out var text))
            {
                return new MountpathPage(records.ToImmutable(), cursor, IsEnd: true, unreadable.ToImmutable());
            }

            cursor = string.Create(CultureInfo.InvariantCulture, $"{at.BucketId:x16}/{text}");

            // No object has another name: not ours.
            if (ObjectName.TryParse(at.Bucket, text, out var name, out _) && Take(name, tree!.CurrentSlots) is { } found)
            {
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

        return new MountpathPage(records.ToImmutable(), cursor, IsEnd: false, unreadable.ToImmutable());
    }

    private bool MoveNext(out string name)
    {
        while (true)
        {
            if (tree is not null && tree.MoveNext())
            {
                name = Encoding.UTF8.GetString(tree.Current);
                return true;
            }

            tree = null;
            if (!left.TryDequeue(out at))
            {
                name = string.Empty;
                return false;
            }

            tree = new TreeCursor(files, mountpath.Path, at.Bucket, at.BucketId, string.Empty, string.Empty);
        }
    }

    private void Seek(string cursor)
    {
        var bucketId = 0UL;
        var after = string.Empty;
        if (cursor.Length > 0)
        {
            if (cursor.Length < 17 || cursor[16] != '/' || !ulong.TryParse(cursor.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bucketId))
            {
                throw new StoreException(ErrorCode.Invalid, $"\"{cursor}\" is no cursor of a walk over {mountpath.Path}: begin anew");
            }

            after = cursor[17..];
        }

        var found = new SortedSet<(BucketName Bucket, ulong BucketId)>();
        buckets.List(mountpath, found);
        left.Clear();
        tree = null;
        foreach (var bucket in found.Where(one => one.BucketId >= bucketId).OrderBy(one => one.BucketId))
        {
            if (bucket.BucketId == bucketId && after.Length > 0)
            {
                at = bucket;
                tree = new TreeCursor(files, mountpath.Path, bucket.Bucket, bucketId, string.Empty, after);
            }
            else
            {
                left.Enqueue(bucket);
            }
        }

        position = cursor;
    }

    private LookupResult? Take(ObjectName name, Slots slots) => kind switch
    {
        MountpathWalkKind.Live => Greatest(name, slots),
        MountpathWalkKind.UnverifiedLeftovers => (slots & Slots.Set) == Slots.None ? null : Leftover(name, verified: false),
        _ => (slots & Slots.Tombstone) != Slots.None && Greatest(name, slots) is { Record.Kind: RecordKind.Tombstone } tombstone ? tombstone
            : (slots & Slots.Set) == Slots.None ? null
            : Leftover(name, verified: true),
    };

    // One on this mountpath; whoever acts on it looks at all of them, under the name's lock.
    private LookupResult? Greatest(ObjectName name, Slots slots)
    {
        LookupResult? best = null;
        foreach (var (bit, slot) in ((Slots, Slot)[])[(Slots.Object, Slot.Object), (Slots.Tombstone, Slot.Tombstone)])
        {
            if ((slots & bit) == Slots.None)
            {
                continue;
            }

            var found = reader.ReadLive(name, at.BucketId, Fqn.Place(mountpath.Path, name, at.BucketId).File(slot));
            var isBetter = best is not { } other || found.Status == LookupStatus.Failed
                || (other.Status != LookupStatus.Failed && found.Record is { } record && (other.Record is null || record.Key > other.Record.Key));
            best = isBetter ? found : best;
        }

        return best;
    }

    private LookupResult? Leftover(ObjectName name, bool verified)
    {
        var found = reader.LookupAll(name, at.BucketId);
        return found.Status == LookupStatus.Failed || found.Record is { State: RecordState.Leftover } leftover && leftover.Leftover!.Verified == verified ? found : null;
    }
}
