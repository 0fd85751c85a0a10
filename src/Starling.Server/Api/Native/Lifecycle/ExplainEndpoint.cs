using System.Globalization;
using Starling.Core.Names;
using Starling.Core.Wire;

namespace Starling.Server.Api.Native.Lifecycle;

/// <summary>Where an object is: <c>GET /v1/explain/{bucket}/{object}</c> at gateways, and the part of one target.</summary>
internal static class ExplainEndpoint
{
    public static async Task GetAsync(ApiCall call)
    {
        Cluster.ClusterActions.RequireStarted(call);
        var explained = await call.Services.Gateway!.Explanations.ExplainAsync(call.Object(), call.Cancelled);
        await Daemon.DaemonQueries.JsonAsync(call, explained, WireJson.Instance.ExplainWire);
    }

    /// <summary>A gateway asks what lies on this target.</summary>
    public static async Task HereAsync(ApiCall call)
    {
        if (!BucketName.TryParse(call.Query.Get("provider"), call.Query.Get("namespace"), call.Query.Get("bucket"), out var bucket, out var error)
            || !ObjectName.TryParse(bucket, call.Query.Get("name") ?? string.Empty, out var name, out error))
        {
            throw ApiException.Invalid($"explain: {error}");
        }

        if (!ulong.TryParse(call.Query.Get("id"), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            throw ApiException.Invalid("explain: parameter \"id\" must be the number of the bucket");
        }

        await Daemon.DaemonQueries.JsonAsync(call, await call.Services.Target!.Explainer.ExplainAsync(name, id, call.Cancelled), WireJson.Instance.ExplainCopyWire);
    }
}
