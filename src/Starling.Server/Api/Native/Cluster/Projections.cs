using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Cluster.Peers;
using Starling.Core.Wire;
using Starling.Protocol.Identity;
using Starling.Protocol.State;

namespace Starling.Server.Api.Native.Cluster;

/// <summary>The committed state in the shapes that native clients read.</summary>
internal static class Projections
{
    public static SmapWire Smap(ClusterState state)
    {
        var nodes = state.Nodes.Values;
        return new SmapWire
        {
            Gateways = Map(nodes.Where(node => node.Role == NodeRole.Gateway), state),
            Targets = Map(nodes.Where(node => node.Role == NodeRole.Target), state),
            Primary = state.Leader is { IsGateway: true } leader && state.Node(leader.Identity.Id) is { } primary ? Snode(primary, state) : null,
            Uuid = state.ClusterId,
            CreationTime = DateTimeOffset.UnixEpoch.AddTicks(state.CreatedNs / 100).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            Version = state.Versions.Smap,
        };
    }

    public static SnodeWire Snode(NodeEntry node, ClusterState state)
    {
        var flags = node.Role == NodeRole.Gateway && !node.Electable ? SnodeWire.NonElectable : 0;
        if (IsInformationCenter(node, state))
        {
            flags |= SnodeWire.InformationCenter;
        }

        flags |= node.State switch
        {
            AdminState.Draining => SnodeWire.Maintenance,
            AdminState.Out => SnodeWire.Maintenance | SnodeWire.MaintenancePostRebalance,
            AdminState.Leaving => SnodeWire.Decommission,
            // Admitted and not part of placement yet: clients that compute owners must skip it.
            AdminState.Joining when node.Role == NodeRole.Target => SnodeWire.Maintenance,
            _ => 0UL,
        };
        return new SnodeWire
        {
            Public = Net(node.Addresses.Public),
            Control = Net(node.Addresses.Control),
            Data = Net(node.Addresses.Data),
            Type = node.Role == NodeRole.Gateway ? "proxy" : "target",
            Id = node.Id.Value,
            Flags = flags,
            IdDigest = node.Id.Digest,
        };
    }

    public static BmdWire Bmd(ClusterState state)
    {
        var providers = new SortedDictionary<string, SortedDictionary<string, SortedDictionary<string, JsonElement>>>(StringComparer.Ordinal);
        foreach (var bucket in state.Buckets.Values)
        {
            var spaces = GetOrAdd(providers, bucket.Name.Provider);
            GetOrAdd(spaces, bucket.Name.Namespace)[bucket.Name.Name] = Parse(bucket.Props.Json);
        }

        return new BmdWire { Providers = providers, Uuid = state.ClusterId, Version = state.Versions.Bmd };
    }

    public static RmdWire Rmd(ClusterState state) => new() { ClusterId = state.ClusterId, Version = state.Versions.Rmd };

    public static NodeStateInfoWire StateInfo(ClusterState state, bool isReady)
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
            Flags = isReady ? NodeStateInfoWire.Healthy : 4,
        };
    }

    /// <summary>The configuration with what belongs to the cluster and not to the document.</summary>
    public static JsonObject Config(ClusterState state)
    {
        var config = JsonNode.Parse(state.Config.Json) as JsonObject ?? [];
        config["uuid"] = state.ClusterId;
        config["config_version"] = state.Versions.Conf.ToString(CultureInfo.InvariantCulture);
        config["lastupdate_time"] ??= string.Empty;
        var url = state.Leader is { IsGateway: true } leader && state.Node(leader.Identity.Id) is { } primary ? Net(primary.Addresses.Control).Url : string.Empty;
        var proxy = config["proxy"] as JsonObject ?? [];
        config["proxy"] = proxy;
        proxy["primary_url"] = url;
        proxy["original_url"] ??= url;
        proxy["discovery_url"] ??= string.Empty;
        proxy["non_electable"] ??= false;
        return config;
    }

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

    public static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json.Length == 0 ? "{}" : json);
        return document.RootElement.Clone();
    }

    private static bool IsInformationCenter(NodeEntry node, ClusterState state) =>
        node is { Role: NodeRole.Gateway, Electable: true, State: AdminState.In } && (state.Leader?.Identity.Id == node.Id
            || state.Nodes.Values.Where(other => other is { Role: NodeRole.Gateway, Electable: true, State: AdminState.In }).Take(3).Any(other => other.Id == node.Id));

    private static SortedDictionary<string, SnodeWire> Map(IEnumerable<NodeEntry> nodes, ClusterState state)
    {
        var result = new SortedDictionary<string, SnodeWire>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            result[node.Id.Value] = Snode(node, state);
        }

        return result;
    }

    private static T GetOrAdd<T>(SortedDictionary<string, T> map, string key)
        where T : class, System.Collections.IDictionary, new() => map.TryGetValue(key, out var value) ? value : map[key] = new T();
}
