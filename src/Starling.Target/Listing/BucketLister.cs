using System.Text;
using Starling.Cluster.Listing;
using Starling.Core.Errors;
using Starling.Protocol.State;
using Starling.Storage.Objects;
using Starling.Target.Objects;

namespace Starling.Target.Listing;

/// <summary>
/// Answers parts of listings from this target's disks. Cursors stay open between the pages of one listing, so that a page costs its own entries and not a
/// new walk; a cursor that is gone, or stands elsewhere, is opened again at the place that the request names.
/// </summary>
public sealed class BucketLister
{
    /// <summary>Cursors kept open; the one unused for longest is closed first.</summary>
    private const int MaxCursors = 64;

    private readonly TargetNode node;
    private readonly Lock gate = new();
    private readonly LinkedList<Cursor> cursors = new();

    /// <summary>Makes the lister.</summary>
    public BucketLister(TargetNode node)
    {
        this.node = node;
    }

    /// <summary>Reads the next part.</summary>
    /// <exception cref="StoreException">The bucket does not exist, or this target cannot tell what it holds.</exception>
    public async Task<ListFrame> ListAsync(ListPart part, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(part);
        var bucket = await node.BucketAsync(part.Bucket, part.SeenIndex, cancellationToken);
        var view = node.Now();
        if (!view.IsCommittedSession || view.MissesMountpath)
        {
            throw new StoreException(ErrorCode.Unavailable, $"t[{view.Self}] is starting or misses a mountpath: it cannot say yet what it holds of {part.Bucket.Cname}", 1000);
        }

        var cursor = Take(part, bucket);
        var frame = Read(cursor, part, cancellationToken);
        if (!frame.IsEnd)
        {
            Keep(cursor);
        }

        return frame;
    }

    private ListFrame Read(Cursor cursor, ListPart part, CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(part.Limit, 1, ListFrame.MaxEntries);
        var entries = new List<ListEntry>(Math.Min(limit, 1024));
        while (entries.Count < limit)
        {
            if (!cursor.Walk.TryNext(out var found))
            {
                return new ListFrame(entries, IsEnd: true);
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (part.OneLevel && cursor.Position.EndsWith('/') && found.Name.StartsWith(cursor.Position, StringComparison.Ordinal))
            {
                continue;
            }

            if (part.OneLevel && found.Name.IndexOf('/', part.Prefix.Length) is >= 0 and var slash)
            {
                cursor.Position = found.Name[..(slash + 1)];
                if (!part.NoDirectories)
                {
                    entries.Add(new ListEntry(Encoding.UTF8.GetBytes(cursor.Position), ListEntry.Directory, -1, null));
                }

                continue;
            }

            cursor.Position = found.Name;
            entries.Add(Entry(found, part, cursor));
        }

        return new ListFrame(entries, IsEnd: false);
    }

    private ListEntry Entry(in WalkEntry found, ListPart part, Cursor cursor)
    {
        var name = Encoding.UTF8.GetBytes(found.Name);
        if (found.Lookup is not { } lookup)
        {
            return new ListEntry(name, ListEntry.Present, -1, null);
        }

        if (lookup.Record is not { } record)
        {
            return new ListEntry(name, ListEntry.Present | ListEntry.HeadFailed, -1, null);
        }

        return new ListEntry(name, ListEntry.Present, record.SizeBytes, part.WithAttributes ? Attributes(record, cursor) : null);
    }

    private ListAttributes Attributes(ObjectRecord record, Cursor cursor)
    {
        var place = node.Store.Mountpaths.Place(Core.Hashing.XxHash64Seeded.PlacementDigest(record.Uname)).Path;
        var custom = record.Custom.Count == 0 ? string.Empty : $"[{string.Join(' ', record.Custom.Select(pair => $"{pair.Key}:{pair.Value}"))}]";
        return new ListAttributes(record.ChecksumValue, record.Version, record.AccessTimeNs, $"t[{cursor.Self}]:mp[{place}]", custom);
    }

    private Cursor Take(ListPart part, BucketEntry bucket)
    {
        lock (gate)
        {
            for (var at = cursors.First; at is not null; at = at.Next)
            {
                if (at.Value.Id == part.Cursor)
                {
                    cursors.Remove(at);
                    if (at.Value.Fits(part, bucket.Id))
                    {
                        return at.Value;
                    }

                    break;
                }
            }
        }

        var walk = node.Store.Walk(part.Bucket, bucket.Id, new WalkOptions
        {
            Prefix = part.Prefix,
            StartAfter = part.After,
            WithRecords = part.WithSizes || part.WithAttributes,
        });
        return new Cursor(part.Cursor, bucket.Id, walk, node.View.Current.Self.Id.Value, part) { Position = part.After };
    }

    private void Keep(Cursor cursor)
    {
        lock (gate)
        {
            cursors.AddLast(cursor);
            if (cursors.Count > MaxCursors)
            {
                cursors.RemoveFirst();
            }
        }
    }

    private sealed class Cursor(string id, ulong bucketId, BucketWalk walk, string self, ListPart opened)
    {
        public string Id { get; } = id;

        public BucketWalk Walk { get; } = walk;

        public string Self { get; } = self;

        /// <summary>The last name given out.</summary>
        public required string Position { get; set; }

        public bool Fits(ListPart part, ulong bucket) =>
            bucket == bucketId && part.After == Position && part.Prefix == opened.Prefix && part.OneLevel == opened.OneLevel
            && part.NoDirectories == opened.NoDirectories && part.WithSizes == opened.WithSizes && part.WithAttributes == opened.WithAttributes;
    }
}
