using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Core.Names;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>
/// The properties of a bucket as a JSON document: what absent keys mean, how clients' changes apply, what is refused. Keys that this build does not know
/// survive every change. Everything here is pure.
/// </summary>
public static class BucketPropsDocument
{
    /// <summary>Set in the wire form of the ids of buckets that belong to the cluster itself.</summary>
    public const ulong OwnBucketBit = 1UL << 63;

    /// <summary>The typed view of a stored document, absent keys at their defaults.</summary>
    /// <exception cref="JsonException">The document is damaged; the message says where.</exception>
    public static BpropsWire Read(string json) => TryRead(json, out var props, out var error) ? props : throw new JsonException(error);

    /// <summary>The typed view of a document; false with what is wrong.</summary>
    public static bool TryRead(string? json, [NotNullWhen(true)] out BpropsWire? props, [NotNullWhen(false)] out string? error) =>
        WireJson.TryRead(Encoding.UTF8.GetBytes(string.IsNullOrEmpty(json) ? "{}" : json), WireJson.Instance.BpropsWire, out props, out error);

    /// <summary>The document of typed properties.</summary>
    public static string Write(BpropsWire props) => JsonSerializer.Serialize(props, WireJson.Instance.BpropsWire);

    /// <summary>The properties that a new bucket inherits from the cluster's configuration.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="bucket">Name of the bucket.</param>
    /// <param name="bucketId">Its id, without <see cref="OwnBucketBit"/>.</param>
    /// <param name="createdNs">Nanoseconds since 1970 UTC.</param>
    public static BpropsWire Defaults(ClusterConfigWire config, BucketName bucket, ulong bucketId, long createdNs)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(bucket);
        var own = bucket.Provider == "ais";
        return new BpropsWire
        {
            Provider = bucket.Provider,
            WritePolicy = config.WritePolicy with { },
            Checksum = config.Checksum with { },
            RateLimit = new RateLimitSection { Backend = config.RateLimit.Backend with { }, Frontend = config.RateLimit.Frontend with { } },
            ErasureCoding = config.ErasureCoding with { },
            Chunks = config.Chunks with { },
            Mirror = config.Mirror with { },
            Lru = config.Lru with { Enabled = config.Lru.Enabled && !own },
            Versioning = config.Versioning with { },
            Features = config.Features & FeatureBits.BucketScope,
            BucketId = own ? bucketId | OwnBucketBit : bucketId,
            CreatedNs = createdNs,
        };
    }

    /// <summary>The document of a new bucket: what it inherits, changed by what the client asked for.</summary>
    /// <param name="configJson">The cluster's configuration.</param>
    /// <param name="bucket">Name of the bucket.</param>
    /// <param name="patchJson">What the client asked for; empty for nothing.</param>
    /// <param name="bucketId">Its id, without <see cref="OwnBucketBit"/>.</param>
    /// <param name="createdNs">Nanoseconds since 1970 UTC.</param>
    /// <param name="json">The document.</param>
    /// <param name="error">Which property is wrong and what is expected.</param>
    public static bool TryCreate(
        string configJson, BucketName bucket, string patchJson, ulong bucketId, long createdNs, [NotNullWhen(true)] out string? json, [NotNullWhen(false)] out string? error)
    {
        json = null;
        return ConfigDocument.TryRead(configJson, out var config, out error)
            && TryPatch(Write(Defaults(config, bucket, bucketId, createdNs)), patchJson, int.MaxValue, out json, out error);
    }

    /// <summary>Turns dotted names (<c>mirror.enabled</c>, <c>true</c>) into a patch.</summary>
    /// <param name="named">Names and values.</param>
    /// <param name="patchJson">The patch, in canonical form.</param>
    /// <param name="error"><c>unknown property "x"</c>, <c>no properties to update</c>, or which value is wrong.</param>
    public static bool TryParseNames(IEnumerable<KeyValuePair<string, string>> named, [NotNullWhen(true)] out string? patchJson, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(named);
        var tree = SettingsPatch.FromNames(SettingsSchema.Bucket, named, out error);
        patchJson = tree is null ? null : SettingsPatch.Text(tree);
        error = patchJson is null ? error ?? SettingsPatch.NothingToUpdate : null;
        return patchJson is not null;
    }

    /// <summary>Applies a client's change: a tree in which every leaf is optional, and <c>force</c>.</summary>
    /// <param name="currentJson">The stored document.</param>
    /// <param name="patchJson">The change; empty for none.</param>
    /// <param name="activeTargets">How many targets there are for slices of erasure coding.</param>
    /// <param name="nextJson">The new document.</param>
    /// <param name="error">Which property is wrong and what is expected.</param>
    public static bool TryPatch(string currentJson, string patchJson, int activeTargets, [NotNullWhen(true)] out string? nextJson, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(currentJson);
        ArgumentNullException.ThrowIfNull(patchJson);
        nextJson = null;
        if (SettingsPatch.ParseObject(currentJson, out error) is not { } target || SettingsPatch.ParseObject(patchJson, out error) is not { } tree)
        {
            error ??= "invalid JSON";
            return false;
        }

        var force = TakeForce(tree);
        if (!TryRead(currentJson, out var before, out error) || SettingsPatch.FromTree(SettingsSchema.Bucket, tree, out error) is not { } patch)
        {
            error ??= "invalid JSON";
            return false;
        }

        BucketPropsRules.Complete(patch, before);
        SettingsPatch.Merge(SettingsSchema.Bucket, target, patch);
        var text = SettingsPatch.Text(target);
        if (!TryRead(text, out var after, out error))
        {
            return false;
        }

        error = BucketPropsRules.Check(before, after, activeTargets, force);
        nextJson = error is null ? text : null;
        return nextJson is not null;
    }

    private static bool TakeForce(JsonObject tree)
    {
        var name = tree.Select(pair => pair.Key).FirstOrDefault(key => key.Equals("force", StringComparison.OrdinalIgnoreCase));
        if (name is null)
        {
            return false;
        }

        var value = tree[name];
        tree.Remove(name);
        return value?.GetValueKind() == JsonValueKind.True;
    }
}
