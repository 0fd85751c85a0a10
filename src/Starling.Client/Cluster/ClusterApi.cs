using System.Text.Json.Nodes;
using Starling.Client.Transport;

namespace Starling.Client.Cluster;

/// <summary>Calls on the cluster as a whole and on single nodes.</summary>
public sealed class ClusterApi
{
    private readonly HttpTransport transport;
    private readonly StarlingClientOptions options;

    internal ClusterApi(HttpTransport transport, StarlingClientOptions options)
    {
        this.transport = transport;
        this.options = options;
    }

    /// <summary>The cluster map.</summary>
    public async Task<ClusterMap> GetMapAsync(CancellationToken cancellation = default) =>
        ClusterMap.From(await GetMapJsonAsync(null, cancellation).ConfigureAwait(false));

    /// <summary>The cluster map as JSON.</summary>
    /// <param name="nodeId">The node whose copy is wanted; null for the gateway's.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<JsonNode?> GetMapJsonAsync(string? nodeId = null, CancellationToken cancellation = default) => NodeQueryAsync("smap", nodeId, cancellation);

    /// <summary>The bucket metadata as JSON.</summary>
    /// <param name="nodeId">The node whose copy is wanted; null for the gateway's.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<JsonNode?> GetBucketMetadataJsonAsync(string? nodeId = null, CancellationToken cancellation = default) => NodeQueryAsync("bmd", nodeId, cancellation);

    /// <summary>The cluster's configuration, every section.</summary>
    public async Task<JsonObject> GetConfigAsync(CancellationToken cancellation = default) =>
        await ClusterQueryAsync("cluster_config", cancellation).ConfigureAwait(false) as JsonObject ?? [];

    /// <summary>A node's configuration: its local part and the cluster's, in one object.</summary>
    public async Task<JsonObject> GetNodeConfigAsync(string nodeId, CancellationToken cancellation = default) =>
        await NodeQueryAsync("config", nodeId, cancellation).ConfigureAwait(false) as JsonObject ?? [];

    /// <summary>What a node says about itself.</summary>
    public async Task<NodeStatus> GetNodeStatusAsync(string nodeId, CancellationToken cancellation = default) =>
        NodeStatus.From(await GetNodeStatusJsonAsync(nodeId, cancellation).ConfigureAwait(false));

    /// <summary>What a node says about itself, as JSON.</summary>
    public Task<JsonNode?> GetNodeStatusJsonAsync(string nodeId, CancellationToken cancellation = default) => NodeQueryAsync("node_status", nodeId, cancellation);

    /// <summary>A node's counters, as JSON.</summary>
    public Task<JsonNode?> GetNodeStatsJsonAsync(string nodeId, CancellationToken cancellation = default) => NodeQueryAsync("node_stats", nodeId, cancellation);

    /// <summary>Memory and processor of all nodes, as JSON.</summary>
    public Task<JsonNode?> GetSystemInfoJsonAsync(CancellationToken cancellation = default) => ClusterQueryAsync("sysinfo", cancellation);

    /// <summary>Any other query of <c>/v1/cluster</c>.</summary>
    /// <param name="what">For example <c>node_stats</c> or <c>mountpaths</c>.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<JsonNode?> ClusterQueryAsync(string what, CancellationToken cancellation = default) =>
        transport.JsonAsync(JsonCalls.Request(HttpMethod.Get, Paths.Plain("/v1/cluster", ("what", what)), options.ControlTimeout), cancellation);

    /// <summary>Any other query of a node.</summary>
    /// <param name="what">For example <c>metrics</c> or <c>disk</c>.</param>
    /// <param name="nodeId">The node; null asks the gateway itself.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<JsonNode?> NodeQueryAsync(string what, string? nodeId, CancellationToken cancellation = default) =>
        transport.JsonAsync(NodeRequest(HttpMethod.Get, "/v1/reverse/daemon", "/v1/daemon", nodeId, null, ("what", what)), cancellation);

    /// <summary>A node's current log as text.</summary>
    /// <param name="nodeId">The node.</param>
    /// <param name="severity">Only lines of this severity and above: <c>info</c>, <c>warning</c> or <c>error</c>; null for all.</param>
    /// <param name="offsetBytes">Skip this much; for following a log that grows.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<string> GetLogAsync(string nodeId, string? severity = null, long offsetBytes = 0, CancellationToken cancellation = default) =>
        transport.TextAsync(
            NodeRequest(
                HttpMethod.Get, "/v1/reverse/daemon", "/v1/daemon", nodeId, null, ("what", "log"), ("severity", severity),
                ("offset", offsetBytes == 0 ? null : offsetBytes.ToString(System.Globalization.CultureInfo.InvariantCulture))),
            cancellation);

    /// <summary>Changes cluster configuration by dotted names, for example <c>rebalance.enabled</c>.</summary>
    public Task SetConfigAsync(IEnumerable<KeyValuePair<string, string>> values, bool transient = false, CancellationToken cancellation = default) =>
        transport.TextAsync(JsonCalls.Request(HttpMethod.Put, Paths.Plain("/v1/cluster/set-config", Query(values, transient)), options.ControlTimeout), cancellation);

    /// <summary>Changes one node's configuration by dotted names.</summary>
    public Task SetNodeConfigAsync(string nodeId, IEnumerable<KeyValuePair<string, string>> values, bool transient = false, CancellationToken cancellation = default) =>
        transport.TextAsync(
            NodeRequest(HttpMethod.Put, "/v1/reverse/daemon/set-config", "/v1/daemon/set-config", nodeId, null, Query(values, transient)), cancellation);

    /// <summary>Drops the local overrides of every node.</summary>
    public Task ResetConfigAsync(CancellationToken cancellation = default) => ActAsync("reset-config", null, cancellation);

    /// <summary>Drops the local overrides of one node.</summary>
    public Task ResetNodeConfigAsync(string nodeId, CancellationToken cancellation = default) =>
        transport.TextAsync(NodeRequest(HttpMethod.Put, "/v1/reverse/daemon", "/v1/daemon", nodeId, JsonCalls.Action("reset-config")), cancellation);

    /// <summary>Hands the primary role to a gateway and returns when that is committed.</summary>
    public Task SetPrimaryAsync(string gatewayId, CancellationToken cancellation = default) =>
        transport.TextAsync(JsonCalls.Request(HttpMethod.Put, $"/v1/cluster/proxy/{Uri.EscapeDataString(gatewayId)}", options.ControlTimeout), cancellation);

    /// <summary>Starts a cluster out of nodes that wait for it.</summary>
    /// <param name="discardPending">Also when a node waits that belonged to another cluster: what it held is given up.</param>
    /// <param name="cancellation">Gives up; the outcome is then not known.</param>
    public Task InitAsync(bool discardPending, CancellationToken cancellation = default) =>
        ActAsync("init", new JsonObject { ["discard_pending"] = discardPending }, cancellation);

    /// <summary>Adds a node that runs but is not a member.</summary>
    /// <param name="isTarget">Its role.</param>
    /// <param name="controlAddress">Address of its control network, <c>host:port</c>.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The server's answer: id of the node and, for a target, of the rebalance.</returns>
    public Task<string> JoinAsync(bool isTarget, string controlAddress, CancellationToken cancellation = default)
    {
        var control = new Uri("http://" + controlAddress);
        var body = new JsonObject
        {
            ["daemon_type"] = isTarget ? "target" : "proxy",
            ["intra_control_net"] = new JsonObject
            {
                ["node_ip_addr"] = control.Host,
                ["daemon_port"] = control.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
                ["direct_url"] = control.GetLeftPart(UriPartial.Authority),
            },
        };
        return transport.TextAsync(JsonCalls.Request(HttpMethod.Post, "/v1/cluster/join-by-admin", options.ControlTimeout, body), cancellation);
    }

    /// <summary>Any action on the cluster (<c>PUT /v1/cluster</c>), for example <c>start-maintenance</c>.</summary>
    /// <returns>The answer's text; often empty, sometimes the id of a job.</returns>
    public Task<string> ActAsync(string action, JsonNode? value, CancellationToken cancellation = default) =>
        transport.TextAsync(JsonCalls.Request(HttpMethod.Put, "/v1/cluster", options.ControlTimeout, JsonCalls.Action(action, value)), cancellation);

    /// <summary>True when the gateway in use answers its health check; with <paramref name="readiness"/>, only when the cluster can serve.</summary>
    /// <exception cref="UnreachableException">No gateway answers at all.</exception>
    public async Task<bool> IsHealthyAsync(bool readiness = false, CancellationToken cancellation = default)
    {
        try
        {
            await transport.TextAsync(JsonCalls.Request(HttpMethod.Get, readiness ? "/v1/health?readiness=true" : "/v1/health", options.ControlTimeout), cancellation).ConfigureAwait(false);
            return true;
        }
        catch (ApiException error) when (error.Status == 503)
        {
            return false;
        }
    }

    private ApiRequest NodeRequest(HttpMethod method, string reversePath, string ownPath, string? nodeId, JsonNode? body, params ReadOnlySpan<(string Key, string? Value)> query)
    {
        var request = JsonCalls.Request(method, Paths.Plain(nodeId is null ? ownPath : reversePath, query), options.ControlTimeout, body);
        return nodeId is null ? request : request with { Headers = [KeyValuePair.Create("Ais-Node-Id", nodeId)] };
    }

    private static (string Key, string? Value)[] Query(IEnumerable<KeyValuePair<string, string>> values, bool transient) =>
        values.Select(pair => (pair.Key, (string?)pair.Value)).Concat(transient ? [("transient", "true")] : []).ToArray();
}
