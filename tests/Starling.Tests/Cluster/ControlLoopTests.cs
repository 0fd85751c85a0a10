using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Cluster;
using Starling.Cluster.Clocks;
using Starling.Cluster.Views;
using Starling.Core.Names;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Xunit;

namespace Starling.Tests.Cluster;

/// <summary>The driver of the core, with a clock, a disk and a network of the test's own.</summary>
public sealed class ControlLoopTests : IAsyncDisposable
{
    private const long Ms = 1_000_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Clock clock = new();
    private readonly Network network = new();
    private readonly LoopPulse pulse = new();
    private readonly ControlLoop loop;

    public ControlLoopTests()
    {
        var node = new ProtocolNode(new NodeStart
        {
            Facts = Facts("gateway01"),
            Session = new SessionId(1),
            Restored = RestoredState.Fresh(new Incarnation(1)),
            Bootstrap = new BootstrapOptions([], 0),
            Seed = 1,
            NowNs = clock.NowNs,
            WallNs = clock.WallNs,
        });
        var view = new ClusterView(new ClusterSnapshot { Node = node.View });
        loop = new ControlLoop(node, new Disk(), network, view, clock, pulse, NullLogger.Instance);
        loop.Start();
    }

    public ValueTask DisposeAsync() => loop.DisposeAsync();

    [Fact]
    public async Task What_the_core_answers_at_once_rides_back_on_the_request_and_not_on_one_of_its_own()
    {
        var exchange = new Exchange([Question("gateway02", "http://two"), Question("gateway02", "http://two")]);
        Assert.True(loop.TryPost(exchange));
        var answers = await exchange.WaitAsync(Patience);
        Assert.Equal(2, answers.Count);
        Assert.All(answers, answer => Assert.IsType<DiscoverResponse>(answer.Message));
        Assert.Empty(network.Sent);
    }

    [Fact]
    public async Task An_answer_for_somebody_else_than_the_sender_goes_to_him()
    {
        var exchange = new Exchange([Question("gateway02", "http://two"), Question("gateway03", "http://three")]);
        Assert.True(loop.TryPost(exchange));
        Assert.Single(await exchange.WaitAsync(Patience));
        Assert.Equal("http://three", Assert.Single(network.Sent).Address);
    }

    [Fact]
    public async Task Answers_that_the_request_no_longer_waits_for_are_sent()
    {
        var late = new Exchange([Question("gateway02", "http://two")]);
        Assert.Empty(await late.WaitAsync(TimeSpan.Zero));
        Assert.True(loop.TryPost(late));
        var marker = new Exchange([Question("gateway04", "http://four")]);
        Assert.True(loop.TryPost(marker));
        await marker.WaitAsync(Patience);
        Assert.Equal("http://two", Assert.Single(network.Sent).Address);
    }

    [Fact]
    public async Task A_message_is_heard_now_and_not_up_to_a_tick_ago()
    {
        // Between two ticks, which a node that hears its leader takes seldom, the core's time stands still: what comes in brings a tick of its own.
        clock.Pass(200 * Ms);
        var exchange = new Exchange([Question("gateway02", "http://two")]);
        Assert.True(loop.TryPost(exchange));
        await exchange.WaitAsync(Patience);
        Assert.Equal(clock.NowNs, pulse.LastTickNs);
    }

    private static NodeFacts Facts(string id) =>
        new(NodeId.Parse(id), NodeRole.Gateway, true, new NodeAddresses("http://p", $"http://{id}", "http://d"), [], "boot", [new LockFile(1, 2)]);

    private static Envelope Question(string id, string address) =>
        new(string.Empty, new NodeIdentity(NodeId.Parse(id), new Incarnation(2), new SessionId(3)), address, default, Incarnation.None, 0, 0, new DiscoverRequest(Facts(id), 0, false, []));

    private sealed class Clock : IBootClock
    {
        private long now = 1_000_000 * Ms;

        public long NowNs => Interlocked.Read(ref now);

        public long WallNs => NowNs;

        public void Pass(long ns) => Interlocked.Add(ref now, ns);
    }

    private sealed class Disk : IBatchWriter
    {
        private Action<long> completed = _ => { };

        public void Start(Action<long> completed, Action<Exception> failed) => this.completed = completed;

        public void Enqueue(long token, PersistBatch batch) => completed(token);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Network : IMessageSender
    {
        public ConcurrentQueue<(string Address, Envelope Envelope)> Sent { get; } = new();

        public void Send(string address, Envelope envelope) => Sent.Enqueue((address, envelope));

        public Task<bool> ProbeDataAsync(NodeId node, string address, CancellationToken cancellationToken) => Task.FromResult(false);
    }
}
