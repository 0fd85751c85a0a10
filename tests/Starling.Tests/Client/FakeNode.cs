using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Starling.Tests.Client;

/// <summary>A request as the fake received it.</summary>
internal sealed record SeenRequest(string Method, string Path, string Query, IHeaderDictionary Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public string Line => $"{Method} {Path}{Query}";
}

/// <summary>An HTTP server on a port of its own that answers what the test says and remembers what it was asked.</summary>
internal sealed class FakeNode : IAsyncDisposable
{
    private readonly WebApplication app;

    private FakeNode(WebApplication app, Func<HttpContext, SeenRequest, Task> answer)
    {
        this.app = app;
        app.Run(async context =>
        {
            var skipBody = context.Request.Headers.Expect.Count > 0 && !ReadBodies;
            using var body = new MemoryStream();
            if (!skipBody)
            {
                await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            }

            var path = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget.Split('?')[0];
            var seen = new SeenRequest(context.Request.Method, path, context.Request.QueryString.Value ?? string.Empty, new HeaderDictionary(context.Request.Headers.ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase)), body.ToArray());
            Requests.Enqueue(seen);
            await answer(context, seen);
        });
    }

    /// <summary>False: a body that the client asks about first (Expect) is not read.</summary>
    public bool ReadBodies { get; init; } = true;

    public ConcurrentQueue<SeenRequest> Requests { get; } = new();

    public string Url { get; private set; } = string.Empty;

    public static async Task<FakeNode> StartAsync(Func<HttpContext, SeenRequest, Task> answer, bool readBodies = true)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var node = new FakeNode(app, answer) { ReadBodies = readBodies };
        await app.StartAsync();
        node.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return node;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}

internal static class Answers
{
    public static Task JsonAsync(this HttpContext context, string json, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.WriteAsync(json);
    }

    public static Task ErrorAsync(this HttpContext context, int status, string typeCode, string message) =>
        context.JsonAsync($$"""{"tcode":"{{typeCode}}","message":"{{message}}","method":"GET","url_path":"/","node":"p[fakeNode]","status":{{status}}}""", status);

    public static Task StatusAsync(this HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
