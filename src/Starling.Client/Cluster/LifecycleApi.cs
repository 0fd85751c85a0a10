using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Starling.Client.Transport;
using Starling.Core.Names;
using Starling.Core.Wire;

namespace Starling.Client.Cluster;

/// <summary>
/// Taking nodes out and bringing them back: changes, verdicts, tasks, and what there is to see of them. Changes carry a request id and are repeated after
/// a lost answer: the cluster answers a repetition with what came of the first one.
/// </summary>
public sealed class LifecycleApi
{
    /// <summary>Response header with the GUID of the operation.</summary>
    public const string TaskHeader = "Ais-Op-Id";

    private readonly HttpTransport transport;
    private readonly StarlingClientOptions options;

    internal LifecycleApi(HttpTransport transport, StarlingClientOptions options)
    {
        this.transport = transport;
        this.options = options;
    }

    /// <summary>Changes membership (<c>PUT /v1/cluster</c>).</summary>
    /// <param name="action"><c>start-maintenance</c>, <c>stop-maintenance</c>, <c>shutdown-node</c>, <c>decommission-node</c> or <c>rm-unsafe</c>.</param>
    /// <param name="change">Which nodes, and how.</param>
    /// <param name="cancellation">Gives up; the outcome is then not known.</param>
    public async Task<MembershipReply> ChangeAsync(string action, MembershipChange change, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        var value = new JsonObject
        {
            ["sid"] = string.Empty,
            ["sids"] = Texts(change.Nodes),
            ["skip_rebalance"] = change.SkipRebalance,
            ["rm_user_data"] = change.RemoveUserData,
            ["keep_initial_config"] = change.KeepInitialConfig,
            ["no_shutdown"] = change.NoShutdown,
        };
        if (change.Force.Count > 0)
        {
            value["force"] = Texts(change.Force);
        }

        var request = Change(HttpMethod.Put, "/v1/cluster", JsonCalls.Action(action, value));
        using var response = await transport.SendAsync(request, cancellation).ConfigureAwait(false);
        var text = System.Text.Encoding.UTF8.GetString(await JsonCalls.BytesAsync(response, request, cancellation).ConfigureAwait(false));
        return new MembershipReply(text.Trim(), HeaderOf(response.Headers));
    }

    /// <summary>
    /// Ends the whole cluster. When it returns, every member has taken the order and ends by itself. Not repeated after a lost answer: the gateway that was
    /// asked may have ended.
    /// </summary>
    /// <param name="action"><c>shutdown</c> (processes stop; started again they are the same cluster) or <c>decommission</c> (all nodes forget the cluster and stop).</param>
    /// <param name="removeUserData">With <c>decommission</c>: erase the objects too.</param>
    /// <param name="force">Guards to override: <c>unreachable</c>, or none.</param>
    /// <param name="cancellation">Gives up waiting; the order goes on.</param>
    /// <exception cref="ApiException">502: members could not be told; the message names them and says what is left to do.</exception>
    public async Task EndClusterAsync(string action, bool removeUserData = false, IReadOnlyList<string>? force = null, CancellationToken cancellation = default)
    {
        var value = new JsonObject();
        if (removeUserData)
        {
            value["rm_user_data"] = true;
        }

        if (force is { Count: > 0 })
        {
            value["force"] = Texts(force);
        }

        var request = JsonCalls.Request(HttpMethod.Put, "/v1/cluster", options.ControlTimeout, JsonCalls.Action(action, value.Count > 0 ? value : null));
        using var response = await transport.SendAsync(request, cancellation).ConfigureAwait(false);
    }

    /// <summary>Whether a node may be powered off and its disks destroyed.</summary>
    /// <exception cref="ApiException">404: it is not a member.</exception>
    public Task<SafetyWire> GetSafetyAsync(string nodeId, CancellationToken cancellation = default) =>
        GetAsync($"/v1/nodes/{Uri.EscapeDataString(nodeId)}/safety", WireJson.Instance.SafetyWire, cancellation);

    /// <summary>All members with their states, verdicts and operations.</summary>
    public Task<NodeWire[]> GetNodesAsync(CancellationToken cancellation = default) => GetAsync("/v1/nodes", WireJson.Instance.NodeWireArray, cancellation);

    /// <summary>Starts an action on one node.</summary>
    /// <param name="nodeId">The node.</param>
    /// <param name="action"><c>maintenance_on</c>, <c>maintenance_off</c>, <c>shutdown</c>, <c>decommission</c>, <c>remove</c> or <c>attest_off</c>.</param>
    /// <param name="arguments">Fields of the action; null for none.</param>
    /// <param name="cancellation">Gives up; the outcome is then not known.</param>
    public Task<ActionReplyWire> StartActionAsync(string nodeId, string action, JsonObject? arguments = null, CancellationToken cancellation = default) =>
        ReadAsync(
            Change(HttpMethod.Post, $"/v1/nodes/{Uri.EscapeDataString(nodeId)}/actions/{Uri.EscapeDataString(action)}", arguments ?? []),
            WireJson.Instance.ActionReplyWire,
            cancellation);

    /// <summary>The newest task of this action on this node.</summary>
    /// <exception cref="ApiException">404: none is known.</exception>
    public Task<TaskWire> GetActionAsync(string nodeId, string action, CancellationToken cancellation = default) =>
        GetAsync($"/v1/nodes/{Uri.EscapeDataString(nodeId)}/actions/{Uri.EscapeDataString(action)}", WireJson.Instance.TaskWire, cancellation);

    /// <summary>Snapshots of a node that a return may restore, newest first.</summary>
    public Task<NodeSnapshotWire[]> GetSnapshotsAsync(string nodeId, CancellationToken cancellation = default) =>
        GetAsync($"/v1/nodes/{Uri.EscapeDataString(nodeId)}/snapshots", WireJson.Instance.NodeSnapshotWireArray, cancellation);

    /// <summary>Tasks, newest first; running ones, or finished ones too.</summary>
    public Task<TaskWire[]> GetTasksAsync(bool all = false, CancellationToken cancellation = default) =>
        GetAsync(all ? "/v1/tasks?all=true" : "/v1/tasks", WireJson.Instance.TaskWireArray, cancellation);

    /// <summary>One task.</summary>
    /// <param name="id">Its GUID, the name of its operation (<c>op17</c>) or the id of its rebalance (<c>g3</c>).</param>
    /// <param name="wait">How long the server holds the answer until something changes; null: it answers at once. At most 30 s.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ApiException">404: it is not known.</exception>
    public Task<TaskWire> GetTaskAsync(string id, TimeSpan? wait = null, CancellationToken cancellation = default) => GetAsync(
        Paths.Plain($"/v1/tasks/{Uri.EscapeDataString(id)}", ("wait", wait is { } time ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds):0}s") : null)),
        WireJson.Instance.TaskWire,
        cancellation);

    /// <summary>Takes a task back.</summary>
    /// <exception cref="ApiException">404: it is not known; 409: it has ended, or an erase was permitted already.</exception>
    public Task<TaskWire> CancelTaskAsync(string id, CancellationToken cancellation = default) =>
        ReadAsync(Change(HttpMethod.Delete, $"/v1/tasks/{Uri.EscapeDataString(id)}", null), WireJson.Instance.TaskWire, cancellation);

    /// <summary>A rebalance, target by target.</summary>
    /// <param name="id"><c>g</c> and a number; null: the one that runs, else the newest.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<RebalanceWire> GetRebalanceAsync(string? id = null, CancellationToken cancellation = default) =>
        GetAsync(id is null ? "/v1/rebalance" : $"/v1/rebalance/{Uri.EscapeDataString(id)}", WireJson.Instance.RebalanceWire, cancellation);

    /// <summary>Committed changes, oldest first.</summary>
    /// <param name="limit">At most so many, the newest; 1 to 1,000.</param>
    /// <param name="after">Only those with a greater log index.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<JournalEntryWire[]> GetJournalAsync(int limit = 1_000, long after = 0, CancellationToken cancellation = default) => GetAsync(
        Paths.Plain("/v1/journal", ("limit", limit.ToString(CultureInfo.InvariantCulture)), ("after", after.ToString(CultureInfo.InvariantCulture))),
        WireJson.Instance.JournalEntryWireArray,
        cancellation);

    /// <summary>Where an object is, and who answers for it.</summary>
    public Task<ExplainWire> ExplainAsync(BucketName bucket, string name, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        var path = Paths.Object(bucket, name);
        return GetAsync("/v1/explain" + path["/v1/objects".Length..], WireJson.Instance.ExplainWire, cancellation);
    }

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class => ReadAsync(JsonCalls.Request(HttpMethod.Get, path, options.ControlTimeout), type, cancellation);

    private ApiRequest Change(HttpMethod method, string path, JsonNode? body) => JsonCalls.Request(method, path, options.ControlTimeout, body) with
    {
        Headers = [KeyValuePair.Create("X-Request-Id", Guid.NewGuid().ToString("N"))],
        RepeatAfterCut = true,
    };

    private async Task<T> ReadAsync<T>(ApiRequest request, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        using var response = await transport.SendAsync(request, cancellation).ConfigureAwait(false);
        var bytes = await JsonCalls.BytesAsync(response, request, cancellation).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(bytes, type) ?? throw JsonCalls.Malformed(request, new JsonException("null"));
        }
        catch (JsonException error)
        {
            throw JsonCalls.Malformed(request, error);
        }
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode?)JsonValue.Create(text))]);

    private static string HeaderOf(HttpResponseHeaders headers) => headers.TryGetValues(TaskHeader, out var values) ? values.First() : string.Empty;
}
