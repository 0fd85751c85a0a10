using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Starling.Client.Transport;

/// <summary>Calls whose body or answer is JSON or short text.</summary>
internal static class JsonCalls
{
    private const int MaxTextBytes = 64 * 1024 * 1024;

    private static readonly JsonNodeOptions CaseInsensitive = new() { PropertyNameCaseInsensitive = true };

    /// <summary>The body of a control call: action, name and value, all three always present.</summary>
    public static JsonObject Action(string action, JsonNode? value = null, string name = "") =>
        new() { ["value"] = value, ["action"] = action, ["name"] = name };

    public static ApiRequest Request(HttpMethod method, string path, TimeSpan timeout, JsonNode? body = null)
    {
        if (body is null)
        {
            return new ApiRequest(method, path) { Timeout = timeout };
        }

        var bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
        return new ApiRequest(method, path)
        {
            Timeout = timeout,
            BodyLength = bytes.Length,
            Body = () => new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
    }

    public static async Task<string> TextAsync(this HttpTransport transport, ApiRequest request, CancellationToken cancellation)
    {
        using var response = await transport.SendAsync(request, cancellation).ConfigureAwait(false);
        return Encoding.UTF8.GetString(await BytesAsync(response, request, cancellation).ConfigureAwait(false));
    }

    public static async Task<JsonNode?> JsonAsync(this HttpTransport transport, ApiRequest request, CancellationToken cancellation)
    {
        using var response = await transport.SendAsync(request, cancellation).ConfigureAwait(false);
        var bytes = await BytesAsync(response, request, cancellation).ConfigureAwait(false);
        try
        {
            return JsonNode.Parse(bytes, CaseInsensitive);
        }
        catch (JsonException error)
        {
            throw Malformed(request, error);
        }
    }

    public static ApiException Malformed(ApiRequest request, Exception error) =>
        new(502, string.Empty, $"the answer to {request.Method} {request.PathAndQuery} is not what was expected: {error.Message}");

    /// <summary>The whole body, at most 64 MiB, within the request's deadline.</summary>
    public static async Task<byte[]> BytesAsync(HttpResponseMessage response, ApiRequest request, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(request.Timeout);
        var node = response.RequestMessage?.RequestUri?.Authority ?? string.Empty;
        try
        {
            using var stream = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
            if (response.Content.Headers.ContentLength is { } length and > 0 and <= MaxTextBytes)
            {
                var whole = new byte[length];
                await stream.ReadExactlyAsync(whole, deadline.Token).ConfigureAwait(false);
                return whole;
            }

            using var buffer = new MemoryStream(4096);
            var block = new byte[32 * 1024];
            for (int read; (read = await stream.ReadAsync(block, deadline.Token).ConfigureAwait(false)) > 0;)
            {
                if (buffer.Length + read > MaxTextBytes)
                {
                    throw new ApiException(502, string.Empty, $"the answer to {request.Method} {request.PathAndQuery} is longer than {MaxTextBytes} bytes");
                }

                buffer.Write(block, 0, read);
            }

            return buffer.ToArray();
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"{node} did not finish its answer to {request.Method} {request.PathAndQuery} within {request.Timeout.TotalSeconds:0.#}s", error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new UnreachableException(node, outcomeUnknown: true, $"{node}: connection broke in the middle of an answer", error);
        }
    }
}
