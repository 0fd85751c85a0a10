using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Starling.Cluster;
using Starling.Cluster.Codec;
using Starling.Cluster.Log;
using Starling.Cluster.Peers;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Server.Api.Intra;
using Starling.Server.Logging;
using Starling.Server.Options;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;

namespace Starling.Server.Hosting;

/// <summary>One node: everything that its process holds, started and stopped in order. Several may live in one process; nothing is static.</summary>
internal sealed class NodeHost : IAsyncDisposable
{
    private const long LogFileBytes = 64 << 20;
    private const int LogFilesKept = 4;
    private static readonly TimeSpan HandOverWithin = TimeSpan.FromSeconds(5);

    private readonly NodeOptions options;
    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource<string> stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stack<IAsyncDisposable> owned = new();
    private RequestPipeline? pipeline;
    private NodeListeners? listeners;
    private ControlLoop? loop;
    private ILogger log = Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;
    private DataDirectory? directory;
    private MountpathSet? mountpaths;
    private int disksOwned;
    private bool disposed;

    private NodeHost(NodeOptions options) => this.options = options;

    /// <summary>What the node's services are made from.</summary>
    public NodeRuntime Runtime { get; private set; } = null!;

    /// <summary>The node's id.</summary>
    public NodeId Id => Runtime.Id;

    /// <summary>Ends with the reason when the committed state orders this process to stop (rule A18). Whoever runs the node then calls <see cref="StopAsync"/>.</summary>
    public Task<string> StopRequested => stopRequested.Task;

    /// <summary>Its view of the cluster.</summary>
    public IClusterView View => Runtime.View;

    /// <summary>Starts a node; when it returns, the node takes requests. It may still be waiting for a cluster.</summary>
    /// <param name="options">Validated.</param>
    /// <param name="console">Where messages for people go; null: nowhere.</param>
    /// <param name="apiFactory">Makes the HTTP interface.</param>
    /// <param name="environment">Timers, clock and disk; tests may give others.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="StoreException">It cannot start; the message names what is in the way and the remedy.</exception>
    public static async Task<NodeHost> StartAsync(
        NodeOptions options, TextWriter? console, NodeApiFactory apiFactory, NodeEnvironment environment, CancellationToken cancellationToken)
    {
        var host = new NodeHost(options);
        try
        {
            await host.StartPartsAsync(console, apiFactory, environment, cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Stops in order (rule A16): leadership is handed over while everything is still served, then no new connections are taken and running requests
    /// finish, then everything ends. Membership does not change, unless this node took the order to leave a cluster that ends: that is carried out when
    /// nothing is served any more.
    /// </summary>
    /// <exception cref="StoreException">Everything has stopped; what makes this node a member could not be erased, and is with its next start.</exception>
    public async Task StopAsync()
    {
        log.LogInformation("node {Node} is stopping", Id);
        await stopping.CancelAsync();
        pipeline!.BeginStop();
        await loop!.HandOverAsync(HandOverWithin);
        if (!await listeners!.StopPublicAsync(options.StopTimeout))
        {
            log.LogWarning("{Count} requests did not finish within {Seconds} s and were cut off", pipeline.Running, options.StopTimeout.TotalSeconds);
        }

        await listeners.StopAsync(TimeSpan.FromSeconds(2));
        try
        {
            // The log, the locks and the mountpaths are what is left.
            await DisposeDownToAsync(disksOwned);
            ClusterEnd.Carry(directory!, () => mountpaths, log);
            log.LogInformation("node {Node} has stopped", Id);
        }
        catch (StoreException failure)
        {
            log.LogError(failure, "node {Node} has stopped and could not erase what makes it a member: it does at its next start", Id);
            throw;
        }
        finally
        {
            await DisposeAsync();
        }
    }

    /// <summary>Ends everything at once, as a crash would, but without leaving anything behind in this process.</summary>
    public async ValueTask DisposeAsync()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        await stopping.CancelAsync();
        await DisposeDownToAsync(0);
        stopping.Dispose();
    }

    private async Task DisposeDownToAsync(int count)
    {
        while (owned.Count > count)
        {
            await owned.Pop().DisposeAsync();
        }
    }

    private async Task StartPartsAsync(TextWriter? console, NodeApiFactory apiFactory, NodeEnvironment environment, CancellationToken cancellationToken)
    {
        var files = environment.Files ?? new LinuxFileLayer();
        directory = Own(DataDirectory.Open(files, options.DataDirectory));
        var id = directory.TakeId(options.Id, DrawId);

        var sink = new LogSink(new RotatingFile(directory.LogFile, LogFileBytes, LogFilesKept), console, id.Value);
        owned.Push(sink);
        var provider = new NodeLoggerProvider(sink, options.LogLevel);
        var loggers = Own(LoggerFactory.Create(builder => builder.SetMinimumLevel(options.LogLevel).AddProvider(provider)));
        log = loggers.CreateLogger<NodeHost>();

        FinishLeaving(files, directory, id);
        var disks = NodeDisks.Open(files, directory, id, options.IsGateway ? null : MountpathOptionsOf(id), DrawIncarnation, log);
        (var controlLog, var restored, mountpaths) = disks;
        if (mountpaths is not null)
        {
            Own(mountpaths);
        }

        disksOwned = owned.Count;
        Own(controlLog);
        restored = restored with { RememberedAddresses = directory.ReadPeers() };
        pipeline = new RequestPipeline(log);
        listeners = await NodeListeners.StartAsync(options, pipeline.HandleAsync, provider, cancellationToken);
        owned.Push(listeners);

        var facts = Describe(id, listeners.Addresses, mountpaths, directory);
        var (view, transport) = StartLoop(facts, restored, mountpaths?.ClusterId ?? string.Empty, controlLog, environment, loggers);
        owned.Push(new PeerMemory(view, directory, loggers.CreateLogger<PeerMemory>()));
        if (mountpaths is not null)
        {
            owned.Push(new MountpathBinding(view, mountpaths, loggers.CreateLogger<MountpathBinding>()));
        }

        await OpenAsync(id, files, mountpaths, directory, view, environment, loggers, apiFactory, cancellationToken);
        log.LogInformation(
            "node {Node} ({Role}) is up: {Addresses}; cluster {Cluster}", id, options.IsGateway ? "gateway" : "target", $"public {listeners.Addresses.Public}, control {listeners.Addresses.Control}, data {listeners.Addresses.Data}", view.Current.ClusterId is { Length: > 0 } known ? known : "none yet");
    }

    private (ClusterView View, PeerTransport Transport) StartLoop(
        NodeFacts facts, RestoredState restored, string clusterId, ControlLog controlLog, NodeEnvironment environment, ILoggerFactory loggers)
    {
        var node = new ProtocolNode(new NodeStart
        {
            Facts = facts,
            Session = new SessionId(DrawUInt128()),
            Restored = restored,
            ClusterId = clusterId,
            Bootstrap = new BootstrapOptions([.. options.Join], options.BootstrapExpect),
            Settings = environment.Settings,
            Seed = (ulong)DrawUInt128(),
            Codec = new SnapshotParts(),
            NowNs = environment.Clock.NowNs,
            WallNs = environment.Clock.WallNs,
        });
        var view = new ClusterView(new ClusterSnapshot { Node = node.View });
        var transport = new PeerTransport(view, options.Secret, loggers.CreateLogger<PeerTransport>());
        owned.Push(transport);
        loop = new ControlLoop(node, new BatchWriter(controlLog), transport, view, environment.Clock, new LoopPulse(), loggers.CreateLogger<ControlLoop>());
        owned.Push(loop);
        transport.OnAnswered(envelope => loop.TryPost(new Received(envelope)));
        transport.OnFailed((address, envelope) => loop.TryPost(new SendFailed(address, envelope)));
        loop.Start();
        return (view, transport);
    }

    private async Task OpenAsync(
        NodeId id, IFileLayer files, MountpathSet? mountpaths, DataDirectory directory, ClusterView view, NodeEnvironment environment, ILoggerFactory loggers, NodeApiFactory apiFactory, CancellationToken cancellationToken)
    {
        var counters = new IntraCounters();
        Runtime = new NodeRuntime
        {
            Id = id,
            IsGateway = options.IsGateway,
            View = view,
            Proposer = loop!,
            Post = loop!.TryPost,
            RequestStop = RequestStop,
            End = new ClusterEnd(directory, RequestStop, loggers.CreateLogger<ClusterEnd>()),
            Clock = environment.Clock,
            Peers = Own(new PeerClient(view, options.Secret)),
            Files = files,
            Mountpaths = mountpaths,
            DiskQuiet = environment.DiskQuiet,
            Loggers = loggers,
            DataDirectory = directory.Root,
            LogFile = directory.LogFile,
            IntraCounters = counters,
            Options = options,
            Addresses = listeners!.Addresses,
            StartedNs = environment.Clock.NowNs,
            Stopping = stopping.Token,
        };
        var api = await apiFactory(Runtime, cancellationToken);
        owned.Push(api);
        var messages = new MessageEndpoint(loop!, view, counters, loggers.CreateLogger<MessageEndpoint>());
        pipeline!.Open(id, api, new IntraGuard(options.Secret, view, counters), messages);
    }

    /// <summary>An earlier process took the order to leave its cluster and did not come to its end.</summary>
    private void FinishLeaving(IFileLayer files, DataDirectory directory, NodeId id)
    {
        MountpathSet? opened = null;
        try
        {
            ClusterEnd.Carry(directory, () => opened = options.IsGateway ? null : MountpathSet.Open(files, MountpathOptionsOf(id)), log);
        }
        finally
        {
            opened?.Dispose();
        }
    }

    private void RequestStop(string reason)
    {
        log.LogWarning("node {Node} is told to stop: {Reason}", Id, reason);
        stopRequested.TrySetResult(reason);
    }

    private MountpathOptions MountpathOptionsOf(NodeId id) => new()
    {
        Paths = options.Mountpaths,
        TargetId = id.Value,
        AllowSharedFilesystem = options.AllowSharedFilesystem,
        AllowMissing = options.AllowMissingMountpath,
    };

    private NodeFacts Describe(NodeId id, NodeAddresses addresses, MountpathSet? mountpaths, DataDirectory directory)
    {
        var own = directory.LockFacts;
        ImmutableArray<LockFile> locks = mountpaths is null
            ? [new LockFile(own.Device, own.Inode)]
            : [.. mountpaths.All.Select(path => new LockFile(path.LockDevice, path.LockInode)).Order()];
        ImmutableArray<string> ids = mountpaths is null ? [] : [.. mountpaths.All.Select(path => path.Id.ToString()).Order(StringComparer.Ordinal)];
        var role = options.IsGateway ? NodeRole.Gateway : NodeRole.Target;
        return new NodeFacts(id, role, options.IsElectable, addresses, ids, ReadBootId(), locks);
    }

    private T Own<T>(T part)
        where T : IDisposable
    {
        owned.Push(new AsyncOwner(part));
        return part;
    }

    private static string ReadBootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    private static Incarnation DrawIncarnation() => new(DrawUInt128());

    private static UInt128 DrawUInt128() => BinaryPrimitives.ReadUInt128LittleEndian(RandomNumberGenerator.GetBytes(16));

    private static NodeId DrawId() => NodeId.Parse(RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 8));

    private sealed class AsyncOwner(IDisposable part) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            part.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
