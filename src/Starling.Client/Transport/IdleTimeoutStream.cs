namespace Starling.Client.Transport;

/// <summary>A response body whose every read has a deadline, and whose failures say which node they concern.</summary>
internal sealed class IdleTimeoutStream(Stream inner, TimeSpan idleTimeout, TimeProvider time, string node) : Stream
{
    private CancellationTokenSource? idle;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        idleTimeout == Timeout.InfiniteTimeSpan ? ReadInnerAsync(buffer, cancellationToken) : ReadWithDeadlineAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            idle?.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadWithDeadlineAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        // One source for all reads, as long as it does not fire: a source and a timer per read would cost more than a small read itself.
        idle ??= new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        idle.CancelAfter(idleTimeout);
        using var linked = cancellation.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellation) : null;
        try
        {
            return await ReadInnerAsync(buffer, linked?.Token ?? idle.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (idle.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"{node} sent nothing for {idleTimeout.TotalSeconds:0.#}s in the middle of an object", error);
        }
        finally
        {
            if (!idle.TryReset())
            {
                idle.Dispose();
                idle = null;
            }
        }
    }

    private async ValueTask<int> ReadInnerAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            return await inner.ReadAsync(buffer, cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new UnreachableException(node, outcomeUnknown: true, $"{node}: connection broke in the middle of an object", error);
        }
    }
}
