using System.Net.Sockets;

namespace Starling.Gateway.Routing;

/// <summary>
/// A connection that carries nothing and tells by its end that the other process has ended: the kernel closes it at once when the process dies, and finds
/// out by itself within some seconds when the machine is gone. As long as nothing happens it costs no process anything.
/// </summary>
public static class ConnectionWatch
{
    private const int KeepAliveSeconds = 1;
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(1);

    /// <summary>Connects and returns when the connection has ended or could not be made, for whatever reason; never faults.</summary>
    /// <param name="url">Host and port of the other side.</param>
    /// <param name="cancellationToken">Ends the watch; the task then completes too.</param>
    public static async Task UntilBrokenAsync(Uri url, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(url);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 1);
        try
        {
            using (var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
            {
                limit.CancelAfter(ConnectWithin);
                await socket.ConnectAsync(url.Host, url.Port, limit.Token);
            }

            // Nothing is ever sent on it: whatever comes, even a byte, means that it is of no use any more.
            await socket.ReceiveAsync(new byte[1].AsMemory(), cancellationToken);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            // Broken: that is the answer.
        }
    }
}
