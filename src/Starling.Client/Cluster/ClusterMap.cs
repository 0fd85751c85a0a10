using System.Text.Json.Nodes;
using Starling.Client.Transport;

namespace Starling.Client.Cluster;

/// <summary>A node as the cluster map lists it.</summary>
public sealed record MapNode
{
    /// <summary>The node's id.</summary>
    public required string Id { get; init; }

    /// <summary>True for a target, false for a gateway.</summary>
    public required bool IsTarget { get; init; }

    /// <summary>Address for clients.</summary>
    public required string PublicUrl { get; init; }

    /// <summary>Address of the control network.</summary>
    public required string ControlUrl { get; init; }

    /// <summary>Address of the data network.</summary>
    public required string DataUrl { get; init; }

    /// <summary>Flag bits: 1 non-electable, 4 maintenance, 8 decommission, 16 maintenance and drained.</summary>
    public required ulong Flags { get; init; }

    /// <summary>Placement digest of the id; decides who owns an object.</summary>
    public required ulong IdDigest { get; init; }

    /// <summary>True for a gateway that must not become primary.</summary>
    public bool IsNonElectable => (Flags & 1) != 0;

    /// <summary>True when in maintenance or being decommissioned: owns nothing.</summary>
    public bool IsInactive => (Flags & 12) != 0;

    /// <summary>Display name: <c>t[id]</c> or <c>p[id]</c>.</summary>
    public string DisplayName => $"{(IsTarget ? 't' : 'p')}[{Id}]";

    internal static MapNode From(JsonNode? json) => new()
    {
        Id = json.Text("daemon_id"),
        IsTarget = json.Text("daemon_type") == "target",
        PublicUrl = json.Member("public_net").Text("direct_url"),
        ControlUrl = json.Member("intra_control_net").Text("direct_url"),
        DataUrl = json.Member("intra_data_net").Text("direct_url"),
        Flags = (ulong)json.Int64("flags"),
        IdDigest = unchecked((ulong)json.Int64("id_digest")),
    };
}

/// <summary>The cluster map (Smap): who is a member, and who is primary.</summary>
public sealed record ClusterMap
{
    /// <summary>Grows by one with every change.</summary>
    public required long Version { get; init; }

    /// <summary>Identity of the cluster.</summary>
    public required string Uuid { get; init; }

    /// <summary>Id of the primary gateway; empty while there is none.</summary>
    public required string PrimaryId { get; init; }

    /// <summary>Gateways, by id.</summary>
    public required IReadOnlyList<MapNode> Gateways { get; init; }

    /// <summary>Targets, by id.</summary>
    public required IReadOnlyList<MapNode> Targets { get; init; }

    /// <summary>All nodes, gateways first.</summary>
    public IEnumerable<MapNode> Nodes => Gateways.Concat(Targets);

    /// <summary>The node with this id, bare or in display form; null when it is not a member.</summary>
    public MapNode? Find(string idOrDisplayName)
    {
        ArgumentNullException.ThrowIfNull(idOrDisplayName);
        var id = idOrDisplayName is [_, '[', .., ']'] ? idOrDisplayName[2..^1] : idOrDisplayName;
        var isTarget = idOrDisplayName is ['t', '[', ..];
        return Nodes.FirstOrDefault(node => node.Id == id && (id == idOrDisplayName || node.IsTarget == isTarget));
    }

    /// <summary>Reads the JSON of <c>what=smap</c>.</summary>
    public static ClusterMap From(JsonNode? json) => new()
    {
        Version = json.Int64("version"),
        Uuid = json.Text("uuid"),
        PrimaryId = json.Member("proxy_si").Text("daemon_id"),
        Gateways = NodesOf(json, "pmap"),
        Targets = NodesOf(json, "tmap"),
    };

    private static MapNode[] NodesOf(JsonNode? json, string name) =>
        json.Members(name).Select(pair => MapNode.From(pair.Value)).OrderBy(node => node.Id, StringComparer.Ordinal).ToArray();
}
