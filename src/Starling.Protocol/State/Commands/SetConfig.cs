using Starling.Core.Errors;

namespace Starling.Protocol.State.Commands;

/// <summary>Changes the replicated configuration; what is not named stays as it is.</summary>
/// <param name="PatchJson">The fields to set, as clients send them.</param>
/// <param name="SeenVersion">Version of the configuration that the change was made against (compare-and-set); 0 for any.</param>
public sealed record SetConfig(string PatchJson, long SeenVersion) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return Refusals.NotFormed(state) ?? CheckVersion(state, SeenVersion) ?? SettingsRules.PatchConfig(state.Config, PatchJson).Error;
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state with { Config = SettingsRules.PatchConfig(state.Config, PatchJson).Value!, Versions = state.Versions with { Conf = state.Versions.Conf + 1 } };
    }

    /// <summary>Refuses when the configuration changed since.</summary>
    internal static StoreError? CheckVersion(ClusterState state, long seenVersion) => seenVersion == 0 || seenVersion == state.Versions.Conf
        ? null
        : new StoreError(ErrorCode.Conflict, $"the configuration is at version {state.Versions.Conf}, the change was made against {seenVersion}: look again");
}
