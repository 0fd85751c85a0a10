using System.Globalization;
using System.Text.Json.Nodes;
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
    /// <summary>Bucket ids of the cluster's own buckets carry this bit on the wire.</summary>
    public const ulong OwnBucketBit = 1UL << 63;

    private static readonly string[] Inherited = ["checksum", "lru", "mirror", "versioning", "ec", "chunks", "write_policy", "rate_limit", "features"];

    public static Settled<ClusterConfig> PatchConfig(ClusterConfig config, string patchJson) =>
        JsonMerge.Apply(config.Json, patchJson, out var error) is { } merged ? new(new ClusterConfig(merged), null) : new(null, Invalid(error));

    public static Settled<BucketProps> NewBucketProps(ClusterConfig config, BucketName bucket, string patchJson, ulong bucketId, long createdNs)
    {
        var defaults = new JsonObject();
        if (JsonMerge.Apply(config.Json, string.Empty, out _) is { } readable)
        {
            var sections = JsonMerge.Parse(readable);
            foreach (var section in Inherited)
            {
                if (sections[section] is { } inherited)
                {
                    defaults[section] = inherited.DeepClone();
                }
            }
        }

        if (bucket.Provider == "ais" && defaults["lru"] is JsonObject lru)
        {
            lru["enabled"] = false;
        }

        var wireId = bucket.Provider == "ais" ? OwnBucketBit | bucketId : bucketId;
        var merged = JsonMerge.Apply(defaults.ToJsonString(), patchJson, out var error);
        if (merged is null)
        {
            return new(null, Invalid(error));
        }

        var props = JsonMerge.Parse(merged);
        props["provider"] = bucket.Provider;
        props["bid"] = wireId.ToString(CultureInfo.InvariantCulture);
        props["created"] = createdNs.ToString(CultureInfo.InvariantCulture);
        props["access"] ??= ulong.MaxValue.ToString(CultureInfo.InvariantCulture);
        return new(new BucketProps(props.ToJsonString()), null);
    }

    public static Settled<BucketProps> PatchBucketProps(BucketProps props, string patchJson) =>
        JsonMerge.Apply(props.Json, patchJson, out var error) is { } merged ? new(new BucketProps(merged), null) : new(null, Invalid(error));

    private static StoreError Invalid(string? error) => new(ErrorCode.Invalid, $"settings: {error}");
}
