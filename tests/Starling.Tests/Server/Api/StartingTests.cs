using System.Net;
using Starling.Server.Api.Native;
using Starling.Tests.Cluster;
using Xunit;

namespace Starling.Tests.Server.Api;

/// <summary>503 means "not started yet": bare for what clients repeat by themselves, with a reason where a probe or a person asks.</summary>
public sealed class StartingTests
{
    [Fact]
    public async Task Trap30_trap32_before_there_is_a_cluster_the_answer_is_503_and_afterwards_never()
    {
        await using var cluster = new TestCluster(gateways: 1, targets: 0, NativeNodeApi.CreateAsync);
        await using var host = await TestCluster.StartAsync(cluster.Plans[0] with { BootstrapExpect = 0 }, NativeNodeApi.CreateAsync);
        await host.View.WaitForAsync(now => now.Waiting is not null, "a reason to wait", TestCluster.Patience, CancellationToken.None);
        using var http = new HttpClient { BaseAddress = new Uri(host.Runtime.Addresses.Public) };
        foreach (var path in (string[])["/v1/buckets", "/v1/buckets/none", "/v1/daemon?what=smap", "/v1/cluster?what=cluster_config"])
        {
            using var bare = await http.GetAsync(path);
            Assert.True(bare.StatusCode == HttpStatusCode.ServiceUnavailable, $"{path}: {bare.StatusCode}");
            Assert.Equal("1", bare.Headers.GetValues("Retry-After").Single());
            Assert.Empty(await bare.Content.ReadAsByteArrayAsync());
        }

        foreach (var path in (string[])["/v1/health?prr=true", "/v1/health?readiness=true"])
        {
            using var probe = await http.GetAsync(path);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, probe.StatusCode);
            Assert.Contains("ready", (await ApiCluster.ErrorOf(probe)).GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        using (var alive = await http.GetAsync("/v1/health"))
        {
            Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        }

        using (var init = await http.PutAsync("/v1/cluster", new StringContent("""{"action":"init"}""")))
        {
            Assert.Equal(HttpStatusCode.OK, init.StatusCode);
        }

        await host.View.WaitForAsync(now => now.IsReady && now.IsLeading, "the cluster", TestCluster.Patience, CancellationToken.None);
        foreach (var (path, status) in ((string, HttpStatusCode)[])
            [("/v1/health?prr=true", HttpStatusCode.OK), ("/v1/buckets", HttpStatusCode.OK), ("/v1/daemon?what=smap", HttpStatusCode.OK), ("/v1/buckets/none", HttpStatusCode.NotFound)])
        {
            using var answer = await http.GetAsync(path);
            Assert.True(answer.StatusCode == status, $"{path}: {answer.StatusCode}");
        }
    }
}
