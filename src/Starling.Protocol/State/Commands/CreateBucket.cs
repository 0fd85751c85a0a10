using System.Globalization;
using Starling.Core.Errors;
using Starling.Core.Names;

namespace Starling.Protocol.State.Commands;

/// <summary>Creates a bucket; its id comes from the counter in the log (rule B1). Properties that are not given are the cluster's defaults.</summary>
/// <param name="Bucket">Its name.</param>
/// <param name="PropsPatchJson">The properties to set, as clients send them; empty for none.</param>
/// <param name="CreatedNs">When, nanoseconds since 1970 UTC, for display.</param>
public sealed record CreateBucket(BucketName Bucket, string PropsPatchJson, long CreatedNs) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (Refusals.NotFormed(state) is { } refusal)
        {
            return refusal;
        }

        if (state.FindBucket(Bucket) is not null)
        {
            return new StoreError(ErrorCode.BucketExists, $"bucket \"{Bucket.Cname}\" already exists");
        }

        if (state.Newest.Targets.IsEmpty)
        {
            return new StoreError(ErrorCode.Unavailable, "no storage targets are in: start at least one and wait until it is", RetryAfterMs: 1_000);
        }

        return SettingsRules.NewBucketProps(state.Config, Bucket, PropsPatchJson, state.NextBucketId, CreatedNs).Error;
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var props = SettingsRules.NewBucketProps(state.Config, Bucket, PropsPatchJson, state.NextBucketId, CreatedNs).Value!;
        return state with
        {
            Buckets = state.Buckets.SetItem(Bucket, new BucketEntry(state.NextBucketId, Bucket, props, CreatedNs)),
            NextBucketId = state.NextBucketId + 1,
            Versions = state.Versions with { Bmd = state.Versions.Bmd + 1 },
        };
    }

    /// <summary>The bucket's id, decimal.</summary>
    public override string Result(ClusterState before, long index)
    {
        ArgumentNullException.ThrowIfNull(before);
        return before.NextBucketId.ToString(CultureInfo.InvariantCulture);
    }
}
