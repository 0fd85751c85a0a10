using Starling.Core.Errors;

namespace Starling.Protocol.State.Commands;

/// <summary>Sets the replicated configuration back to its defaults.</summary>
/// <param name="SeenVersion">Version of the configuration that the proposer saw (compare-and-set); 0 for any.</param>
public sealed record ResetConfig(long SeenVersion) : Command
{
    /// <summary>The defaults. They travel in the command: nodes of different builds must end with the same configuration.</summary>
    public ClusterConfig Defaults { get; init; } = ClusterConfig.Default;

    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return Refusals.NotFormed(state)
            ?? SetConfig.CheckVersion(state, SeenVersion)
            ?? (JsonObjects.Check(Defaults.Json, out var malformed) ? null : new StoreError(ErrorCode.Invalid, $"configuration: {malformed}"));
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state with { Config = Defaults, Versions = state.Versions with { Conf = state.Versions.Conf + 1 } };
    }
}
