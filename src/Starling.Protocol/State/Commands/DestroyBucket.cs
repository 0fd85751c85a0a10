using Starling.Core.Errors;
using Starling.Core.Names;

namespace Starling.Protocol.State.Commands;

/// <summary>Retires a bucket's id, for ever (rule B12). Carries the id resolved when the request first came in, so that a late retry cannot hit a successor of the same name.</summary>
/// <param name="Bucket">Its name.</param>
/// <param name="BucketId">Its id.</param>
public sealed record DestroyBucket(BucketName Bucket, ulong BucketId) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return CheckIdentity(state, Bucket, BucketId);
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state with { Buckets = state.Buckets.Remove(Bucket), Versions = state.Versions with { Bmd = state.Versions.Bmd + 1 } };
    }

    /// <summary>Refuses when the name is absent or means another bucket by now.</summary>
    internal static StoreError? CheckIdentity(ClusterState state, BucketName bucket, ulong bucketId) => state.FindBucket(bucket) switch
    {
        null => new StoreError(ErrorCode.BucketNotFound, $"bucket \"{bucket.Cname}\" does not exist"),
        { Id: var id } when id != bucketId => new StoreError(ErrorCode.BucketNotFound, $"bucket \"{bucket.Cname}\" with id {bucketId} does not exist: the name belongs to a newer bucket"),
        _ => null,
    };
}
