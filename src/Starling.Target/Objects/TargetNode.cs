using Starling.Cluster;
using Starling.Cluster.Clocks;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Storage;
using Starling.Storage.Objects;
using Starling.Target.Neighbors;
using Starling.Target.Rebalance;

namespace Starling.Target.Objects;

/// <summary>What all object services of one target share.</summary>
public sealed class TargetNode
{
    /// <summary>How long a request may wait for the committed state or a lease, milliseconds.</summary>
    public const int WaitMs = 10_000;

    /// <summary>Makes it.</summary>
    public TargetNode(IClusterView view, ICommandProposer proposer, IBootClock clock, ObjectStore store, INeighbors neighbors)
    {
        View = view;
        Proposer = proposer;
        Clock = clock;
        Store = store;
        Neighbors = neighbors;
    }

    /// <summary>The cluster.</summary>
    public IClusterView View { get; }

    /// <summary>Asks for current state.</summary>
    public ICommandProposer Proposer { get; }

    /// <summary>The clocks.</summary>
    public IBootClock Clock { get; }

    /// <summary>The disks.</summary>
    public ObjectStore Store { get; }

    /// <summary>Other targets.</summary>
    public INeighbors Neighbors { get; }

    /// <summary>Locks of names: look-ups share, commits exclude.</summary>
    public NameLocks Locks { get; } = new();

    /// <summary>Writes that are under way, of clients and of transfers alike: a pass waits for those of earlier epochs (rule B9).</summary>
    public InFlight InFlight { get; } = new();

    /// <summary>What changed hands, for people.</summary>
    public RebalanceTraffic Traffic { get; } = new();

    /// <summary>Keeps everybody out until what was brought along is set aside; null: nothing ever is.</summary>
    public QuarantineGate? Quarantine { get; init; }

    /// <summary>Order keys of this process.</summary>
    public RecordKeySource Keys { get; } = new();

    /// <summary>The world at this instant.</summary>
    public ObjectView Now() => ViewOf(View.Current);

    /// <summary>The world of a snapshot at this instant.</summary>
    public ObjectView ViewOf(ClusterSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var session = Quarantine?.IsOpen(snapshot.State, snapshot.Self.Id) == false ? SessionId.None : snapshot.Self.Session;
        return new ObjectView(snapshot.State, snapshot.Self.Id, session, snapshot.Lease.IsValid(Clock.NowNs));
    }

    /// <summary>The bucket. A request that was redirected names the applied index of the gateway: this target catches up first (rule B2).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="seenIndex">Applied index of whoever sent the request here; 0 when unknown.</param>
    /// <param name="cancellationToken">The client went away.</param>
    /// <exception cref="StoreException">BucketNotFound when proven, else Unavailable.</exception>
    public async ValueTask<BucketEntry> BucketAsync(BucketName name, long seenIndex, CancellationToken cancellationToken)
    {
        var snapshot = View.Current;
        if (!snapshot.State.IsFormed)
        {
            throw new StoreException(ErrorCode.Unavailable, "the cluster has not started yet", 1000);
        }

        if (snapshot.AppliedIndex < seenIndex)
        {
            snapshot = await View.WaitForAsync(seen => seen.AppliedIndex >= seenIndex, $"log index {seenIndex}", TimeSpan.FromMilliseconds(WaitMs), cancellationToken);
        }

        if (snapshot.State.FindBucket(name) is { } known)
        {
            return known;
        }

        await Proposer.ReadIndexAsync(TimeSpan.FromSeconds(5), cancellationToken);
        return View.Current.State.FindBucket(name)
            ?? throw new StoreException(ErrorCode.BucketNotFound, $"bucket \"{name.Cname}\" does not exist");
    }
}
