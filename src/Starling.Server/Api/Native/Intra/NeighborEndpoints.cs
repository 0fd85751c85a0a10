using System.Buffers;
using Microsoft.AspNetCore.Http;
using Starling.Cluster.Peers;
using Starling.Server.Api.Intra;
using Starling.Server.Api.Native.Objects;
using Starling.Target.Neighbors;

namespace Starling.Server.Api.Native.Intra;

/// <summary>Other targets ask this one about records, offer records, fetch bytes, send puts that moved (rules B7, B8, B9). On the data network only.</summary>
internal static class NeighborEndpoints
{
    /// <summary>A question for one name.</summary>
    public static async Task LookAsync(ApiCall call) => await AnswerAsync(call, await Service(call).LookAsync(await MessageAsync(call), call.Cancelled));

    /// <summary>A batch of leftovers.</summary>
    public static async Task VerifyAsync(ApiCall call) => await AnswerAsync(call, await Service(call).VerifyAsync(await MessageAsync(call), call.Cancelled));

    /// <summary>Offers.</summary>
    public static async Task PushAsync(ApiCall call) => await AnswerAsync(call, await Service(call).PushAsync(await MessageAsync(call), call.Cancelled));

    /// <summary>Bytes of a record: the answer goes beside them, in a header.</summary>
    public static async Task ContentAsync(ApiCall call)
    {
        using var reply = await Service(call).OpenAsync(await MessageAsync(call), call.Cancelled);
        if (await RefusedAsync(call, reply.Reply))
        {
            return;
        }

        call.Response.Headers[NeighborPaths.MessageHeader] = Convert.ToBase64String(reply.Reply.Message);
        call.Response.ContentType = "application/octet-stream";
        call.Response.ContentLength = reply.LengthBytes;
        if (reply.Content is { } content && reply.LengthBytes > 0)
        {
            await ObjectContent.SendAsync(call, content, new RangeHeader(reply.Offset, reply.LengthBytes));
        }
    }

    /// <summary>A put that moved with its name: what is meant stands in a header, the body is the object's.</summary>
    public static async Task ForwardAsync(ApiCall call)
    {
        byte[] message;
        try
        {
            message = Convert.FromBase64String(call.Request.Headers[NeighborPaths.MessageHeader].ToString());
        }
        catch (FormatException)
        {
            message = [];
        }

        call.AllowLargeBody();
        await AnswerAsync(call, await Service(call).ForwardAsync(message, call.Request.BodyReader, call.Cancelled));
    }

    private static NeighborService Service(ApiCall call) => call.Services.Target!.Neighbors;

    private static Task<byte[]> MessageAsync(ApiCall call) => call.ReadBodyAsync(NeighborService.MaxMessageBytes);

    private static async Task AnswerAsync(ApiCall call, NeighborReply reply)
    {
        if (!await RefusedAsync(call, reply))
        {
            await call.BytesAsync(reply.Message, "application/octet-stream");
        }
    }

    private static async Task<bool> RefusedAsync(ApiCall call, NeighborReply reply)
    {
        var counters = call.Services.Runtime.IntraCounters;
        switch (reply.Refusal)
        {
            case NeighborRefusal.Malformed:
                counters.CountMalformed();
                await IntraReply.RefuseAsync(call.Http, StatusCodes.Status400BadRequest, "malformed", reply.Reason);
                return true;
            case NeighborRefusal.Stranger:
                counters.CountCluster();
                await IntraReply.RefuseAsync(call.Http, StatusCodes.Status409Conflict, "cluster", reply.Reason);
                return true;
            default:
                return false;
        }
    }
}
