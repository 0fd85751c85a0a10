namespace Starling.Protocol.State;

/// <summary>What a cluster may do once every member understands it (<see cref="ClusterState.FeatureLevel"/>).</summary>
public static class FeatureLevels
{
    /// <summary>Operations, declared losses, permits, the journal: their commands and their part of the snapshot.</summary>
    public const int Operations = 1;
}
