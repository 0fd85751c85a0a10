using System.Text.Json;
using Starling.Core.Errors;
using Starling.Core.Wire;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.Identity;
using Starling.Server.Api.Intra;

namespace Starling.Server.Api.Native.Intra;

/// <summary>A gateway tells this node to end together with its whole cluster.</summary>
internal static class EndEndpoint
{
    public static async Task HandleAsync(ApiCall call)
    {
        var order = await ReadAsync(call);
        var runtime = call.Services.Runtime;
        if (RefusalOf(order, call.Services.Snapshot.ClusterId, call.Services.Snapshot.Self) is var (word, sentence))
        {
            runtime.IntraCounters.CountCluster();
            await IntraReply.RefuseAsync(call.Http, 409, word, sentence);
            return;
        }

        try
        {
            Obey(call, order);
        }
        catch (StoreException refusal)
        {
            await IntraReply.RefuseAsync(call.Http, refusal.Error.Code == ErrorCode.Conflict ? 409 : 500, "end", refusal.Message);
            return;
        }

        await call.EmptyAsync();
    }

    /// <summary>Takes an order, durably, and lets this node end when the answer to the call has left.</summary>
    /// <exception cref="StoreException">The order is not taken: as <see cref="Hosting.ClusterEnd.Take"/>.</exception>
    public static void Obey(ApiCall call, EndOrderWire order)
    {
        var end = call.Services.Runtime.End;
        end.Take(order);
        call.Response.OnCompleted(() =>
        {
            end.Begin(order);
            return Task.CompletedTask;
        });
    }

    /// <summary>
    /// Why an order is not for this process: a word for programs, a sentence for people; null when it is. All three names must fit: a disk that was moved,
    /// an address that another cluster has now, a node that lost its log must not be ended by mistake.
    /// </summary>
    public static (string Word, string Sentence)? RefusalOf(EndOrderWire order, string clusterId, NodeIdentity self) =>
        clusterId.Length == 0 ? (PeerEndOrders.NoMember, $"node {self.Id} belongs to no cluster (any more)")
        : order.ClusterId != clusterId ? ("cluster", $"node {self.Id} belongs to cluster {clusterId}, the order is for cluster {(order.ClusterId.Length > 0 ? order.ClusterId : "(none named)")}: it is not obeyed")
        : order.NodeId != self.Id.Value ? ("node", $"this is node {self.Id}, the order is for node {order.NodeId}: it is not obeyed")
        : order.Incarnation != self.Incarnation.ToString() ? ("incarnation", $"node {self.Id} is incarnation {self.Incarnation}, the order is for {order.Incarnation}: it lost its log since, and is ended by hand")
        : null;

    private static async Task<EndOrderWire> ReadAsync(ApiCall call)
    {
        try
        {
            return JsonSerializer.Deserialize(await call.ReadBodyAsync(), WireJson.Instance.EndOrderWire) ?? throw ApiException.Invalid("an order is a JSON object");
        }
        catch (JsonException error)
        {
            throw ApiException.Invalid($"malformed order: {error.Message}");
        }
    }
}
