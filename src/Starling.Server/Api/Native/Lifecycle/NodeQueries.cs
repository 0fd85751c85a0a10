using System.Text.Json;
using Starling.Cluster.Peers;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.Operations;
using Starling.Protocol.State;

namespace Starling.Server.Api.Native.Lifecycle;

/// <summary>What there is to know about nodes: states, liveness, verdicts.</summary>
internal static class NodeQueries
{
    private static readonly TimeSpan LeaderWithin = TimeSpan.FromSeconds(3);

    /// <summary><c>GET /v1/nodes/{id}/safety</c>.</summary>
    public static async Task SafetyAsync(ApiCall call)
    {
        Cluster.ClusterActions.RequireStarted(call);
        var operations = call.Services.Gateway!.Operations;
        var node = NodeActions.NodeOf(call);
        if (operations.State.Node(node) is null)
        {
            await operations.NodeAsync(node, call.Cancelled);
        }

        var verdict = await operations.SafetyAsync(node, call.Cancelled);
        await Daemon.DaemonQueries.JsonAsync(call, Describe(node, verdict), WireJson.Instance.SafetyWire);
    }

    /// <summary><c>GET /v1/nodes</c>: all members; the verdict is asked for those that are not in service.</summary>
    public static async Task ListAsync(ApiCall call)
    {
        Cluster.ClusterActions.RequireStarted(call);
        var state = await call.Services.Gateway!.Operations.CurrentAsync(call.Cancelled);
        var liveness = LivenessAsync(call);
        var nodes = await Task.WhenAll(state.Nodes.Values.Select(entry => DescribeAsync(call, state, entry)));
        var heard = await liveness;
        foreach (var node in nodes)
        {
            node.Liveness = heard.GetValueOrDefault(node.Id, string.Empty);
        }

        await Daemon.DaemonQueries.JsonAsync(call, nodes, WireJson.Instance.NodeWireArray);
    }

    /// <summary><c>GET /v1/daemon?what=liveness</c> on the control network: what the leader hears; empty where this node does not lead.</summary>
    public static Task LivenessHereAsync(ApiCall call) => Daemon.DaemonQueries.JsonAsync(call, Liveness(call), WireJson.Instance.SortedDictionaryStringString);

    private static async Task<NodeWire> DescribeAsync(ApiCall call, ClusterState state, NodeEntry entry)
    {
        var node = TaskProjection.NodeOf(state, entry);
        if (state.KnowsOperations && entry.State is AdminState.Draining or AdminState.Out or AdminState.Leaving)
        {
            var verdict = Describe(entry.Id, await call.Services.Gateway!.Operations.SafetyAsync(entry.Id, call.Cancelled));
            (node.Safety, node.Reasons) = (verdict.Verdict, verdict.Reasons);
        }

        return node;
    }

    private static SafetyWire Describe(NodeId node, SafetyVerdict verdict) => new()
    {
        Node = node.Value,
        Verdict = verdict.Safety.ToString().ToLowerInvariant(),
        Reasons = [.. verdict.Reasons],
        Names = [.. verdict.Names.Select(name => name.Value)],
    };

    private static SortedDictionary<string, string> Liveness(ApiCall call)
    {
        var heard = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in call.Services.Snapshot.Liveness)
        {
            heard[member.Id.Value] = member.Control.ToString().ToLowerInvariant();
        }

        return heard;
    }

    private static async Task<SortedDictionary<string, string>> LivenessAsync(ApiCall call)
    {
        var snapshot = call.Services.Snapshot;
        if (snapshot.IsLeading || snapshot.Leader is not { } leader)
        {
            return Liveness(call);
        }

        try
        {
            using var answer = await call.Services.Runtime.Peers.SendAsync(new PeerRequest
            {
                Node = leader,
                Network = PeerNetwork.Control,
                Method = HttpMethod.Get,
                PathAndQuery = "/v1/daemon?what=liveness",
                RequestId = call.RequestId,
                HeadersTimeout = LeaderWithin,
            }, call.Cancelled);
            return answer.IsSuccessStatusCode
                ? JsonSerializer.Deserialize(await answer.Content.ReadAsByteArrayAsync(call.Cancelled), WireJson.Instance.SortedDictionaryStringString) ?? []
                : [];
        }
        catch (Exception error) when (error is StoreException { Error.Code: ErrorCode.Unreachable or ErrorCode.Unavailable or ErrorCode.NodeNotFound } or HttpRequestException or IOException)
        {
            // Without the leader nobody knows: the field stays empty.
            return [];
        }
    }
}
