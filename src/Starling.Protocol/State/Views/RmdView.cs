using Starling.Core.Wire;

namespace Starling.Protocol.State.Views;

/// <summary>The newest placement epoch as clients know it: the last rebalance.</summary>
public static class RmdView
{
    /// <summary>Projects a state.</summary>
    public static RmdWire Of(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return new RmdWire
        {
            ClusterId = state.ClusterId,
            TargetIds = state.Newest.Targets.IsEmpty ? null : [.. state.Newest.Targets.Select(t => t.Value)],
            Version = state.Versions.Rmd,
        };
    }
}
