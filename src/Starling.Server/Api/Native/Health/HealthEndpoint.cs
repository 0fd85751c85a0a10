using System.Globalization;
using Starling.Core.Errors;
using Starling.Core.Wire;
using Starling.Server.Api.Native.Cluster;
using Starling.Server.Api.Native.Daemon;

namespace Starling.Server.Api.Native.Health;

/// <summary><c>GET /v1/health</c>: alive, ready, or the state of the cluster in short.</summary>
internal static class HealthEndpoint
{
    public static Task HandleAsync(ApiCall call)
    {
        var services = call.Services;
        var snapshot = services.Snapshot;
        if (services.Runtime.IsGateway)
        {
            var clock = services.Runtime.Clock;
            call.Response.Headers["Ais-Node-Uptime"] = (clock.NowNs - services.Runtime.StartedNs).ToString(CultureInfo.InvariantCulture);
            call.Response.Headers["Ais-Cluster-Uptime"] = (snapshot.State.IsFormed ? Math.Max(0, clock.WallNs - snapshot.State.CreatedNs) : 0).ToString(CultureInfo.InvariantCulture);
        }

        if (services.Runtime.Stopping.IsCancellationRequested)
        {
            throw new StoreException(ErrorCode.Unavailable, $"{services.DisplayName} is stopping", 1000);
        }

        if (call.Query.Flag("cii"))
        {
            return DaemonQueries.JsonAsync(call, Projections.StateInfo(snapshot.State, NodeReport.Flags(services)), WireJson.Instance.NodeStateInfoWire);
        }

        if (call.Query.Flag("apr") && !snapshot.IsLeading)
        {
            throw ApiException.Invalid($"{services.DisplayName} is not the primary");
        }

        if (call.Query.Flag("prr") && !(snapshot.State.IsFormed && snapshot.IsPrimaryKnown))
        {
            throw new StoreException(ErrorCode.Unavailable, "the primary is not ready: " + (snapshot.Waiting ?? "no leader is known at present"), 1000);
        }

        if (call.Query.Flag("readiness") && !snapshot.IsReady)
        {
            throw new StoreException(ErrorCode.Unavailable, $"{services.DisplayName} is not ready: " + (snapshot.Halted ?? snapshot.Waiting ?? "its session is not committed yet"), 1000);
        }

        return call.EmptyAsync();
    }
}
