using Starling.Core.Errors;
using Starling.Core.Names;

namespace Starling.Protocol.State.Commands;

/// <summary>Changes properties of a bucket; properties that are not named stay as they are.</summary>
/// <param name="Bucket">Its name.</param>
/// <param name="BucketId">Its id, resolved when the request first came in.</param>
/// <param name="PropsPatchJson">The properties to set, as clients send them.</param>
public sealed record SetBucketProps(BucketName Bucket, ulong BucketId, string PropsPatchJson) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return DestroyBucket.CheckIdentity(state, Bucket, BucketId)
            ?? SettingsRules.PatchBucketProps(state, state.FindBucket(Bucket)!.Props, PropsPatchJson).Error;
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var entry = state.FindBucket(Bucket)!;
        var props = SettingsRules.PatchBucketProps(state, entry.Props, PropsPatchJson).Value!;
        return state with
        {
            Buckets = state.Buckets.SetItem(Bucket, entry with { Props = props }),
            Versions = state.Versions with { Bmd = state.Versions.Bmd + 1 },
        };
    }
}
