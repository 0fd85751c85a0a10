using System.Buffers.Binary;
using System.Text;

namespace Starling.Protocol.Codec;

/// <summary>Reads what <see cref="CodecWriter"/> wrote. Every method throws <see cref="CodecException"/>, and nothing else, when the bytes are not right.</summary>
public ref struct CodecReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly int length;
    private readonly string what;
    private ReadOnlySpan<byte> rest;

    /// <summary>Reads these bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="what">What they are, for messages, for example "log entry".</param>
    public CodecReader(ReadOnlySpan<byte> bytes, string what)
    {
        rest = bytes;
        length = bytes.Length;
        this.what = what;
    }

    /// <summary>How many bytes are left.</summary>
    public readonly int Remaining => rest.Length;

    /// <summary>One byte.</summary>
    public byte Byte() => Take(1)[0];

    /// <summary>One byte, 0 or 1.</summary>
    public bool Bool() => Byte() switch
    {
        0 => false,
        1 => true,
        var other => throw Error($"{other} is neither false nor true"),
    };

    /// <summary>Two bytes.</summary>
    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    /// <summary>Eight bytes.</summary>
    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>Sixteen bytes.</summary>
    public UInt128 UInt128() => BinaryPrimitives.ReadUInt128LittleEndian(Take(16));

    /// <summary>A variable-length integer.</summary>
    public ulong VarUInt64()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = Byte();
            if (shift == 63 && part > 1)
            {
                break;
            }

            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        throw Error("an integer is longer than 64 bits");
    }

    /// <summary>A signed variable-length integer.</summary>
    public long VarInt64()
    {
        var value = VarUInt64();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A variable-length integer that fits 32 bits.</summary>
    public int Int32()
    {
        var value = VarInt64();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Error($"{value} does not fit 32 bits");
    }

    /// <summary>The length of a list; refused when the bytes left cannot hold that many items.</summary>
    public int Count()
    {
        var count = VarUInt64();
        return count <= (ulong)rest.Length ? (int)count : throw Error($"a list of {count} items cannot fit the {rest.Length} bytes left");
    }

    /// <summary>A string.</summary>
    public string String()
    {
        var bytes = Bytes();
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw Error("a string is not valid UTF-8", exception);
        }
    }

    /// <summary>Length and bytes; the result lies in the bytes being read.</summary>
    public ReadOnlySpan<byte> Bytes() => Take(Count());

    /// <summary>A 16-bit format version; one newer than known is refused by name.</summary>
    /// <param name="newestKnown">The newest that this build reads; the oldest is 1.</param>
    public ushort FormatVersion(ushort newestKnown)
    {
        var version = UInt16();
        if (version == 0)
        {
            throw Error("format version 0 does not exist");
        }

        return version <= newestKnown ? version : throw Error($"format version {version} is newer than this build reads ({newestKnown}): use a newer build");
    }

    /// <summary>Checks that everything was read.</summary>
    public readonly void End()
    {
        if (rest.Length > 0)
        {
            throw Error($"{rest.Length} bytes too many");
        }
    }

    /// <summary>An error that says what was being read, and where.</summary>
    public readonly CodecException Error(string message, Exception? inner = null) => new($"{what}: {message} (at byte {length - rest.Length} of {length})", inner);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > rest.Length)
        {
            throw Error($"cut off: {count} more bytes expected, {rest.Length} left");
        }

        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}
