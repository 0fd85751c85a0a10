using System.Text;
using System.Text.Json;
using Starling.Core.Config;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Gateway.Cluster;
using Starling.Server.Api.Native.Daemon;
using Starling.Server.Api.Native.Lifecycle;

namespace Starling.Server.Api.Native.Cluster;

/// <summary>PUT of <c>/v1/cluster</c>. Any gateway takes them: changes go through the log, wherever the leader is.</summary>
internal static class ClusterActions
{
    private static readonly ActionTable Puts = new(
        [
            new("set-config", SetConfigAsync), new("reset-config", ResetConfigAsync), new("reset-stats", ResetStatsAsync),
            new("rotate-logs", ToAllAsync), new("clear-lcache", ClearCacheAsync), new("reload-creds", EmptyAsync),
            new("stop", StopJob.HandleAsync), new("start", StartJob.HandleAsync), new("init", InitAsync),
            new("start-maintenance", MembershipActions.StartMaintenanceAsync), new("stop-maintenance", MembershipActions.StopMaintenanceAsync),
            new("shutdown-node", MembershipActions.ShutdownNodeAsync), new("decommission-node", MembershipActions.DecommissionNodeAsync),
            new("rm-unsafe", MembershipActions.RemoveUnsafeAsync), new("shutdown", EndActions.ShutdownAsync), new("decommission", EndActions.DecommissionAsync),
        ]);

    public static async Task PutAsync(ApiCall call)
    {
        var message = await call.ReadActionAsync();
        if (message.Action != "init")
        {
            RequireStarted(call);
        }

        await Puts.DispatchAsync(call, message);
    }

    /// <summary><c>PUT /v1/cluster/set-config?name=value</c>.</summary>
    public static async Task SetConfigByQueryAsync(ApiCall call)
    {
        RequireStarted(call);
        await SetAsync(call, ConfigService.PatchOf(DaemonActions.ConfigNames(call)));
    }

    /// <summary><c>PUT /v1/cluster/proxy/{id}</c>.</summary>
    public static async Task SetPrimaryAsync(ApiCall call)
    {
        RequireStarted(call);
        if (!NodeId.TryParse(call.Path.Item(3), out var id, out _))
        {
            throw new StoreException(ErrorCode.NodeNotFound, $"node \"{call.Path.Item(3)}\" is not a member of the cluster");
        }

        await call.Services.Gateway!.Leadership.SetPrimaryAsync(id, call.Cancelled);
        await call.EmptyAsync();
    }

    /// <summary>What the interface knows and this version does not offer.</summary>
    public static Task NotOfferedAsync(ApiCall call) => throw ApiException.NotImplemented($"{call.Request.Method} {call.Path.Raw}");

    public static void RequireStarted(ApiCall call)
    {
        if (!call.Services.Snapshot.State.IsFormed)
        {
            throw new NotStartedException();
        }

        if (call.Services.Runtime.Stopping.IsCancellationRequested)
        {
            throw new StoreException(ErrorCode.Unavailable, $"{call.Services.DisplayName} is stopping: ask another gateway", 1000);
        }
    }

    private static async Task SetConfigAsync(ApiCall call, ActionMessage message)
    {
        if (message.Value is not { ValueKind: JsonValueKind.Object } value)
        {
            throw ApiException.Invalid("field \"value\": configuration must be a JSON object");
        }

        await SetAsync(call, value.GetRawText());
    }

    /// <summary>A lasting change goes through the log. A transient one is told to every member and ends with its process; what the cluster decides by is never transient.</summary>
    private static async Task SetAsync(ApiCall call, string patch)
    {
        if (!call.Query.Flag("transient"))
        {
            await call.Services.Gateway!.Config.SetAsync(patch, call.RequestId, call.Cancelled);
            await call.EmptyAsync();
            return;
        }

        if (ConfigScopeRules.Check(patch, transient: true, ConfigScope.Cluster) is { } refusal)
        {
            throw new StoreException(refusal);
        }

        if (!ConfigDocument.TryPatch(Projections.Config(call.Services.Snapshot.State).ToJsonString(), patch, out _, out var error))
        {
            throw new StoreException(ErrorCode.Invalid, error);
        }

        await FanOut.PutAllAsync(call, Encoding.UTF8.GetBytes($$"""{"action":"set-config","value":{{patch}}}"""), "?transient=true");
        await call.EmptyAsync();
    }

    /// <summary>Every node drops its deviations; the replicated configuration goes back to its defaults.</summary>
    private static async Task ResetConfigAsync(ApiCall call, ActionMessage message)
    {
        await call.Services.Gateway!.Config.ResetAsync(call.RequestId, call.Cancelled);
        await ToAllAsync(call, message);
    }

    private static Task ResetStatsAsync(ApiCall call, ActionMessage message) => message.Value is { ValueKind: JsonValueKind.True or JsonValueKind.False }
        ? ToAllAsync(call, message)
        : throw ApiException.Invalid("action \"reset-stats\": field \"value\" must be a boolean (errors only)");

    private static Task ClearCacheAsync(ApiCall call, ActionMessage message) => message.Name.Length == 0
        ? call.EmptyAsync()
        : throw ApiException.NotImplemented("clearing the cache of one bucket");

    private static Task EmptyAsync(ApiCall call, ActionMessage message) => call.EmptyAsync();

    private static async Task ToAllAsync(ApiCall call, ActionMessage message)
    {
        await FanOut.PutAllAsync(call, JsonText.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("action", message.Action);
            json.WriteString("name", message.Name);
            json.WritePropertyName("value");
            if (message.Value is { } value)
            {
                value.WriteTo(json);
            }
            else
            {
                json.WriteNullValue();
            }

            json.WriteEndObject();
        }));
        await call.EmptyAsync();
    }

    /// <summary>Forms a cluster of this gateway alone; refused once there is one.</summary>
    private static async Task InitAsync(ApiCall call, ActionMessage message)
    {
        if (call.Services.Snapshot.State.IsFormed)
        {
            throw new StoreException(ErrorCode.Conflict, $"{call.Services.DisplayName} is a member of cluster {call.Services.Snapshot.ClusterId} already");
        }

        await call.Services.Gateway!.Leadership.InitAsync(ActionMessage.FlagMember(message.Value, "discard_pending"), call.Cancelled);
        await call.EmptyAsync();
    }
}
