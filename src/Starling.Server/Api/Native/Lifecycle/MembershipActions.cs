using System.Collections.Immutable;
using System.Text.Json;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.State.Operations;

namespace Starling.Server.Api.Native.Lifecycle;

/// <summary>
/// Changes of membership as clients of the native interface send them (<c>PUT /v1/cluster</c>). The answer's body is the id of the rebalance, or empty;
/// its header <c>Ais-Op-Id</c> the id of the task.
/// </summary>
internal static class MembershipActions
{
    /// <summary>Response header with the task's id.</summary>
    public const string TaskHeader = "Ais-Op-Id";

    public static Task StartMaintenanceAsync(ApiCall call, ActionMessage message) => ChangeAsync(call, message, OperationKind.Maintenance);

    public static Task StopMaintenanceAsync(ApiCall call, ActionMessage message) => ChangeAsync(call, message, OperationKind.Return);

    public static Task ShutdownNodeAsync(ApiCall call, ActionMessage message) => ChangeAsync(call, message, OperationKind.Shutdown);

    public static Task DecommissionNodeAsync(ApiCall call, ActionMessage message) => ChangeAsync(call, message, OperationKind.Decommission);

    public static Task RemoveUnsafeAsync(ApiCall call, ActionMessage message) => ChangeAsync(call, message, OperationKind.RemoveDead);

    /// <summary>Options of an operation as clients give them. Without automatic rebalance no operation moves data by itself.</summary>
    public static OperationOptions OptionsOf(ApiCall call, JsonElement? value, OperationKind kind) => new()
    {
        NoRebalance = ActionMessage.FlagMember(value, "skip_rebalance") || (kind != OperationKind.RemoveDead && !call.Services.Snapshot.State.RebalanceIsOn),
        RemoveUserData = ActionMessage.FlagMember(value, "rm_user_data"),
        KeepInitialConfig = ActionMessage.FlagMember(value, "keep_initial_config"),
        NoShutdown = ActionMessage.FlagMember(value, "no_shutdown"),
        Force = GuardsOf(call, value),
    };

    /// <summary>Who asks, for the record: the client's own word, else program and address.</summary>
    public static Requester RequesterOf(ApiCall call, JsonElement? value = null)
    {
        var agent = call.Request.Headers.UserAgent.ToString();
        var address = call.Http.Connection.RemoteIpAddress?.ToString() ?? "an unknown address";
        var named = ActionMessage.TextMember(value, "requested_by");
        var by = named.Length > 0 ? $"{named} at {address}" : agent.Length > 0 ? $"{agent} at {address}" : address;
        return new Requester(Shortened(by), call.RequestId, Shortened(ActionMessage.TextMember(value, "reason")));
    }

    /// <summary>A node id of a client.</summary>
    /// <exception cref="ApiException">Malformed: 400 with the field.</exception>
    public static NodeId NodeIdOf(string text, string field) =>
        NodeId.TryParse(text, out var id, out var error) ? id : throw ApiException.Invalid($"field \"{field}\": invalid node ID \"{text}\": {error}");

    private static async Task ChangeAsync(ApiCall call, ActionMessage message, OperationKind kind)
    {
        var value = message.Value;
        if (value is not { ValueKind: JsonValueKind.Object })
        {
            throw ApiException.Invalid($"action \"{message.Action}\": field \"value\" must be an object with \"sid\" or \"sids\"");
        }

        var operations = call.Services.Gateway!.Operations;
        var operation = await operations.StartAsync(kind, NodesOf(value), OptionsOf(call, value, kind), RequesterOf(call, value), call.Cancelled);
        if (operation is null)
        {
            await call.EmptyAsync();
            return;
        }

        call.Response.Headers[TaskHeader] = TaskNames.GuidOf(operations.State, operation.Id);
        operation = await operations.WaitMarkedAsync(operation, call.Cancelled);
        call.Response.Headers[TaskHeader] = TaskNames.GuidOf(operations.State, operation.Id);
        await (operation.MovesData ? call.TextAsync(RebalanceWire.IdOf(operation.RebalanceId)) : call.EmptyAsync());
    }

    private static ImmutableArray<NodeId> NodesOf(JsonElement? value)
    {
        var one = ActionMessage.TextMember(value, "sid");
        var many = ActionMessage.Member(value, "sids");
        if (many is { ValueKind: not JsonValueKind.Array })
        {
            throw ApiException.Invalid($"field \"sids\": expected an array of node IDs, got {many.Value.ValueKind}");
        }

        var ids = many is { } array ? array.EnumerateArray().Select(TextOf).ToList() : [];
        if (one.Length > 0 && ids.Count > 0)
        {
            throw ApiException.Invalid("fields \"sid\" and \"sids\": give one of them, not both");
        }

        if (one.Length == 0 && ids.Count == 0)
        {
            throw ApiException.Invalid("missing node IDs: give \"sid\" or \"sids\"");
        }

        return one.Length > 0 ? [NodeIdOf(one, "sid")] : [.. ids.Select(id => NodeIdOf(id, "sids"))];
    }

    private static string TextOf(JsonElement element) => element.ValueKind == JsonValueKind.String
        ? element.GetString()!
        : throw ApiException.Invalid($"field \"sids\": expected node IDs, got {element.ValueKind}");

    // In the value as an array or one text, or in the query, repeated or with commas.
    internal static ImmutableArray<string> GuardsOf(ApiCall call, JsonElement? value)
    {
        var given = ActionMessage.Member(value, "force") switch
        {
            null => [],
            { ValueKind: JsonValueKind.String } text => [text.GetString()!],
            { ValueKind: JsonValueKind.Array } array when array.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String) => array.EnumerateArray().Select(one => one.GetString()!),
            var other => throw ApiException.Invalid($"field \"force\": expected names of guards, got {other.Value.ValueKind}"),
        };
        var asked = call.Query.Pairs.Where(pair => pair.Key == "force").Select(pair => pair.Value);
        return [.. given.Concat(asked).SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static string Shortened(string text) => text.Length <= 200 ? text : text[..200];
}
