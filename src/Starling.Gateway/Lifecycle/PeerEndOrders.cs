using System.Text.Json;
using Starling.Cluster.Peers;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Wire;

namespace Starling.Gateway.Lifecycle;

/// <summary>Hands out orders to end over the control network.</summary>
public sealed class PeerEndOrders
{
    /// <summary>The refusal of a node that belongs to no cluster.</summary>
    public const string NoMember = "no-member";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    private readonly PeerClient peers;

    /// <summary>Makes it.</summary>
    public PeerEndOrders(PeerClient peers) => this.peers = peers;

    /// <summary>Tells one node; has the shape of <see cref="TellNode"/>.</summary>
    public async Task<EndAnswer> TellAsync(NodeId node, EndOrderWire order, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Timeout);
        try
        {
            using var answer = await peers.SendAsync(new PeerRequest
            {
                Node = node,
                Network = PeerNetwork.Control,
                Method = HttpMethod.Post,
                PathAndQuery = EndOrderWire.Path,
                Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(order, WireJson.Instance.EndOrderWire)),
                HeadersTimeout = Timeout,
            }, deadline.Token);
            if (answer.IsSuccessStatusCode)
            {
                return new EndAnswer(EndAnswerKind.Taken);
            }

            var isNoMember = answer.Headers.TryGetValues(PeerHeaders.Refused, out var words) && words.Contains(NoMember);
            var text = (await answer.Content.ReadAsStringAsync(deadline.Token)).Trim();
            return new EndAnswer(isNoMember ? EndAnswerKind.NoMember : EndAnswerKind.Refused, text.Length > 0 ? text : $"it answered with status {(int)answer.StatusCode:0}");
        }
        catch (StoreException error)
        {
            return new EndAnswer(EndAnswerKind.Unreachable, error.Message);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return new EndAnswer(EndAnswerKind.Unreachable, $"the connection broke: {error.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new EndAnswer(EndAnswerKind.Unreachable, $"no answer within {Timeout.TotalSeconds:0} s");
        }
    }
}
