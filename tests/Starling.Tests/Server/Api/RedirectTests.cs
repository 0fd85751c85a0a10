using System.Net;
using System.Text;
using Xunit;

namespace Starling.Tests.Server.Api;

[Collection(ApiClusterGroup.Name)]
public sealed class RedirectTests(ApiCluster cluster)
{
    [Theory]
    [InlineData("GET", 301)]
    [InlineData("HEAD", 307)]
    [InlineData("PUT", 307)]
    [InlineData("DELETE", 307)]
    [InlineData("PATCH", 307)]
    [InlineData("POST", 307)]
    public async Task Trap01_get_is_redirected_301_everything_else_307_and_the_query_stays_first(string method, int status)
    {
        using var answer = await cluster.SendAsync(new HttpMethod(method), $"{cluster.Gateway}/v1/objects/shared/a%20b/c%23d?provider=ais&x=%2f&sln=True");
        Assert.Equal(status, (int)answer.StatusCode);
        var owner = cluster.OwnerOf("shared", "a b/c#d");
        var location = answer.Headers.NonValidated["Location"].ToString();
        Assert.StartsWith($"{cluster.Url(owner)}/v1/objects/shared/a%20b/c%23d?provider=ais&x=%2f&sln=True&pid=gateAAAA&", location, StringComparison.Ordinal);
        Assert.Matches(@"&utm=\d{19}$", location);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("POST")]
    public async Task Trap01_targets_refuse_unmarked_changes(string method)
    {
        var owner = cluster.OwnerOf("shared", "unmarked");
        using var answer = await cluster.SendAsync(new HttpMethod(method), $"{cluster.Url(owner)}/v1/objects/shared/unmarked", "{}");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("is expected to be redirected", (await ApiCluster.ErrorOf(answer)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trap01_targets_serve_unmarked_reads()
    {
        await cluster.PutAsync("shared", "direct", [1, 2]);
        var owner = cluster.OwnerOf("shared", "direct");
        using var get = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Url(owner)}/v1/objects/shared/direct");
        Assert.Equal(HttpStatusCode.OK, get.StatusCode);
        using var elsewhere = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Url(3 - owner)}/v1/objects/shared/direct");
        Assert.Equal(HttpStatusCode.MovedPermanently, elsewhere.StatusCode);
        Assert.StartsWith(cluster.Url(owner), elsewhere.Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trap02_a_redirect_is_answered_from_the_headers_alone_and_the_connection_closes()
    {
        // As the Python SDK does over TLS: the true length, no bytes.
        var answer = await cluster.RawAsync(0, "PUT /v1/objects/shared/trap02 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 307 ", answer, StringComparison.Ordinal);
        Assert.Contains("Location: http://", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trap03_a_client_that_streams_its_body_to_the_gateway_still_reads_the_redirect()
    {
        var answer = await cluster.RawAsync(
            0, $"PUT /v1/objects/shared/trap03 HTTP/1.1\r\nHost: x\r\nContent-Length: {32 << 20}\r\n\r\n", new byte[32 << 20], timeoutMs: 60_000);
        Assert.StartsWith("HTTP/1.1 307 ", answer, StringComparison.Ordinal);
        Assert.Contains("Location: http://", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("[ConnectionReset]", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/objects/shared/a/../b")]
    [InlineData("/v1/objects/shared/%2e%2e/b")]
    [InlineData("/v1/objects/shared/a%2f..%2fb")]
    [InlineData("/v1/objects/shared/..%2f..%2fetc%2fpasswd")]
    [InlineData("/v1/objects/shared/./a")]
    [InlineData("/v1/objects/shared/%ff")]
    [InlineData("/v1/objects/shared/%zz")]
    [InlineData("/v1/objects/shared/a%00b")]
    [InlineData("/v1/objects/shared/~/a")]
    [InlineData("/v1/objects/%2e%2e/a")]
    [InlineData("/v1/objects/bad*bucket/a")]
    public async Task Trap29_names_are_decoded_once_and_walking_out_is_refused(string path)
    {
        foreach (var node in (int[])[0, 1, 2])
        {
            foreach (var method in (string[])["GET", "PUT"])
            {
                var query = method == "PUT" ? "?pid=gateAAAA&utm=1" : string.Empty;
                var answer = await cluster.RawAsync(node, $"{method} {path}{query} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
            }
        }

        await cluster.AssertAliveAsync();
    }

    [Fact]
    public async Task Trap29_an_encoded_slash_is_a_slash()
    {
        await cluster.PutAsync("shared", "deep%2Fer", Encoding.UTF8.GetBytes("x"));
        using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", "deep/er");
        Assert.Equal("x", await get.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_405_names_what_is_allowed_and_options_answers_it()
    {
        using var wrong = await cluster.SendAsync(HttpMethod.Delete, $"{cluster.Gateway}/v1/health");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, wrong.StatusCode);
        Assert.Equal("Method Not Allowed\n", await wrong.Content.ReadAsStringAsync());
        Assert.Contains("GET", wrong.Content.Headers.Allow);
        using var options = await cluster.SendAsync(HttpMethod.Options, $"{cluster.Gateway}/v1/cluster");
        Assert.Equal(HttpStatusCode.OK, options.StatusCode);
        Assert.Contains("PUT", options.Content.Headers.Allow);
        using var icon = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/favicon.ico");
        Assert.Equal(HttpStatusCode.OK, icon.StatusCode);
        using var other = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/nothing/here");
        Assert.Equal(HttpStatusCode.BadRequest, other.StatusCode);
        Assert.Contains("invalid request URI", (await ApiCluster.ErrorOf(other)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_the_other_role_answers_says_where_to_send_it()
    {
        var target = cluster.Nodes.First(node => !node.Runtime.IsGateway);
        using var buckets = await cluster.SendAsync(HttpMethod.Get, $"{target.Runtime.Addresses.Public}/v1/buckets");
        Assert.Equal($"invalid request URI: 'GET /v1/buckets': t[{target.Id}] is a target, send this to a gateway", (await ApiCluster.ErrorOf(buckets)).GetProperty("message").GetString());
    }
}
