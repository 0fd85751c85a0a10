using Starling.Core.Config;
using Starling.Core.Errors;
using Starling.Core.Names;

namespace Starling.Protocol.State;

/// <summary>A value, or why there is none.</summary>
/// <param name="Value">The value; null with an error.</param>
/// <param name="Error">The error; null with a value.</param>
internal readonly record struct Settled<T>(T? Value, StoreError? Error)
    where T : class;

/// <summary>How patches of settings are applied inside commands. Pure and total; what the settings mean is decided in Core.</summary>
internal static class SettingsRules
{
    public static Settled<ClusterConfig> PatchConfig(ClusterConfig config, string patchJson) =>
        ConfigDocument.TryPatch(config.Json, patchJson, out var next, out var error) ? new(new ClusterConfig(next), null) : new(null, Invalid(error));

    public static Settled<BucketProps> NewBucketProps(ClusterConfig config, BucketName bucket, string patchJson, ulong bucketId, long createdNs) =>
        BucketPropsDocument.TryCreate(config.Json, bucket, patchJson, bucketId, createdNs, out var props, out var error)
            ? new(new BucketProps(props), null)
            : new(null, Invalid(error));

    public static Settled<BucketProps> PatchBucketProps(ClusterState state, BucketProps props, string patchJson) =>
        BucketPropsDocument.TryPatch(props.Json, patchJson, state.Newest.Targets.Length, out var next, out var error)
            ? new(new BucketProps(next), null)
            : new(null, Invalid(error));

    private static StoreError Invalid(string error) => new(ErrorCode.Invalid, error);
}
