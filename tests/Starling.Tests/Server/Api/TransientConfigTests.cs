using System.Net;
using System.Text.Json;
using Xunit;

namespace Starling.Tests.Server.Api;

[Collection(ApiClusterGroup.Name)]
public sealed class TransientConfigTests(ApiCluster cluster)
{
    [Fact]
    public async Task A_transient_change_of_the_cluster_is_told_to_every_node_and_written_down_nowhere()
    {
        await ExpectAsync(HttpStatusCode.OK, "/v1/cluster/set-config?client.client_timeout=21s&transient=true");
        foreach (var node in cluster.Nodes)
        {
            Assert.Equal("21s", await TimeoutOfAsync(node.Id.Value));
            var written = Path.Combine(node.Runtime.DataDirectory, "node-overrides");
            Assert.DoesNotContain("client_timeout", File.Exists(written) ? await File.ReadAllTextAsync(written) : string.Empty, StringComparison.Ordinal);
        }

        using var committed = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/cluster?what=cluster_config");
        Assert.Equal("10s", Timeout(await committed.Content.ReadAsStringAsync()));

        // The body's form is as transient, and the end of it is the reset of the node.
        await ExpectAsync(HttpStatusCode.OK, "/v1/cluster?transient=true", """{"action":"set-config","value":{"CLIENT":{"client_timeout":"22s"}}}""");
        Assert.Equal("22s", await TimeoutOfAsync("targAAAA"));
        await ExpectAsync(HttpStatusCode.OK, "/v1/cluster", """{"action":"reset-config"}""");
        Assert.Equal("10s", await TimeoutOfAsync("targAAAA"));
    }

    [Fact]
    public async Task A_transient_change_of_one_node_stays_there_and_yields_to_a_lasting_one()
    {
        await ExpectAsync(HttpStatusCode.OK, "/v1/reverse/daemon/set-config?client.client_timeout=31s&transient=true", null, "targAAAA");
        Assert.Equal("31s", await TimeoutOfAsync("targAAAA"));
        Assert.Equal("10s", await TimeoutOfAsync("targBBBB"));
        await ExpectAsync(HttpStatusCode.OK, "/v1/reverse/daemon/set-config?client.client_timeout=32s", null, "targAAAA");
        Assert.Equal("32s", await TimeoutOfAsync("targAAAA"));
        await ExpectAsync(HttpStatusCode.OK, "/v1/reverse/daemon", """{"action":"reset-config"}""", "targAAAA");
        Assert.Equal("10s", await TimeoutOfAsync("targAAAA"));
    }

    [Theory]
    [InlineData("/v1/cluster/set-config?memsys.min_free=2GiB&transient=true", 501)]
    [InlineData("/v1/cluster/set-config?rebalance.enabled=false&transient=true", 400)]
    [InlineData("/v1/cluster/set-config?reads.refuse_stale=true&transient=true", 400)]
    [InlineData("/v1/cluster/set-config?client.none=1&transient=true", 400)]
    public async Task What_cannot_be_transient_is_refused_and_says_what_to_do(string path, int status)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Put, cluster.Gateway + path);
        Assert.Equal(status, (int)answer.StatusCode);
        var message = (await ApiCluster.ErrorOf(answer)).GetProperty("message").GetString()!;
        Assert.True(message.Contains("set it without \"transient\"", StringComparison.Ordinal) || message.Contains("unknown property", StringComparison.Ordinal), message);
    }

    private async Task ExpectAsync(HttpStatusCode status, string path, string? json = null, string? node = null)
    {
        using var answer = node is null
            ? await cluster.SendAsync(HttpMethod.Put, cluster.Gateway + path, json)
            : await cluster.SendAsync(HttpMethod.Put, cluster.Gateway + path, json, ("Ais-Node-Id", node));
        Assert.True(answer.StatusCode == status, $"{path}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    private async Task<string> TimeoutOfAsync(string node)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/reverse/daemon?what=config", null, ("Ais-Node-Id", node));
        return Timeout(await answer.Content.ReadAsStringAsync());
    }

    private static string Timeout(string config) =>
        JsonSerializer.Deserialize<JsonElement>(config).GetProperty("client").GetProperty("client_timeout").GetString()!;
}
