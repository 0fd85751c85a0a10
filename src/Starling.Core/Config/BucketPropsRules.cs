using System.Text.Json.Nodes;
using Starling.Core.Objects;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>What the properties of a bucket must satisfy.</summary>
internal static class BucketPropsRules
{
    /// <summary>Adds what a change implies: one copy means no copies, and enabling copies means two at least; a bucket behind that is named "none" is none.</summary>
    public static void Complete(JsonObject patch, BpropsWire before)
    {
        if (patch["mirror"] is JsonObject mirror)
        {
            var copies = mirror["copies"]?.GetValue<long>();
            if (copies == 1)
            {
                mirror["enabled"] = false;
            }
            else if (copies is null && before.Mirror.Copies < 2 && mirror["enabled"]?.GetValue<bool>() == true)
            {
                mirror["copies"] = 2;
            }
        }

        if (patch["backend_bck"] is JsonObject backend && backend["name"]?.GetValue<string>() is "" or "none")
        {
            patch["backend_bck"] = new JsonObject { ["name"] = string.Empty, ["provider"] = string.Empty, ["namespace"] = new JsonObject { ["uuid"] = string.Empty, ["name"] = string.Empty } };
        }
    }

    public static string? Check(BpropsWire before, BpropsWire after, int activeTargets, bool force) =>
        ConfigRules.Checksum(after.Checksum, emptyIsDefault: false)
        ?? (after.Mirror is { Enabled: false, Copies: 1 } ? null : ConfigRules.Mirror(after.Mirror))
        ?? ConfigRules.ErasureCoding(after.ErasureCoding)
        ?? ConfigRules.WritePolicy(after.WritePolicy)
        ?? ConfigRules.Chunks(after.Chunks)
        ?? ConfigRules.RateLimits(after.RateLimit)
        ?? ConfigRules.Features("features", after.Features & ~before.Features, FeatureBits.BucketScope)
        ?? ErasureCodingChange(before.ErasureCoding, after.ErasureCoding, activeTargets, force)
        ?? MirrorAndChunks(after)
        ?? Durability(after.Durability)
        ?? Custom(after.Extra.Custom)
        ?? Backend(after);

    private static string? ErasureCodingChange(ErasureCodingSection before, ErasureCodingSection after, int activeTargets, bool force)
    {
        if (before.Enabled && after.Enabled && (before.DataSlices != after.DataSlices || before.ParitySlices != after.ParitySlices))
        {
            return $"cannot change ec.data_slices={before.DataSlices}, ec.parity_slices={before.ParitySlices} of a bucket that is erasure coded already: disable erasure coding first";
        }

        if (before.Enabled && after.Enabled && before.ObjsizeLimit != after.ObjsizeLimit && !force)
        {
            return $"cannot change ec.objsize_limit={before.ObjsizeLimit} of a bucket that is erasure coded already: use force";
        }

        var needed = after.DataSlices + after.ParitySlices + 1;
        return after.Enabled && !before.Enabled && needed > activeTargets && !force
            ? $"not enough targets: erasure coding with {after.DataSlices} data and {after.ParitySlices} parity slices needs {needed}, there are {activeTargets}: use fewer slices"
            : null;
    }

    private static string? MirrorAndChunks(BpropsWire after) => after.Mirror.Enabled && after.Chunks.ObjsizeLimit.Bytes > 0
        ? "mirror.enabled=true and chunks.objsize_limit exclude each other: disable one of the two"
        : null;

    private static string? Durability(string value) => Durabilities.TryParse(value, out _) ? null
        : $"invalid durability=\"{value}\": expected durable, durable-local or buffered";

    private static string? Custom(string? value) => value is null || value.Length <= 128 ? null : $"invalid extra.custom: {value.Length} characters, at most 128 are allowed";

    private static string? Backend(BpropsWire after)
    {
        if (string.IsNullOrEmpty(after.BackendBucket.Name))
        {
            return null;
        }

        return !after.BackendBucket.TryParse(out var bucket, out var error) ? $"invalid backend_bck: {error}"
            : bucket!.Provider == "ais" && bucket.Namespace.StartsWith("@#", StringComparison.Ordinal) ? $"invalid backend_bck \"{bucket.Cname}\": a remote bucket is expected"
            : after.Provider != "ais" ? "only ais buckets can have a backend_bck"
            : null;
    }
}
