using Starling.Cluster.Peers;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Xunit;

namespace Starling.Tests.Cluster;

public sealed class PeerQueueTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_newer_heartbeat_replaces_the_one_that_waits_and_nothing_else_is_lost()
    {
        var queue = new PeerQueue();
        queue.Add(Wrap(new HeartbeatRequest(1, 1, 0, 0)));
        queue.Add(Wrap(new VoteResponse(1, true)));
        queue.Add(Wrap(new HeartbeatRequest(1, 2, 0, 0)));
        var taken = await queue.TakeAsync(Patience, CancellationToken.None);
        Assert.Equal([new VoteResponse(1, true), new HeartbeatRequest(1, 2, 0, 0)], taken.Select(envelope => envelope.Message));
    }

    [Fact]
    public async Task A_full_queue_drops_the_oldest_and_counts()
    {
        var queue = new PeerQueue();
        for (var term = 1; term <= PeerQueue.MaxMessages + 3; term++)
        {
            queue.Add(Wrap(new VoteResponse(term, true)));
        }

        Assert.Equal((3, PeerQueue.MaxMessages), (queue.Dropped, queue.Count));
        var taken = new List<Envelope>();
        while (queue.Count > 0)
        {
            taken.AddRange(await queue.TakeAsync(Patience, CancellationToken.None));
        }

        Assert.Equal(Enumerable.Range(4, PeerQueue.MaxMessages), taken.Select(envelope => (int)((VoteResponse)envelope.Message).Term));
    }

    [Fact]
    public async Task Waiting_ends_with_the_first_message_or_with_the_time()
    {
        var queue = new PeerQueue();
        Assert.Empty(await queue.TakeAsync(TimeSpan.FromMilliseconds(1), CancellationToken.None));
        var waiting = queue.TakeAsync(Patience, CancellationToken.None);
        queue.Add(Wrap(new TimeoutNow(1)));
        Assert.Single(await waiting);
    }

    private static Envelope Wrap(Message message) =>
        new("c", new NodeIdentity(NodeId.Parse("gateway01"), default, default), "http://a:1", NodeId.Parse("gateway02"), default, 0, 0, message);
}
