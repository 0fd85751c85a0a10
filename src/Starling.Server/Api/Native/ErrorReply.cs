using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using Starling.Cluster.Peers;
using Starling.Core.Errors;

namespace Starling.Server.Api.Native;

/// <summary>Writes the error of a native request: a JSON body with a trailing newline, or a header on HEAD.</summary>
internal static class ErrorReply
{
    private static readonly JavaScriptEncoder HeaderSafe = JavaScriptEncoder.Create(UnicodeRanges.BasicLatin);

    /// <summary>Answers with what a service reported.</summary>
    public static Task WriteAsync(HttpContext context, RequestPath path, string node, StoreError error)
    {
        var wire = ErrorTable.Map(error.Code);
        int? retryAfterMs = wire.MayRetry ? error.RetryAfterMs ?? ErrorTable.DefaultRetryAfterMs : error.RetryAfterMs;
        return WriteAsync(context, path, node, new ApiException(wire.Status, error.Message, wire.TypeCode) { RetryAfterMs = retryAfterMs });
    }

    /// <summary>Answers with what the facade found.</summary>
    public static async Task WriteAsync(HttpContext context, RequestPath path, string node, ApiException error)
    {
        var response = context.Response;
        response.Clear();
        response.Headers[PeerHeaders.RequestId] = context.TraceIdentifier;
        BodyDrain.Prepare(context);
        response.StatusCode = error.Status;
        response.Headers.XContentTypeOptions = "nosniff";
        if (error.RetryAfterMs is { } retryAfterMs)
        {
            response.Headers.RetryAfter = FormattableString.Invariant($"{Math.Max(1, (retryAfterMs + 999) / 1000)}");
        }

        if (error.UnsatisfiedSizeBytes is { } size)
        {
            response.Headers.ContentRange = FormattableString.Invariant($"bytes */{size}");
        }

        var head = HttpMethods.IsHead(context.Request.Method);
        var body = Format(context, path, node, error, head ? HeaderSafe : JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
        if (head)
        {
            response.Headers["Hdr-Error"] = Encoding.ASCII.GetString(body);
            response.ContentLength = 0;
            return;
        }

        response.ContentType = "application/json";
        response.ContentLength = body.Length + 1;
        var newline = new byte[body.Length + 1];
        body.CopyTo(newline, 0);
        newline[^1] = (byte)'\n';
        await response.Body.WriteAsync(newline, context.RequestAborted);
    }

    private static byte[] Format(HttpContext context, RequestPath path, string node, ApiException error, JavaScriptEncoder encoder)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = encoder }))
        {
            json.WriteStartObject();
            if (error.TypeCode is not null)
            {
                json.WriteString("tcode", error.TypeCode);
            }

            json.WriteString("message", error.Message);
            json.WriteString("method", context.Request.Method);
            json.WriteString("url_path", PathForDisplay(path));
            json.WriteString("remote_addr", RemoteAddress(context));
            json.WriteString("caller", context.Request.Headers["Ais-Caller-Name"].ToString());
            json.WriteString("node", node);
            json.WriteNumber("status", error.Status);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static string PathForDisplay(RequestPath path)
    {
        try
        {
            return RequestPath.Decode(path.Raw);
        }
        catch (ApiException)
        {
            return path.Raw;
        }
    }

    private static string RemoteAddress(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address ? new System.Net.IPEndPoint(address, context.Connection.RemotePort).ToString() : string.Empty;
}
