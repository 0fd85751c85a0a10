using Starling.Cluster;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;

namespace Starling.Gateway.Buckets;

/// <summary>Administration of buckets: builds the command, proposes it, answers when this gateway has applied it (rule A10). Any gateway can.</summary>
public sealed class BucketService
{
    private readonly IClusterView view;
    private readonly ICommandProposer proposer;
    private readonly IAppliedBarrier barrier;
    private readonly TimeProvider time;

    /// <summary>Composes the service.</summary>
    public BucketService(IClusterView view, ICommandProposer proposer, IAppliedBarrier barrier, TimeProvider time)
    {
        this.view = view;
        this.proposer = proposer;
        this.barrier = barrier;
        this.time = time;
    }

    /// <summary>The buckets as this gateway has applied them, in the order of unames.</summary>
    /// <param name="provider">Only of this provider; empty for all.</param>
    /// <param name="name">Only of this name; empty for all.</param>
    public IReadOnlyList<BucketEntry> List(string provider, string name) =>
        [.. view.Current.State.Buckets.Values.Where(bucket =>
            (provider.Length == 0 || bucket.Name.Provider == provider) && (name.Length == 0 || bucket.Name.Name == name))];

    /// <summary>One bucket. Its absence is confirmed with the leader before it is told.</summary>
    /// <exception cref="StoreException">BucketNotFound, or Unavailable when nobody can confirm.</exception>
    public async Task<BucketEntry> GetAsync(BucketName name, CancellationToken cancellationToken)
    {
        if (view.Current.State.FindBucket(name) is { } known)
        {
            return known;
        }

        await proposer.ReadIndexAsync(Deadlines.ReadIndex, cancellationToken);
        return view.Current.State.FindBucket(name)
            ?? throw new StoreException(ErrorCode.BucketNotFound, $"bucket \"{name.Cname}\" does not exist");
    }

    /// <summary>Creates a bucket.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="propsPatchJson">Properties that differ from the cluster's defaults, as clients send them; empty for none.</param>
    /// <param name="requestId">Deduplicates retries (rule A12); empty for none.</param>
    /// <param name="cancellationToken">The client went away.</param>
    public Task CreateAsync(BucketName name, string propsPatchJson, string requestId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Provider != "ais")
        {
            throw new StoreException(ErrorCode.Unsupported, $"cannot create {name.Cname}: remote backends are not offered by this version");
        }

        return ProposeAsync(new CreateBucket(name, propsPatchJson, NowNs()), requestId, cancellationToken);
    }

    /// <summary>Changes properties.</summary>
    public async Task SetPropsAsync(BucketName name, string propsPatchJson, string requestId, CancellationToken cancellationToken)
    {
        var bucket = await GetAsync(name, cancellationToken);
        await ProposeAsync(new SetBucketProps(name, bucket.Id, propsPatchJson), requestId, cancellationToken);
    }

    /// <summary>Sets properties back to the cluster's defaults.</summary>
    public async Task ResetPropsAsync(BucketName name, string requestId, CancellationToken cancellationToken)
    {
        var bucket = await GetAsync(name, cancellationToken);
        await ProposeAsync(new ResetBucketProps(name, bucket.Id), requestId, cancellationToken);
    }

    /// <summary>
    /// Destroys a bucket. The command carries the id that the name has now: a retry that arrives late cannot destroy a successor.
    /// Returns when every target has applied it, or cannot hold a lease from before any more (rule B12).
    /// </summary>
    public async Task DestroyAsync(BucketName name, string requestId, CancellationToken cancellationToken)
    {
        var bucket = await GetAsync(name, cancellationToken);
        try
        {
            await ProposeAsync(new DestroyBucket(name, bucket.Id), requestId, cancellationToken);
        }
        catch (StoreException error) when (error.Error.Code == ErrorCode.BucketNotFound)
        {
            // Somebody else destroyed the same bucket meanwhile: what the client wanted holds.
        }

        await barrier.WaitAsync(view.Current.State, cancellationToken);
    }

    private async Task ProposeAsync(Command command, string requestId, CancellationToken cancellationToken)
    {
        var outcome = await proposer.ProposeAsync(command with { RequestId = requestId, SeenIndex = view.Current.AppliedIndex }, Deadlines.Proposal, cancellationToken);
        if (outcome.Error is { } error)
        {
            throw new StoreException(error);
        }
    }

    private long NowNs() => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
}
