using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Starling.Server.Hosting.Transport;

/// <summary>The transport that the web server listens with: all its listeners share one <see cref="SocketLoop"/> and one pool of blocks.</summary>
internal sealed class SocketTransport : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    private const int Backlog = 512;
    private readonly ILogger<SocketTransport> log;
    private readonly LargeBlockPool pool = new();
    private readonly Lazy<SocketLoop> loop = new(() => new SocketLoop(Math.Clamp(Environment.ProcessorCount, 2, 16)));

    public SocketTransport(ILogger<SocketTransport> log) => this.log = log;

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket listening;
        try
        {
            listening = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(error.Message, error);
        }

        listening.Listen(Backlog);
        return new ValueTask<IConnectionListener>(new SocketListener(listening, loop.Value, pool, log));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (loop.IsValueCreated)
        {
            loop.Value.Dispose();
        }

        pool.Dispose();
    }
}
