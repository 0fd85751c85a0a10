using System.Globalization;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Views;

/// <summary>The map of members as clients know it.</summary>
public static class SmapView
{
    /// <summary>How many electable gateways keep job status.</summary>
    private const int InformationCenters = 3;

    /// <summary>Projects a state.</summary>
    public static SmapWire Of(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var gateways = new SortedDictionary<string, SnodeWire>(StringComparer.Ordinal);
        var targets = new SortedDictionary<string, SnodeWire>(StringComparer.Ordinal);
        var centers = Centers(state);
        foreach (var node in state.Nodes.Values)
        {
            var map = node.Role == NodeRole.Gateway ? gateways : targets;
            map[node.Id.Value] = Snode(state, node, centers.Contains(node.Id));
        }

        return new SmapWire
        {
            Gateways = gateways,
            Targets = targets,
            Primary = state.Leader is { IsGateway: true } leader ? gateways.GetValueOrDefault(leader.Identity.Id.Value) : null,
            Uuid = state.ClusterId,
            CreationTime = DateTime.UnixEpoch.AddTicks(state.CreatedNs / 100).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            Version = state.Versions.Smap,
        };
    }

    /// <summary>One member.</summary>
    /// <param name="state">The state.</param>
    /// <param name="node">Its committed entry.</param>
    /// <param name="isInformationCenter">Whether it is one of the gateways that keep job status.</param>
    public static SnodeWire Snode(ClusterState state, NodeEntry node, bool isInformationCenter = false)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(node);
        return new SnodeWire
        {
            Public = Net(node.Addresses.Public),
            Control = Net(node.Addresses.Control),
            Data = Net(node.Addresses.Data),
            Type = node.Role == NodeRole.Gateway ? "proxy" : "target",
            Id = node.Id.Value,
            Flags = FlagsOf(state, node) | (isInformationCenter ? SnodeWire.InformationCenter : 0),
            IdDigest = node.Id.Digest,
        };
    }

    // The primary always, then others in the order of their ids; none that is on its way out.
    private static List<NodeId> Centers(ClusterState state)
    {
        var primary = state.Leader is { IsGateway: true } leader ? leader.Identity.Id : default;
        return state.Nodes.Values
            .Where(n => n.Role == NodeRole.Gateway && n.State == AdminState.In && (n.Electable || n.Id == primary))
            .OrderBy(n => n.Id == primary ? 0 : 1)
            .ThenBy(n => n.Id)
            .Take(InformationCenters)
            .Select(n => n.Id)
            .ToList();
    }

    // A target outside of placement must look inactive: clients compute owners from this map.
    private static ulong FlagsOf(ClusterState state, NodeEntry node)
    {
        var flags = node.Role == NodeRole.Gateway && !node.Electable ? SnodeWire.NonElectable : 0;
        var goes = state.OperationOn(node.Id) is { Kind: OperationKind.Decommission, Phase: not OperationPhase.Cancelling };
        return flags | (node.State switch
        {
            AdminState.Leaving => SnodeWire.Decommission,
            AdminState.Draining or AdminState.Out when goes => SnodeWire.Decommission,
            AdminState.Out when HandedOver(state, node) => SnodeWire.Maintenance | SnodeWire.MaintenancePostRebalance,
            AdminState.Joining or AdminState.Draining or AdminState.Out => SnodeWire.Maintenance,
            _ => 0,
        });
    }

    // The second flag is the word that nothing is left behind: not for gateways, and not for targets that went without rebalance.
    private static bool HandedOver(ClusterState state, NodeEntry node) =>
        node.Role == NodeRole.Target && (!node.HoldsIntegers || node.Clean == state.Newest.Number);

    private static NetInfoWire Net(string url)
    {
        var trimmed = url.TrimEnd('/');
        return Uri.TryCreate(trimmed, UriKind.Absolute, out var parsed)
            ? new NetInfoWire { Host = parsed.IdnHost, Port = parsed.Port.ToString(CultureInfo.InvariantCulture), Url = trimmed }
            : new NetInfoWire { Url = trimmed };
    }
}
