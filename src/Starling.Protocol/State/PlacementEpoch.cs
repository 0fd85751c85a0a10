using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Core.Placement;

namespace Starling.Protocol.State;

/// <summary>Who owns names: the active targets of one epoch (rule B0). Owners are computed, never stored.</summary>
public sealed class PlacementEpoch : IEquatable<PlacementEpoch>
{
    private readonly Candidate[] candidates;

    /// <summary>Makes an epoch.</summary>
    /// <param name="number">Its number, from 0; epoch 0 is empty.</param>
    /// <param name="targets">The active targets, sorted by id.</param>
    /// <param name="weights">Their weights, in the same order.</param>
    /// <exception cref="ArgumentException">The two arrays differ in length, or the ids are not sorted.</exception>
    public PlacementEpoch(long number, ImmutableArray<NodeId> targets, ImmutableArray<int> weights)
    {
        if (targets.Length != weights.Length)
        {
            throw new ArgumentException($"epoch {number} has {targets.Length} targets and {weights.Length} weights", nameof(weights));
        }

        candidates = new Candidate[targets.Length];
        for (var i = 0; i < targets.Length; i++)
        {
            if (i > 0 && targets[i - 1].CompareTo(targets[i]) >= 0)
            {
                throw new ArgumentException($"epoch {number}: targets are not sorted at {targets[i]}", nameof(targets));
            }

            candidates[i] = new Candidate(targets[i].Digest, weights[i]);
        }

        Number = number;
        Targets = targets;
        Weights = weights;
    }

    /// <summary>The epoch before any target was active: data requests are answered 503.</summary>
    public static PlacementEpoch Genesis { get; } = new(0, [], []);

    /// <summary>Its number; grows by one.</summary>
    public long Number { get; }

    /// <summary>The active targets, sorted by id.</summary>
    public ImmutableArray<NodeId> Targets { get; }

    /// <summary>Weights of <see cref="Targets"/>, in the same order.</summary>
    public ImmutableArray<int> Weights { get; }

    /// <summary>The same targets as rendezvous candidates, in the order of <see cref="Targets"/>.</summary>
    public ReadOnlySpan<Candidate> Candidates => candidates;

    /// <summary>The owner of a name by its placement digest; the default id when the epoch is empty. Allocates nothing.</summary>
    public NodeId OwnerOf(ulong nameDigest)
    {
        var index = Rendezvous.Owner(candidates, nameDigest);
        return index < 0 ? default : Targets[index];
    }

    /// <summary>Whether this target is active in the epoch.</summary>
    public bool Contains(NodeId target) => Targets.BinarySearch(target) >= 0;

    /// <summary>The weight of a target here; 0 when it is not active.</summary>
    public int WeightOf(NodeId target)
    {
        var index = Targets.BinarySearch(target);
        return index < 0 ? 0 : Weights[index];
    }

    /// <inheritdoc/>
    public bool Equals(PlacementEpoch? other) => other is not null && Number == other.Number
        && Targets.AsSpan().SequenceEqual(other.Targets.AsSpan()) && Weights.AsSpan().SequenceEqual(other.Weights.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PlacementEpoch);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Number, Targets.Length);

    /// <inheritdoc/>
    public override string ToString() => $"epoch {Number} [{string.Join(' ', Targets)}]";
}
