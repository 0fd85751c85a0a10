using System.Globalization;
using Starling.Cluster.Listing;

namespace Starling.Server.Api.Native.Intra;

/// <summary>A gateway asks this target for its part of a listing.</summary>
internal static class ListPartEndpoint
{
    public static async Task HandleAsync(ApiCall call)
    {
        var frame = await call.Services.Target!.Lister.ListAsync(new ListPart
        {
            Bucket = Bucket(call),
            Cursor = call.Query.Get("cursor") ?? string.Empty,
            Prefix = call.Query.Get("prefix") ?? string.Empty,
            After = call.Query.Get("after") ?? string.Empty,
            Limit = (int)Number(call, "limit"),
            WithSizes = call.Query.Flag("sizes"),
            WithAttributes = call.Query.Flag("attributes"),
            OneLevel = call.Query.Flag("onelevel"),
            NoDirectories = call.Query.Flag("nodirs"),
            SeenIndex = Number(call, "seen"),
            Epoch = Number(call, "epoch"),
            IsMoving = call.Query.Flag("moving"),
            IsForeign = call.Query.Flag("foreign"),
        }, call.Cancelled);
        await call.BytesAsync(frame.Encode(), "application/octet-stream");
    }

    private static Core.Names.BucketName Bucket(ApiCall call) =>
        Core.Names.BucketName.TryParse(call.Query.Get("provider"), call.Query.Get("namespace"), call.Query.Get("bucket"), out var bucket, out var error)
            ? bucket
            : throw ApiException.Invalid(error);

    private static long Number(ApiCall call, string name) =>
        long.TryParse(call.Query.Get(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw ApiException.Invalid($"list part: parameter \"{name}\" must be a number");
}
