using System.Text.Json.Nodes;
using Starling.Cli.Naming;
using Starling.Cli.Output;

namespace Starling.Cli.Commands.Jobs;

/// <summary><c>ais start ...</c>: begins a job by hand.</summary>
internal static class StartJob
{
    private const uint LatestBit = 2;
    private const uint SyncBit = 4;
    private const uint CleanupBit = 16;

    /// <summary>What clients of this interface know to be startable, in the order in which a TAB shows them.</summary>
    private static readonly string[] Startable =
    [
        "prefetch", "blob-download", "download", "dsort", "lru", "etl", "rebalance", "resilver", "cleanup", "mirror", "ec-encode", "rechunk", "warm-up-metadata", "copy-bck", "move-bck",
    ];

    public static CliCommand Build(Flags flags) =>
        new CliCommand("start", "begin a job").With(Startable.Select(kind => kind == "rebalance" ? Rebalance("rebalance", flags) : NotOffered(kind)).ToArray());

    public static CliCommand Rebalance(string name, Flags flags) =>
        new CliCommand(name, "Rebalance ais cluster", "[BUCKET[/PREFIX]]") { Run = RebalanceAsync }
            .With(flags.Cleanup, flags.CleanupForce, flags.Latest, flags.RebalancePrefix, flags.Sync, flags.DryRun).Takes(Candidates.Buckets);

    private static CliCommand NotOffered(string kind) => new CliCommand(kind, "not offered by this version")
    {
        Run = _ => throw new CliException($"job '{kind}' is not offered by this version" + (kind == "cleanup" ? ": 'ais start rebalance --cleanup' removes what rebalances left behind" : string.Empty)),
    }.Takes();

    private static async Task<int> RebalanceAsync(CliSession session)
    {
        session.AtMost(1);
        var (cleanup, force) = (session.Has(session.Flags.Cleanup), session.Has(session.Flags.CleanupForce));
        var (latest, sync, dryRun) = (session.Has(session.Flags.Latest), session.Has(session.Flags.Sync), session.Has(session.Flags.DryRun));
        if (force && !cleanup)
        {
            throw new UsageException("'--force' is only valid with '--cleanup'");
        }

        if (cleanup && (latest || sync))
        {
            throw new UsageException($"flags '--cleanup' and '{(latest ? "--latest" : "--sync")}' are mutually exclusive");
        }

        var scope = session.Arguments.Count > 0 ? BucketUri.Parse(session.Arguments[0]) : null;
        var prefix = Prefix(session, scope);
        if (cleanup && await RunningAsync(session).ConfigureAwait(false) is { } running)
        {
            throw new CliException($"cannot 'start rebalance --cleanup': \"{running}\" is currently running", ExitCode.Busy);
        }

        if (scope is not null && !dryRun)
        {
            session.Terminal.Warn($"{scope.Bucket.Cname}{(prefix.Length > 0 ? $" and names that begin with \"{prefix}\"" : string.Empty)}: "
                + (cleanup ? "copies of everything else stay" : "put on record; what else is out of its place moves too, since a target is proven clean as a whole"));
        }

        var bits = (latest ? LatestBit : 0) | (sync ? SyncBit : 0) | (cleanup ? CleanupBit : 0);
        var answer = (await session.Client.Jobs.StartRebalanceAsync(scope?.Bucket, prefix, bits, dryRun, force, session.Cancellation).ConfigureAwait(false)).Trim().Trim('"');
        if (dryRun)
        {
            PrintPlan(session, answer);
            return ExitCode.Ok;
        }

        session.Out.WriteLine($"Started rebalance[{answer}]{(cleanup ? " (cleanup mode)" : string.Empty)}. To monitor the progress, run 'ais show rebalance'");
        return ExitCode.Ok;
    }

    private static void PrintPlan(CliSession session, string answer)
    {
        var label = session.Terminal.Paint("[DRY RUN]", Colour.Cyan);
        if (!answer.StartsWith('{') || JsonNode.Parse(answer)?["targets"] is not JsonArray targets)
        {
            session.Out.WriteLine($"{label} {answer}");
            return;
        }

        foreach (var target in targets)
        {
            if ((string?)target!["cleanup"] is { } counters)
            {
                var bytes = Units.Parse(null).Size((long?)target["would_remove_bytes"] ?? 0);
                session.Out.WriteLine((bool?)target["answers"] == false
                    ? $"{label} t[{(string?)target["node"]}] does not answer"
                    : $"{label} t[{(string?)target["node"]}] would remove {(long?)target["would_remove_objects"] ?? 0} objects ({bytes}): {counters}");
                continue;
            }

            session.Out.WriteLine($"{label} t[{(string?)target!["node"]}] {((bool?)target["may_hold_misplaced"] == true ? "may hold objects that belong elsewhere" : "has everything in its place")}");
        }
    }

    private static string Prefix(CliSession session, BucketUri? scope)
    {
        var flag = session.Value(session.Flags.RebalancePrefix);
        var rest = scope?.Rest.TrimEnd('*') ?? string.Empty;
        if (flag is null || flag == rest)
        {
            return rest;
        }

        return scope is null ? throw new UsageException("'--prefix' needs a bucket, for example: ais start rebalance ais://demo --prefix a/b")
            : rest.Length == 0 ? flag
            : throw new UsageException($"the prefix of \"{scope}\" and '--prefix {flag}' differ: give one of them");
    }

    /// <summary>Id of the rebalance that runs; null when none does.</summary>
    public static async Task<string?> RunningAsync(CliSession session)
    {
        var snapshots = await session.Client.Jobs.GetSnapshotsAsync("rebalance", onlyRunning: true, cancellation: session.Cancellation).ConfigureAwait(false);
        return snapshots.Values.SelectMany(jobs => jobs).FirstOrDefault(job => job.IsRunning)?.Id;
    }
}
