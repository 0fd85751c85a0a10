using System.Collections.Frozen;
using Starling.Core.Wire;
using Starling.Protocol.Identity;
using Starling.Server.Api.Native.Daemon;

namespace Starling.Server.Api.Native.Cluster;

/// <summary><c>GET /v1/cluster?what=...</c>: what concerns the cluster as a whole, or all of its nodes.</summary>
internal static class ClusterQueries
{
    private static readonly FrozenDictionary<string, ApiHandler> Queries = new Dictionary<string, ApiHandler>(StringComparer.Ordinal)
    {
        ["smap"] = DaemonQueries.SmapAsync,
        ["bmd"] = DaemonQueries.HandleAsync,
        ["smapvote"] = DaemonQueries.HandleAsync,
        ["snode"] = DaemonQueries.HandleAsync,
        ["remote"] = DaemonQueries.HandleAsync,
        ["cluster_config"] = call => call.JsonAsync(call.Services.Snapshot.State.Views.ConfigJson),
        ["backends"] = call => call.JsonAsync("[]"),
        ["target_ips"] = TargetIpsAsync,
        ["node_stats"] = NodeStatsAsync,
        ["sysinfo"] = SysInfoAsync,
        ["mountpaths"] = MountpathsAsync,
        ["status"] = JobQueries.StatusAsync,
        ["status_all"] = JobQueries.StatusAllAsync,
        ["running_all"] = JobQueries.RunningAllAsync,
        ["qryxstats"] = JobQueries.SnapshotsAsync,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static Task HandleAsync(ApiCall call)
    {
        var what = call.Query.Get("what") ?? string.Empty;
        if (!call.Services.Snapshot.State.IsFormed)
        {
            throw new NotStartedException();
        }

        return Queries.TryGetValue(what, out var handler) ? handler(call) : throw DaemonQueries.Unrecognized(call, what);
    }

    private static Task TargetIpsAsync(ApiCall call)
    {
        var hosts = call.Services.Snapshot.State.Nodes.Values.Where(node => node.Role == NodeRole.Target)
            .SelectMany(node => (string[])[node.Addresses.Public, node.Addresses.Control, node.Addresses.Data])
            .Select(address => Projections.Net(address).Host);
        return call.TextAsync(string.Join(',', hosts));
    }

    private static async Task NodeStatsAsync(ApiCall call)
    {
        var targets = await FanOut.GetAsync(call, "what=node_stats", node => node.Role == NodeRole.Target);
        await call.JsonAsync(JsonText.Write(json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("proxy");
            System.Text.Json.JsonSerializer.Serialize(json, NodeReport.Stats(call.Services), WireJson.Instance.NodeStatsWire);
            FanOut.Write(json, "target", targets);
            json.WriteEndObject();
        }));
    }

    private static async Task SysInfoAsync(ApiCall call)
    {
        var all = await FanOut.GetAsync(call, "what=sysinfo", _ => true);
        var state = call.Services.Snapshot.State;
        await call.JsonAsync(JsonText.Write(json =>
        {
            json.WriteStartObject();
            FanOut.Write(json, "proxy", [.. all.Where(one => state.Node(one.Node)?.Role == NodeRole.Gateway)]);
            FanOut.Write(json, "target", [.. all.Where(one => state.Node(one.Node)?.Role == NodeRole.Target)]);
            json.WriteEndObject();
        }));
    }

    private static async Task MountpathsAsync(ApiCall call)
    {
        var targets = await FanOut.GetAsync(call, "what=mountpaths", node => node.Role == NodeRole.Target);
        await call.JsonAsync(JsonText.Write(json =>
        {
            json.WriteStartObject();
            FanOut.Write(json, "targets", targets);
            json.WriteEndObject();
        }));
    }
}
