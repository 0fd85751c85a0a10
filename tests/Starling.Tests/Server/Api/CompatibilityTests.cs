using System.Net;
using System.Text.Json;
using Starling.Server.Api.Native;
using Starling.Server.Hosting;
using Starling.Tests.Cluster;
using Xunit;

namespace Starling.Tests.Server.Api;

/// <summary>Traps of docs/compatibility.md that belong to no single call.</summary>
[Collection(ApiClusterGroup.Name)]
public sealed class CompatibilityTests(ApiCluster cluster)
{
    [Fact]
    public async Task Trap04_the_body_of_a_GET_is_read()
    {
        await cluster.CreateBucketAsync("asked");
        await cluster.PutAsync("asked", "wanted", [1]);
        await cluster.PutAsync("asked", "other", [2]);

        var page = await JsonAsync(await GetAsync("v1/buckets/asked", """{"action":"list","value":{"prefix":"wan"}}"""));
        Assert.Equal(["wanted"], page.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("name").GetString()));
        using var unknown = await GetAsync("v1/buckets/asked", """{"action":"no-such-action"}""");
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.Contains("no-such-action", (await ApiCluster.ErrorOf(unknown)).GetProperty("message").GetString(), StringComparison.Ordinal);
        using var job = await GetAsync("v1/cluster?what=qryxstats", """{"ID":"nosuchjob1","Kind":""}""");
        Assert.Equal(HttpStatusCode.NotFound, job.StatusCode);
    }

    [Fact]
    public async Task Trap08_an_id_is_bare_text_and_nothing_started_is_an_empty_body()
    {
        using var started = await GetAsync("v1/buckets/shared", """{"action":"summary-bck","value":{"uuid":"","cached":true,"present":true}}""");
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        Assert.Matches(@"\A[A-Za-z0-9_-]{9,32}\z", await started.Content.ReadAsStringAsync());

        using var stopped = await cluster.SendAsync(HttpMethod.Put, $"{cluster.Gateway}/v1/cluster", """{"action":"stop","value":{"ID":"nosuchjob1"}}""");
        Assert.Equal(HttpStatusCode.OK, stopped.StatusCode);
        Assert.Equal(string.Empty, await stopped.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("""{"sid":"targAAAA"}""")]
    [InlineData("""{"sids":["targAAAA","targBBBB"]}""")]
    public async Task Trap22_removal_of_one_or_of_several_is_known_refused_as_not_offered_and_changes_nothing(string value)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Put, $"{cluster.Gateway}/v1/cluster", $$"""{"action":"decommission-node","value":{{value}}}""");
        Assert.Equal(HttpStatusCode.NotImplemented, answer.StatusCode);
        using var map = await GetAsync("v1/cluster?what=smap");
        var targets = (await JsonAsync(map)).GetProperty("tmap").EnumerateObject().Select(target => target.Value.GetProperty("flags").GetUInt64());
        Assert.Equal([0UL, 0UL], targets);
    }

    [Fact]
    public async Task Trap31_every_gateway_reads_redirects_and_changes_whichever_leads()
    {
        await using var nodes = new TestCluster(gateways: 3, targets: 1);
        var hosts = await Task.WhenAll(nodes.Plans.Select(plan => NodeHost.StartAsync(plan, null, NativeNodeApi.CreateAsync, TestCluster.Timers, CancellationToken.None)));
        try
        {
            foreach (var host in hosts)
            {
                await host.View.WaitForAsync(now => now.IsReady && now.IsPrimaryKnown && now.State.Newest.Targets.Length == 1, "a leader and the target in", TestCluster.Patience, CancellationToken.None);
            }

            var gateways = hosts.Where(host => host.Runtime.IsGateway).Select(host => host.Runtime.Addresses.Public.TrimEnd('/')).ToArray();
            for (var i = 0; i < gateways.Length; i++)
            {
                using var created = await cluster.SendAsync(HttpMethod.Post, $"{gateways[i]}/v1/buckets/by{i}", """{"action":"create-bck"}""");
                Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync());

                using var redirected = await cluster.SendAsync(HttpMethod.Get, $"{gateways[i]}/v1/objects/by{i}/o");
                Assert.Equal(HttpStatusCode.MovedPermanently, redirected.StatusCode);
                var map = await JsonAsync(await cluster.SendAsync(HttpMethod.Get, $"{gateways[i]}/v1/cluster?what=smap"));
                Assert.Equal(3, map.GetProperty("pmap").EnumerateObject().Count());
            }
        }
        finally
        {
            await Task.WhenAll(hosts.Select(host => host.DisposeAsync().AsTask()));
        }
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
            return JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        }
    }

    private async Task<HttpResponseMessage> GetAsync(string pathAndQuery, string? json = null) =>
        await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/{pathAndQuery}", json);
}
