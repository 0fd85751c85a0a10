using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.State.Operations;

/// <summary>Refusals that several commands about operations share.</summary>
internal static class OperationChecks
{
    public static StoreError? NotKnown(ClusterState state) => Refusals.NotFormed(state) ?? (state.KnowsOperations
        ? null
        : new StoreError(ErrorCode.Unsupported, "not every member of the cluster knows operations yet: update them all first"));

    /// <summary>The running operation must be as the proposer saw it (rule A11).</summary>
    public static StoreError? NotAsSeen(ClusterState state, long operation, long seenVersion)
    {
        if (NotKnown(state) is { } refusal)
        {
            return refusal;
        }

        if (!state.Operations.TryGetValue(operation, out var running))
        {
            return state.Operation(operation) is { } finished
                ? new StoreError(ErrorCode.Conflict, $"operation {finished.Name} has ended: {finished.Phase}")
                : new StoreError(ErrorCode.JobNotFound, $"operation op{operation} is not known");
        }

        return running.Version == seenVersion
            ? null
            : new StoreError(ErrorCode.Conflict, $"operation {running.Name} is at version {running.Version}, the command was made for {seenVersion}: look again");
    }

    public static StoreError? NotInPhase(Operation operation, OperationPhase phase, OperationPhase orElse) => operation.Phase == phase || operation.Phase == orElse
        ? null
        : new StoreError(ErrorCode.Conflict, $"operation {operation.Name} is in phase {operation.Phase}, not in {phase}");

    public static StoreError? NotNamed(Operation operation, NodeId node) => operation.Node(node) is { Ended: false }
        ? null
        : new StoreError(ErrorCode.Conflict, $"operation {operation.Name} does not concern node {node}");

    /// <summary>A node that is to go must have neither vote nor leadership (rule A2).</summary>
    public static StoreError? HasRoles(ClusterState state, NodeId node)
    {
        if (state.Leader?.Identity.Id == node)
        {
            return new StoreError(ErrorCode.Conflict, $"node {node} leads the cluster: leadership is handed over first");
        }

        return state.Voters.Members.Any(v => v.Id == node) ? new StoreError(ErrorCode.Conflict, $"node {node} votes: its vote is taken over first") : null;
    }

    /// <summary>Rule B0: a removal needs the target inactive and clean at the newest epoch, or a declared loss.</summary>
    public static StoreError? NotRemovable(ClusterState state, NodeEntry entry)
    {
        if (HasRoles(state, entry.Id) is { } roles)
        {
            return roles;
        }

        if (entry.State == AdminState.In)
        {
            return new StoreError(ErrorCode.Conflict, $"node {entry.Id} is in service: take it out first");
        }

        var newest = state.Newest.Number;
        return !entry.HoldsIntegers || (entry.Clean == newest && entry.Fenced == newest && entry.LostMountpathIds.IsEmpty)
            ? null
            : new StoreError(ErrorCode.Conflict, $"target {entry.Id} may hold what belongs elsewhere (clean as of epoch {entry.Clean}, the newest is {newest}): let it drain, or declare it lost");
    }

    /// <summary>Rule B0: what goes in is online and leased, as the leader saw it of the committed session, and its mountpath ids are recorded.</summary>
    public static StoreError? NotReady(ClusterState state, NodeId target, ImmutableArray<ReadyTarget> ready)
    {
        var entry = state.Node(target)!;
        if (entry.Role == NodeRole.Gateway)
        {
            return null;
        }

        // The leader may still hear of it and know of a lease: the process itself has said that it is gone.
        if (entry.StoppedInOrder || entry.AttestedOff)
        {
            return new StoreError(ErrorCode.Conflict, $"target {target} has stopped: start it and wait until it is back");
        }

        if (!ready.Any(r => r.Id == target && r.Session == entry.Session && r.Session != SessionId.None))
        {
            return new StoreError(ErrorCode.Conflict, $"target {target} was not seen online and leased in its present session: start it and wait until it is");
        }

        return entry.MountpathIds.IsEmpty ? new StoreError(ErrorCode.Conflict, $"target {target} has recorded no mountpaths") : null;
    }
}
