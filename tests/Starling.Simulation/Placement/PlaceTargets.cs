using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;

namespace Starling.Simulation.Placement;

/// <summary>What one target becomes.</summary>
public readonly record struct Placed(NodeId Id, AdminState State, int Weight = 1);

/// <summary>
/// Any change of placement at once, by rule B0 and nothing else: scripts and seeds use it for epochs that no operation of an administrator makes
/// (several targets in and out together, other weights). It is no command of the product and never leaves the simulator.
/// </summary>
public sealed record PlaceTargets(long SeenEpoch, ImmutableArray<Placed> Changes) : Command, ISimulatedCommand
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        if (state.Newest.Number != SeenEpoch)
        {
            return new StoreError(ErrorCode.Conflict, $"epoch {state.Newest.Number} was committed meanwhile, not {SeenEpoch}");
        }

        foreach (var change in Changes)
        {
            if (state.Node(change.Id) is not { Role: NodeRole.Target, MountpathIds.Length: > 0 })
            {
                return new StoreError(ErrorCode.Conflict, $"{change.Id} is no target with a committed session");
            }
        }

        return Placed(state).Values.Any(n => n.IsActiveTarget) ? null : new StoreError(ErrorCode.Conflict, "nobody would be left");
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index) => EpochChange.Commit(state, Placed(state));

    private ImmutableSortedDictionary<NodeId, NodeEntry> Placed(ClusterState state)
    {
        var nodes = state.Nodes.ToBuilder();
        foreach (var change in Changes)
        {
            var entry = nodes[change.Id];

            // Weights change only when their target goes in (rule B0).
            var goesIn = change.State == AdminState.In && entry.State != AdminState.In;
            nodes[change.Id] = entry with { State = change.State, Weight = goesIn ? change.Weight : entry.Weight };
        }

        return nodes.ToImmutable();
    }

    /// <inheritdoc/>
    public bool Equals(PlaceTargets? other) => other is not null && base.Equals(other) && SeenEpoch == other.SeenEpoch && Changes.AsSpan().SequenceEqual(other.Changes.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), SeenEpoch, Changes.Length);
}
