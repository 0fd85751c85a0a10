using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Protocol.Rebalance;

/// <summary>
/// Which receivers are lost, by the applied state alone (rule B8). What was handed to them and not verified is live again at once: no walk stands between
/// the declaration and the first answer, and a mark that completes later is without effect. Once true for a hand-over it stays true.
/// </summary>
public static class LossWatch
{
    /// <summary>Whether a target, or a mountpath of it, was declared lost since it took a record.</summary>
    /// <param name="state">The applied state.</param>
    /// <param name="receiver">Who took the record.</param>
    /// <param name="epoch">Epoch of the hand-over.</param>
    public static bool IsLost(ClusterState state, NodeId receiver, long epoch)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Losses.TryGetValue(receiver, out var loss) && epoch <= loss.Epoch;
    }

    /// <summary>
    /// The receivers that were lost between two applied states: their unverified leftovers should be revived on disk by a walk in the background
    /// (<see cref="VerifyMarkPlan"/> without an answer), and a pass that runs visits its leftovers again.
    /// </summary>
    /// <param name="before">The state up to now.</param>
    /// <param name="after">The state that was applied; entries in between may have been skipped by a snapshot.</param>
    public static ImmutableArray<NodeId> LostBetween(ClusterState before, ClusterState after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return ReferenceEquals(before.Losses, after.Losses)
            ? []
            : [.. after.Losses.Values.Where(loss => loss != before.Losses.GetValueOrDefault(loss.Target)).Select(loss => loss.Target)];
    }
}
