using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Starling.Core.Wire;
using Starling.Server.Api.Native.Cluster;
using Starling.Server.Api.Native.Lifecycle;

namespace Starling.Server.Api.Native.Daemon;

/// <summary><c>GET /v1/daemon?what=...</c>: what one node knows.</summary>
internal static class DaemonQueries
{
    private static readonly FrozenDictionary<string, ApiHandler> Queries = new Dictionary<string, ApiHandler>(StringComparer.Ordinal)
    {
        ["smap"] = SmapAsync,
        ["bmd"] = call => JsonAsync(call, call.Services.Snapshot.State.Views.Bmd, WireJson.Instance.BmdWire),
        ["config"] = ConfigAsync,
        ["snode"] = call => JsonAsync(call, NodeReport.Snode(call.Services), WireJson.Instance.SnodeWire),
        ["smapvote"] = MetaAsync,
        ["node_stats"] = call => JsonAsync(call, NodeReport.Stats(call.Services), WireJson.Instance.NodeStatsWire),
        ["node_status"] = call => JsonAsync(call, NodeReport.Status(call.Services), WireJson.Instance.NodeStatusWire),
        ["software_version"] = call => call.TextAsync(NodeReport.Version),
        ["metrics"] = MetricKindsAsync,
        ["sysinfo"] = call => JsonAsync(call, SystemInfo.Read(call.Services.Runtime.Mountpaths), WireJson.Instance.MemCpuInfoWire),
        ["log"] = LogQuery.HandleAsync,
        ["mountpaths"] = MountpathsAsync,
        ["disk"] = DiskAsync,
        ["remote"] = call => JsonAsync(call, new RemoteClustersWire(), WireJson.Instance.RemoteClustersWire),
        ["liveness"] = NodeQueries.LivenessHereAsync,
        ["rebalance"] = RebalanceEndpoint.HereAsync,
        ["cleanup-plan"] = Cluster.CleanupJob.PlanHereAsync,
        ["tls_certificate"] = _ => throw new ApiException(404, "this node has no TLS certificate"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static Task HandleAsync(ApiCall call)
    {
        var what = call.Query.Get("what") ?? string.Empty;
        return Queries.TryGetValue(what, out var handler) ? handler(call) : throw Unrecognized(call, what);
    }

    public static ApiException Unrecognized(ApiCall call, string what) => ApiException.Invalid($"{call.Services.DisplayName}: unrecognized 'what={what}' query");

    public static Task JsonAsync<T>(ApiCall call, T value, JsonTypeInfo<T> type) => call.JsonAsync(JsonSerializer.SerializeToUtf8Bytes(value, type));

    public static Task SmapAsync(ApiCall call)
    {
        var state = call.Services.Snapshot.State;
        return state.IsFormed ? JsonAsync(call, state.Views.Smap, WireJson.Instance.SmapWire) : throw new NotStartedException();
    }

    public static Task MetaAsync(ApiCall call)
    {
        var state = call.Services.Snapshot.State;
        return JsonAsync(call, new CluMetaWire
        {
            Smap = state.Views.Smap,
            Bmd = state.Views.Bmd,
            Rmd = state.Views.Rmd,
            Config = JsonElement.Parse(state.Views.ConfigJson),
            Self = NodeReport.Snode(call.Services),
            Flags = NodeReport.Flags(call.Services),
        }, WireJson.Instance.CluMetaWire);
    }

    private static Task ConfigAsync(ApiCall call)
    {
        var runtime = call.Services.Runtime;
        var node = NodeReport.Snode(call.Services);
        var paths = new JsonObject();
        foreach (var mountpath in runtime.Mountpaths?.All ?? [])
        {
            paths[mountpath.Path] = string.Empty;
        }

        var config = new JsonObject
        {
            ["fspaths"] = paths,
            ["confdir"] = runtime.DataDirectory,
            ["log_dir"] = Path.GetDirectoryName(runtime.LogFile),
            ["test_fspaths"] = new JsonObject { ["root"] = string.Empty, ["count"] = 0, ["instance"] = 0 },
            ["host_net"] = new JsonObject
            {
                ["hostname"] = node.Public.Host,
                ["hostname_intra_control"] = node.Control.Host,
                ["hostname_intra_data"] = node.Data.Host,
                ["port"] = node.Public.Port,
                ["port_intra_control"] = node.Control.Port,
                ["port_intra_data"] = node.Data.Port,
            },
        };
        foreach (var (name, value) in call.Services.Config.Apply(Projections.Config(call.Services.Snapshot.State)))
        {
            config[name] = value?.DeepClone();
        }

        return call.JsonAsync(config.ToJsonString());
    }

    private static Task MetricKindsAsync(ApiCall call)
    {
        var kinds = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in call.Services.Metrics.Tracker.Snapshot().Keys.Append("up.ns.time").Append("state.flags"))
        {
            kinds[name] = name switch
            {
                "up.ns.time" => "special",
                "state.flags" => "gauge",
                _ when name.EndsWith(".n", StringComparison.Ordinal) => "counter",
                _ when name.EndsWith(".ns.total", StringComparison.Ordinal) => "total",
                _ when name.EndsWith(".ns", StringComparison.Ordinal) => "latency",
                _ when name.EndsWith(".bps", StringComparison.Ordinal) => "bw",
                _ => "size",
            };
        }

        return JsonAsync(call, kinds, WireJson.Instance.SortedDictionaryStringString);
    }

    private static Task MountpathsAsync(ApiCall call)
    {
        var mountpaths = TargetMountpaths(call, "mountpaths");
        return JsonAsync(call, new MountpathListWire { Available = [.. mountpaths.All.Select(one => one.Path)] }, WireJson.Instance.MountpathListWire);
    }

    private static Task DiskAsync(ApiCall call)
    {
        var capacity = NodeReport.Capacity(TargetMountpaths(call, "disk"));
        return JsonAsync(call, new TargetDiskWire
        {
            Mountpaths = capacity.Mountpaths,
            TotalUsedBytes = capacity.TotalUsedBytes,
            TotalAvailableBytes = capacity.TotalAvailableBytes,
            MaxPercent = capacity.MaxPercent,
            AveragePercent = capacity.AveragePercent,
            MinPercent = capacity.MinPercent,
        }, WireJson.Instance.TargetDiskWire);
    }

    private static Storage.Mountpaths.MountpathSet TargetMountpaths(ApiCall call, string what) => call.Services.Runtime.Mountpaths ?? throw Unrecognized(call, what);
}
