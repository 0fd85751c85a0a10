using System.Net.Http.Headers;
using Starling.Core.Errors;

namespace Starling.Gateway.Routing;

/// <summary>A request to be passed on as it is.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Url">Where to.</param>
/// <param name="Headers">The client's headers; those of one hop only are left out here.</param>
/// <param name="Body">The client's body, read as the other end takes it; null when there is none.</param>
/// <param name="BodySizeBytes">Its declared length, bytes; null when not declared.</param>
/// <param name="HeadersTimeout">How long to wait for the answer's headers after the body was sent.</param>
public sealed record ForwardRequest(
    string Method,
    Uri Url,
    IEnumerable<KeyValuePair<string, string>> Headers,
    Stream? Body,
    long? BodySizeBytes,
    TimeSpan HeadersTimeout);

/// <summary>Passes requests on and answers back, bodies as streams. Never retries: what a request did is not known here.</summary>
public sealed class StreamForwarder : IDisposable
{
    private static readonly HashSet<string> OneHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Host", "Content-Length", "Expect",
    };

    private readonly HttpMessageInvoker http;

    /// <summary>Makes a forwarder over a pooled handler, which it owns.</summary>
    public StreamForwarder(HttpMessageHandler handler)
    {
        http = new HttpMessageInvoker(handler);
    }

    /// <summary>True when a header belongs to one hop and must not be passed on.</summary>
    public static bool IsOneHop(string name) => OneHop.Contains(name);

    /// <summary>Sends the request; the answer's body is not read yet. The caller disposes the answer.</summary>
    /// <exception cref="StoreException">Unreachable: connection refused or broken, or no answer in time.</exception>
    public async Task<HttpResponseMessage> SendAsync(ForwardRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), request.Url);
        if (request.Body is not null)
        {
            message.Content = new StreamContent(request.Body, 64 * 1024);
            message.Content.Headers.ContentLength = request.BodySizeBytes;
        }

        foreach (var (name, value) in request.Headers)
        {
            if (!OneHop.Contains(name) && !message.Headers.TryAddWithoutValidation(name, value))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(request.HeadersTimeout);
        try
        {
            return await http.SendAsync(message, limit.Token);
        }
        catch (HttpRequestException error)
        {
            throw new StoreException(new StoreError(ErrorCode.Unreachable, $"{request.Url.Authority} cannot be reached: {error.Message}"), error);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StoreException(new StoreError(ErrorCode.Unreachable, $"{request.Url.Authority} did not answer within {request.HeadersTimeout.TotalSeconds} s"), error);
        }
    }

    /// <summary>The headers of an answer that are passed back.</summary>
    public static IEnumerable<KeyValuePair<string, IEnumerable<string>>> HeadersOf(HttpResponseMessage answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return Kept(answer.Headers).Concat(answer.Content.Headers.Select(header => header));
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private static IEnumerable<KeyValuePair<string, IEnumerable<string>>> Kept(HttpResponseHeaders headers) => headers.Where(header => !OneHop.Contains(header.Key));
}
