using System.Net;
using System.Text;
using Starling.Storage.Files;
using Xunit;

namespace Starling.Tests.Server.Api;

/// <summary>Whatever a client sends, it gets an answer or a closed connection, nothing half-written shows, and the node keeps running.</summary>
[Collection(ApiClusterGroup.Name)]
public sealed class HostileInputTests(ApiCluster cluster)
{
    private const string Mark = "?pid=gateAAAA&utm=1";

    [Fact]
    public async Task A_body_shorter_than_declared_stores_nothing()
    {
        var owner = cluster.OwnerOf("shared", "short-body");
        await cluster.RawAsync(owner, $"PUT /v1/objects/shared/short-body{Mark} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nonly this", closeSending: true);
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "short-body");
        Assert.Equal(HttpStatusCode.NotFound, get.StatusCode);
        await cluster.AssertAliveAsync();
    }

    [Theory]
    [InlineData("/v1/reverse/daemon/../../intra/v1/messages")]
    [InlineData("/v1/reverse/daemon/%2e%2e/%2e%2e/intra/v1/messages")]
    [InlineData("/v1/reverse/daemon/..%2f..%2fintra/v1/messages")]
    [InlineData("/v1/reverse/daemon/..\\..\\intra/v1/messages")]
    [InlineData("/v1/reverse/daemon/x/../../../intra/v1/messages")]
    public async Task FH7_a_call_passed_on_to_a_node_cannot_leave_its_path_and_reach_what_members_alone_may_ask(string path)
    {
        var malformed = cluster.Nodes[1].Runtime.IntraCounters.Malformed;
        var answer = await cluster.RawAsync(0, $"POST {path} HTTP/1.1\r\nHost: x\r\nAis-Node-Id: {cluster.Nodes[1].Id}\r\nContent-Length: 4\r\nConnection: close\r\n\r\n\u0001\u0002\u0003\u0004");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("invalid request URI", answer, StringComparison.Ordinal);

        // A body that is no message would have been counted, had it come through.
        Assert.Equal(malformed, cluster.Nodes[1].Runtime.IntraCounters.Malformed);
    }

    [Theory]
    [InlineData("PUT", "/v1/cluster", "\"action\":\"set-config\",\"value\":{\"log\":{\"level\":\"HALF\"}}")]
    [InlineData("PUT", "/v1/cluster", "\"action\":\"set-config\",\"value\":{\"HALF\":1}")]
    [InlineData("PUT", "/v1/cluster", "\"action\":\"HALF\"")]
    [InlineData("PUT", "/v1/cluster", "\"HALF\":\"start\"")]
    [InlineData("PUT", "/v1/cluster", "\"action\":\"start\",\"value\":{\"Kind\":\"HALF\"}")]
    [InlineData("PUT", "/v1/cluster", "\"action\":\"rotate-logs\",\"name\":\"HALF\"")]
    [InlineData("PUT", "/v1/reverse/daemon", "\"action\":\"set-config\",\"value\":{\"log\":{\"level\":\"HALF\"}}")]
    [InlineData("POST", "/v1/buckets/halves", "\"action\":\"create-bck\",\"value\":{\"features\":\"HALF\"}")]
    [InlineData("PATCH", "/v1/buckets/shared", "\"action\":\"set-bprops\",\"value\":{\"checksum\":{\"type\":\"HALF\"}}")]
    [InlineData("GET", "/v1/buckets/shared", "\"action\":\"list\",\"value\":{\"prefix\":\"HALF\"}")]
    [InlineData("GET", "/v1/cluster?what=qryxstats", "\"kind\":\"HALF\"")]
    public async Task Half_of_a_surrogate_pair_in_any_text_of_a_body_is_malformed_and_no_failure_of_the_node(string method, string path, string members)
    {
        foreach (var half in (string[])["\\ud800", "x\\uDFFFy"])
        {
            using var answer = await cluster.SendAsync(
                new HttpMethod(method), cluster.Gateway + path, "{" + members.Replace("HALF", half, StringComparison.Ordinal) + "}", ("Ais-Node-Id", cluster.Nodes[1].Id.Value));
            Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{method} {path}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }

        await cluster.AssertAliveAsync();
    }

    [Fact]
    public async Task A_large_body_that_nobody_wants_is_dropped_until_the_client_has_read_its_answer()
    {
        // More than the limit for bodies that are kept: the limit must not turn the redirect into a reset connection.
        var body = new byte[80 << 20];
        var answer = await cluster.RawAsync(0, $"PUT /v1/objects/shared/large-unwanted HTTP/1.1\r\nHost: x\r\nContent-Length: {body.Length}\r\n\r\n", body);
        Assert.StartsWith("HTTP/1.1 307", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("[Connection", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_stays_open_after_a_large_object_was_stored()
    {
        var owner = cluster.OwnerOf("shared", "large-stored");
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{cluster.Url(owner)}/v1/objects/shared/large-stored{Mark}") { Content = new ByteArrayContent(new byte[1 << 20]) };
        using var answer = await cluster.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.NotEqual(true, answer.Headers.ConnectionClose);
    }

    [Fact]
    public async Task A_body_shorter_than_declared_leaves_the_old_object()
    {
        await cluster.PutAsync("shared", "short-over", [1, 2, 3]);
        var owner = cluster.OwnerOf("shared", "short-over");
        await cluster.RawAsync(owner, $"PUT /v1/objects/shared/short-over{Mark} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nonly this", closeSending: true);
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "short-over");
        Assert.Equal([1, 2, 3], await get.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_body_longer_than_declared_stores_what_was_declared_and_closes()
    {
        var owner = cluster.OwnerOf("shared", "long-body");
        var answer = await cluster.RawAsync(owner, $"PUT /v1/objects/shared/long-body{Mark} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nfourAND MUCH MORE\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "long-body");
        Assert.Equal("four", await get.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("Content-Length: -1")]
    [InlineData("Content-Length: 99999999999999999999")]
    [InlineData("Content-Length: 5\r\nContent-Length: 6")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nzz")]
    [InlineData("Transfer-Encoding: identity, chunked, gzip")]
    public async Task Malformed_framing_is_400_and_the_connection_closes(string header)
    {
        var owner = cluster.OwnerOf("shared", "framing");
        var answer = await cluster.RawAsync(owner, $"PUT /v1/objects/shared/framing{Mark} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\nhello");
        Assert.Matches("^HTTP/1.1 (400|411|413|501) ", answer);
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "framing");
        Assert.Equal(HttpStatusCode.NotFound, get.StatusCode);
        await cluster.AssertAliveAsync();
    }

    [Fact]
    public async Task Oversized_names_headers_and_metadata_are_refused()
    {
        using var name = await cluster.ObjectAsync(HttpMethod.Put, "shared", new string('n', 1025), [1]);
        Assert.Equal(HttpStatusCode.BadRequest, name.StatusCode);
        using var longest = await cluster.ObjectAsync(HttpMethod.Put, "shared", string.Join('/', Enumerable.Repeat(new string('n', 200), 5)), [1]);
        Assert.Equal(HttpStatusCode.OK, longest.StatusCode);
        using var bucket = await cluster.SendAsync(HttpMethod.Post, $"{cluster.Gateway}/v1/buckets/{new string('b', 65)}", """{"action":"create-bck"}""");
        Assert.Equal(HttpStatusCode.BadRequest, bucket.StatusCode);
        using var metadata = await cluster.ObjectAsync(HttpMethod.Put, "shared", "meta", [1], "", ("Ais-Custom-Md", "k=" + new string('v', 2048)));
        Assert.Equal(HttpStatusCode.BadRequest, metadata.StatusCode);
        using var malformed = await cluster.ObjectAsync(HttpMethod.Put, "shared", "meta", [1], "", ("Ais-Custom-Md", "no equals sign"));
        Assert.Equal(HttpStatusCode.BadRequest, malformed.StatusCode);
        var headers = await cluster.RawAsync(0, $"GET /v1/health HTTP/1.1\r\nHost: x\r\nX-Big: {new string('h', 100_000)}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 431 ", headers, StringComparison.Ordinal);
        var line = await cluster.RawAsync(0, $"GET /{new string('p', 100_000)} HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 414 ", line, StringComparison.Ordinal);
        await cluster.AssertAliveAsync();
    }

    [Fact]
    public async Task More_than_a_hundred_parameters_are_an_error()
    {
        var query = string.Join('&', Enumerable.Range(0, 101).Select(i => $"p{i}=1"));
        using var answer = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/objects/shared/o?{query}");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{\"action\":7}")]
    [InlineData("{\"action\":\"list\"} trailing")]
    [InlineData("nonsense")]
    public async Task Malformed_json_is_400_everywhere(string json)
    {
        foreach (var (method, path) in ((string, string)[])[("GET", "/v1/buckets"), ("POST", "/v1/buckets/shared"), ("PATCH", "/v1/buckets/shared"), ("DELETE", "/v1/buckets/shared"), ("PUT", "/v1/cluster")])
        {
            using var answer = await cluster.SendAsync(new HttpMethod(method), cluster.Gateway + path, json);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.NotEqual(0, (await ApiCluster.ErrorOf(answer)).GetProperty("message").GetString()!.Length);
        }

        await cluster.AssertAliveAsync();
    }

    [Fact]
    public async Task Deeply_nested_and_huge_json_is_refused()
    {
        using var deep = await cluster.SendAsync(HttpMethod.Put, $"{cluster.Gateway}/v1/cluster", "{\"value\":" + new string('[', 5000) + new string(']', 5000) + "}");
        Assert.Equal(HttpStatusCode.BadRequest, deep.StatusCode);
        using var huge = await cluster.SendAsync(HttpMethod.Put, $"{cluster.Gateway}/v1/cluster", "{\"name\":\"" + new string('x', 2 << 20) + "\"}");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, huge.StatusCode);
        await cluster.AssertAliveAsync();
    }

    [Fact]
    public async Task Msgpack_where_json_is_expected_is_400()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{cluster.Gateway}/v1/buckets/shared") { Content = new ByteArrayContent([0x84, 0xa4, 0xff, 0xc1, 0xdd, 0xff, 0xff, 0xff, 0xff]) };
        using var answer = await cluster.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        await cluster.AssertAliveAsync();
    }

    [Fact]
    public async Task A_client_that_stops_in_the_middle_of_its_headers_does_not_disturb_others()
    {
        var slow = cluster.RawAsync(0, "GET /v1/health HTTP/1.1\r\nHost: x\r\nX-Slow: ", timeoutMs: 40_000);
        await cluster.AssertAliveAsync();
        var answer = await slow;
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), answer);
    }

    [Fact]
    public async Task Endpoints_between_nodes_refuse_clients()
    {
        var data = cluster.Nodes[1].Runtime.Addresses.Data;
        var control = cluster.Nodes[1].Runtime.Addresses.Control;
        foreach (var url in (string[])[$"{data}/intra/v1/list?bucket=shared", $"{control}/v1/daemon?what=smap", $"{cluster.Url(1)}/intra/v1/list?bucket=shared"])
        {
            using var answer = await cluster.SendAsync(HttpMethod.Get, url);
            Assert.True((int)answer.StatusCode is 401 or 403, $"{url}: {answer.StatusCode}");
        }
    }

    [Fact]
    public async Task Unknown_checksum_types_are_named()
    {
        using var answer = await cluster.ObjectAsync(HttpMethod.Put, "shared", "o", Encoding.UTF8.GetBytes("x"), "", ("Ais-Checksum-Type", "rot13"), ("Ais-Checksum-Value", "00"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("rot13", (await ApiCluster.ErrorOf(answer)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Errno.ENOSPC, 507, "ErrCapExceeded")]
    [InlineData(Errno.EDQUOT, 507, "ErrCapExceeded")]
    [InlineData(Errno.EROFS, 500, null)]
    [InlineData(Errno.EIO, 500, null)]
    public async Task A_full_or_read_only_disk_is_told_and_the_old_object_stays(Errno error, int status, string? type)
    {
        await cluster.PutAsync("shared", "full-disk", [1, 2, 3]);
        cluster.Faults.Error = error;
        try
        {
            using var put = await cluster.ObjectAsync(HttpMethod.Put, "shared", "full-disk", [9]);
            Assert.Equal(status, (int)put.StatusCode);
            var body = await ApiCluster.ErrorOf(put);
            Assert.Equal(type, body.TryGetProperty("tcode", out var tcode) ? tcode.GetString() : null);
            using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "full-disk");
            Assert.Equal([1, 2, 3], await get.Content.ReadAsByteArrayAsync());
        }
        finally
        {
            cluster.Faults.Heal();
        }

        await cluster.AssertAliveAsync();
    }

    [Theory]
    [InlineData(FaultyCall.Write, Errno.ENOSPC, 507)]
    [InlineData(FaultyCall.Write, Errno.EIO, 500)]
    [InlineData(FaultyCall.SetAttribute, Errno.ENOSPC, 507)]
    [InlineData(FaultyCall.Sync, Errno.EIO, 500)]
    [InlineData(FaultyCall.Sync, Errno.ENOSPC, 507)]
    [InlineData(FaultyCall.Rename, Errno.EIO, 500)]
    [InlineData(FaultyCall.Rename, Errno.ENOSPC, 507)]
    [InlineData(FaultyCall.Rename, Errno.EROFS, 500)]
    internal async Task I7_a_write_that_fails_before_its_object_shows_is_an_error_and_shows_nothing(FaultyCall call, Errno error, int status)
    {
        await cluster.PutAsync("shared", "io-old", [1, 2, 3]);
        (cluster.Faults.Calls, cluster.Faults.Error) = (call, error);
        try
        {
            foreach (var name in (string[])["io-old", "io-new"])
            {
                using var put = await cluster.ObjectAsync(HttpMethod.Put, "shared", name, [9]);
                Assert.Equal(status, (int)put.StatusCode);
                Assert.NotEmpty((await ApiCluster.ErrorOf(put)).GetProperty("message").GetString()!);
            }
        }
        finally
        {
            cluster.Faults.Heal();
        }

        using var old = await cluster.ObjectAsync(HttpMethod.Get, "shared", "io-old");
        Assert.Equal([1, 2, 3], await old.Content.ReadAsByteArrayAsync());
        using var absent = await cluster.ObjectAsync(HttpMethod.Get, "shared", "io-new");
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        await cluster.AssertAliveAsync();
    }

    [Fact]
    public async Task I7_a_flush_that_fails_after_the_rename_is_an_unknown_outcome_and_never_a_success()
    {
        await cluster.PutAsync("shared", "flush-old", [1, 2, 3]);
        (cluster.Faults.Calls, cluster.Faults.Error) = (FaultyCall.SyncDirectory, Errno.EIO);
        try
        {
            using var put = await cluster.ObjectAsync(HttpMethod.Put, "shared", "flush-old", [9, 9]);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, put.StatusCode);
            Assert.Contains("is not known", (await ApiCluster.ErrorOf(put)).GetProperty("message").GetString(), StringComparison.Ordinal);
        }
        finally
        {
            cluster.Faults.Heal();
        }

        using var read = await cluster.ObjectAsync(HttpMethod.Get, "shared", "flush-old");
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        Assert.Contains(Convert.ToHexString(await read.Content.ReadAsByteArrayAsync()), (string[])["010203", "0909"]);
        await cluster.PutAsync("shared", "flush-old", [4]);
        using var later = await cluster.ObjectAsync(HttpMethod.Get, "shared", "flush-old");
        Assert.Equal([4], await later.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_mountpath_that_turns_read_only_fails_changes_and_still_serves_reads_and_listings()
    {
        await cluster.PutAsync("shared", "read-only", [1, 2, 3]);
        (cluster.Faults.Calls, cluster.Faults.Error) = (FaultyCall.All, Errno.EROFS);
        try
        {
            foreach (var (method, body) in ((HttpMethod, byte[]?)[])[(HttpMethod.Put, [9]), (HttpMethod.Delete, null), (HttpMethod.Patch, """{"value":{"k":"v"}}"""u8.ToArray())])
            {
                using var change = await cluster.ObjectAsync(method, "shared", "read-only", body);
                Assert.True(change.StatusCode == HttpStatusCode.InternalServerError, $"{method}: {change.StatusCode}");
                Assert.Contains("/mp", (await ApiCluster.ErrorOf(change)).GetProperty("message").GetString(), StringComparison.Ordinal);
            }

            using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "read-only");
            Assert.Equal([1, 2, 3], await get.Content.ReadAsByteArrayAsync());
            using var list = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/buckets/shared", """{"action":"list","value":{"prefix":"read-only"}}""");
            Assert.Contains("\"read-only\"", await list.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        finally
        {
            cluster.Faults.Heal();
        }

        await cluster.AssertAliveAsync();
    }

    [Fact]
    public async Task FD7_an_object_with_damaged_metadata_is_500_and_never_absent()
    {
        await cluster.CreateBucketAsync("damaged");
        await cluster.PutAsync("damaged", "with-broken-record", [1, 2, 3]);
        var owner = cluster.Nodes[cluster.OwnerOf("damaged", "with-broken-record")];
        var file = owner.Runtime.Mountpaths!.All.SelectMany(path => Directory.GetFiles(path.Path, "*with-broken-record*", SearchOption.AllDirectories)).Single();
        using (var open = new LinuxFileLayer().Open(file, FileOpenMode.ReadWrite))
        {
            open.SetAttribute(Starling.Storage.Objects.RecordCodec.AttributeName, [1, 2, 3]);
        }

        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Head])
        {
            using var answer = await cluster.ObjectAsync(method, "damaged", "with-broken-record");
            Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
            Assert.Contains("with-broken-record", (await ApiCluster.ErrorOf(answer)).GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        await cluster.AssertAliveAsync();
    }

    [Fact]
    public async Task A_client_that_stops_in_the_middle_of_its_body_is_cut_off_and_stores_nothing()
    {
        var owner = cluster.OwnerOf("shared", "slow-body");
        var slow = cluster.RawAsync(owner, $"PUT /v1/objects/shared/slow-body{Mark} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nonly this", timeoutMs: 60_000);
        await cluster.AssertAliveAsync();
        var answer = await slow;
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal) || answer == "[ConnectionReset]", answer);
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "slow-body");
        Assert.Equal(HttpStatusCode.NotFound, get.StatusCode);
        Assert.Empty(cluster.Nodes[owner].Runtime.Mountpaths!.All.SelectMany(path => Directory.GetFiles(Path.Combine(path.Path, ".starling", "work"))));
        await cluster.AssertAliveAsync();
    }
}
