using System.Net;
using System.Net.Sockets;

namespace Starling.Client.Transport;

/// <summary>
/// Sends a request to the current gateway, follows redirects with a fresh body each time, moves to the next gateway when one cannot be reached,
/// and repeats what the server asks to repeat, all within one deadline.
/// </summary>
internal sealed class HttpTransport : IDisposable
{
    private const int MaxRedirects = 10;

    /// <summary>Above this size the gateway is asked before the body is sent: it answers with a redirect and wants no body.</summary>
    private const long AskFirstBytes = 32 * 1024;

    private static readonly TimeSpan DefaultRetryDelay = TimeSpan.FromMilliseconds(250);

    private readonly StarlingClientOptions options;
    private readonly HttpMessageInvoker invoker;
    private int current;

    public HttpTransport(StarlingClientOptions options)
    {
        this.options = options;
        invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.ConnectTimeout,
            MaxConnectionsPerServer = options.MaxConnectionsPerNode,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
        });
    }

    /// <summary>The gateway that requests go to now.</summary>
    public Uri Endpoint => options.Endpoints[Volatile.Read(ref current)];

    public void Dispose() => invoker.Dispose();

    /// <summary>Sends the request; the answer is a success (2xx) whose body is not read yet.</summary>
    /// <exception cref="ApiException">The answer is an error.</exception>
    /// <exception cref="UnreachableException">No answer.</exception>
    /// <exception cref="TimeoutException">The deadline passed; the message says what was waited for.</exception>
    public async Task<HttpResponseMessage> SendAsync(ApiRequest request, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(request.Timeout, options.Time);
        using var linked = cancellation.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation) : null;
        var ending = linked?.Token ?? deadline.Token;
        var started = options.Time.GetTimestamp();
        try
        {
            for (int waited = 0, starting = 0; ;)
            {
                TimeSpan delay;
                try
                {
                    return await SendOnceAsync(request, ending).ConfigureAwait(false);
                }
                catch (ApiException error) when (error.IsStarting && starting < options.StartingRetries)
                {
                    Tell(ClientEventKind.Starting, Endpoint, ++starting);
                    delay = options.StartingRetryDelay;
                }
                catch (ApiException error) when (error is { Status: 503, IsStarting: false, RetryAfter: not null } && WithinBudget(started))
                {
                    Tell(ClientEventKind.Waited, Endpoint, ++waited);
                    delay = error.RetryAfter.Value;
                }
                catch (UnreachableException error) when (!error.OutcomeUnknown && (!error.IsGateway || options.WaitForGateways) && WithinBudget(started))
                {
                    delay = DefaultRetryDelay;
                }

                await Task.Delay(delay, options.Time, ending).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException error) when (deadline.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"no answer to {request.Method} {request.PathAndQuery} from {Endpoint.Authority} within {request.Timeout.TotalSeconds:0.#}s", error);
        }
    }

    private bool WithinBudget(long started) => options.Time.GetElapsedTime(started) < options.UnavailableBudget;

    /// <summary>One round over the gateways.</summary>
    private async Task<HttpResponseMessage> SendOnceAsync(ApiRequest request, CancellationToken cancellation)
    {
        if (request.Direct is { } direct)
        {
            return await FollowAsync(request, direct, isGateway: false, cancellation).ConfigureAwait(false);
        }

        UnreachableException? last = null;
        var first = Volatile.Read(ref current);
        for (var i = 0; i < options.Endpoints.Count; i++)
        {
            var index = (first + i) % options.Endpoints.Count;
            try
            {
                var response = await FollowAsync(request, options.Endpoints[index], isGateway: true, cancellation).ConfigureAwait(false);
                Volatile.Write(ref current, index);
                return response;
            }
            catch (UnreachableException error) when (MayTryNext(request, error))
            {
                last = error;
            }
            catch (ApiException)
            {
                Volatile.Write(ref current, index);
                throw;
            }
        }

        var all = string.Join(",", options.Endpoints.Select(endpoint => endpoint.GetLeftPart(UriPartial.Authority)));
        throw new UnreachableException(all, last!.OutcomeUnknown, last.Message, last.InnerException, last.IsGateway);
    }

    /// <summary>The next gateway is asked when this one was never reached, or when asking twice does no harm.</summary>
    private static bool MayTryNext(ApiRequest request, UnreachableException error) => !error.OutcomeUnknown || request.RepeatAfterCut;

    private async Task<HttpResponseMessage> FollowAsync(ApiRequest request, Uri node, bool isGateway, CancellationToken cancellation)
    {
        var uri = new Uri(node.GetLeftPart(UriPartial.Authority) + request.PathAndQuery);
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            var askFirst = isGateway && hop == 0 && request.Body is not null && (request.BodyLength ?? long.MaxValue) > AskFirstBytes;
            var response = await SendHopAsync(request, uri, askFirst, isGateway && hop == 0, cancellation).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            if (status is >= 200 and < 300)
            {
                return response;
            }

            if (status is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is { } location)
            {
                response.Dispose();
                Tell(ClientEventKind.Redirected, uri, hop + 1);
                uri = location.IsAbsoluteUri ? location : new Uri(uri, location);
                continue;
            }

            using (response)
            {
                throw await ErrorParser.ParseAsync(response, request, cancellation).ConfigureAwait(false);
            }
        }

        throw new ApiException(502, string.Empty, $"{request.Method} {request.PathAndQuery}: more than {MaxRedirects} redirects, the last one to {uri.Authority}");
    }

    private async Task<HttpResponseMessage> SendHopAsync(ApiRequest request, Uri uri, bool askFirst, bool isGateway, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(request.Method, uri) { Content = request.Body?.Invoke() };
        message.Headers.TryAddWithoutValidation("User-Agent", options.UserAgent);
        if (askFirst)
        {
            message.Headers.ExpectContinue = true;
        }

        foreach (var (name, value) in request.Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        try
        {
            return await invoker.SendAsync(message, cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException error)
        {
            var notSent = error.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
                && error.InnerException is not IOException;
            Tell(notSent ? ClientEventKind.Refused : ClientEventKind.Cut, uri, 1);
            var why = error.InnerException is SocketException socket ? socket.Message : (error.InnerException ?? error).Message;
            throw new UnreachableException(uri.GetLeftPart(UriPartial.Authority), !notSent, $"{uri.Authority}: {why}", error, isGateway);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            // Nobody canceled: this is the handler's own deadline for making a connection.
            Tell(ClientEventKind.Refused, uri, 1);
            var after = $"{uri.Authority}: no connection within {options.ConnectTimeout.TotalSeconds:0.#}s";
            throw new UnreachableException(uri.GetLeftPart(UriPartial.Authority), outcomeUnknown: false, after, error, isGateway);
        }
    }

    private void Tell(ClientEventKind kind, Uri node, int attempt) =>
        options.OnEvent?.Invoke(new ClientEvent(kind, node.GetLeftPart(UriPartial.Authority), attempt));
}
