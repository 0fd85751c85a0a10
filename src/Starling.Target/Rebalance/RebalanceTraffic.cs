using System.Collections.Immutable;
using Starling.Core.Names;

namespace Starling.Target.Rebalance;

/// <summary>What went between this target and one other.</summary>
/// <param name="Objects">Objects whose bytes travelled, tombstones included.</param>
/// <param name="Bytes">Their content, bytes.</param>
public readonly record struct PeerTraffic(long Objects, long Bytes)
{
    /// <summary>Both together.</summary>
    public static PeerTraffic operator +(in PeerTraffic left, in PeerTraffic right) => new(left.Objects + right.Objects, left.Bytes + right.Bytes);

    /// <summary>Both together; the named form of the operator.</summary>
    public static PeerTraffic Add(in PeerTraffic left, in PeerTraffic right) => left + right;
}

/// <summary>What changed hands in some epochs.</summary>
/// <param name="To">Handed over with its bytes, by receiver.</param>
/// <param name="From">Taken over with its bytes, by sender.</param>
/// <param name="Revived">Leftovers that came back into service where they lay.</param>
public sealed record EpochTraffic(ImmutableSortedDictionary<NodeId, PeerTraffic> To, ImmutableSortedDictionary<NodeId, PeerTraffic> From, long Revived)
{
    /// <summary>Nothing.</summary>
    public static EpochTraffic None { get; } = new(ImmutableSortedDictionary<NodeId, PeerTraffic>.Empty, ImmutableSortedDictionary<NodeId, PeerTraffic>.Empty, 0);

    /// <summary>Both together.</summary>
    public EpochTraffic With(EpochTraffic other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new EpochTraffic(Sum(To, other.To), Sum(From, other.From), Revived + other.Revived);
    }

    private static ImmutableSortedDictionary<NodeId, PeerTraffic> Sum(ImmutableSortedDictionary<NodeId, PeerTraffic> left, ImmutableSortedDictionary<NodeId, PeerTraffic> right) =>
        right.Aggregate(left, (sum, one) => sum.SetItem(one.Key, sum.GetValueOrDefault(one.Key) + one.Value));
}

/// <summary>
/// Counts by epoch what this process handed over, took over and revived, whoever's pass it was for: people compare both sides of a rebalance. Thread-safe;
/// the newest epochs are remembered.
/// </summary>
public sealed class RebalanceTraffic
{
    private const int EpochsKept = 64;

    private readonly Lock gate = new();
    private ImmutableSortedDictionary<long, EpochTraffic> byEpoch = ImmutableSortedDictionary<long, EpochTraffic>.Empty;

    /// <summary>Epochs in which something changed hands, and what.</summary>
    public IReadOnlyDictionary<long, EpochTraffic> ByEpoch => Volatile.Read(ref byEpoch);

    /// <summary>A record whose content travelled was marked as a leftover: <paramref name="receiver"/> holds it.</summary>
    /// <param name="epoch">Newest placement epoch.</param>
    /// <param name="receiver">Who holds it.</param>
    /// <param name="sizeBytes">Its content, bytes.</param>
    public void HandedOver(long epoch, NodeId receiver, long sizeBytes) =>
        Count(epoch, now => now with { To = now.To.SetItem(receiver, now.To.GetValueOrDefault(receiver) + new PeerTraffic(1, sizeBytes)) });

    /// <summary>A record came with its bytes and is stored.</summary>
    /// <param name="epoch">Newest placement epoch.</param>
    /// <param name="sender">Whence.</param>
    /// <param name="sizeBytes">Its content, bytes.</param>
    public void TakenOver(long epoch, NodeId sender, long sizeBytes) =>
        Count(epoch, now => now with { From = now.From.SetItem(sender, now.From.GetValueOrDefault(sender) + new PeerTraffic(1, sizeBytes)) });

    /// <summary>A leftover is live again.</summary>
    /// <param name="epoch">Newest placement epoch.</param>
    public void Revived(long epoch) => Count(epoch, static now => now with { Revived = now.Revived + 1 });

    private void Count(long epoch, Func<EpochTraffic, EpochTraffic> add)
    {
        lock (gate)
        {
            var next = byEpoch.SetItem(epoch, add(byEpoch.GetValueOrDefault(epoch, EpochTraffic.None)));
            Volatile.Write(ref byEpoch, next.Count > EpochsKept ? next.Remove(next.Keys.First()) : next);
        }
    }
}
