using System.Collections.Concurrent;
using System.Collections.Immutable;
using Starling.Cluster;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Protocol.Identity;
using Starling.Protocol.State;

namespace Starling.Gateway.Lifecycle;

/// <summary>Hands one node its order to end; never throws because of that node.</summary>
public delegate Task<EndAnswer> TellNode(NodeId node, EndOrderWire order, CancellationToken cancellationToken);

/// <summary>A member at which something is left to be done.</summary>
/// <param name="Node">The member.</param>
/// <param name="Why">Why it did not take the order.</param>
public sealed record EndLeft(NodeEntry Node, string Why);

/// <summary>What came of telling everybody.</summary>
/// <param name="Members">How many members there are besides the gateway that was asked.</param>
/// <param name="Left">Those that did not take the order and are not known to have ended before, by id.</param>
public sealed record EndReport(int Members, ImmutableArray<EndLeft> Left);

/// <summary>
/// Ends a whole cluster, from the gateway that was asked: every other member is told, in the order of <see cref="EndPlan"/>. No entry of the log tells of
/// it, so that what is left of a cluster can be ended without a leader, by a gateway that has known the members since before.
/// </summary>
public sealed class EndService
{
    // Known clients stop reading after 20 s: all waits together stay below.
    private static readonly TimeSpan ConfirmWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(4);

    private readonly IClusterView view;
    private readonly ICommandProposer proposer;
    private readonly TellNode tell;

    // What processes took in the life of this one: a repeated request does not miss a node that has ended.
    private readonly ConcurrentDictionary<NodeIdentity, EndOrderWire> taken = new();

    /// <summary>Composes the service.</summary>
    public EndService(IClusterView view, ICommandProposer proposer, TellNode tell)
    {
        this.view = view;
        this.proposer = proposer;
        this.tell = tell;
    }

    /// <summary>The order for one node of this cluster.</summary>
    public EndOrderWire OrderFor(NodeIdentity node, EndOrderWire what) => (what ?? throw new ArgumentNullException(nameof(what))) with
    {
        ClusterId = view.Current.ClusterId, NodeId = node.Id.Value, Incarnation = node.Incarnation.ToString(),
    };

    /// <summary>Tells every other member; ends after about 18 s at the latest. May be asked again, for what is left.</summary>
    public async Task<EndReport> TellAllAsync(EndOrderWire what, CancellationToken cancellationToken)
    {
        await CatchUpAsync(cancellationToken);
        var (state, asked) = (view.Current.State, view.Current.Self.Id);
        var left = new List<EndLeft>();
        foreach (var step in EndPlan.Of(state, asked, view.Current.Leader).Steps)
        {
            var nodes = step.Select(id => state.Node(id)!).ToArray();
            var reasons = await Task.WhenAll(nodes.Select(node => TellAsync(node, what, cancellationToken)));
            left.AddRange(nodes.Zip(reasons).Where(pair => pair.Second is not null).Select(pair => new EndLeft(pair.First, pair.Second!)));
            await UntilStoppedAsync([.. nodes.Where((node, i) => node.Role == NodeRole.Target && reasons[i] is null)], cancellationToken);
        }

        return new EndReport(state.Nodes.Count(pair => pair.Key != asked), [.. left.OrderBy(one => one.Node.Id)]);
    }

    private async Task<string?> TellAsync(NodeEntry node, EndOrderWire what, CancellationToken cancellationToken)
    {
        var order = OrderFor(node.Identity, what);
        var answer = await tell(node.Id, order, cancellationToken);
        if (answer.Kind == EndAnswerKind.Taken)
        {
            taken.AddOrUpdate(node.Identity, order, (_, before) => before.Covers(order) ? before : order);
        }

        return answer.Left(node, order, taken.GetValueOrDefault(node.Identity));
    }

    /// <summary>The members as the leader knows them; without one, as this gateway does.</summary>
    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        try
        {
            await proposer.ReadIndexAsync(ConfirmWithin, cancellationToken);
        }
        catch (StoreException late) when (late.Error.Code is ErrorCode.Unavailable or ErrorCode.UnknownOutcome)
        {
            // Nobody leads: what is left of a cluster is ended by what is known here.
        }
    }

    /// <summary>Targets that stopped on record start again without waiting for their old leases: worth a moment, and no more than that.</summary>
    private async Task UntilStoppedAsync(NodeEntry[] targets, CancellationToken cancellationToken)
    {
        if (targets.Length == 0 || view.Current.Leader is null)
        {
            return;
        }

        try
        {
            await view.WaitForAsync(
                now => targets.All(told => now.State.Node(told.Id) is not { StoppedInOrder: false } entry || entry.Session != told.Session),
                "the targets to stop", StopWithin, cancellationToken);
        }
        catch (StoreException late) when (late.Error.Code == ErrorCode.Unavailable)
        {
            // They took the order; that suffices.
        }
    }
}
