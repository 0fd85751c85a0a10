using System.Collections.Immutable;
using System.Text;
using Starling.Cluster.Listing;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Gateway.Listing;

/// <summary>A listing between two of its pages: what targets sent already and no page needed yet. For one page at a time.</summary>
internal sealed class OpenListing : IDisposable
{
    private readonly CancellationTokenSource ending = new();
    private readonly ListQuery query;
    private readonly ulong? bucketId;

    public OpenListing(string uuid, ListQuery query, ClusterState state, ImmutableArray<NodeId> targets)
    {
        this.query = query;
        Uuid = uuid;
        Token = query.Token;
        Epoch = state.Newest.Number;
        bucketId = state.FindBucket(query.Bucket)?.Id;
        SeenIndex = state.AppliedIndex;
        Sources = [.. targets.Select(target => new ListSource(target, query.Token))];
    }

    public string Uuid { get; }

    public long SeenIndex { get; }

    /// <summary>The epoch that it lists.</summary>
    public long Epoch { get; }

    /// <summary>Where the next page begins.</summary>
    public string Token { get; set; }

    public ListSource[] Sources { get; }

    /// <summary>Memory of what waits, bytes, about.</summary>
    public long HeldBytes => Sources.Sum(source => source.HeldBytes);

    /// <summary>When the last page was given out, in the unit of the clock.</summary>
    public long UsedAt { get; set; }

    public bool Fits(ListQuery next, ClusterState now) =>
        Epoch == now.Newest.Number && bucketId == now.FindBucket(next.Bucket)?.Id && next.Token == Token && next.Bucket == query.Bucket && next.Prefix == query.Prefix && next.OneLevel == query.OneLevel
        && next.NoDirectories == query.NoDirectories && next.WithSizes == query.WithSizes && next.WithAttributes == query.WithAttributes;

    /// <summary>Asks the targets that will soon have nothing left for their next parts, while the client reads this page: at most one part per target.</summary>
    public void ReadAhead(ListQuery next, Func<ListSource, ListQuery, CancellationToken, Task<ListFrame>> fetch)
    {
        var live = Sources.Count(source => !source.IsEnd);
        foreach (var source in Sources)
        {
            // Each of n targets gives about the n-th part of a page; twice that, since names do not lie evenly.
            if (!source.IsEnd && source.Ahead is null && source.Entries.Count - source.At < next.PageSize * 2L / live)
            {
                source.Ahead = QuietlyAsync(fetch(source, next, ending.Token));
            }
        }
    }

    /// <summary>Ends what was asked ahead.</summary>
    public void Dispose()
    {
        ending.Cancel();
        ending.Dispose();
    }

    /// <summary>Null when it failed: the page that needs the part asks again, and then the failure is that page's.</summary>
    private static async Task<ListFrame?> QuietlyAsync(Task<ListFrame> fetch)
    {
        try
        {
            return await fetch;
        }
        catch (Exception error) when (error is StoreException or OperationCanceledException)
        {
            return null;
        }
    }
}

/// <summary>One target's side of a listing.</summary>
internal sealed class ListSource(NodeId target, string after)
{
    private long partBytes;

    public NodeId Target { get; } = target;

    public IReadOnlyList<ListEntry> Entries { get; private set; } = [];

    public int At { get; set; }

    public bool IsEnd { get; private set; }

    /// <summary>The last name that the target sent: its next part begins behind it.</summary>
    public string After { get; private set; } = after;

    /// <summary>Memory of what waits, bytes, about; the part that is asked for counts like the last one.</summary>
    public long HeldBytes => Ahead is null ? partBytes : 2 * partBytes;

    /// <summary>The target has adopted a newer epoch than the one that is listed: nothing of this listing can be used.</summary>
    public bool IsStale { get; private set; }

    /// <summary>The next part, asked for already; null when it was not.</summary>
    public Task<ListFrame?>? Ahead { get; set; }

    /// <summary>Continues with the target's next part.</summary>
    /// <exception cref="StoreException">Corrupt: it is empty and not the end.</exception>
    public void Take(ListFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        Entries = frame.Entries;
        At = 0;
        IsEnd = frame.IsEnd;
        IsStale = frame.IsStale;
        partBytes = frame.Entries.Sum(entry => (long)entry.HeldBytes);
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
