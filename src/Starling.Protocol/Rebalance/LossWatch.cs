using Starling.Protocol.Objects;
using Starling.Protocol.State;

namespace Starling.Protocol.Rebalance;

/// <summary>
/// Which receivers are lost, by the applied state alone (rule B8). What was handed to them and not verified is live again at once: no walk stands between
/// the declaration and the first answer, and a mark that completes later is without effect. Once true for a hand-over it stays true.
/// The disk is told by the pass, and by nobody else: a record that comes to life behind the cursor would never be handed over (rule B9). Until then walks
/// for other purposes, as of a listing, take such leftovers for what <see cref="LocalRecord.Live"/> says.
/// </summary>
public static class LossWatch
{
    /// <summary>
    /// Whether the receiver, or a mountpath of it, was declared lost since it took a record. A receiver that had applied the declaration when it checked the
    /// record, under its name lock, holds it on what is left: one that loses a mountpath and stays in placement takes records again under the same epoch.
    /// </summary>
    /// <param name="state">The applied state.</param>
    /// <param name="handOver">The hand-over.</param>
    public static bool IsLost(ClusterState state, HandOver handOver)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(handOver);
        return state.Losses.TryGetValue(handOver.Receiver, out var loss) && handOver.Epoch <= loss.Epoch && handOver.Index < loss.Index;
    }
}
