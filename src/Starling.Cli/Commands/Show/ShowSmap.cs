using Starling.Cli.Output;
using Starling.Client.Cluster;

namespace Starling.Cli.Commands.Show;

/// <summary><c>ais show cluster smap [NODE_ID]</c>.</summary>
internal static class ShowSmap
{
    public static CliCommand Build(Flags flags) =>
        new CliCommand("smap", "show the cluster map, as the gateway or a given node has it", "[NODE_ID]") { Run = RunAsync }
            .With(flags.Refresh, flags.Count, flags.Json, flags.NoHeaders).Takes(Candidates.Nodes);

    private static Task<int> RunAsync(CliSession session)
    {
        session.AtMost(1);
        return Monitor.RunAsync(session, 72, async () => (await ReportAsync(session).ConfigureAwait(false), false));
    }

    private static async Task<int> ReportAsync(CliSession session)
    {
        var nodeId = session.Arguments.Count == 0 ? null
            : Nodes.Find(await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false), session.Arguments[0]).Id;
        var json = await session.Client.Cluster.GetMapJsonAsync(nodeId, session.Cancellation).ConfigureAwait(false);
        if (session.Has(session.Flags.Json))
        {
            session.Out.WriteLine(JsonText.Indented(json));
            return ExitCode.Ok;
        }

        var map = ClusterMap.From(json);
        var separateNetworks = map.Nodes.Any(node => node.ControlUrl != node.PublicUrl || node.DataUrl != node.PublicUrl);
        var table = new Table(
            new Column("NODE"), new Column("TYPE"), new Column("PUBLIC URL"), new Column("INTRA CONTROL URL", separateNetworks), new Column("INTRA DATA URL", separateNetworks));
        foreach (var node in map.Gateways)
        {
            Add(node);
        }

        table.AddBlank();
        foreach (var node in map.Targets)
        {
            Add(node);
        }

        table.Write(session.Terminal, !session.Has(session.Flags.NoHeaders));
        session.Out.WriteLine();
        if (map.Gateways.Where(node => node.IsNonElectable).Select(node => node.DisplayName).ToArray() is { Length: > 0 } nonElectable)
        {
            session.Out.WriteLine($"Non-Electable: {string.Join(", ", nonElectable)}");
        }

        session.Out.WriteLine($"Primary Proxy: {(map.PrimaryId.Length > 0 ? map.PrimaryId : "none")}");
        session.Out.WriteLine($"Summary: proxies({map.Gateways.Count}), targets({map.Targets.Count}), cluster map(v{map.Version}), cluster ID(\"{map.Uuid}\")");
        return ExitCode.Ok;

        void Add(MapNode node) => table.Add(ClusterTables.NameOf(node, map), node.IsTarget ? "target" : "proxy", node.PublicUrl, node.ControlUrl, node.DataUrl);
    }
}
