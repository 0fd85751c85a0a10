namespace Starling.Server.Api.Native.Objects;

/// <summary>POST of <c>/v1/objects/{bucket}</c>: promote and blob download, neither of which is offered yet.</summary>
internal static class BucketPosts
{
    private static readonly ActionTable Actions = new([], "promote", "blob-download");

    public static Task HandleAsync(ApiCall call) => Actions.DispatchAsync(call);
}
