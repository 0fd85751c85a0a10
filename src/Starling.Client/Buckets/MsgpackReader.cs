using System.Buffers.Binary;
using System.Text;

namespace Starling.Client.Buckets;

/// <summary>Reads the few msgpack forms that pages of listings are made of.</summary>
internal ref struct MsgpackReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    public bool AtEnd => rest.IsEmpty;

    public int ReadMapHeader() => ReadHeader(0x80, 0x0f, 0xde, "a map");

    /// <summary>Length of an array; 0 for nil.</summary>
    public int ReadArrayHeader()
    {
        if (!rest.IsEmpty && rest[0] == 0xc0)
        {
            rest = rest[1..];
            return 0;
        }

        return ReadHeader(0x90, 0x0f, 0xdc, "an array");
    }

    public string ReadString()
    {
        var code = Take(1)[0];
        var length = code switch
        {
            0xc0 => 0,
            >= 0xa0 and <= 0xbf => code & 0x1f,
            0xd9 or 0xc4 => Take(1)[0],
            0xda or 0xc5 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xdb or 0xc6 => checked((int)BinaryPrimitives.ReadUInt32BigEndian(Take(4))),
            _ => throw Unexpected(code, "a string"),
        };
        return Encoding.UTF8.GetString(Take(length));
    }

    public long ReadInteger()
    {
        var code = Take(1)[0];
        return code switch
        {
            <= 0x7f => code,
            >= 0xe0 => (sbyte)code,
            0xcc => Take(1)[0],
            0xcd => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xce => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            0xcf => unchecked((long)BinaryPrimitives.ReadUInt64BigEndian(Take(8))),
            0xd0 => (sbyte)Take(1)[0],
            0xd1 => BinaryPrimitives.ReadInt16BigEndian(Take(2)),
            0xd2 => BinaryPrimitives.ReadInt32BigEndian(Take(4)),
            0xd3 => BinaryPrimitives.ReadInt64BigEndian(Take(8)),
            _ => throw Unexpected(code, "an integer"),
        };
    }

    /// <summary>Skips one scalar; maps and arrays of unknown keys are not part of this format.</summary>
    public void SkipScalar()
    {
        var code = rest.IsEmpty ? throw new FormatException("msgpack: ends too early") : rest[0];
        switch (code)
        {
            case 0xc0 or 0xc2 or 0xc3:
                Take(1);
                break;
            case >= 0xa0 and <= 0xbf or >= 0xd9 and <= 0xdb or >= 0xc4 and <= 0xc6:
                ReadString();
                break;
            case 0xca:
                Take(5);
                break;
            case 0xcb:
                Take(9);
                break;
            default:
                ReadInteger();
                break;
        }
    }

    private int ReadHeader(byte fix, byte mask, byte wide, string what)
    {
        var code = Take(1)[0];
        if ((code & ~mask) == fix)
        {
            return code & mask;
        }

        return code == wide ? BinaryPrimitives.ReadUInt16BigEndian(Take(2))
            : code == wide + 1 ? checked((int)BinaryPrimitives.ReadUInt32BigEndian(Take(4)))
            : throw Unexpected(code, what);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > rest.Length)
        {
            throw new FormatException($"msgpack: {count} bytes wanted where {rest.Length} are left");
        }

        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    private static FormatException Unexpected(byte code, string wanted) => new($"msgpack: byte 0x{code:x2} where {wanted} was expected");
}
