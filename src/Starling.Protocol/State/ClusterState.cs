using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.State.Views;

namespace Starling.Protocol.State;

/// <summary>
/// The committed truth: the fold of the log up to <see cref="AppliedIndex"/>. Immutable; all collections sorted.
/// Two states are compared by their encoding (<see cref="Codec.StateCodec"/>), not by <c>==</c>, which is identity here.
/// </summary>
public sealed partial record ClusterState
{
    private ClusterViews? views;

    /// <summary>Before the first entry.</summary>
    public static ClusterState Empty { get; } = new();

    /// <summary>The cluster's id; empty until <see cref="Commands.FormCluster"/> is applied.</summary>
    public string ClusterId { get; init; } = string.Empty;

    /// <summary>When the cluster was formed, nanoseconds since 1970 UTC, for display.</summary>
    public long CreatedNs { get; init; }

    /// <summary>Log index of the last applied entry.</summary>
    public long AppliedIndex { get; init; }

    /// <summary>Term of the last applied entry.</summary>
    public long AppliedTerm { get; init; }

    /// <summary>What every member is known to understand; raised by a command, never lowered.</summary>
    public int FeatureLevel { get; init; }

    /// <summary>The members.</summary>
    public ImmutableSortedDictionary<NodeId, NodeEntry> Nodes { get; init; } = ImmutableSortedDictionary<NodeId, NodeEntry>.Empty;

    /// <summary>The voters as of <see cref="AppliedIndex"/>. Consensus itself goes by the newest entry in its log (rule A2).</summary>
    public VoterSet Voters { get; init; } = VoterSet.Empty;

    /// <summary>Who leads, as of the last applied no-op; null before the first.</summary>
    public LeaderInfo? Leader { get; init; }

    /// <summary>The epochs that are not converged, and the newest one: <c>Base..Newest</c>, without gaps. Never empty.</summary>
    public ImmutableArray<PlacementEpoch> Epochs { get; init; } = [PlacementEpoch.Genesis];

    /// <summary>The buckets that exist, by name.</summary>
    public ImmutableSortedDictionary<BucketName, BucketEntry> Buckets { get; init; } = ImmutableSortedDictionary<BucketName, BucketEntry>.Empty;

    /// <summary>The id that the next bucket gets; ids below it that no bucket has are retired. From 1.</summary>
    public ulong NextBucketId { get; init; } = 1;

    /// <summary>The replicated configuration.</summary>
    public ClusterConfig Config { get; init; } = ClusterConfig.Default;

    /// <summary>Versions of the projections.</summary>
    public MetadataVersions Versions { get; init; }

    /// <summary>The remembered request ids.</summary>
    public RequestMemory Requests { get; init; } = RequestMemory.Empty;

    /// <summary>Whether the cluster exists.</summary>
    public bool IsFormed => ClusterId.Length > 0;

    /// <summary>The newest committed epoch.</summary>
    public PlacementEpoch Newest => Epochs[^1];

    /// <summary>Number of the oldest epoch that somebody may still hold records of: <c>min Clean[X]</c> (part B).</summary>
    public long Base => Epochs[0].Number;

    /// <summary>Whether every target holds only what it owns: candidates are always none (rule B6).</summary>
    public bool IsConverged => Epochs.Length == 1;

    /// <summary>The compatible projections, computed once per state when first asked for.</summary>
    public ClusterViews Views
    {
        get
        {
            // "with" copies the field: a cache that was made for another state does not count.
            var current = Volatile.Read(ref views);
            if (current is null || !ReferenceEquals(current.State, this))
            {
                current = new ClusterViews(this);
                Volatile.Write(ref views, current);
            }

            return current;
        }
    }

    /// <summary>The epoch of this number, or null when it is older than <see cref="Base"/> or not committed yet.</summary>
    public PlacementEpoch? Epoch(long number)
    {
        var position = number - Base;
        return position >= 0 && position < Epochs.Length ? Epochs[(int)position] : null;
    }

    /// <summary>The bucket of this name, or null.</summary>
    public BucketEntry? FindBucket(BucketName name) => Buckets.GetValueOrDefault(name);

    /// <summary>What a bucket id means here (rule B12).</summary>
    public BucketStanding StandingOf(ulong bucketId)
    {
        if (bucketId >= NextBucketId)
        {
            return BucketStanding.Unknown;
        }

        foreach (var bucket in Buckets.Values)
        {
            if (bucket.Id == bucketId)
            {
                return BucketStanding.Live;
            }
        }

        return BucketStanding.Retired;
    }

    /// <summary>The node of this id, or null.</summary>
    public NodeEntry? Node(NodeId id) => Nodes.GetValueOrDefault(id);

    /// <inheritdoc/>
    public bool Equals(ClusterState? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ClusterId, AppliedIndex, AppliedTerm);
}
