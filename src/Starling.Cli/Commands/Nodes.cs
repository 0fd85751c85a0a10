using Starling.Client.Cluster;

namespace Starling.Cli.Commands;

/// <summary>Finds the node that the user named.</summary>
internal static class Nodes
{
    public static MapNode Find(ClusterMap map, string name) =>
        map.Find(name) ?? throw new CliException(
            $"node \"{name}\" does not exist (the cluster has {map.Gateways.Count} gateways and {map.Targets.Count} targets; run 'ais show cluster' to see them)"
            + (Help.DidYouMean.Nearest(name, map.Nodes.SelectMany(node => new[] { node.Id, node.DisplayName })) is { } near ? $"\nDid you mean {near}?" : string.Empty),
            ExitCode.NotFound);
}
