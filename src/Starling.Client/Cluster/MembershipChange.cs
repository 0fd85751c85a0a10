namespace Starling.Client.Cluster;

/// <summary>A change of membership: which nodes, and how.</summary>
/// <param name="Nodes">Ids, at least one, each once.</param>
public sealed record MembershipChange(IReadOnlyList<string> Nodes)
{
    /// <summary>No data moves.</summary>
    public bool SkipRebalance { get; init; }

    /// <summary>Decommission: objects are erased too.</summary>
    public bool RemoveUserData { get; init; }

    /// <summary>Decommission: the plain-text configuration stays.</summary>
    public bool KeepInitialConfig { get; init; }

    /// <summary>Decommission: the process stays up.</summary>
    public bool NoShutdown { get; init; }

    /// <summary>Guards to override, by name.</summary>
    public IReadOnlyList<string> Force { get; init; } = [];
}

/// <summary>What a change of membership was answered with.</summary>
/// <param name="RebalanceId"><c>g</c> and a number; empty: no data moves.</param>
/// <param name="TaskId">GUID of the operation; empty: there was nothing to do.</param>
public sealed record MembershipReply(string RebalanceId, string TaskId);
