using System.Buffers.Binary;
using System.Text;
using Starling.Core.Errors;
using Starling.Core.Objects;

namespace Starling.Cluster.Listing;

/// <summary>A part of one target's listing, as it travels between nodes.</summary>
/// <param name="Entries">Names in byte order.</param>
/// <param name="IsEnd">Nothing follows.</param>
/// <remarks>
/// "SLF1" | flags u8 (1: end, 2: stale) | count u32 | per entry: name length u16, name, flags u16, size i64, content u8 (1: attributes, 2: key, 4: tombstone),
/// then when it has a key: bucket id u64, epoch i64, boot i64, sequence i64,
/// then when it has: access time i64 and four texts (length u16, UTF-8): checksum, version, location, custom. Little-endian.
/// </remarks>
public sealed record ListFrame(IReadOnlyList<ListEntry> Entries, bool IsEnd)
{
    /// <summary>The target has adopted a newer epoch than the one under which it was asked: it says nothing.</summary>
    public bool IsStale { get; init; }

    /// <summary>The frame that says so.</summary>
    public static ListFrame Stale { get; } = new([], IsEnd: true) { IsStale = true };

    /// <summary>Memory of entries at which a target ends a frame: long names and attributes make frames of fewer entries.</summary>
    public const int MaxHeldBytes = 4 * 1024 * 1024;

    /// <summary>Most entries in one frame.</summary>
    public const int MaxEntries = 10_000;

    private const int HeaderBytes = 9;

    /// <summary>An entry without its name and attributes.</summary>
    private const int EntryBytes = 13;

    private static ReadOnlySpan<byte> Magic => "SLF1"u8;

    /// <summary>The frame as bytes.</summary>
    public byte[] Encode() => IsStale || Entries.Any(entry => entry.Attributes is not null || entry.Key is not null) ? EncodeWithAttributes() : EncodeNames();

    private byte[] EncodeNames()
    {
        var total = HeaderBytes;
        foreach (var entry in Entries)
        {
            total += EntryBytes + entry.Name.Length;
        }

        var bytes = new byte[total];
        Magic.CopyTo(bytes);
        bytes[4] = IsEnd ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(5), (uint)Entries.Count);
        var rest = bytes.AsSpan(HeaderBytes);
        foreach (var entry in Entries)
        {
            var name = entry.Name.Span;
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)name.Length);
            name.CopyTo(rest[2..]);
            rest = rest[(2 + name.Length)..];
            BinaryPrimitives.WriteUInt16LittleEndian(rest, entry.Flags);
            BinaryPrimitives.WriteInt64LittleEndian(rest[2..], entry.SizeBytes);
            rest = rest[(EntryBytes - 2)..];
        }

        return bytes;
    }

    private byte[] EncodeWithAttributes()
    {
        using var buffer = new MemoryStream(HeaderBytes + (Entries.Count * 48));
        Span<byte> head = stackalloc byte[HeaderBytes];
        Magic.CopyTo(head);
        head[4] = (byte)((IsEnd ? 1 : 0) | (IsStale ? 2 : 0));
        BinaryPrimitives.WriteUInt32LittleEndian(head[5..], (uint)Entries.Count);
        buffer.Write(head);
        Span<byte> fixedPart = stackalloc byte[11];
        Span<byte> length = stackalloc byte[2];
        foreach (var entry in Entries)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)entry.Name.Length);
            buffer.Write(length);
            buffer.Write(entry.Name.Span);
            BinaryPrimitives.WriteUInt16LittleEndian(fixedPart, entry.Flags);
            BinaryPrimitives.WriteInt64LittleEndian(fixedPart[2..], entry.SizeBytes);
            fixedPart[10] = (byte)((entry.Attributes is null ? 0 : 1) | (entry.Key is null ? 0 : 2) | (entry.Key is { IsTombstone: true } ? 4 : 0));
            buffer.Write(fixedPart);
            if (entry.Key is { } listed)
            {
                WriteKey(buffer, listed.Key);
            }

            if (entry.Attributes is { } attributes)
            {
                WriteAttributes(buffer, attributes);
            }
        }

        return buffer.ToArray();
    }

    /// <summary>Reads a frame.</summary>
    /// <exception cref="StoreException">Corrupt: the bytes are not a frame.</exception>
    public static ListFrame Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new Reader(bytes);
        if (!reader.Take(4).Span.SequenceEqual(Magic))
        {
            throw Reader.Damaged();
        }

        var flags = reader.Byte();
        var (isEnd, isStale) = ((flags & 1) != 0, (flags & 2) != 0);
        var count = reader.UInt32();
        if (count > MaxEntries)
        {
            throw Reader.Damaged();
        }

        var entries = new List<ListEntry>((int)count);
        for (var i = 0; i < count; i++)
        {
            var name = reader.Take(reader.UInt16());
            var bits = reader.UInt16();
            var size = reader.Int64();
            var content = reader.Byte();
            var key = (content & 2) != 0 ? new ListedKey(new RecordKey((ulong)reader.Int64(), reader.Int64(), reader.Int64(), reader.Int64()), (content & 4) != 0) : null;
            entries.Add(new ListEntry(name, bits, size, (content & 1) != 0 ? ReadAttributes(ref reader) : null) { Key = key });
        }

        return new ListFrame(entries, isEnd) { IsStale = isStale };
    }

    private static void WriteKey(MemoryStream buffer, in RecordKey key)
    {
        Span<byte> bytes = stackalloc byte[32];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, key.BucketId);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], key.Epoch);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], key.Boot);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], key.Sequence);
        buffer.Write(bytes);
    }

    private static void WriteAttributes(MemoryStream buffer, ListAttributes attributes)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, attributes.AccessTimeNs);
        buffer.Write(number);
        foreach (var text in (ReadOnlySpan<string>)[attributes.Checksum, attributes.Version, attributes.Location, attributes.Custom])
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteUInt16LittleEndian(number, (ushort)bytes.Length);
            buffer.Write(number[..2]);
            buffer.Write(bytes);
        }
    }

    private static ListAttributes ReadAttributes(ref Reader reader)
    {
        var accessTimeNs = reader.Int64();
        var checksum = reader.Text();
        var version = reader.Text();
        var location = reader.Text();
        return new ListAttributes(checksum, version, accessTimeNs, location, reader.Text());
    }

    private struct Reader(ReadOnlyMemory<byte> bytes)
    {
        private ReadOnlyMemory<byte> rest = bytes;

        public static StoreException Damaged() => new(ErrorCode.Corrupt, "a listing frame from another node is damaged");

        public ReadOnlyMemory<byte> Take(int length)
        {
            if (length > rest.Length)
            {
                throw Damaged();
            }

            var taken = rest[..length];
            rest = rest[length..];
            return taken;
        }

        public byte Byte() => Take(1).Span[0];

        public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2).Span);

        public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4).Span);

        public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8).Span);

        public string Text() => Encoding.UTF8.GetString(Take(UInt16()).Span);
    }
}
