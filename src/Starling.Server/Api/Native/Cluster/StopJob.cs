namespace Starling.Server.Api.Native.Cluster;

/// <summary>Action <c>stop</c>: 200 even when nothing matches, and nothing ever does yet.</summary>
internal static class StopJob
{
    public static Task HandleAsync(ApiCall call, ActionMessage message) =>
        ActionMessage.TextMember(message.Value, "ID").Length > 0 || ActionMessage.TextMember(message.Value, "Kind").Length > 0
            ? call.EmptyAsync()
            : throw ApiException.Invalid("cannot stop: neither \"ID\" nor \"Kind\" of the job is given");
}
