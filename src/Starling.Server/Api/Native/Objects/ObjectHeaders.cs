using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Starling.Core.Names;
using Starling.Storage.Objects;

namespace Starling.Server.Api.Native.Objects;

/// <summary>Writes what is known of an object as response headers.</summary>
internal static class ObjectHeaders
{
    /// <summary>What GET, PUT and HEAD answer alike: checksum, access time, version, custom metadata.</summary>
    public static void Write(IHeaderDictionary headers, ObjectRecord record)
    {
        WriteChecksum(headers, record);
        headers["Ais-Atime"] = Text(record.AccessTimeNs);
        WriteVersion(headers, record);
        WriteCustom(headers, record);
        foreach (var (key, value) in record.Custom)
        {
            if (key == "ETag")
            {
                headers.ETag = value;
            }
        }
    }

    /// <summary>Type and value, unless there is no checksum.</summary>
    public static void WriteChecksum(IHeaderDictionary headers, ObjectRecord record)
    {
        if (record.ChecksumType != "none" && record.ChecksumValue.Length > 0)
        {
            headers["Ais-Checksum-Type"] = record.ChecksumType;
            headers["Ais-Checksum-Value"] = record.ChecksumValue;
        }
    }

    /// <summary>The version, unless the bucket keeps none.</summary>
    public static void WriteVersion(IHeaderDictionary headers, ObjectRecord record)
    {
        if (record.Version.Length > 0)
        {
            headers["Ais-Version"] = record.Version;
        }
    }

    /// <summary>One header line per key.</summary>
    public static void WriteCustom(IHeaderDictionary headers, ObjectRecord record)
    {
        if (record.Custom.Count > 0)
        {
            headers["Ais-Custom-Md"] = record.Custom.Select(pair => $"{pair.Key}={pair.Value}").ToArray();
        }
    }

    /// <summary>The names of the object and its bucket.</summary>
    public static void WriteNames(IHeaderDictionary headers, ObjectName name)
    {
        headers["Ais-Name"] = name.Name;
        headers["Ais-Bucket-Name"] = name.Bucket.Name;
        headers["Ais-Bucket-Provider"] = name.Bucket.Provider;
        var (uuid, space) = SplitNamespace(name.Bucket.Namespace);
        if (uuid.Length > 0)
        {
            headers["Ais-Bucket-Namespace-Uuid"] = uuid;
        }

        if (space.Length > 0)
        {
            headers["Ais-Bucket-Namespace-Name"] = space;
        }
    }

    /// <summary>Uuid and name of a namespace in wire form.</summary>
    public static (string Uuid, string Name) SplitNamespace(string wire)
    {
        var hash = wire.IndexOf('#', StringComparison.Ordinal);
        return (wire[1..hash], wire[(hash + 1)..]);
    }

    /// <summary>Time of writing as HTTP writes it.</summary>
    public static string LastModified(ObjectRecord record) =>
        DateTimeOffset.FromUnixTimeMilliseconds(record.WrittenTimeNs / 1_000_000).ToString("r", CultureInfo.InvariantCulture);

    /// <summary>A number in decimal.</summary>
    public static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
