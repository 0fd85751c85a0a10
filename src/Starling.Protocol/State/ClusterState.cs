namespace Starling.Protocol.State;

/// <summary>The committed truth: the fold of the log up to <see cref="AppliedIndex"/>. Immutable; all collections sorted.</summary>
public sealed record ClusterState
{
    /// <summary>Before the first entry.</summary>
    public static ClusterState Empty { get; } = new();

    /// <summary>Log index of the last applied entry.</summary>
    public long AppliedIndex { get; init; }
}
