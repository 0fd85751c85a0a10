using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Protocol.Ownership;

/// <summary>When the owner of a name may mutate it (rule B4).</summary>
public static class Fence
{
    /// <summary>
    /// The former owner that the mutation must wait for, or the default id when there is none: every other X that owned the name at some epoch j in
    /// <c>[Clean[X], newest)</c> has <c>Fenced[X] &gt;</c> its last such j. One fenced successor says nothing about the owners before it.
    /// </summary>
    /// <param name="state">The applied state.</param>
    /// <param name="owner">The owner at the newest epoch.</param>
    /// <param name="nameDigest">Placement digest of the name.</param>
    public static NodeId WaitsFor(ClusterState state, NodeId owner, ulong nameDigest)
    {
        ArgumentNullException.ThrowIfNull(state);
        for (var i = state.Epochs.Length - 2; i >= 0; i--)
        {
            var epoch = state.Epochs[i];
            var former = epoch.OwnerOf(nameDigest);
            if (!former.IsNone && former != owner && Candidates.MayHold(state, former, epoch.Number) && state.Nodes[former].Fenced <= epoch.Number)
            {
                return former;
            }
        }

        return default;
    }
}
