using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Server.Api.Native;
using Starling.Server.Api.Native.Daemon;
using Starling.Server.Metrics;
using Xunit;

namespace Starling.Tests.Server.Api;

[Collection(ApiClusterGroup.Name)]
public sealed class RequestAdmissionTests(ApiCluster cluster)
{
    [Fact]
    public async Task I25_more_requests_than_memory_allows_are_told_to_come_again_and_health_still_answers()
    {
        var runtime = cluster.Nodes[0].Runtime;
        var admission = new RequestAdmission(maxRequests: 1);
        using var metrics = new ServerMetrics();
        var api = new NativeApi(
            new ApiServices { Runtime = runtime, Metrics = metrics, Config = new NodeConfig(runtime.Files, runtime.DataDirectory) }, new AllowAllAuthorizer(), admission, NullLogger<NativeApi>.Instance);

        Assert.Equal(200, (await AskAsync(api, "/v1/cluster?what=smap")).StatusCode);
        Assert.True(admission.TryEnter());
        var refused = await AskAsync(api, "/v1/cluster?what=smap");
        Assert.Equal((503, "1"), (refused.StatusCode, refused.Headers.RetryAfter.ToString()));
        Assert.Equal(200, (await AskAsync(api, "/v1/health")).StatusCode);
        Assert.Equal(200, (await AskAsync(api, "/v1/daemon?what=smap", Listeners.Control)).StatusCode);
        admission.Leave();
        Assert.Equal(200, (await AskAsync(api, "/v1/cluster?what=smap")).StatusCode);
        Assert.Equal(400, (await AskAsync(api, "/v1/cluster?what=nosuch")).StatusCode);
        Assert.Equal(200, (await AskAsync(api, "/v1/cluster?what=smap")).StatusCode);
    }

    [Theory]
    [InlineData(0, 256)]
    [InlineData(4L << 30, 1024)]
    [InlineData(64L << 30, 16_384)]
    public void I25_the_bound_is_a_quarter_of_the_memory(long memoryBytes, int expected) => Assert.Equal(expected, RequestAdmission.For(memoryBytes).MaxRequests);

    private static async Task<HttpResponse> AskAsync(NativeApi api, string target, Listeners listener = Listeners.Public)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "GET";
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = target;
        context.Response.Body = new MemoryStream();
        await api.HandleAsync(context, listener);
        return context.Response;
    }
}
