using System.Diagnostics;
using System.Globalization;
using System.Net;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;

namespace Starling.Cluster.Peers;

/// <summary>
/// Sends requests to other members: pooled connections, and on every request the cluster's secret and id, the marks of rule B2, the request id and the
/// trace context. The only place (with the control transport) that turns an address record into a URL.
/// </summary>
public sealed class PeerClient : IDisposable
{
    private readonly HttpMessageInvoker http;
    private readonly IClusterView view;
    private readonly string secret;

    /// <summary>Makes the client.</summary>
    /// <param name="view">Where addresses and marks come from.</param>
    /// <param name="secret">The cluster's secret.</param>
    public PeerClient(IClusterView view, string secret)
        : this(view, secret, NewHandler(256))
    {
    }

    /// <summary>As the other one, over a handler that it owns.</summary>
    internal PeerClient(IClusterView view, string secret, HttpMessageHandler handler)
    {
        this.view = view;
        this.secret = secret;
        http = new HttpMessageInvoker(handler);
    }

    /// <summary>A pooled handler for traffic between nodes: no proxy, no cookies, no redirects, no automatic decompression.</summary>
    public static SocketsHttpHandler NewHandler(int maxConnectionsPerServer) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        MaxConnectionsPerServer = maxConnectionsPerServer,
        ActivityHeadersPropagator = null,
        EnableMultipleHttp2Connections = false,
    };

    /// <summary>Sends a request; returns once the answer's headers are there. The caller disposes the answer; it may have any status.</summary>
    /// <exception cref="StoreException">NodeNotFound: no such member; Unreachable: it could not be reached or did not answer in time.</exception>
    public async Task<HttpResponseMessage> SendAsync(PeerRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var snapshot = view.Current;
        var address = PeerAddress.Of(snapshot, request.Node, request.Network)
            ?? throw new StoreException(ErrorCode.NodeNotFound, $"node {request.Node} is not a member of the cluster (as of log index {snapshot.AppliedIndex})");
        using var message = new HttpRequestMessage(request.Method, UrlOf(address, request.PathAndQuery)) { Content = request.Content };
        Mark(message, snapshot, secret, request.RequestId, request.TraceParent);
        foreach (var (name, value) in request.Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(request.HeadersTimeout);
        try
        {
            return await http.SendAsync(message, deadline.Token);
        }
        catch (HttpRequestException error)
        {
            throw Unreachable(request, address, error.Message, error);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unreachable(request, address, $"no answer within {request.HeadersTimeout.TotalSeconds:0.#} s", error);
        }
    }

    /// <summary>Puts the headers of a request between nodes on a message.</summary>
    internal static void Mark(HttpRequestMessage message, ClusterSnapshot snapshot, string secret, string requestId = "", string traceParent = "")
    {
        var headers = message.Headers;
        headers.TryAddWithoutValidation(PeerHeaders.Secret, secret);
        headers.TryAddWithoutValidation(PeerHeaders.NodeId, snapshot.Self.Id.Value);
        if (snapshot.ClusterId.Length > 0)
        {
            headers.TryAddWithoutValidation(PeerHeaders.ClusterId, snapshot.ClusterId);
        }

        headers.TryAddWithoutValidation(PeerHeaders.Epoch, snapshot.Epoch.ToString(CultureInfo.InvariantCulture));
        headers.TryAddWithoutValidation(PeerHeaders.AppliedIndex, snapshot.AppliedIndex.ToString(CultureInfo.InvariantCulture));
        if (requestId.Length > 0)
        {
            headers.TryAddWithoutValidation(PeerHeaders.RequestId, requestId);
        }

        if (traceParent.Length > 0)
        {
            headers.TryAddWithoutValidation(PeerHeaders.TraceParent, traceParent);
        }
        else if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } trace })
        {
            headers.TryAddWithoutValidation(PeerHeaders.TraceParent, trace);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    /// <summary>The secret goes to the path that was meant and to no other: one that the parser of URLs would change is refused.</summary>
    private static Uri UrlOf(Uri address, string pathAndQuery)
    {
        var url = new Uri(address, pathAndQuery);
        var question = pathAndQuery.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? pathAndQuery : pathAndQuery[..question];
        return url.Authority == address.Authority && url.AbsolutePath == path
            ? url
            : throw new StoreException(ErrorCode.Invalid, $"\"{path}\" is not a plain path: it would become \"{url.AbsolutePath}\" on the way");
    }

    private static StoreException Unreachable(PeerRequest request, Uri address, string why, Exception inner) =>
        new(new StoreError(ErrorCode.Unreachable, $"node {request.Node} cannot be reached at {address.Authority} ({request.Network} network): {why}", 1000), inner);
}
