using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Core.Wire;
using Starling.Protocol.State;
using Starling.Target.Objects;

namespace Starling.Server.Api.Native.Objects;

/// <summary>PUT, PATCH, DELETE and POST of an object at its target.</summary>
internal static class ObjectWrites
{
    private static readonly string[] NotOfferedByPut = ["object_to", "append_type", "uploadId", "partNumber", "archpath", "etl_name"];

    /// <summary>Actions of POST.</summary>
    private static readonly ActionTable Actions = new(
        [new("check-lock", CheckLock.HandleAsync)],
        "rename-obj", "mpt-upload", "mpt-complete", "blob-download", "promote");

    /// <summary>PUT: the body is the object, whatever its content type says.</summary>
    public static async Task PutAsync(ApiCall call)
    {
        var (name, bucket) = await BeginAsync(call, AccessBits.Put);
        foreach (var parameter in NotOfferedByPut)
        {
            if (!string.IsNullOrEmpty(call.Query.Get(parameter)))
            {
                throw ApiException.NotImplemented($"PUT with \"{parameter}\"");
            }
        }

        if (await RedirectedAsync(call, name, call.Services.Snapshot.State.Newest.OwnerOf(name.Digest)))
        {
            return;
        }

        var type = call.Request.Headers["Ais-Checksum-Type"].ToString().ToLowerInvariant();
        if (type.Length > 0 && !PutRequest.IsKnownChecksum(type))
        {
            throw ApiException.Invalid($"header Ais-Checksum-Type: unknown checksum type \"{type}\"");
        }

        call.AllowLargeBody();
        var result = await call.Services.Target!.Writer.PutAsync(new PutRequest
        {
            Name = name,
            Bucket = bucket,
            Custom = CustomMetadata.FromHeaders(call.Request.Headers["Ais-Custom-Md"]),
            ChecksumType = type,
            ChecksumValue = call.Request.Headers["Ais-Checksum-Value"].ToString(),
            Conditions = ObjectConditions.Of(call),
            SkipVersionCheck = call.Query.Flag("skip_vc"),
            RequestId = call.RequestId,
            FollowsTheName = true,
        }, call.Request.BodyReader, call.Cancelled);
        if (result.Record is not { } record)
        {
            await RedirectedAsync(call, name, result.Owner);
            return;
        }

        ObjectHeaders.Write(call.Response.Headers, record);
        call.Response.Headers["Ais-Durability"] = record.Durability.Name();
        call.Services.Metrics.ContentReceived(record.SizeBytes);

        // The body was read to its end: nothing is left to drain, the connection stays.
        call.Response.ContentLength = 0;
    }

    /// <summary>DELETE. A body may say which of the deletions is meant; none, or an empty one, means the object.</summary>
    public static async Task DeleteAsync(ApiCall call)
    {
        var message = await call.ReadActionAsync();
        var (name, bucket) = await BeginAsync(call, AccessBits.DeleteObject);
        switch (message.Action)
        {
            case "" or "delete-obj" or "delete-listrange":
                break;
            case "evict-listrange" or "evict-remote-obj":
                throw new ApiException(400, $"cannot evict {name.Cname}: \"{name.Bucket.Cname}\" is not a remote bucket", "ErrNotRemoteBck");
            case "mpt-abort":
                throw ApiException.NotImplemented("action \"mpt-abort\"");
            default:
                throw ApiException.Invalid($"invalid action \"{message.Action}\"");
        }

        var owner = await call.Services.Target!.Deleter.DeleteAsync(name, bucket, ObjectConditions.Of(call), call.Cancelled);
        if (!await RedirectedAsync(call, name, owner))
        {
            await call.EmptyAsync();
        }
    }

    /// <summary>PATCH: custom metadata, merged or replaced.</summary>
    public static async Task PatchAsync(ApiCall call)
    {
        var message = await call.ReadActionAsync();
        var (name, bucket) = await BeginAsync(call, null);
        var custom = CustomMetadata.FromJson(message.Value);
        var replace = call.Query.Flag("set-new-custom");
        var result = await call.Services.Target!.Writer.SetCustomAsync(name, bucket, old => replace ? custom : CustomMetadata.Merge(old, custom), call.Cancelled);
        if (!await RedirectedAsync(call, name, result.Owner))
        {
            await call.EmptyAsync();
        }
    }

    /// <summary>POST: an action on the object.</summary>
    public static async Task PostAsync(ApiCall call)
    {
        var message = await call.ReadActionAsync();
        RequireMark(call);
        await Actions.DispatchAsync(call, message);
    }

    private static async Task<(ObjectName Name, BucketEntry Bucket)> BeginAsync(ApiCall call, ulong? operation)
    {
        RequireMark(call);
        var name = call.Object();
        var bucket = await call.Services.Target!.Node.BucketAsync(name.Bucket, ObjectRedirect.SeenIndex(call), call.Cancelled);
        if (operation is { } wanted && !bucket.Settings().Permits(wanted))
        {
            throw new StoreException(ErrorCode.AccessDenied, $"bucket \"{name.Bucket.Cname}\": its access properties forbid {call.Request.Method} of an object");
        }

        return (name, bucket);
    }

    private static void RequireMark(ApiCall call)
    {
        if (call.Listener == Listeners.Public && !ObjectRedirect.IsMarked(call))
        {
            throw ApiException.Invalid($"{call.Services.DisplayName}: {call.Request.Method} {call.Path.Raw} (obj) is expected to be redirected");
        }
    }

    private static async Task<bool> RedirectedAsync(ApiCall call, ObjectName name, NodeId owner)
    {
        if (owner.IsNone || owner == call.Services.Runtime.Id)
        {
            return false;
        }

        await ObjectRedirect.ToAsync(call, name, owner);
        return true;
    }
}
