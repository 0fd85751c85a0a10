using System.IO.Pipelines;
using System.Net;
using System.Text;
using Starling.Cluster.Clocks;
using Starling.Cluster.Peers;
using Starling.Cluster.Views;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.Objects;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;
using Starling.Storage.Files;
using Starling.Storage.Objects;
using Starling.Target.Neighbors;
using Starling.Target.Objects;
using Starling.Tests.Protocol.State;
using Starling.Tests.Storage;
using Xunit;
using ObjectReader = Starling.Target.Objects.ObjectReader;

namespace Starling.Tests.Target.Neighbors;

/// <summary>Targets, each with a directory as its disk, that talk to each other in bytes, over a network in the test's hands.</summary>
internal sealed class NeighborWorld : IDisposable
{
    public const string ClusterId = "8d6wTn4G1";

    private readonly StoppedClock clock = new();
    private readonly LoopPulse pulse = new();

    public NeighborWorld(int targets)
    {
        pulse.LastTickNs = clock.NowNs;
        State = WithHosts(Fold.Serving(targets));
        for (var n = 1; n <= targets; n++)
        {
            Targets.Add(new OneTarget(this, n));
        }

        Publish(State);
    }

    public List<OneTarget> Targets { get; } = [];

    public ClusterState State { get; private set; }

    public BucketEntry Bucket => State.FindBucket(Fold.Bucket())!;

    /// <summary>What a test does to a request before it arrives; null: it arrives.</summary>
    public Func<HttpRequestMessage, Task<HttpResponseMessage?>>? Tap { get; set; }

    /// <summary>Requests that arrived, by path.</summary>
    public List<string> Requests { get; } = [];

    public OneTarget this[int n] => Targets[n - 1];

    /// <summary>Everybody applies this state.</summary>
    public void Publish(ClusterState state)
    {
        State = state;
        foreach (var target in Targets)
        {
            target.Publish(state);
        }
    }

    /// <summary>Target 1 drains: names that it owned belong to others from epoch 2 on, and it is fenced.</summary>
    public ClusterState Draining() => Fenced(State.Move((1, AdminState.Draining)));

    /// <summary>A name that target 1 owned at epoch 1.</summary>
    public ObjectName NameOf(ClusterState after, int from, int to) => Fold.NameOwnedBy(after, (1, from), (2, to));

    public void Dispose() => Targets.ForEach(target => target.Dispose());

    internal ClusterSnapshot SnapshotOf(int n, ClusterState state, bool leased, int start = 1) => new()
    {
        Node = new NodePublication
        {
            Self = new NodeIdentity(Fold.Target(n), Fold.IncarnationOf(Fold.Target(n)), Fold.SessionOf(Fold.Target(n), start)),
            State = state,
            ClusterId = ClusterId,
        },
        Lease = leased ? new LeaseView(new Lease(1, long.MaxValue, 0, 0), state.AppliedIndex, pulse, clock) : LeaseView.None,
    };

    private static ClusterState Fenced(ClusterState state)
    {
        foreach (var node in state.Nodes.Values.Where(node => node.HoldsIntegers))
        {
            state = state with { Nodes = state.Nodes.SetItem(node.Id, node with { Fenced = state.Newest.Number }) };
        }

        return state with { AppliedIndex = state.AppliedIndex + 1 };
    }

    private static ClusterState WithHosts(ClusterState state)
    {
        foreach (var node in state.Nodes.Values)
        {
            state = state with { Nodes = state.Nodes.SetItem(node.Id, node with { Addresses = new NodeAddresses($"http://{node.Id}:1", $"http://{node.Id}:2", $"http://{node.Id}:3") }) };
        }

        return state;
    }

    private sealed class StoppedClock : IBootClock
    {
        public long NowNs => 1_000_000_000;

        public long WallNs => 1_000_000_000;
    }

    /// <summary>One target with everything that answers and asks.</summary>
    internal sealed class OneTarget : IDisposable
    {
        private readonly NeighborWorld world;
        private readonly int number;
        private readonly ClusterView view;
        private readonly ScratchDirectory scratch = new();
        private readonly StoreFixture fixture;
        private readonly PeerClient peers;
        private readonly System.Diagnostics.Metrics.Meter meter = new("test");

        public OneTarget(NeighborWorld world, int number)
        {
            this.world = world;
            this.number = number;
            view = new ClusterView(world.SnapshotOf(number, world.State, leased: true));
            fixture = new StoreFixture(new LinuxFileLayer(), scratch.Make("mp1"));
            fixture.Store.CreateBucketDirs(Fold.Bucket(), world.State.FindBucket(Fold.Bucket())!.Id);
            peers = new PeerClient(view, "secret", new Wire(world));
            Neighbors = new DataNeighbors(peers, view, fixture.Store, new NeighborMeter(meter));
            Node = new TargetNode(view, null!, world.clock, fixture.Store, Neighbors);
            Writer = new ObjectWriter(Node);
            Service = new NeighborService(Node, Writer);
        }

        public NodeId Id => Fold.Target(number);

        public DataNeighbors Neighbors { get; }

        public TargetNode Node { get; }

        public ObjectWriter Writer { get; }

        public NeighborService Service { get; }

        public ObjectStore Store => fixture.Store;

        /// <summary>What counts on this target's own disk.</summary>
        public ObjectRecord? RecordOf(ObjectName name) => Store.LookupAll(name, world.Bucket.Id).Record;

        public void Publish(ClusterState state, bool leased = true, int start = 1) => view.Publish(world.SnapshotOf(number, state, leased, start));

        public async Task<ObjectRecord> PutAsync(ObjectName name, byte[] body, Conditions? conditions = null, string requestId = "r1")
        {
            var result = await Writer.PutAsync(
                new PutRequest { Name = name, Bucket = world.Bucket, Conditions = conditions ?? Conditions.None, RequestId = requestId, FollowsTheName = true, Custom = [new("k", "v")] },
                PipeReader.Create(new MemoryStream(body)),
                CancellationToken.None);
            return result.Record!;
        }

        public Task<ObjectRecord> PutAsync(ObjectName name, string body) => PutAsync(name, Encoding.UTF8.GetBytes(body));

        public async Task<byte[]> GetAsync(ObjectName name, BytePart? part = null)
        {
            var found = await new ObjectReader(Node).ReadAsync(name, world.Bucket, withContent: true, Conditions.None, CancellationToken.None, part is { } wanted ? _ => wanted : null);
            using var local = found.Content;
            await using var remote = found.Remote;
            var stream = new MemoryStream();
            if (remote is not null)
            {
                await remote.Bytes.Content.CopyToAsync(stream);
                return stream.ToArray();
            }

            var body = new byte[local!.SizeBytes];
            for (var at = 0; at < body.Length;)
            {
                at += await local.ReadAsync(body.AsMemory(at), at, CancellationToken.None);
            }

            return body;
        }

        public void Dispose()
        {
            Neighbors.Dispose();
            peers.Dispose();
            meter.Dispose();
            fixture.Dispose();
            scratch.Dispose();
        }
    }

    /// <summary>Delivers to the service that listens under the host's name, as the endpoints do.</summary>
    private sealed class Wire(NeighborWorld world) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (world.Tap is { } tap && await tap(request) is { } instead)
            {
                return instead;
            }

            var path = request.RequestUri!.AbsolutePath;
            lock (world.Requests)
            {
                world.Requests.Add(path);
            }

            var service = world.Targets.Single(target => target.Id.Value == request.RequestUri.Host).Service;
            var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            if (path == NeighborPaths.Content)
            {
                using var reply = await service.OpenAsync(body, cancellationToken);
                var bytes = new byte[reply.LengthBytes];
                for (var at = 0; at < bytes.Length;)
                {
                    at += await reply.Content!.ReadAsync(bytes.AsMemory(at), reply.Offset + at, cancellationToken);
                }

                return Answer(reply.Reply, bytes, Convert.ToBase64String(reply.Reply.Message));
            }

            var answer = path switch
            {
                NeighborPaths.Look => await service.LookAsync(body, cancellationToken),
                NeighborPaths.Verify => await service.VerifyAsync(body, cancellationToken),
                NeighborPaths.Push => await service.PushAsync(body, cancellationToken),
                _ => await service.ForwardAsync(
                    Convert.FromBase64String(request.Headers.GetValues(NeighborPaths.MessageHeader).Single()), PipeReader.Create(new MemoryStream(body)), cancellationToken),
            };
            return Answer(answer, answer.Message, null);
        }

        private static HttpResponseMessage Answer(NeighborReply reply, byte[] body, string? header)
        {
            if (reply.Refusal != NeighborRefusal.None)
            {
                return new HttpResponseMessage(HttpStatusCode.Conflict) { Content = new StringContent(reply.Reason) };
            }

            var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(body) };
            if (header is not null)
            {
                answer.Headers.Add(NeighborPaths.MessageHeader, header);
            }

            return answer;
        }
    }
}
