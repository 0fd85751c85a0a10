using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Starling.Core.Errors;
using Starling.Core.Hashing;
using Starling.Core.Names;
using Starling.Core.Objects;

namespace Starling.Storage.Objects;

/// <summary>Packs a record into its extended attribute and back. A single wrong bit is noticed, and a newer format is refused by name.</summary>
/// <remarks>
/// Little-endian: "STRL" | format version u16 | zero u16 | length of the whole u32 | XXH64 u64 | body. The checksum is that of the body, seeded with the
/// XXH64 (seed 0) of the 12 bytes before it. Body: kind u8, state u8, durability u8, zero u8 | bucket id u64, epoch i64, boot i64, sequence i64 | size i64 |
/// written i64, accessed i64 | uname, checksum type, checksum value, version | for a leftover: epoch i64, flags u8 (1: verified, 2: an index
/// follows), receiver, index i64 | count u16 of custom pairs,
/// each key, value. A string is a u16 length and its UTF-8 bytes.
/// </remarks>
public static class RecordCodec
{
    /// <summary>Name of the extended attribute.</summary>
    public const string AttributeName = "user.starling";

    /// <summary>Largest packed record, bytes: what ext4 keeps in one 4 KiB block beside its own headers.</summary>
    public const int MaxBytes = 3968;

    /// <summary>The format that this build writes.</summary>
    public const ushort FormatVersion = 1;

    private const int HeaderBytes = 20;
    private const byte VerifiedFlag = 1;
    private const byte IndexFlag = 2;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Packs a record into <paramref name="buffer"/> (at least <see cref="MaxBytes"/>); the number of bytes.</summary>
    /// <exception cref="StoreException">TooLarge: the custom metadata does not fit.</exception>
    public static int Encode(ObjectRecord record, Span<byte> buffer)
    {
        ArgumentNullException.ThrowIfNull(record);
        var writer = new Writer(buffer[..MaxBytes], record.Uname) { At = HeaderBytes };
        writer.Byte((byte)record.Kind);
        writer.Byte((byte)record.State);
        writer.Byte((byte)record.Durability);
        writer.Byte(0);
        writer.Number((long)record.Key.BucketId);
        writer.Number(record.Key.Epoch);
        writer.Number(record.Key.Boot);
        writer.Number(record.Key.Sequence);
        writer.Number(record.SizeBytes);
        writer.Number(record.WrittenTimeNs);
        writer.Number(record.AccessTimeNs);
        writer.Text(record.Uname);
        writer.Text(record.ChecksumType);
        writer.Text(record.ChecksumValue);
        writer.Text(record.Version);
        if (record.State == RecordState.Leftover)
        {
            var mark = record.Leftover ?? throw new ArgumentException("a leftover needs its mark", nameof(record));
            writer.Number(mark.Epoch);
            writer.Byte((byte)((mark.Verified ? VerifiedFlag : 0) | (mark.Index != 0 ? IndexFlag : 0)));
            writer.Text(mark.Receiver.Value);
            if (mark.Index != 0)
            {
                writer.Number(mark.Index);
            }
        }

        writer.Short(checked((ushort)record.Custom.Count));
        foreach (var (key, value) in record.Custom)
        {
            writer.Text(key);
            writer.Text(value);
        }

        "STRL"u8.CopyTo(buffer);
        BinaryPrimitives.WriteUInt16LittleEndian(buffer[4..], FormatVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(buffer[6..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer[8..], (uint)writer.At);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer[12..], Checksum(buffer[..writer.At]));
        return writer.At;
    }

    /// <summary>Unpacks a record; false with a reason that says what is wrong.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> data, [NotNullWhen(true)] out ObjectRecord? record, [NotNullWhen(false)] out string? error)
    {
        record = null;
        if (data.Length < HeaderBytes || !data[..4].SequenceEqual("STRL"u8))
        {
            error = "the metadata is not a record";
            return false;
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(data[4..]);
        if (version > FormatVersion)
        {
            error = $"the metadata has format version {version}, this build knows up to {FormatVersion}: start a newer build";
            return false;
        }

        if (version == 0
            || BinaryPrimitives.ReadUInt16LittleEndian(data[6..]) != 0
            || BinaryPrimitives.ReadUInt32LittleEndian(data[8..]) != data.Length
            || BinaryPrimitives.ReadUInt64LittleEndian(data[12..]) != Checksum(data))
        {
            error = "the checksum of the metadata does not match";
            return false;
        }

        try
        {
            record = DecodeBody(data);
            error = null;
            return true;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            // A correct checksum over nonsense: written by a faulty build; say so instead of guessing.
            error = $"the metadata is inconsistent: {exception.Message}";
            return false;
        }
    }

    private static ObjectRecord DecodeBody(ReadOnlySpan<byte> data)
    {
        var reader = new Reader(data) { At = HeaderBytes };
        var kind = (RecordKind)reader.Byte();
        var state = (RecordState)reader.Byte();
        var durability = (Durability)reader.Byte();
        if (!Enum.IsDefined(kind) || !Enum.IsDefined(state) || !Enum.IsDefined(durability) || reader.Byte() != 0)
        {
            throw new FormatException("unknown kind, state or durability");
        }

        var record = new ObjectRecord
        {
            Kind = kind,
            State = state,
            Durability = durability,
            Key = new RecordKey((ulong)reader.Number(), reader.Number(), reader.Number(), reader.Number()),
            SizeBytes = reader.Number(),
            WrittenTimeNs = reader.Number(),
            AccessTimeNs = reader.Number(),
            Uname = reader.Text(),
            ChecksumType = reader.Text(),
            ChecksumValue = reader.Text(),
            Version = reader.Text(),
            Leftover = state == RecordState.Leftover ? reader.Mark() : null,
            Custom = reader.Pairs(),
        };
        return reader.At == data.Length && record.SizeBytes >= 0 ? record : throw new FormatException("trailing bytes or a negative size");
    }

    private static ulong Checksum(ReadOnlySpan<byte> data) => XxHash64Seeded.Hash(data[HeaderBytes..], XxHash64Seeded.Hash(data[..12], 0));

    private ref struct Writer(Span<byte> buffer, string uname)
    {
        private readonly Span<byte> buffer = buffer;

        public int At { get; set; }

        public void Byte(byte value) => Take(1)[0] = value;

        public void Short(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(2), value);

        public void Number(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);

        public void Text(string value)
        {
            var length = StrictUtf8.GetByteCount(value);
            if (length > MaxBytes)
            {
                throw TooLarge();
            }

            Short((ushort)length);
            StrictUtf8.GetBytes(value, Take(length));
        }

        private Span<byte> Take(int count)
        {
            if (At + count > buffer.Length)
            {
                throw TooLarge();
            }

            At += count;
            return buffer.Slice(At - count, count);
        }

        private readonly StoreException TooLarge() =>
            new(ErrorCode.TooLarge, $"the metadata of \"{uname}\" is larger than {MaxBytes} bytes: shorten the custom metadata");
    }

    private ref struct Reader(ReadOnlySpan<byte> data)
    {
        private readonly ReadOnlySpan<byte> data = data;

        public int At { get; set; }

        public byte Byte() => Take(1)[0];

        public ushort Short() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

        public long Number() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

        public string Text() => StrictUtf8.GetString(Take(Short()));

        public LeftoverMark Mark()
        {
            var epoch = Number();
            var flags = Byte();
            if (flags > (VerifiedFlag | IndexFlag))
            {
                throw new FormatException("unknown verification state");
            }

            return new LeftoverMark(epoch, NodeId.Parse(Text()), (flags & VerifiedFlag) != 0) { Index = (flags & IndexFlag) != 0 ? Number() : 0 };
        }

        public KeyValuePair<string, string>[] Pairs()
        {
            var count = Short();
            if (count == 0)
            {
                return [];
            }

            var pairs = new KeyValuePair<string, string>[Math.Min((int)count, MaxBytes)];
            for (var i = 0; i < pairs.Length; i++)
            {
                pairs[i] = new KeyValuePair<string, string>(Text(), Text());
            }

            return pairs;
        }

        private ReadOnlySpan<byte> Take(int count)
        {
            if (At + count > data.Length)
            {
                throw new FormatException("a field goes beyond the end");
            }

            At += count;
            return data.Slice(At - count, count);
        }
    }
}
