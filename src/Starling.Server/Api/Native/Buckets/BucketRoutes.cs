namespace Starling.Server.Api.Native.Buckets;

/// <summary>The handlers of <c>/v1/buckets</c>, by method; actions are listed in one table per method.</summary>
internal static class BucketRoutes
{
    private static readonly ActionTable Gets = new(
        [new("list", ListObjects.HandleAsync), new("summary-bck", Summary.HandleAsync)],
        "summary-shard", "show-inventory");

    private static readonly ActionTable AllGets = new([new("list", ListBuckets.HandleAsync), new("summary-bck", Summary.HandleAllAsync)]);

    private static readonly ActionTable Posts = new(
        [new("create-bck", CreateBucket.HandleAsync)],
        "move-bck", "copy-bck", "etl-bck", "make-n-copies", "ec-encode", "prefetch-listrange", "copy-listrange", "etl-listrange", "rechunk", "index-shard", "create-inventory");

    private static readonly ActionTable Deletes = new(
        [new("destroy-bck", DestroyBucket.HandleAsync), new("evict-remote-bck", DestroyBucket.RefuseEvictionAsync)],
        "delete-listrange", "evict-listrange", "destroy-inventory");

    private static readonly ActionTable Patches = new([new("set-bprops", SetBucketProps.HandleAsync), new("reset-bprops", SetBucketProps.ResetAsync)]);

    private static readonly ActionTable Puts = new([], "archive");

    public static async Task GetAllAsync(ApiCall call)
    {
        RequireStarted(call);
        var message = await call.ReadActionAsync();
        await AllGets.DispatchAsync(call, message.Action.Length == 0 ? message with { Action = "list" } : message);
    }

    public static async Task GetAsync(ApiCall call)
    {
        RequireStarted(call);
        var message = await call.ReadActionAsync();
        await Gets.DispatchAsync(call, message.Action.Length == 0 ? message with { Action = "list" } : message);
    }

    public static Task PostAsync(ApiCall call) => DispatchAsync(call, Posts);

    public static Task DeleteAsync(ApiCall call) => DispatchAsync(call, Deletes);

    public static Task PatchAsync(ApiCall call) => DispatchAsync(call, Patches);

    public static Task PutAsync(ApiCall call) => DispatchAsync(call, Puts);

    public static Task HeadAsync(ApiCall call)
    {
        RequireStarted(call);
        return HeadBucket.HandleAsync(call);
    }

    private static Task DispatchAsync(ApiCall call, ActionTable table)
    {
        RequireStarted(call);
        return table.DispatchAsync(call);
    }

    /// <summary>Before there is a cluster the answer is a bare 503 without body: clients then say "starting up" and try again.</summary>
    private static void RequireStarted(ApiCall call)
    {
        if (!call.Services.Snapshot.State.IsFormed)
        {
            throw new NotStartedException();
        }
    }
}
