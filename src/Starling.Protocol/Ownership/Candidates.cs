using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Protocol.Ownership;

/// <summary>Who may hold a newer record of a name than the one that lies here (rule B6).</summary>
public static class Candidates
{
    /// <summary>Local epoch of a name without a live local record.</summary>
    public const long NoRecord = -1;

    /// <summary>
    /// Every target other than <paramref name="self"/> that owned the name at some epoch j with <c>max(localEpoch + 1, Clean[X]) &lt;= j &lt; newest</c>,
    /// the newest ownership first. Empty: the local answer is final. In a converged cluster that is one comparison.
    /// </summary>
    /// <param name="state">The applied state.</param>
    /// <param name="self">The target that asks.</param>
    /// <param name="nameDigest">Placement digest of the name.</param>
    /// <param name="localEpoch">Epoch of the live local record's key, or <see cref="NoRecord"/>.</param>
    public static ImmutableArray<NodeId> Of(ClusterState state, NodeId self, ulong nameDigest, long localEpoch)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.IsConverged)
        {
            return [];
        }

        var found = ImmutableArray.CreateBuilder<NodeId>();
        for (var i = state.Epochs.Length - 2; i >= 0; i--)
        {
            var epoch = state.Epochs[i];
            if (epoch.Number <= localEpoch)
            {
                break;
            }

            var owner = epoch.OwnerOf(nameDigest);
            if (!owner.IsNone && owner != self && MayHold(state, owner, epoch.Number) && !found.Contains(owner))
            {
                found.Add(owner);
            }
        }

        return found.DrainToImmutable();
    }

    /// <summary>Whether two states agree on every <c>Clean</c> and on every declared loss, which makes leftovers live: a read that asked candidates under the first may answer under the second (rule B7).</summary>
    public static bool SameClean(ClusterState first, ClusterState second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (!ReferenceEquals(first.Losses, second.Losses) && !first.Losses.Values.SequenceEqual(second.Losses.Values))
        {
            return false;
        }

        if (ReferenceEquals(first.Nodes, second.Nodes))
        {
            return true;
        }

        return first.Nodes.Count == second.Nodes.Count
            && first.Nodes.Values.Zip(second.Nodes.Values).All(pair => pair.First.Id == pair.Second.Id && pair.First.Clean == pair.Second.Clean);
    }

    /// <summary>Whether a target may still hold a record of an epoch in which it owned the name: it was not declared lost, nor proven clean since.</summary>
    internal static bool MayHold(ClusterState state, NodeId target, long epoch) => state.Node(target) is { HoldsIntegers: true } entry && entry.Clean <= epoch;
}
