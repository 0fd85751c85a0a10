using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Starling.Server.Api.Native;

/// <summary>
/// Ends a request whose body was not read. Clients stream the body while they wait for the answer: closing a socket with unread bytes makes the kernel send
/// a reset, and the reset can overtake the answer. So: answer first, then read and drop a bounded amount for a bounded time, then close.
/// </summary>
internal static class BodyDrain
{
    /// <summary>Up to this many bytes of body the connection stays usable after the drain.</summary>
    private const int KeepAliveBytes = 256 * 1024;

    private const long MaxBytes = 256L * 1024 * 1024;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Total = TimeSpan.FromSeconds(30);

    /// <summary>Called before the answer's headers: says whether the connection will be closed.</summary>
    public static void Prepare(HttpContext context)
    {
        if (HasBody(context.Request) && !(context.Request.ContentLength <= KeepAliveBytes))
        {
            context.Response.Headers.Connection = "close";
        }
    }

    /// <summary>Called after the answer: sends it, then drops what still comes.</summary>
    public static async Task FinishAsync(HttpContext context)
    {
        if (!HasBody(context.Request))
        {
            return;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // The limit is for bodies that are kept; here it would only cut the connection off before the client has read its answer.
            size.MaxRequestBodySize = null;
        }

        var reader = context.Request.BodyReader;
        try
        {
            if (reader.TryRead(out var rest))
            {
                reader.AdvanceTo(rest.Buffer.End);
                if (rest.IsCompleted)
                {
                    return; // The usual case: the handler has read it all.
                }
            }
        }
        catch (Exception error) when (error is BadHttpRequestException or IOException or InvalidOperationException)
        {
            return;
        }

        await context.Response.CompleteAsync();
        await DropAsync(context, reader);
    }

    private static async Task DropAsync(HttpContext context, PipeReader reader)
    {
        using var total = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        total.CancelAfter(Total);
        long dropped = 0;
        try
        {
            while (dropped < MaxBytes)
            {
                using var idle = CancellationTokenSource.CreateLinkedTokenSource(total.Token);
                idle.CancelAfter(Idle);
                var result = await reader.ReadAsync(idle.Token);
                dropped += result.Buffer.Length;
                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The client neither sends nor closes: it has its answer, the connection goes.
        }
        catch (Exception error) when (error is BadHttpRequestException or IOException or InvalidOperationException)
        {
            // The client broke off, sends too slowly, or the body was finished by somebody else: nothing is left to drop.
            return;
        }

        context.Abort();
    }

    private static bool HasBody(HttpRequest request) => request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0;
}
