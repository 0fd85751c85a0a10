using System.Globalization;
using System.Text.Json;
using Starling.Core.Names;
using Starling.Gateway.Listing;

namespace Starling.Server.Api.Native.Buckets;

/// <summary>Action <c>list</c> with a bucket in the path: one page of objects, JSON or msgpack.</summary>
internal static class ListObjects
{
    /// <summary>Ids of clients have 9 to 32 characters; a gateway remembers them and tells them to targets.</summary>
    private const int MaxUuidChars = 64;

    private const ulong FlagArchives = 1 << 3;
    private const ulong FlagNameOnly = 1 << 4;
    private const ulong FlagNameSize = 1 << 5;
    private const ulong FlagNotCached = 1 << 9;
    private const ulong FlagOneLevel = 1 << 11;
    private const ulong FlagDiff = 1 << 12;
    private const ulong FlagNoDirectories = 1 << 13;

    public static async Task HandleAsync(ApiCall call, ActionMessage message)
    {
        var bucket = call.Bucket();
        var (query, props) = QueryOf(call, message.Value, bucket);
        await call.Services.Gateway!.Buckets.GetAsync(bucket, call.Cancelled);
        var page = await call.Services.Gateway.Lists.PageAsync(query, call.Cancelled);
        if (page.IsPartial)
        {
            call.Response.Headers["Ais-List-Partial"] = "true";
        }

        var format = new ListPageFormat(props, ActionMessage.TextMember(message.Value, "time_format"));
        if (WantsMsgpack(call))
        {
            await call.BytesAsync(format.Msgpack(page), "application/msgpack");
        }
        else
        {
            await call.JsonAsync(format.Json(page));
        }
    }

    private static bool WantsMsgpack(ApiCall call) =>
        call.Request.Headers.Accept.Any(line => line?.Contains("application/msgpack", StringComparison.OrdinalIgnoreCase) == true);

    private static (ListQuery Query, ListProps Props) QueryOf(ApiCall call, JsonElement? value, BucketName bucket)
    {
        var flagsText = ActionMessage.TextMember(value, "flags");
        if (!ulong.TryParse(flagsText.Length == 0 ? "0" : flagsText, NumberStyles.None, CultureInfo.InvariantCulture, out var flags))
        {
            throw ApiException.Invalid($"field \"flags\": expected a number as text, got \"{flagsText}\"");
        }

        if ((flags & FlagNotCached) != 0 || (flags & FlagDiff) != 0)
        {
            throw ApiException.Invalid($"cannot list {bucket.Cname}: the flags \"not-cached\" and \"diff\" concern remote buckets only");
        }

        if ((flags & FlagArchives) != 0)
        {
            throw ApiException.NotImplemented("listing the content of archives");
        }

        var sizeText = ActionMessage.TextMember(value, "pagesize");
        if (!long.TryParse(sizeText.Length == 0 ? "0" : sizeText, NumberStyles.None, CultureInfo.InvariantCulture, out var size))
        {
            throw ApiException.Invalid($"field \"pagesize\": expected a number, got \"{sizeText}\"");
        }

        var uuid = ActionMessage.TextMember(value, "uuid");
        if (uuid.Length > MaxUuidChars)
        {
            throw ApiException.Invalid($"field \"uuid\": at most {MaxUuidChars} characters, got {uuid.Length}; leave it empty to start a listing");
        }

        var props = ListProps.Of(ActionMessage.TextMember(value, "props"), (flags & FlagNameOnly) != 0, (flags & FlagNameSize) != 0, (flags & 1) != 0);
        var prefix = ActionMessage.TextMember(value, "prefix");
        return (new ListQuery
        {
            Bucket = bucket,
            Uuid = uuid,
            Token = ActionMessage.TextMember(value, "continuation_token"),
            StartAfter = ActionMessage.TextMember(value, "start_after"),
            Prefix = prefix.EndsWith('*') ? prefix[..^1] : prefix,
            PageSize = size == 0 ? ListQuery.MaxPageSize : (int)Math.Min(size, ListQuery.MaxPageSize),
            WithSizes = props.Size,
            WithAttributes = props.NeedsAttributes,
            OneLevel = (flags & FlagOneLevel) != 0,
            NoDirectories = (flags & FlagNoDirectories) != 0,
            AllowPartial = call.Query.Flag("partial"),
        }, props);
    }
}
