using System.Globalization;
using Starling.Core.Errors;

namespace Starling.Target.Neighbors;

/// <summary>
/// The body of an answer: exactly as many bytes as announced, each piece within a deadline of its own. What breaks off or stalls is a
/// <see cref="StoreException"/>, not an end.
/// </summary>
internal sealed class BoundedBody(HttpResponseMessage response, Stream body, long lengthBytes, string from, Action<long> counted) : Stream
{
    private static readonly TimeSpan PieceWithin = TimeSpan.FromSeconds(15);

    private long at;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => lengthBytes;

    public override long Position
    {
        get => at;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var left = lengthBytes - at;
        if (left == 0 || buffer.IsEmpty)
        {
            return 0;
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(PieceWithin);
        int count;
        try
        {
            count = await body.ReadAsync(left < buffer.Length ? buffer[..(int)left] : buffer, deadline.Token);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw Broken(error.Message, error);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw Broken($"nothing came for {PieceWithin.TotalSeconds} s", error);
        }

        at += count;
        return count > 0 ? count : throw Broken("it ended early", null);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read asynchronously");

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
            counted(at);
            response.Dispose();
        }

        base.Dispose(disposing);
    }

    private StoreException Broken(string why, Exception? inner) => new(new StoreError(
        ErrorCode.Unreachable, string.Create(CultureInfo.InvariantCulture, $"{from} broke off after {at} of {lengthBytes} bytes: {why}"), 1000), inner!);
}
