using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Starling.Server.Hosting.Transport;

/// <summary>Something that waits to be sent: bytes in a block, or a part of a file.</summary>
internal sealed class OutputPiece
{
    private IMemoryOwner<byte>? owner;

    /// <summary>A block to be filled.</summary>
    public OutputPiece(IMemoryOwner<byte> owner)
    {
        this.owner = owner;
        Memory = owner.Memory;
    }

    /// <summary>A part of a file.</summary>
    public OutputPiece(SafeFileHandle file, long offset, long lengthBytes)
    {
        File = file;
        FileOffset = offset;
        FileLeft = lengthBytes;
    }

    /// <summary>The block.</summary>
    public Memory<byte> Memory { get; private set; }

    /// <summary>Bytes of the block that were sent.</summary>
    public int Sent { get; set; }

    /// <summary>Bytes of the block that are filled.</summary>
    public int Filled { get; set; }

    /// <summary>The file; null for a block.</summary>
    public SafeFileHandle? File { get; }

    /// <summary>Where the unsent part of the file begins, bytes.</summary>
    public long FileOffset { get; set; }

    /// <summary>Bytes of the file that are not sent yet.</summary>
    public long FileLeft { get; set; }

    /// <summary>Bytes that are not sent yet.</summary>
    public long Left => File is null ? Filled - Sent : FileLeft;

    /// <summary>Gives the block back.</summary>
    public void Release()
    {
        Memory = default;
        owner?.Dispose();
        owner = null;
    }
}
