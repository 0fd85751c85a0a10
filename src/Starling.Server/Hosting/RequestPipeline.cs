using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Starling.Cluster.Peers;
using Starling.Core.Names;
using Starling.Server.Api.Intra;

namespace Starling.Server.Hosting;

/// <summary>What every request passes: its id, the network it came in on, the guard of the networks between nodes, then the endpoint.</summary>
internal sealed class RequestPipeline
{
    private const string IntraPrefix = "/intra/";
    private const int MaxRequestIdLength = 128;

    private readonly ILogger log;
    private readonly string idPrefix = Guid.NewGuid().ToString("N")[..12];
    private volatile Parts? parts;
    private volatile bool stopping;
    private long lastRequest;
    private int running;
    private TaskCompletionSource? idle;

    public RequestPipeline(ILogger log) => this.log = log;

    /// <summary>From now on requests are served; before, they are answered 503.</summary>
    public void Open(NodeId id, INodeApi api, IntraGuard guard, MessageEndpoint messages) => parts = new Parts(id, api, guard, messages);

    /// <summary>From now on clients' requests are answered 503 and their connections closed.</summary>
    public void BeginStop() => stopping = true;

    /// <summary>Waits until no client's request runs, up to the deadline; false when some still do.</summary>
    public async Task<bool> DrainAsync(TimeSpan timeout)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        idle = done;
        if (Volatile.Read(ref running) == 0)
        {
            return true;
        }

        try
        {
            await done.Task.WaitAsync(timeout);
            return true;
        }
        catch (TimeoutException)
        {
            log.LogWarning("{Count} requests did not finish within {Seconds} s and are cut off", Volatile.Read(ref running), timeout.TotalSeconds);
            return false;
        }
    }

    public async Task HandleAsync(HttpContext context)
    {
        var network = context.Features.Get<NodeNetworkFeature>()?.Network ?? NodeNetwork.Public;
        context.TraceIdentifier = RequestId(context.Request);
        context.Response.Headers[PeerHeaders.RequestId] = context.TraceIdentifier;
        if (parts is not { } ready)
        {
            await IntraReply.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "starting", "this node is starting");
            return;
        }

        if (context.Request.Path.StartsWithSegments(IntraPrefix[..^1], StringComparison.Ordinal, out var rest))
        {
            await HandleIntraAsync(context, network, ready, rest.Value ?? string.Empty);
            return;
        }

        if (network != NodeNetwork.Public && !(await ready.Guard.CheckSecretAsync(context) && await ready.Guard.CheckSenderAsync(context)))
        {
            return;
        }

        await HandleClientAsync(context, network, ready);
    }

    private async Task HandleClientAsync(HttpContext context, NodeNetwork network, Parts ready)
    {
        Interlocked.Increment(ref running);
        try
        {
            if (stopping && network == NodeNetwork.Public)
            {
                context.Response.Headers.Connection = "close";
                await IntraReply.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "stopping", "this node is stopping: ask another one, or try again");
                return;
            }

            await ready.Api.HandleAsync(context, network);
        }
        finally
        {
            if (Interlocked.Decrement(ref running) == 0 && stopping)
            {
                idle?.TrySetResult();
            }
        }
    }

    private static async Task HandleIntraAsync(HttpContext context, NodeNetwork network, Parts ready, string path)
    {
        if (!await ready.Guard.CheckSecretAsync(context))
        {
            return;
        }

        if (path == PeerTransport.MessagePath[(IntraPrefix.Length - 1)..] && network != NodeNetwork.Data)
        {
            await ready.Messages.HandleAsync(context, network);
        }
        else if (path == PeerTransport.WhoPath[(IntraPrefix.Length - 1)..] && network != NodeNetwork.Public)
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(ready.Id.Value, context.RequestAborted);
        }
        else if (await ready.Guard.CheckSenderAsync(context))
        {
            await ready.Api.HandleAsync(context, network);
        }
    }

    private string RequestId(HttpRequest request)
    {
        var given = request.Headers[PeerHeaders.RequestId];
        if (given.Count == 1 && given[0] is { Length: > 0 and <= MaxRequestIdLength } text && !text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return text;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{idPrefix}-{Interlocked.Increment(ref lastRequest):x}");
    }

    private sealed record Parts(NodeId Id, INodeApi Api, IntraGuard Guard, MessageEndpoint Messages);
}
