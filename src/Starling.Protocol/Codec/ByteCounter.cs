using System.Buffers;

namespace Starling.Protocol.Codec;

/// <summary>Takes bytes only to count them.</summary>
internal sealed class ByteCounter : IBufferWriter<byte>
{
    private byte[] scratch = new byte[512];

    /// <summary>How many bytes were written.</summary>
    public int CountBytes { get; private set; }

    public void Advance(int count) => CountBytes += count;

    public Memory<byte> GetMemory(int sizeHint = 0) => Scratch(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => Scratch(sizeHint);

    private byte[] Scratch(int sizeHint)
    {
        if (sizeHint > scratch.Length)
        {
            scratch = new byte[sizeHint];
        }

        return scratch;
    }
}
