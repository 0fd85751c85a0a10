using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Starling.Cluster.Peers;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Server.Api.Intra;

namespace Starling.Server.Hosting;

/// <summary>What every request passes: its id, the network it came in on, the guard of the networks between nodes, then the endpoint.</summary>
internal sealed class RequestPipeline
{
    private const string IntraPrefix = "/intra/";
    private const int MaxRequestIdLength = 128;
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(15);

    private readonly ILogger log;
    private readonly string idPrefix = Guid.NewGuid().ToString("N")[..12];
    private readonly TaskCompletionSource<Parts> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool stopping;
    private long lastRequest;
    private int running;

    public RequestPipeline(ILogger log) => this.log = log;

    /// <summary>How many requests of clients are being served.</summary>
    public int Running => Volatile.Read(ref running);

    /// <summary>From now on requests are served. Before, clients are held, since the start ends within moments, and other nodes are answered 503.</summary>
    public void Open(NodeId id, INodeApi api, IntraGuard guard, MessageEndpoint messages) => opened.TrySetResult(new Parts(id, api, guard, messages));

    /// <summary>From now on every answer to a client closes its connection, so that the client goes elsewhere with its next request; requests are still served.</summary>
    public void BeginStop() => stopping = true;

    public async Task HandleAsync(HttpContext context)
    {
        var network = context.Features.Get<NodeNetworkFeature>()?.Network ?? NodeNetwork.Public;
        context.TraceIdentifier = RequestId(context.Request);
        context.Response.Headers[PeerHeaders.RequestId] = context.TraceIdentifier;
        if (await PartsAsync(network, context.RequestAborted) is not { } ready)
        {
            await RefuseAsync(context, network);
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

    /// <summary>To a client a 503 without a body means "starting": it tries again by itself. Other nodes are told in words.</summary>
    private static Task RefuseAsync(HttpContext context, NodeNetwork network)
    {
        if (network != NodeNetwork.Public)
        {
            return IntraReply.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "starting", "this node is starting");
        }

        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "1";
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    private async Task<Parts?> PartsAsync(NodeNetwork network, CancellationToken aborted)
    {
        if (opened.Task.IsCompletedSuccessfully || network != NodeNetwork.Public)
        {
            return opened.Task.IsCompletedSuccessfully ? await opened.Task : null;
        }

        try
        {
            return await opened.Task.WaitAsync(StartPatience, aborted);
        }
        catch (TimeoutException)
        {
            log.LogWarning("a client's request came while this node was starting and was held for {Seconds} s in vain", StartPatience.TotalSeconds);
            return null;
        }
    }

    private async Task HandleClientAsync(HttpContext context, NodeNetwork network, Parts ready)
    {
        Interlocked.Increment(ref running);
        try
        {
            if (stopping && network == NodeNetwork.Public)
            {
                context.Response.Headers.Connection = "close";
            }

            await ready.Api.HandleAsync(context, network);
        }
        finally
        {
            Interlocked.Decrement(ref running);
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
        else if (path == EndOrderWire.Path[(IntraPrefix.Length - 1)..] || await ready.Guard.CheckSenderAsync(context))
        {
            // The order to end names its cluster itself, and must reach a node that cannot catch up any more because the others have ended.
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
