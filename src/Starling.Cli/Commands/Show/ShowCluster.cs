using System.Text.Json.Nodes;
using Starling.Cli.Commands.Config;
using Starling.Cli.Output;
using Starling.Client;
using Starling.Client.Cluster;

namespace Starling.Cli.Commands.Show;

/// <summary><c>ais show cluster [NODE_ID]</c> and what hangs below it.</summary>
internal static class ShowCluster
{
    private const string Arguments = "[NODE_ID] | target [NODE_ID] | proxy [NODE_ID] | smap [NODE_ID] | bmd [NODE_ID] | config [SECTION]";

    public static CliCommand Build(string name, Flags flags) =>
        new CliCommand(name, "show nodes, their state, and a summary", Arguments) { Run = session => RunAsync(session, null) }
            .With(Options(flags)).Takes(Candidates.Nodes)
            .With(
                Kind("target", "show targets", flags, targets: true),
                Kind("proxy", "show gateways", flags, targets: false),
                ShowSmap.Build(flags), ShowBmd.Build(flags),
                ClusterConfig.Build(flags, readOnly: true, "config"));

    private static CliCommand Kind(string name, string description, Flags flags, bool targets) =>
        new CliCommand(name, description, "[NODE_ID]") { Run = session => RunAsync(session, targets) }.With(Options(flags)).Takes(Candidates.Nodes);

    private static System.CommandLine.Option[] Options(Flags flags) =>
        [flags.Refresh, flags.Count, flags.Json, flags.NoHeaders, flags.UnitsKind, flags.Verbose];

    private static Task<int> RunAsync(CliSession session, bool? targets)
    {
        session.AtMost(1);
        var units = Units.Parse(session.Value(session.Flags.UnitsKind));
        return Monitor.RunAsync(session, 8, async () => (await ReportAsync(session, targets, units).ConfigureAwait(false), false));
    }

    private static async Task<int> ReportAsync(CliSession session, bool? targets, Units units)
    {
        var map = await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false);
        var one = session.Arguments.Count > 0 ? FindNode(map, session.Arguments[0], targets) : null;
        var chosen = map.Nodes.Where(node => one is null ? targets is null || node.IsTarget == targets : node == one).ToArray();
        var reports = await WithRebalanceAsync(session, await Task.WhenAll(chosen.Select(node => AskAsync(session, node))).ConfigureAwait(false)).ConfigureAwait(false);
        if (session.Has(session.Flags.Json))
        {
            var status = new JsonObject(reports.Select(report => KeyValuePair.Create(report.Node.Id, report.Json?.DeepClone())));
            var json = new JsonObject { ["smap"] = await session.Client.Cluster.GetMapJsonAsync(null, session.Cancellation).ConfigureAwait(false), ["status"] = status };
            session.Out.WriteLine(JsonText.Indented(json));
        }
        else
        {
            await PrintAsync(session, map, reports, units, summary: one is null && targets is null).ConfigureAwait(false);
        }

        foreach (var report in reports.Where(report => report.Error is not null))
        {
            session.Terminal.Warn($"{report.Node.DisplayName}: {report.Error}");
        }

        return reports.Any(report => report.Error is not null) ? ExitCode.Partial : ExitCode.Ok;
    }

    /// <summary>A target that does not say itself in which rebalance it took part, because it is off for example, is looked up among the jobs.</summary>
    private static async Task<NodeReport[]> WithRebalanceAsync(CliSession session, NodeReport[] reports)
    {
        if (!reports.Any(report => report.Node.IsTarget && report.Rebalance is null))
        {
            return reports;
        }

        var jobs = await session.Client.Jobs.GetSnapshotsAsync("rebalance", cancellation: session.Cancellation).ConfigureAwait(false);
        return [.. reports.Select(report => report with { Rebalance = report.Rebalance ?? (jobs.TryGetValue(report.Node.Id, out var own) ? own.MaxBy(job => job.Start) : null) })];
    }

    private static MapNode FindNode(ClusterMap map, string name, bool? targets)
    {
        if (map.Find(name) is { } node && (targets is null || node.IsTarget == targets))
        {
            return node;
        }

        return targets is null && !name.Contains('[', StringComparison.Ordinal)
            ? throw new UsageException($"expecting a valid NODE_ID or node type (\"proxy\" or \"target\"), got \"{name}\"")
            : Nodes.Find(map with { Gateways = targets == true ? [] : map.Gateways, Targets = targets == false ? [] : map.Targets }, name);
    }

    private static async Task<NodeReport> AskAsync(CliSession session, MapNode node)
    {
        try
        {
            var json = await session.Client.Cluster.GetNodeStatusJsonAsync(node.Id, session.Cancellation).ConfigureAwait(false);
            return new NodeReport(node, json, NodeReport.Read(json), null);
        }
        catch (Exception error) when (error is ApiException or UnreachableException or TimeoutException)
        {
            var why = error is ApiException { Status: 502 } ? "the gateway cannot reach it" : error.Message;
            return new NodeReport(node, null, null, $"{why} (look at 'ais show log {node.DisplayName}', or at the log on its machine)");
        }
    }

    private static async Task PrintAsync(CliSession session, ClusterMap map, NodeReport[] reports, Units units, bool summary)
    {
        var now = session.Environment.Time.GetUtcNow();
        var headings = !session.Has(session.Flags.NoHeaders);
        var verbose = session.Has(session.Flags.Verbose);
        var gateways = reports.Where(report => !report.Node.IsTarget).ToArray();
        var targets = reports.Where(report => report.Node.IsTarget).ToArray();
        if (gateways.Length > 0)
        {
            ClusterTables.Write(session.Terminal, gateways, map, units, now, headings, verbose, isTarget: false);
        }

        if (gateways.Length > 0 && targets.Length > 0)
        {
            session.Out.WriteLine();
        }

        if (targets.Length > 0)
        {
            ClusterTables.Write(session.Terminal, targets, map, units, now, headings, verbose, isTarget: true);
        }

        if (summary)
        {
            session.Out.WriteLine();
            var config = await session.Client.Cluster.GetConfigAsync(session.Cancellation).ConfigureAwait(false);
            ClusterSummary.Write(session, map, reports, config, units, now);
        }
    }
}
