using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Starling.Protocol.Codec;

/// <summary>
/// Primitives of the binary format that log files, snapshots and messages between nodes share: little-endian fixed integers, variable-length integers
/// (7 bits per byte, signed ones in zigzag), length-prefixed UTF-8. Equal values have equal bytes.
/// </summary>
/// <param name="output">Where the bytes go.</param>
public sealed class CodecWriter(IBufferWriter<byte> output)
{
    /// <summary>One byte.</summary>
    public void Byte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    /// <summary>One byte, 0 or 1.</summary>
    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>Two bytes.</summary>
    public void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(output.GetSpan(2), value);
        output.Advance(2);
    }

    /// <summary>Eight bytes.</summary>
    public void UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(output.GetSpan(8), value);
        output.Advance(8);
    }

    /// <summary>Sixteen bytes.</summary>
    public void UInt128(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(output.GetSpan(16), value);
        output.Advance(16);
    }

    /// <summary>One to ten bytes.</summary>
    public void VarUInt64(ulong value)
    {
        var span = output.GetSpan(10);
        var length = 0;
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        output.Advance(length);
    }

    /// <summary>One to ten bytes, short for small numbers of either sign.</summary>
    public void VarInt64(long value) => VarUInt64((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>The length of a list; the items follow.</summary>
    public void Count(int count) => VarUInt64((ulong)count);

    /// <summary>Length and UTF-8 bytes.</summary>
    public void String(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var length = Encoding.UTF8.GetByteCount(value);
        VarUInt64((ulong)length);
        Encoding.UTF8.GetBytes(value, output.GetSpan(length));
        output.Advance(length);
    }

    /// <summary>Length and bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        VarUInt64((ulong)value.Length);
        output.Write(value);
    }
}
