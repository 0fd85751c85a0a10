using System.Buffers.Binary;
using System.Text;

namespace Starling.Core.Wire.MessagePack;

/// <summary>
/// Reads msgpack that somebody else wrote. Nothing is thrown and nothing is allocated for what the input merely announces: the first thing that is
/// wrong stays in <see cref="Error"/>, and every later call fails.
/// </summary>
/// <param name="bytes">The input.</param>
internal ref struct MsgpackReader(ReadOnlySpan<byte> bytes)
{
    private const int MaxDepth = 32;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private int position;

    /// <summary>What is wrong and where; null while nothing is.</summary>
    public string? Error { get; private set; }

    /// <summary>Bytes that are left.</summary>
    public readonly int Remaining => bytes.Length - position;

    /// <summary>Reads the length of a map; nil is an empty one.</summary>
    public bool TryMapHeader(out int count) => TryHeader(0x80, 0xde, bytesPerItem: 2, "a map", out count);

    /// <summary>Reads the length of an array; nil is an empty one.</summary>
    public bool TryArrayHeader(out int count) => TryHeader(0x90, 0xdc, bytesPerItem: 1, "an array", out count);

    /// <summary>Reads a string or binary as bytes of the input; nil is empty.</summary>
    public bool TryTextBytes(out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!TryTake(1, out var code))
        {
            return false;
        }

        switch (code[0])
        {
            case 0xc0:
                return true;
            case >= 0xa0 and <= 0xbf:
                return TryTake((uint)code[0] & 0x1f, out text);
            case 0xd9 or 0xc4:
                return TryTake(1, out var one) && TryTake(one[0], out text);
            case 0xda or 0xc5:
                return TryTake(2, out var two) && TryTake(BinaryPrimitives.ReadUInt16BigEndian(two), out text);
            case 0xdb or 0xc6:
                return TryTake(4, out var four) && TryTake(BinaryPrimitives.ReadUInt32BigEndian(four), out text);
            default:
                return Fail($"byte 0x{code[0]:x2} where a string was expected");
        }
    }

    /// <summary>Reads a string; nil is empty.</summary>
    public bool TryText(out string text)
    {
        text = string.Empty;
        if (!TryTextBytes(out var utf8))
        {
            return false;
        }

        try
        {
            text = Strict.GetString(utf8);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return Fail("a string that is not UTF-8");
        }
    }

    /// <summary>Reads an integer of any width; nil is 0. Unsigned ones beyond 63 bits are refused.</summary>
    public bool TryInteger(out long value)
    {
        value = 0;
        if (!TryTake(1, out var code))
        {
            return false;
        }

        var width = code[0] switch { 0xcc or 0xd0 => 1u, 0xcd or 0xd1 => 2u, 0xce or 0xd2 => 4u, 0xcf or 0xd3 => 8u, _ => 0u };
        if (!TryTake(width, out var data))
        {
            return false;
        }

        switch (code[0])
        {
            case <= 0x7f:
                value = code[0];
                return true;
            case >= 0xe0:
                value = (sbyte)code[0];
                return true;
            case 0xc0:
                return true;
            case 0xcc:
                value = data[0];
                return true;
            case 0xcd:
                value = BinaryPrimitives.ReadUInt16BigEndian(data);
                return true;
            case 0xce:
                value = BinaryPrimitives.ReadUInt32BigEndian(data);
                return true;
            case 0xcf:
                value = BinaryPrimitives.ReadInt64BigEndian(data);
                return value >= 0 || Fail("an unsigned integer beyond 63 bits");
            case 0xd0:
                value = (sbyte)data[0];
                return true;
            case 0xd1:
                value = BinaryPrimitives.ReadInt16BigEndian(data);
                return true;
            case 0xd2:
                value = BinaryPrimitives.ReadInt32BigEndian(data);
                return true;
            case 0xd3:
                value = BinaryPrimitives.ReadInt64BigEndian(data);
                return true;
            default:
                return Fail($"byte 0x{code[0]:x2} where an integer was expected");
        }
    }

    /// <summary>Skips one value of any kind, nested ones down to a bounded depth.</summary>
    public bool TrySkip(int depth = 0)
    {
        if (depth > MaxDepth)
        {
            return Fail($"nested deeper than {MaxDepth} levels");
        }

        if (Remaining == 0)
        {
            return Fail("ends too early");
        }

        var code = bytes[position];
        switch (code)
        {
            case >= 0x80 and <= 0x8f or 0xde or 0xdf:
                return TryMapHeader(out var pairs) && TrySkipItems(pairs * 2, depth);
            case >= 0x90 and <= 0x9f or 0xdc or 0xdd:
                return TryArrayHeader(out var items) && TrySkipItems(items, depth);
            case >= 0xa0 and <= 0xbf or >= 0xd9 and <= 0xdb or >= 0xc4 and <= 0xc6:
                return TryTextBytes(out _);
            case 0xc1:
                return Fail("byte 0xc1, which is never used");
            case >= 0xc7 and <= 0xc9:
                return TrySkipExtension(code);
            default:
                return TryTake(1 + SizeOfScalar(code), out _);
        }
    }

    private static uint SizeOfScalar(byte code) => code switch
    {
        0xcc or 0xd0 => 1,
        0xcd or 0xd1 => 2,
        0xca or 0xce or 0xd2 => 4,
        0xcb or 0xcf or 0xd3 => 8,
        0xd4 => 2,
        0xd5 => 3,
        0xd6 => 5,
        0xd7 => 9,
        0xd8 => 17,
        _ => 0,
    };

    private bool TrySkipItems(int count, int depth)
    {
        for (; count > 0; count--)
        {
            if (!TrySkip(depth + 1))
            {
                return false;
            }
        }

        return true;
    }

    private bool TrySkipExtension(byte code)
    {
        var width = 1u << (code - 0xc7);
        if (!TryTake(1, out _) || !TryTake(width, out var size))
        {
            return false;
        }

        var length = width switch { 1 => size[0], 2 => BinaryPrimitives.ReadUInt16BigEndian(size), _ => BinaryPrimitives.ReadUInt32BigEndian(size) };
        return TryTake(1 + (ulong)length, out _);
    }

    private bool TryHeader(byte fix, byte wide, int bytesPerItem, string what, out int count)
    {
        count = 0;
        if (!TryTake(1, out var code))
        {
            return false;
        }

        uint announced;
        if (code[0] == 0xc0)
        {
            return true;
        }
        else if ((code[0] & 0xf0) == fix)
        {
            announced = (uint)code[0] & 0x0f;
        }
        else if (code[0] == wide && TryTake(2, out var two))
        {
            announced = BinaryPrimitives.ReadUInt16BigEndian(two);
        }
        else if (code[0] == wide + 1 && TryTake(4, out var four))
        {
            announced = BinaryPrimitives.ReadUInt32BigEndian(four);
        }
        else
        {
            return Fail($"byte 0x{code[0]:x2} where {what} was expected");
        }

        if (announced > (uint)(Remaining / bytesPerItem))
        {
            return Fail($"{announced} items are announced where {Remaining} bytes are left");
        }

        count = (int)announced;
        return true;
    }

    private bool TryTake(ulong count, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (Error is not null)
        {
            return false;
        }

        if (count > (ulong)Remaining)
        {
            return Fail($"{count} bytes are expected where {Remaining} are left");
        }

        taken = bytes.Slice(position, (int)count);
        position += (int)count;
        return true;
    }

    private bool Fail(string what)
    {
        Error ??= $"invalid msgpack at byte {position}: {what}";
        return false;
    }
}
