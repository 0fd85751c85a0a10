using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Changes of typed properties of a bucket; see <see cref="BucketPropsDocument"/> for the same on documents.</summary>
public static class BucketProps
{
    /// <summary>Applies a change.</summary>
    /// <param name="current">The properties; not changed.</param>
    /// <param name="change">A tree in which every leaf is optional, and <c>force</c>.</param>
    /// <param name="activeTargets">How many targets there are for slices of erasure coding.</param>
    /// <param name="next">The new properties.</param>
    /// <param name="error">Which property is wrong and what is expected.</param>
    public static bool TryApply(BpropsWire current, JsonElement change, int activeTargets, [NotNullWhen(true)] out BpropsWire? next, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(current);
        next = null;
        var patch = change.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined ? string.Empty : change.GetRawText();
        return BucketPropsDocument.TryPatch(BucketPropsDocument.Write(current), patch, activeTargets, out var json, out error)
            && BucketPropsDocument.TryRead(json, out next, out error);
    }
}
