using System.Collections.Immutable;
using System.Globalization;
using Starling.Core.Errors;
using Starling.Core.Names;

namespace Starling.Protocol.State.Commands;

/// <summary>
/// Raises what every member is known to understand. Never lowers it. <see cref="Command.SeenIndex"/> is the index that the members were observed at: a process
/// that has started since may be of another build (rule A11); 0: not said.
/// </summary>
/// <param name="SeenLevel">The level that the proposer saw (compare-and-set).</param>
/// <param name="Level">The new one.</param>
/// <param name="Supporting">The members that said they support it, sorted; must be all of them when applied (rule A11).</param>
public sealed record SetFeatureLevel(int SeenLevel, int Level, ImmutableArray<NodeId> Supporting) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.FeatureLevel != SeenLevel || Level <= SeenLevel)
        {
            return new StoreError(ErrorCode.Conflict, $"feature level is {state.FeatureLevel}: it is raised from there, not from {SeenLevel} to {Level}");
        }

        foreach (var (id, entry) in state.Nodes)
        {
            if (!Supporting.Contains(id))
            {
                return new StoreError(ErrorCode.Conflict, $"node {id} did not say that it supports feature level {Level}: update it first");
            }

            if (SeenIndex > 0 && Math.Max(entry.SessionIndex, entry.JoinedIndex) > SeenIndex)
            {
                return new StoreError(ErrorCode.Conflict, $"node {id} has started again since it said that it supports feature level {Level}: ask again");
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state with { FeatureLevel = Level };
    }

    /// <inheritdoc/>
    public override string Result(ClusterState before, long index) => Level.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public bool Equals(SetFeatureLevel? other) => other is not null && base.Equals(other) && SeenLevel == other.SeenLevel && Level == other.Level
        && Supporting.AsSpan().SequenceEqual(other.Supporting.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), SeenLevel, Level);
}
