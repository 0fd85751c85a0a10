using System.Globalization;
using System.Text.Json;
using Starling.Cluster.Peers;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Gateway.Buckets;
using Starling.Protocol.Identity;
using Starling.Protocol.State;

namespace Starling.Gateway.Lifecycle;

/// <summary>Where an object is: asks every target that may hold something of it.</summary>
public sealed class ExplainService
{
    /// <summary>The path of the question between nodes.</summary>
    public const string Path = "/intra/v1/explain";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private readonly OperationService operations;
    private readonly BucketService buckets;
    private readonly PeerClient peers;

    /// <summary>Composes the service.</summary>
    public ExplainService(OperationService operations, BucketService buckets, PeerClient peers)
    {
        this.operations = operations;
        this.buckets = buckets;
        this.peers = peers;
    }

    /// <summary>The explanation.</summary>
    /// <exception cref="StoreException">BucketNotFound, or Unavailable.</exception>
    public async Task<ExplainWire> ExplainAsync(ObjectName name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        var bucket = await buckets.GetAsync(name.Bucket, cancellationToken);
        var state = await operations.CurrentAsync(cancellationToken);
        var targets = state.Nodes.Values.Where(node => node is { Role: NodeRole.Target, HoldsIntegers: true });
        var copies = await Task.WhenAll(targets.Select(target => AskAsync(target.Id, bucket, name, cancellationToken)));
        return ObjectExplanation.Of(state, bucket, name, copies);
    }

    private async Task<ExplainCopyWire> AskAsync(NodeId target, BucketEntry bucket, ObjectName name, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Timeout);
        var query = string.Create(
            CultureInfo.InvariantCulture,
            $"?provider={Uri.EscapeDataString(bucket.Name.Provider)}&namespace={Uri.EscapeDataString(bucket.Name.Namespace)}&bucket={Uri.EscapeDataString(bucket.Name.Name)}&name={Uri.EscapeDataString(name.Name)}&id={bucket.Id}");
        try
        {
            using var answer = await peers.SendAsync(
                new PeerRequest { Node = target, Network = PeerNetwork.Data, Method = HttpMethod.Get, PathAndQuery = Path + query, HeadersTimeout = Timeout }, deadline.Token);
            if (!answer.IsSuccessStatusCode)
            {
                return Unreachable(target, $"answered with status {((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture)}");
            }

            return JsonSerializer.Deserialize(await answer.Content.ReadAsByteArrayAsync(deadline.Token), WireJson.Instance.ExplainCopyWire) is { } copy
                ? copy with { Node = target.Value }
                : Unreachable(target, "answered with nothing");
        }
        catch (Exception error) when (error is StoreException or JsonException or HttpRequestException or IOException)
        {
            return Unreachable(target, error.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unreachable(target, $"did not answer within {Timeout.TotalSeconds} s");
        }
    }

    private static ExplainCopyWire Unreachable(NodeId target, string why) => new() { Node = target.Value, State = "unreachable", Note = why };
}
