using System.Collections.Immutable;

namespace Starling.Protocol.State.Operations;

/// <summary>How an operation was asked for; on record.</summary>
public sealed record OperationOptions
{
    /// <summary>Nothing special.</summary>
    public static OperationOptions None { get; } = new();

    /// <summary>Placement changes and no data moves (rule B0: <c>in -> out</c>); what may lie on the node is 503 while it is away, never 404.</summary>
    public bool NoRebalance { get; init; }

    /// <summary>Decommission: erase objects too.</summary>
    public bool RemoveUserData { get; init; }

    /// <summary>Decommission: keep the plain-text configuration of the node.</summary>
    public bool KeepInitialConfig { get; init; }

    /// <summary>Decommission: the process stays up after erasing.</summary>
    public bool NoShutdown { get; init; }

    /// <summary>Rebalance: nothing moves, copies that lie where they do not belong are removed where their owner holds the same (cleanup mode, rule B11).</summary>
    public bool Cleanup { get; init; }

    /// <summary>Cleanup: the owner's newer record counts too.</summary>
    public bool CleanupForce { get; init; }

    /// <summary>Cleanup: only names that begin with this, in full (<c>ais/@#/bucket/prefix</c>); empty: all.</summary>
    public string Scope { get; init; } = string.Empty;

    /// <summary>Names of the guards that the administrator overrides, sorted.</summary>
    public ImmutableArray<string> Force { get; init; } = [];

    /// <summary>Whether a guard is overridden.</summary>
    public bool Forces(string guard) => Force.Contains(guard, StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool Equals(OperationOptions? other) => other is not null && NoRebalance == other.NoRebalance && RemoveUserData == other.RemoveUserData
        && KeepInitialConfig == other.KeepInitialConfig && NoShutdown == other.NoShutdown && Cleanup == other.Cleanup && CleanupForce == other.CleanupForce && Scope == other.Scope && Force.AsSpan().SequenceEqual(other.Force.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(NoRebalance, RemoveUserData, KeepInitialConfig, NoShutdown, Cleanup, Scope, Force.Length);
}
