using Starling.Core.Wire;

namespace Starling.Server.Api.Native.Lifecycle;

/// <summary>Rebalances in full: <c>/v1/rebalance[/{id}]</c> at gateways, <c>what=rebalance</c> at targets.</summary>
internal static class RebalanceEndpoint
{
    public static async Task GetAsync(ApiCall call)
    {
        Cluster.ClusterActions.RequireStarted(call);
        var id = call.Path.Count > 2 ? call.Path.Item(2) : string.Empty;
        await call.Services.Gateway!.Operations.CurrentAsync(call.Cancelled);
        await Daemon.DaemonQueries.JsonAsync(call, await call.Services.Gateway.Rebalances.GetAsync(id, call.Cancelled), WireJson.Instance.RebalanceWire);
    }

    /// <summary>This target's account: its present pass first, then those that ended.</summary>
    public static Task HereAsync(ApiCall call)
    {
        if (call.Services.Target is not { } target)
        {
            throw ApiException.Invalid($"{call.Services.DisplayName} is a gateway: it makes no passes, ask a target");
        }

        RebalanceTargetWire[] accounts = [target.Rebalance.Current, .. target.Rebalance.Past];
        return Daemon.DaemonQueries.JsonAsync(call, accounts, WireJson.Instance.RebalanceTargetWireArray);
    }
}
