using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Starling.Cluster;
using Starling.Cluster.Codec;
using Starling.Cluster.Peers;
using Starling.Cluster.Views;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Codec;
using Starling.Protocol.Membership;
using Starling.Protocol.Node;
using Starling.Server.Hosting;

namespace Starling.Server.Api.Intra;

/// <summary>Takes control messages and gives them to the control loop; the answer says that they were taken and carries what the core replied at once.</summary>
internal sealed class MessageEndpoint
{
    private const int MaxPublicBytes = 256 * 1024;

    /// <summary>How long a request waits for answers to take back with it; what comes later is sent on its own.</summary>
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromMilliseconds(200);

    private readonly ControlLoop loop;
    private readonly IClusterView view;
    private readonly IntraCounters counters;
    private readonly ILogger log;

    public MessageEndpoint(ControlLoop loop, IClusterView view, IntraCounters counters, ILogger log)
    {
        this.loop = loop;
        this.view = view;
        this.counters = counters;
        this.log = log;
    }

    public async Task HandleAsync(HttpContext context, NodeNetwork network)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "POST";
            await IntraReply.RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "method", "only POST is offered here");
            return;
        }

        var limit = network == NodeNetwork.Public ? MaxPublicBytes : PeerTransport.MaxRequestBytes;
        if (await ReadAsync(context, limit) is not { } body)
        {
            counters.CountMalformed();
            await IntraReply.RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, "malformed", $"more than {limit} bytes of messages in one request");
            return;
        }

        List<Envelope> envelopes;
        try
        {
            envelopes = EnvelopeCodec.Decode(body);
        }
        catch (CodecException error)
        {
            counters.CountMalformed();
            log.LogWarning("malformed control messages from {Remote}: {Problem}", context.Connection.RemoteIpAddress, error.Message);
            await IntraReply.RefuseAsync(context, StatusCodes.Status400BadRequest, "malformed", error.Message);
            return;
        }

        await TakeAsync(context, network, envelopes);
    }

    private async Task TakeAsync(HttpContext context, NodeNetwork network, List<Envelope> envelopes)
    {
        var mine = view.Current.ClusterId;
        foreach (var envelope in envelopes)
        {
            if (mine.Length > 0 && envelope.ClusterId.Length > 0 && envelope.ClusterId != mine)
            {
                counters.CountCluster();
                log.LogWarning("refused a message of cluster {Cluster} from node {Node} at {Address}", envelope.ClusterId, envelope.From.Id, envelope.FromAddress);
                await IntraGuard.RefuseClusterAsync(context, mine, envelope.ClusterId);
                return;
            }

            if (network == NodeNetwork.Public && envelope.Message is not (DiscoverRequest or JoinRequest))
            {
                await IntraReply.RefuseAsync(context, StatusCodes.Status403Forbidden, "network", "the public network takes questions of joining nodes only; send control messages to the control address");
                return;
            }

        }

        var exchange = new Exchange(envelopes);
        if (!loop.TryPost(exchange))
        {
            counters.CountBusy();
            await IntraReply.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "busy", loop.Halted is { } why ? $"this node has stopped taking part: {why}" : "the control queue is full");
            return;
        }

        await AnswerAsync(context, await exchange.WaitAsync(AnswersWithin));
    }

    private static async Task AnswerAsync(HttpContext context, IReadOnlyList<Envelope> answers)
    {
        if (answers.Count == 0)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        var body = EnvelopeCodec.Encode(answers);
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>The body, or null when it is larger than the limit.</summary>
    private static async Task<byte[]?> ReadAsync(HttpContext context, int limit)
    {
        if (context.Request.ContentLength > limit)
        {
            return null;
        }

        var reader = context.Request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(context.RequestAborted);
            if (result.Buffer.Length > limit)
            {
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                return null;
            }

            if (result.IsCompleted)
            {
                var body = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return body;
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
