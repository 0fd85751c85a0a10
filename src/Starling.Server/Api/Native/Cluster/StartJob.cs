namespace Starling.Server.Api.Native.Cluster;

/// <summary>Action <c>start</c>: no job kind is built yet.</summary>
internal static class StartJob
{
    private static readonly string[] Startable =
    [
        "rebalance", "lru", "lru-eviction", "cleanup-store", "cleanup", "resilver", "rechunk", "blob-download", "prefetch-listrange", "prefetch-objects",
        "load-lom-cache", "warm-up-metadata", "ec-encode", "make-n-copies",
    ];

    public static Task HandleAsync(ApiCall call, ActionMessage message)
    {
        var kind = ActionMessage.TextMember(message.Value, "Kind");
        return Startable.Contains(kind, StringComparer.Ordinal)
            ? throw ApiException.NotImplemented($"job \"{kind}\"")
            : throw ApiException.Invalid($"cannot start \"{kind}\": not a kind of job that can be started");
    }
}
