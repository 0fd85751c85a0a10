using System.Buffers;
using Starling.Protocol.Consensus;

namespace Starling.Protocol.Codec;

/// <summary>Bytes of log entries, for the control log and for messages.</summary>
public static class LogEntryCodec
{
    /// <summary>The format that is written, and the newest that is read.</summary>
    public const ushort FormatVersion = 1;

    /// <summary>Encodes one entry.</summary>
    public static byte[] Encode(LogEntry entry)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Write(new CodecWriter(buffer), entry);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Length of the encoding of one entry, bytes.</summary>
    public static int SizeOf(LogEntry entry)
    {
        var counter = new ByteCounter();
        Write(new CodecWriter(counter), entry);
        return counter.CountBytes;
    }

    /// <summary>Decodes one entry that fills the bytes.</summary>
    /// <exception cref="CodecException">The bytes are no entry, or of a newer format.</exception>
    public static LogEntry Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new CodecReader(bytes, "log entry");
        var entry = Read(ref reader);
        reader.End();
        return entry;
    }

    /// <summary>Writes one entry, its format version first.</summary>
    public static void Write(CodecWriter writer, LogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(entry);
        writer.UInt16(FormatVersion);
        writer.VarInt64(entry.Index);
        writer.VarInt64(entry.Term);
        writer.Byte((byte)entry.Kind);
        writer.Bool(entry.Leader is not null);
        if (entry.Leader is { } leader)
        {
            writer.Identity(leader);
        }

        writer.Bool(entry.Command is not null);
        if (entry.Command is { } command)
        {
            CommandCodec.Write(writer, command);
        }

        writer.Bool(entry.Voters is not null);
        if (entry.Voters is { } voters)
        {
            writer.Voters(voters);
        }
    }

    /// <summary>Reads one entry.</summary>
    /// <exception cref="CodecException">The bytes are no entry, or of a newer format.</exception>
    public static LogEntry Read(ref CodecReader reader)
    {
        reader.FormatVersion(FormatVersion);
        var index = reader.VarInt64();
        var term = reader.VarInt64();
        var kind = (EntryKind)reader.Choice(3, "entry kind");
        return new LogEntry(
            index,
            term,
            kind,
            reader.Bool() ? reader.Identity() : null,
            reader.Bool() ? CommandCodec.Read(ref reader) : null,
            reader.Bool() ? reader.Voters() : null);
    }
}
