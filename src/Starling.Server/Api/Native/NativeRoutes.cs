using Starling.Server.Api.Native.Buckets;
using Starling.Server.Api.Native.Cluster;
using Starling.Server.Api.Native.Daemon;
using Starling.Server.Api.Native.Health;
using Starling.Server.Api.Native.Intra;
using Starling.Server.Api.Native.Lifecycle;
using Starling.Server.Api.Native.Objects;
using Starling.Server.Api.Native.Reverse;

namespace Starling.Server.Api.Native;

/// <summary>Every route of the native interface, with the networks that offer it and the privilege that it needs.</summary>
internal static class NativeRoutes
{
    /// <summary>The one table.</summary>
    public static RouteTable Table { get; } = new([.. Misc(), .. Objects(), .. Buckets(), .. Cluster(), .. Lifecycle(), .. Daemon(), .. Reverse(), .. NotOffered()]);

    private static IEnumerable<Route> Misc() =>
    [
        new("GET", "v1/health", Listeners.Public | Listeners.Control | Listeners.Data, Roles.Any, Privilege.None, "health", HealthEndpoint.HandleAsync),
        new("GET", "metrics", Listeners.Public, Roles.Any, Privilege.None, "metrics", MetricsEndpoint.HandleAsync),
        new("GET", "favicon.ico", Listeners.Public, Roles.Any, Privilege.None, "icon", call => call.EmptyAsync()),
        new("GET", "intra/v1/list", Listeners.Data, Roles.Target, Privilege.Member, "list-part", ListPartEndpoint.HandleAsync),
        new("POST", "intra/v1/look", Listeners.Data, Roles.Target, Privilege.Member, "look", NeighborEndpoints.LookAsync),
        new("POST", "intra/v1/content", Listeners.Data, Roles.Target, Privilege.Member, "content", NeighborEndpoints.ContentAsync),
        new("POST", "intra/v1/push", Listeners.Data, Roles.Target, Privilege.Member, "push", NeighborEndpoints.PushAsync),
        new("POST", "intra/v1/verify", Listeners.Data, Roles.Target, Privilege.Member, "verify", NeighborEndpoints.VerifyAsync),
        new("POST", "intra/v1/forward", Listeners.Data, Roles.Target, Privilege.Member, "forward", NeighborEndpoints.ForwardAsync),
        new("GET", "intra/v1/applied", Listeners.Data, Roles.Target, Privilege.Member, "applied", AppliedEndpoint.HandleAsync),
        new("POST", "intra/v1/end", Listeners.Control, Roles.Any, Privilege.Member, "end", EndEndpoint.HandleAsync),
        new("GET", "intra/v1/explain", Listeners.Data, Roles.Target, Privilege.Member, "explain", ExplainEndpoint.HereAsync),
    ];

    private static IEnumerable<Route> Objects()
    {
        const string Pattern = "v1/objects/{bucket}/{*object}";
        foreach (var (method, privilege, operation) in ((string, Privilege, string)[])
        [
            ("GET", Privilege.ReadObjects, "get"), ("HEAD", Privilege.ReadObjects, "head"), ("PUT", Privilege.WriteObjects, "put"),
            ("DELETE", Privilege.WriteObjects, "del"), ("PATCH", Privilege.WriteObjects, "patch"), ("POST", Privilege.WriteObjects, "post"),
        ])
        {
            yield return new(method, Pattern, Listeners.Public, Roles.Gateway, privilege, operation, ObjectRedirect.HandleAsync);
        }

        yield return new("GET", Pattern, Listeners.Public, Roles.Target, Privilege.ReadObjects, "get", ObjectReads.GetAsync);
        yield return new("HEAD", Pattern, Listeners.Public, Roles.Target, Privilege.ReadObjects, "head", ObjectReads.HeadAsync);
        yield return new("PUT", Pattern, Listeners.Public, Roles.Target, Privilege.WriteObjects, "put", ObjectWrites.PutAsync);
        yield return new("DELETE", Pattern, Listeners.Public, Roles.Target, Privilege.WriteObjects, "del", ObjectWrites.DeleteAsync);
        yield return new("PATCH", Pattern, Listeners.Public, Roles.Target, Privilege.WriteObjects, "patch", ObjectWrites.PatchAsync);
        yield return new("POST", Pattern, Listeners.Public, Roles.Target, Privilege.WriteObjects, "post", ObjectWrites.PostAsync);
        yield return new("POST", "v1/objects/{bucket}", Listeners.Public, Roles.Any, Privilege.WriteObjects, "post", BucketPosts.HandleAsync);
    }

    private static IEnumerable<Route> Buckets() =>
    [
        new("GET", "v1/buckets", Listeners.Public, Roles.Gateway, Privilege.ListBuckets, "lsb", BucketRoutes.GetAllAsync),
        new("GET", "v1/buckets/{bucket}", Listeners.Public, Roles.Gateway, Privilege.ListObjects, "lst", BucketRoutes.GetAsync),
        new("HEAD", "v1/buckets/{bucket}", Listeners.Public, Roles.Gateway, Privilege.ListBuckets, "headb", BucketRoutes.HeadAsync),
        new("HEAD", "v1/buckets/{bucket}/{*prefix}", Listeners.Public, Roles.Gateway, Privilege.ListBuckets, "headb", BucketRoutes.HeadAsync),
        new("POST", "v1/buckets/{bucket}", Listeners.Public, Roles.Gateway, Privilege.ManageBuckets, "postb", BucketRoutes.PostAsync),
        new("PUT", "v1/buckets/{bucket}", Listeners.Public, Roles.Gateway, Privilege.ManageBuckets, "putb", BucketRoutes.PutAsync),
        new("PATCH", "v1/buckets/{bucket}", Listeners.Public, Roles.Gateway, Privilege.ManageBuckets, "patchb", BucketRoutes.PatchAsync),
        new("DELETE", "v1/buckets/{bucket}", Listeners.Public, Roles.Gateway, Privilege.ManageBuckets, "delb", BucketRoutes.DeleteAsync),
    ];

    private static IEnumerable<Route> Cluster() =>
    [
        new("GET", "v1/cluster", Listeners.Public, Roles.Gateway, Privilege.ShowCluster, "clu-query", ClusterQueries.HandleAsync),
        new("PUT", "v1/cluster", Listeners.Public, Roles.Gateway, Privilege.Administer, "clu-action", ClusterActions.PutAsync),
        new("PUT", "v1/cluster/set-config", Listeners.Public, Roles.Gateway, Privilege.Administer, "set-config", ClusterActions.SetConfigByQueryAsync),
        new("PUT", "v1/cluster/proxy/{id}", Listeners.Public, Roles.Gateway, Privilege.Administer, "set-primary", ClusterActions.SetPrimaryAsync),
    ];

    private static IEnumerable<Route> Lifecycle() =>
    [
        new("GET", "v1/nodes", Listeners.Public, Roles.Gateway, Privilege.ShowCluster, "nodes", NodeQueries.ListAsync),
        new("GET", "v1/nodes/{id}/safety", Listeners.Public, Roles.Gateway, Privilege.ShowCluster, "safety", NodeQueries.SafetyAsync),
        new("GET", "v1/nodes/{id}/snapshots", Listeners.Public, Roles.Gateway, Privilege.ShowCluster, "node-tasks", NodeActions.SnapshotsAsync),
        new("GET", "v1/nodes/{id}/actions", Listeners.Public, Roles.Gateway, Privilege.ShowCluster, "node-tasks", NodeActions.ListAsync),
        new("GET", "v1/nodes/{id}/actions/{action}", Listeners.Public, Roles.Gateway, Privilege.ShowCluster, "node-tasks", NodeActions.GetAsync),
        new("POST", "v1/nodes/{id}/actions/{action}", Listeners.Public, Roles.Gateway, Privilege.Administer, "node-change", NodeActions.PostAsync),
        new("GET", "v1/tasks", Listeners.Public, Roles.Gateway, Privilege.ShowCluster, "tasks", TaskEndpoint.ListAsync),
        new("GET", "v1/tasks/{id}", Listeners.Public, Roles.Gateway, Privilege.ShowCluster, "tasks", TaskEndpoint.GetAsync),
        new("DELETE", "v1/tasks/{id}", Listeners.Public, Roles.Gateway, Privilege.Administer, "task-cancel", TaskEndpoint.DeleteAsync),
        new("GET", "v1/rebalance", Listeners.Public, Roles.Gateway, Privilege.ShowCluster, "rebalance", RebalanceEndpoint.GetAsync),
        new("GET", "v1/rebalance/{id}", Listeners.Public, Roles.Gateway, Privilege.ShowCluster, "rebalance", RebalanceEndpoint.GetAsync),
        new("GET", "v1/explain/{bucket}/{*object}", Listeners.Public, Roles.Gateway, Privilege.ShowCluster, "explain", ExplainEndpoint.GetAsync),
        new("GET", "v1/journal", Listeners.Public, Roles.Gateway, Privilege.ShowCluster, "journal", JournalEndpoint.GetAsync),
    ];

    private static IEnumerable<Route> Daemon() =>
    [
        new("GET", "v1/daemon", Listeners.Public | Listeners.Control, Roles.Any, Privilege.ShowCluster, "node-query", DaemonQueries.HandleAsync),
        new("PUT", "v1/daemon", Listeners.Control, Roles.Any, Privilege.Administer, "node-action", DaemonActions.PutAsync),
        new("POST", "v1/daemon", Listeners.Control, Roles.Any, Privilege.Administer, "node-action", DaemonActions.PostAsync),
        new("PUT", "v1/daemon/set-config", Listeners.Control, Roles.Any, Privilege.Administer, "node-action", DaemonActions.SetConfigByQueryAsync),
        new("PUT", "v1/daemon/mountpaths", Listeners.Control, Roles.Target, Privilege.Administer, "node-action", DaemonActions.PutAsync),
        new("POST", "v1/daemon/mountpaths", Listeners.Control, Roles.Target, Privilege.Administer, "node-action", DaemonActions.PostAsync),
        new("DELETE", "v1/daemon/mountpaths", Listeners.Control, Roles.Target, Privilege.Administer, "node-action", DaemonActions.DeleteAsync),
    ];

    private static IEnumerable<Route> Reverse()
    {
        foreach (var pattern in (string[])["v1/reverse/daemon", "v1/reverse/daemon/{*rest}"])
        {
            yield return new("GET", pattern, Listeners.Public, Roles.Gateway, Privilege.ShowCluster, "reverse", ReverseEndpoint.HandleAsync);
            yield return new("PUT", pattern, Listeners.Public, Roles.Gateway, Privilege.Administer, "reverse", ReverseEndpoint.HandleAsync);
            yield return new("POST", pattern, Listeners.Public, Roles.Gateway, Privilege.Administer, "reverse", ReverseEndpoint.HandleAsync);
            yield return new("DELETE", pattern, Listeners.Public, Roles.Gateway, Privilege.Administer, "reverse", ReverseEndpoint.HandleAsync);
        }
    }

    /// <summary>Paths that clients know and this version does not offer: an honest 501 instead of "invalid request".</summary>
    private static IEnumerable<Route> NotOffered()
    {
        foreach (var (method, pattern) in ((string, string)[])
        [
            ("POST", "v1/cluster/join-by-admin"), ("PUT", "v1/cluster/attach"), ("PUT", "v1/cluster/detach"), ("PUT", "v1/cluster/enable-bend/{provider}"),
            ("PUT", "v1/cluster/disable-bend/{provider}"), ("PUT", "v1/cluster/load-x509"), ("PUT", "v1/cluster/load-x509/{id}"),
            ("POST", "v1/download"), ("GET", "v1/download"), ("DELETE", "v1/download/{action}"), ("POST", "v1/sort"), ("GET", "v1/sort"), ("DELETE", "v1/sort"),
            ("DELETE", "v1/sort/abort"), ("PUT", "v1/etl"), ("GET", "v1/etl"), ("GET", "v1/etl/{*name}"), ("POST", "v1/etl/{*name}"), ("DELETE", "v1/etl/{name}"),
            ("GET", "v1/ml/moss"), ("GET", "v1/ml/moss/{bucket}"), ("POST", "v1/tokens"), ("DELETE", "v1/tokens"),
        ])
        {
            yield return new(method, pattern, Listeners.Public, Roles.Gateway, Privilege.Administer, "not-offered", ClusterActions.NotOfferedAsync);
        }

        yield return new("DELETE", "v1/cluster/daemon/{id}", Listeners.Control, Roles.Gateway, Privilege.Member, "not-offered", ClusterActions.NotOfferedAsync);
    }
}
