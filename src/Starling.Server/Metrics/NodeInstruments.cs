using System.Diagnostics.Metrics;
using Starling.Server.Hosting;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;
using Starling.Storage.Objects;

namespace Starling.Server.Metrics;

/// <summary>Gauges that are read when somebody asks: consensus, lease, disks.</summary>
internal static class NodeInstruments
{
    public static void Register(Meter meter, NodeRuntime runtime)
    {
        meter.CreateObservableGauge("starling_raft_term", () => runtime.View.Current.Node.Term, description: "Current term.");
        meter.CreateObservableGauge("starling_raft_commit_index", () => runtime.View.Current.Node.CommitIndex, description: "Newest committed log index known here.");
        meter.CreateObservableGauge("starling_raft_applied_index", () => runtime.View.Current.AppliedIndex, description: "Newest log index applied here.");
        meter.CreateObservableGauge("starling_raft_is_leader", () => runtime.View.Current.IsLeading ? 1 : 0, description: "1 on the leader.");
        meter.CreateObservableGauge("starling_raft_leader_term", () => runtime.View.Current.State.Leader?.Term ?? 0, description: "Term of the last leader whose first entry was applied; grows with every change of leader.");
        meter.CreateObservableGauge("starling_raft_voters", () => runtime.View.Current.Node.Voters.Members.Length, description: "Voters in force here.");
        meter.CreateObservableGauge("starling_node_ready", () => runtime.View.Current.IsReady ? 1 : 0, description: "1 when the node can do its work.");
        if (runtime.Mountpaths is not { } mountpaths)
        {
            return;
        }

        meter.CreateObservableGauge("starling_lease_valid", () => runtime.View.Current.Lease.IsValidNow ? 1 : 0, description: "1 while this target may change data.");
        meter.CreateObservableGauge(
            "starling_lease_remaining_seconds",
            () => Math.Max(0, (runtime.View.Current.Lease.ValidUntilNs - runtime.Clock.NowNs) / 1e9),
            unit: "s",
            description: "Time until the lease ends unless renewed.");
        meter.CreateObservableGauge(
            "starling_mountpath_available_bytes",
            () => OfCapacity(mountpaths, facts => facts.AvailableBytes),
            unit: "By",
            description: "Space left on the mountpath's filesystem.");
        meter.CreateObservableGauge(
            "starling_mountpath_total_bytes",
            () => OfCapacity(mountpaths, facts => facts.TotalBytes),
            unit: "By",
            description: "Size of the mountpath's filesystem.");
    }

    /// <summary>What the watch over the disks knows.</summary>
    public static void Register(Meter meter, DiskWatch disks)
    {
        meter.CreateObservableCounter("starling_mountpath_failures_total", () => OfDisks(disks, one => one.Failures), description: "Operations that the mountpath's disk refused.");
        meter.CreateObservableGauge(
            "starling_mountpath_faulty", () => OfDisks(disks, one => one.Fault is null ? 0 : 1), description: "1 while the mountpath's disk fails, or is gone.");
    }

    /// <summary>What lies on the disks and serves nobody.</summary>
    public static void Register(Meter meter, DiskCensus census) => meter.CreateObservableGauge(
        "starling_quarantined_files", () => census.Total?.Quarantined ?? 0, description: "Objects, tombstones and leftovers of another life that are set aside, at the last count.");

    private static IEnumerable<Measurement<long>> OfDisks(DiskWatch disks, Func<DiskHealth, long> value) =>
        disks.Disks.Select(one => new Measurement<long>(value(one), new KeyValuePair<string, object?>("mountpath", one.Mountpath)));

    private static IEnumerable<Measurement<long>> OfCapacity(MountpathSet mountpaths, Func<FileSystemFacts, long> value)
    {
        foreach (var mountpath in mountpaths.All)
        {
            if (mountpath.TryCapacity() is { } facts)
            {
                yield return new Measurement<long>(value(facts), new KeyValuePair<string, object?>("mountpath", mountpath.Path));
            }
        }
    }
}
