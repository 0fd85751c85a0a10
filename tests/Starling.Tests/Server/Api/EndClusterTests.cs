using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Cluster.Peers;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Server.Api.Native;
using Starling.Server.Hosting;
using Starling.Tests.Cluster;
using Xunit;

namespace Starling.Tests.Server.Api;

#pragma warning disable CA1001 // xunit disposes through IAsyncLifetime.
/// <summary>Ends a whole cluster by one request: two gateways and two targets in this process, a cluster of its own for every test.</summary>
public sealed class EndClusterTests : IAsyncLifetime
{
    private readonly TestCluster nodes = new(gateways: 2, targets: 2, LeaseSwitch.HeldAsync);
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false });

    private NodeHost[] Hosts => [.. nodes.Running];

    private NodeHost Asked => nodes[NodeId.Parse("gateway00")];

    private NodeHost Target => nodes[NodeId.Parse("target00")];

    public async Task InitializeAsync()
    {
        await nodes.StartAllAsync();
        await nodes.WaitForLeaderAsync();
        await ServingAsync();
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await nodes.DisposeAsync();
    }

    [Fact]
    public async Task A18_An_order_for_another_cluster_another_node_or_another_incarnation_is_refused_by_name_and_stops_nobody()
    {
        var good = OrderFor(Target);
        foreach (var (order, word, text) in ((EndOrderWire, string, string)[])
        [
            (good with { ClusterId = "Another12" }, "cluster", "the order is for cluster Another12"),
            (good with { ClusterId = "" }, "cluster", "the order is for cluster (none named)"),
            (good with { NodeId = "target01" }, "node", "this is node target00, the order is for node target01"),
            (good with { Incarnation = new string('0', 32) }, "incarnation", "it lost its log since"),
        ])
        {
            using var answer = await SendOrderAsync(Target, order);
            Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
            Assert.Equal(word, answer.Headers.GetValues(PeerHeaders.Refused).Single());
            Assert.Contains(text, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using var noSecret = await http.PostAsync(Url(Target, EndOrderWire.Path), new StringContent("{}"));
        Assert.Equal(HttpStatusCode.Forbidden, noSecret.StatusCode);
        using var malformed = await SendOrderAsync(Target, "[1");
        Assert.Equal(HttpStatusCode.BadRequest, malformed.StatusCode);
        using var publicly = await SendOrderAsync(Target, Json(good), Target.Runtime.Addresses.Public);
        Assert.Equal(HttpStatusCode.Forbidden, publicly.StatusCode);
        using var atTarget = await http.PutAsync(new Uri(new Uri(Target.Runtime.Addresses.Public), "/v1/cluster"), new StringContent("""{"action":"shutdown"}"""));
        Assert.False(atTarget.IsSuccessStatusCode);
        foreach (var (value, text) in ((string, string)[])
        [
            ("""{"force":["alive"]}""", "\"alive\" is no guard of action \"decommission\""),
            ("\"all\"", "field \"value\" must be an object"),
            ("""{"rm_user_data":[]}""", "field \"rm_user_data\""),
        ])
        {
            var (status, said) = await ActAsync("decommission", value);
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Contains(text, said, StringComparison.Ordinal);
        }

        Assert.All(Hosts, host => Assert.False(host.StopRequested.IsCompleted, $"{host.Id}"));
    }

    [Fact]
    public async Task A_node_that_cannot_be_told_is_named_the_asked_gateway_stays_and_a_repeated_request_ends_what_is_left()
    {
        var away = NodeId.Parse("target01");
        await nodes.CrashAsync(away);
        var others = Hosts.Where(host => host != Asked).ToArray();
        var stops = others.Select(StopWhenToldAsync).ToArray();
        var (status, text) = await ActAsync("decommission", """{"rm_user_data":true}""");
        Assert.Equal(HttpStatusCode.BadGateway, status);
        Assert.Contains("2 of 3 other members took the order to be decommissioned and erase its objects (or had ended); not told: t[target01] (", text, StringComparison.Ordinal);
        Assert.Contains("p[gateway00] goes on running", text, StringComparison.Ordinal);
        Assert.Contains("empty its mountpaths", text, StringComparison.Ordinal);
        await Task.WhenAll(stops).WaitAsync(TestCluster.Patience);
        Assert.False(Asked.StopRequested.IsCompleted);
        using (var elsewhere = await SendOrderAsync(Asked, OrderFor(Asked)))
        {
            // A shutdown by somebody else does not take away the gateway that is needed again.
            Assert.Equal(HttpStatusCode.Conflict, elsewhere.StatusCode);
            Assert.Contains("this gateway is decommissioning the cluster", await elsewhere.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.All(others, host => Assert.False(BelongsToCluster(host), $"{host.Id}"));

        // Started again it needs no leader to take its order, and those that have ended are not missed.
        var back = await nodes.StartAsync(away);
        (status, text) = await ActAsync("decommission", """{"rm_user_data":true}""");
        Assert.True(status == HttpStatusCode.OK, text);
        await Task.WhenAll(back.StopRequested, Asked.StopRequested).WaitAsync(TestCluster.Patience);
        await Task.WhenAll(back.StopAsync(), Asked.StopAsync());
        Assert.All([back, Asked], host => Assert.False(BelongsToCluster(host), $"{host.Id}"));
    }

    [Fact]
    public async Task A_shutdown_forced_over_a_dead_node_ends_everybody_else_and_names_it_and_two_operators_do_not_harm_each_other()
    {
        await nodes.CrashAsync(NodeId.Parse("target01"));
        var hosts = Hosts;
        var stops = hosts.Where(host => !host.Runtime.IsGateway).Select(StopWhenToldAsync).ToArray();
        var answers = await Task.WhenAll(ActAsync("shutdown", """{"force":["unreachable"]}"""), ActAsync("shutdown", """{"force":"unreachable"}""", gateway: 1));
        Assert.All(answers, answer => Assert.Contains(answer.Status, (HttpStatusCode[])[HttpStatusCode.BadGateway, HttpStatusCode.ServiceUnavailable]));
        Assert.Contains(answers, answer => answer.Text.Contains("not told: t[target01] (", StringComparison.Ordinal) && answer.Text.Contains("ends as well", StringComparison.Ordinal));
        await Task.WhenAll([.. stops, .. hosts.Select(host => host.StopRequested)]).WaitAsync(TestCluster.Patience);
        await Task.WhenAll(hosts.Where(host => host.Runtime.IsGateway).Select(host => host.StopAsync()));
        Assert.All(hosts, host => Assert.True(BelongsToCluster(host), $"{host.Id}"));
    }

    [Fact]
    public async Task Objects_that_a_decommissioned_cluster_left_on_the_disks_are_set_aside_and_nobody_sees_them_in_the_next_one()
    {
        await CreateBucketAsync();
        for (var i = 0; i < 20; i++)
        {
            using var put = await http.PutAsync(ObjectUrl($"o{i}"), new ByteArrayContent(Encoding.UTF8.GetBytes($"body {i}")));
            Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        }

        var (before, hosts) = (Asked.View.Current.ClusterId, Hosts);
        var stops = hosts.Where(host => host != Asked).Select(StopWhenToldAsync).ToArray();
        var (status, text) = await ActAsync("decommission", "null");
        Assert.True(status == HttpStatusCode.OK, text);
        await Task.WhenAll([.. stops, Asked.StopRequested]).WaitAsync(TestCluster.Patience);
        await Asked.StopAsync();
        Assert.All(hosts, host => Assert.False(BelongsToCluster(host), $"{host.Id}"));
        Assert.Equal(20, SetAside().Length);
        foreach (var host in hosts)
        {
            await nodes.CrashAsync(host.Id);
        }

        // The same directories, the same commands: another cluster, in which a bucket has the id that one of the old cluster had.
        await nodes.StartAllAsync();
        await nodes.WaitForLeaderAsync();
        await ServingAsync();
        Assert.NotEqual(before, Asked.View.Current.ClusterId);
        await CreateBucketAsync();
        using var read = await http.GetAsync(ObjectUrl("o1"));
        Assert.Equal(HttpStatusCode.NotFound, read.StatusCode);
        using var written = await http.PutAsync(ObjectUrl("o1"), new ByteArrayContent("new"u8.ToArray()));
        Assert.True(written.IsSuccessStatusCode);
        Assert.Equal("new", await http.GetStringAsync(ObjectUrl("o1")));
        Assert.Equal(20, SetAside().Length);
    }

    private async Task ServingAsync()
    {
        foreach (var host in Hosts)
        {
            await host.View.WaitForAsync(now => now.IsReady && now.State.Newest.Targets.Length == 2 && now.State.Nodes.Count == 4, "both targets in", TestCluster.Patience, CancellationToken.None);
        }
    }

    private async Task CreateBucketAsync()
    {
        using var created = await http.PostAsync(Url(Asked, "/v1/buckets/demo", Asked.Runtime.Addresses.Public), new StringContent("""{"action":"create-bck","name":"","value":null}"""));
        Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync());
    }

    private Uri ObjectUrl(string name) => Url(Asked, $"/v1/objects/demo/{name}", Asked.Runtime.Addresses.Public);

    private static async Task StopWhenToldAsync(NodeHost host)
    {
        await host.StopRequested;
        await host.StopAsync();
    }

    /// <summary>Whether anything in the directories of a node says that it is a member of a cluster.</summary>
    private static bool BelongsToCluster(NodeHost host)
    {
        var options = host.Runtime.Options;
        return File.Exists(Path.Combine(options.DataDirectory, "control", "control.log")) || File.Exists(Path.Combine(options.DataDirectory, "node.id"));
    }

    private string[] SetAside() =>
    [
        .. nodes.Plans.SelectMany(plan => plan.Mountpaths)
            .SelectMany(path => Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
            .Where(file => file.Contains("/.starling/quarantine/", StringComparison.Ordinal)),
    ];

    private async Task<(HttpStatusCode Status, string Text)> ActAsync(string action, string value, int gateway = 0)
    {
        var host = nodes[NodeId.Parse($"gateway0{gateway}")];
        using var answer = await http.PutAsync(Url(host, "/v1/cluster", host.Runtime.Addresses.Public), new StringContent($$"""{"action":"{{action}}","name":"","value":{{value}}}"""));
        var text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, answer.IsSuccessStatusCode || text.Length == 0 ? text : JsonNode.Parse(text)!["message"]!.GetValue<string>());
    }

    private static EndOrderWire OrderFor(NodeHost host) => new()
    {
        ClusterId = host.View.Current.ClusterId,
        NodeId = host.Id.Value,
        Incarnation = host.View.Current.Self.Incarnation.ToString(),
        OrderedBy = "a test",
    };

    private static string Json(EndOrderWire order) => JsonSerializer.Serialize(order, WireJson.Instance.EndOrderWire);

    private Task<HttpResponseMessage> SendOrderAsync(NodeHost host, EndOrderWire order) => SendOrderAsync(host, Json(order));

    private async Task<HttpResponseMessage> SendOrderAsync(NodeHost host, string body, string? address = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Url(host, EndOrderWire.Path, address)) { Content = new StringContent(body) };
        request.Headers.Add(PeerHeaders.Secret, TestCluster.Secret);
        return await http.SendAsync(request);
    }

    private static Uri Url(NodeHost host, string path, string? address = null) => new(new Uri(address ?? host.Runtime.Addresses.Control), path);
}
