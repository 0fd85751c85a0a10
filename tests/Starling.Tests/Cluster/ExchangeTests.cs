using Starling.Cluster;
using Starling.Core.Names;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.Node;
using Xunit;

namespace Starling.Tests.Cluster;

public sealed class ExchangeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Answers_to_the_sender_ride_back_and_no_others()
    {
        var exchange = new Exchange([From("http://a:1"), From("http://a:1")]);
        Assert.Equal("http://a:1", exchange.Sender);
        Assert.False(exchange.TryAdd("http://b:1", From("me")));
        Assert.True(exchange.TryAdd("http://a:1", From("me")));
        Assert.True(exchange.TryAdd("http://a:1", From("me")));
        var waiting = exchange.WaitAsync(Patience);
        Assert.Empty(exchange.Finish());
        Assert.Equal(2, (await waiting).Count);
    }

    [Fact]
    public async Task Who_passes_messages_on_for_others_gets_no_answers_of_theirs()
    {
        // Relayed messages name the address of their author, which is not who sent the request.
        var exchange = new Exchange([From("http://author:1") with { Relayed = true }, From("http://other:1") with { Relay = true }]);
        Assert.Null(exchange.Sender);
        Assert.False(exchange.TryAdd("http://author:1", From("me")));
        Assert.Empty(exchange.Finish());
        Assert.Empty(await exchange.WaitAsync(Patience));

        var mixed = new Exchange([From("http://author:1") with { Relayed = true }, From("http://a:1")]);
        Assert.Equal("http://a:1", mixed.Sender);
    }

    [Fact]
    public async Task What_the_request_no_longer_waits_for_goes_the_ordinary_way_once()
    {
        var exchange = new Exchange([From("http://a:1")]);
        Assert.Empty(await exchange.WaitAsync(TimeSpan.Zero));
        Assert.True(exchange.TryAdd("http://a:1", From("me")));
        Assert.Single(exchange.Finish());
    }

    [Fact]
    public async Task Every_answer_goes_exactly_one_way_however_the_loop_and_the_request_race()
    {
        for (var round = 0; round < 200; round++)
        {
            var exchange = new Exchange([From("http://a:1")]);
            var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var loop = Task.Run(async () =>
            {
                await start.Task;
                exchange.TryAdd("http://a:1", From("me"));
                return exchange.Finish();
            });
            var request = Task.Run(async () =>
            {
                await start.Task;
                return await exchange.WaitAsync(TimeSpan.Zero);
            });
            start.SetResult();
            Assert.Equal(1, (await loop).Count + (await request).Count);
        }
    }

    private static Envelope From(string address) =>
        new(string.Empty, new NodeIdentity(NodeId.Parse("gateway01"), new Incarnation(1), new SessionId(2)), address, default, Incarnation.None, 0, 0, new ProbeRequest(1, default));
}
