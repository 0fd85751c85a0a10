using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;

namespace Starling.Server.Api.Native.Lifecycle;

/// <summary>Actions on single nodes with task ids: <c>POST</c> and <c>GET /v1/nodes/{id}/actions/{action}</c>.</summary>
internal static class NodeActions
{
    private const string Off = "maintenance_off";
    private const string Attest = "attest_off";
    private const string Loss = "declare_lost";

    private static readonly ImmutableSortedDictionary<string, OperationKind> Kinds = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, new Dictionary<string, OperationKind>
    {
        ["maintenance_on"] = OperationKind.Maintenance,
        [Off] = OperationKind.Return,
        ["shutdown"] = OperationKind.Shutdown,
        ["decommission"] = OperationKind.Decommission,
        ["remove"] = OperationKind.RemoveDead,
    });

    /// <summary>Starts an action; 202 with the id of its task, 200 when there is nothing to do.</summary>
    public static async Task PostAsync(ApiCall call)
    {
        Cluster.ClusterActions.RequireStarted(call);
        var node = NodeOf(call);
        var action = call.Path.Item(4);
        var body = await BodyAsync(call);
        var operations = call.Services.Gateway!.Operations;
        var requester = MembershipActions.RequesterOf(call, body);
        if (action is Attest or Loss)
        {
            await (action == Attest
                ? operations.AttestOffAsync(node, SessionOf(body), requester, call.Cancelled)
                : operations.DeclareLostAsync(node, MountpathsOf(body), requester, call.Cancelled));
            await ReplyAsync(call, new ActionReplyWire { Status = "completed" }, 200);
            return;
        }

        var kind = KindOf(action);
        var options = MembershipActions.OptionsOf(call, body, kind);
        CheckFlags(body, "keep_slave_shards", "demote_node", "skip_shards_restore");
        if (kind == OperationKind.Return)
        {
            options = options with { NoRebalance = options.NoRebalance || ActionMessage.FlagMember(body, "skip_shards_restore") };
            CheckSnapshot(operations.State, node, ActionMessage.TextMember(body, "snapshot_name"));
        }
        else if (kind == OperationKind.RemoveDead)
        {
            // The word itself says that nothing can be moved any more.
            options = options with { NoRebalance = true };
        }

        var operation = await operations.StartAsync(kind, [node], options, requester, call.Cancelled);
        if (operation is not null)
        {
            call.Response.Headers[MembershipActions.TaskHeader] = TaskNames.GuidOf(operations.State, operation.Id);
        }

        await (operation is null
            ? ReplyAsync(call, new ActionReplyWire { Status = "completed" }, 200)
            : ReplyAsync(call, new ActionReplyWire { Status = "queued", TaskId = TaskNames.GuidOf(operations.State, operation.Id) }, 202));
    }

    /// <summary>The newest task of an action on a node.</summary>
    public static async Task GetAsync(ApiCall call)
    {
        Cluster.ClusterActions.RequireStarted(call);
        var operations = call.Services.Gateway!.Operations;
        var node = NodeOf(call);
        var action = call.Path.Item(4);
        var kind = KindOf(action);
        var found = Newest(await operations.CurrentAsync(call.Cancelled), node, kind);
        if (found is null)
        {
            await operations.NodeAsync(node, call.Cancelled);
            throw new StoreException(ErrorCode.JobNotFound, $"no action \"{action}\" of node {node} is known");
        }

        var task = await TaskEndpoint.DescribeAsync(call, found);
        if (action == Off && found.Kind.TakesOut())
        {
            // It was taken back: what is cancelled for the one is completed for the other.
            task.Status = found.Phase == OperationPhase.Cancelled ? "completed" : "running";
        }

        await Daemon.DaemonQueries.JsonAsync(call, task, WireJson.Instance.TaskWire);
    }

    /// <summary>Every task that names a node, newest first.</summary>
    public static async Task ListAsync(ApiCall call)
    {
        Cluster.ClusterActions.RequireStarted(call);
        var operations = call.Services.Gateway!.Operations;
        var node = NodeOf(call);
        if (operations.State.Node(node) is null && !TaskNames.All(operations.State).Any(one => one.Names(node)))
        {
            await operations.NodeAsync(node, call.Cancelled);
        }

        var state = operations.State;
        TaskWire[] tasks = [.. TaskNames.All(state).Where(one => one.Names(node)).Select(one => TaskProjection.Of(state, one, null))];
        await Daemon.DaemonQueries.JsonAsync(call, tasks, WireJson.Instance.TaskWireArray);
    }

    /// <summary>What operations keep of a node, newest first.</summary>
    public static async Task SnapshotsAsync(ApiCall call)
    {
        Cluster.ClusterActions.RequireStarted(call);
        var operations = call.Services.Gateway!.Operations;
        var node = NodeOf(call);
        await operations.NodeAsync(node, call.Cancelled);
        await Daemon.DaemonQueries.JsonAsync(call, [.. Snapshots(operations.State, node)], WireJson.Instance.NodeSnapshotWireArray);
    }

    /// <summary>The node that the path names.</summary>
    public static NodeId NodeOf(ApiCall call) => NodeId.TryParse(call.Path.Item(2), out var id, out _)
        ? id
        : throw new StoreException(ErrorCode.NodeNotFound, $"node \"{call.Path.Item(2)}\" is not a member of the cluster");

    // A return that took back a removal has that one for its task.
    private static Operation? Newest(ClusterState state, NodeId node, OperationKind kind) => TaskNames.All(state).FirstOrDefault(one => one.Names(node)
        && (one.Kind == kind || (kind == OperationKind.Return && one.Kind.TakesOut() && one.Phase is OperationPhase.Cancelling or OperationPhase.Cancelled)));

    private static IEnumerable<NodeSnapshotWire> Snapshots(ClusterState state, NodeId node) => TaskNames.All(state)
        .Where(one => one.Kind.TakesOut() && one.Names(node))
        .Select(one => TaskProjection.SnapshotOf(one, one.Node(node)!));

    private static void CheckSnapshot(ClusterState state, NodeId node, string name)
    {
        if (name.Length > 0 && !Snapshots(state, node).Any(one => one.Name == name))
        {
            throw new StoreException(ErrorCode.NotFound, $"snapshot \"{name}\" of node {node} does not exist, the node stays as it is: GET /v1/nodes/{node}/snapshots lists them");
        }
    }

    private static OperationKind KindOf(string action) => Kinds.TryGetValue(action, out var kind)
        ? kind
        : throw ApiException.Invalid($"invalid action \"{action}\": expecting one of {string.Join(", ", Kinds.Keys)}, {Attest}, {Loss}");

    private static async Task<JsonElement?> BodyAsync(ApiCall call)
    {
        var body = await call.ReadBodyAsync();
        if (body.AsSpan().Trim(" \t\r\n"u8).IsEmpty)
        {
            return null;
        }

        var value = ActionMessage.ParseJson(body, "action");
        return value.ValueKind switch
        {
            JsonValueKind.Object => value,
            JsonValueKind.Null => null,
            var other => throw ApiException.Invalid($"malformed action: expected a JSON object, got {other}"),
        };
    }

    private static void CheckFlags(JsonElement? body, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            ActionMessage.FlagMember(body, name);
        }
    }

    private static SessionId? SessionOf(JsonElement? body)
    {
        var text = ActionMessage.TextMember(body, "session");
        if (text.Length == 0)
        {
            return null;
        }

        return UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? new SessionId(value)
            : throw ApiException.Invalid($"field \"session\": expected hexadecimal digits, got \"{text}\"");
    }

    private static ImmutableArray<string> MountpathsOf(JsonElement? body)
    {
        var given = ActionMessage.Member(body, "mountpath_ids");
        var ids = given is { ValueKind: JsonValueKind.Array } array && array.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String)
            ? array.EnumerateArray().Select(one => one.GetString()!).ToImmutableArray()
            : [];
        return ids.Length > 0 ? ids : throw ApiException.Invalid("field \"mountpath_ids\": name the lost mountpaths, at least one; all of a target is declared lost by the action \"remove\"");
    }

    private static Task ReplyAsync(ApiCall call, ActionReplyWire reply, int status) =>
        call.JsonAsync(JsonSerializer.SerializeToUtf8Bytes(reply, WireJson.Instance.ActionReplyWire), status);
}
