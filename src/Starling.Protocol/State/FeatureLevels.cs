namespace Starling.Protocol.State;

/// <summary>What a cluster may do once every member understands it (<see cref="ClusterState.FeatureLevel"/>).</summary>
public static class FeatureLevels
{
    /// <summary>Operations, declared losses, permits, the journal: their commands and their part of the snapshot.</summary>
    public const int Operations = 1;

    /// <summary>The newest level that this build knows. A cluster above it cannot be joined, read or led by this build.</summary>
    public const int Highest = Operations;
}
