using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Cluster.Clocks;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Node;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;
using Starling.Storage.Objects;
using Starling.Target.Neighbors;
using Starling.Target.Objects;
using Starling.Target.Rebalance;
using Starling.Tests.Protocol.State;
using Starling.Tests.Storage;

namespace Starling.Tests.Target.Rebalance;

/// <summary>A target over a disk in memory whose view the test moves; its neighbours are other ones in this process, asked by the very plans.</summary>
internal sealed class HandTarget : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MountpathSet mountpaths;
    private readonly ObjectStore store;
    private readonly HandNeighbors neighbors = new();

    public HandTarget(int number, ClusterState state)
        : this(number, state, new RecordingFileLayer(), string.Empty)
    {
    }

    /// <summary>On the disk of this machine, below a directory.</summary>
    public HandTarget(int number, ClusterState state, string root, QuarantineGate? gate = null)
        : this(number, state, new LinuxFileLayer(), root, gate)
    {
    }

    private HandTarget(int number, ClusterState state, IFileLayer files, string root, QuarantineGate? gate = null)
    {
        Disk = files as RecordingFileLayer;
        files.MakeDirectory(root + "/mp1");
        files.MakeDirectory(root + "/mp2");
        Disk?.SyncFileSystem("/");
        Faulty = new FaultyFileLayer(files);
        mountpaths = MountpathSet.Open(Faulty, new MountpathOptions { Paths = [root + "/mp1", root + "/mp2"], TargetId = "target01", AllowSharedFilesystem = true });
        store = Disk is null ? new ObjectStore(mountpaths) : new ObjectStore(mountpaths, diskThreadCount: 0);
        Id = Fold.Target(number);
        View = new ClusterView(new ClusterSnapshot { Node = Publication(state) });
        Node = new TargetNode(View, null!, new BootClock(), store, neighbors) { Quarantine = gate };
    }

    public NodeId Id { get; }

    /// <summary>Null on the disk of this machine.</summary>
    public RecordingFileLayer? Disk { get; }

    public FaultyFileLayer Faulty { get; }

    public ClusterView View { get; }

    public TargetNode Node { get; }

    public ClusterState State => View.Current.State;

    /// <summary>What the bytes of a push become on their way.</summary>
    public Func<byte[], byte[]?> Wire
    {
        get => neighbors.Wire;
        set => neighbors.Wire = value;
    }

    /// <summary>Awaited before the bytes of a push travel.</summary>
    public Func<Task> BeforeBytes
    {
        get => neighbors.BeforeBytes;
        set => neighbors.BeforeBytes = value;
    }

    /// <summary>Awaited before a batch of leftovers is asked about; a failure is silence.</summary>
    public Func<Task> BeforeVerify
    {
        get => neighbors.BeforeVerify;
        set => neighbors.BeforeVerify = value;
    }

    /// <summary>Pushes whose bytes travelled.</summary>
    public int BytesTravelled => neighbors.BytesTravelled;

    public static void Connect(params HandTarget[] targets)
    {
        foreach (var one in targets)
        {
            one.neighbors.All = [.. targets];
        }
    }

    public static void Show(ClusterState state, params HandTarget[] targets)
    {
        foreach (var one in targets)
        {
            one.View.Publish(new ClusterSnapshot { Node = one.Publication(state) });
        }
    }

    public async Task PutAsync(ObjectName name, string body, long epoch = 1, long sequence = 1)
    {
        var bucketId = State.FindBucket(name.Bucket)!.Id;
        using var session = Node.Store.OpenWrite(name, bucketId, "xxhash2");
        await session.WriteAsync(Encoding.UTF8.GetBytes(body), CancellationToken.None);
        await Node.Store.CommitAsync(session, session.NewRecord(new RecordKey(bucketId, epoch, 1, sequence), 1), Durability.Durable, CancellationToken.None);
    }

    /// <summary>What lies here: "live body", "leftover of epoch to receiver", with "verified" when it is, or "nothing".</summary>
    public string Look(ObjectName name)
    {
        var found = Node.Store.LookupAll(name, State.FindBucket(name.Bucket)!.Id);
        return found.Status switch
        {
            LookupStatus.Absent => "nothing",
            LookupStatus.Failed => $"error {found.Error!.Code}",
            _ => found.Record switch
            {
                { State: RecordState.Live, Kind: RecordKind.Tombstone } => "tombstone",
                { State: RecordState.Live } => "live",
                { Leftover: { } mark } => $"leftover of {mark.Epoch} at {mark.Receiver}{(mark.Verified ? ", verified" : string.Empty)}",
                _ => "quarantined",
            },
        };
    }

    public Starling.Protocol.Objects.RecordHead Head(ObjectName name) => RecordHeads.Of(Node.Store.LookupAll(name, State.FindBucket(name.Bucket)!.Id).Record!);

    public Task<TransferAction> HandOffAsync(ObjectName name, TimeSpan? within = null) => RunAsync(name, new HandOffPlan(name), within);

    public Task<TransferAction> RunAsync(ObjectName name, ITransferPlan plan, TimeSpan? within = null) => TransferRun.RunAsync(
        Node, name, State.FindBucket(name.Bucket)!.Id, plan, new TransferPort { Push = neighbors.PushAsync }, within ?? Patience, CancellationToken.None);

    /// <summary>A driver of passes over these disks.</summary>
    public PassDriver NewDriver(PassOptions options, Func<Input, bool> post) =>
        new(Node, new StorePassDisk(Node.Store, NullLogger<StorePassDisk>.Instance), options, post, NullLogger<PassDriver>.Instance);

    public void Dispose()
    {
        store.Dispose();
        mountpaths.Dispose();
    }

    private NodePublication Publication(ClusterState state) => new()
    {
        Self = new(Id, Fold.IncarnationOf(Id), Fold.SessionOf(Id)),
        State = state,
        SessionApplied = true,
    };

    /// <summary>The other targets, one call away.</summary>
    private sealed class HandNeighbors : INeighbors
    {
        private int bytesTravelled;

        public ImmutableArray<HandTarget> All { get; set; } = [];

        public Func<byte[], byte[]?> Wire { get; set; } = static bytes => bytes;

        public Func<Task> BeforeVerify { get; set; } = static () => Task.CompletedTask;

        public Func<Task> BeforeBytes { get; set; } = static () => Task.CompletedTask;

        public int BytesTravelled => Volatile.Read(ref bytesTravelled);

        public Task<NeighborLook> LookAsync(NodeId candidate, LookQuestion question, TimeSpan within, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<NeighborOpen> OpenAsync(NodeId holder, ContentQuestion question, TimeSpan within, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ForwardAnswer> ForwardAsync(NodeId owner, ForwardedPut put, Stream body, TimeSpan within, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async Task<PushAnswer> PushAsync(NodeId receiver, PushRequest offer, TimeSpan within, CancellationToken cancellationToken)
        {
            var from = All.Single(one => one.Id == offer.From);
            var opened = from.Node.Store.OpenRead(offer.Name, offer.Record.Key.BucketId);
            using var reader = opened.Reader;
            var record = opened.Lookup.Record!;
            var port = new TransferPort
            {
                From = offer.From,
                Pushed = record,
                CopyBytes = async (session, cancel) =>
                {
                    await BeforeBytes();
                    Interlocked.Increment(ref bytesTravelled);
                    var bytes = new byte[record.SizeBytes];
                    await reader!.ReadAsync(bytes, 0, cancel);
                    if (Wire(bytes) is not { } arrived)
                    {
                        return new StoreError(ErrorCode.Unreachable, "the connection broke");
                    }

                    await session.WriteAsync(arrived, cancel);
                    return null;
                },
            };
            var to = All.Single(one => one.Id == receiver).Node;
            return (await TransferRun.RunAsync(to, offer.Name, offer.Record.Key.BucketId, new ReceivePlan(offer), port, within, cancellationToken)).Answer!;
        }

        public async Task<VerifyReply> VerifyAsync(NodeId owner, VerifyQuestion question, TimeSpan within, CancellationToken cancellationToken)
        {
            try
            {
                await BeforeVerify().WaitAsync(cancellationToken);
            }
            catch (StoreException silent)
            {
                return new VerifyReply([], silent.Error);
            }

            var to = All.Single(one => one.Id == owner).Node;
            var answers = new List<VerifyAnswer>();
            foreach (var item in question.Items)
            {
                var plan = new VerifyItemPlan(item, question.Epoch, question.AppliedIndex);
                answers.Add((await TransferRun.RunAsync(to, item.Name, item.Key.BucketId, plan, TransferPort.None, within, cancellationToken)).VerifyAnswer!);
            }

            return new VerifyReply([.. answers]);
        }
    }
}
