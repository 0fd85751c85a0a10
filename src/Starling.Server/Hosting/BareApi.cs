using Microsoft.AspNetCore.Http;
using Starling.Cluster.Views;

namespace Starling.Server.Hosting;

/// <summary>The least that a node answers: whether it runs, and whether it is ready. Used where no other interface is given.</summary>
internal sealed class BareApi(NodeRuntime runtime) : INodeApi
{
    public static Task<INodeApi> CreateAsync(NodeRuntime runtime, CancellationToken cancellationToken) => Task.FromResult<INodeApi>(new BareApi(runtime));

    public async Task HandleAsync(HttpContext context, NodeNetwork network)
    {
        if (context.Request.Path != "/v1/health")
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (context.Request.Query["readiness"] == "true" && runtime.View.Current is { IsReady: false } now)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await context.Response.WriteAsync($"not ready: {now.Halted ?? now.Waiting ?? "the session is not committed yet"}\n", context.RequestAborted);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
