using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Client.Transport;
using Starling.Core.Wire;
using Starling.Core.Wire.MessagePack;

namespace Starling.Client.Buckets;

/// <summary>Decodes a page of a listing, msgpack or JSON.</summary>
internal static class ListPageReader
{
    public static ListedPage Read(byte[] bytes, string? mediaType) => mediaType == "application/msgpack" ? ReadMsgpack(bytes) : ReadJson(bytes);

    /// <summary>What the request for the next page needs, found without decoding this one; false when only decoding tells.</summary>
    public static bool TryReadToken(byte[] bytes, string? mediaType, out string uuid, out string token)
    {
        uuid = token = string.Empty;
        return mediaType == "application/msgpack" && ObjectListReader.TryReadToken(bytes, out uuid, out token);
    }

    private static ListedPage ReadMsgpack(byte[] bytes) => ObjectListReader.TryRead(bytes, Entry, out var page, out var entries, out var error)
        ? new ListedPage(page.Uuid, page.ContinuationToken, entries ?? [])
        : throw new FormatException(error);

    private static ListedObject Entry(ListEntryWire entry) => new(entry.Name)
    {
        SizeBytes = entry.SizeBytes,
        Checksum = entry.Checksum ?? string.Empty,
        AccessTime = entry.AccessTime ?? string.Empty,
        Version = entry.Version ?? string.Empty,
        Location = entry.Location ?? string.Empty,
        Custom = entry.Custom ?? string.Empty,
        Copies = entry.Copies,
        Flags = entry.Flags,
    };

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
