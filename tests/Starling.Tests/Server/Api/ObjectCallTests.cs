using System.Net;
using System.Text;
using Starling.Core.Hashing;
using Xunit;

namespace Starling.Tests.Server.Api;

[Collection(ApiClusterGroup.Name)]
public sealed class ObjectCallTests(ApiCluster cluster)
{
    [Fact]
    public async Task An_object_goes_in_and_comes_out_with_its_headers()
    {
        var body = Encoding.UTF8.GetBytes("hello, starlings");
        using var put = await cluster.ObjectAsync(HttpMethod.Put, "shared", "dir/hello.txt", body, "", ("Ais-Custom-Md", "k1=v1,k2=v2"));
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal("1", One(put, "Ais-Version"));
        Assert.Equal("durable", One(put, "Ais-Durability"));
        Assert.Empty(await put.Content.ReadAsByteArrayAsync());

        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "dir/hello.txt");
        Assert.Equal(body, await get.Content.ReadAsByteArrayAsync());
        Assert.Equal("application/octet-stream", get.Content.Headers.ContentType!.ToString());
        Assert.Equal("xxhash2", One(get, "Ais-Checksum-Type"));
        Assert.Equal(IncrementalChecksum.Compute(ChecksumType.Xxhash2, body), One(get, "Ais-Checksum-Value"));
        Assert.Equal(["k1=v1", "k2=v2"], get.Headers.GetValues("Ais-Custom-Md"));
        Assert.True(long.Parse(One(get, "Ais-Atime"), System.Globalization.CultureInfo.InvariantCulture) > 0);
        Assert.False(get.Headers.Contains("Ais-Stale-Possible"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(262_145)]
    [InlineData(3_000_000)]
    public async Task Bodies_of_any_size_come_back_byte_by_byte(int sizeBytes)
    {
        var body = new byte[sizeBytes];
        new Random(sizeBytes).NextBytes(body);
        await cluster.PutAsync("shared", $"size-{sizeBytes}", body);
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", $"size-{sizeBytes}");
        Assert.Equal(HttpStatusCode.OK, get.StatusCode);
        Assert.Equal(sizeBytes, get.Content.Headers.ContentLength);
        Assert.Equal(body, await get.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Versions_count_from_one_and_equal_content_changes_nothing()
    {
        await cluster.PutAsync("shared", "versioned", [1]);
        await cluster.PutAsync("shared", "versioned", [2]);
        using var same = await cluster.ObjectAsync(HttpMethod.Put, "shared", "versioned", [2]);
        Assert.Equal("2", One(same, "Ais-Version"));
        using var third = await cluster.ObjectAsync(HttpMethod.Put, "shared", "versioned", [3]);
        Assert.Equal("3", One(third, "Ais-Version"));
    }

    [Fact]
    public async Task A_deleted_object_is_gone_and_deleting_it_again_says_so()
    {
        await cluster.PutAsync("shared", "to-delete", [1]);
        using var delete = await cluster.ObjectAsync(HttpMethod.Delete, "shared", "to-delete");
        Assert.Equal(HttpStatusCode.OK, delete.StatusCode);
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "to-delete");
        Assert.Equal(HttpStatusCode.NotFound, get.StatusCode);
        Assert.Contains("ais://shared/to-delete", (await ApiCluster.ErrorOf(get)).GetProperty("message").GetString(), StringComparison.Ordinal);
        using var again = await cluster.ObjectAsync(HttpMethod.Delete, "shared", "to-delete");
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
    }

    [Fact]
    public async Task Trap28_a_delete_may_have_no_body_an_empty_object_or_an_action_and_evicts_only_when_told()
    {
        foreach (var json in (string?[])[null, "{}", """{"action":"delete-obj","name":"","value":null}"""])
        {
            await cluster.PutAsync("shared", "trap28", [1]);
            using var delete = await cluster.ObjectAsync(HttpMethod.Delete, "shared", "trap28", json is null ? null : Encoding.UTF8.GetBytes(json));
            Assert.Equal(HttpStatusCode.OK, delete.StatusCode);
        }

        await cluster.PutAsync("shared", "trap28", [1]);
        using var evict = await cluster.ObjectAsync(HttpMethod.Delete, "shared", "trap28", """{"action":"evict-remote-obj"}"""u8.ToArray());
        Assert.Equal(HttpStatusCode.BadRequest, evict.StatusCode);
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "trap28");
        Assert.Equal(HttpStatusCode.OK, get.StatusCode);
    }

    [Theory]
    [InlineData("bytes=0-0", "bytes 0-0/10", "0")]
    [InlineData("bytes=2-5", "bytes 2-5/10", "2345")]
    [InlineData("bytes=7-", "bytes 7-9/10", "789")]
    [InlineData("bytes=-3", "bytes 7-9/10", "789")]
    [InlineData("bytes=5-500", "bytes 5-9/10", "56789")]
    public async Task Trap35_a_range_is_answered_206_with_its_exact_length_and_the_checksum_of_the_whole(string range, string contentRange, string expected)
    {
        var whole = "0123456789"u8.ToArray();
        await cluster.PutAsync("shared", "ranged", whole);
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "ranged", null, "", ("Range", range));
        Assert.Equal(HttpStatusCode.PartialContent, get.StatusCode);
        Assert.Equal(contentRange, get.Content.Headers.ContentRange!.ToString());
        Assert.Equal(expected.Length, get.Content.Headers.ContentLength);
        Assert.Equal("bytes", get.Headers.AcceptRanges.Single());
        Assert.Equal(expected, await get.Content.ReadAsStringAsync());
        Assert.Equal(IncrementalChecksum.Compute(ChecksumType.Xxhash2, whole), One(get, "Ais-Checksum-Value"));
    }

    [Theory]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(3_000_001)]
    public async Task Content_of_any_size_comes_whole_in_ranges_and_after_a_head_on_one_connection(int sizeBytes)
    {
        var whole = new byte[sizeBytes];
        new Random(sizeBytes).NextBytes(whole);
        await cluster.PutAsync("shared", "sized", whole);
        using var head = await cluster.ObjectAsync(HttpMethod.Head, "shared", "sized");
        Assert.Equal(sizeBytes, head.Content.Headers.ContentLength);
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "sized");
        Assert.Equal(whole, await get.Content.ReadAsByteArrayAsync());
        foreach (var (first, last) in ((int, int)[])[(0, sizeBytes - 2), (4095, sizeBytes - 1), (7, 11)])
        {
            using var range = await cluster.ObjectAsync(HttpMethod.Get, "shared", "sized", null, "", ("Range", $"bytes={first}-{last}"));
            Assert.Equal(HttpStatusCode.PartialContent, range.StatusCode);
            Assert.Equal(whole[first..(last + 1)], await range.Content.ReadAsByteArrayAsync());
        }
    }

    [Theory]
    [InlineData("bytes=10-", "bytes */10")]
    [InlineData("bytes=4-2", null)]
    [InlineData("bytes=0-1,3-4", null)]
    [InlineData("bytes=x-", null)]
    [InlineData("lines=1-2", null)]
    public async Task A_bad_range_is_416(string range, string? contentRange)
    {
        await cluster.PutAsync("shared", "ranged", "0123456789"u8.ToArray());
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "ranged", null, "", ("Range", range));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, get.StatusCode);
        Assert.Equal(contentRange, get.Content.Headers.ContentRange?.ToString());
    }

    [Fact]
    public async Task Create_if_absent_and_if_match_hold_or_fail_with_412()
    {
        using var first = await cluster.ObjectAsync(HttpMethod.Put, "shared", "conditional", [1], "", ("If-None-Match", "*"));
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using var second = await cluster.ObjectAsync(HttpMethod.Put, "shared", "conditional", [2], "", ("If-None-Match", "*"));
        Assert.Equal(HttpStatusCode.PreconditionFailed, second.StatusCode);

        var checksum = IncrementalChecksum.Compute(ChecksumType.Xxhash2, [1]);
        using var wrong = await cluster.ObjectAsync(HttpMethod.Put, "shared", "conditional", [3], "", ("If-Match", "\"0000000000000000\""));
        Assert.Equal(HttpStatusCode.PreconditionFailed, wrong.StatusCode);
        using var right = await cluster.ObjectAsync(HttpMethod.Put, "shared", "conditional", [3], "", ("If-Match", $"\"{checksum}\""));
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);

        using var head = await cluster.ObjectAsync(HttpMethod.Head, "shared", "conditional", null, "?props=etag");
        using var wrongDelete = await cluster.ObjectAsync(HttpMethod.Delete, "shared", "conditional", null, "", ("If-Match", $"\"{checksum}\""));
        Assert.Equal(HttpStatusCode.PreconditionFailed, wrongDelete.StatusCode);
        using var delete = await cluster.ObjectAsync(HttpMethod.Delete, "shared", "conditional", null, "", ("If-Match", head.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.OK, delete.StatusCode);
    }

    [Fact]
    public async Task Custom_metadata_is_merged_or_replaced_and_the_content_stays()
    {
        await cluster.PutAsync("shared", "custom", [7, 7], ("Ais-Custom-Md", "a=1,b=2"));
        using var merge = await cluster.ObjectAsync(HttpMethod.Patch, "shared", "custom", """{"action":"","name":"","value":{"b":"3","c":"4"}}"""u8.ToArray());
        Assert.Equal(HttpStatusCode.OK, merge.StatusCode);
        using var merged = await cluster.ObjectAsync(HttpMethod.Get, "shared", "custom");
        Assert.Equal(["a=1", "b=3", "c=4"], merged.Headers.GetValues("Ais-Custom-Md"));
        Assert.Equal([7, 7], await merged.Content.ReadAsByteArrayAsync());
        Assert.Equal("1", One(merged, "Ais-Version"));

        using var replace = await cluster.ObjectAsync(HttpMethod.Patch, "shared", "custom", """{"value":{"z":"9"}}"""u8.ToArray(), "?set-new-custom=true");
        using var replaced = await cluster.ObjectAsync(HttpMethod.Get, "shared", "custom");
        Assert.Equal(["z=9"], replaced.Headers.GetValues("Ais-Custom-Md"));
    }

    [Fact]
    public async Task Trap33_an_etag_appears_when_custom_metadata_has_one_or_when_asked_for()
    {
        await cluster.PutAsync("shared", "etags", [1]);
        using var plain = await cluster.ObjectAsync(HttpMethod.Head, "shared", "etags");
        Assert.False(plain.Headers.NonValidated.Contains("ETag"));
        Assert.Equal("1", One(plain, "Ais-Version"));
        using var asked = await cluster.ObjectAsync(HttpMethod.Head, "shared", "etags", null, "?props=etag,last-modified");
        Assert.StartsWith("\"v1-", asked.Headers.ETag!.Tag, StringComparison.Ordinal);
        Assert.True(asked.Content.Headers.NonValidated.Contains("Last-Modified"));

        await cluster.PutAsync("shared", "etags2", [1], ("Ais-Custom-Md", "ETag=abc"));
        using var custom = await cluster.ObjectAsync(HttpMethod.Get, "shared", "etags2");
        Assert.Equal("abc", custom.Headers.NonValidated["ETag"].ToString());
    }

    [Fact]
    public async Task Trap34_custom_metadata_comes_as_comma_separated_pairs_in_any_number_of_lines()
    {
        await cluster.PutAsync("shared", "trap34", [1], ("Ais-Custom-Md", "a=1,b=2"), ("Ais-Custom-Md", "c=x=y"));
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "trap34");
        Assert.Equal(["a=1", "b=2", "c=x=y"], get.Headers.GetValues("Ais-Custom-Md"));
    }

    [Fact]
    public async Task Trap09_head_errors_travel_in_a_header_and_head_success_carries_the_size()
    {
        await cluster.PutAsync("shared", "heads", new byte[12345]);
        using var head = await cluster.ObjectAsync(HttpMethod.Head, "shared", "heads");
        Assert.Equal(12345, head.Content.Headers.ContentLength);
        Assert.Equal("heads", One(head, "Ais-Name"));
        Assert.Equal("shared", One(head, "Ais-Bucket-Name"));
        Assert.Equal("ais", One(head, "Ais-Bucket-Provider"));
        Assert.Equal("true", One(head, "Ais-Present"));
        Assert.Equal("1", One(head, "Ais-Mirror-Copies"));
        Assert.Matches(@"^t\[targ(AAAA|BBBB)\]:mp\[/.*\]$", One(head, "Ais-Location"));
        Assert.Matches(@"^\[/.*\]$", One(head, "Ais-Mirror-Paths"));

        using var absent = await cluster.ObjectAsync(HttpMethod.Head, "shared", "no-such-object");
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        Assert.Empty(await absent.Content.ReadAsByteArrayAsync());
        Assert.Equal(404, (await ApiCluster.ErrorOf(absent)).GetProperty("status").GetInt32());
    }

    [Theory]
    [InlineData("?props=name,size,checksum,custom,location,copies,ec,chunked,version,atime", HttpStatusCode.OK)]
    [InlineData("?props=cached", HttpStatusCode.BadRequest)]
    [InlineData("?presence=2", HttpStatusCode.OK)]
    [InlineData("?presence=5", HttpStatusCode.BadRequest)]
    [InlineData("?presence=9", HttpStatusCode.BadRequest)]
    public async Task Head_knows_its_properties_and_presence_filters(string query, HttpStatusCode expected)
    {
        await cluster.PutAsync("shared", "presence", [1]);
        using var head = await cluster.ObjectAsync(HttpMethod.Head, "shared", "presence", null, query);
        Assert.Equal(expected, head.StatusCode);
    }

    [Fact]
    public async Task Trap26_the_content_type_of_a_put_means_nothing()
    {
        var body = "{\"action\": broken json"u8.ToArray();
        await cluster.PutAsync("shared", "trap26", body, ("Content-Type", "application/json"));
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "trap26");
        Assert.Equal(body, await get.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("md5")]
    [InlineData("sha256")]
    [InlineData("crc32c")]
    [InlineData("xxhash")]
    [InlineData("xxhash2")]
    public async Task A_checksum_of_the_client_is_verified_whatever_the_bucket_stores(string type)
    {
        byte[] body = [1, 2, 3, 4];
        var value = IncrementalChecksum.Compute(ChecksumTypes.Parse(type), body);
        await cluster.PutAsync("shared", $"sum-{type}", body, ("Ais-Checksum-Type", type), ("Ais-Checksum-Value", value));
        using var wrong = await cluster.ObjectAsync(
            HttpMethod.Put, "shared", $"sum-{type}", [9, 9], "", ("Ais-Checksum-Type", type), ("Ais-Checksum-Value", value));
        Assert.Equal(HttpStatusCode.InternalServerError, wrong.StatusCode);
        Assert.StartsWith("BAD DATA CHECKSUM:", (await ApiCluster.ErrorOf(wrong)).GetProperty("message").GetString(), StringComparison.Ordinal);
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", $"sum-{type}");
        Assert.Equal(body, await get.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task An_object_is_explained_by_owner_and_copies_before_and_after_it_is_deleted()
    {
        await cluster.PutAsync("shared", "whereabouts/a b", [1, 2, 3]);
        var owner = cluster.Nodes[cluster.OwnerOf("shared", "whereabouts/a b")].Id.Value;
        var explained = await ExplainAsync("whereabouts/a%20b");
        Assert.Equal(("ais://shared/whereabouts/a b", owner, owner), (explained.Object, explained.Owner, explained.ServedBy));
        Assert.Equal(2, explained.Copies.Length);
        Assert.Equal(("live", 3L), (explained.Copies.Single(copy => copy.Node == owner).State, explained.Copies.Single(copy => copy.Node == owner).Size));
        Assert.Equal("absent", explained.Copies.Single(copy => copy.Node != owner).State);

        using var deleted = await cluster.ObjectAsync(HttpMethod.Delete, "shared", "whereabouts/a%20b");
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        explained = await ExplainAsync("whereabouts/a%20b");
        Assert.StartsWith("404", explained.Answer, StringComparison.Ordinal);
        using var unknown = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/explain/nosuchbucket/x");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    private async Task<Starling.Core.Wire.ExplainWire> ExplainAsync(string name)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/explain/shared/{name}");
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return System.Text.Json.JsonSerializer.Deserialize(await answer.Content.ReadAsByteArrayAsync(), Starling.Core.Wire.WireJson.Instance.ExplainWire)!;
    }

    [Fact]
    public async Task The_lock_of_an_idle_object_is_free_and_unknown_actions_are_named()
    {
        await cluster.PutAsync("shared", "locked", [1]);
        using var free = await cluster.ObjectAsync(HttpMethod.Post, "shared", "locked", """{"action":"check-lock"}"""u8.ToArray());
        Assert.Equal(HttpStatusCode.OK, free.StatusCode);
        using var unknown = await cluster.ObjectAsync(HttpMethod.Post, "shared", "locked", """{"action":"levitate"}"""u8.ToArray());
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.Equal("invalid action \"levitate\"", (await ApiCluster.ErrorOf(unknown)).GetProperty("message").GetString());
        using var later = await cluster.ObjectAsync(HttpMethod.Post, "shared", "locked", """{"action":"mpt-upload"}"""u8.ToArray());
        Assert.Equal(HttpStatusCode.NotImplemented, later.StatusCode);
    }

    private static string One(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).Single();
}
