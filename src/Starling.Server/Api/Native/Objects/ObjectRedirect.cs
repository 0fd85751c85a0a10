using System.Globalization;
using Microsoft.AspNetCore.Http;
using Starling.Cluster.Peers;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Gateway.Routing;
using Starling.Protocol.State;

namespace Starling.Server.Api.Native.Objects;

/// <summary>Sends clients to the owner of an object: 301 for GET, 307 for everything else, from the headers alone.</summary>
internal static class ObjectRedirect
{
    /// <summary>Query parameter that carries epoch and applied index of whoever redirects, as <c>epoch.index</c> (rule B2).</summary>
    public const string Mark = "stm";

    /// <summary>A gateway's answer to every object request.</summary>
    public static async Task HandleAsync(ApiCall call)
    {
        var name = call.Object();
        var (owner, state) = await call.Services.Gateway!.Gate.ResolveAsync(name, call.Cancelled);
        await ToAsync(call, name, owner, state);
    }

    /// <summary>A target's answer when the name belongs to another target.</summary>
    public static Task ToAsync(ApiCall call, ObjectName name, NodeId owner)
    {
        var state = call.Services.Snapshot.State;
        return state.Node(owner) is { } node
            ? ToAsync(call, name, node, state)
            : throw new StoreException(ErrorCode.NotOwner, $"{name.Cname} belongs to t[{owner}], which is not a member any more", 1000);
    }

    /// <summary>The applied index in a redirect's mark; 0 when there is none.</summary>
    public static long SeenIndex(ApiCall call)
    {
        var mark = call.Query.Get(Mark);
        var dot = mark?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        return dot > 0 && long.TryParse(mark.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : 0;
    }

    /// <summary>True when a gateway, or another target, sent the client here.</summary>
    public static bool IsMarked(ApiCall call) => call.Query.Has("pid") && call.Query.Has("utm");

    private static Task ToAsync(ApiCall call, ObjectName name, NodeEntry owner, ClusterState state)
    {
        if (!PeerAddress.TryParse(owner.Addresses.Public, out var address))
        {
            throw new StoreException(ErrorCode.Internal, $"t[{owner.Id}] has no usable public address: \"{owner.Addresses.Public}\"");
        }

        var nowNs = call.Services.Runtime.Clock.WallNs;
        var mark = string.Create(CultureInfo.InvariantCulture, $"{state.Newest.Number}.{state.AppliedIndex}");
        call.Response.Headers.Location = RedirectLocation.Build(
            address.GetLeftPart(UriPartial.Authority), "/v1/objects/" + RequestPath.Encode($"{name.Bucket.Name}/{name.Name}"), call.Path.RawQuery, call.Services.Runtime.Id.Value, mark, nowNs);
        return call.EmptyAsync(HttpMethods.IsGet(call.Request.Method) ? StatusCodes.Status301MovedPermanently : StatusCodes.Status307TemporaryRedirect);
    }
}
