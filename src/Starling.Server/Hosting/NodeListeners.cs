using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Starling.Cluster.Peers;
using Starling.Core.Errors;
using Starling.Protocol.Identity;
using Starling.Server.Hosting.Transport;
using Starling.Server.Options;

namespace Starling.Server.Hosting;

/// <summary>Says on a connection which network it came in on.</summary>
internal sealed record NodeNetworkFeature(NodeNetwork Network);

/// <summary>
/// The three listeners of a node, with limits against slow and oversized clients: one web server for clients and one for the other nodes, so that the
/// former can end while the latter still answers.
/// </summary>
internal sealed class NodeListeners : IAsyncDisposable
{
    private static readonly TimeSpan BindRetry = TimeSpan.FromMilliseconds(250);
    private const int BindAttempts = 12;

    /// <summary>What of an answer may wait for the socket: with two pieces of content the disk is read while the one before is sent.</summary>
    private const long MaxResponseBytes = 512 * 1024;

    private readonly WebApplication clients;
    private readonly WebApplication peers;

    private NodeListeners(WebApplication clients, WebApplication peers, NodeAddresses addresses)
    {
        this.clients = clients;
        this.peers = peers;
        Addresses = addresses;
    }

    /// <summary>Where others reach this node.</summary>
    public NodeAddresses Addresses { get; }

    /// <summary>Binds and starts; a port that is not free yet, as right after a crash, is tried again for some seconds.</summary>
    /// <exception cref="StoreException">Unavailable: a listener cannot be bound; the message names it.</exception>
    public static async Task<NodeListeners> StartAsync(NodeOptions options, RequestDelegate handler, ILoggerProvider logs, CancellationToken cancellationToken)
    {
        var peers = await BindAsync(options, (kestrel, certificate) =>
        {
            Listen(kestrel, options.Control, NodeNetwork.Control, certificate);
            Listen(kestrel, options.Data, NodeNetwork.Data, certificate);
        }, handler, logs, cancellationToken);
        try
        {
            var clients = await BindAsync(options, (kestrel, certificate) => Listen(kestrel, options.Public, NodeNetwork.Public, certificate), handler, logs, cancellationToken);
            return new NodeListeners(clients, peers, Advertise(options, [.. Ports(clients), .. Ports(peers)]));
        }
        catch
        {
            await peers.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes no new connections of clients and waits for their running requests; false when some had to be cut off at the deadline.</summary>
    public Task<bool> StopPublicAsync(TimeSpan timeout) => StopAsync(clients, timeout);

    /// <summary>Stops accepting and waits for running requests, up to the deadline.</summary>
    public async Task StopAsync(TimeSpan timeout) => await Task.WhenAll(StopAsync(clients, timeout), StopAsync(peers, timeout));

    public async ValueTask DisposeAsync()
    {
        await clients.DisposeAsync();
        await peers.DisposeAsync();
    }

    private static async Task<bool> StopAsync(WebApplication app, TimeSpan timeout)
    {
        using var deadline = new CancellationTokenSource(timeout);
        try
        {
            await app.StopAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            // The deadline: what still ran was cut off, which the result says.
        }

        return !deadline.IsCancellationRequested;
    }

    private static async Task<WebApplication> BindAsync(
        NodeOptions options, Action<KestrelServerOptions, X509Certificate2?> endpoints, RequestDelegate handler, ILoggerProvider logs, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var app = Build(options, endpoints, handler, logs);
            try
            {
                await app.StartAsync(cancellationToken);
                return app;
            }
            catch (IOException error)
            {
                await app.DisposeAsync();
                if (attempt == BindAttempts || error.InnerException is not AddressInUseException)
                {
                    throw new StoreException(new StoreError(ErrorCode.Unavailable, Describe(options, error)), error);
                }
            }

            await Task.Delay(BindRetry, cancellationToken);
        }
    }

    private static WebApplication Build(NodeOptions options, Action<KestrelServerOptions, X509Certificate2?> endpoints, RequestDelegate handler, ILoggerProvider logs)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "aisnode" });
        builder.Logging.AddProvider(logs);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, LargeBlockPoolFactory>();
        builder.WebHost.UseKestrelCore();

        // Whichever transport was registered last is asked first.
        builder.Services.AddSingleton<IConnectionListenerFactory, SocketTransport>();
        if (options.CertificateFile is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, options, endpoints));
        var app = builder.Build();
        app.Run(handler);
        return app;
    }

    private static void Configure(KestrelServerOptions kestrel, NodeOptions options, Action<KestrelServerOptions, X509Certificate2?> endpoints)
    {
        kestrel.AddServerHeader = false;
        kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
        var limits = kestrel.Limits;
        limits.MaxResponseBufferSize = MaxResponseBytes;
        limits.MaxRequestBodySize = PeerTransport.MaxRequestBytes;
        limits.MaxRequestLineSize = 32 * 1024;
        limits.MaxRequestHeadersTotalSize = 64 * 1024;
        limits.MaxRequestHeaderCount = 200;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(5);
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));
        limits.MaxConcurrentConnections = 20_000;
        var certificate = options.CertificateFile is { } file ? X509Certificate2.CreateFromPemFile(file, file) : null;
        endpoints(kestrel, certificate);
    }

    private static void Listen(KestrelServerOptions kestrel, ListenAddress address, NodeNetwork network, X509Certificate2? certificate)
    {
        var feature = new NodeNetworkFeature(network);
        void Endpoint(ListenOptions listen)
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection =>
            {
                connection.Features.Set(feature);
                if (certificate is null && connection is SocketConnection plain)
                {
                    connection.Features.Set(plain.FileBody);
                }

                return next(connection);
            });
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }

        if (address.IsLocalhost && address.Port != 0)
        {
            kestrel.ListenLocalhost(address.Port, Endpoint);
        }
        else
        {
            kestrel.Listen(address.Ip ?? System.Net.IPAddress.Loopback, address.Port, Endpoint);
        }
    }

    /// <summary>The bound ports come in the order of the endpoints; localhost is one entry, whichever families it was bound on.</summary>
    private static IEnumerable<int> Ports(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(text => BindingAddress.Parse(text).Port);

    private static NodeAddresses Advertise(NodeOptions options, int[] bound)
    {
        var listeners = new[] { options.Public, options.Control, options.Data };
        var urls = new string[3];
        for (var i = 0; i < 3; i++)
        {
            var port = listeners[i].Port != 0 ? listeners[i].Port : bound[i];
            urls[i] = listeners[i].ToUrl(options.Scheme, options.Hostname, port);
        }

        return new NodeAddresses(urls[0], urls[1], urls[2]);
    }

    private static string Describe(NodeOptions options, IOException error)
    {
        var culprits = new[] { ("--public", options.Public), ("--control", options.Control), ("--data-net", options.Data) }
            .Where(item => error.Message.Contains(string.Create(CultureInfo.InvariantCulture, $":{item.Item2.Port}"), StringComparison.Ordinal))
            .Select(item => $"{item.Item1} {item.Item2}").ToArray();
        var which = culprits.Length > 0 ? string.Join(", ", culprits) : "a listener";
        return $"{which} cannot be bound: {error.Message.TrimEnd('.')}; choose a free port, or stop the process that uses it";
    }

    /// <summary>Signals are the program's business, not the web server's: several nodes may live in one process.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
