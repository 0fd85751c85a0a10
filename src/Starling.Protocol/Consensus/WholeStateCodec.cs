using System.Collections.Immutable;
using Starling.Protocol.State;

namespace Starling.Protocol.Consensus;

/// <summary>Snapshots as objects, for drivers inside one process: the state travels with the last of two parts, so that resuming is exercised.</summary>
internal sealed class WholeStateCodec : ISnapshotCodec
{
    public static WholeStateCodec Instance { get; } = new();

    public ImmutableArray<SnapshotPart> Split(ClusterState state) => [new SnapshotPart([], null), new SnapshotPart([], state)];

    public ClusterState? Join(ImmutableArray<SnapshotPart> parts) => parts.IsEmpty ? null : parts[^1].State;
}
