using System.Buffers.Binary;
using Starling.Core.Hashing;
using Starling.Protocol.Identity;

namespace Starling.Cluster.Log;

/// <summary>The bytes of <see cref="FrameFile"/>.</summary>
internal static class FrameFormat
{
    public const int HeaderBytes = 40;
    public const int FrameHeaderBytes = 24;
    public const uint FrameMark = 0x464c_5453;

    public static ReadOnlySpan<byte> Magic => "STRLCTLG"u8;

    public static ulong Seed(Incarnation incarnation) => (ulong)incarnation.Value ^ (ulong)(incarnation.Value >> 64);

    public static byte[] Header(Incarnation incarnation)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), FrameFile.FormatVersion);
        BinaryPrimitives.WriteUInt128LittleEndian(header.AsSpan(16), incarnation.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(32), XxHash64Seeded.Hash(header.AsSpan(0, 32), 0));
        return header;
    }

    public static byte[] Frame(ReadOnlySpan<byte> content, ulong number, ulong seed)
    {
        var frame = new byte[FrameHeaderBytes + content.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, FrameMark);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), (uint)content.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(8), number);
        content.CopyTo(frame.AsSpan(FrameHeaderBytes));
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(16), Checksum(frame, seed));
        return frame;
    }

    /// <summary>Reads the frame at the beginning of the bytes; false when there is no whole and undamaged one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ulong seed, out ulong number, out ReadOnlySpan<byte> content)
    {
        number = 0;
        content = default;
        if (bytes.Length < FrameHeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != FrameMark)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (length > bytes.Length - FrameHeaderBytes)
        {
            return false;
        }

        var frame = bytes[..(FrameHeaderBytes + (int)length)];
        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]) != Checksum(frame, seed))
        {
            return false;
        }

        number = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        content = frame[FrameHeaderBytes..];
        return true;
    }

    private static ulong Checksum(ReadOnlySpan<byte> frame, ulong seed) =>
        XxHash64Seeded.Hash(frame[FrameHeaderBytes..], XxHash64Seeded.Hash(frame[..16], seed));
}
