using System.Globalization;
using System.Text.Json;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;
using Starling.Server.Api.Native.Lifecycle;

namespace Starling.Server.Api.Native.Cluster;

/// <summary>Action <c>start</c>. The one kind that is built is the rebalance.</summary>
internal static class StartJob
{
    private const uint NewestVersion = 2;
    private const uint Synchronize = 4;
    private const uint RemoveMisplaced = 16;

    private static readonly string[] Startable =
    [
        "lru", "lru-eviction", "cleanup-store", "cleanup", "resilver", "rechunk", "blob-download", "prefetch-listrange", "prefetch-objects",
        "load-lom-cache", "warm-up-metadata", "ec-encode", "make-n-copies",
    ];

    public static Task HandleAsync(ApiCall call, ActionMessage message)
    {
        var kind = ActionMessage.TextMember(message.Value, "Kind");
        if (kind == RebalanceJobs.Kind)
        {
            return RebalanceAsync(call, message);
        }

        return Startable.Contains(kind, StringComparer.Ordinal)
            ? throw ApiException.NotImplemented($"job \"{kind}\"")
            : throw ApiException.Invalid($"cannot start \"{kind}\": not a kind of job that can be started");
    }

    private static async Task RebalanceAsync(ApiCall call, ActionMessage message)
    {
        var state = call.Services.Snapshot.State;
        var isCleanup = CheckFlags(message.Value);
        var scope = await ScopeAsync(call, message);
        if (isCleanup)
        {
            await CleanupJob.StartAsync(call, message, scope);
            return;
        }

        if (!state.RebalanceIsOn)
        {
            throw ApiException.Invalid("rebalance is disabled: set rebalance.enabled to true first");
        }

        if (state.Newest.Targets.Length < 2)
        {
            throw new ApiException(400, $"not enough targets: {state.Newest.Targets.Length} in service, a rebalance needs at least 2", "errNotEnoughTargets");
        }

        if (call.Query.Flag("dry_run"))
        {
            await call.JsonAsync(DryRun(state, scope));
            return;
        }

        var requester = MembershipActions.RequesterOf(call, message.Value);
        var why = requester.Why.Length > 0 || scope.IsEverything ? requester.Why : $"asked for {scope.Cname}";
        await BeginAsync(call, OperationOptions.None, requester with { Why = why });
    }

    /// <summary>Starts a rebalance as an operation and answers with its id.</summary>
    internal static async Task BeginAsync(ApiCall call, OperationOptions options, Requester requester)
    {
        var operations = call.Services.Gateway!.Operations;
        var operation = await operations.StartAsync(OperationKind.Rebalance, [], options, requester, call.Cancelled)
            ?? throw new StoreException(ErrorCode.Internal, "a rebalance that was started has no operation");
        call.Response.Headers[MembershipActions.TaskHeader] = TaskNames.GuidOf(operations.State, operation.Id);
        await call.TextAsync(RebalanceWire.IdOf(operation.RebalanceId));
    }

    /// <summary>Whether the flags ask for cleanup mode.</summary>
    private static bool CheckFlags(JsonElement? value)
    {
        var text = ActionMessage.TextMember(value, "flags");
        if (text.Length > 0 && !uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw ApiException.Invalid($"field \"flags\": expected a number, got \"{text}\"");
        }

        var flags = text.Length == 0 ? 0 : uint.Parse(text, CultureInfo.InvariantCulture);
        var isCleanup = (flags & RemoveMisplaced) != 0;
        if (isCleanup && (flags & (NewestVersion | Synchronize)) != 0)
        {
            throw ApiException.Invalid("field \"flags\": cleanup mode moves nothing and excludes \"latest\" and \"sync\"");
        }

        if (!isCleanup && ActionMessage.FlagMember(value, "Force"))
        {
            throw ApiException.Invalid("field \"Force\": a rebalance is forced in cleanup mode only");
        }

        if ((flags & (NewestVersion | Synchronize)) != 0)
        {
            throw ApiException.Invalid("flags \"latest\" and \"sync\" compare with a remote backend: no bucket of this cluster has one");
        }

        return isCleanup;
    }

    /// <summary>The bucket and prefix that were asked for.</summary>
    private static async Task<JobScope> ScopeAsync(ApiCall call, ActionMessage message)
    {
        var bucket = ActionMessage.Member(message.Value, "Bck");
        var name = ActionMessage.TextMember(bucket, "name");
        if (name.Length == 0)
        {
            return message.Name.Length == 0 ? JobScope.Everything : throw ApiException.Invalid("field \"name\": a prefix needs the bucket, in \"Bck\" of the value");
        }

        if (!BucketName.TryParse(ActionMessage.TextMember(bucket, "provider"), null, name, out var parsed, out var error))
        {
            throw ApiException.Invalid($"field \"Bck\": {error}");
        }

        await call.Services.Gateway!.Buckets.GetAsync(parsed, call.Cancelled);
        return new JobScope(message.Name.Length == 0 ? parsed.Cname : $"{parsed.Cname}/{message.Name}", parsed.UnamePrefix + message.Name);
    }

    /// <summary>What a rebalance would look at: nobody moves anything whose target is clean.</summary>
    private static byte[] DryRun(ClusterState state, JobScope scope) => JsonText.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("scope", scope.Cname);
        json.WriteNumber("epoch", state.Newest.Number);
        json.WriteStartArray("targets");
        foreach (var node in state.Nodes.Values.Where(node => node.Role == NodeRole.Target && RebalanceState.Concerns(state, node)))
        {
            json.WriteStartObject();
            json.WriteString("node", node.Id.Value);
            json.WriteNumber("clean", node.Clean);
            json.WriteBoolean("may_hold_misplaced", node.Clean < state.Newest.Number);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
