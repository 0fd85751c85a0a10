using Starling.Core.Names;
using Starling.Core.Placement;
using Starling.Protocol.Identity;
using Starling.Protocol.State;

namespace Starling.Protocol.Consensus;

/// <summary>The order of candidates (rule A3): kept by voters with a delay per rank, never by a veto.</summary>
internal static class Ranks
{
    /// <summary>
    /// Position in the rendezvous order of the electable gateways without the last leader. The last leader comes after them, then targets in their own
    /// rendezvous order; who is not known comes last.
    /// </summary>
    public static int Of(NodeId candidate, ClusterState state, NodeId lastLeader, int maxRank)
    {
        var known = state.Nodes.TryGetValue(candidate, out var entry);
        var isGateway = known && entry!.Role == NodeRole.Gateway && entry.Electable;
        var isTarget = known && entry!.Role == NodeRole.Target;
        var own = Score(candidate);
        var gateways = 0;
        var better = 0;
        var targets = 0;
        var betterTargets = 0;
        foreach (var (id, node) in state.Nodes)
        {
            if (id == lastLeader)
            {
                continue;
            }

            if (node.Role == NodeRole.Gateway && node.Electable)
            {
                gateways++;
                better += Score(id) > own ? 1 : 0;
            }
            else if (node.Role == NodeRole.Target && state.Voters.Contains(node.Member))
            {
                targets++;
                betterTargets += Score(id) > own ? 1 : 0;
            }
        }

        var rank = candidate == lastLeader ? gateways
            : isGateway ? better
            : isTarget ? gateways + 1 + betterTargets
            : gateways + 1 + targets;
        return Math.Min(rank, maxRank);
    }

    private static ulong Score(NodeId id) => Rendezvous.Score(new Candidate(id.Digest), 0);
}
