using Microsoft.AspNetCore.Http;
using Microsoft.Win32.SafeHandles;

namespace Starling.Server.Hosting.Transport;

/// <summary>Sends a part of a file as the body of an answer.</summary>
internal static class FileSending
{
    /// <summary>What a slow client has one deadline for: larger pieces are not sent any faster.</summary>
    private const int PieceBytes = 256 * 1024;

    /// <summary>
    /// Starts the answer and sends: the kernel copies the bytes, the web server counts them and times a slow client as it does with any others.
    /// A file that ends early, or a sending that is given up, ends the connection.
    /// </summary>
    /// <returns>Bytes at the end of the part that nobody took: they have to be copied, unless the client is gone.</returns>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    /// <exception cref="IOException">The file is shorter than the part, or its disk refused.</exception>
    public static async ValueTask<long> SendAsync(HttpContext context, IFileBody sender, SafeFileHandle file, long offset, long lengthBytes, CancellationToken cancellationToken)
    {
        await context.Response.StartAsync(cancellationToken);
        var writer = context.Response.BodyWriter;
        var left = lengthBytes;
        sender.Begin(file, offset, lengthBytes);
        try
        {
            while (left > 0)
            {
                var memory = writer.GetMemory();
                if (!sender.Owns(memory))
                {
                    // Something is still being flushed, or nothing is sent any more: the web server keeps its own memory then.
                    break;
                }

                var count = (int)Math.Min(Math.Min(left, PieceBytes), memory.Length);
                writer.Advance(count);
                left -= count;
                if ((await writer.FlushAsync(cancellationToken)).IsCompleted)
                {
                    return sender.Failure is { } why ? throw new IOException($"the file was not sent to its end: {why}") : 0;
                }
            }
        }
        finally
        {
            sender.End();
        }

        return left;
    }
}
