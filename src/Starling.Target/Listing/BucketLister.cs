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
public sealed partial class BucketLister
{
    /// <summary>Cursors kept open; the one unused for longest is closed first.</summary>
    private const int MaxCursors = 64;

    private readonly TargetNode node;
    private readonly int maxFrameBytes;
    private readonly Lock gate = new();
    private readonly LinkedList<Cursor> cursors = new();
    private long entriesRead;

    /// <summary>Makes the lister.</summary>
    /// <param name="node">The target.</param>
    /// <param name="maxFrameBytes">Memory of entries at which a part ends; a part has at least one entry.</param>
    public BucketLister(TargetNode node, int maxFrameBytes = ListFrame.MaxHeldBytes)
    {
        this.node = node;
        this.maxFrameBytes = maxFrameBytes;
    }

    /// <summary>Directory entries read from the disks for all listings so far.</summary>
    public long EntriesRead => Interlocked.Read(ref entriesRead);

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

        if (part.IsMoving)
        {
            return ListMoving(part, bucket, cancellationToken);
        }

        if (IsOvertaken(part))
        {
            return ListFrame.Stale;
        }

        var cursor = Take(part, bucket);
        var before = cursor.Walk.EntriesRead;
        var frame = Read(cursor, part, cancellationToken);
        Interlocked.Add(ref entriesRead, cursor.Walk.EntriesRead - before);
        if (!frame.IsEnd)
        {
            Keep(cursor);
        }

        return IsOvertaken(part) ? ListFrame.Stale : frame;
    }

    // Once a name may have moved, what lies here is not all that the asker means: it does not ask the new owner, and this target may have handed over already.
    private bool IsOvertaken(ListPart part) => node.View.Current.State is var state && (state.Newest.Number != part.Epoch || !state.IsConverged);

    private ListFrame Read(Cursor cursor, ListPart part, CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(part.Limit, 1, ListFrame.MaxEntries);
        var entries = new List<ListEntry>(limit);
        var names = new NameBlocks();
        var heldBytes = 0;
        while (entries.Count < limit && heldBytes < maxFrameBytes)
        {
            if (!cursor.Walk.TryNext(out var name, out var lookup))
            {
                return new ListFrame(entries, IsEnd: true);
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (part.OneLevel && cursor.Position is [.., (byte)'/'] && name.StartsWith(cursor.Position))
            {
                continue;
            }

            if (part.OneLevel && name[cursor.PrefixBytes..].IndexOf((byte)'/') is >= 0 and var slash)
            {
                cursor.Position = name[..(cursor.PrefixBytes + slash + 1)].ToArray();
                if (!part.NoDirectories)
                {
                    entries.Add(new ListEntry(cursor.Position, ListEntry.Directory, -1, null));
                    heldBytes += entries[^1].HeldBytes;
                }

                continue;
            }

            entries.Add(Entry(names.Add(name), lookup, part, cursor.Self));
            heldBytes += entries[^1].HeldBytes;
            if (part.OneLevel)
            {
                cursor.Position = entries[^1].Name.ToArray();
            }
        }

        if (!part.OneLevel)
        {
            cursor.Position = entries[^1].Name.ToArray();
        }

        return new ListFrame(entries, IsEnd: false);
    }

    private ListEntry Entry(ReadOnlyMemory<byte> name, LookupResult? found, ListPart part, string self)
    {
        if (found is not { } lookup)
        {
            return new ListEntry(name, ListEntry.Present, -1, null);
        }

        if (lookup.Record is not { } record)
        {
            return new ListEntry(name, ListEntry.Present | ListEntry.HeadFailed, -1, null);
        }

        return new ListEntry(name, ListEntry.Present, record.SizeBytes, part.WithAttributes ? Attributes(record, self) : null);
    }

    private ListAttributes Attributes(ObjectRecord record, string self)
    {
        var place = node.Store.Mountpaths.Place(Core.Hashing.XxHash64Seeded.PlacementDigest(record.Uname)).Path;
        var custom = record.Custom.Count == 0 ? string.Empty : $"[{string.Join(' ', record.Custom.Select(pair => $"{pair.Key}:{pair.Value}"))}]";
        return new ListAttributes(record.ChecksumValue, record.Version, record.AccessTimeNs, $"t[{self}]:mp[{place}]", custom);
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
        return new Cursor(part.Cursor, bucket.Id, walk, node.View.Current.Self.Id.Value, part) { Position = Encoding.UTF8.GetBytes(part.After) };
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

        /// <summary>The last name given out, UTF-8.</summary>
        public required byte[] Position { get; set; }

        public int PrefixBytes { get; } = Encoding.UTF8.GetByteCount(opened.Prefix);

        public bool Fits(ListPart part, ulong bucket) =>
            bucket == bucketId && Encoding.UTF8.GetBytes(part.After).AsSpan().SequenceEqual(Position) && part.Prefix == opened.Prefix && part.OneLevel == opened.OneLevel
            && part.NoDirectories == opened.NoDirectories && part.WithSizes == opened.WithSizes && part.WithAttributes == opened.WithAttributes;
    }

    /// <summary>Keeps names one after the other in a few large blocks.</summary>
    private sealed class NameBlocks
    {
        private const int BlockBytes = 64 * 1024;
        private byte[] block = [];
        private int used;

        public ReadOnlyMemory<byte> Add(ReadOnlySpan<byte> name)
        {
            if (used + name.Length > block.Length)
            {
                block = new byte[Math.Max(BlockBytes, name.Length)];
                used = 0;
            }

            name.CopyTo(block.AsSpan(used));
            used += name.Length;
            return block.AsMemory(used - name.Length, name.Length);
        }
    }
}
