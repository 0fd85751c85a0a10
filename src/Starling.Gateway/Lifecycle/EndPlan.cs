using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State;

namespace Starling.Gateway.Lifecycle;

/// <summary>
/// In which order the members of a cluster that ends are told. Nodes of one step are told side by side; targets go first, so that a leader is there to
/// commit that they stopped in order, and the leader goes late for the same reason. The gateway that was asked is in no step: it goes when its answer has left.
/// </summary>
/// <param name="Steps">The steps, none of them empty.</param>
public sealed record EndPlan(ImmutableArray<ImmutableArray<NodeId>> Steps)
{
    /// <summary>The plan.</summary>
    /// <param name="state">The members.</param>
    /// <param name="asked">The gateway that was asked.</param>
    /// <param name="leader">Who leads; null: nobody is heard.</param>
    public static EndPlan Of(ClusterState state, NodeId asked, NodeId? leader)
    {
        ArgumentNullException.ThrowIfNull(state);
        var others = state.Nodes.Values.Where(node => node.Id != asked).ToArray();
        ImmutableArray<NodeId>[] steps =
        [
            [.. others.Where(node => node.Role == NodeRole.Target).Select(node => node.Id)],
            [.. others.Where(node => node.Role == NodeRole.Gateway && node.Id != leader).Select(node => node.Id)],
            [.. others.Where(node => node.Role == NodeRole.Gateway && node.Id == leader).Select(node => node.Id)],
        ];
        return new EndPlan([.. steps.Where(step => !step.IsEmpty)]);
    }
}
