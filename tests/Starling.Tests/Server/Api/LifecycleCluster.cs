using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Server.Hosting;
using Starling.Tests.Cluster;
using Xunit;

namespace Starling.Tests.Server.Api;

#pragma warning disable CA1001 // xunit disposes through IAsyncLifetime.
/// <summary>Three gateways and three targets in this process that know operations. Every test leaves all of them in service.</summary>
public sealed class LifecycleCluster : IAsyncLifetime
{
    private readonly TestCluster nodes;
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
    private volatile bool isHeld;

    public LifecycleCluster() => nodes = new TestCluster(gateways: 3, targets: 3, ServeAsync);

    public static string Bucket => "shared";

    /// <summary>While true no target ends a pass: drains go on for ever.</summary>
    public bool HoldPasses
    {
        get => isHeld;
        set => isHeld = value;
    }

    internal IReadOnlyList<NodeHost> Gateways => [.. nodes.Running.Where(host => host.Runtime.IsGateway).OrderBy(host => host.Id)];

    internal IReadOnlyList<NodeHost> Targets => [.. nodes.Running.Where(host => !host.Runtime.IsGateway).OrderBy(host => host.Id)];

    internal ClusterState State => Gateways[0].View.Current.State;

    public async Task InitializeAsync()
    {
        await nodes.StartAllAsync();
        await nodes.WaitForLeaderAsync();
        foreach (var host in nodes.Running)
        {
            await WaitAsync(host, now => now.State.Newest.Targets.Length == 3 && now.State.Nodes.Count == 6, "six members, three targets in");
        }

        await EverybodyAsync(now => now.State.KnowsOperations, "operations known");
        using var created = await SendAsync(HttpMethod.Post, $"/v1/buckets/{Bucket}", """{"action":"create-bck","name":"","value":null}""");
        Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync());
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await nodes.DisposeAsync();
    }

    internal TestCluster Nodes => nodes;

    /// <summary>Starts a node that was stopped.</summary>
    internal async Task<NodeHost> StartAsync(NodeId id)
    {
        var host = await nodes.StartAsync(id);
        await WaitAsync(host, now => now.IsReady, "the node to be back");
        return host;
    }

    /// <summary>Public URL of a gateway, without a trailing slash.</summary>
    public string Url(int gateway) => Gateways[gateway].Runtime.Addresses.Public.TrimEnd('/');

    internal NodeHost Leader() => nodes.Running.Single(host => host.View.Current.IsLeading);

    /// <summary>A gateway that does not lead.</summary>
    internal int Follower() => Enumerable.Range(0, 3).First(i => !Gateways[i].View.Current.IsLeading);

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null, string requestId = "", int gateway = 0)
    {
        var request = new HttpRequestMessage(method, Url(gateway) + path) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json") };
        if (requestId.Length > 0)
        {
            request.Headers.Add("X-Request-Id", requestId);
        }

        return http.SendAsync(request);
    }

    /// <summary>One action on the cluster.</summary>
    public async Task<Answer> ActAsync(string action, string value, string requestId = "", int gateway = 0, string query = "")
    {
        using var response = await SendAsync(HttpMethod.Put, "/v1/cluster" + query, $$"""{"action":"{{action}}","name":"","value":{{value}}}""", requestId, gateway);
        return new Answer(response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.TryGetValues("Ais-Op-Id", out var ids) ? ids.Single() : string.Empty);
    }

    public async Task<JsonElement> GetAsync(string path, string? body = null, HttpStatusCode expected = HttpStatusCode.OK, int gateway = 0)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, body, gateway: gateway);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"{path}: {answer.StatusCode} {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>Waits until a gateway has seen a state.</summary>
    internal Task<ClusterSnapshot> SeenAsync(Func<ClusterState, bool> predicate, string what, int gateway = 0) => WaitAsync(Gateways[gateway], now => predicate(now.State), what);

    /// <summary>Waits until every member has seen a state.</summary>
    internal Task EverybodyAsync(Func<ClusterSnapshot, bool> predicate, string what) => Task.WhenAll(nodes.Running.Select(host => WaitAsync(host, predicate, what)));

    /// <summary>Brings everything back that a test took out, and waits until nothing runs.</summary>
    public async Task RestoreAsync()
    {
        HoldPasses = false;
        await SeenAsync(state => state.Operations.IsEmpty, "no operation running");
        var away = State.Nodes.Values.Where(node => node.State != AdminState.In).Select(node => $"\"{node.Id}\"").ToArray();
        if (away.Length > 0)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            using var deadline = new CancellationTokenSource(TestCluster.Patience);
            var answer = await ActAsync("stop-maintenance", $$"""{"sids":[{{string.Join(',', away)}}]}""");
            while (answer.Text.Contains("start it first", StringComparison.Ordinal) && !deadline.IsCancellationRequested)
            {
                // Who has just started is not heard by everybody yet.
                await timer.WaitForNextTickAsync();
                answer = await ActAsync("stop-maintenance", $$"""{"sids":[{{string.Join(',', away)}}]}""");
            }

            Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        }

        await EverybodyAsync(now => now.State.Operations.IsEmpty && now.State.Nodes.Values.All(node => node.State == AdminState.In), "everybody in and nothing running");
        await nodes.WaitForLeaderAsync();
    }

    public static string Sids(params IEnumerable<NodeId> ids) => $"\"sids\":[{string.Join(',', ids.Select(id => $"\"{id}\""))}]";

    private async Task<ClusterSnapshot> WaitAsync(NodeHost host, Func<ClusterSnapshot, bool> predicate, string what)
    {
        try
        {
            return await host.View.WaitForAsync(predicate, what, TestCluster.Patience, CancellationToken.None);
        }
        catch (StoreException late)
        {
            var state = host.View.Current.State;
            throw new InvalidOperationException(
                $"{late.Message}; {string.Join("; ", state.Operations.Values.Select(one => $"{one.Name} {one.Kind} {one.Phase}, blocked: {one.Blocked?.Text} {string.Join(", ", one.Blocked?.Names ?? [])}"))}; "
                + string.Join("; ", state.Nodes.Values.Select(node => $"{node.Id} {node.State} fenced {node.Fenced} clean {node.Clean}")) + "; "
                + string.Join("; ", nodes.Running.Select(one => Told(one.View.Current))), late);
        }
    }

    private static string Told(ClusterSnapshot now) =>
        $"{now.Self.Id} {now.Node.Role} applied {now.AppliedIndex} of {now.Node.CommitIndex} term {now.Node.Term} erase ordered {now.Node.EraseOrdered is not null} ended {now.Node.MembershipEnded} halted {now.Halted} liveness "
        + string.Join(",", now.Liveness.Select(one => $"{one.Id}={one.Control}"));

    // While passes are held nobody hears that they are finished.
    private Task<INodeApi> ServeAsync(NodeRuntime runtime, CancellationToken cancellationToken) =>
        LeaseSwitch.HeldAsync(runtime with { Post = input => (input is PassFinished && isHeld) || runtime.Post(input) }, cancellationToken);

    /// <summary>What an action was answered with.</summary>
    public sealed record Answer(HttpStatusCode Status, string Text, string TaskId)
    {
        public string Message => JsonSerializer.Deserialize<JsonElement>(Text).GetProperty("message").GetString()!;

        public string Code => JsonSerializer.Deserialize<JsonElement>(Text).TryGetProperty("tcode", out var code) ? code.GetString()! : string.Empty;

        public long Rebalance => Text.StartsWith('g') ? long.Parse(Text.AsSpan(1), CultureInfo.InvariantCulture) : 0;
    }
}
