using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Starling.Cluster.Views;
using Starling.Core.Names;
using Starling.Protocol.Node;
using Starling.Server.Hosting;
using Starling.Server.Options;
using Starling.Storage.Files;

namespace Starling.Tests.Cluster;

/// <summary>Nodes in this process: real web servers on loopback, real files in a directory of their own.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private static int nextPort = Environment.ProcessId * 97;

    public const string Secret = "test-secret-0123456789";
    /// <summary>Some waits include the lapse of a lease, 31.5 s after its last grant.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const long Ms = 1_000_000;
    private readonly TestDirectory directory = new();
    private readonly List<NodeOptions> plans = [];
    private readonly SortedDictionary<NodeId, NodeHost> running = [];
    private readonly NodeApiFactory api;

    public TestCluster(int gateways, int targets, NodeApiFactory? api = null)
    {
        this.api = api ?? BareApi.CreateAsync;
        for (var i = 0; i < gateways + targets; i++)
        {
            plans.Add(Plan(i < gateways ? $"gateway{i:00}" : $"target{i - gateways:00}", i < gateways));
        }

        var founders = plans.Take(gateways).Select(plan => $"http://{plan.Control}").ToArray();
        for (var i = 0; i < plans.Count; i++)
        {
            plans[i] = plans[i] with { Join = [.. founders.Where(url => url != $"http://{plans[i].Control}")], BootstrapExpect = i < gateways ? gateways : 0 };
        }
    }

    /// <summary>Half of the ordinary timers: still far above the delays of a busy test machine.</summary>
    public static NodeEnvironment Timers { get; } = new()
    {
        Settings = NodeSettings.Default with { HeartbeatNs = 250 * Ms, ElectionNs = 1000 * Ms, RankStepNs = 300 * Ms, JitterNs = 100 * Ms },
    };

    public IReadOnlyList<NodeOptions> Plans => plans;

    public IEnumerable<NodeHost> Running => running.Values;

    public NodeHost this[NodeId id] => running[id];

    public async Task StartAllAsync()
    {
        foreach (var host in await Task.WhenAll(plans.Select(plan => StartAsync(plan, api))))
        {
            running.Add(host.Id, host);
        }
    }

    public async Task<NodeHost> StartAsync(NodeId id)
    {
        var host = await StartAsync(plans.Single(plan => plan.Id == id), api);
        running.Add(id, host);
        return host;
    }

    public static Task<NodeHost> StartAsync(NodeOptions plan) => StartAsync(plan, BareApi.CreateAsync);

    public static Task<NodeHost> StartAsync(NodeOptions plan, NodeApiFactory api, IFileLayer? files = null) =>
        NodeHost.StartAsync(plan, null, api, Timers with { Files = files }, CancellationToken.None);

    /// <summary>Ends a node without any farewell.</summary>
    public async Task CrashAsync(NodeId id)
    {
        running.Remove(id, out var host);
        await host!.DisposeAsync();
    }

    /// <summary>Ends a node as SIGTERM does.</summary>
    public async Task StopAsync(NodeId id)
    {
        running.Remove(id, out var host);
        await host!.StopAsync();
    }

    /// <summary>Waits until every running node is ready, all agree on a leading gateway, and all members are known.</summary>
    public async Task<NodeHost> WaitForLeaderAsync(Func<NodeId, bool>? accept = null)
    {
        accept ??= _ => true;
        bool Fits(ClusterSnapshot now) => now.IsReady && now.IsPrimaryKnown && running.ContainsKey(now.Leader!.Value) && accept(now.Leader!.Value);
        while (true)
        {
            var seen = await Task.WhenAll(running.Values.Select(host => host.View.WaitForAsync(Fits, "a leading gateway", Patience, CancellationToken.None)));
            if (seen.Select(now => now.Leader).Distinct().Count() == 1)
            {
                var leader = running[seen[0].Leader!.Value];
                await leader.View.WaitForAsync(now => now.IsLeading, "the leader to serve", Patience, CancellationToken.None);
                return leader;
            }
        }
    }

    public NodeOptions Plan(string id, bool isGateway)
    {
        var ports = FreePorts(3);
        return new NodeOptions
        {
            IsGateway = isGateway,
            IsElectable = isGateway,
            Id = NodeId.Parse(id),
            DataDirectory = directory.Sub(id),
            Mountpaths = isGateway ? [] : [Made(directory.Sub(id + "-mp1")), Made(directory.Sub(id + "-mp2"))],
            AllowSharedFilesystem = true,
            Public = new ListenAddress("127.0.0.1", ports[0]),
            Control = new ListenAddress("127.0.0.1", ports[1]),
            Data = new ListenAddress("127.0.0.1", ports[2]),
            Secret = Secret,
            StopTimeout = TimeSpan.FromSeconds(5),
            LogLevel = LogLevel.Debug,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(running.Values.Select(host => host.DisposeAsync().AsTask()));
        directory.Dispose();
    }

    private static string Made(string path) => Directory.CreateDirectory(path).FullName;

    /// <summary>
    /// Ports below the range that the kernel gives to outgoing connections: one that was free a moment ago stays free until it is bound.
    /// The process id decides where the search begins, so that two runs on one machine seldom meet.
    /// </summary>
    private static int[] FreePorts(int count)
    {
        const int first = 12_000;
        const int range = 12_000;
        var ports = new List<int>();
        while (ports.Count < count)
        {
            var port = first + (int)((uint)Interlocked.Increment(ref nextPort) % range);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                ports.Add(port);
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }

        return [.. ports];
    }
}
