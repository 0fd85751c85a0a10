using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Starling.Cluster.Peers;
using Starling.Gateway.Buckets;
using Starling.Gateway.Cluster;
using Starling.Gateway.Lifecycle;
using Starling.Gateway.Listing;
using Starling.Gateway.Routing;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;
using Starling.Server.Api.Native.Daemon;
using Starling.Server.Hosting;
using Starling.Server.Metrics;
using Starling.Storage.Objects;
using Starling.Target.Listing;
using Starling.Target.Neighbors;
using Starling.Target.Objects;
using Starling.Target.Rebalance;
using Starling.Target.Reconcilers;
using ObjectReader = Starling.Target.Objects.ObjectReader;

namespace Starling.Server.Api.Native;

/// <summary>Composes the services of one node and its native interface; owns what runs in the background for them.</summary>
internal sealed class NativeNodeApi : INodeApi
{
    private static readonly TimeSpan CountAtMostEvery = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ReclaimEvery = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> background = [];
    private readonly List<IDisposable> owned = [];
    private readonly NativeApi api;

    private NativeNodeApi(NodeRuntime runtime)
    {
        var metrics = new ServerMetrics();
        owned.Add(metrics);
        var services = new ApiServices { Runtime = runtime, Metrics = metrics, Config = new NodeConfig(runtime.Files, runtime.DataDirectory) };
        services = runtime.IsGateway ? services with { Gateway = Gateway(runtime) } : services with { Target = Target(runtime, metrics) };
        NodeInstruments.Register(metrics.Meter, runtime);
        if (services.Target is { } target)
        {
            NodeInstruments.Register(metrics.Meter, target.Disks);
            metrics.Meter.CreateObservableCounter("starling_list_directory_entries_total", () => target.Lister.EntriesRead, description: "Directory entries read from the disks for listings.");
        }

        var orders = new OrderWatch(runtime.View, runtime.Post, (permit, token) => EraseAsync(services.Target?.Node.Store, permit, token), runtime.RequestStop, runtime.Loggers.CreateLogger<OrderWatch>());
        background.Add(orders.RunAsync(stopping.Token));
        var admission = RequestAdmission.For(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        api = new NativeApi(services, new AllowAllAuthorizer(), admission, runtime.Loggers.CreateLogger<NativeApi>());
    }

    /// <summary>The factory that hosting is given.</summary>
    public static Task<INodeApi> CreateAsync(NodeRuntime runtime, CancellationToken cancellationToken) =>
        Task.FromResult<INodeApi>(new NativeNodeApi(runtime));

    public Task HandleAsync(HttpContext context, NodeNetwork network) => api.HandleAsync(context, network switch
    {
        NodeNetwork.Control => Listeners.Control,
        NodeNetwork.Data => Listeners.Data,
        _ => Listeners.Public,
    });

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(background);
        foreach (var one in owned)
        {
            one.Dispose();
        }

        stopping.Dispose();
    }

    private GatewayServices Gateway(NodeRuntime runtime)
    {
        var time = TimeProvider.System;
        var forwarder = new StreamForwarder(PeerClient.NewHandler(64));
        var reachability = new TargetReachability(runtime.View, (node, cancel) => IsHealthyAsync(forwarder, node, cancel), WatchAsync, time);
        var lists = new ListMerge(runtime.View, new PeerListParts(runtime.Peers), time);
        var summaries = new SummaryService(lists);
        owned.Add(forwarder);
        owned.Add(summaries);
        owned.Add(lists);
        background.Add(reachability.RunAsync(stopping.Token));
        var operations = new OperationService(runtime.View, runtime.Proposer, time);
        var buckets = new BucketService(runtime.View, runtime.Proposer, new PeerAppliedBarrier(runtime.Peers, time), time);
        return new GatewayServices(
            new ObjectGate(runtime.View, runtime.Proposer, reachability, time),
            reachability,
            buckets,
            new ConfigService(runtime.View, runtime.Proposer),
            new LeadershipService(runtime.View, runtime.Proposer),
            operations,
            new EndService(runtime.View, runtime.Proposer, new PeerEndOrders(runtime.Peers).TellAsync),
            new RebalanceService(runtime.View, new PeerRebalanceReports(runtime.Peers)),
            new ExplainService(operations, buckets, runtime.Peers),
            lists,
            summaries,
            forwarder);
    }

    private TargetServices Target(NodeRuntime runtime, ServerMetrics metrics)
    {
        var store = new ObjectStore(runtime.Mountpaths!);
        owned.Add(store);
        var neighbors = new DataNeighbors(runtime.Peers, runtime.View, store, new NeighborMeter(metrics.Meter));
        owned.Add(neighbors);
        var node = new TargetNode(runtime.View, runtime.Proposer, runtime.Clock, store, neighbors) { Quarantine = new QuarantineGate() };
        background.Add(new BucketDirs(node, runtime.Loggers.CreateLogger<BucketDirs>()).RunAsync(stopping.Token));
        var disks = new DiskWatch(store, TimeProvider.System, runtime.DiskQuiet, runtime.Loggers.CreateLogger<DiskWatch>());
        store.DiskFailed += (_, _) => metrics.Tracker.Add("err.fshc.n", 1);
        disks.PresentChanged = present => runtime.Post(new MountpathsChanged(present));
        background.Add(disks.RunAsync(stopping.Token));
        var writer = new ObjectWriter(node);
        var passes = new PassDriver(
            node,
            new StorePassDisk(store, runtime.Loggers.CreateLogger<StorePassDisk>()),
            new PassOptions { ForegroundP99Ms = metrics.Foreground.TakeP99Ms },
            runtime.Post,
            runtime.Loggers.CreateLogger<PassDriver>());
        PassInstruments.Register(metrics.Meter, passes);
        background.Add(passes.RunAsync(stopping.Token));
        var census = new CensusKeeper(store, TimeProvider.System, CountAtMostEvery, runtime.Loggers.CreateLogger<CensusKeeper>());
        background.Add(census.RunAsync(stopping.Token));
        NodeInstruments.Register(metrics.Meter, store.Census);
        var reclaimer = new Reclaimer(node, TimeProvider.System, ReclaimEvery, runtime.Loggers.CreateLogger<Reclaimer>());
        ReclaimInstruments.Register(metrics.Meter, reclaimer);
        background.Add(reclaimer.RunAsync(stopping.Token));
        background.Add(new SummaryReporter(node, passes, () => census.Live, runtime.Post).RunAsync(stopping.Token));
        var report = new PassReport(node, passes, TimeProvider.System);
        return new TargetServices(node, new ObjectReader(node), writer, new ObjectDeleter(node), new BucketLister(node), disks, report, new NeighborService(node, writer), new ObjectExplainer(node));
    }

    // A directory of another bucket may appear meanwhile: nothing is written on a node that is leaving, and what is empty holds nothing.
    // Objects stay unless the operation said that they go: whoever keeps the disks may still want them.
    internal static async Task EraseAsync(ObjectStore? store, ErasePermit permit, CancellationToken cancellationToken)
    {
        if (store is not null && permit.RemoveUserData)
        {
            await Task.Run(() => store.Erase(keepIdentity: permit.KeepInitialConfig, progress: null, cancellationToken), cancellationToken);
        }
    }

    private static Task WatchAsync(NodeEntry node, CancellationToken cancellationToken) =>
        PeerAddress.TryParse(node.Addresses.Public, out var url) ? ConnectionWatch.UntilBrokenAsync(url, cancellationToken) : Task.CompletedTask;

    private static async Task<bool> IsHealthyAsync(StreamForwarder forwarder, NodeEntry node, CancellationToken cancellationToken)
    {
        if (!PeerAddress.TryParse(node.Addresses.Public, out var url))
        {
            return false;
        }

        try
        {
            using var answer = await forwarder.SendAsync(new ForwardRequest("GET", new Uri(url, "/v1/health?readiness=true"), [], null, null, TimeSpan.FromSeconds(1)), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (Core.Errors.StoreException)
        {
            return false;
        }
    }
}
