using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Win32.SafeHandles;
using Starling.Server.Hosting.Transport;
using Xunit;

namespace Starling.Tests.Server.Hosting.Transport;

public sealed class SocketTransportTests : IDisposable
{
    private const int FileBytes = 24 << 20;
    private readonly string path = Path.GetTempFileName();
    private readonly byte[] content = RandomNumberGenerator.GetBytes(FileBytes);
    private readonly TaskCompletionSource<Exception?> handled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SocketTransportTests() => File.WriteAllBytes(path, content);

    public void Dispose() => File.Delete(path);

    [Fact]
    public async Task AFileIsSentWholeAndPipelinedRequestsGoOnAfterIt()
    {
        await using var server = await TransportServer.StartAsync(HandleAsync);
        using var client = await server.ConnectAsync();
        await TransportServer.SendAsync(client, TransportServer.Get("/file?0&1048576") + TransportServer.Get("/file?4097&3000000") + TransportServer.Get("/text"));
        Assert.Equal(content[..1048576], (await TransportServer.ReadAnswerAsync(client)).Body);
        Assert.Equal(content[4097..3004097], (await TransportServer.ReadAnswerAsync(client)).Body);
        Assert.Equal("hello", Encoding.ASCII.GetString((await TransportServer.ReadAnswerAsync(client)).Body));

        await TransportServer.SendAsync(client, TransportServer.Get("/file?100&70000"));
        Assert.Equal(content[100..70100], (await TransportServer.ReadAnswerAsync(client)).Body);
    }

    [Fact]
    public async Task AClientThatReadsLateGetsEverything()
    {
        await using var server = await TransportServer.StartAsync(HandleAsync);
        using var client = await server.ConnectAsync(receiveBufferBytes: 8192);
        await TransportServer.SendAsync(client, TransportServer.Get($"/file?0&{FileBytes}"));

        // More than all buffers between the two hold: the server must wait, and does nothing else for this client.
        await WaitUntilFullAsync(client);
        Assert.False(handled.Task.IsCompleted);
        Assert.Equal(content, (await TransportServer.ReadAnswerAsync(client)).Body);
        Assert.Null(await handled.Task.WaitAsync(TransportServer.Deadline));
    }

    [Fact]
    public async Task AFileShorterThanDeclaredEndsTheConnectionAndIsNotPadded()
    {
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write))
        {
            RandomAccess.SetLength(file, 100_000);
        }

        await using var server = await TransportServer.StartAsync(HandleAsync);
        using var client = await server.ConnectAsync();
        await TransportServer.SendAsync(client, TransportServer.Get("/file?0&1000000") + TransportServer.Get("/text"));
        var (_, body) = await TransportServer.ReadAnswerAsync(client);
        Assert.True(body.Length <= 100_000, $"{body.Length} bytes came");
        Assert.Equal(content[..body.Length], body);
        Assert.Contains("shorter than its record", Assert.IsType<IOException>(await handled.Task.WaitAsync(TransportServer.Deadline)).Message, StringComparison.Ordinal);
        Assert.Equal(0, await TransportServer.ReceiveAsync(client, new byte[1], CancellationToken.None));
    }

    [Fact]
    public async Task AClientThatLeavesEndsTheSending()
    {
        await using var server = await TransportServer.StartAsync(HandleAsync);
        var client = await server.ConnectAsync(receiveBufferBytes: 8192);
        await TransportServer.SendAsync(client, TransportServer.Get($"/file?0&{FileBytes}"));
        await WaitUntilFullAsync(client);
        client.Dispose();
        await handled.Task.WaitAsync(TransportServer.Deadline);
    }

    [Fact]
    public async Task AClientThatStopsReadingIsCutOffAtTheDeadlineOfSlowClients()
    {
        await using var server = await TransportServer.StartAsync(
            HandleAsync, limits: limits => limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 1e9, gracePeriod: TimeSpan.FromSeconds(1.1)));
        using var client = await server.ConnectAsync(receiveBufferBytes: 8192);
        await TransportServer.SendAsync(client, TransportServer.Get($"/file?0&{FileBytes}"));
        await handled.Task.WaitAsync(TransportServer.Deadline);
        var (_, body) = await TransportServer.ReadAnswerAsync(client);
        Assert.True(body.Length < FileBytes, "the client got everything although it did not read");
    }

    [Fact]
    public async Task ACancelledSendingBreaksTheConnectionInsteadOfMixingAnswers()
    {
        using var cancel = new CancellationTokenSource();
        await using var server = await TransportServer.StartAsync(context => HandleAsync(context, cancel.Token));
        using var client = await server.ConnectAsync(receiveBufferBytes: 8192);
        await TransportServer.SendAsync(client, TransportServer.Get($"/file?0&{FileBytes}") + TransportServer.Get("/text"));
        await WaitUntilFullAsync(client);
        await cancel.CancelAsync();
        Assert.IsAssignableFrom<OperationCanceledException>(await handled.Task.WaitAsync(TransportServer.Deadline));
        var (_, body) = await TransportServer.ReadAnswerAsync(client);
        Assert.True(body.Length < FileBytes, "all of it came");
        Assert.Equal(0, await TransportServer.ReceiveAsync(client, new byte[1], CancellationToken.None));
    }

    [Fact]
    public async Task AGracefulStopLetsARunningSendingEnd()
    {
        await using var server = await TransportServer.StartAsync(HandleAsync);
        using var client = await server.ConnectAsync(receiveBufferBytes: 8192);
        await TransportServer.SendAsync(client, TransportServer.Get($"/file?0&{FileBytes}"));
        await WaitUntilFullAsync(client);
        var port = server.Port;
        var stopping = server.StopAsync();
        Assert.Equal(content, (await TransportServer.ReadAnswerAsync(client)).Body);
        await stopping.WaitAsync(TransportServer.Deadline);
        using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(IPAddress.Loopback, port));
    }

    [Fact]
    public async Task ABodyLargerThanAllBuffersComesInWhole()
    {
        await using var server = await TransportServer.StartAsync(HandleAsync);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.Port}") };
        using var body = new ByteArrayContent(content);
        using var answer = await http.PostAsync(new Uri("/hash", UriKind.Relative), body).WaitAsync(TransportServer.Deadline);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(content)), await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Ipv6IsServed()
    {
        Assert.True(Socket.OSSupportsIPv6, "this machine has no IPv6");
        await using var server = await TransportServer.StartAsync(HandleAsync, IPAddress.IPv6Loopback);
        using var client = await server.ConnectAsync(IPAddress.IPv6Loopback);
        await TransportServer.SendAsync(client, TransportServer.Get("/file?7&200000"));
        Assert.Equal(content[7..200007], (await TransportServer.ReadAnswerAsync(client)).Body);
    }

    [Fact]
    public async Task AnAbortedAnswerIsAResetOrAnEndForTheClient()
    {
        await using var server = await TransportServer.StartAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        using var client = await server.ConnectAsync();
        await TransportServer.SendAsync(client, TransportServer.Get("/"));
        Assert.Equal(string.Empty, (await TransportServer.ReadAnswerAsync(client)).Head);
    }

    [Fact]
    public async Task HandlersThatADiskHoldsUpDoNotKeepOthersWaiting()
    {
        using var release = new ManualResetEventSlim();
        using var entered = new SemaphoreSlim(0);
        await using var server = await TransportServer.StartAsync(context =>
        {
            if (context.Request.Path == "/stuck")
            {
                entered.Release();
                release.Wait(TransportServer.Deadline);
            }

            return context.Response.WriteAsync("done");
        });
        var stuck = new List<Socket>();
        try
        {
            for (var i = 0; i < Math.Clamp(Environment.ProcessorCount, 2, 16) + 1; i++)
            {
                // The first request of a connection may run on the thread that accepted it: only the second is sure to come from the transport's own.
                var one = await server.ConnectAsync();
                stuck.Add(one);
                await TransportServer.SendAsync(one, TransportServer.Get("/first"));
                await ReadUntilAsync(one, "0\r\n\r\n");
                await TransportServer.SendAsync(one, TransportServer.Get("/stuck"));
                Assert.True(await entered.WaitAsync(TransportServer.Deadline), $"request {i} was not taken up");
            }
        }
        finally
        {
            release.Set();
            stuck.ForEach(one => one.Dispose());
        }
    }

    private static async Task ReadUntilAsync(Socket socket, string end)
    {
        using var deadline = new CancellationTokenSource(TransportServer.Deadline);
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains(end, StringComparison.Ordinal))
        {
            var count = await TransportServer.ReceiveAsync(socket, buffer, deadline.Token);
            Assert.True(count > 0, $"the connection ended after \"{text}\"");
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
    }

    /// <summary>Waits until bytes lie there that nobody reads: what follows is much more than what fits in between.</summary>
    private static async Task WaitUntilFullAsync(Socket client)
    {
        using var deadline = new CancellationTokenSource(TransportServer.Deadline);
        await client.ReceiveAsync(Memory<byte>.Empty, deadline.Token);
    }

    private Task HandleAsync(HttpContext context) => HandleAsync(context, CancellationToken.None);

    private async Task HandleAsync(HttpContext context, CancellationToken cancellationToken)
    {
        switch (context.Request.Path.Value)
        {
            case "/file":
                try
                {
                    var range = context.Request.QueryString.Value![1..].Split('&').Select(long.Parse).ToArray();
                    await SendAsync(context, range[0], range[1], cancellationToken);
                    handled.TrySetResult(null);
                }
                catch (Exception error)
                {
                    handled.TrySetResult(error);
                    throw;
                }

                break;
            case "/hash":
                await context.Response.WriteAsync(Convert.ToHexString(await SHA256.HashDataAsync(context.Request.Body, CancellationToken.None)), CancellationToken.None);
                break;
            default:
                context.Response.ContentLength = 5;
                await context.Response.WriteAsync("hello", CancellationToken.None);
                break;
        }
    }

    private async Task SendAsync(HttpContext context, long offset, long lengthBytes, CancellationToken cancellationToken)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        context.Response.ContentLength = lengthBytes;
        var left = await FileSending.SendAsync(context, context.Features.Get<IFileBody>()!, file, offset, lengthBytes, cancellationToken);
        Assert.True(left == 0 || context.RequestAborted.IsCancellationRequested, $"{left} bytes were not taken from the file");
    }
}
