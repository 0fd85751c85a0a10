using System.Globalization;
using System.Text.Json.Nodes;
using Starling.Core.Config;
using Starling.Protocol.Identity;

namespace Starling.Protocol.State.Views;

/// <summary>The configuration as clients know it: the document, and what the cluster knows of itself.</summary>
public static class ConfView
{
    /// <summary>Projects a state to JSON: the document with <c>uuid</c>, <c>config_version</c> and the addresses of the primary.</summary>
    public static string Of(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        // A document written by an older build may lack sections; clients expect all of them.
        var config = ConfigDocument.WithDefaults(state.Config.Json);
        config["uuid"] = state.ClusterId;
        config["config_version"] = state.Versions.Conf.ToString(CultureInfo.InvariantCulture);
        if (config["proxy"] is not JsonObject proxy)
        {
            config["proxy"] = proxy = [];
        }

        proxy["primary_url"] = state.Leader is { IsGateway: true } leader ? UrlOf(state.Node(leader.Identity.Id)) : string.Empty;
        if (proxy["original_url"] is not JsonValue original || original.ToString().Length == 0)
        {
            proxy["original_url"] = UrlOf(state.Nodes.Values.Where(n => n.Role == NodeRole.Gateway).MinBy(n => (n.JoinedIndex, n.Id)));
        }

        proxy["discovery_url"] ??= string.Empty;
        proxy["non_electable"] ??= false;
        return config.ToJsonString();
    }

    private static string UrlOf(NodeEntry? node) => node?.Addresses.Control.TrimEnd('/') ?? string.Empty;
}
