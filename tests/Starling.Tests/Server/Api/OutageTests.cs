using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Starling.Cluster.Views;
using Starling.Core.Names;
using Starling.Server.Api.Native;
using Starling.Server.Hosting;
using Starling.Tests.Cluster;
using Xunit;

namespace Starling.Tests.Server.Api;

#pragma warning disable CA1001 // xunit disposes through IAsyncLifetime.
/// <summary>What clients see while a lease, a target or the primary is missing: real nodes in this process, their view of the lease under control.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private static readonly BucketName Bucket = BucketName.Parse("ais", null, "outage");

    private readonly ConcurrentDictionary<NodeId, LeaseSwitch> leases = new();
    private readonly ConcurrentDictionary<NodeId, CancellationTokenSource> stops = new();
    private readonly TestCluster cluster;
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });

    public OutageTests() => cluster = new TestCluster(gateways: 2, targets: 2, CreateAsync);

    public async Task InitializeAsync()
    {
        await cluster.StartAllAsync();
        await cluster.WaitForLeaderAsync();
        foreach (var host in cluster.Running)
        {
            await host.View.WaitForAsync(now => now.State.Nodes.Count == 4 && now.State.Newest.Targets.Length == 2, "four members, two targets in", TestCluster.Patience, CancellationToken.None);
            if (!host.Runtime.IsGateway)
            {
                await host.View.WaitForAsync(now => now.Lease.IsValidNow, "a lease", TestCluster.Patience, CancellationToken.None);
            }
        }

        await ExpectAsync(HttpStatusCode.OK, HttpMethod.Post, $"{Url(Gateways[0])}/v1/buckets/{Bucket.Name}", """{"action":"create-bck"}""");
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await cluster.DisposeAsync();
        foreach (var stop in stops.Values)
        {
            stop.Dispose();
        }
    }

    private NodeHost[] Gateways => [.. cluster.Running.Where(host => host.Runtime.IsGateway)];

    [Fact]
    public async Task Trap31_any_gateway_reads_redirects_and_takes_changes_and_the_primary_can_be_moved()
    {
        var primary = await cluster.WaitForLeaderAsync();
        var other = Gateways.Single(host => host.Id != primary.Id);
        await other.View.WaitForAsync(now => now.Node.Voters.Members.Length > 1 && now.IsPrimaryKnown, "two voters", TestCluster.Patience, CancellationToken.None);
        foreach (var gateway in (NodeHost[])[primary, other])
        {
            Assert.Equal(primary.Id.Value, await PrimaryOfAsync(gateway));
        }

        // A change through the one that does not lead shows on the other at once.
        await ExpectAsync(HttpStatusCode.OK, HttpMethod.Post, $"{Url(other)}/v1/buckets/by-other", """{"action":"create-bck"}""");
        await ExpectAsync(HttpStatusCode.OK, HttpMethod.Head, $"{Url(other)}/v1/buckets/by-other");
        await ExpectAsync(HttpStatusCode.OK, HttpMethod.Patch, $"{Url(other)}/v1/buckets/by-other", """{"action":"set-bprops","value":{"versioning":{"enabled":false}}}""");
        await ExpectAsync(HttpStatusCode.OK, HttpMethod.Put, $"{Url(other)}/v1/cluster", """{"action":"set-config","value":{"mirror":{"copies":4}}}""");
        await ExpectAsync(HttpStatusCode.OK, HttpMethod.Head, $"{Url(primary)}/v1/buckets/by-other");

        await PutAsync(other, "o", [1, 2, 3]);
        foreach (var gateway in (NodeHost[])[primary, other])
        {
            Assert.Equal([1, 2, 3], await GetAsync(gateway, "o"));
            var names = await ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, $"{Url(gateway)}/v1/buckets/{Bucket.Name}", """{"action":"list","value":{}}""");
            Assert.Contains("\"o\"", names, StringComparison.Ordinal);
        }

        await ExpectAsync(HttpStatusCode.OK, HttpMethod.Put, $"{Url(other)}/v1/cluster/proxy/{other.Id}");
        await cluster.WaitForLeaderAsync(id => id == other.Id);
        foreach (var gateway in (NodeHost[])[primary, other])
        {
            await gateway.View.WaitForAsync(now => now.State.Leader?.Identity.Id == other.Id, "the new primary in the map", TestCluster.Patience, CancellationToken.None);
            Assert.Equal(other.Id.Value, await PrimaryOfAsync(gateway));
        }

        await ExpectAsync(HttpStatusCode.OK, HttpMethod.Delete, $"{Url(primary)}/v1/buckets/by-other", """{"action":"destroy-bck"}""");
        Assert.Equal([1, 2, 3], await GetAsync(primary, "o"));
    }

    [Fact]
    public async Task B3_without_a_lease_hits_are_marked_as_possibly_stale_and_nothing_is_called_absent_or_changed()
    {
        await PutAsync(Gateways[0], "stale", [1, 2, 3]);
        var owner = OwnerOf("stale");
        var url = $"{Url(owner)}/v1/objects/{Bucket.Name}/";
        Assert.False((await SendAsync(HttpMethod.Get, url + "stale")).Headers.Contains("Ais-Stale-Possible"));
        leases[owner.Id].IsWithheld = true;
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Head])
        {
            using var hit = await SendAsync(method, url + "stale");
            Assert.Equal(HttpStatusCode.OK, hit.StatusCode);
            Assert.Equal("true", hit.Headers.GetValues("Ais-Stale-Possible").Single());
        }

        var absent = Enumerable.Range(0, 1000).Select(n => $"absent-{n}").First(name => OwnerOf(name).Id == owner.Id);
        using var put = new ByteArrayContent([9]);
        var mark = $"?pid={Gateways[0].Id}&utm=1";
        var answers = await Task.WhenAll(SendAsync(HttpMethod.Get, url + absent), SendAsync(HttpMethod.Delete, url + "stale" + mark), SendAsync(HttpMethod.Put, url + "stale" + mark, put));
        foreach (var answer in answers)
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.True(answer.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
            Assert.Contains("lease", (await ApiCluster.ErrorOf(answer)).GetProperty("message").GetString(), StringComparison.Ordinal);
            answer.Dispose();
        }

        leases[owner.Id].IsWithheld = false;
        using var again = await SendAsync(HttpMethod.Get, url + "stale");
        Assert.False(again.Headers.Contains("Ais-Stale-Possible"));
        Assert.Equal([1, 2, 3], await again.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Get, url + absent)).StatusCode);
    }

    [Fact]
    public async Task B3_without_a_lease_hits_are_refused_when_the_configuration_says_so()
    {
        await PutAsync(Gateways[0], "refused", [1, 2, 3]);
        var owner = OwnerOf("refused");
        var url = $"{Url(owner)}/v1/objects/{Bucket.Name}/refused";
        await ExpectAsync(HttpStatusCode.OK, HttpMethod.Put, $"{Url(Gateways[0])}/v1/cluster/set-config?reads.refuse_stale=true");
        await owner.View.WaitForAsync(now => now.State.Config.RefuseStale, "the configuration", TestCluster.Patience, CancellationToken.None);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, url)).StatusCode);
        leases[owner.Id].IsWithheld = true;
        using var refused = await SendAsync(HttpMethod.Get, url);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("lease", (await ApiCluster.ErrorOf(refused)).GetProperty("message").GetString(), StringComparison.Ordinal);

        await ExpectAsync(HttpStatusCode.OK, HttpMethod.Put, $"{Url(Gateways[0])}/v1/cluster", """{"action":"set-config","value":{"reads":{"refuse_stale":false}}}""");
        await owner.View.WaitForAsync(now => !now.State.Config.RefuseStale, "the configuration", TestCluster.Patience, CancellationToken.None);
        using var marked = await SendAsync(HttpMethod.Get, url);
        Assert.Equal("true", marked.Headers.GetValues("Ais-Stale-Possible").Single());
    }

    [Fact]
    public async Task A16_names_of_a_target_that_is_down_are_held_then_503_with_retry_after_and_served_again_when_it_is_back()
    {
        await PutAsync(Gateways[0], "held", [1, 2, 3]);
        var owner = OwnerOf("held").Id;
        var elsewhere = Enumerable.Range(0, 1000).Select(n => $"elsewhere-{n}").First(name => OwnerOf(name).Id != owner);
        await cluster.CrashAsync(owner);
        using var refused = await UntilAsync(HttpMethod.Get, "held", HttpStatusCode.ServiceUnavailable);
        Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        Assert.Contains($"t[{owner}]", (await ApiCluster.ErrorOf(refused)).GetProperty("message").GetString(), StringComparison.Ordinal);
        using var untouched = await SendAsync(HttpMethod.Get, $"{Url(Gateways[0])}/v1/objects/{Bucket.Name}/{elsewhere}");
        Assert.Equal(HttpStatusCode.MovedPermanently, untouched.StatusCode);

        var back = await cluster.StartAsync(owner);
        await back.View.WaitForAsync(now => now.IsReady && now.Lease.IsValidNow, "a lease", TestCluster.Patience, CancellationToken.None);
        using var redirect = await UntilAsync(HttpMethod.Get, "held", HttpStatusCode.MovedPermanently);
        using var content = await SendAsync(HttpMethod.Get, redirect.Headers.Location!.ToString());
        Assert.Equal([1, 2, 3], await content.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A16_a_gateway_that_stops_says_so_in_the_format_of_the_interface_and_still_serves_objects()
    {
        var gateway = Gateways[0];
        await PutAsync(gateway, "served", [1, 2, 3]);
        await stops[gateway.Id].CancelAsync();
        using var action = new StringContent("""{"action":"reset-config"}""");
        foreach (var (method, path, content) in ((HttpMethod, string, HttpContent?)[])[(HttpMethod.Get, "/v1/health", null), (HttpMethod.Put, "/v1/cluster", action)])
        {
            using var answer = await SendAsync(method, Url(gateway) + path, content);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.True(answer.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
            var error = await ApiCluster.ErrorOf(answer);
            Assert.Equal(($"p[{gateway.Id}]", 503), (error.GetProperty("node").GetString(), error.GetProperty("status").GetInt32()));
            Assert.Contains("is stopping", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal([1, 2, 3], await GetAsync(gateway, "served"));
    }

    private async Task<INodeApi> CreateAsync(NodeRuntime runtime, CancellationToken cancellationToken)
    {
        var view = leases[runtime.Id] = new LeaseSwitch(runtime.View);
        return await NativeNodeApi.CreateAsync(runtime with { View = view, Stopping = (stops[runtime.Id] = new CancellationTokenSource()).Token }, cancellationToken);
    }

    private static string Url(NodeHost host) => host.Runtime.Addresses.Public.TrimEnd('/');

    private NodeHost OwnerOf(string name) => cluster[Gateways[0].View.Current.State.Newest.OwnerOf(ObjectName.Parse(Bucket, name).Digest)];

    private async Task PutAsync(NodeHost gateway, string name, byte[] body)
    {
        using var redirect = await SendAsync(HttpMethod.Put, $"{Url(gateway)}/v1/objects/{Bucket.Name}/{name}");
        Assert.Equal(HttpStatusCode.TemporaryRedirect, redirect.StatusCode);
        using var content = new ByteArrayContent(body);
        using var answer = await SendAsync(HttpMethod.Put, redirect.Headers.Location!.ToString(), content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<byte[]> GetAsync(NodeHost gateway, string name)
    {
        using var redirect = await SendAsync(HttpMethod.Get, $"{Url(gateway)}/v1/objects/{Bucket.Name}/{name}");
        Assert.Equal(HttpStatusCode.MovedPermanently, redirect.StatusCode);
        using var answer = await SendAsync(HttpMethod.Get, redirect.Headers.Location!.ToString());
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsByteArrayAsync();
    }

    /// <summary>Asks again until the gateway has noticed; what it says on the way is a redirect or a 503, never that the object is absent.</summary>
    private async Task<HttpResponseMessage> UntilAsync(HttpMethod method, string name, HttpStatusCode wanted)
    {
        using var deadline = new CancellationTokenSource(2 * TestCluster.Patience);
        while (true)
        {
            var answer = await SendAsync(method, $"{Url(Gateways[0])}/v1/objects/{Bucket.Name}/{name}");
            if (answer.StatusCode == wanted)
            {
                return answer;
            }

            Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.MovedPermanently, HttpStatusCode.ServiceUnavailable]);
            answer.Dispose();
            Assert.False(deadline.IsCancellationRequested, $"waited for {wanted}");
        }
    }

    private async Task<string> PrimaryOfAsync(NodeHost gateway)
    {
        var map = JsonSerializer.Deserialize<JsonElement>(await ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, $"{Url(gateway)}/v1/daemon?what=smap"));
        return map.GetProperty("proxy_si").GetProperty("daemon_id").GetString()!;
    }

    private async Task<string> ExpectAsync(HttpStatusCode status, HttpMethod method, string url, string? json = null)
    {
        using var content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await SendAsync(method, url, content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{method} {url}: {answer.StatusCode} {text}");
        return text;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string url, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, url) { Content = content };
        return await http.SendAsync(request);
    }
}
