using System.Diagnostics.CodeAnalysis;
using Starling.Core.Errors;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Changes of a typed configuration; see <see cref="ConfigDocument"/> for the same on documents.</summary>
public static class ConfigUpdate
{
    /// <summary>Sets settings by dotted names.</summary>
    /// <param name="current">The configuration; not changed.</param>
    /// <param name="named">Names and values.</param>
    /// <param name="transient">True when the change is not to be persisted.</param>
    /// <param name="scope">Whose configuration it is.</param>
    /// <param name="next">The new configuration.</param>
    /// <param name="error">What is refused and why; its code chooses between 400 and 501.</param>
    public static bool TryApply(
        ClusterConfigWire current, IEnumerable<KeyValuePair<string, string>> named, bool transient, ConfigScope scope,
        [NotNullWhen(true)] out ClusterConfigWire? next, [NotNullWhen(false)] out StoreError? error)
    {
        if (ConfigDocument.TryParseNames(named, out var patchJson, out var reason))
        {
            return TryApplyJson(current, patchJson, transient, scope, out next, out error);
        }

        next = null;
        error = new StoreError(ErrorCode.Invalid, reason);
        return false;
    }

    /// <summary>Sets settings by a tree in which every leaf is optional.</summary>
    /// <inheritdoc cref="TryApply"/>
    public static bool TryApplyJson(
        ClusterConfigWire current, string patchJson, bool transient, ConfigScope scope,
        [NotNullWhen(true)] out ClusterConfigWire? next, [NotNullWhen(false)] out StoreError? error)
    {
        ArgumentNullException.ThrowIfNull(current);
        next = null;
        error = ConfigScopeRules.Check(patchJson, transient, scope);
        if (error is not null)
        {
            return false;
        }

        if (!ConfigDocument.TryPatch(ConfigDocument.Write(current), patchJson, out var nextJson, out var reason) || !ConfigDocument.TryRead(nextJson, out next, out reason))
        {
            error = new StoreError(ErrorCode.Invalid, reason);
            return false;
        }

        return true;
    }
}
