using System.Collections.Immutable;
using Starling.Core.Names;

namespace Starling.Protocol.State.Operations;

/// <summary>
/// An administrator's word that what a target held is gone (rules B0, B10); the newest one per target is kept for ever.
/// On applying it, before any answer at that index, every target makes its unverified leftovers live again that it handed to this one before
/// (rule B8); a mark that completes later does not take effect.
/// </summary>
/// <param name="Target">Whose data.</param>
/// <param name="Index">Log index of the declaration.</param>
/// <param name="Epoch">The newest epoch then. What was handed over under a later one, or to a receiver that had applied the declaration, is not lost by it.</param>
/// <param name="MountpathIds">The mountpaths that are lost, sorted; empty: all of the target.</param>
/// <param name="By">Who said so.</param>
public sealed record DeclaredLoss(NodeId Target, long Index, long Epoch, ImmutableArray<string> MountpathIds, string By)
{
    /// <summary>Whether the whole target was lost, not single mountpaths of it.</summary>
    public bool IsWhole => MountpathIds.IsEmpty;

    /// <inheritdoc/>
    public bool Equals(DeclaredLoss? other) => other is not null && Target == other.Target && Index == other.Index && Epoch == other.Epoch
        && MountpathIds.AsSpan().SequenceEqual(other.MountpathIds.AsSpan()) && By == other.By;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Target, Index, Epoch);
}

/// <summary>A target that took part in the proof that another one is clean (rule A20), with its mountpaths as they were then.</summary>
/// <param name="Id">The receiver.</param>
/// <param name="MountpathsDigest">Digest of its mountpath ids then.</param>
public readonly record struct VerifiedReceiver(NodeId Id, ulong MountpathsDigest);

/// <summary>What an erased node may do, and that this incarnation is never admitted again (rule A18).</summary>
/// <param name="Node">The node.</param>
/// <param name="Incarnation">Its incarnation.</param>
/// <param name="Operation">The operation that removes it.</param>
/// <param name="Index">Log index of the permit.</param>
/// <param name="RemoveUserData">Objects go too.</param>
/// <param name="KeepInitialConfig">The plain-text configuration stays.</param>
/// <param name="NoShutdown">The process stays up.</param>
public sealed record ErasePermit(NodeId Node, Identity.Incarnation Incarnation, long Operation, long Index, bool RemoveUserData, bool KeepInitialConfig, bool NoShutdown)
{
    /// <summary>So many are remembered; beyond that the oldest goes whose node is no member any more, and which has erased itself long ago.</summary>
    public const int Kept = 10_000;

    internal static ImmutableSortedDictionary<Identity.Member, ErasePermit> Bounded(ClusterState state)
    {
        var permits = state.ErasePermits;
        if (permits.Count < Kept)
        {
            return permits;
        }

        var oldest = permits.Where(p => state.Node(p.Key.Id)?.Incarnation != p.Key.Incarnation).OrderBy(p => p.Value.Index).Take(1).Select(p => p.Key).ToList();
        return permits.RemoveRange(oldest);
    }
}
