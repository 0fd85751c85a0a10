using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Starling.Core.Errors;

namespace Starling.Core.Config;

/// <summary>Whose configuration a change is for.</summary>
public enum ConfigScope
{
    /// <summary>All nodes.</summary>
    Cluster,

    /// <summary>One node.</summary>
    Node,
}

/// <summary>Which settings may be changed where, and for how long.</summary>
public static class ConfigScopeRules
{
    private static readonly FrozenSet<string> ClusterOnly = FrozenSet.ToFrozenSet(
        ["checksum", "tcb", "tco", "arch", "lso", "rebalance", "ec", "get_batch", "transport", "chunks", "mirror", "periodic", "auth", "backend", "proxy", "net", "features", "versioning", "reads", "pace"],
        StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> NeverTransient = FrozenSet.ToFrozenSet(["auth", "net", "tracing", "memsys", "keepalivetracker"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Null when the patch may be applied; else what is refused: 501 for what cannot be transient, 400 for what one node cannot have to itself.</summary>
    /// <param name="patchJson">A tree of settings.</param>
    /// <param name="transient">True when the change is not to be persisted.</param>
    /// <param name="scope">Whose configuration it is.</param>
    public static StoreError? Check(string patchJson, bool transient, ConfigScope scope)
    {
        ArgumentNullException.ThrowIfNull(patchJson);
        if (SettingsPatch.ParseObject(patchJson, out var error) is not { } patch)
        {
            return new StoreError(ErrorCode.Invalid, error ?? "invalid JSON");
        }

        foreach (var (name, value) in patch)
        {
            if (value is not null && (CheckTransient(name, value, transient) ?? CheckScope(name, transient, scope)) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    private static StoreError? CheckTransient(string section, JsonNode value, bool transient)
    {
        if (!transient)
        {
            return null;
        }

        if (NeverTransient.Contains(section))
        {
            return new StoreError(ErrorCode.Unsupported, $"setting \"{section}\" transiently is not supported: set it without \"transient\"");
        }

        if (section.Equals("timeout", StringComparison.OrdinalIgnoreCase) && value is JsonObject timeout)
        {
            foreach (var (name, leaf) in timeout)
            {
                if (leaf is not null && name.ToLowerInvariant() is "max_keepalive" or "cplane_operation")
                {
                    return new StoreError(ErrorCode.Unsupported, $"setting \"timeout.{name}\" transiently is not supported: set it without \"transient\"");
                }
            }
        }

        return null;
    }

    private static StoreError? CheckScope(string section, bool transient, ConfigScope scope) => !ClusterOnly.Contains(section) ? null
        : scope == ConfigScope.Node ? new StoreError(ErrorCode.Invalid, $"\"{section}\" is a setting of the cluster and cannot be set on one node: set it on the cluster")
        : transient ? new StoreError(ErrorCode.Invalid, $"\"{section}\" is a setting of the cluster and cannot be set transiently: set it without \"transient\"")
        : null;
}
