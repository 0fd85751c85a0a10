using System.Collections.Immutable;
using Starling.Cluster;
using Starling.Cluster.Views;
using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Gateway.Routing;

/// <summary>
/// Which active targets do not answer clients at present, as this gateway sees it: each is asked for its health on the public network. An opinion for
/// routing only; placement never depends on it.
/// </summary>
/// <remarks>
/// A target that does not answer is asked every second. One that does is watched by a connection which breaks when its process ends: it is then asked at
/// once, and otherwise only every few seconds, for what a connection does not show (a process that hangs, a node that is not ready any more).
/// </remarks>
public sealed class TargetReachability
{
    /// <summary>A watched target that answers is asked in every so many rounds.</summary>
    private const int RoundsBetweenProbes = 3;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private readonly IClusterView view;
    private readonly Func<NodeEntry, CancellationToken, Task<bool>> probe;
    private readonly Func<NodeEntry, CancellationToken, Task> watch;
    private readonly TimeProvider time;
    private readonly Dictionary<NodeId, Watched> watched = [];
    private volatile ImmutableSortedSet<NodeId> down = [];
    private volatile TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Composes the prober.</summary>
    /// <param name="view">The cluster.</param>
    /// <param name="probe">Asks one target; false or an exception of the network means that it does not answer.</param>
    /// <param name="watch">Completes, without a fault, when the target's process has ended or cannot be watched.</param>
    /// <param name="time">The clock.</param>
    public TargetReachability(
        IClusterView view, Func<NodeEntry, CancellationToken, Task<bool>> probe, Func<NodeEntry, CancellationToken, Task> watch, TimeProvider time)
    {
        this.view = view;
        this.probe = probe;
        this.watch = watch;
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
        Task<bool>? tick = null;
        var isRound = true;
        long seenEpoch = -1;
        try
        {
            while (true)
            {
                var state = view.Current.State;
                var silent = await ProbeAsync(state, isRound, cancellationToken);
                if (!silent.SetEquals(down) || state.Newest.Number != seenEpoch)
                {
                    seenEpoch = state.Newest.Number;
                    down = silent;
                    Interlocked.Exchange(ref changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
                }

                tick ??= timer.WaitForNextTickAsync(cancellationToken).AsTask();
                await Task.WhenAny([tick, .. watched.Values.Select(one => one.Broken)]);
                isRound = tick.IsCompleted;
                if (isRound)
                {
                    await tick;
                    tick = null;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The node stops.
        }
        finally
        {
            foreach (var target in watched.Keys.ToArray())
            {
                Unwatch(target);
            }
        }
    }

    private async Task<ImmutableSortedSet<NodeId>> ProbeAsync(ClusterState state, bool isRound, CancellationToken cancellationToken)
    {
        var targets = state.Newest.Targets.Select(state.Node).OfType<NodeEntry>().ToArray();
        foreach (var gone in watched.Keys.Except(targets.Select(target => target.Id)).ToArray())
        {
            Unwatch(gone);
        }

        var asked = targets.Where(target => MustAsk(target, isRound)).ToArray();
        var answers = await Task.WhenAll(asked.Select(target => ProbeAsync(target, cancellationToken)));
        var silent = down.Intersect(targets.Select(target => target.Id));
        for (var i = 0; i < asked.Length; i++)
        {
            silent = answers[i] ? silent.Remove(asked[i].Id) : silent.Add(asked[i].Id);
            if (!answers[i])
            {
                Unwatch(asked[i].Id);
            }
            else if (isRound && !watched.ContainsKey(asked[i].Id))
            {
                Watch(asked[i], cancellationToken);
            }
        }

        return silent;
    }

    private bool MustAsk(NodeEntry target, bool isRound)
    {
        if (!watched.TryGetValue(target.Id, out var one))
        {
            return isRound;
        }

        if (one.Broken.IsCompleted || one.Address != target.Addresses.Public)
        {
            // The next connection is made in the next round: one that cannot be made costs a probe more a second, not an endless loop.
            Unwatch(target.Id);
            return true;
        }

        return isRound && ++one.Rounds % RoundsBetweenProbes == 0;
    }

    private void Watch(NodeEntry target, CancellationToken cancellationToken)
    {
        var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        watched[target.Id] = new Watched(target.Addresses.Public, watch(target, ending.Token), ending);
    }

    private void Unwatch(NodeId target)
    {
        if (watched.Remove(target, out var one))
        {
            one.Ending.Cancel();
            one.Ending.Dispose();
        }
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

    private sealed class Watched(string address, Task broken, CancellationTokenSource ending)
    {
        public string Address { get; } = address;

        public Task Broken { get; } = broken;

        public CancellationTokenSource Ending { get; } = ending;

        public int Rounds { get; set; }
    }
}
