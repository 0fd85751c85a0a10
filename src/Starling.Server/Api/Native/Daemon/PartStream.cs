namespace Starling.Server.Api.Native.Daemon;

/// <summary>A number of bytes of a file from where it stands: what is written to the file meanwhile, as to a log, is not part of it.</summary>
internal sealed class PartStream(FileStream file, long length) : Stream
{
    private readonly long start = file.Position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => file.Position - start;
        set => file.Position = start + value;
    }

    public override int Read(Span<byte> buffer) => file.Read(buffer[..Fitting(buffer.Length)]);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => file.ReadAsync(buffer[..Fitting(buffer.Length)], cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) =>
        Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => Position + offset, _ => Length + offset };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException("a part of a file is read only");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("a part of a file is read only");

    private int Fitting(int count) => (int)Math.Clamp(length - Position, 0, count);
}
