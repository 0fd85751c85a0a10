using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Starling.Server.Hosting.Transport;

/// <summary>
/// The sending half of a connection: a flush sends what was written, right there, and waits only when the socket takes no more. The web server never
/// writes while it flushes, so at most one thread is in here, except for <see cref="CancelPendingFlush"/>.
/// </summary>
internal sealed class SocketOutput : PipeWriter, IFileBody
{
    /// <summary>After so many bytes without a pause a sender leaves the transport's thread to others.</summary>
    private const long FairShareBytes = 4 << 20;

    private readonly SocketConnection connection;
    private readonly SafeSocketHandle socket;
    private readonly MemoryPool<byte> pool;
    private readonly Queue<OutputPiece> pieces = new();
    private readonly ReadyGate writable = new();
    private OutputPiece? last;
    private SafeFileHandle? file;
    private long fileOffset;
    private long fileLeft;
    private long unflushed;
    private long queued;
    private long sentInOneGo;
    private volatile bool waiting;
    private volatile bool closed;
    private int flushCancelled;

    public SocketOutput(SocketConnection connection, SafeSocketHandle socket, MemoryPool<byte> pool)
    {
        this.connection = connection;
        this.socket = socket;
        this.pool = pool;
    }

    private enum Progress
    {
        Done,
        SocketFull,
        LeaveThread,
        Closed,
    }

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => unflushed;

    /// <inheritdoc/>
    public string? Failure { get; private set; }

    /// <summary>The socket takes bytes again, or never will.</summary>
    public void OnWritable() => writable.Signal();

    /// <inheritdoc/>
    public void Begin(SafeFileHandle file, long offset, long lengthBytes)
    {
        this.file = file;
        fileOffset = offset;
        fileLeft = lengthBytes;
        sentInOneGo = 0;
    }

    /// <inheritdoc/>
    public bool Owns(ReadOnlyMemory<byte> memory) => MemoryMarshal.TryGetMemoryManager<byte, NoMemory>(memory, out _);

    /// <inheritdoc/>
    public void End()
    {
        file = null;
        fileLeft = 0;
        foreach (var piece in pieces)
        {
            if (piece.File is not null)
            {
                Close("the content was not sent to its end");
                return;
            }
        }
    }

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (fileLeft > 0)
        {
            return NoMemory.Of(fileLeft);
        }

        if (last is null || last.Memory.Length - last.Filled < Math.Max(sizeHint, 1))
        {
            last = new OutputPiece(sizeHint <= pool.MaxBufferSize ? pool.Rent(Math.Max(sizeHint, 1)) : MemoryPool<byte>.Shared.Rent(sizeHint));
            pieces.Enqueue(last);
        }

        return last.Memory[last.Filled..];
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        unflushed += bytes;
        queued += bytes;
        if (fileLeft > 0)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, fileLeft);
            pieces.Enqueue(new OutputPiece(file!, fileOffset, bytes));
            last = null;
            fileOffset += bytes;
            fileLeft -= bytes;
        }
        else if (bytes > 0)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, last is null ? 0 : last.Memory.Length - last.Filled);
            last!.Filled += bytes;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        unflushed = 0;
        var progress = cancellationToken.IsCancellationRequested ? Progress.SocketFull : Send();
        return progress is Progress.Done or Progress.Closed && Volatile.Read(ref flushCancelled) == 0
            ? new ValueTask<FlushResult>(new FlushResult(isCanceled: false, isCompleted: progress == Progress.Closed))
            : FlushSlowlyAsync(progress, cancellationToken);
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush()
    {
        Volatile.Write(ref flushCancelled, 1);
        SignalElsewhere();
    }

    /// <summary>Nothing more will be written; what was written and never flushed is sent as far as the socket takes it.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (!closed && !waiting && exception is null && fileLeft == 0 && pieces.Count > 0)
        {
            Send();
        }

        closed = true;
    }

    /// <summary>Gives all blocks back. Those of a flush that nobody waited for are left to the garbage collector.</summary>
    public void Release()
    {
        closed = true;
        if (waiting)
        {
            return;
        }

        while (pieces.TryDequeue(out var piece))
        {
            piece.Release();
        }

        last = null;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FlushResult> FlushSlowlyAsync(Progress progress, CancellationToken cancellationToken)
    {
        using var cancellation = cancellationToken.UnsafeRegister(static output => ((SocketOutput)output!).SignalElsewhere(), this);
        while (true)
        {
            if (Interlocked.Exchange(ref flushCancelled, 0) == 1)
            {
                return new FlushResult(isCanceled: true, isCompleted: closed);
            }

            // What is left stays in order: the next flush goes on with it.
            cancellationToken.ThrowIfCancellationRequested();
            switch (progress)
            {
                case Progress.Done:
                    return new FlushResult(isCanceled: false, isCompleted: false);
                case Progress.Closed:
                    return new FlushResult(isCanceled: false, isCompleted: true);
                default:
                    waiting = true;
                    await PauseAsync(progress);
                    waiting = false;
                    break;
            }

            sentInOneGo = 0;
            progress = Send();
        }
    }

    private ValueTask PauseAsync(Progress progress) => progress == Progress.LeaveThread ? LeaveThreadAsync() : writable.WaitAsync();

    private static async ValueTask LeaveThreadAsync() => await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    /// <summary>Sends until everything is sent or the socket is full.</summary>
    private Progress Send()
    {
        while (!closed && pieces.TryPeek(out var piece))
        {
            var progress = piece.Left == 0 ? Progress.Done : piece.File is null ? SendBlock(piece) : SendPart(piece, piece.File);
            if (progress != Progress.Done)
            {
                return progress;
            }

            pieces.Dequeue();
            last = last == piece ? null : last;
            piece.Release();
        }

        return closed ? Progress.Closed : Progress.Done;
    }

    private unsafe Progress SendBlock(OutputPiece piece)
    {
        using var pin = piece.Memory.Pin();
        while (piece.Left > 0)
        {
            nint count;
            try
            {
                count = SocketCalls.Send(socket, (byte*)pin.Pointer + piece.Sent, (nint)piece.Left, SocketCalls.NoSignal | (queued > piece.Left ? SocketCalls.More : 0));
            }
            catch (ObjectDisposedException)
            {
                return Gone();
            }

            if (count >= 0)
            {
                piece.Sent += (int)count;
                queued -= count;
            }
            else if (SocketCalls.LastError is var error && error != SocketCalls.Interrupted)
            {
                return error == SocketCalls.TryAgain ? Progress.SocketFull : Gone();
            }
        }

        return Progress.Done;
    }

    private unsafe Progress SendPart(OutputPiece piece, SafeFileHandle source)
    {
        try
        {
            while (piece.FileLeft > 0)
            {
                if (!Thread.CurrentThread.IsThreadPoolThread && (sentInOneGo >= FairShareBytes || !SocketCalls.IsInMemory(source, piece.FileOffset + piece.FileLeft - 1)))
                {
                    return Progress.LeaveThread;
                }

                var offset = piece.FileOffset;
                var count = SocketCalls.SendFile(socket, source, &offset, (nint)piece.FileLeft);
                if (count > 0)
                {
                    piece.FileOffset += count;
                    piece.FileLeft -= count;
                    queued -= count;
                    sentInOneGo += count;
                }
                else if (count == 0)
                {
                    // Headers are out: the only honest way to say that the file is shorter than its record is to break the connection.
                    return Close("the file is shorter than its record");
                }
                else if (SocketCalls.LastError is var error && error != SocketCalls.Interrupted)
                {
                    return error switch
                    {
                        SocketCalls.TryAgain => Progress.SocketFull,
                        SocketCalls.BrokenPipe or SocketCalls.ConnectionReset => Gone(),
                        _ => Close($"sendfile failed with error {error}"),
                    };
                }
            }
        }
        catch (ObjectDisposedException)
        {
            return Close("the file or the connection was closed meanwhile");
        }

        return Progress.Done;
    }

    /// <summary>Whoever cancels may hold locks: what waits goes on where nothing is held.</summary>
    private void SignalElsewhere() => ThreadPool.UnsafeQueueUserWorkItem(static output => output.writable.Signal(), this, preferLocal: false);

    private Progress Gone()
    {
        closed = true;
        return Progress.Closed;
    }

    private Progress Close(string why)
    {
        closed = true;
        Failure = why;
        connection.Abort(new Microsoft.AspNetCore.Connections.ConnectionAbortedException(why));
        return Progress.Closed;
    }
}
