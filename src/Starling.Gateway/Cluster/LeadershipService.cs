using Starling.Cluster;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State;

namespace Starling.Gateway.Cluster;

/// <summary>Who leads: handing over on request, and the first command of a new cluster.</summary>
public sealed class LeadershipService
{
    private readonly IClusterView view;
    private readonly ICommandProposer proposer;

    /// <summary>Composes the service.</summary>
    public LeadershipService(IClusterView view, ICommandProposer proposer)
    {
        this.view = view;
        this.proposer = proposer;
    }

    /// <summary>Makes a gateway the leader; returns when this gateway has seen it lead.</summary>
    /// <exception cref="StoreException">NodeNotFound, Invalid (not a gateway, not electable, not in), or Unavailable.</exception>
    public async Task SetPrimaryAsync(NodeId id, CancellationToken cancellationToken)
    {
        var current = view.Current;
        if (current.State.Node(id) is not { } node)
        {
            throw new StoreException(ErrorCode.NodeNotFound, $"node p[{id}] is not a member of the cluster");
        }

        if (node.Role != NodeRole.Gateway || !node.Electable)
        {
            throw new StoreException(ErrorCode.Invalid, $"cannot set primary: node {id} is non-electable");
        }

        if (node.State != AdminState.In)
        {
            throw new StoreException(ErrorCode.Invalid, $"cannot set primary: p[{id}] is {node.State.ToString().ToLowerInvariant()}, not in");
        }

        if (current.Leader == id)
        {
            return;
        }

        await proposer.TransferLeadershipAsync(id, Deadlines.Proposal, cancellationToken);
        await view.WaitForAsync(seen => seen.State.Leader?.Identity.Id == id, $"p[{id}] to lead", Deadlines.Proposal, cancellationToken);
    }

    /// <summary>Forms a cluster of this gateway alone (rule A9).</summary>
    /// <param name="discardPending">Give up a consent whose proposer died for good.</param>
    /// <param name="cancellationToken">The client went away.</param>
    public async Task InitAsync(bool discardPending, CancellationToken cancellationToken)
    {
        await proposer.InitClusterAsync(discardPending, Deadlines.Proposal, cancellationToken);
        await view.WaitForAsync(seen => seen.State.IsFormed, "the new cluster", Deadlines.Proposal, cancellationToken);
    }
}
