using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Starling.Server.Hosting.Transport;

/// <summary>One accepted connection: a pipe filled by its receiving loop, and an output that sends directly.</summary>
internal sealed class SocketConnection : DefaultConnectionContext, IMemoryPoolFeature, IConnectionSocketFeature
{
    private const long PauseAtBytes = 1 << 20;

    private readonly SocketLoop loop;
    private readonly Pipe input;
    private readonly SocketOutput output;
    private readonly ReadyGate readable = new();
    private readonly CancellationTokenSource closed = new();
    private readonly long loopId;
    private readonly Task receiving;
    private volatile bool peerHungUp;
    private volatile ConnectionAbortedException? aborted;
    private int closing;
    private int disposing;

    /// <summary>Takes over a socket and starts to receive.</summary>
    /// <exception cref="IOException">The socket cannot be watched; the caller closes it.</exception>
    public SocketConnection(Socket socket, SocketLoop loop, MemoryPool<byte> pool, long number)
        : base(string.Create(CultureInfo.InvariantCulture, $"c{number:x}"))
    {
        this.loop = loop;
        Socket = socket;
        MemoryPool = pool;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        ConnectionClosed = closed.Token;
        input = new Pipe(new PipeOptions(pool, PipeScheduler.Inline, PipeScheduler.Inline, PauseAtBytes, PauseAtBytes / 2, LargeBlockPool.BlockBytes, useSynchronizationContext: false));
        output = new SocketOutput(this, socket.SafeHandle, pool);
        Transport = new Duplex(input.Reader, output);
        Features.Set<IMemoryPoolFeature>(this);
        Features.Set<IConnectionSocketFeature>(this);
        loopId = loop.Add(this, socket.SafeHandle);
        receiving = ReceiveAsync();
    }

    /// <inheritdoc/>
    public MemoryPool<byte> MemoryPool { get; }

    /// <inheritdoc/>
    public Socket Socket { get; }

    /// <summary>Sends parts of files; only for connections whose bytes go out as they are.</summary>
    public IFileBody FileBody => output;

    /// <summary>What the kernel says of the socket; runs what waits for it.</summary>
    public void OnEvents(uint events)
    {
        const uint Over = SocketCalls.EventError | SocketCalls.EventHangUp;
        if ((events & (Over | SocketCalls.EventPeerHangUp)) != 0)
        {
            peerHungUp = true;
        }

        if ((events & (SocketCalls.EventOut | Over)) != 0)
        {
            output.OnWritable();
        }

        if ((events & (SocketCalls.EventIn | SocketCalls.EventPeerHangUp | Over)) != 0)
        {
            readable.Signal();
        }
    }

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        aborted ??= abortReason;
        ShutDown();
        AnnounceClosed();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposing, 1) == 1)
        {
            return;
        }

        await input.Reader.CompleteAsync();
        output.Complete();
        ShutDown();
        await receiving;
        loop.Remove(loopId);
        output.Release();

        // After an abort the client must not take what it got for all: a reset says so even when the kernel still held bytes.
        Socket.Close(aborted is null ? -1 : 0);
        await base.DisposeAsync();
    }

    private async Task ReceiveAsync()
    {
        Exception? failure = null;
        try
        {
            do
            {
                await readable.WaitAsync();
            }
            while (await DrainAsync());
        }
        catch (IOException error)
        {
            failure = error;
        }
        catch (ObjectDisposedException error)
        {
            failure = new ConnectionAbortedException("the connection was closed here", error);
        }

        await input.Writer.CompleteAsync(aborted ?? failure);
        AnnounceClosed();
    }

    /// <summary>Receives until the socket has no more; false at the end of the connection.</summary>
    private async ValueTask<bool> DrainAsync()
    {
        while (true)
        {
            var memory = input.Writer.GetMemory(LargeBlockPool.BlockBytes / 2);
            var count = Receive(memory);
            if (count <= 0)
            {
                return count < 0;
            }

            input.Writer.Advance(count);
            var flushed = await input.Writer.FlushAsync();
            if (flushed.IsCompleted || flushed.IsCanceled)
            {
                return false;
            }

            // A short read emptied the socket, and whatever comes later brings an event of its own; only the end may have come together with the bytes.
            if (count < memory.Length && !peerHungUp)
            {
                return true;
            }
        }
    }

    /// <summary>Bytes received; 0 at the end, negative when there are none yet.</summary>
    private unsafe int Receive(Memory<byte> memory)
    {
        using var pin = memory.Pin();
        while (true)
        {
            var count = SocketCalls.Receive(Socket.SafeHandle, (byte*)pin.Pointer, memory.Length, 0);
            if (count >= 0)
            {
                return (int)count;
            }

            switch (SocketCalls.LastError)
            {
                case SocketCalls.Interrupted:
                    continue;
                case SocketCalls.TryAgain:
                    return -1;
                case var error:
                    throw new ConnectionResetException($"the connection failed with error {error}");
            }
        }
    }

    /// <summary>Ends both directions: whoever waits for the socket is woken by that.</summary>
    private void ShutDown()
    {
        if (Interlocked.Exchange(ref closing, 1) == 1)
        {
            return;
        }

        try
        {
            Socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The other side was first; its end has been, or is being, seen as an event.
        }
    }

    /// <summary>Tells the web server, on a thread that holds nothing, that nobody listens any more.</summary>
    private void AnnounceClosed() => ThreadPool.UnsafeQueueUserWorkItem(
        static connection =>
        {
            if (connection.aborted is not null)
            {
                connection.output.OnWritable();
                connection.input.Writer.CancelPendingFlush();
                connection.readable.Signal();
            }

            connection.closed.Cancel();
        },
        this,
        preferLocal: false);

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
