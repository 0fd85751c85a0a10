using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Protocol.Rebalance;

/// <summary>
/// Which receivers are lost, by the applied state alone (rule B8). What was handed to them and not verified is live again at once: no walk stands between
/// the declaration and the first answer, and a mark that completes later is without effect. Once true for a hand-over it stays true.
/// The disk is told by the pass, and by nobody else: a record that comes to life behind the cursor would never be handed over (rule B9). Until then walks
/// for other purposes, as of a listing, take such leftovers for what <see cref="Objects.LocalRecord.Live"/> says.
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
}
