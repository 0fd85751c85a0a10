using Starling.Cluster;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Gateway.Routing;

/// <summary>Finds the owner of an object for a request: routes, and waits where <see cref="ObjectRouter"/> says that waiting may help.</summary>
public sealed class ObjectGate
{
    /// <summary>How long a request waits for an owner that is down, milliseconds.</summary>
    public const int HoldMs = 10_000;

    private readonly IClusterView view;
    private readonly ICommandProposer proposer;
    private readonly TargetReachability reachability;
    private readonly TimeProvider time;

    /// <summary>Composes the gate.</summary>
    public ObjectGate(IClusterView view, ICommandProposer proposer, TargetReachability reachability, TimeProvider time)
    {
        this.view = view;
        this.proposer = proposer;
        this.reachability = reachability;
        this.time = time;
    }

    /// <summary>The owner, alive as far as this gateway knows, and the state by which it was chosen.</summary>
    /// <param name="name">The object.</param>
    /// <param name="cancellationToken">The client went away.</param>
    /// <exception cref="StoreException">The request cannot be served; the error says why and whether trying again makes sense.</exception>
    public async Task<(NodeEntry Owner, ClusterState State)> ResolveAsync(ObjectName name, CancellationToken cancellationToken)
    {
        var deadline = time.GetTimestamp() + (HoldMs * time.TimestampFrequency / 1000);
        long knownIndex = 0;
        while (true)
        {
            var change = reachability.Changed;
            var state = view.Current.State;
            var decision = ObjectRouter.Route(new RouteRequest(name, KnownIndex: knownIndex), state, reachability.Down);
            switch (decision.Kind)
            {
                case RouteKind.Redirect or RouteKind.Forward:
                    return (decision.Owner!, state);
                case RouteKind.Confirm:
                    knownIndex = await proposer.ReadIndexAsync(Deadlines.ReadIndex, cancellationToken);
                    break;
                case RouteKind.Hold:
                    await WaitAsync(change, deadline, decision.Error!, cancellationToken);
                    break;
                default:
                    throw new StoreException(decision.Error!);
            }
        }
    }

    private async Task WaitAsync(Task change, long deadline, StoreError error, CancellationToken cancellationToken)
    {
        var left = time.GetElapsedTime(time.GetTimestamp(), deadline);
        if (left <= TimeSpan.Zero)
        {
            throw new StoreException(error);
        }

        try
        {
            await change.WaitAsync(left, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new StoreException(error);
        }
    }
}
