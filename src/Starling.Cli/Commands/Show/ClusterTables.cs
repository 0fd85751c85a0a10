using System.Globalization;
using Starling.Cli.Output;
using Starling.Client.Cluster;

namespace Starling.Cli.Commands.Show;

/// <summary>The two node tables of <c>ais show cluster</c>. A column that tells nothing apart is left out.</summary>
internal static class ClusterTables
{
    private const ulong Healthy = 6;

    /// <summary>What the columns REBALANCE and STATUS say already: alone these two raise no column of their own.</summary>
    private const ulong SaidElsewhere = 8 | 1024;

    private static readonly (ulong Bit, string Word, bool IsRed)[] Alerts =
    [
        (1, "vote-in-progress", false), (8, "rebalancing", false), (16, "rebalance-interrupted", false), (32, "resilvering", false), (64, "resilver-interrupted", false),
        (128, "restarted", false), (256, "OOS", true), (512, "OOM", true), (1024, "in-maintenance-mode", false), (2048, "low-usable-capacity", false), (4096, "low-memory", false),
        (8192, "disk-fault", true), (16384, "number-of-threads", false), (32768, "high-number-of-threads", true), (65536, "tls-cert-will-soon-expire", false),
        (131072, "tls-cert-expired", true), (262144, "tls-cert-invalid", false), (524288, "keep-alive-errors", false), (1048576, "OOCPU", true), (2097152, "low-CPU", false),
        (4194304, "disk-OOS", true), (8388608, "disk-low-capacity", false),
    ];

    public static void Write(
        Terminal terminal, NodeReport[] reports, ClusterMap map, Units units, DateTimeOffset now, bool headings, bool verbose, bool isTarget)
    {
        var known = reports.Where(report => report.Status is { IsStub: false }).Select(report => report.Status!).ToArray();
        var versionsDiffer = known.Select(status => status.SoftwareVersion).Distinct().Count() > 1;
        var buildsDiffer = known.Select(status => status.BuildTime).Distinct().Count() > 1;
        var table = new Table(
            new Column(isTarget ? "TARGET" : "PROXY"),
            new Column("MEM USED(%)"),
            new Column("MEM AVAIL"),
            new Column("CAP USED(%)", isTarget),
            new Column("CAP AVAIL", isTarget),
            new Column("SYS CPU(%)"),
            new Column("LOAD AVERAGE", verbose),
            new Column("REBALANCE", isTarget && reports.Any(report => report.RebalanceCell(now) != "-")),
            new Column("UPTIME"),
            new Column("K8s POD", known.Any(status => status.PodName.Length > 0)),
            new Column("STATUS", reports.Any(report => report.State != "online")),
            new Column("VERSION", versionsDiffer),
            new Column("BUILD TIME", buildsDiffer),
            new Column("ALERT", reports.Any(report => AlertOf(report).Text is not ("ok" or "-") && (report.Status!.StateFlags & ~(SaidElsewhere | Healthy)) != 0)));
        foreach (var report in reports)
        {
            var status = report.Status is { IsStub: false } ? report.Status : null;
            table.Add(
                NameOf(report.Node, map),
                status is null ? "-" : Percent(status.MemoryUsedPercent),
                status is null ? "-" : units.Size(status.MemoryAvailableBytes),
                status is null ? "-" : CapacityOf(status),
                status is null ? "-" : units.Size(status.CapacityAvailableBytes),
                status is null ? "-" : $"{status.CpuPercent}%",
                status is null ? "-" : string.Create(CultureInfo.InvariantCulture, $"[{status.LoadAverage.One:0.0} {status.LoadAverage.Five:0.0} {status.LoadAverage.Fifteen:0.0}]"),
                report.RebalanceCell(now),
                status is null || status.Uptime == TimeSpan.Zero ? "-" : Durations.Format(status.Uptime),
                status is null || status.PodName.Length == 0 ? "-" : status.PodName,
                new Cell(report.State, StateColour(report)),
                status?.SoftwareVersion ?? "-",
                status?.BuildTime ?? "-",
                AlertOf(report));
        }

        table.Write(terminal, headings);
    }

    /// <summary>Display name with its marks: primary, non-electable, out of service.</summary>
    public static string NameOf(MapNode node, ClusterMap map) =>
        node.DisplayName + (node.Id == map.PrimaryId ? "[P]" : string.Empty) + (node is { IsTarget: false, IsNonElectable: true } ? "[n/e]" : string.Empty) + (node.IsInactive ? "[x]" : string.Empty);

    private static Colour StateColour(NodeReport report) => report.State switch
    {
        "online" => Colour.None,
        "unreachable" => Colour.Red,
        _ => report.Node.IsTarget && report.IsDraining ? Colour.Red : Colour.Cyan,
    };

    private static Cell AlertOf(NodeReport report)
    {
        if (report.Status is not { IsStub: false } status)
        {
            return "-";
        }

        var raised = status.StateFlags is Healthy or 0 ? [] : Alerts.Where(alert => (status.StateFlags & alert.Bit) != 0).ToArray();
        return raised.Length == 0 ? "ok" : new Cell(string.Join(",", raised.Select(alert => alert.Word)), raised.Any(alert => alert.IsRed) ? Colour.Red : Colour.Cyan);
    }

    private static Cell CapacityOf(NodeStatus status) => new(
        $"{status.CapacityUsedPercent}%",
        status.CapacityUsedPercent switch { >= 90 => Colour.Red, >= 75 => Colour.Cyan, >= 65 => Colour.Blue, _ => Colour.Green });

    private static string Percent(double value) => value.ToString("0.00", CultureInfo.InvariantCulture) + "%";
}
