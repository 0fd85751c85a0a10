using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Starling.Cluster.Listing;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Protocol.State;

namespace Starling.Gateway.Listing;

/// <summary>
/// Merges the listings of all targets into pages (rule B13). What a target sent and a page did not need waits for the next page of the same listing, so every
/// entry is read once, and while the client reads a page the targets are asked for what the next one needs. A listing that this gateway does not remember
/// begins anew at its token.
/// </summary>
public sealed class ListMerge : IDisposable
{
    /// <summary>Listings remembered; the one unused for longest is forgotten first.</summary>
    private const int MaxListings = 64;

    /// <summary>Memory of entries that wait for their page in all remembered listings together.</summary>
    private const long MaxHeldBytes = 64L * 1024 * 1024;

    /// <summary>A listing whose next page nobody asks for is forgotten.</summary>
    private static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(30);

    /// <summary>How long this gateway may be behind a target.</summary>
    private static readonly TimeSpan OvertakenWithin = TimeSpan.FromSeconds(10);

    private readonly IClusterView view;
    private readonly IListParts parts;
    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly long maxHeldBytes;
    private readonly LinkedList<OpenListing> listings = new();
    private readonly ITimer idle;
    private bool disposed;

    /// <summary>Composes the service.</summary>
    /// <param name="view">What the cluster has committed.</param>
    /// <param name="parts">Where targets are asked.</param>
    /// <param name="time">The clock.</param>
    /// <param name="maxHeldBytes">Memory for remembered listings, bytes; a listing that is forgotten for it begins anew at its token.</param>
    public ListMerge(IClusterView view, IListParts parts, TimeProvider time, long maxHeldBytes = MaxHeldBytes)
    {
        this.maxHeldBytes = maxHeldBytes;
        ArgumentNullException.ThrowIfNull(time);
        this.view = view;
        this.parts = parts;
        this.time = time;
        idle = time.CreateTimer(_ => ForgetIdle(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Listings remembered at present.</summary>
    internal int Remembered
    {
        get
        {
            lock (gate)
            {
                return listings.Count;
            }
        }
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
            if (!state.IsConverged && state.FindBucket(query.Bucket) is { } bucket)
            {
                return await new MovingList(view, parts).PageAsync(query, bucket.Id, UuidOf(query), cancellationToken);
            }

            var listing = Take(query, state);
            var keep = false;
            try
            {
                if (await FillAsync(listing, query, cancellationToken) is not { } page)
                {
                    await view.WaitForAsync(now => !ReferenceEquals(now.State, state), $"the state that a target of {query.Bucket.Cname} has already", OvertakenWithin, cancellationToken);
                    continue;
                }

                if (view.Current.State is var now && (now.Newest.Number != state.Newest.Number || !now.IsConverged))
                {
                    // The epoch moved while targets answered: names may have moved too.
                    continue;
                }

                keep = page.Token.Length > 0 && !page.IsPartial;
                if (keep && WillContinue(query))
                {
                    listing.ReadAhead(query, (source, next, ending) => FetchPartAsync(listing, source, next, ending));
                }

                return page;
            }
            finally
            {
                End(listing, keep);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        idle.Dispose();
        lock (gate)
        {
            disposed = true;
            foreach (var listing in listings)
            {
                listing.Dispose();
            }

            listings.Clear();
        }
    }

    /// <summary>Who asked for a second page, or wants the largest pages, most likely goes on; a client that shows one short page does not.</summary>
    private static bool WillContinue(ListQuery query) => query.Uuid.Length > 0 || query.PageSize == ListQuery.MaxPageSize;

    /// <summary>Null when a target has adopted a newer epoch.</summary>
    private async Task<ListPage?> FillAsync(OpenListing listing, ListQuery query, CancellationToken cancellationToken)
    {
        var entries = new List<ListEntry>(query.PageSize);
        var partial = false;

        // Several targets may have the same virtual directory; the one that ended the page before may still wait at another target.
        ReadOnlyMemory<byte> before = Encoding.UTF8.GetBytes(query.Token);
        while (entries.Count < query.PageSize)
        {
            partial |= await FetchAsync(listing, query, cancellationToken);
            if (listing.Sources.Any(source => source.IsStale))
            {
                return null;
            }

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
    private static bool Merge(ListSource[] sources, List<ListEntry> entries, int pageSize, ReadOnlyMemory<byte> before)
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

    private static ListSource? Least(ListSource[] sources)
    {
        ListSource? least = null;
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
    private async Task<bool> FetchAsync(OpenListing listing, ListQuery query, CancellationToken cancellationToken)
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

    private async Task<bool> FetchAsync(OpenListing listing, ListSource source, ListQuery query, CancellationToken cancellationToken)
    {
        try
        {
            var ahead = source.Ahead is { } asked ? await asked.WaitAsync(cancellationToken) : null;
            source.Ahead = null;
            var frame = ahead is { IsStale: false } ? ahead : await FetchPartAsync(listing, source, query, cancellationToken);
            source.Take(frame);
            return false;
        }
        catch (StoreException error) when (query.AllowPartial && error.Error.Code is ErrorCode.Unreachable or ErrorCode.Unavailable)
        {
            source.Take(new ListFrame([], IsEnd: true));
            return true;
        }
    }

    private Task<ListFrame> FetchPartAsync(OpenListing listing, ListSource source, ListQuery query, CancellationToken cancellationToken) =>
        parts.FetchAsync(source.Target, new ListPart
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
            Epoch = listing.Epoch,
        }, cancellationToken);

    private OpenListing Take(ListQuery query, ClusterState state)
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

                        at.Value.Dispose();
                        break;
                    }
                }
            }
        }

        // Nobody else holds anything while the placement is converged; who is out and clean may be off for good.
        var targets = state.Newest.Targets;
        if (targets.IsEmpty)
        {
            throw new StoreException(ErrorCode.Unavailable, "no target is part of the cluster's placement yet", 1000);
        }

        return new OpenListing(UuidOf(query), query, state, targets);
    }

    private void End(OpenListing listing, bool keep)
    {
        lock (gate)
        {
            if (!keep || disposed)
            {
                listing.Dispose();
                return;
            }

            listing.UsedAt = time.GetTimestamp();
            listings.AddLast(listing);
            if (listings.Count == 1)
            {
                idle.Change(IdleAfter, Timeout.InfiniteTimeSpan);
            }

            var heldBytes = listings.Sum(one => one.HeldBytes);
            while (listings.Count > MaxListings || (heldBytes > maxHeldBytes && listings.Count > 0))
            {
                heldBytes -= listings.First!.Value.HeldBytes;
                Drop(listings.First);
            }
        }
    }

    private void ForgetIdle()
    {
        lock (gate)
        {
            while (listings.First is { } oldest && time.GetElapsedTime(oldest.Value.UsedAt) >= IdleAfter)
            {
                Drop(oldest);
            }

            if (listings.Count > 0 && !disposed)
            {
                idle.Change(IdleAfter, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Drop(LinkedListNode<OpenListing> listing)
    {
        listings.Remove(listing);
        listing.Value.Dispose();
    }

    private static string UuidOf(ListQuery query) => query.Uuid.Length >= 9 ? query.Uuid : NewUuid();

    private static string NewUuid() => "lst-" + RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 9);
}
