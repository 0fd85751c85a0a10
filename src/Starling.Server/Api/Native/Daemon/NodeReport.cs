using System.Globalization;
using System.Reflection;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.State;
using Starling.Server.Api.Native.Cluster;
using Starling.Storage.Mountpaths;

namespace Starling.Server.Api.Native.Daemon;

/// <summary>What a node says of itself: identity, statistics, capacity, state.</summary>
internal static class NodeReport
{
    /// <summary>What clients compare with: major and minor of the interface, then our own version.</summary>
    public static string Version { get; } = $"5.0.starling-{Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "0"}";

    public static SnodeWire Snode(ApiServices services)
    {
        return Projections.Snode(services.Snapshot.State, services.Runtime.Id)
            ?? new SnodeWire { Id = services.Runtime.Id.Value, IdDigest = services.Runtime.Id.Digest, Type = services.Runtime.IsGateway ? "proxy" : "target" };
    }

    /// <summary>The state of the node in bits; <see cref="NodeStateInfoWire.Healthy"/> when there is nothing to report.</summary>
    public static ulong Flags(ApiServices services) =>
        (services.Snapshot.IsReady ? NodeStateInfoWire.Healthy : NodeStateFlags.NodeStarted)
        | (services.Target?.Disks.HasFault == true ? NodeStateFlags.DiskFault : 0)
        | (services.Snapshot.Own is { State: AdminState.Draining or AdminState.Out or AdminState.Leaving } ? NodeStateFlags.MaintenanceMode : 0)
        | (services.Snapshot.State.PassWanted(services.Runtime.Id) is not null ? NodeStateFlags.Rebalancing : 0);

    public static NodeStatsWire Stats(ApiServices services) => new() { Node = Snode(services), Tracker = Tracker(services), Capacity = Capacity(services.Runtime.Mountpaths) };

    public static NodeStatusWire Status(ApiServices services)
    {
        var state = services.Snapshot.State;
        var node = Snode(services);
        return new NodeStatusWire
        {
            Rebalance = RebalanceOf(services, state),
            Status = StatusOf(node),
            Deployment = "linux",
            Version = Version,
            BuildTime = BuildTime,
            Node = node,
            Tracker = Tracker(services),
            Capacity = Capacity(services.Runtime.Mountpaths),
            Cluster = Projections.StateInfo(state, Flags(services)),
            System = SystemInfo.Read(services.Runtime.Mountpaths),
            SmapVersion = state.Versions.Smap.ToString(CultureInfo.InvariantCulture),
        };
    }

    /// <summary>What is said of a node that does not answer and is not expected to: it is known to be away.</summary>
    public static NodeStatusWire? Away(ClusterState state, NodeId id) => Projections.Snode(state, id) is { } node && StatusOf(node) is { Length: > 0 } status
        ? new NodeStatusWire { Status = status, Node = node, Cluster = Projections.StateInfo(state, NodeStateInfoWire.Healthy), SmapVersion = state.Versions.Smap.ToString(CultureInfo.InvariantCulture) }
        : null;

    public static CapacityWire Capacity(MountpathSet? mountpaths)
    {
        if (mountpaths is null)
        {
            return new CapacityWire();
        }

        var result = new SortedDictionary<string, MountpathCapacityWire>(StringComparer.Ordinal);
        var mounts = HostDisks.Mounts();
        var totals = new Dictionary<ulong, MountpathCapacityWire>();
        foreach (var mountpath in mountpaths.All)
        {
            if (mountpath.TryCapacity() is not { } facts)
            {
                continue;
            }

            var used = Math.Max(0, facts.TotalBytes - facts.AvailableBytes);
            var number = HostDisks.Number(mountpath.LockDevice);
            var (source, type) = mounts.GetValueOrDefault(number, (mountpath.Path, "local"));
            result[mountpath.Path] = totals[mountpath.LockDevice] = new MountpathCapacityWire
            {
                FileSystem = new FileSystemWire { Device = source, Type = type, Id = [(int)(mountpath.LockDevice & int.MaxValue), (int)(mountpath.LockDevice >> 31 & int.MaxValue)] },
                Disks = HostDisks.Disks(number),
                UsedBytes = (ulong)used,
                AvailableBytes = (ulong)facts.AvailableBytes,
                UsedPercent = facts.TotalBytes == 0 ? 0 : (int)(used * 100 / facts.TotalBytes),
            };
        }

        var percents = result.Values.Select(one => one.UsedPercent).DefaultIfEmpty().ToArray();
        return new CapacityWire
        {
            Mountpaths = result,

            // Mountpaths may share a filesystem on a developer's machine; its bytes are there once.
            TotalUsedBytes = totals.Values.Aggregate(0UL, (sum, one) => sum + one.UsedBytes),
            TotalAvailableBytes = totals.Values.Aggregate(0UL, (sum, one) => sum + one.AvailableBytes),
            MaxPercent = percents.Max(),
            AveragePercent = (int)percents.Average(),
            MinPercent = percents.Min(),
        };
    }

    private static string StatusOf(SnodeWire node) =>
        (node.Flags & SnodeWire.Decommission) != 0 ? "decommission" : (node.Flags & SnodeWire.Maintenance) != 0 ? "maintenance" : string.Empty;

    private static SnapWire? RebalanceOf(ApiServices services, ClusterState state)
    {
        if (services.Target?.Rebalance.Current is not { } account || TaskNames.RebalanceNumber(account.RebalanceId) is not { } number)
        {
            return null;
        }

        var standing = account.Ended == SnapWire.UnsetTime ? RebalanceStanding.Running : RebalanceStanding.Finished;
        return RebalanceJobs.Snap(RebalanceState.Find(state, number) ?? new RebalanceState(number, null, standing), account, account.Stage, []);
    }

    private static string BuildTime { get; } = File.GetLastWriteTimeUtc(typeof(NodeReport).Assembly.Location).ToString("yyyy-MM-ddTHH:mm:ss+0000", CultureInfo.InvariantCulture);

    private static SortedDictionary<string, TrackerValueWire> Tracker(ApiServices services)
    {
        var result = new SortedDictionary<string, TrackerValueWire>(StringComparer.Ordinal);
        foreach (var (name, value) in services.Metrics.Tracker.Snapshot())
        {
            result[name] = new TrackerValueWire { Value = value };
        }

        result["up.ns.time"] = new TrackerValueWire { Value = services.Runtime.Clock.NowNs - services.Runtime.StartedNs };
        result["state.flags"] = new TrackerValueWire { Value = (long)Flags(services) };
        return result;
    }
}
