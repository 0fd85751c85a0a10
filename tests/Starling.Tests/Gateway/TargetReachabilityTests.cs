using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Starling.Cluster.Views;
using Starling.Core.Names;
using Starling.Gateway.Routing;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Gateway;

public sealed class TargetReachabilityTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly ManualTimers time = new();
    private readonly Channel<NodeId> probes = Channel.CreateUnbounded<NodeId>();
    private readonly Channel<(NodeId Target, TaskCompletionSource Break)> watches = Channel.CreateUnbounded<(NodeId, TaskCompletionSource)>();
    private readonly HashSet<NodeId> dead = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly TargetReachability reachability;
    private readonly Task running;

    public TargetReachabilityTests()
    {
        var view = new ClusterView(new ClusterSnapshot
        {
            Node = new NodePublication { Self = new NodeIdentity(Fold.Gateway(1), new Incarnation(1), new SessionId(1)), State = Fold.Serving(2) },
        });
        reachability = new TargetReachability(view, ProbeAsync, Watch, time);
        running = reachability.RunAsync(stopping.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running.WaitAsync(Deadline);
        stopping.Dispose();
    }

    [Fact]
    public async Task A_target_whose_connection_breaks_is_asked_at_once_and_is_down_before_the_next_second()
    {
        await TakeAsync(probes, 2);
        var wire = (await TakeAsync(watches, 2)).First(one => one.Target == Fold.Target(1));
        lock (dead)
        {
            dead.Add(Fold.Target(1));
        }

        var changed = reachability.Changed;
        wire.Break.SetResult();
        Assert.Equal([Fold.Target(1)], await TakeAsync(probes, 1));
        await changed.WaitAsync(Deadline);
        Assert.Equal([Fold.Target(1)], reachability.Down);
    }

    [Fact]
    public async Task Targets_that_answer_and_are_watched_are_asked_in_every_third_round_and_silent_ones_in_each()
    {
        await TakeAsync(probes, 2);
        var wire = (await TakeAsync(watches, 2)).First(one => one.Target == Fold.Target(1));
        lock (dead)
        {
            dead.Add(Fold.Target(1));
        }

        wire.Break.SetResult();
        await TakeAsync(probes, 1);
        for (var round = 1; round <= 6; round++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            NodeId[] expected = round % 3 == 0 ? [Fold.Target(1), Fold.Target(2)] : [Fold.Target(1)];
            Assert.Equal(expected, (await TakeAsync(probes, expected.Length)).Order());
        }
    }

    [Fact]
    public async Task A_target_that_comes_back_is_up_and_watched_again_after_one_round()
    {
        await TakeAsync(probes, 2);
        var wire = (await TakeAsync(watches, 2)).First(one => one.Target == Fold.Target(1));
        lock (dead)
        {
            dead.Add(Fold.Target(1));
        }

        var changed = reachability.Changed;
        wire.Break.SetResult();
        await changed.WaitAsync(Deadline);
        lock (dead)
        {
            dead.Clear();
        }

        changed = reachability.Changed;
        time.Advance(TimeSpan.FromSeconds(1));
        await changed.WaitAsync(Deadline);
        Assert.Empty(reachability.Down);
        Assert.Equal(Fold.Target(1), Assert.Single(await TakeAsync(watches, 1)).Target);
    }

    [Fact]
    public async Task A_connection_watch_ends_when_the_other_side_closes_and_when_nobody_listens()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        var watch = ConnectionWatch.UntilBrokenAsync(url, CancellationToken.None);
        using (await listener.AcceptSocketAsync().WaitAsync(Deadline))
        {
            Assert.False(watch.IsCompleted);
        }

        await watch.WaitAsync(Deadline);
        listener.Stop();
        await ConnectionWatch.UntilBrokenAsync(url, CancellationToken.None).WaitAsync(Deadline);
    }

    private static async Task<List<T>> TakeAsync<T>(Channel<T> channel, int count)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var taken = new List<T>();
        while (taken.Count < count)
        {
            taken.Add(await channel.Reader.ReadAsync(deadline.Token));
        }

        return taken;
    }

    private Task<bool> ProbeAsync(NodeEntry target, CancellationToken cancellationToken)
    {
        probes.Writer.TryWrite(target.Id);
        lock (dead)
        {
            return Task.FromResult(!dead.Contains(target.Id));
        }
    }

    private Task Watch(NodeEntry target, CancellationToken cancellationToken)
    {
        var broken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watches.Writer.TryWrite((target.Id, broken));
        return broken.Task;
    }
}
