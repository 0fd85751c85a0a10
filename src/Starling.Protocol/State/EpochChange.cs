using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Identity;

namespace Starling.Protocol.State;

/// <summary>What the creation of a placement epoch sets, without any pass over data (rule B0).</summary>
internal static class EpochChange
{
    /// <summary>Makes the epoch that follows from the nodes' administrative states, and advances <c>Clean</c> and <c>Fenced</c> where that needs no look at data.</summary>
    /// <param name="state">The state before.</param>
    /// <param name="nodes">The nodes with their new administrative states.</param>
    /// <param name="quiet">No rebalance belongs to it: passes do not run by themselves, unless one was due already.</param>
    public static ClusterState Commit(ClusterState state, ImmutableSortedDictionary<NodeId, NodeEntry> nodes, bool quiet = false)
    {
        var active = nodes.Values.Where(n => n.IsActiveTarget).ToList();
        var newest = new PlacementEpoch(state.Newest.Number + 1, [.. active.Select(n => n.Id)], [.. active.Select(n => n.Weight)]);
        var epochs = state.Epochs.Add(newest);
        var noBucketEver = state.NextBucketId == 1;
        var builder = nodes.ToBuilder();
        foreach (var node in nodes.Values)
        {
            if (node.Role == NodeRole.Target)
            {
                builder[node.Id] = Advance(node, epochs, noBucketEver);
            }
        }

        return TrimChain(state with
        {
            Nodes = builder.ToImmutable(),
            Epochs = epochs,
            QuietThrough = quiet && !PassIsDue(state) ? newest.Number : state.QuietThrough,
            Versions = state.Versions with { Smap = state.Versions.Smap + 1, Rmd = state.Versions.Rmd + (quiet ? 0 : 1) },
        });
    }

    private static bool PassIsDue(ClusterState state) => state.Newest.Number > state.QuietThrough
        && state.Nodes.Values.Any(n => n.HoldsIntegers && n.State is AdminState.In or AdminState.Draining && n.Clean < state.Newest.Number);

    /// <summary>Forgets epochs that nobody can hold records of any more: below <c>min Clean[X]</c>, absent targets included.</summary>
    public static ClusterState TrimChain(ClusterState state)
    {
        var oldest = state.Newest.Number;
        foreach (var node in state.Nodes.Values)
        {
            if (node.HoldsIntegers)
            {
                oldest = Math.Min(oldest, node.Clean);
            }
        }

        return oldest <= state.Base ? state : state with { Epochs = state.Epochs.RemoveRange(0, (int)(oldest - state.Base)) };
    }

    private static NodeEntry Advance(NodeEntry node, ImmutableArray<PlacementEpoch> epochs, bool noBucketEver)
    {
        var newest = epochs[^1];
        if (!node.HoldsIntegers)
        {
            return newest.Contains(node.Id) ? node with { Fenced = newest.Number, Clean = newest.Number } : node;
        }

        var clean = noBucketEver || StaysClean(node, epochs) ? newest.Number : node.Clean;
        var fenced = InactiveSinceFenced(node, epochs) ? newest.Number : node.Fenced;
        return node with { Clean = Math.Max(node.Clean, clean), Fenced = Math.Max(node.Fenced, fenced) };
    }

    private static bool StaysClean(NodeEntry node, ImmutableArray<PlacementEpoch> epochs)
    {
        var newest = epochs[^1];
        for (var i = 0; i < epochs.Length - 1; i++)
        {
            var past = epochs[i];
            if (past.Number >= node.Clean && past.Contains(node.Id) && !(newest.Contains(node.Id) && KeepsItsNames(newest, past)))
            {
                return false;
            }
        }

        return true;
    }

    // Fewer targets of unchanged weight: whoever stays keeps every name it owned, so nothing of it belongs elsewhere.
    private static bool KeepsItsNames(PlacementEpoch newest, PlacementEpoch past)
    {
        for (var i = 0; i < newest.Targets.Length; i++)
        {
            if (past.WeightOf(newest.Targets[i]) != newest.Weights[i])
            {
                return false;
            }
        }

        return true;
    }

    private static bool InactiveSinceFenced(NodeEntry node, ImmutableArray<PlacementEpoch> epochs)
    {
        foreach (var epoch in epochs)
        {
            if (epoch.Number >= node.Fenced && epoch.Contains(node.Id))
            {
                return false;
            }
        }

        // Fenced may lie below the chain: what was forgotten cannot be judged.
        return node.Fenced >= epochs[0].Number;
    }
}
