using System.Globalization;
using System.Text.Json.Nodes;
using Starling.Cluster.Peers;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Protocol.State;

namespace Starling.Server.Api.Native.Cluster;

/// <summary>Parts of the views of the committed state, and what this node adds to them.</summary>
internal static class Projections
{
    /// <summary>One member; null when there is no such one.</summary>
    public static SnodeWire? Snode(ClusterState state, NodeId id) =>
        state.Views.Smap.Gateways?.GetValueOrDefault(id.Value) ?? state.Views.Smap.Targets?.GetValueOrDefault(id.Value);

    public static NodeStateInfoWire StateInfo(ClusterState state, ulong flags)
    {
        var primary = state.Leader is { IsGateway: true } leader ? state.Node(leader.Identity.Id) : null;
        return new NodeStateInfoWire
        {
            Smap = new SmapStateWire
            {
                Uuid = state.ClusterId,
                Version = state.Versions.Smap,
                Primary = primary is null
                    ? new PrimaryWire()
                    : new PrimaryWire { Id = primary.Id.Value, PublicUrl = Net(primary.Addresses.Public).Url, ControlUrl = Net(primary.Addresses.Control).Url },
            },
            Bmd = new ClusterVersionWire { Uuid = state.ClusterId, Version = state.Versions.Bmd },
            Rmd = new VersionWire { Version = state.Versions.Rmd },
            Config = new VersionWire { Version = state.Versions.Conf },
            Flags = flags,
        };
    }

    /// <summary>The configuration with what the cluster adds to it; the caller may change it.</summary>
    public static JsonObject Config(ClusterState state) => JsonNode.Parse(state.Views.ConfigJson)!.AsObject();

    public static NetInfoWire Net(string address)
    {
        if (!PeerAddress.TryParse(address, out var url))
        {
            return new NetInfoWire { Url = address };
        }

        return new NetInfoWire
        {
            Host = url.HostNameType == UriHostNameType.IPv6 ? url.Host.Trim('[', ']') : url.Host,
            Port = url.Port.ToString(CultureInfo.InvariantCulture),
            Url = url.GetLeftPart(UriPartial.Authority),
        };
    }
}
