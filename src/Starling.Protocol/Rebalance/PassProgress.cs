using System.Collections.Immutable;
using Starling.Core.Names;

namespace Starling.Protocol.Rebalance;

/// <summary>What is durable of one mountpath's walk.</summary>
/// <param name="Cursor">Every record up to here was handed off, durably, or needed no hand-off; empty: nothing was walked. Opaque to the pass.</param>
/// <param name="IsWalked">The walk came to its end.</param>
/// <param name="MustWalkAgain">Something could not be handed off, or is to be revived: the mountpath counts as walked only after another, whole walk.</param>
public sealed record MountpathProgress(string Cursor, bool IsWalked, bool MustWalkAgain)
{
    /// <summary>Nothing was walked.</summary>
    public static MountpathProgress None { get; } = new(string.Empty, IsWalked: false, MustWalkAgain: false);
}

/// <summary>
/// What is durable of a pass (rule B9). It is written and flushed before anything that relies on it, so that a crash loses work and never a promise.
/// </summary>
/// <param name="Epoch">The epoch of the pass.</param>
/// <param name="StartedIndex">Applied index at which it began.</param>
/// <param name="Mountpaths">By mountpath id.</param>
/// <param name="Receivers">Who answered the verification, sorted (rule A20).</param>
public sealed record PassProgress(long Epoch, long StartedIndex, ImmutableSortedDictionary<string, MountpathProgress> Mountpaths, ImmutableArray<NodeId> Receivers)
{
    /// <inheritdoc/>
    public bool Equals(PassProgress? other) => other is not null && Epoch == other.Epoch && StartedIndex == other.StartedIndex
        && Mountpaths.SequenceEqual(other.Mountpaths) && Receivers.AsSpan().SequenceEqual(other.Receivers.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Epoch, StartedIndex, Mountpaths.Count, Receivers.Length);
}
