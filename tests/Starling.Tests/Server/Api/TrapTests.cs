using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Core.Config;
using Starling.Core.Wire;
using Xunit;

namespace Starling.Tests.Server.Api;

/// <summary>What is easily got wrong towards existing clients, where no other class of tests is about the matter.</summary>
[Collection(ApiClusterGroup.Name)]
public sealed class TrapTests(ApiCluster cluster)
{
    [Theory]
    [InlineData("/v1/buckets", """{"action":"list","value":null}""")]
    [InlineData("/v1/buckets/shared", """{"action":"list","value":{"prefix":"no-such-prefix"}}""")]
    [InlineData("/v1/cluster?what=qryxstats", """{"kind":"lru","show_active":true}""")]
    [InlineData("/v1/cluster?what=running_all", """{"kind":"lru"}""")]
    public async Task Trap04_the_body_of_a_get_is_read_whether_its_length_is_declared_or_not(string path, string json)
    {
        foreach (var (body, status) in ((string, int)[])[(json, 200), (json.Replace(':', ' '), 400)])
        {
            foreach (var framing in (string[])[$"Content-Length: {body.Length}\r\n\r\n{body}", $"Transfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\n\r\n"])
            {
                var answer = await cluster.RawAsync(0, $"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n{framing}");
                Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Trap04_the_body_of_a_get_decides_the_answer()
    {
        await cluster.CreateBucketAsync("trap04");
        await cluster.PutAsync("trap04", "a1", [1]);
        await cluster.PutAsync("trap04", "b1", [1]);
        using var answer = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/buckets/trap04", """{"action":"list","value":{"prefix":"b"}}""");
        var entries = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync()).GetProperty("entries");
        Assert.Equal(["b1"], entries.EnumerateArray().Select(entry => entry.GetProperty("name").GetString()));
        using var download = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/download", """{"id":"d1"}""");
        Assert.Equal(HttpStatusCode.NotImplemented, download.StatusCode);
    }

    [Fact]
    public async Task Trap08_the_id_of_a_job_is_bare_text_and_no_job_is_an_empty_body()
    {
        using var started = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/buckets/shared", """{"action":"summary-bck","value":{"uuid":""}}""");
        var id = await started.Content.ReadAsByteArrayAsync();
        Assert.Equal("text/plain", started.Content.Headers.ContentType!.MediaType);
        Assert.InRange(id.Length, 9, 32);
        Assert.All(id, one => Assert.True(char.IsAsciiLetterOrDigit((char)one) || one is (byte)'-' or (byte)'_', Encoding.UTF8.GetString(id)));

        await cluster.CreateBucketAsync("trap08");
        foreach (var (method, path, json) in ((string, string, string)[])
        [
            ("PATCH", "/v1/buckets/trap08", """{"action":"set-bprops","value":{"mirror":{"enabled":true,"copies":2}}}"""),
            ("PATCH", "/v1/buckets/trap08", """{"action":"reset-bprops"}"""),
            ("PUT", "/v1/cluster", """{"action":"stop","value":{"ID":"nosuchjob","Kind":""}}"""),
            ("DELETE", "/v1/buckets/trap08", """{"action":"destroy-bck"}"""),
        ])
        {
            using var answer = await cluster.SendAsync(new HttpMethod(method), cluster.Gateway + path, json);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{method} {path}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task Trap19_resetting_properties_needs_no_value_and_an_unknown_action_is_named()
    {
        await cluster.CreateBucketAsync("trap19");
        foreach (var json in (string[])["""{"action":"reset-bprops"}""", """{"action":"reset-bprops","name":"","value":null}"""])
        {
            using var reset = await cluster.SendAsync(HttpMethod.Patch, $"{cluster.Gateway}/v1/buckets/trap19", json);
            Assert.Equal(HttpStatusCode.OK, reset.StatusCode);
        }

        foreach (var (method, path) in ((string, string)[])[("POST", "/v1/buckets/trap19"), ("DELETE", "/v1/buckets/trap19"), ("PUT", "/v1/cluster")])
        {
            using var unknown = await cluster.SendAsync(new HttpMethod(method), cluster.Gateway + path, """{"action":"levitate"}""");
            Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
            Assert.Equal("invalid action \"levitate\"", (await ApiCluster.ErrorOf(unknown)).GetProperty("message").GetString());
        }
    }

    [Fact]
    public async Task Trap20_a_copy_of_an_object_goes_to_the_owner_of_the_source_which_says_that_it_is_not_offered()
    {
        await cluster.CreateBucketAsync("trap20");
        var source = Enumerable.Range(0, 1000).Select(n => $"source-{n}").First(name => cluster.OwnerOf("shared", name) != cluster.OwnerOf("trap20", "copy"));
        await cluster.PutAsync("shared", source, [1, 2, 3]);
        var query = "?object_to=" + Uri.EscapeDataString("ais/@#/trap20/copy");
        using var redirect = await cluster.SendAsync(HttpMethod.Put, $"{cluster.Gateway}/v1/objects/shared/{source}{query}");
        Assert.Equal(HttpStatusCode.TemporaryRedirect, redirect.StatusCode);
        Assert.StartsWith($"{cluster.Url(cluster.OwnerOf("shared", source))}/v1/objects/shared/{source}{query}&pid=", redirect.Headers.NonValidated["Location"].ToString(), StringComparison.Ordinal);

        using var refused = await cluster.ObjectAsync(HttpMethod.Put, "shared", source, [], query);
        Assert.Equal(HttpStatusCode.NotImplemented, refused.StatusCode);
        Assert.Contains("\"object_to\"", (await ApiCluster.ErrorOf(refused)).GetProperty("message").GetString(), StringComparison.Ordinal);
        using var absent = await cluster.ObjectAsync(HttpMethod.Get, "trap20", "copy");
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        using var untouched = await cluster.ObjectAsync(HttpMethod.Get, "shared", source);
        Assert.Equal([1, 2, 3], await untouched.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("copy-bck")]
    [InlineData("move-bck")]
    [InlineData("copy-listrange")]
    public async Task Trap20_copies_of_buckets_are_known_and_not_offered_and_make_nothing(string action)
    {
        using var answer = await cluster.SendAsync(
            HttpMethod.Post, $"{cluster.Gateway}/v1/buckets/shared?bck_to={Uri.EscapeDataString("ais/@#/trap20-never/")}", $$$"""{"action":"{{{action}}}","value":{}}""");
        Assert.Equal(HttpStatusCode.NotImplemented, answer.StatusCode);
        Assert.Contains($"\"{action}\"", (await ApiCluster.ErrorOf(answer)).GetProperty("message").GetString(), StringComparison.Ordinal);
        using var head = await cluster.SendAsync(HttpMethod.Head, $"{cluster.Gateway}/v1/buckets/trap20-never");
        Assert.Equal(HttpStatusCode.NotFound, head.StatusCode);
    }

    [Fact]
    public void Trap22_one_node_and_several_are_both_decoded()
    {
        Assert.True(WireJson.TryRead("""{"sid":"targAAAA","skip_rebalance":true}"""u8, WireJson.Instance.RemoveNodeWire, out var one, out var error), error);
        Assert.Equal(("targAAAA", true), (one.NodeId, one.SkipRebalance));
        Assert.Null(one.NodeIds);
        Assert.True(WireJson.TryRead("""{"SIDs":["targAAAA","targBBBB"],"sid":null,"rm_user_data":true,"keep_initial_config":true,"no_shutdown":true}"""u8, WireJson.Instance.RemoveNodeWire, out var several, out error), error);
        Assert.Equal(["targAAAA", "targBBBB"], several.NodeIds!);
        Assert.True(several is { RemoveUserData: true, KeepInitialConfig: true, NoShutdown: true, SkipRebalance: false });
    }

    [Theory]
    [InlineData("start-maintenance")]
    [InlineData("stop-maintenance")]
    [InlineData("shutdown-node")]
    [InlineData("decommission-node")]
    [InlineData("rm-unsafe")]
    public async Task Trap22_membership_actions_that_name_nobody_s_node_say_so_and_change_nothing(string action)
    {
        var before = await JsonAsync($"{cluster.Gateway}/v1/daemon?what=smap");
        foreach (var value in (string[])["""{"sid":"targYYYY","skip_rebalance":true}""", """{"sids":["targAAAA","targYYYY"],"skip_rebalance":true}"""])
        {
            using var answer = await cluster.SendAsync(HttpMethod.Put, $"{cluster.Gateway}/v1/cluster", $$"""{"action":"{{action}}","name":"","value":{{value}}}""");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            var message = (await ApiCluster.ErrorOf(answer)).GetProperty("message").GetString();
            Assert.Contains("targYYYY", message, StringComparison.Ordinal);
        }

        Assert.Equal(before["tmap"]!.ToJsonString(), (await JsonAsync($"{cluster.Gateway}/v1/daemon?what=smap"))["tmap"]!.ToJsonString());
    }

    [Fact]
    public async Task Trap23_joining_by_address_is_known_and_not_offered()
    {
        using var answer = await cluster.SendAsync(HttpMethod.Post, $"{cluster.Gateway}/v1/cluster/join-by-admin", """{"daemon_type":"target","intra_control_net":{"direct_url":"http://127.0.0.1:1"}}""");
        Assert.Equal(HttpStatusCode.NotImplemented, answer.StatusCode);
    }

    [Fact]
    public async Task Trap24_every_section_and_setting_of_the_configuration_is_there_on_every_node()
    {
        var expected = JsonNode.Parse(ConfigDocument.Default)!.AsObject();
        Assert.True(expected.Count > 20);
        var urls = new List<string> { $"{cluster.Gateway}/v1/cluster?what=cluster_config" };
        urls.AddRange(cluster.Nodes.Select((_, node) => $"{cluster.Url(node)}/v1/daemon?what=config"));
        foreach (var url in urls)
        {
            AssertHolds(expected, await JsonAsync(url), url);
        }

        foreach (var node in cluster.Nodes)
        {
            AssertHolds(expected, await JsonAsync($"{cluster.Gateway}/v1/reverse/daemon?what=config", ("Ais-Node-Id", node.Id.Value)), node.Id.Value);
        }
    }

    private static void AssertHolds(JsonNode expected, JsonNode? found, string where)
    {
        Assert.True(found is not null && KindOf(found) == KindOf(expected), $"{where}: \"{found}\" where {expected} is the default");
        foreach (var (name, value) in expected as JsonObject ?? [])
        {
            if (value is not null)
            {
                AssertHolds(value, found[name], $"{where}.{name}");
            }
        }
    }

    private static JsonValueKind KindOf(JsonNode node) => node.GetValueKind() is JsonValueKind.False ? JsonValueKind.True : node.GetValueKind();

    private async Task<JsonObject> JsonAsync(string url, params (string Name, string Value)[] headers)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Get, url, null, headers);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{url}: {answer.StatusCode} {text}");
        return JsonNode.Parse(text)!.AsObject();
    }
}
