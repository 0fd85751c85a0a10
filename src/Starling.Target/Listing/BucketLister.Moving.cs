using System.Text;
using Starling.Cluster.Listing;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.State;
using Starling.Storage.Objects;
using Starling.Target.Objects;

namespace Starling.Target.Listing;

/// <content>
/// Listings while names may move (rule B13): exactly under the asked epoch, either what this target owns or what it does not, with keys and tombstones. No
/// cursor is kept: what was read before may have changed hands since.
/// </content>
public sealed partial class BucketLister
{
    private ListFrame ListMoving(ListPart part, BucketEntry bucket, CancellationToken cancellationToken)
    {
        var view = node.Now();
        var question = new ListQuestion(part.IsForeign, part.Epoch, part.SeenIndex, part.After, part.Limit);
        if (NeighborRules.RefuseListing(view, question) is { } refusal)
        {
            return Refused(refusal, part);
        }

        var walk = node.Store.Walk(part.Bucket, bucket.Id, new WalkOptions
        {
            Prefix = part.Prefix,
            StartAfter = part.After,
            WithRecords = true,
            WithTombstones = true,
            WithLeftovers = !view.State.Losses.IsEmpty,
            Where = name => (view.State.Newest.OwnerOf(name.Digest) != view.Self) == part.IsForeign,
        });
        var frame = ReadMoving(walk, part, bucket.Id, view.State, view.Self, cancellationToken);
        Interlocked.Add(ref entriesRead, walk.EntriesRead);

        // Under another epoch something may have been handed to somebody whom the asker does not ask; a disk may have been lost under the walk.
        return NeighborRules.RefuseListing(node.Now(), question) is { } late ? Refused(late, part) : frame;
    }

    private ListFrame Refused(ListAnswer refusal, ListPart part) => refusal.Kind == ListAnswerKind.Stale
        ? ListFrame.Stale
        : throw new StoreException(ErrorCode.Unavailable, $"t[{node.Now().Self}] cannot say yet what it holds of {part.Bucket.Cname}", 1000);

    private ListFrame ReadMoving(BucketWalk walk, ListPart part, ulong bucketId, ClusterState state, NodeId self, CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(part.Limit, 1, ListFrame.MaxEntries);
        var prefixBytes = Encoding.UTF8.GetByteCount(part.Prefix);
        var entries = new List<ListEntry>(Math.Min(limit, 1024));
        var directory = part.OneLevel && part.After.EndsWith('/') ? Encoding.UTF8.GetBytes(part.After) : [];
        var heldBytes = 0;
        while (entries.Count < limit && heldBytes < maxFrameBytes)
        {
            if (!walk.TryNext(out var name, out var lookup))
            {
                return new ListFrame(entries, IsEnd: true);
            }

            cancellationToken.ThrowIfCancellationRequested();
            if ((directory.Length > 0 && name.StartsWith(directory)) || Judge(lookup!.Value, bucketId, state) is not { } shown)
            {
                continue;
            }

            if (part.OneLevel && name[prefixBytes..].IndexOf((byte)'/') is >= 0 and var slash)
            {
                // A tombstone of a deeper name hides nothing that one level shows.
                if (!shown.IsTombstone && !part.NoDirectories)
                {
                    directory = name[..(prefixBytes + slash + 1)].ToArray();
                    entries.Add(new ListEntry(directory, ListEntry.Directory, -1, null));
                    heldBytes += entries[^1].HeldBytes;
                }

                continue;
            }

            entries.Add(Entry(name.ToArray(), lookup, part, self.Value) with { Key = shown });
            heldBytes += entries[^1].HeldBytes;
        }

        return new ListFrame(entries, IsEnd: false);
    }

    /// <summary>The key of what is listed; null when it does not count.</summary>
    private static ListedKey? Judge(in LookupResult lookup, ulong bucketId, ClusterState state)
    {
        if (lookup.Status == LookupStatus.Failed)
        {
            // It is there, and that is all that can be said: whatever else is known of the name is better.
            return new ListedKey(new RecordKey(bucketId, 0, 0, 0), IsTombstone: false);
        }

        return RecordHeads.LocalOf(lookup)?.Live(state) is { } live ? new ListedKey(live.Key, live.IsTombstone) : null;
    }
}
