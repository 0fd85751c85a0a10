using Starling.Core.Errors;
using Starling.Core.Names;

namespace Starling.Protocol.State.Commands;

/// <summary>Sets the properties of a bucket back to the cluster's defaults.</summary>
/// <param name="Bucket">Its name.</param>
/// <param name="BucketId">Its id, resolved when the request first came in.</param>
public sealed record ResetBucketProps(BucketName Bucket, ulong BucketId) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return DestroyBucket.CheckIdentity(state, Bucket, BucketId);
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var entry = state.FindBucket(Bucket)!;
        var props = SettingsRules.NewBucketProps(state.Config, Bucket, string.Empty, entry.Id, entry.CreatedNs).Value ?? entry.Props;
        return state with
        {
            Buckets = state.Buckets.SetItem(Bucket, entry with { Props = props }),
            Versions = state.Versions with { Bmd = state.Versions.Bmd + 1 },
        };
    }
}
