using System.Net.Http.Headers;
using System.Text.Json;

namespace Starling.Client.Transport;

/// <summary>Turns an error answer into an <see cref="ApiException"/>: JSON body, or header <c>Hdr-Error</c>, or plain text.</summary>
internal static class ErrorParser
{
    private const int MaxBodyBytes = 64 * 1024;

    public static async Task<ApiException> ParseAsync(HttpResponseMessage response, ApiRequest request, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        var text = response.Headers.TryGetValues("Hdr-Error", out var values)
            ? values.First()
            : await ReadBodyAsync(response, cancellation).ConfigureAwait(false);
        return Parse(status, text, RetryAfterOf(response.Headers.RetryAfter), request.Method.Method, request.PathAndQuery);
    }

    internal static ApiException Parse(int status, string text, TimeSpan? retryAfter, string method, string path)
    {
        if (TryParseJson(text, status, out var typeCode, out var message, out var node))
        {
            return new ApiException(status, typeCode, message, retryAfter, node);
        }

        if (text.Length > 0)
        {
            return new ApiException(status, string.Empty, text.Trim(), retryAfter);
        }

        return status == 503 && retryAfter is null
            ? new ApiException(status, string.Empty, "the cluster is starting up, please try again later", isStarting: true)
            : new ApiException(status, string.Empty, $"{method} {path}: status {status}", retryAfter);
    }

    private static bool TryParseJson(string text, int status, out string typeCode, out string message, out string node)
    {
        typeCode = message = node = string.Empty;
        if (text.Length == 0 || text[0] != '{')
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            if (root.TryGetProperty("status", out var inBody) && inBody.TryGetInt32(out var statusInBody) && statusInBody != status)
            {
                return false;
            }

            message = StringOf(root, "message");
            typeCode = StringOf(root, "tcode");
            node = StringOf(root, "node");
            return message.Length > 0;
        }
        catch (JsonException)
        {
            // Not an error of ours: the caller keeps the text as it is.
            return false;
        }
    }

    private static string StringOf(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : string.Empty;

    private static TimeSpan? RetryAfterOf(RetryConditionHeaderValue? header) => header?.Delta;

    private static async Task<string> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var buffer = new byte[MaxBodyBytes];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, length);
    }
}
