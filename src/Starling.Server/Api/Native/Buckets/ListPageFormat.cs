using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Starling.Cluster.Listing;
using Starling.Gateway.Listing;

namespace Starling.Server.Api.Native.Buckets;

/// <summary>Formats a listing page. Optional members are left out when they are empty or zero.</summary>
internal sealed class ListPageFormat(ListProps props, string timeFormat)
{
    /// <summary>As JSON: sizes are text.</summary>
    public byte[] Json(ListPage page) => JsonText.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("uuid", page.Uuid);
        json.WriteString("continuation_token", page.Token);
        json.WriteStartArray("entries");
        foreach (var entry in page.Entries)
        {
            json.WriteStartObject();
            json.WriteString("name", entry.Name.Span);
            var text = TextsOf(entry);
            WriteUnlessEmpty("checksum", text.Checksum);
            WriteUnlessEmpty("atime", text.AccessTime);
            WriteUnlessEmpty("version", text.Version);
            WriteUnlessEmpty("location", text.Location);
            WriteUnlessEmpty("custom-md", text.Custom);
            if (entry.SizeBytes > 0)
            {
                json.WriteString("size", entry.SizeBytes.ToString(CultureInfo.InvariantCulture));
            }

            if (CopiesOf(entry) > 0)
            {
                json.WriteNumber("copies", CopiesOf(entry));
            }

            if (entry.Flags != 0)
            {
                json.WriteNumber("flags", entry.Flags);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("flags", 0);
        json.WriteEndObject();

        void WriteUnlessEmpty(string name, string value)
        {
            if (value.Length > 0)
            {
                json.WriteString(name, value);
            }
        }
    });

    /// <summary>As msgpack, with the short keys of the wire.</summary>
    public ReadOnlyMemory<byte> Msgpack(ListPage page)
    {
        var writer = new MsgpackWriter(64 + (page.Entries.Count * 64));
        writer.Map(4);
        writer.Text("UUID");
        writer.Text(page.Uuid);
        writer.Text("ContinuationToken");
        writer.Text(page.Token);
        writer.Text("Entries");
        writer.Array(page.Entries.Count);
        foreach (var entry in page.Entries)
        {
            var text = TextsOf(entry);
            var size = entry.SizeBytes > 0;
            var copies = CopiesOf(entry);
            writer.Map(1 + Count(text.Checksum) + Count(text.AccessTime) + Count(text.Version) + Count(text.Location) + Count(text.Custom)
                + (size ? 1 : 0) + (copies > 0 ? 1 : 0) + (entry.Flags != 0 ? 1 : 0));
            writer.Key((byte)'n');
            writer.Text(entry.Name.Span);
            writer.Pair("cs", text.Checksum);
            writer.Pair("a", text.AccessTime);
            writer.Pair("v", text.Version);
            writer.Pair("t", text.Location);
            writer.Pair("m", text.Custom);
            if (size)
            {
                writer.Key((byte)'s');
                writer.Number((ulong)entry.SizeBytes);
            }

            if (copies > 0)
            {
                writer.Key((byte)'c');
                writer.Number((ulong)copies);
            }

            if (entry.Flags != 0)
            {
                writer.Key((byte)'f');
                writer.Number(entry.Flags);
            }
        }

        writer.Text("Flags");
        writer.Number(0);
        return writer.Written;
    }

    private static int Count(string text) => text.Length > 0 ? 1 : 0;

    private int CopiesOf(in ListEntry entry) => props.Copies && (entry.Flags & ListEntry.Directory) == 0 ? 1 : 0;

    private Texts TextsOf(in ListEntry entry)
    {
        if (entry.Attributes is not { } attributes)
        {
            return Texts.None;
        }

        return new Texts(
            props.Checksum ? attributes.Checksum : string.Empty,
            props.AccessTime ? GoTimeLayout.Format(attributes.AccessTimeNs, timeFormat) : string.Empty,
            props.Version ? attributes.Version : string.Empty,
            props.Location ? attributes.Location : string.Empty,
            props.Custom ? attributes.Custom : string.Empty);
    }

    private readonly record struct Texts(string Checksum, string AccessTime, string Version, string Location, string Custom)
    {
        public static readonly Texts None = new(string.Empty, string.Empty, string.Empty, string.Empty, string.Empty);
    }

    /// <summary>The few msgpack forms that a page needs.</summary>
    private sealed class MsgpackWriter(int capacity)
    {
        private byte[] buffer = new byte[capacity];
        private int at;

        public ReadOnlyMemory<byte> Written => buffer.AsMemory(0, at);

        public void Map(int count) => Reserve(1)[0] = (byte)(0x80 | count);

        public void Array(int count)
        {
            if (count < 16)
            {
                Reserve(1)[0] = (byte)(0x90 | count);
            }
            else
            {
                var span = Reserve(5);
                span[0] = 0xdd;
                BinaryPrimitives.WriteInt32BigEndian(span[1..], count);
            }
        }

        public void Key(byte letter)
        {
            var span = Reserve(2);
            span[0] = 0xa1;
            span[1] = letter;
        }

        public void Pair(string key, string value)
        {
            if (value.Length > 0)
            {
                Text(key);
                Text(value);
            }
        }

        public void Text(string text) => Text(Encoding.UTF8.GetBytes(text));

        public void Text(ReadOnlySpan<byte> utf8)
        {
            if (utf8.Length < 32)
            {
                Reserve(1)[0] = (byte)(0xa0 | utf8.Length);
            }
            else if (utf8.Length < 256)
            {
                var span = Reserve(2);
                span[0] = 0xd9;
                span[1] = (byte)utf8.Length;
            }
            else
            {
                var span = Reserve(3);
                span[0] = 0xda;
                BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)utf8.Length);
            }

            utf8.CopyTo(Reserve(utf8.Length));
        }

        public void Number(ulong value)
        {
            switch (value)
            {
                case < 128:
                    Reserve(1)[0] = (byte)value;
                    break;
                case <= byte.MaxValue:
                    var one = Reserve(2);
                    one[0] = 0xcc;
                    one[1] = (byte)value;
                    break;
                case <= ushort.MaxValue:
                    var two = Reserve(3);
                    two[0] = 0xcd;
                    BinaryPrimitives.WriteUInt16BigEndian(two[1..], (ushort)value);
                    break;
                case <= uint.MaxValue:
                    var four = Reserve(5);
                    four[0] = 0xce;
                    BinaryPrimitives.WriteUInt32BigEndian(four[1..], (uint)value);
                    break;
                default:
                    var eight = Reserve(9);
                    eight[0] = 0xcf;
                    BinaryPrimitives.WriteUInt64BigEndian(eight[1..], value);
                    break;
            }
        }

        private Span<byte> Reserve(int count)
        {
            if (at + count > buffer.Length)
            {
                System.Array.Resize(ref buffer, Math.Max(buffer.Length * 2, at + count));
            }

            at += count;
            return buffer.AsSpan(at - count, count);
        }
    }
}
