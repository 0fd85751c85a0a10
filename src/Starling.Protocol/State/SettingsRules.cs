using Starling.Core.Errors;
using Starling.Core.Names;

namespace Starling.Protocol.State;

/// <summary>A value, or why there is none.</summary>
/// <param name="Value">The value; null with an error.</param>
/// <param name="Error">The error; null with a value.</param>
internal readonly record struct Settled<T>(T? Value, StoreError? Error)
    where T : class;

/// <summary>How patches of settings are applied inside commands. Pure and total.</summary>
internal static class SettingsRules
{
    public static Settled<ClusterConfig> PatchConfig(ClusterConfig config, string patchJson) => new(new ClusterConfig(patchJson), null);

    public static Settled<BucketProps> NewBucketProps(ClusterConfig config, BucketName bucket, string patchJson, ulong bucketId, long createdNs) =>
        new(new BucketProps(patchJson), null);

    public static Settled<BucketProps> PatchBucketProps(BucketProps props, string patchJson) => new(new BucketProps(patchJson), null);
}
