using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Protocol.Ownership;

/// <summary>Who owns a name. Pure functions of the committed state; no look-up allocates.</summary>
public static class Placement
{
    /// <summary>The owner at the newest epoch; the default id while no target is active.</summary>
    public static NodeId Owner(ClusterState state, ulong nameDigest)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Newest.OwnerOf(nameDigest);
    }

    /// <summary>The owner at an epoch of the chain; the default id when the epoch is empty, older than the chain, or not committed.</summary>
    public static NodeId Owner(ClusterState state, long epoch, ulong nameDigest)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Epoch(epoch)?.OwnerOf(nameDigest) ?? default;
    }
}
