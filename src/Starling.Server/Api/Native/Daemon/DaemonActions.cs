using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Core.Config;
using Starling.Core.Errors;
using Starling.Gateway.Cluster;
using Starling.Server.Api.Native.Cluster;

namespace Starling.Server.Api.Native.Daemon;

/// <summary>PUT, POST and DELETE of <c>/v1/daemon</c>, on the control network only: what concerns one node.</summary>
internal static class DaemonActions
{
    private static readonly ActionTable Puts = new(
        [
            new("set-config", SetConfigAsync), new("reset-config", ResetConfigAsync), new("reset-stats", ResetStatsAsync),
            new("rotate-logs", EmptyAsync), new("clear-lcache", EmptyAsync), new("reload-creds", EmptyAsync),
        ],
        "attach-mp", "shutdown", "start-maintenance", "decommission-node");

    private static readonly ActionTable Posts = new([], "enable-mp", "disable-mp", "rescan-mp", "fshc-mp");

    private static readonly ActionTable Deletes = new([], "detach-mp");

    public static Task PutAsync(ApiCall call) => Puts.DispatchAsync(call);

    public static Task PostAsync(ApiCall call) => Posts.DispatchAsync(call);

    public static Task DeleteAsync(ApiCall call) => Deletes.DispatchAsync(call);

    /// <summary><c>PUT /v1/daemon/set-config?name=value</c>.</summary>
    public static async Task SetConfigByQueryAsync(ApiCall call)
    {
        Apply(call, ConfigService.PatchOf(ConfigNames(call)));
        await call.EmptyAsync();
    }

    /// <summary>Sections that only the cluster as a whole has are refused; values are checked against the rules of the whole configuration.</summary>
    private static void Apply(ApiCall call, string patch)
    {
        if (ConfigScopeRules.Check(patch, call.Query.Flag("transient"), ConfigScope.Node) is { } refusal)
        {
            throw new StoreException(refusal);
        }

        var effective = call.Services.Config.Apply(Projections.Config(call.Services.Snapshot.State)).ToJsonString();
        if (ConfigDocument.Canonical(patch, out var error) is not { } settings || !ConfigDocument.TryPatch(effective, patch, out _, out error))
        {
            throw new StoreException(ErrorCode.Invalid, error!);
        }

        call.Services.Config.Set(settings, call.Query.Flag("transient"));
    }

    /// <summary>The settings that a query names.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> ConfigNames(ApiCall call) => [.. call.Query.Pairs.Where(pair => pair.Key is not ("transient" or "pid" or "utm"))];

    private static Task SetConfigAsync(ApiCall call, ActionMessage message)
    {
        if (message.Value is not { ValueKind: JsonValueKind.Object } value)
        {
            throw ApiException.Invalid("field \"value\": configuration must be a JSON object");
        }

        Apply(call, value.GetRawText());
        return call.EmptyAsync();
    }

    private static Task ResetConfigAsync(ApiCall call, ActionMessage message)
    {
        call.Services.Config.Reset();
        return call.EmptyAsync();
    }

    private static Task ResetStatsAsync(ApiCall call, ActionMessage message)
    {
        if (message.Value is not { ValueKind: JsonValueKind.True or JsonValueKind.False } errorsOnly)
        {
            throw ApiException.Invalid("action \"reset-stats\": field \"value\" must be a boolean (errors only)");
        }

        call.Services.Metrics.Tracker.Reset(errorsOnly.GetBoolean());
        return call.EmptyAsync();
    }

    private static Task EmptyAsync(ApiCall call, ActionMessage message) => call.EmptyAsync();
}
