using System.Globalization;
using Microsoft.AspNetCore.Http;
using OpenObject = Starling.Storage.Objects.ObjectReader;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Protocol.State;
using Starling.Storage.Objects;
using Starling.Target.Objects;

namespace Starling.Server.Api.Native.Objects;

/// <summary>GET and HEAD of an object at its target.</summary>
internal static class ObjectReads
{
    /// <summary>GET: the content, or one range of it.</summary>
    public static async Task GetAsync(ApiCall call)
    {
        var name = call.Object();
        RefuseUnoffered(call);
        var target = call.Services.Target!;
        var bucket = await target.Node.BucketAsync(name.Bucket, ObjectRedirect.SeenIndex(call), call.Cancelled);
        var wanted = call.Request.Headers.Range.ToString();
        var found = await target.Reader.ReadAsync(name, bucket, withContent: true, ObjectConditions.Of(call), call.Cancelled, wanted.Length > 0 ? PartOf(wanted) : null);
        using var content = found.Content;
        await using var remote = found.Remote;
        if (found.Record is not { } record)
        {
            await ObjectRedirect.ToAsync(call, name, found.Owner);
            return;
        }

        MarkStale(call.Response, found);
        ObjectHeaders.Write(call.Response.Headers, record);
        if (found.NotModified)
        {
            call.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        call.Response.ContentType = "application/octet-stream";
        var range = new RangeHeader(0, record.SizeBytes);
        if (wanted.Length > 0)
        {
            range = RangeHeader.Parse(wanted, record.SizeBytes);
            call.Response.StatusCode = StatusCodes.Status206PartialContent;
            call.Response.Headers.AcceptRanges = "bytes";
            call.Response.Headers.ContentRange = string.Create(
                CultureInfo.InvariantCulture, $"bytes {range.Offset}-{range.Offset + range.Length - 1}/{record.SizeBytes}");
            await ReplaceChecksumAsync(call, bucket, record, content, remote, range);
        }

        call.Response.ContentLength = range.Length;
        await (content is not null ? ObjectContent.SendAsync(call, content, range) : ObjectContent.PassOnAsync(call, remote!));
        call.Services.Metrics.ContentSent(range.Length);
    }

    private static Func<ObjectRecord, BytePart> PartOf(string header) => record =>
    {
        var range = RangeHeader.Parse(header, record.SizeBytes);
        return new BytePart(range.Offset, range.Length);
    };

    /// <summary>HEAD: properties without content; <c>props</c> selects the newer form.</summary>
    public static async Task HeadAsync(ApiCall call)
    {
        var name = call.Object();
        var wanted = PropertiesOf(call.Query.Get("props"));
        var presence = call.Query.Get("presence") ?? string.Empty;
        if (presence is not ("" or "0" or "1" or "2" or "3" or "4" or "5"))
        {
            throw ApiException.Invalid($"invalid presence \"{presence}\": expected 0 to 5");
        }

        var target = call.Services.Target!;
        var bucket = await target.Node.BucketAsync(name.Bucket, ObjectRedirect.SeenIndex(call), call.Cancelled);
        var found = await target.Reader.ReadAsync(name, bucket, withContent: false, ObjectConditions.Of(call), call.Cancelled);
        if (found.Record is not { } record)
        {
            await ObjectRedirect.ToAsync(call, name, found.Owner);
            return;
        }

        if (presence == "5")
        {
            throw ApiException.Invalid("presence 5 (outside of the cluster only) is not offered for an object that is present");
        }

        MarkStale(call.Response, found);
        if (presence is "1" or "3")
        {
            call.Response.ContentLength = 0;
            return;
        }

        var headers = call.Response.Headers;
        call.Response.ContentType = "application/octet-stream";
        call.Response.ContentLength = record.SizeBytes;
        headers["Ais-Present"] = "true";
        if (wanted is null)
        {
            ObjectHeaders.Write(headers, record);
            ObjectHeaders.WriteNames(headers, name);
            var path = MountpathOf(call, name);
            headers["Ais-Location"] = $"t[{call.Services.Runtime.Id}]:mp[{path}]";
            headers["Ais-Mirror-Copies"] = "1";
            headers["Ais-Mirror-Paths"] = $"[{path}]";
            return;
        }

        WriteSelected(call, headers, name, record, wanted);
    }

    private static void WriteSelected(ApiCall call, IHeaderDictionary headers, ObjectName name, ObjectRecord record, HashSet<string> wanted)
    {
        foreach (var property in wanted)
        {
            switch (property)
            {
                case "name":
                    ObjectHeaders.WriteNames(headers, name);
                    break;
                case "checksum":
                    ObjectHeaders.WriteChecksum(headers, record);
                    break;
                case "atime":
                    headers["Ais-Atime"] = ObjectHeaders.Text(record.AccessTimeNs);
                    break;
                case "version":
                    ObjectHeaders.WriteVersion(headers, record);
                    break;
                case "custom":
                    ObjectHeaders.WriteCustom(headers, record);
                    break;
                case "location":
                    headers["Ais-Location"] = $"t[{call.Services.Runtime.Id}]:mp[{MountpathOf(call, name)}]";
                    break;
                case "copies":
                    headers["Ais-Mirror-Copies"] = "1";
                    headers["Ais-Mirror-Paths"] = MountpathOf(call, name);
                    break;
                case "last-modified":
                    headers.LastModified = ObjectHeaders.LastModified(record);
                    break;
                case "etag" when RecordHeads.EntityTag(record) is { } tag:
                    headers.ETag = $"\"{tag}\"";
                    break;
            }
        }
    }

    private static HashSet<string>? PropertiesOf(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var wanted = new HashSet<string>(text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
        foreach (var property in wanted)
        {
            if (property is not ("name" or "size" or "checksum" or "atime" or "version" or "custom" or "location" or "copies" or "ec" or "chunked" or "last-modified" or "etag"))
            {
                throw ApiException.Invalid($"unknown object property \"{property}\" in \"props\"");
            }
        }

        return wanted;
    }

    private static void RefuseUnoffered(ApiCall call)
    {
        if (WireBoolean.TryParse(call.Request.Headers["Ais-Blob-Download"].ToString(), out var blob) && blob)
        {
            throw ApiException.Invalid("blob download concerns remote buckets only");
        }

        foreach (var parameter in (string[])["archpath", "archregx", "etl_name", "etl_pipeline"])
        {
            if (!string.IsNullOrEmpty(call.Query.Get(parameter)))
            {
                throw ApiException.NotImplemented($"GET with \"{parameter}\"");
            }
        }
    }

    private static void MarkStale(HttpResponse response, in Starling.Target.Objects.ReadResult found)
    {
        if (found.MayBeStale)
        {
            response.Headers["Ais-Stale-Possible"] = "true";
        }
    }

    private static string MountpathOf(ApiCall call, ObjectName name) => call.Services.Target!.Node.Store.Mountpaths.Place(name.Digest).Path;

    private static async Task ReplaceChecksumAsync(ApiCall call, BucketEntry bucket, ObjectRecord record, OpenObject? content, RemoteContent? remote, RangeHeader range)
    {
        if (!bucket.Settings().ChecksumOfRange || record.ChecksumType == "none")
        {
            return;
        }

        call.Response.Headers["Ais-Checksum-Value"] = content is not null
            ? await RangeChecksum.ComputeAsync(content, record.ChecksumType, range.Offset, range.Length, call.Cancelled)
            : await RangeChecksum.ComputeAsync(remote!.Bytes.Content, record.ChecksumType, call.Cancelled);
        if (remote is not null)
        {
            await remote.RewindAsync(call.Cancelled);
        }
    }
}
