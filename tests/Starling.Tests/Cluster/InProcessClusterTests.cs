using System.Net;
using Starling.Cluster.Codec;
using Starling.Cluster.Peers;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State.Commands;
using Starling.Server.Hosting;
using Xunit;

namespace Starling.Tests.Cluster;

public sealed class InProcessClusterTests
{
    private static readonly TimeSpan Patience = TestCluster.Patience;

    [Fact]
    public async Task Nodes_form_a_cluster_elect_survive_their_leader_and_restart_with_their_state()
    {
        await using var cluster = new TestCluster(gateways: 3, targets: 2);
        await cluster.StartAllAsync();
        var leader = await cluster.WaitForLeaderAsync();
        await Task.WhenAll(cluster.Running.Select(host => host.View.WaitForAsync(now => now.State.Nodes.Count == 5 && now.State.Newest.Targets.Length == 2, "five members, two targets in", Patience, CancellationToken.None)));
        var clusterId = leader.View.Current.ClusterId;
        Assert.All(cluster.Running, host => Assert.Equal(clusterId, host.View.Current.ClusterId));
        Assert.All(cluster.Running.Where(host => !host.Runtime.IsGateway), host => Assert.NotNull(host.View.Current.Own));

        // Through every node, the leader or not: answered after this very node has applied it.
        var name = 0;
        foreach (var host in cluster.Running)
        {
            var bucket = Bucket($"bucket-{name++}");
            var outcome = await host.Runtime.Proposer.ProposeAsync(NewBucket(bucket), Patience, CancellationToken.None);
            Assert.Null(outcome.Error);
            Assert.True(host.View.Current.AppliedIndex >= outcome.Index);
            Assert.NotNull(host.View.Current.State.FindBucket(bucket));
        }

        await cluster.CrashAsync(leader.Id);
        var next = await cluster.WaitForLeaderAsync(id => id != leader.Id);
        Assert.True(next.Runtime.IsGateway);
        var late = Bucket("made-without-the-first-leader");
        Assert.Null((await next.Runtime.Proposer.ProposeAsync(NewBucket(late), Patience, CancellationToken.None)).Error);

        var back = await cluster.StartAsync(leader.Id);
        await back.View.WaitForAsync(now => now.IsReady && now.State.FindBucket(late) is not null, "the bucket made meanwhile", Patience, CancellationToken.None);
        Assert.Equal(leader.View.Current.Self.Incarnation, back.View.Current.Self.Incarnation);
        Assert.NotEqual(leader.View.Current.Self.Session, back.View.Current.Self.Session);
        Assert.Equal(clusterId, back.View.Current.ClusterId);
        Assert.True(await back.Runtime.Proposer.ReadIndexAsync(Patience, CancellationToken.None) > 0);
    }

    [Fact]
    public async Task A16_a_leader_that_stops_in_order_hands_over_and_membership_stays()
    {
        await using var cluster = new TestCluster(gateways: 3, targets: 0);
        await cluster.StartAllAsync();
        var leader = await cluster.WaitForLeaderAsync();
        await leader.View.WaitForAsync(now => now.Node.Voters.Members.Length == 3, "three voters", Patience, CancellationToken.None);
        await cluster.StopAsync(leader.Id);
        var next = await cluster.WaitForLeaderAsync(id => id != leader.Id);
        Assert.Equal(3, next.View.Current.State.Nodes.Count);
        Assert.True(next.View.Current.Node.Voters.Members.Any(member => member.Id == leader.Id));
    }

    [Fact]
    public async Task Leadership_goes_where_an_administrator_wants_it()
    {
        await using var cluster = new TestCluster(gateways: 3, targets: 0);
        await cluster.StartAllAsync();
        var leader = await cluster.WaitForLeaderAsync();
        await leader.View.WaitForAsync(now => now.Node.Voters.Members.Length == 3, "three voters", Patience, CancellationToken.None);
        var other = cluster.Running.First(host => host.Id != leader.Id);
        await other.Runtime.Proposer.TransferLeadershipAsync(other.Id, Patience, CancellationToken.None);
        Assert.Equal(other.Id, (await cluster.WaitForLeaderAsync(id => id == other.Id)).Id);
    }

    [Fact]
    public async Task A8_a_node_that_comes_back_at_other_addresses_is_found_there()
    {
        await using var cluster = new TestCluster(gateways: 3, targets: 0);
        await cluster.StartAllAsync();
        var leader = await cluster.WaitForLeaderAsync();
        await leader.View.WaitForAsync(now => now.State.Nodes.Count == 3, "three members", Patience, CancellationToken.None);
        var moved = cluster.Running.First(host => host.Id != leader.Id).Id;
        await cluster.CrashAsync(moved);
        var old = cluster.Plans.Single(plan => plan.Id == moved);
        var elsewhere = cluster.Plan(moved.Value, isGateway: true);
        await using var back = await TestCluster.StartAsync(old with { Public = elsewhere.Public, Control = elsewhere.Control, Data = elsewhere.Data });
        await back.View.WaitForAsync(now => now.IsReady && now.Own!.Addresses == back.Runtime.Addresses, "the new addresses", Patience, CancellationToken.None);
        await leader.View.WaitForAsync(now => now.State.Node(moved)!.Addresses == back.Runtime.Addresses, "the new addresses", Patience, CancellationToken.None);
    }

    [Theory]
    [InlineData("GET / HTTP/9.9\r\n\r\n", "HTTP/1.1 505")]
    [InlineData("BLAH\r\n\r\n", "HTTP/1.1 400")]
    [InlineData("GET /v1/health HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400")]
    [InlineData("GET /v1/health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400")]
    [InlineData("GET /v1/health HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", "HTTP/1.1 400")]
    public async Task FH1_malformed_requests_are_refused_on_every_network_and_the_node_keeps_running(string request, string expected)
    {
        await using var cluster = new TestCluster(gateways: 1, targets: 0);
        await cluster.StartAllAsync();
        var host = await cluster.WaitForLeaderAsync();
        foreach (var address in new[] { host.Runtime.Addresses.Public, host.Runtime.Addresses.Control, host.Runtime.Addresses.Data })
        {
            var url = new Uri(address);
            using var client = new System.Net.Sockets.TcpClient(url.Host, url.Port);
            await using var stream = client.GetStream();
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(request));
            using var reader = new StreamReader(stream);
            Assert.StartsWith(expected, await reader.ReadToEndAsync().WaitAsync(Patience), StringComparison.Ordinal);
        }

        Assert.Null((await host.Runtime.Proposer.ProposeAsync(AnyChange, Patience, CancellationToken.None)).Error);
    }

    [Fact]
    public async Task A9_a_single_gateway_forms_a_cluster_and_all_nodes_come_back_after_a_power_cycle()
    {
        await using var cluster = new TestCluster(gateways: 1, targets: 2);
        await cluster.StartAllAsync();
        var leader = await cluster.WaitForLeaderAsync();
        await leader.View.WaitForAsync(now => now.State.Nodes.Count == 3 && now.State.Newest.Targets.Length == 2, "three members, two targets in", Patience, CancellationToken.None);
        var bucket = Bucket("kept");
        Assert.Null((await leader.Runtime.Proposer.ProposeAsync(NewBucket(bucket), Patience, CancellationToken.None)).Error);
        var ids = cluster.Running.Select(host => host.Id).ToArray();
        foreach (var id in ids)
        {
            await cluster.CrashAsync(id);
        }

        foreach (var id in ids.Reverse())
        {
            await cluster.StartAsync(id);
        }

        await cluster.WaitForLeaderAsync();
        Assert.All(cluster.Running, host => Assert.NotNull(host.View.Current.State.FindBucket(bucket)));
    }

    [Fact]
    public async Task A9_a_gateway_without_a_cluster_says_what_it_waits_for_and_init_forms_one()
    {
        await using var cluster = new TestCluster(gateways: 1, targets: 0);
        await using var host = await TestCluster.StartAsync(cluster.Plans[0] with { BootstrapExpect = 0 });
        var waiting = await host.View.WaitForAsync(now => now.Waiting is not null, "a reason to wait", Patience, CancellationToken.None);
        Assert.False(waiting.IsReady);
        Assert.NotEmpty(waiting.Waiting!);
        using var http = new HttpClient { BaseAddress = new Uri(host.Runtime.Addresses.Public) };
        using (var health = await http.GetAsync("/v1/health?readiness=true"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        }

        await host.Runtime.Proposer.InitClusterAsync(discardPending: false, Patience, CancellationToken.None);
        await host.View.WaitForAsync(now => now.IsReady && now.IsLeading, "the cluster", Patience, CancellationToken.None);
        using var ready = await http.GetAsync("/v1/health?readiness=true");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    [Fact]
    public async Task Strangers_are_refused_and_the_node_keeps_running()
    {
        await using var cluster = new TestCluster(gateways: 1, targets: 0);
        await cluster.StartAllAsync();
        var host = await cluster.WaitForLeaderAsync();
        var counters = host.Runtime.IntraCounters;
        var control = host.Runtime.Addresses.Control;

        Assert.Equal((HttpStatusCode.Forbidden, "secret"), await PostAsync(control, [1, 2, 3], secret: null));
        Assert.Equal((HttpStatusCode.Forbidden, "secret"), await PostAsync(control, [1, 2, 3], secret: "wrong-secret-00000"));
        Assert.Equal((HttpStatusCode.Forbidden, "secret"), await PostAsync(host.Runtime.Addresses.Data, [1, 2, 3], secret: null, path: "/v1/objects/b/o"));
        Assert.Equal((HttpStatusCode.Forbidden, "secret"), await PostAsync(host.Runtime.Addresses.Public, [1, 2, 3], secret: null));
        Assert.Equal(4, counters.RefusedSecret);

        Assert.Equal((HttpStatusCode.BadRequest, "malformed"), await PostAsync(control, [1, 2, 3], TestCluster.Secret));
        Assert.Equal((HttpStatusCode.BadRequest, "malformed"), await PostAsync(control, [.. EnvelopeCodec.Encode([Heartbeat(host, host.View.Current.ClusterId)]), 0], TestCluster.Secret));
        Assert.Equal(2, counters.Malformed);

        Assert.Equal((HttpStatusCode.Conflict, "cluster"), await PostAsync(control, EnvelopeCodec.Encode([Heartbeat(host, "another-cluster")]), TestCluster.Secret));
        Assert.Equal(1, counters.RefusedCluster);
        Assert.Equal((HttpStatusCode.Forbidden, "network"), await PostAsync(host.Runtime.Addresses.Public, EnvelopeCodec.Encode([Heartbeat(host, "")]), TestCluster.Secret));

        // A leader of a far future term from nowhere is no member: nothing happens to this one.
        Assert.Equal((HttpStatusCode.NoContent, ""), await PostAsync(control, EnvelopeCodec.Encode([Heartbeat(host, host.View.Current.ClusterId)]), TestCluster.Secret));
        Assert.Null((await host.Runtime.Proposer.ProposeAsync(AnyChange, Patience, CancellationToken.None)).Error);
    }

    [Fact]
    public async Task B2_a_request_from_a_node_that_has_seen_more_waits_for_this_node_to_catch_up()
    {
        await using var cluster = new TestCluster(gateways: 1, targets: 0);
        await cluster.StartAllAsync();
        var host = await cluster.WaitForLeaderAsync();
        var mark = host.View.Current.AppliedIndex + 1;
        using var http = new HttpClient { BaseAddress = new Uri(host.Runtime.Addresses.Control) };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/health");
        request.Headers.Add(PeerHeaders.Secret, TestCluster.Secret);
        request.Headers.Add(PeerHeaders.AppliedIndex, mark.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var answer = http.SendAsync(request);
        Assert.Null((await host.Runtime.Proposer.ProposeAsync(AnyChange, Patience, CancellationToken.None)).Error);
        using var response = await answer;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(host.View.Current.AppliedIndex >= mark);
    }

    [Fact]
    public async Task A_second_process_on_the_same_data_directory_is_refused_naming_the_holder()
    {
        await using var cluster = new TestCluster(gateways: 1, targets: 0);
        await cluster.StartAllAsync();
        var refusal = await Assert.ThrowsAsync<StoreException>(() => TestCluster.StartAsync(cluster.Plans[0]));
        Assert.Contains($"is in use by process {Environment.ProcessId}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_directory_of_another_node_is_refused_naming_both()
    {
        await using var cluster = new TestCluster(gateways: 1, targets: 0);
        var plan = cluster.Plans[0];
        await (await TestCluster.StartAsync(plan)).DisposeAsync();
        var refusal = await Assert.ThrowsAsync<StoreException>(() => TestCluster.StartAsync(plan with { Id = NodeId.Parse("somebody-else") }));
        Assert.Contains(plan.Id.Value, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("somebody-else", refusal.Message, StringComparison.Ordinal);
        await using var remembered = await TestCluster.StartAsync(plan with { Id = default });
        Assert.Equal(plan.Id, remembered.Id);
    }

    [Fact]
    public async Task A_busy_port_is_refused_naming_the_option_and_the_address()
    {
        await using var cluster = new TestCluster(gateways: 2, targets: 0);
        await using var first = await TestCluster.StartAsync(cluster.Plans[0]);
        var refusal = await Assert.ThrowsAsync<StoreException>(() => TestCluster.StartAsync(cluster.Plans[1] with { Control = cluster.Plans[0].Control }));
        Assert.Contains($"--control {cluster.Plans[0].Control} cannot be bound", refusal.Message, StringComparison.Ordinal);
    }

    private static BucketName Bucket(string name) => BucketName.Parse("ais", null, name);

    private static CreateBucket NewBucket(BucketName bucket) => new(bucket, string.Empty, 1_700_000_000_000_000_000);

    /// <summary>A change that needs no targets.</summary>
    private static SetConfig AnyChange { get; } = new("""{"rebalance":{"enabled":false}}""", 0);

    private static Envelope Heartbeat(NodeHost host, string clusterId) => new(
        clusterId,
        new NodeIdentity(NodeId.Parse("stranger"), new Incarnation(1), new SessionId(1)),
        "http://127.0.0.1:1",
        host.Id,
        new Incarnation(12345),
        0,
        0,
        new HeartbeatRequest(1_000_000, 0, 0, 0));

    private static async Task<(HttpStatusCode Status, string Word)> PostAsync(string address, byte[] body, string? secret, string path = PeerTransport.MessagePath)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, address + path) { Content = new ByteArrayContent(body) };
        if (secret is not null)
        {
            request.Headers.Add(PeerHeaders.Secret, secret);
        }

        using var response = await http.SendAsync(request);
        return (response.StatusCode, response.Headers.TryGetValues(PeerHeaders.Refused, out var words) ? words.Single() : "");
    }
}
