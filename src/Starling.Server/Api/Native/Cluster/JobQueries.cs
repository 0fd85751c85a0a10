using Starling.Core.Errors;
using Starling.Core.Wire;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.Identity;
using Starling.Protocol.State;

namespace Starling.Server.Api.Native.Cluster;

/// <summary>Questions about jobs. The one kind that is built is the rebalance; about every other the answers are those of a cluster in which nothing runs.</summary>
internal static class JobQueries
{
    public static async Task StatusAsync(ApiCall call)
    {
        var query = await QueryAsync(call);
        if (query.Id.Length == 0 && query.Kind.Length == 0)
        {
            throw ApiException.Invalid("job status: neither \"id\" nor \"kind\" is given");
        }

        var state = await call.Services.Gateway!.Operations.CurrentAsync(call.Cancelled);
        var rebalance = query.Id.Length > 0 ? Find(state, query) : query.IsRebalance ? RebalanceState.Running(state) ?? RebalanceState.All(state).FirstOrDefault() : null;
        await Daemon.DaemonQueries.JsonAsync(call, await StatusOfAsync(call, state, rebalance ?? throw NotFound(query)), WireJson.Instance.JobStatusWire);
    }

    public static async Task StatusAllAsync(ApiCall call)
    {
        var query = await QueryAsync(call);
        var state = await call.Services.Gateway!.Operations.CurrentAsync(call.Cancelled);
        var chosen = Chosen(state, query).ToList();
        var statuses = new List<JobStatusWire>();
        foreach (var rebalance in chosen)
        {
            // Only the newest ended one may still be told of by targets; asking for each of a thousand would not end.
            statuses.Add(ReferenceEquals(rebalance, chosen[0]) ? await StatusOfAsync(call, state, rebalance) : RebalanceJobs.Status(state, rebalance, []));
        }

        await Daemon.DaemonQueries.JsonAsync(call, [.. statuses], WireJson.Instance.JobStatusWireArray);
    }

    public static async Task RunningAllAsync(ApiCall call)
    {
        var query = await QueryAsync(call);
        string[] running = query.Covers(RebalanceJobs.Kind) && RebalanceState.Running(await call.Services.Gateway!.Operations.CurrentAsync(call.Cancelled)) is { } rebalance ? [$"{RebalanceJobs.Kind}[{rebalance.Id}]"] : [];
        await Daemon.DaemonQueries.JsonAsync(call, running, WireJson.Instance.StringArray);
    }

    /// <summary>Asked for what runs: every target with what it runs, if only nothing. Asked for a job that nobody knows: 404.</summary>
    public static async Task SnapshotsAsync(ApiCall call)
    {
        var query = await QueryAsync(call);
        var state = await call.Services.Gateway!.Operations.CurrentAsync(call.Cancelled);
        List<RebalanceState> rebalances = query.Id.Length > 0 ? [.. new[] { Find(state, query) }.OfType<RebalanceState>()] : [.. Chosen(state, query)];
        if (rebalances.Count == 0 && (query.Id.Length > 0 || !query.OnlyRunning))
        {
            throw NotFound(query);
        }

        var snaps = new SortedDictionary<string, SnapWire[]>(StringComparer.Ordinal);
        foreach (var node in state.Nodes.Values.Where(node => node.Role == NodeRole.Target && (query.Node.Length == 0 || query.Node == node.Id.Value)))
        {
            snaps[node.Id.Value] = [];
        }

        foreach (var rebalance in rebalances.Take(MostShown))
        {
            await AddAsync(call, state, rebalance, query.OnlyRunning, snaps);
        }

        await Daemon.DaemonQueries.JsonAsync(call, snaps, WireJson.Instance.SortedDictionaryStringSnapWireArray);
    }

    /// <summary>Rebalances that a question without an id is answered with; the newest ones.</summary>
    private const int MostShown = 16;

    private static async Task AddAsync(ApiCall call, ClusterState state, RebalanceState rebalance, bool onlyRunning, SortedDictionary<string, SnapWire[]> snaps)
    {
        var joined = await call.Services.Gateway!.Rebalances.GetAsync(state, rebalance, call.Cancelled);
        foreach (var target in RebalanceJobs.Shown(rebalance, joined.Targets).Where(target => snaps.ContainsKey(target.Node)))
        {
            var snap = RebalanceJobs.Snap(rebalance, target, RebalanceJobs.IsCleanup(rebalance) ? $"flags:cleanup; {target.Cleanup}" : ControlOf(joined, target), joined.Targets);
            if (!onlyRunning || (snap.EndTime == SnapWire.UnsetTime && !snap.Aborted))
            {
                snaps[target.Node] = [.. snaps[target.Node], snap];
            }
        }
    }

    private static string ControlOf(RebalanceWire rebalance, RebalanceTargetWire target)
    {
        var stage = target.Stage == "none" ? string.Empty : target.Stage;
        return rebalance.Blocked is { } blocked ? $"{stage}{(stage.Length > 0 ? ", " : string.Empty)}blocked: {blocked.Text}" : stage;
    }

    private static async Task<JobStatusWire> StatusOfAsync(ApiCall call, ClusterState state, RebalanceState rebalance) => rebalance.Standing == RebalanceStanding.Running
        ? RebalanceJobs.Status(state, rebalance, [])
        : RebalanceJobs.Status(state, rebalance, (await call.Services.Gateway!.Rebalances.GetAsync(state, rebalance, call.Cancelled)).Targets);

    private static IEnumerable<RebalanceState> Chosen(ClusterState state, JobQuery query)
    {
        if (!query.Covers(RebalanceJobs.Kind))
        {
            return [];
        }

        var running = RebalanceState.Running(state);
        return (running is null ? [] : new[] { running }).Concat(query.OnlyRunning ? [] : RebalanceState.All(state).Where(one => one.Number != running?.Number));
    }

    private static RebalanceState? Find(ClusterState state, JobQuery query)
    {
        if (TaskNames.RebalanceNumber(query.Id) is not { } number)
        {
            return null;
        }

        return query.Covers(RebalanceJobs.Kind)
            ? RebalanceState.Find(state, number)
            : throw ApiException.Invalid($"job {query.Kind}[{query.Id}]: the id is that of a rebalance, not of a job of kind \"{query.Kind}\"");
    }

    private static async Task<JobQuery> QueryAsync(ApiCall call)
    {
        var body = await call.ReadBodyAsync();
        if (body.Length == 0)
        {
            return new JobQuery(string.Empty, string.Empty, string.Empty, OnlyRunning: false);
        }

        var query = ActionMessage.ParseJson(body, "job query");
        var node = ActionMessage.TextMember(query, "node");
        return new JobQuery(
            ActionMessage.TextMember(query, "id"),
            ActionMessage.TextMember(query, "kind"),
            node.Length > 0 ? node : ActionMessage.TextMember(query, "DaemonID"),
            ActionMessage.FlagMember(query, "show_active") || ActionMessage.FlagMember(query, "OnlyRunning"));
    }

    private static StoreException NotFound(JobQuery query) =>
        new(ErrorCode.JobNotFound, query.Id.Length > 0 ? $"job {query.Kind}[{query.Id}] does not exist" : $"job \"{query.Kind}\" does not exist");

    private sealed record JobQuery(string Id, string Kind, string Node, bool OnlyRunning)
    {
        public bool IsRebalance => Kind == RebalanceJobs.Kind;

        public bool Covers(string kind) => Kind.Length == 0 || Kind == kind;
    }
}
