using System.Buffers.Binary;
using System.Text;

namespace Starling.Core.Wire.MessagePack;

/// <summary>Writes msgpack into a span that the caller made large enough; integers take the smallest form.</summary>
/// <param name="destination">At least as many bytes as will be written.</param>
internal ref struct MsgpackWriter(Span<byte> destination)
{
    private readonly Span<byte> destination = destination;

    /// <summary>Bytes written so far.</summary>
    public int Written { get; private set; }

    /// <summary>The most bytes that a header or an integer takes.</summary>
    public const int MaxHeaderBytes = 9;

    public void MapHeader(int count)
    {
        if (count < 16)
        {
            Byte((byte)(0x80 | count));
        }
        else
        {
            Wide(0xde, 0xdf, (uint)count);
        }
    }

    public void ArrayHeader(int count)
    {
        if (count < 16)
        {
            Byte((byte)(0x90 | count));
        }
        else
        {
            Wide(0xdc, 0xdd, (uint)count);
        }
    }

    /// <summary>A string out of its UTF-8 bytes.</summary>
    public void Text(ReadOnlySpan<byte> utf8)
    {
        TextHeader(utf8.Length);
        utf8.CopyTo(destination[Written..]);
        Written += utf8.Length;
    }

    public void Text(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        TextHeader(length);
        Written += Encoding.UTF8.GetBytes(text, destination.Slice(Written, length));
    }

    public void Unsigned(ulong value)
    {
        switch (value)
        {
            case < 128:
                Byte((byte)value);
                break;
            case <= byte.MaxValue:
                Byte(0xcc);
                Byte((byte)value);
                break;
            case <= ushort.MaxValue:
                Byte(0xcd);
                BinaryPrimitives.WriteUInt16BigEndian(destination[Written..], (ushort)value);
                Written += 2;
                break;
            case <= uint.MaxValue:
                Byte(0xce);
                BinaryPrimitives.WriteUInt32BigEndian(destination[Written..], (uint)value);
                Written += 4;
                break;
            default:
                Byte(0xcf);
                BinaryPrimitives.WriteUInt64BigEndian(destination[Written..], value);
                Written += 8;
                break;
        }
    }

    private void TextHeader(int length)
    {
        if (length < 32)
        {
            Byte((byte)(0xa0 | length));
        }
        else if (length <= byte.MaxValue)
        {
            Byte(0xd9);
            Byte((byte)length);
        }
        else
        {
            Wide(0xda, 0xdb, (uint)length);
        }
    }

    private void Wide(byte code16, byte code32, uint value)
    {
        if (value <= ushort.MaxValue)
        {
            Byte(code16);
            BinaryPrimitives.WriteUInt16BigEndian(destination[Written..], (ushort)value);
            Written += 2;
        }
        else
        {
            Byte(code32);
            BinaryPrimitives.WriteUInt32BigEndian(destination[Written..], value);
            Written += 4;
        }
    }

    private void Byte(byte value) => destination[Written++] = value;
}
