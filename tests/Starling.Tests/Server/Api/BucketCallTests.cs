using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Starling.Tests.Server.Api;

[Collection(ApiClusterGroup.Name)]
public sealed class BucketCallTests(ApiCluster cluster)
{
    [Fact]
    public async Task A_bucket_is_created_once_listed_and_destroyed()
    {
        await cluster.CreateBucketAsync("life");
        using var again = await PostAsync("life", """{"action":"create-bck"}""");
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        var error = await ApiCluster.ErrorOf(again);
        Assert.Equal("ErrBucketAlreadyExists", error.GetProperty("tcode").GetString());
        Assert.Equal("bucket \"ais://life\" already exists", error.GetProperty("message").GetString());

        var listed = await ListAsync("life");
        Assert.Equal("life", Assert.Single(listed).GetProperty("name").GetString());
        Assert.Equal("""{"name":"life","provider":"ais","namespace":{"uuid":"","name":""}}""", listed[0].GetRawText());

        await cluster.PutAsync("life", "o", [1]);
        using var destroy = await cluster.SendAsync(HttpMethod.Delete, $"{cluster.Gateway}/v1/buckets/life", """{"action":"destroy-bck"}""");
        Assert.Equal(HttpStatusCode.OK, destroy.StatusCode);
        Assert.Empty(await ListAsync("life"));
        using var gone = await cluster.SendAsync(HttpMethod.Delete, $"{cluster.Gateway}/v1/buckets/life", """{"action":"destroy-bck"}""");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);

        // Of the same name, another bucket: nothing of the old one shows.
        await cluster.CreateBucketAsync("life");
        using var old = await cluster.ObjectAsync(HttpMethod.Get, "life", "o");
        Assert.Equal(HttpStatusCode.NotFound, old.StatusCode);
    }

    [Fact]
    public async Task Trap16_errors_name_the_bucket_in_its_canonical_form_and_end_with_a_newline()
    {
        using var answer = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/buckets/absent?namespace=@%23ns", """{"action":"list","value":{}}""");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        var error = JsonSerializer.Deserialize<JsonElement>(text);
        Assert.Equal("ErrBckNotFound", error.GetProperty("tcode").GetString());
        Assert.Equal("bucket \"ais://#ns/absent\" does not exist", error.GetProperty("message").GetString());
        Assert.Equal("GET", error.GetProperty("method").GetString());
        Assert.Equal("/v1/buckets/absent", error.GetProperty("url_path").GetString());
        Assert.Equal("p[gateAAAA]", error.GetProperty("node").GetString());
        Assert.Equal(404, error.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task Trap30_a_missing_bucket_is_404_never_503_for_objects_too()
    {
        using var gateway = await cluster.ObjectAsync(HttpMethod.Get, "absent", "o");
        Assert.Equal(HttpStatusCode.NotFound, gateway.StatusCode);
        using var target = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Url(1)}/v1/objects/absent/o");
        Assert.Equal(HttpStatusCode.NotFound, target.StatusCode);
        Assert.Equal("bucket \"ais://absent\" does not exist", (await ApiCluster.ErrorOf(target)).GetProperty("message").GetString());
    }

    [Fact]
    public async Task Properties_are_read_in_a_header_changed_and_reset()
    {
        await cluster.CreateBucketAsync("props");
        using var patch = await cluster.SendAsync(HttpMethod.Patch, $"{cluster.Gateway}/v1/buckets/props", """{"action":"set-bprops","value":{"versioning":{"enabled":false}}}""");
        Assert.Equal(HttpStatusCode.OK, patch.StatusCode);
        Assert.Empty(await patch.Content.ReadAsStringAsync());
        Assert.False((await PropsAsync("props")).GetProperty("versioning").GetProperty("enabled").GetBoolean());
        using var put = await cluster.ObjectAsync(HttpMethod.Put, "props", "o", [1]);
        Assert.False(put.Headers.Contains("Ais-Version"));
        using var reset = await cluster.SendAsync(HttpMethod.Patch, $"{cluster.Gateway}/v1/buckets/props", """{"action":"reset-bprops"}""");
        Assert.Equal(HttpStatusCode.OK, reset.StatusCode);
        using var again = await cluster.ObjectAsync(HttpMethod.Put, "props", "o2", [1]);
        Assert.True(again.Headers.Contains("Ais-Version"));
        using var absent = await cluster.SendAsync(HttpMethod.Head, $"{cluster.Gateway}/v1/buckets/absent");
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        Assert.Contains("does not exist", (await ApiCluster.ErrorOf(absent)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Durability_of_the_bucket_is_named_in_the_answer()
    {
        await cluster.CreateBucketAsync("buffered", """{"durability":"buffered"}""");
        using var put = await cluster.ObjectAsync(HttpMethod.Put, "buffered", "o", [1]);
        Assert.Equal("buffered", put.Headers.GetValues("Ais-Durability").Single());
    }

    [Fact]
    public async Task Trap14_a_summary_is_first_202_with_an_id_then_200()
    {
        await cluster.CreateBucketAsync("summed");
        await cluster.PutAsync("summed", "a", new byte[10]);
        await cluster.PutAsync("summed", "b", new byte[30]);
        using var first = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/buckets/summed", """{"action":"summary-bck","value":{"uuid":"","prefix":"","cached":true,"present":true}}""");
        Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
        var id = await first.Content.ReadAsStringAsync();
        Assert.Matches("^[A-Za-z0-9_-]{9,32}$", id);
        var result = await PollAsync(() => cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/buckets/summed", $$$"""{"action":"summary-bck","value":{"uuid":"{{{id}}}"}}"""));
        var summary = JsonSerializer.Deserialize<JsonElement>(await result.Content.ReadAsStringAsync())[0];
        Assert.Equal("2", summary.GetProperty("ObjCount").GetProperty("obj_count_present").GetString());
        Assert.Equal("40", summary.GetProperty("TotalSize").GetProperty("size_all_present_objs").GetString());
        Assert.Equal(20, summary.GetProperty("ObjSize").GetProperty("obj_avg_size").GetInt32());
        Assert.Equal(10, summary.GetProperty("ObjSize").GetProperty("obj_min_size").GetInt32());

        using var head = await cluster.SendAsync(HttpMethod.Head, $"{cluster.Gateway}/v1/buckets/summed?presence=2&bsumm_remote=False");
        Assert.Equal(HttpStatusCode.Accepted, head.StatusCode);
        Assert.True(head.Headers.Contains("Ais-Bucket-Props"));
        var headId = head.Headers.GetValues("Ais-Xaction-Id").Single();
        var info = await PollAsync(() => cluster.SendAsync(HttpMethod.Head, $"{cluster.Gateway}/v1/buckets/summed?bsumm_remote=False&uuid={headId}"));
        Assert.Contains("\"obj_count_present\":\"2\"", info.Headers.GetValues("Ais-Bucket-Summ").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trap11_trap12_pages_come_in_msgpack_or_json_with_a_token_on_every_full_page()
    {
        await cluster.CreateBucketAsync("pages");
        foreach (var name in (string[])["a", "b", "c", "d"])
        {
            await cluster.PutAsync("pages", name, Encoding.UTF8.GetBytes(name));
        }

        var first = await PageAsync("pages", """{"pagesize":2,"props":"name,size"}""");
        Assert.Equal(["a", "b"], Names(first));
        Assert.Equal("b", first.GetProperty("continuation_token").GetString());
        Assert.Equal("1", first.GetProperty("entries")[0].GetProperty("size").GetString());
        Assert.Equal(64, first.GetProperty("entries")[0].GetProperty("flags").GetInt32());
        var uuid = first.GetProperty("uuid").GetString()!;
        Assert.True(uuid.Length >= 9);
        var second = await PageAsync("pages", $$"""{"pagesize":2,"props":"name,size","uuid":"{{uuid}}","continuation_token":"b"}""");
        Assert.Equal(["c", "d"], Names(second));
        Assert.Equal("d", second.GetProperty("continuation_token").GetString());
        var third = await PageAsync("pages", $$"""{"pagesize":2,"uuid":"{{uuid}}","continuation_token":"d"}""");
        Assert.Empty(Names(third));
        Assert.Equal(string.Empty, third.GetProperty("continuation_token").GetString());
        Assert.Equal(["c", "d"], Names(await PageAsync("pages", """{"uuid":"forgotten-by-all","continuation_token":"b"}""")));
        Assert.Equal(["d"], Names(await PageAsync("pages", """{"start_after":"c"}""")));

        using var hostile = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/buckets/pages", $$$"""{"action":"list","value":{"uuid":"{{{new string('x', 65)}}}"}}""");
        Assert.Equal(HttpStatusCode.BadRequest, hostile.StatusCode);

        using var msgpack = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/buckets/pages", """{"action":"list","value":{"prefix":"a*","uuid":"abc-abc-abc"}}""", ("Accept", "application/msgpack"));
        Assert.Equal("application/msgpack", msgpack.Content.Headers.ContentType!.ToString());
        var expected = "84a455554944ab6162632d6162632d616263b1436f6e74696e756174696f6e546f6b656ea0a7456e74726965739183a16ea161a17301a16640a5466c61677300";
        Assert.Equal(expected, Convert.ToHexStringLower(await msgpack.Content.ReadAsByteArrayAsync()));
    }

    [Fact]
    public async Task Trap13_virtual_directories_end_with_a_slash_and_come_once()
    {
        await cluster.CreateBucketAsync("dirs");
        foreach (var name in (string[])["a/1", "a/2", "a/sub/x", "a/sub/y", "a/sub/z", "b", "a.txt"])
        {
            await cluster.PutAsync("dirs", name, [1]);
        }

        var root = await PageAsync("dirs", """{"flags":"2048"}""");
        Assert.Equal(["a.txt", "a/", "b"], Names(root));
        Assert.Equal(256, root.GetProperty("entries")[1].GetProperty("flags").GetInt32());
        Assert.Equal(["a/1", "a/2", "a/sub/"], Names(await PageAsync("dirs", """{"flags":"2048","prefix":"a/"}""")));
        Assert.Equal(["a/1", "a/2"], Names(await PageAsync("dirs", """{"flags":"10240","prefix":"a/"}""")));
        Assert.Equal(["b"], Names(await PageAsync("dirs", """{"flags":"2048","continuation_token":"a/"}""")));
        Assert.Equal(7, Names(await PageAsync("dirs", """{"flags":"0"}""")).Length);
    }

    [Fact]
    public async Task Trap05_flags_are_text_and_attributes_of_entries_come_when_asked_for()
    {
        await cluster.CreateBucketAsync("attrs");
        await cluster.PutAsync("attrs", "o", [1, 2], ("Ais-Custom-Md", "k=v"));
        var page = await PageAsync("attrs", """{"props":"name,size,checksum,atime,version,location,custom,copies","time_format":"2006-01-02T15:04:05Z07:00","flags":"0"}""");
        var entry = page.GetProperty("entries")[0];
        Assert.Equal("2", entry.GetProperty("size").GetString());
        Assert.Equal(16, entry.GetProperty("checksum").GetString()!.Length);
        Assert.Equal("1", entry.GetProperty("version").GetString());
        Assert.Equal("[k:v]", entry.GetProperty("custom-md").GetString());
        Assert.Equal(1, entry.GetProperty("copies").GetInt32());
        Assert.Matches(@"^t\[targ", entry.GetProperty("location").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", entry.GetProperty("atime").GetString());
        using var bad = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/buckets/attrs", """{"action":"list","value":{"flags":"many"}}""");
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
    }

    [Theory]
    [InlineData("POST", "make-n-copies", HttpStatusCode.NotImplemented)]
    [InlineData("POST", "copy-bck", HttpStatusCode.NotImplemented)]
    [InlineData("POST", "frobnicate", HttpStatusCode.BadRequest)]
    [InlineData("DELETE", "evict-remote-bck", HttpStatusCode.BadRequest)]
    [InlineData("DELETE", "delete-listrange", HttpStatusCode.NotImplemented)]
    [InlineData("PATCH", "set-bprops", HttpStatusCode.BadRequest)]
    [InlineData("PUT", "archive", HttpStatusCode.NotImplemented)]
    public async Task Trap19_actions_are_known_offered_or_refused(string method, string action, HttpStatusCode expected)
    {
        using var answer = await cluster.SendAsync(new HttpMethod(method), $"{cluster.Gateway}/v1/buckets/shared", $$"""{"action":"{{action}}","value":2}""");
        Assert.Equal(expected, answer.StatusCode);
    }

    [Theory]
    [InlineData("bad*name", "ais")]
    [InlineData(".hidden", "ais")]
    [InlineData("a..b", "ais")]
    [InlineData("fine", "nosuchprovider")]
    public async Task Bad_bucket_names_and_providers_are_400(string bucket, string provider)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Post, $"{cluster.Gateway}/v1/buckets/{Uri.EscapeDataString(bucket)}?provider={provider}", """{"action":"create-bck"}""");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private static string[] Names(JsonElement page) => [.. page.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("name").GetString()!)];

    private static async Task<HttpResponseMessage> PollAsync(Func<Task<HttpResponseMessage>> ask)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var answer = await ask();
            if (answer.StatusCode != HttpStatusCode.Accepted)
            {
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                return answer;
            }

            answer.Dispose();
            await Task.Delay(20, deadline.Token);
        }
    }

    private Task<HttpResponseMessage> PostAsync(string bucket, string json) => cluster.SendAsync(HttpMethod.Post, $"{cluster.Gateway}/v1/buckets/{bucket}", json);

    private async Task<JsonElement[]> ListAsync(string name)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/buckets?provider=ais&presence=2", $$"""{"action":"list","name":"{{name}}","value":null}""");
        Assert.Equal("application/json; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        return JsonSerializer.Deserialize<JsonElement[]>(await answer.Content.ReadAsStringAsync())!;
    }

    private async Task<JsonElement> PropsAsync(string bucket)
    {
        using var head = await cluster.SendAsync(HttpMethod.Head, $"{cluster.Gateway}/v1/buckets/{bucket}");
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        return JsonSerializer.Deserialize<JsonElement>(head.Headers.GetValues("Ais-Bucket-Props").Single());
    }

    private async Task<JsonElement> PageAsync(string bucket, string value)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/buckets/{bucket}?provider=ais", $$"""{"action":"list","name":"","value":{{value}}}""");
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
    }
}
