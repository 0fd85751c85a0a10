namespace Starling.Loader.Work;

/// <summary>The bytes that PUTs send: slices of one random block, repeated for larger objects, so that making data costs nothing.</summary>
internal sealed class PutData
{
    private const int BlockBytes = 1 << 20;
    private readonly byte[] block = new byte[BlockBytes];

    public PutData(Random random) => random.NextBytes(block);

    public Stream Open(long sizeBytes, long salt) => new RepeatingStream(block, sizeBytes, (int)((ulong)salt * 0x9E3779B97F4A7C15 % BlockBytes));

    private sealed class RepeatingStream(byte[] block, long length, int offset) : Stream
    {
        private long position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => position;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var start = (int)((offset + position) % block.Length);
            var count = (int)Math.Min(Math.Min(buffer.Length, length - position), block.Length - start);
            block.AsSpan(start, count).CopyTo(buffer);
            position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer.AsSpan(offset, count)));

        /// <summary>Straight from the block: the bytes are copied once, into the connection.</summary>
        public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            while (position < length)
            {
                var start = (int)((offset + position) % block.Length);
                var count = (int)Math.Min(length - position, block.Length - start);
                await destination.WriteAsync(block.AsMemory(start, count), cancellationToken);
                position += count;
            }
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
