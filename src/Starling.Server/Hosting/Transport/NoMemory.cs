using System.Buffers;

namespace Starling.Server.Hosting.Transport;

/// <summary>Memory that has a length and no content: for bytes that the web server only counts. Whoever touches it gets an exception and never a byte.</summary>
internal sealed class NoMemory : MemoryManager<byte>
{
    private static readonly NoMemory Only = new();

    private NoMemory()
    {
    }

    /// <summary>Up to <paramref name="lengthBytes"/> bytes of it.</summary>
    public static Memory<byte> Of(long lengthBytes) => Only.CreateMemory((int)Math.Min(lengthBytes, int.MaxValue));

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => throw new NotSupportedException("this memory stands for a part of a file and has no content");

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException("this memory stands for a part of a file and has no content");

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
