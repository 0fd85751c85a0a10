using Starling.Core.Names;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;

namespace Starling.Protocol.Objects;

/// <summary>What a leftover remembers of its hand-over (rule B8).</summary>
/// <param name="Epoch">The epoch of the hand-over.</param>
/// <param name="Receiver">Who took the record; also who said that its bucket is gone.</param>
/// <param name="IsVerified">A later question found it with the owner: it is never revived by a verification again, and may be reclaimed (rule B9).</param>
public sealed record HandOver(long Epoch, NodeId Receiver, bool IsVerified)
{
    /// <summary>What the receiver had applied when it checked the record under its name lock; 0: it is not known, as with leftovers of older builds.</summary>
    public long Index { get; init; }

    /// <summary>The same hand-over, whether verified meanwhile or not.</summary>
    public bool IsSameAs(HandOver? other) => other is not null && Epoch == other.Epoch && Receiver == other.Receiver && Index == other.Index;
}

/// <summary>
/// The one record that a target has of a name (rule B1): live, or a leftover. Quarantined data is no record; a driver reports it as absent.
/// </summary>
/// <param name="Head">The record.</param>
/// <param name="HandOver">For a leftover: its hand-over; null for a live record.</param>
public sealed record LocalRecord(RecordHead Head, HandOver? HandOver = null)
{
    /// <summary>Whether the disk says leftover. It may count as live all the same: <see cref="Live"/>.</summary>
    public bool IsLeftover => HandOver is not null;

    /// <summary>The record as requests see it: null for a leftover.</summary>
    /// <param name="state">
    /// The applied state. An unverified leftover whose receiver was declared lost since is live again from the very index at which that was applied
    /// (rule B8), whether or not the disk has been told yet.
    /// </param>
    public RecordHead? Live(ClusterState state) =>
        HandOver is null || (!HandOver.IsVerified && LossWatch.IsLost(state, HandOver)) ? Head : null;
}
