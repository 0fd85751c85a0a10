using Microsoft.AspNetCore.Http;
using Starling.Cluster.Peers;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Gateway.Routing;
using Starling.Server.Api.Native.Daemon;

namespace Starling.Server.Api.Native.Reverse;

/// <summary><c>/v1/reverse/daemon...</c>: passes a request on to the node that the header <c>Ais-Node-Id</c> names, over the control network.</summary>
internal static class ReverseEndpoint
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    public static async Task HandleAsync(ApiCall call)
    {
        var text = call.Request.Headers["Ais-Node-Id"].ToString();
        if (text.Length == 0)
        {
            throw ApiException.Invalid("missing node ID");
        }

        if (!NodeId.TryParse(text, out var id, out _) || call.Services.Snapshot.State.Node(id) is null)
        {
            throw new StoreException(ErrorCode.NodeNotFound, $"node \"{text}\" is not a member of the cluster");
        }

        RequirePlain(call.Path);
        var body = await call.ReadBodyAsync();
        var path = "/v1/" + call.Path.RawFrom(2) + (call.Path.RawQuery.Length > 0 ? "?" + call.Path.RawQuery : string.Empty);
        HttpResponseMessage answer;
        try
        {
            answer = await call.Services.Runtime.Peers.SendAsync(new PeerRequest
            {
                Node = id,
                Network = PeerNetwork.Control,
                Method = new HttpMethod(call.Request.Method),
                PathAndQuery = path,
                Content = body.Length > 0 ? new ByteArrayContent(body) : null,
                Headers = [.. call.Request.Headers.Accept.Select(accept => new KeyValuePair<string, string>("Accept", accept ?? "*/*"))],
                RequestId = call.RequestId,
                HeadersTimeout = Timeout,
            }, call.Cancelled);
        }
        catch (StoreException error) when (error.Error.Code == ErrorCode.Unreachable)
        {
            // One that was taken out may be powered off: that is no failure of anybody.
            var away = HttpMethods.IsGet(call.Request.Method) && call.Query.Get("what") == "node_status" ? NodeReport.Away(call.Services.Snapshot.State, id) : null;
            await (away is null ? call.EmptyAsync(StatusCodes.Status502BadGateway) : DaemonQueries.JsonAsync(call, away, WireJson.Instance.NodeStatusWire));
            return;
        }

        using (answer)
        {
            await CopyAsync(call, answer);
        }
    }

    /// <summary>
    /// The request goes on under the cluster's secret: a path that could mean another one after somebody's normalization (dots, slashes in disguise) would let
    /// clients speak with the voice of a member.
    /// </summary>
    private static void RequirePlain(RequestPath path)
    {
        for (var i = 2; i < path.Count; i++)
        {
            foreach (var c in path.RawItem(i))
            {
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                {
                    throw ApiException.Invalid($"invalid request URI: '{path.Raw}': only letters, digits, '-' and '_' are allowed in the path of a node's call");
                }
            }
        }
    }

    private static async Task CopyAsync(ApiCall call, HttpResponseMessage answer)
    {
        call.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in StreamForwarder.HeadersOf(answer))
        {
            if (!StreamForwarder.IsOneHop(name) && name is not ("Server" or "Date"))
            {
                call.Response.Headers[name] = values.ToArray();
            }
        }

        call.Response.ContentLength = answer.Content.Headers.ContentLength;
        await using var content = await answer.Content.ReadAsStreamAsync(call.Cancelled);
        await content.CopyToAsync(call.Response.Body, call.Cancelled);
    }
}
