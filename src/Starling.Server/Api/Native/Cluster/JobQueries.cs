using Starling.Core.Errors;
using Starling.Protocol.Identity;

namespace Starling.Server.Api.Native.Cluster;

/// <summary>Questions about jobs. No job kind is built yet, so nothing ever runs; the answers are those of a cluster in which nothing runs.</summary>
internal static class JobQueries
{
    public static async Task StatusAsync(ApiCall call)
    {
        var (id, kind, _) = await QueryAsync(call);
        if (id.Length == 0 && kind.Length == 0)
        {
            throw ApiException.Invalid("job status: neither \"id\" nor \"kind\" is given");
        }

        throw NotFound(id, kind);
    }

    public static async Task StatusAllAsync(ApiCall call)
    {
        await QueryAsync(call);
        await call.JsonAsync("[]");
    }

    public static async Task RunningAllAsync(ApiCall call)
    {
        await QueryAsync(call);
        await call.JsonAsync("[]");
    }

    /// <summary>Asked for what runs: every target with nothing. Asked for a job that nobody knows: 404.</summary>
    public static async Task SnapshotsAsync(ApiCall call)
    {
        var (id, kind, onlyRunning) = await QueryAsync(call);
        if (id.Length > 0 || !onlyRunning)
        {
            throw NotFound(id, kind);
        }

        await call.JsonAsync(JsonText.Write(json =>
        {
            json.WriteStartObject();
            foreach (var node in call.Services.Snapshot.State.Nodes.Values.Where(node => node.Role == NodeRole.Target))
            {
                json.WriteStartArray(node.Id.Value);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }));
    }

    private static async Task<(string Id, string Kind, bool OnlyRunning)> QueryAsync(ApiCall call)
    {
        var body = await call.ReadBodyAsync();
        if (body.Length == 0)
        {
            return (string.Empty, string.Empty, false);
        }

        var query = ActionMessage.ParseJson(body, "job query");
        return (
            ActionMessage.TextMember(query, "id"),
            ActionMessage.TextMember(query, "kind"),
            ActionMessage.FlagMember(query, "show_active") || ActionMessage.FlagMember(query, "OnlyRunning"));
    }

    private static StoreException NotFound(string id, string kind) =>
        new(ErrorCode.JobNotFound, id.Length > 0 ? $"job {kind}[{id}] does not exist" : $"job \"{kind}\" does not exist");
}
