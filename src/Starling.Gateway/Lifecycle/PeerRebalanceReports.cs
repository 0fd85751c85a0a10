using System.Text.Json;
using Starling.Cluster.Peers;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Wire;

namespace Starling.Gateway.Lifecycle;

/// <summary>Asks over the control network.</summary>
public sealed class PeerRebalanceReports : IRebalanceReports
{
    /// <summary>The path of the question.</summary>
    public const string Path = "/v1/daemon?what=rebalance";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private readonly PeerClient peers;

    /// <summary>Makes it.</summary>
    public PeerRebalanceReports(PeerClient peers) => this.peers = peers;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RebalanceTargetWire>?> AskAsync(NodeId target, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Timeout);
        try
        {
            using var answer = await peers.SendAsync(new PeerRequest
            {
                Node = target,
                Network = PeerNetwork.Control,
                Method = HttpMethod.Get,
                PathAndQuery = Path,
                HeadersTimeout = Timeout,
            }, deadline.Token);
            return answer.IsSuccessStatusCode
                ? JsonSerializer.Deserialize(await answer.Content.ReadAsByteArrayAsync(deadline.Token), WireJson.Instance.RebalanceTargetWireArray) ?? []
                : null;
        }
        catch (StoreException error) when (error.Error.Code is ErrorCode.Unreachable or ErrorCode.NodeNotFound or ErrorCode.Unavailable)
        {
            return null;
        }
        catch (Exception error) when (error is JsonException or HttpRequestException or IOException)
        {
            // An answer that broke off says as much as none.
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
