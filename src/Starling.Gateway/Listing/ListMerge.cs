using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Starling.Cluster.Listing;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Gateway.Listing;

/// <summary>
/// Merges the listings of all targets into pages (rule B13). What a target sent and a page did not need waits for the next page of the same listing, so every
/// entry is read once; a listing that this gateway does not remember begins anew at its token.
/// </summary>
public sealed class ListMerge
{
    /// <summary>Listings remembered; the one unused for longest is forgotten first.</summary>
    private const int MaxListings = 64;

    /// <summary>Memory of entries that wait for their page in all remembered listings together.</summary>
    private const long MaxHeldBytes = 64L * 1024 * 1024;

    private readonly IClusterView view;
    private readonly IListParts parts;
    private readonly long maxHeldBytes;
    private readonly Lock gate = new();
    private readonly LinkedList<Listing> listings = new();

    /// <summary>Composes the service.</summary>
    /// <param name="view">What the cluster has committed.</param>
    /// <param name="parts">Where targets are asked.</param>
    /// <param name="maxHeldBytes">Memory for remembered listings, bytes; a listing that is forgotten for it begins anew at its token.</param>
    public ListMerge(IClusterView view, IListParts parts, long maxHeldBytes = MaxHeldBytes)
    {
        this.maxHeldBytes = maxHeldBytes;
        this.view = view;
        this.parts = parts;
    }

    /// <summary>One page.</summary>
    /// <exception cref="StoreException">A target does not answer and the client did not ask for a partial answer; or the bucket does not exist.</exception>
    public async Task<ListPage> PageAsync(ListQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.StartAfter.Length > 0 && query.Token.Length == 0)
        {
            query = query with { Token = query.StartAfter };
        }

        while (true)
        {
            var state = view.Current.State;
            var listing = Take(query, state);
            var page = await FillAsync(listing, query, cancellationToken);
            if (view.Current.State.Newest.Number != state.Newest.Number)
            {
                // The epoch moved while targets answered: names may have moved too.
                continue;
            }

            if (page.Token.Length > 0 && !page.IsPartial)
            {
                Keep(listing);
            }

            return page;
        }
    }

    private async Task<ListPage> FillAsync(Listing listing, ListQuery query, CancellationToken cancellationToken)
    {
        var entries = new List<ListEntry>(query.PageSize);
        var partial = false;

        // Several targets may have the same virtual directory; the one that ended the page before may still wait at another target.
        ReadOnlyMemory<byte> before = Encoding.UTF8.GetBytes(query.Token);
        while (entries.Count < query.PageSize)
        {
            partial |= await FetchAsync(listing, query, cancellationToken);
            if (!Merge(listing.Sources, entries, query.PageSize, before))
            {
                break;
            }
        }

        // A full page always carries a token, even when nothing follows.
        listing.Token = entries.Count > 0 && entries.Count >= query.PageSize ? Encoding.UTF8.GetString(entries[^1].Name.Span) : string.Empty;
        return new ListPage(listing.Uuid, listing.Token, entries, partial);
    }

    /// <summary>Moves entries to the page until it is full or a source has to be filled again; false when nothing is left.</summary>
    private static bool Merge(Source[] sources, List<ListEntry> entries, int pageSize, ReadOnlyMemory<byte> before)
    {
        var last = entries.Count > 0 ? entries[^1].Name : before;
        while (entries.Count < pageSize)
        {
            var least = Least(sources);
            if (least is null)
            {
                return false;
            }

            var entry = least.Entries[least.At++];
            if (!entry.Name.Span.SequenceEqual(last.Span))
            {
                entries.Add(entry);
                last = entry.Name;
            }

            if (least.At == least.Entries.Count && !least.IsEnd)
            {
                return true;
            }
        }

        return true;
    }

    private static Source? Least(Source[] sources)
    {
        Source? least = null;
        foreach (var source in sources)
        {
            if (source.At < source.Entries.Count && (least is null || source.Entries[source.At].CompareName(least.Entries[least.At]) < 0))
            {
                least = source;
            }
        }

        return least;
    }

    /// <summary>Refills the sources that have nothing left; true when one was given up.</summary>
    private async Task<bool> FetchAsync(Listing listing, ListQuery query, CancellationToken cancellationToken)
    {
        List<Task<bool>>? fetches = null;
        foreach (var source in listing.Sources)
        {
            if (source.At == source.Entries.Count && !source.IsEnd)
            {
                (fetches ??= []).Add(FetchAsync(listing, source, query, cancellationToken));
            }
        }

        return fetches is not null && (await Task.WhenAll(fetches)).Contains(true);
    }

    private async Task<bool> FetchAsync(Listing listing, Source source, ListQuery query, CancellationToken cancellationToken)
    {
        try
        {
            var frame = await parts.FetchAsync(source.Target, new ListPart
            {
                Bucket = query.Bucket,
                Cursor = listing.Uuid,
                Prefix = query.Prefix,
                After = source.After,
                Limit = Math.Min(query.PageSize, ListFrame.MaxEntries),
                WithSizes = query.WithSizes,
                WithAttributes = query.WithAttributes,
                OneLevel = query.OneLevel,
                NoDirectories = query.NoDirectories,
                SeenIndex = listing.SeenIndex,
            }, cancellationToken);
            source.Take(frame);
            return false;
        }
        catch (StoreException error) when (query.AllowPartial && error.Error.Code is ErrorCode.Unreachable or ErrorCode.Unavailable)
        {
            source.Take(new ListFrame([], IsEnd: true));
            return true;
        }
    }

    private Listing Take(ListQuery query, ClusterState state)
    {
        if (query.Uuid.Length > 0)
        {
            lock (gate)
            {
                for (var at = listings.First; at is not null; at = at.Next)
                {
                    if (at.Value.Uuid == query.Uuid)
                    {
                        listings.Remove(at);
                        if (at.Value.Fits(query, state))
                        {
                            return at.Value;
                        }

                        break;
                    }
                }
            }
        }

        var targets = state.Nodes.Values.Where(node => node.HoldsIntegers || state.Newest.Contains(node.Id)).Select(node => node.Id).ToImmutableArray();
        if (targets.IsEmpty)
        {
            throw new StoreException(ErrorCode.Unavailable, "no target is part of the cluster's placement yet", 1000);
        }

        return new Listing(query.Uuid.Length >= 9 ? query.Uuid : NewUuid(), query, state, targets);
    }

    private void Keep(Listing listing)
    {
        lock (gate)
        {
            listings.AddLast(listing);
            var heldBytes = listings.Sum(one => one.HeldBytes);
            while (listings.Count > MaxListings || (heldBytes > maxHeldBytes && listings.Count > 0))
            {
                heldBytes -= listings.First!.Value.HeldBytes;
                listings.RemoveFirst();
            }
        }
    }

    private static string NewUuid() => "lst-" + RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 9);

    private sealed class Listing(string uuid, ListQuery query, ClusterState state, ImmutableArray<NodeId> targets)
    {
        private readonly long epoch = state.Newest.Number;
        private readonly ulong? bucketId = state.FindBucket(query.Bucket)?.Id;

        public string Uuid { get; } = uuid;

        public long SeenIndex { get; } = state.AppliedIndex;

        public string Token { get; set; } = query.Token;

        public long HeldBytes => Sources.Sum(source => source.HeldBytes);

        public Source[] Sources { get; } = [.. targets.Select(target => new Source(target, query.Token))];

        public bool Fits(ListQuery next, ClusterState now) =>
            epoch == now.Newest.Number && bucketId == now.FindBucket(next.Bucket)?.Id && next.Token == Token && next.Bucket == query.Bucket && next.Prefix == query.Prefix && next.OneLevel == query.OneLevel
            && next.NoDirectories == query.NoDirectories && next.WithSizes == query.WithSizes && next.WithAttributes == query.WithAttributes;
    }

    private sealed class Source(NodeId target, string after)
    {
        public NodeId Target { get; } = target;

        public IReadOnlyList<ListEntry> Entries { get; private set; } = [];

        public int At { get; set; }

        public long HeldBytes { get; private set; }

        public bool IsEnd { get; private set; }

        public string After { get; private set; } = after;

        public void Take(ListFrame frame)
        {
            Entries = frame.Entries;
            At = 0;
            IsEnd = frame.IsEnd;
            HeldBytes = frame.Entries.Sum(entry => (long)entry.HeldBytes);
            if (frame.Entries.Count > 0)
            {
                After = Encoding.UTF8.GetString(frame.Entries[^1].Name.Span);
            }
            else if (!frame.IsEnd)
            {
                throw new StoreException(ErrorCode.Corrupt, $"t[{Target}] sent an empty part of a listing that has not ended");
            }
        }
    }
}
