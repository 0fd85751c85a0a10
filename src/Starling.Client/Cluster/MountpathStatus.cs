using System.Text.Json.Nodes;
using Starling.Client.Transport;

namespace Starling.Client.Cluster;

/// <summary>What a target says of one mountpath.</summary>
/// <param name="Path">Its directory.</param>
/// <param name="FileSystem">Identifies the filesystem among those of the same host; empty when the target does not say.</param>
/// <param name="Disks">Names of the disks below it.</param>
/// <param name="UsedBytes">Used bytes of the filesystem.</param>
/// <param name="AvailableBytes">Free bytes of the filesystem.</param>
public sealed record MountpathStatus(string Path, string FileSystem, IReadOnlyList<string> Disks, long UsedBytes, long AvailableBytes)
{
    internal static MountpathStatus From(string path, JsonNode? json)
    {
        var fileSystem = json.Member("fs");
        var id = string.Join(':', (fileSystem.Member("FsID") as JsonArray ?? []).Select(JsonReading.Text));
        var source = fileSystem.Text("Fs");
        return new MountpathStatus(
            path,
            source.Length > 0 ? $"{source} {id}" : string.Empty,
            [.. (json.Member("disks") as JsonArray ?? []).Select(JsonReading.Text)],
            json.Int64("used"),
            json.Int64("avail"));
    }
}
