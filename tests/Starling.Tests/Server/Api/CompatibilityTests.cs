using System.Net;
using System.Text.Json;
using Starling.Server.Hosting;
using Starling.Tests.Cluster;
using Xunit;

namespace Starling.Tests.Server.Api;

/// <summary>A trap of docs/compatibility.md that needs several gateways.</summary>
[Collection(ApiClusterGroup.Name)]
public sealed class CompatibilityTests(ApiCluster cluster)
{
    [Fact]
    public async Task Trap31_every_gateway_reads_redirects_and_changes_whichever_leads()
    {
        await using var nodes = new TestCluster(gateways: 3, targets: 1);
        var hosts = await Task.WhenAll(nodes.Plans.Select(plan => NodeHost.StartAsync(plan, null, LeaseSwitch.HeldAsync, TestCluster.Timers, CancellationToken.None)));
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
}
