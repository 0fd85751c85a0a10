using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Client.Transport;

namespace Starling.Client.Buckets;

/// <summary>Decodes a page of a listing, msgpack or JSON.</summary>
internal static class ListPageReader
{
    public static ListedPage Read(byte[] bytes, string? mediaType) => mediaType == "application/msgpack" ? ReadMsgpack(bytes) : ReadJson(bytes);

    private static ListedPage ReadMsgpack(byte[] bytes)
    {
        var reader = new MsgpackReader(bytes);
        var (uuid, token) = (string.Empty, string.Empty);
        ListedObject[] entries = [];
        for (var members = reader.ReadMapHeader(); members > 0; members--)
        {
            switch (reader.ReadString())
            {
                case "UUID":
                    uuid = reader.ReadString();
                    break;
                case "ContinuationToken":
                    token = reader.ReadString();
                    break;
                case "Entries":
                    entries = ReadEntries(ref reader, bytes.Length);
                    break;
                default:
                    reader.SkipScalar();
                    break;
            }
        }

        return new ListedPage(uuid, token, entries);
    }

    private static ListedObject[] ReadEntries(ref MsgpackReader reader, int totalBytes)
    {
        var count = reader.ReadArrayHeader();
        if (count > totalBytes)
        {
            throw new FormatException($"msgpack: {count} entries announced in {totalBytes} bytes");
        }

        var entries = new ListedObject[count];
        for (var i = 0; i < count; i++)
        {
            var entry = new ListedObject(string.Empty);
            for (var members = reader.ReadMapHeader(); members > 0; members--)
            {
                switch (reader.ReadString())
                {
                    case "n":
                        entry = entry with { Name = reader.ReadString() };
                        break;
                    case "cs":
                        entry = entry with { Checksum = reader.ReadString() };
                        break;
                    case "a":
                        entry = entry with { AccessTime = reader.ReadString() };
                        break;
                    case "v":
                        entry = entry with { Version = reader.ReadString() };
                        break;
                    case "t":
                        entry = entry with { Location = reader.ReadString() };
                        break;
                    case "m":
                        entry = entry with { Custom = reader.ReadString() };
                        break;
                    case "s":
                        entry = entry with { SizeBytes = reader.ReadInteger() };
                        break;
                    case "c":
                        entry = entry with { Copies = (int)reader.ReadInteger() };
                        break;
                    case "f":
                        entry = entry with { Flags = (int)reader.ReadInteger() };
                        break;
                    default:
                        reader.SkipScalar();
                        break;
                }
            }

            entries[i] = entry;
        }

        return entries;
    }

    private static ListedPage ReadJson(byte[] bytes)
    {
        var root = JsonNode.Parse(bytes) ?? throw new JsonException("null where a page was expected");
        var entries = root.Member("entries") as JsonArray ?? [];
        var page = new ListedObject[entries.Count];
        for (var i = 0; i < page.Length; i++)
        {
            var entry = entries[i];
            page[i] = new ListedObject(entry.Text("name"))
            {
                SizeBytes = entry.Int64("size"),
                Checksum = entry.Text("checksum"),
                AccessTime = entry.Text("atime"),
                Version = entry.Text("version"),
                Location = entry.Text("location"),
                Custom = entry.Text("custom-md"),
                Copies = (int)entry.Int64("copies"),
                Flags = (int)entry.Int64("flags"),
            };
        }

        return new ListedPage(root.Text("uuid"), root.Text("continuation_token"), page);
    }
}
