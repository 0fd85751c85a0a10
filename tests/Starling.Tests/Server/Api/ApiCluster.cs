using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Starling.Core.Names;
using Starling.Server.Api.Native;
using Starling.Server.Hosting;
using Starling.Server.Options;
using Starling.Storage.Files;
using Starling.Tests.Cluster;
using Starling.Tests.Storage;
using Xunit;

namespace Starling.Tests.Server.Api;

#pragma warning disable CA1001 // xunit disposes through IAsyncLifetime.
/// <summary>One gateway and two targets in this process, on free loopback ports and scratch directories, up before the first test.</summary>
public sealed class ApiCluster : IAsyncLifetime
{
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(60);

    private readonly ScratchDirectory scratch = new();
    private readonly List<NodeHost> nodes = [];

    /// <summary>Follows no redirects.</summary>
    public HttpClient Http { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });

    /// <summary>Base URL of the gateway, without a trailing slash.</summary>
    public string Gateway => Url(0);

    internal IReadOnlyList<NodeHost> Nodes => nodes;

    internal MountpathFaults Faults { get; } = new(new LinuxFileLayer());

    public async Task InitializeAsync()
    {
        nodes.Add(await StartAsync("gateAAAA", isGateway: true, []));
        var join = nodes[0].Runtime.Addresses.Control;
        nodes.Add(await StartAsync("targAAAA", isGateway: false, [join]));
        nodes.Add(await StartAsync("targBBBB", isGateway: false, [join]));
        foreach (var node in nodes)
        {
            await node.View.WaitForAsync(seen => seen.State.Newest.Targets.Length == 2 && seen.IsReady, "both targets in", StartWithin, CancellationToken.None);
            if (!node.Runtime.IsGateway)
            {
                await node.View.WaitForAsync(seen => seen.Lease.IsValidNow, "a lease", StartWithin, CancellationToken.None);
            }
        }

        await CreateBucketAsync("shared");
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        foreach (var node in Enumerable.Reverse(nodes))
        {
            await node.DisposeAsync();
        }

        scratch.Dispose();
    }

    /// <summary>Public URL of a node, without a trailing slash.</summary>
    public string Url(int node) => nodes[node].Runtime.Addresses.Public.TrimEnd('/');

    /// <summary>The node that owns an object.</summary>
    public int OwnerOf(string bucket, string name)
    {
        var owner = nodes[0].View.Current.State.Newest.OwnerOf(ObjectName.Parse(BucketName.Parse(null, null, bucket), name).Digest);
        return nodes.FindIndex(node => node.Id == owner);
    }

    public async Task CreateBucketAsync(string bucket, string value = "null")
    {
        while (true)
        {
            using var answer = await SendAsync(HttpMethod.Post, $"{Gateway}/v1/buckets/{bucket}", $$"""{"action":"create-bck","name":"","value":{{value}}}""");
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
            {
                Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
                return;
            }

            // A busy machine let somebody else lead for a moment; clients try again too.
            await nodes[0].View.WaitForAsync(seen => seen.IsLeading, "the gateway to lead again", StartWithin, CancellationToken.None);
        }
    }

    /// <summary>Sends one request; no redirect is followed.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string url, string? json = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, url);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        return await SendAsync(request, headers);
    }

    /// <summary>Sends an object request to the gateway and follows its redirect by hand, body and headers repeated.</summary>
    public async Task<HttpResponseMessage> ObjectAsync(HttpMethod method, string bucket, string name, byte[]? body = null, string query = "", params (string Name, string Value)[] headers)
    {
        using var first = new HttpRequestMessage(method, $"{Gateway}/v1/objects/{bucket}/{name}{query}") { Content = body is null ? null : new ByteArrayContent(body) };
        using var redirect = await SendAsync(first, headers);
        if (redirect.Headers.Location is null)
        {
            return await SendAsync(method, $"{Gateway}/v1/objects/{bucket}/{name}{query}", null, headers);
        }

        using var second = new HttpRequestMessage(method, redirect.Headers.Location) { Content = body is null ? null : new ByteArrayContent(body) };
        return await SendAsync(second, headers);
    }

    /// <summary>Stores an object and expects success.</summary>
    public async Task PutAsync(string bucket, string name, byte[] body, params (string Name, string Value)[] headers)
    {
        using var answer = await ObjectAsync(HttpMethod.Put, bucket, name, body, "", headers);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>The error of an answer, from its body or, on HEAD, from its header.</summary>
    public static async Task<JsonElement> ErrorOf(HttpResponseMessage answer)
    {
        var text = answer.Headers.TryGetValues("Hdr-Error", out var values) ? values.Single() : await answer.Content.ReadAsStringAsync();
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>Sends bytes as they are and reads until the other side closes or the deadline passes.</summary>
    public async Task<string> RawAsync(int node, string request, byte[]? then = null, bool closeSending = false, int timeoutMs = 15_000)
    {
        var url = new Uri(Url(node));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(url.Host, url.Port);
        await socket.SendAsync(Encoding.Latin1.GetBytes(request));
        if (then is not null)
        {
            await socket.SendAsync(then);
        }

        if (closeSending)
        {
            socket.Shutdown(SocketShutdown.Send);
        }

        using var deadline = new CancellationTokenSource(timeoutMs);
        var text = new StringBuilder();
        var buffer = new byte[8192];
        try
        {
            while (await socket.ReceiveAsync(buffer, deadline.Token) is > 0 and var count)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
        }
        catch (SocketException error)
        {
            text.Append(CultureInfo.InvariantCulture, $"[{error.SocketErrorCode}]");
        }

        return text.ToString();
    }

    /// <summary>The state of a node in bits, once the condition holds.</summary>
    public async Task<ulong> FlagsAsync(int node, Func<ulong, bool> until)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var deadline = new CancellationTokenSource(StartWithin);
        while (true)
        {
            using var answer = await SendAsync(HttpMethod.Get, $"{Gateway}/v1/reverse/daemon?what=node_status", null, ("Ais-Node-Id", nodes[node].Id.Value));
            var status = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
            var flags = status.GetProperty("cluster").GetProperty("flags").GetUInt64();
            Assert.Equal(flags.ToString(CultureInfo.InvariantCulture), status.GetProperty("tracker").GetProperty("state.flags").GetProperty("v").GetString());
            if (until(flags))
            {
                return flags;
            }

            Assert.False(deadline.IsCancellationRequested, $"flags of {nodes[node].Id} are still {flags}");
            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>Every node still answers, and an object still goes in and out.</summary>
    public async Task AssertAliveAsync()
    {
        for (var node = 0; node < nodes.Count; node++)
        {
            using var health = await SendAsync(HttpMethod.Get, $"{Url(node)}/v1/health?readiness=true");
            Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        }

        var body = Guid.NewGuid().ToByteArray();
        await PutAsync("shared", "still-alive", body);
        using var read = await ObjectAsync(HttpMethod.Get, "shared", "still-alive");
        Assert.Equal(body, await read.Content.ReadAsByteArrayAsync());
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, (string Name, string Value)[] headers)
    {
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content!.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return await Http.SendAsync(request, HttpCompletionOption.ResponseContentRead);
    }

    private async Task<NodeHost> StartAsync(string id, bool isGateway, IReadOnlyList<string> join)
    {
        var root = Path.Combine(scratch.Path, id);
        var mountpaths = isGateway ? [] : new[] { Path.Combine(root, "mp1"), Path.Combine(root, "mp2") };
        foreach (var mountpath in mountpaths)
        {
            Directory.CreateDirectory(mountpath);
        }

        var options = new NodeOptions
        {
            IsGateway = isGateway,
            Id = NodeId.Parse(id),
            DataDirectory = Path.Combine(root, "data"),
            Mountpaths = mountpaths,
            Public = new ListenAddress("127.0.0.1", 0),
            Control = new ListenAddress("127.0.0.1", 0),
            Data = new ListenAddress("127.0.0.1", 0),
            Join = join,
            BootstrapExpect = isGateway ? 1 : 0,
            AllowSharedFilesystem = true,
            Secret = "test-secret-of-this-cluster",
            LogLevel = LogLevel.Warning,
        };
        return await NodeHost.StartAsync(options, null, LeaseSwitch.HeldAsync, new NodeEnvironment { Files = Faults, DiskQuiet = TimeSpan.FromMilliseconds(500) }, CancellationToken.None);
    }
}

/// <summary>Tests that share one cluster run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class ApiClusterGroup : ICollectionFixture<ApiCluster>
{
    public const string Name = "one gateway and two targets";
}
