using System.Text.Json.Nodes;
using Starling.Cli.Output;
using Starling.Client.Cluster;
using Starling.Client.Transport;

namespace Starling.Cli.Commands.Show;

/// <summary>The summary under the node tables.</summary>
internal static class ClusterSummary
{
    public static void Write(CliSession session, ClusterMap map, NodeReport[] reports, JsonObject config, Units units, DateTimeOffset now)
    {
        var terminal = session.Terminal;
        var rebalancing = reports.FirstOrDefault(report => report.Rebalance is { IsRunning: true });
        var known = reports.Where(report => report.Status is { IsStub: false }).ToArray();
        terminal.Out.WriteLine(terminal.Paint("Cluster:", rebalancing is null ? Colour.Blue : Colour.Cyan));
        Line("CLI Endpoint", session.Client.Endpoint.GetLeftPart(UriPartial.Authority));
        Line("Proxies", Gateways(map));
        Line("Targets", Targets(map, known));
        Line("Capacity", Capacity(known, units));
        Line("Cluster Map", $"version {map.Version}, UUID {map.Uuid}, primary {(map.PrimaryId.Length > 0 ? $"p[{map.PrimaryId}]" : "none")}");
        Line("Software", Together(known.Select(report => $"{report.Status!.SoftwareVersion}{(report.Status.BuildTime.Length > 0 ? $" (build: {report.Status.BuildTime})" : string.Empty)}")));
        Line("Deployment", Together(known.Select(report => report.Status!.Deployment)));
        Line("Status", States(reports));
        Line("Rebalance", RebalanceOf(terminal, config, reports, now));
        Line("Authentication", config.Member("auth").Bool("client_auth_required") ? "enabled" : "disabled");

        void Line(string name, string value) => terminal.Out.WriteLine($"   {name + ":",-18}{value}");
    }

    private static string Gateways(ClusterMap map)
    {
        var (inactive, unelectable) = (map.Gateways.Count(node => node.IsInactive), map.Gateways.Count(node => node.IsNonElectable));
        return $"{map.Gateways.Count} " + (inactive > 0 ? $"({inactive} inactive)" : unelectable > 0 ? $"({unelectable} unelectable)" : "(all electable)");
    }

    private static string Targets(ClusterMap map, NodeReport[] known)
    {
        // A disk counts once, also when several targets run on its host.
        var disks = Mountpaths(known).SelectMany(one => one.Mountpath.Disks.Select(disk => (one.Host, disk))).Distinct().Count();
        return disks > 0 ? $"{map.Targets.Count} (total disks: {disks})" : $"{map.Targets.Count} (total mountpaths: {Mountpaths(known).Count()})";
    }

    private static IEnumerable<(string Host, MountpathStatus Mountpath)> Mountpaths(NodeReport[] known) =>
        known.Where(report => report.Node.IsTarget).SelectMany(report => report.Status!.Mountpaths.Select(one => (HostOf(report.Node), one)));

    private static string HostOf(MapNode node) => Uri.TryCreate(node.PublicUrl, UriKind.Absolute, out var url) ? url.Host : node.Id;

    private static string Capacity(NodeReport[] known, Units units)
    {
        // Targets on one host may share a filesystem, whose bytes are there once; what does not say which one it is counts by itself.
        var (shared, alone) = (known.Where(report => report.Node.IsTarget && Identified(report)).ToArray(), known.Where(report => report.Node.IsTarget && !Identified(report)).ToArray());
        var fileSystems = Mountpaths(shared).DistinctBy(one => (one.Host, one.Mountpath.FileSystem)).ToArray();
        var used = fileSystems.Sum(one => one.Mountpath.UsedBytes) + alone.Sum(report => report.Status!.CapacityUsedBytes);
        var available = fileSystems.Sum(one => one.Mountpath.AvailableBytes) + alone.Sum(report => report.Status!.CapacityAvailableBytes);
        return used + available == 0 ? "n/a" : $"used {units.Size(used)} ({100 * used / (used + available)}%), available {units.Size(available)}";
    }

    private static bool Identified(NodeReport report) => report.Status!.Mountpaths is { Count: > 0 } mountpaths && mountpaths.All(one => one.FileSystem.Length > 0);

    private static string Together(IEnumerable<string> values) => values.Where(value => value.Length > 0).Distinct().ToArray() is { Length: > 0 } distinct ? string.Join(", ", distinct) : "n/a";

    private static string States(NodeReport[] reports)
    {
        var groups = reports.GroupBy(report => report.State).OrderByDescending(group => group.Key == "online").ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{group.Count()} {group.Key}").ToArray();
        return groups.Length == 1 ? groups[0] : $"[{string.Join(", ", groups)}]";
    }

    private static string RebalanceOf(Terminal terminal, JsonObject config, NodeReport[] reports, DateTimeOffset now)
    {
        if (config.Member("rebalance") is { } section && !section.Bool("enabled"))
        {
            return terminal.Paint("disabled", Colour.Red);
        }

        var cells = reports.Select(report => report.RebalanceCell(now)).Where(cell => cell != "-").Distinct().ToArray();
        return cells.FirstOrDefault(cell => cell.StartsWith("running", StringComparison.Ordinal)) ?? cells.FirstOrDefault() ?? "n/a";
    }
}
