using System.Text;
using Microsoft.AspNetCore.Http;
using Starling.Cluster.Peers;

namespace Starling.Server.Api.Intra;

/// <summary>Refusals between nodes: a status, a word for programs, a sentence for people.</summary>
internal static class IntraReply
{
    public static async Task RefuseAsync(HttpContext context, int status, string word, string sentence)
    {
        context.Response.StatusCode = status;
        context.Response.Headers[PeerHeaders.Refused] = word;
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "1";
        }

        var text = Encoding.UTF8.GetBytes(sentence + "\n");
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = text.Length;
        await context.Response.Body.WriteAsync(text, context.RequestAborted);
    }
}
