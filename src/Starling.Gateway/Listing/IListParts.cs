using System.Globalization;
using Starling.Cluster.Listing;
using Starling.Cluster.Peers;
using Starling.Core.Errors;
using Starling.Core.Names;

namespace Starling.Gateway.Listing;

/// <summary>Fetches parts of a listing from targets.</summary>
public interface IListParts
{
    /// <summary>Asks one target.</summary>
    /// <exception cref="StoreException">Unreachable, Unavailable, or what the target answered.</exception>
    Task<ListFrame> FetchAsync(NodeId target, ListPart part, CancellationToken cancellationToken);
}

/// <summary>Fetches them over the data network.</summary>
public sealed class PeerListParts : IListParts
{
    /// <summary>A target that stops in the middle of its answer must not hold the listing for ever.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private readonly PeerClient peers;

    /// <summary>Makes it.</summary>
    public PeerListParts(PeerClient peers)
    {
        this.peers = peers;
    }

    /// <inheritdoc/>
    public async Task<ListFrame> FetchAsync(NodeId target, ListPart part, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(part);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Within);
        try
        {
            return await FetchOnceAsync(target, part, deadline.Token);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StoreException(new StoreError(ErrorCode.Unreachable, $"t[{target}] did not finish its part of {part.Bucket.Cname} within {Within.TotalSeconds} s", 1000), error);
        }
    }

    private async Task<ListFrame> FetchOnceAsync(NodeId target, ListPart part, CancellationToken cancellationToken)
    {
        using var answer = await peers.SendAsync(
            new PeerRequest { Node = target, Network = PeerNetwork.Data, Method = HttpMethod.Get, PathAndQuery = part.ToPathAndQuery() }, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            var status = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
            throw new StoreException(
                answer.StatusCode == System.Net.HttpStatusCode.NotFound ? ErrorCode.BucketNotFound : ErrorCode.Unavailable,
                answer.StatusCode == System.Net.HttpStatusCode.NotFound
                    ? $"bucket \"{part.Bucket.Cname}\" does not exist"
                    : $"t[{target}] cannot list {part.Bucket.Cname} at present (status {status})",
                1000);
        }

        try
        {
            return ListFrame.Decode(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (HttpRequestException error)
        {
            throw new StoreException(new StoreError(ErrorCode.Unreachable, $"t[{target}] broke off while listing {part.Bucket.Cname}: {error.Message}", 1000), error);
        }
    }
}
