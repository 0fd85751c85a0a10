using System.Collections.Immutable;
using Starling.Cluster;
using Starling.Cluster.Views;
using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Gateway.Routing;

/// <summary>
/// Which active targets do not answer clients at present, as this gateway sees it: each is asked for its health on the public network once a second.
/// An opinion for routing only; placement never depends on it.
/// </summary>
public sealed class TargetReachability
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private readonly IClusterView view;
    private readonly Func<NodeEntry, CancellationToken, Task<bool>> probe;
    private readonly TimeProvider time;
    private volatile ImmutableSortedSet<NodeId> down = [];
    private volatile TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Composes the prober.</summary>
    /// <param name="view">The cluster.</param>
    /// <param name="probe">Asks one target; false or an exception of the network means that it does not answer.</param>
    /// <param name="time">The clock.</param>
    public TargetReachability(IClusterView view, Func<NodeEntry, CancellationToken, Task<bool>> probe, TimeProvider time)
    {
        this.view = view;
        this.probe = probe;
        this.time = time;
    }

    /// <summary>Targets that do not answer.</summary>
    public ImmutableSortedSet<NodeId> Down => down;

    /// <summary>Completes when <see cref="Down"/> changes or placement may have; take it before looking.</summary>
    public Task Changed => changed.Task;

    /// <summary>Probes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        long seenEpoch = -1;
        try
        {
            do
            {
                var state = view.Current.State;
                var silent = await ProbeAllAsync(state, cancellationToken);
                if (!silent.SetEquals(down) || state.Newest.Number != seenEpoch)
                {
                    seenEpoch = state.Newest.Number;
                    down = silent;
                    Interlocked.Exchange(ref changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private async Task<ImmutableSortedSet<NodeId>> ProbeAllAsync(ClusterState state, CancellationToken cancellationToken)
    {
        var targets = state.Newest.Targets.Select(state.Node).OfType<NodeEntry>().ToArray();
        var answers = await Task.WhenAll(targets.Select(target => ProbeAsync(target, cancellationToken)));
        return targets.Where((_, at) => !answers[at]).Select(target => target.Id).ToImmutableSortedSet();
    }

    private async Task<bool> ProbeAsync(NodeEntry target, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Timeout);
        try
        {
            return await probe(target, limit.Token);
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
