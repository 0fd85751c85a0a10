using System.Net;
using System.Text.Json;
using Xunit;

namespace Starling.Tests.Server.Api;

[Collection(ApiClusterGroup.Name)]
public sealed class ClusterCallTests(ApiCluster cluster)
{
    [Fact]
    public async Task Trap05_trap06_trap23_the_map_has_text_versions_exact_digests_and_three_networks()
    {
        foreach (var node in (int[])[0, 1])
        {
            var map = await JsonAsync($"{cluster.Url(node)}/v1/daemon?what=smap");
            Assert.Equal(JsonValueKind.String, map.GetProperty("version").ValueKind);
            Assert.Equal("gateAAAA", map.GetProperty("proxy_si").GetProperty("daemon_id").GetString());
            Assert.Equal(cluster.Gateway, map.GetProperty("proxy_si").GetProperty("public_net").GetProperty("direct_url").GetString());
            Assert.True(map.GetProperty("pmap").TryGetProperty("gateAAAA", out _));
            var target = map.GetProperty("tmap").GetProperty("targAAAA");
            Assert.Equal("target", target.GetProperty("daemon_type").GetString());
            Assert.Equal(0UL, target.GetProperty("flags").GetUInt64());
            Assert.Equal(Starling.Core.Names.NodeId.Parse("targAAAA").Digest, target.GetProperty("id_digest").GetUInt64());
            foreach (var network in (string[])["public_net", "intra_control_net", "intra_data_net"])
            {
                Assert.Equal("127.0.0.1", target.GetProperty(network).GetProperty("node_ip_addr").GetString());
                Assert.Equal(JsonValueKind.String, target.GetProperty(network).GetProperty("daemon_port").ValueKind);
                Assert.StartsWith("http://127.0.0.1:", target.GetProperty(network).GetProperty("direct_url").GetString(), StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("bmd")]
    [InlineData("config")]
    [InlineData("snode")]
    [InlineData("smapvote")]
    [InlineData("node_stats")]
    [InlineData("node_status")]
    [InlineData("metrics")]
    [InlineData("sysinfo")]
    [InlineData("remote")]
    public async Task Every_node_answers_its_queries_directly_and_through_the_gateway(string what)
    {
        foreach (var node in cluster.Nodes)
        {
            await JsonAsync($"{node.Runtime.Addresses.Public}/v1/daemon?what={what}");
            await JsonAsync($"{cluster.Gateway}/v1/reverse/daemon?what={what}", ("Ais-Node-Id", node.Id.Value));
        }
    }

    [Fact]
    public async Task Trap25_a_healthy_node_has_an_empty_status_and_flags_6()
    {
        // Other tests of this cluster let its disks fail; a fault is over soon after.
        await cluster.FlagsAsync(1, flags => flags == 6);
        var status = await JsonAsync($"{cluster.Gateway}/v1/reverse/daemon?what=node_status", ("Ais-Node-Id", "targAAAA"));
        Assert.Equal(string.Empty, status.GetProperty("status").GetString());
        Assert.Equal(6, status.GetProperty("cluster").GetProperty("flags").GetInt32());
        Assert.Equal("6", status.GetProperty("tracker").GetProperty("state.flags").GetProperty("v").GetString());
        Assert.StartsWith("5.0", status.GetProperty("ais_version").GetString(), StringComparison.Ordinal);
        var capacity = status.GetProperty("capacity");
        var mountpaths = capacity.GetProperty("mountpaths").EnumerateObject().Select(one => one.Value).ToArray();
        Assert.Equal(2, mountpaths.Length);
        Assert.All(mountpaths, one => Assert.NotEqual("local", one.GetProperty("fs").GetProperty("FsType").GetString()));
        Assert.Equal(mountpaths[0].GetProperty("avail").GetString(), capacity.GetProperty("total_avail").GetString());
        Assert.True(status.GetProperty("sys_info").GetProperty("load_avg").TryGetProperty("Fifteen", out _));
        Assert.Equal("gateAAAA", status.GetProperty("cluster").GetProperty("smap").GetProperty("Primary").GetProperty("id").GetString());
    }

    [Fact]
    public async Task Counters_grow_with_requests()
    {
        await cluster.PutAsync("shared", "counted", [1, 2, 3]);
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "counted");
        var owner = cluster.Nodes[cluster.OwnerOf("shared", "counted")];
        var tracker = (await JsonAsync($"{owner.Runtime.Addresses.Public}/v1/daemon?what=node_stats")).GetProperty("tracker");
        foreach (var name in (string[])["put.n", "get.n", "get.ns.total", "put.size", "get.size", "up.ns.time"])
        {
            Assert.True(long.Parse(tracker.GetProperty(name).GetProperty("v").GetString()!, System.Globalization.CultureInfo.InvariantCulture) > 0, name);
        }

        using var metrics = await cluster.SendAsync(HttpMethod.Get, $"{owner.Runtime.Addresses.Public}/metrics");
        var text = await metrics.Content.ReadAsStringAsync();
        Assert.Contains("starling_requests_total{op=\"get\",status=\"200\"}", text, StringComparison.Ordinal);
        Assert.Contains("starling_request_duration_seconds_bucket{op=\"put\",le=\"+Inf\"}", text, StringComparison.Ordinal);
        Assert.Contains("starling_lease_valid 1", text, StringComparison.Ordinal);
        Assert.Contains("starling_raft_term", text, StringComparison.Ordinal);
        Assert.Contains("starling_mountpath_available_bytes{mountpath=", text, StringComparison.Ordinal);
        Assert.Contains("starling_quarantined_files 0", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cluster_queries_gather_all_targets()
    {
        var stats = await JsonAsync($"{cluster.Gateway}/v1/cluster?what=node_stats");
        Assert.Equal(["targAAAA", "targBBBB"], stats.GetProperty("target").EnumerateObject().Select(one => one.Name));
        Assert.True(stats.GetProperty("proxy").TryGetProperty("tracker", out _));
        var info = await JsonAsync($"{cluster.Gateway}/v1/cluster?what=sysinfo");
        Assert.True(info.GetProperty("target").GetProperty("targBBBB").TryGetProperty("fs_capacity", out _));
        Assert.True(info.GetProperty("proxy").TryGetProperty("gateAAAA", out _));
        var mountpaths = await JsonAsync($"{cluster.Gateway}/v1/cluster?what=mountpaths");
        Assert.Equal(2, mountpaths.GetProperty("targets").GetProperty("targAAAA").GetProperty("available").GetArrayLength());
        Assert.Equal(0, (await JsonAsync($"{cluster.Gateway}/v1/cluster?what=backends")).GetArrayLength());
        using var addresses = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/cluster?what=target_ips");
        Assert.Equal(6, (await addresses.Content.ReadAsStringAsync()).Split(',').Length);
        using var version = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/daemon?what=software_version");
        Assert.StartsWith("5.0.", await version.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var unknown = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/cluster?what=nonsense");
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.Contains("unrecognized 'what=nonsense' query", (await ApiCluster.ErrorOf(unknown)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trap15_nothing_runs_and_the_answers_say_so()
    {
        Assert.Equal(0, (await AskAsync("running_all", "{}")).GetArrayLength());
        var all = await AskAsync("status_all", """{"kind":"rebalance"}""");
        Assert.True(all.ValueKind is JsonValueKind.Null or JsonValueKind.Array);
        var running = await AskAsync("qryxstats", """{"kind":"rebalance","show_active":true}""");
        Assert.Equal("""{"targAAAA":[],"targBBBB":[]}""", running.GetRawText());
        foreach (var (what, body) in ((string, string)[])[("qryxstats", """{"kind":"rebalance"}"""), ("qryxstats", """{"ID":"g7","Kind":null,"Bck":null}"""), ("status", """{"ID":"abc","Kind":"lru"}""")])
        {
            using var absent = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/cluster?what={what}", body);
            Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        }

        using var neither = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/cluster?what=status", "{}");
        Assert.Equal(HttpStatusCode.BadRequest, neither.StatusCode);
    }

    [Fact]
    public async Task Trap18_jobs_start_and_stop_by_their_short_names()
    {
        Assert.Equal(HttpStatusCode.OK, await ActAsync("""{"action":"stop","name":"","value":{"ID":"","Kind":"rebalance","Bck":null}}"""));
        Assert.Equal(HttpStatusCode.BadRequest, await ActAsync("""{"action":"stop","value":{}}"""));
        Assert.Equal(HttpStatusCode.NotImplemented, await ActAsync("""{"action":"start","value":{"Kind":"lru"}}"""));
        Assert.Equal(HttpStatusCode.BadRequest, await ActAsync("""{"action":"xact-start","value":{"Kind":"rebalance"}}"""));
        Assert.Equal(HttpStatusCode.NotFound, await ActAsync("""{"action":"start-maintenance","value":{"sids":["targYYYY"]}}"""));
        Assert.Equal(HttpStatusCode.OK, await ActAsync("""{"action":"reset-stats","value":true}"""));
        Assert.Equal(HttpStatusCode.BadRequest, await ActAsync("""{"action":"reset-stats","value":"yes"}"""));
    }

    [Fact]
    public async Task Trap32_readiness_and_health()
    {
        foreach (var query in (string[])["", "?readiness=true", "?prr=true", "?cii=true", "?apr=true"])
        {
            using var answer = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/health{query}");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.True(long.Parse(answer.Headers.GetValues("Ais-Node-Uptime").Single(), System.Globalization.CultureInfo.InvariantCulture) > 0);
        }

        using var target = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Url(1)}/v1/health?apr=true");
        Assert.Equal(HttpStatusCode.BadRequest, target.StatusCode);
    }

    [Fact]
    public async Task Reverse_calls_need_a_known_node()
    {
        using var none = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/reverse/daemon?what=snode");
        Assert.Equal(HttpStatusCode.BadRequest, none.StatusCode);
        Assert.Equal("missing node ID", (await ApiCluster.ErrorOf(none)).GetProperty("message").GetString());
        using var unknown = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/reverse/daemon?what=snode", null, ("Ais-Node-Id", "nosuchnode"));
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal("errNodeNotFound", (await ApiCluster.ErrorOf(unknown)).GetProperty("tcode").GetString());
    }

    [Fact]
    public async Task Changes_of_a_node_are_refused_on_its_public_network()
    {
        using var answer = await cluster.SendAsync(HttpMethod.Put, $"{cluster.Url(1)}/v1/daemon", """{"action":"reset-config"}""");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task Set_primary_knows_the_primary_strangers_and_those_who_cannot_lead()
    {
        Assert.Equal(HttpStatusCode.OK, await PrimaryAsync("gateAAAA"));
        Assert.Equal(HttpStatusCode.NotFound, await PrimaryAsync("gateZZZZ"));
        Assert.Equal(HttpStatusCode.BadRequest, await PrimaryAsync("targAAAA"));
        Assert.Equal(HttpStatusCode.Conflict, await ActAsync("""{"action":"init","value":{"discard_pending":false}}"""));
    }

    [Fact]
    public async Task Configuration_is_set_by_query_and_by_message_and_reset()
    {
        using var query = await cluster.SendAsync(HttpMethod.Put, $"{cluster.Gateway}/v1/cluster/set-config?rebalance.dest_retry_time=3m");
        Assert.True(query.StatusCode == HttpStatusCode.OK, await query.Content.ReadAsStringAsync());
        var config = await JsonAsync($"{cluster.Gateway}/v1/cluster?what=cluster_config");
        Assert.Equal("3m", config.GetProperty("rebalance").GetProperty("dest_retry_time").GetString());
        Assert.Equal(JsonValueKind.String, config.GetProperty("config_version").ValueKind);
        Assert.Equal(HttpStatusCode.OK, await ActAsync("""{"action":"set-config","value":{"mirror":{"copies":3}}}"""));
        config = await JsonAsync($"{cluster.Gateway}/v1/cluster?what=cluster_config");
        Assert.Equal(3, config.GetProperty("mirror").GetProperty("copies").GetInt32());
        Assert.Equal(HttpStatusCode.OK, await ActAsync("""{"action":"reset-config"}"""));
        using var none = await cluster.SendAsync(HttpMethod.Put, $"{cluster.Gateway}/v1/cluster/set-config");
        Assert.Equal(HttpStatusCode.BadRequest, none.StatusCode);
        Assert.Equal("no properties to update", (await ApiCluster.ErrorOf(none)).GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_node_deviates_from_the_configuration_where_it_may_until_it_is_reset()
    {
        async Task<HttpStatusCode> SetAsync(string path, string? json = null)
        {
            using var answer = await cluster.SendAsync(HttpMethod.Put, $"{cluster.Gateway}/v1/reverse/daemon{path}", json, ("Ais-Node-Id", "targBBBB"));
            return answer.StatusCode;
        }

        async Task<string?> LevelAsync() =>
            (await JsonAsync($"{cluster.Gateway}/v1/reverse/daemon?what=config", ("Ais-Node-Id", "targBBBB"))).GetProperty("log").GetProperty("level").GetString();

        Assert.Equal(HttpStatusCode.OK, await SetAsync("/set-config?log.level=4"));
        Assert.Equal("4", await LevelAsync());
        Assert.NotEqual(HttpStatusCode.OK, await SetAsync("/set-config?rebalance.enabled=false"));
        Assert.Equal(HttpStatusCode.BadRequest, await SetAsync("/set-config?nosuch.name=1"));

        // Whatever the case, and never what only the cluster says of itself.
        Assert.Equal(HttpStatusCode.OK, await SetAsync(string.Empty, """{"action":"set-config","value":{"LOG":{"Level":"5"},"uuid":"another","config_version":"99"}}"""));
        Assert.Equal("5", await LevelAsync());
        var config = await JsonAsync($"{cluster.Gateway}/v1/reverse/daemon?what=config", ("Ais-Node-Id", "targBBBB"));
        Assert.False(config.TryGetProperty("LOG", out _));
        Assert.NotEqual("another", config.GetProperty("uuid").GetString());
        Assert.NotEqual("99", config.GetProperty("config_version").GetString());
        Assert.Equal(HttpStatusCode.OK, await SetAsync(string.Empty, """{"action":"reset-config"}"""));
        Assert.NotEqual("4", await LevelAsync());
    }

    private async Task<HttpStatusCode> ActAsync(string json)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Put, $"{cluster.Gateway}/v1/cluster", json);
        return answer.StatusCode;
    }

    private async Task<HttpStatusCode> PrimaryAsync(string id)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Put, $"{cluster.Gateway}/v1/cluster/proxy/{id}");
        return answer.StatusCode;
    }

    private async Task<JsonElement> AskAsync(string what, string body)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/cluster?what={what}", body);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
    }

    private async Task<JsonElement> JsonAsync(string url, params (string Name, string Value)[] headers)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Get, url, null, headers);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{url}: {answer.StatusCode} {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }
}
