using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Starling.Server.Hosting.Transport;

/// <summary>Accepts connections on one address.</summary>
internal sealed class SocketListener : IConnectionListener
{
    private static readonly TimeSpan BackOff = TimeSpan.FromMilliseconds(100);

    private readonly Socket listening;
    private readonly SocketLoop loop;
    private readonly MemoryPool<byte> pool;
    private readonly ILogger log;
    private readonly CancellationTokenSource unbound = new();
    private long accepted;

    public SocketListener(Socket listening, SocketLoop loop, MemoryPool<byte> pool, ILogger log)
    {
        this.listening = listening;
        this.loop = loop;
        this.pool = pool;
        this.log = log;
        EndPoint = listening.LocalEndPoint!;
    }

    /// <inheritdoc/>
    public EndPoint EndPoint { get; }

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Socket? socket = null;
            try
            {
                socket = await listening.AcceptAsync(cancellationToken);
                socket.NoDelay = true;
                socket.Blocking = false;
                return new SocketConnection(socket, loop, pool, ++accepted);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException)
            {
                socket?.Dispose();
                if (unbound.IsCancellationRequested)
                {
                    return null;
                }

                if (error is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted })
                {
                    // The client left before its turn came.
                    continue;
                }

                // Out of descriptors or of memory: those waiting in the backlog are taken as soon as others have left, and nothing spins meanwhile.
                log.LogWarning("a connection on {EndPoint} could not be accepted, trying again in {Milliseconds} ms: {Reason}", EndPoint, BackOff.TotalMilliseconds, error.Message);
            }

            if (!await PauseAsync())
            {
                return null;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        unbound.Cancel();
        listening.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => UnbindAsync();

    private async ValueTask<bool> PauseAsync()
    {
        try
        {
            await Task.Delay(BackOff, unbound.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
