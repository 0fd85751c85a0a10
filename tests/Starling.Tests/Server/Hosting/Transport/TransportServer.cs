using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Starling.Server.Hosting.Transport;
using Xunit;

namespace Starling.Tests.Server.Hosting.Transport;

/// <summary>A web server on the socket transport, with one handler, and raw clients of it.</summary>
internal sealed class TransportServer : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly WebApplication app;

    private TransportServer(WebApplication app) => this.app = app;

    public int Port => new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    public static async Task<TransportServer> StartAsync(RequestDelegate handler, IPAddress? address = null, Action<KestrelServerLimits>? limits = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "transport-test" });
        builder.Services.AddSingleton<IConnectionListenerFactory, SocketTransport>();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            limits?.Invoke(kestrel.Limits);
            kestrel.Listen(address ?? IPAddress.Loopback, 0, listen => listen.Use(next => connection =>
            {
                connection.Features.Set(Assert.IsType<SocketConnection>(connection).FileBody);
                return next(connection);
            }));
        });
        var app = builder.Build();
        app.Run(handler);
        await app.StartAsync();
        return new TransportServer(app);
    }

    public async Task<Socket> ConnectAsync(IPAddress? address = null, int receiveBufferBytes = 0)
    {
        var to = new IPEndPoint(address ?? IPAddress.Loopback, Port);
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (receiveBufferBytes > 0)
        {
            socket.ReceiveBufferSize = receiveBufferBytes;
        }

        await socket.ConnectAsync(to);
        return socket;
    }

    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    public static async Task SendAsync(Socket socket, string text) => await socket.SendAsync(Encoding.ASCII.GetBytes(text));

    public static string Get(string path) => $"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n";

    /// <summary>Reads one answer with a Content-Length; the body is as long as what came when the connection ended early.</summary>
    public static async Task<(string Head, byte[] Body)> ReadAnswerAsync(Socket socket)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await ReceiveAsync(socket, one, deadline.Token) == 0)
            {
                return (head.ToString(), []);
            }

            head.Append((char)one[0]);
        }

        var text = head.ToString();
        var length = int.Parse(text.Split("Content-Length: ")[1].Split('\r')[0], System.Globalization.CultureInfo.InvariantCulture);
        var body = new byte[length];
        var got = 0;
        while (got < length && await ReceiveAsync(socket, body.AsMemory(got), deadline.Token) is var count && count > 0)
        {
            got += count;
        }

        return (text, body[..got]);
    }

    /// <summary>0 at the end, however it came.</summary>
    public static async Task<int> ReceiveAsync(Socket socket, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, cancellationToken);
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionReset)
        {
            return 0;
        }
    }
}
