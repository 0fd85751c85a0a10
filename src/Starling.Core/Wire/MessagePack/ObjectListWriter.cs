using System.Buffers;
using System.Text;

namespace Starling.Core.Wire.MessagePack;

/// <summary>One entry of a page as bytes: nothing is decoded on its way from the disk to the wire.</summary>
public readonly ref struct ListEntryBytes
{
    /// <summary>Name, UTF-8.</summary>
    public required ReadOnlySpan<byte> Name { get; init; }

    /// <summary>Value of the checksum; left out when empty.</summary>
    public ReadOnlySpan<byte> Checksum { get; init; }

    /// <summary>Time of the last access, formatted; left out when empty.</summary>
    public ReadOnlySpan<byte> AccessTime { get; init; }

    /// <summary>Version; left out when empty.</summary>
    public ReadOnlySpan<byte> Version { get; init; }

    /// <summary>Where it lies; left out when empty.</summary>
    public ReadOnlySpan<byte> Location { get; init; }

    /// <summary>Custom metadata; left out when empty.</summary>
    public ReadOnlySpan<byte> Custom { get; init; }

    /// <summary>Size in bytes; left out when zero.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Copies; left out when zero.</summary>
    public int Copies { get; init; }

    /// <summary>Bits, see <see cref="EntryFlags"/>; left out when zero.</summary>
    public ushort Flags { get; init; }
}

/// <summary>
/// Writes a page of names as msgpack: a map of the four keys <c>UUID</c>, <c>ContinuationToken</c>, <c>Entries</c>, <c>Flags</c> in this order, and per entry
/// a map of short keys. Call <see cref="Begin"/>, then <see cref="Entry"/> as often as announced, then <see cref="End"/>.
/// </summary>
public static class ObjectListWriter
{
    /// <summary>Writes everything before the entries.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="uuid">Id of the listing.</param>
    /// <param name="continuationToken">Where the next page begins; empty on the last one.</param>
    /// <param name="entryCount">How many entries will follow.</param>
    public static void Begin(IBufferWriter<byte> output, string uuid, string continuationToken, int entryCount)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(uuid);
        ArgumentNullException.ThrowIfNull(continuationToken);
        ArgumentOutOfRangeException.ThrowIfNegative(entryCount);
        var writer = new MsgpackWriter(output.GetSpan(64 + Encoding.UTF8.GetMaxByteCount(uuid.Length) + Encoding.UTF8.GetMaxByteCount(continuationToken.Length)));
        writer.MapHeader(4);
        writer.Text("UUID"u8);
        writer.Text(uuid);
        writer.Text("ContinuationToken"u8);
        writer.Text(continuationToken);
        writer.Text("Entries"u8);
        writer.ArrayHeader(entryCount);
        output.Advance(writer.Written);
    }

    /// <summary>Writes one entry.</summary>
    public static void Entry(IBufferWriter<byte> output, in ListEntryBytes entry)
    {
        ArgumentNullException.ThrowIfNull(output);
        var texts = entry.Name.Length + entry.Checksum.Length + entry.AccessTime.Length + entry.Version.Length + entry.Location.Length + entry.Custom.Length;
        var writer = new MsgpackWriter(output.GetSpan(texts + (10 * (3 + MsgpackWriter.MaxHeaderBytes))));
        writer.MapHeader(1 + Has(entry.Checksum) + Has(entry.AccessTime) + Has(entry.Version) + Has(entry.Location) + Has(entry.Custom)
            + (entry.SizeBytes > 0 ? 1 : 0) + (entry.Copies > 0 ? 1 : 0) + (entry.Flags > 0 ? 1 : 0));
        writer.Text("n"u8);
        writer.Text(entry.Name);
        Optional(ref writer, "cs"u8, entry.Checksum);
        Optional(ref writer, "a"u8, entry.AccessTime);
        Optional(ref writer, "v"u8, entry.Version);
        Optional(ref writer, "t"u8, entry.Location);
        Optional(ref writer, "m"u8, entry.Custom);
        Optional(ref writer, "s"u8, entry.SizeBytes);
        Optional(ref writer, "c"u8, entry.Copies);
        Optional(ref writer, "f"u8, entry.Flags);
        output.Advance(writer.Written);
    }

    /// <summary>Writes everything after the entries.</summary>
    public static void End(IBufferWriter<byte> output, uint flags)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new MsgpackWriter(output.GetSpan(16));
        writer.Text("Flags"u8);
        writer.Unsigned(flags);
        output.Advance(writer.Written);
    }

    /// <summary>Writes a whole page.</summary>
    public static void Write(IBufferWriter<byte> output, ListResultWire page)
    {
        ArgumentNullException.ThrowIfNull(page);
        var entries = page.Entries ?? [];
        Begin(output, page.Uuid, page.ContinuationToken, entries.Count);
        foreach (var entry in entries)
        {
            Entry(output, new ListEntryBytes
            {
                Name = Encoding.UTF8.GetBytes(entry.Name),
                Checksum = Bytes(entry.Checksum),
                AccessTime = Bytes(entry.AccessTime),
                Version = Bytes(entry.Version),
                Location = Bytes(entry.Location),
                Custom = Bytes(entry.Custom),
                SizeBytes = entry.SizeBytes,
                Copies = entry.Copies,
                Flags = entry.Flags,
            });
        }

        End(output, page.Flags);
    }

    private static ReadOnlySpan<byte> Bytes(string? text) => string.IsNullOrEmpty(text) ? default : Encoding.UTF8.GetBytes(text);

    private static int Has(ReadOnlySpan<byte> text) => text.IsEmpty ? 0 : 1;

    private static void Optional(ref MsgpackWriter writer, ReadOnlySpan<byte> key, ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
        {
            writer.Text(key);
            writer.Text(text);
        }
    }

    private static void Optional(ref MsgpackWriter writer, ReadOnlySpan<byte> key, long number)
    {
        if (number > 0)
        {
            writer.Text(key);
            writer.Unsigned((ulong)number);
        }
    }
}
