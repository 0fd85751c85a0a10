namespace Starling.Server.Api.Native.Buckets;

/// <summary>Actions <c>destroy-bck</c> and <c>evict-remote-bck</c>.</summary>
internal static class DestroyBucket
{
    public static async Task HandleAsync(ApiCall call, ActionMessage message)
    {
        await call.Services.Gateway!.Buckets.DestroyAsync(call.Bucket(), call.RequestId, call.Cancelled);
        await call.EmptyAsync();
    }

    public static async Task RefuseEvictionAsync(ApiCall call, ActionMessage message)
    {
        var bucket = await call.Services.Gateway!.Buckets.GetAsync(call.Bucket(), call.Cancelled);
        throw new ApiException(400, $"cannot evict \"{bucket.Name.Cname}\": not a remote bucket", "ErrNotRemoteBck");
    }
}
