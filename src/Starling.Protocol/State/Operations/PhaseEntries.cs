using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Operations.Guards;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.State.Operations;

/// <summary>What must hold before a phase is entered, and what entering it commits. Pure.</summary>
internal static class PhaseEntries
{
    /// <summary>Why the next phase cannot be entered in this state; null when it can. The order of phases was checked.</summary>
    public static StoreError? Refuse(ClusterState state, Operation operation, AdvanceOperation command) => (operation.Phase, command.To) switch
    {
        (OperationPhase.RolesOff, OperationPhase.Mark) => RefuseMark(state, operation),
        (OperationPhase.Precheck, OperationPhase.Mark) => RefuseReturn(state, operation, command.Ready, []),
        (OperationPhase.Cancelling, OperationPhase.Cancelled) => RefuseReturn(state, operation, command.Ready, command.Silent),
        (OperationPhase.Mark, OperationPhase.Drain) => RefuseDrain(state, operation),
        (OperationPhase.Drain, OperationPhase.Verify) => operation.Nodes.Select(n => NotClean(state, operation, n.Id)).FirstOrDefault(e => e is not null),
        (OperationPhase.Drain, OperationPhase.Done) => RefuseDone(state, operation),
        // What proves more than that a phase is over has a command of its own; here only operations pass through whose nodes are gone.
        (_, OperationPhase.Drained) => operation.Nodes.Where(n => Drains(state, n.Id)).Select(n => Waits($"target {n.Id} has not completed its drain")).FirstOrDefault(),
        (_, OperationPhase.PermitErase or OperationPhase.Erased) =>
            operation.Nodes.Where(n => state.Node(n.Id) is not null && !n.Ended).Select(n => Waits($"node {n.Id} is still a member")).FirstOrDefault(),
        (OperationPhase.Stop, OperationPhase.Done) => operation.Nodes.Select(n => StillRuns(state, n, command.Silent)).FirstOrDefault(e => e is not null),
        (OperationPhase.Remove, OperationPhase.Done) => operation.Nodes.Where(n => state.Node(n.Id) is not null && !n.Ended).Select(n => Waits($"node {n.Id} is still a member")).FirstOrDefault(),
        _ => null,
    };

    /// <summary>The state with the operation in its next phase, and what that commits.</summary>
    public static ClusterState Enter(ClusterState state, Operation operation, AdvanceOperation command, long index)
    {
        var to = command.To;
        var entered = operation with { Phase = to, Blocked = null };
        return (operation.Phase, to) switch
        {
            (OperationPhase.RolesOff, OperationPhase.Mark) => MarkOut(state, entered, index),
            (OperationPhase.Precheck, OperationPhase.Mark) => MarkIn(state, entered, index),
            (_, OperationPhase.Cancelled) => TakeBack(state, entered, command.Silent, index),
            (_, OperationPhase.Done) => state.WithOperation(entered with { Ending = "done" }, index),
            _ => state.WithOperation(entered, index),
        };
    }

    /// <summary>Whether this node of an operation drains: it has something to hand over.</summary>
    public static bool Drains(ClusterState state, NodeId node) => state.Node(node) is { Role: NodeRole.Target, State: AdminState.Draining };

    /// <summary>Why a draining target is not clean as this operation wants it; null when it is, or when it does not drain.</summary>
    public static StoreError? NotClean(ClusterState state, Operation operation, NodeId node)
    {
        if (!Drains(state, node))
        {
            return null;
        }

        var entry = state.Node(node)!;
        return !entry.HoldsIntegers || (entry.Clean == state.Newest.Number && entry.CleanIndex >= operation.PassIndex)
            ? null
            : Waits($"target {node} is clean as of epoch {entry.Clean}, the newest is {state.Newest.Number}");
    }

    private static StoreError? RefuseMark(ClusterState state, Operation operation)
    {
        foreach (var node in operation.Nodes)
        {
            if (state.Node(node.Id) is not null && OperationChecks.HasRoles(state, node.Id) is { } roles)
            {
                return roles;
            }
        }

        // The removal of the dead may have passed by since the guards were asked (rule A11); what the state alone can say is asked again.
        var question = new GuardQuestion(state, operation.Kind, [.. operation.Nodes.Select(n => n.Id)], operation.Options, OperationFacts.None);
        return !operation.Options.Forces(LastTarget.Name) && LastTarget.Refuse(question) is { } text ? Waits($"guard {LastTarget.Name}: {text}") : null;
    }

    private static StoreError? RefuseReturn(ClusterState state, Operation operation, ImmutableArray<ReadyTarget> ready, ImmutableArray<ReadyTarget> silent)
    {
        foreach (var node in operation.Nodes)
        {
            if (state.Node(node.Id) is { } entry && GoesIn(operation, node, entry) && !StaysOut(entry, silent) && OperationChecks.NotReady(state, node.Id, ready) is { } notReady)
            {
                return notReady;
            }
        }

        return null;
    }

    private static StoreError? RefuseDrain(ClusterState state, Operation operation)
    {
        foreach (var node in operation.Kind.TakesOut() ? operation.Nodes : [])
        {
            if (Drains(state, node.Id) && state.Node(node.Id) is { HoldsIntegers: true } entry && entry.Fenced < operation.MarkEpoch)
            {
                return Waits($"target {node.Id} may still commit under an epoch below {operation.MarkEpoch}");
            }
        }

        return null;
    }

    private static StoreError? RefuseDone(ClusterState state, Operation operation)
    {
        foreach (var entry in state.Nodes.Values)
        {
            // One that is out passes if it runs; nobody waits for it.
            if (entry.HoldsIntegers && entry.State is AdminState.In or AdminState.Draining && operation.AsksToPass(entry)
                && (entry.Clean < operation.MarkEpoch || entry.CleanIndex < operation.PassIndex))
            {
                return Waits($"target {entry.Id} is clean as of epoch {entry.Clean}, {operation.MarkEpoch} is wanted");
            }
        }

        return null;
    }

    private static StoreError? StillRuns(ClusterState state, OperationNode node, ImmutableArray<ReadyTarget> silent) =>
        state.Node(node.Id) is not { } entry || entry.StoppedInOrder || entry.AttestedOff || (node.StopSession != SessionId.None
            && (entry.Session != node.StopSession || silent.Any(s => s.Id == node.Id && s.Session == node.StopSession)))
            ? null
            : Waits($"node {node.Id} has not stopped yet");

    private static StoreError Waits(string text) => new(ErrorCode.Conflict, text);

    private static ClusterState MarkOut(ClusterState state, Operation operation, long index)
    {
        var nodes = state.Nodes.ToBuilder();
        var (moves, epoch) = (false, false);
        foreach (var node in operation.Nodes)
        {
            if (state.Node(node.Id) is not { } entry)
            {
                continue;
            }

            var to = StateAfterMark(state, operation, entry);
            epoch |= entry.IsActiveTarget && to != AdminState.In;
            moves |= to == AdminState.Draining;
            nodes[node.Id] = entry with { State = to };
        }

        return Marked(state, operation, nodes.ToImmutable(), moves, epoch, index);
    }

    private static ClusterState MarkIn(ClusterState state, Operation operation, long index)
    {
        var nodes = state.Nodes.ToBuilder();
        var targets = false;
        foreach (var node in operation.Nodes)
        {
            if (state.Node(node.Id) is { } entry && entry.State != AdminState.In)
            {
                nodes[node.Id] = BackIn(entry);
                targets |= entry.Role == NodeRole.Target;
            }
        }

        return Marked(state, operation, nodes.ToImmutable(), targets && !operation.Options.NoRebalance, targets, index);
    }

    /// <summary>
    /// Whoever was in goes back in, by one epoch; what changed meanwhile moves back under an operation of its own. Nobody waits for one that is dead: it stays out, and
    /// a return brings it back when it answers.
    /// </summary>
    private static ClusterState TakeBack(ClusterState state, Operation operation, ImmutableArray<ReadyTarget> silent, long index)
    {
        var nodes = state.Nodes.ToBuilder();
        var back = ImmutableArray.CreateBuilder<OperationNode>();
        var away = new List<NodeId>();
        foreach (var node in operation.Nodes)
        {
            if (state.Node(node.Id) is not { } entry)
            {
                continue;
            }

            if (GoesIn(operation, node, entry) && StaysOut(entry, silent))
            {
                nodes[node.Id] = entry with { State = AdminState.Out };
                away.Add(node.Id);
            }
            else if (GoesIn(operation, node, entry))
            {
                nodes[node.Id] = BackIn(entry);
                if (entry.Role == NodeRole.Target)
                {
                    back.Add(OperationChange.Remember(state, node.Id));
                }
            }
            else if (entry.State == AdminState.Draining)
            {
                nodes[node.Id] = entry with { State = AdminState.Out };
            }
        }

        var ending = away.Count == 0 ? "taken back" : $"taken back; {string.Join(", ", away)} did not answer and stays out: start it, then stop-maintenance brings it back";
        var ended = state.WithOperation(operation with { Ending = ending }, index);
        var reverse = new Operation(index, OperationKind.Return)
        {
            Nodes = back.ToImmutable(),
            Options = new OperationOptions { NoRebalance = operation.Options.NoRebalance },
            RequestedBy = operation.RequestedBy,
            CreatedNs = operation.CreatedNs,
        };
        var moves = back.Count > 0 && !operation.Options.NoRebalance;
        return Marked(ended, reverse with { Phase = moves ? OperationPhase.Drain : OperationPhase.Done, Ending = moves ? string.Empty : "done" }, nodes.ToImmutable(), moves, back.Count > 0, index);
    }

    private static ClusterState Marked(
        ClusterState state, Operation operation, ImmutableSortedDictionary<NodeId, NodeEntry> nodes, bool moves, bool epoch, long index)
    {
        var next = epoch ? EpochChange.Commit(state, nodes, quiet: !moves) : state with
        {
            Nodes = nodes,
            Versions = state.Versions with { Smap = state.Versions.Smap + 1, Rmd = state.Versions.Rmd + (moves ? 1 : 0) },
        };
        return next.WithOperation(operation with { MarkEpoch = next.Newest.Number, RebalanceId = moves ? next.Versions.Rmd : 0 }, index);
    }

    // A removal of the dead, and one without rebalance, leave behind what the node holds; everybody else hands over first.
    private static AdminState StateAfterMark(ClusterState state, Operation operation, NodeEntry entry)
    {
        if (entry.State is AdminState.Joining or AdminState.Leaving)
        {
            return entry.State;
        }

        if (entry.Role == NodeRole.Gateway || operation.Kind == OperationKind.RemoveDead || operation.Options.NoRebalance)
        {
            return AdminState.Out;
        }

        return entry.State == AdminState.Out && (!entry.HoldsIntegers || entry.Clean == state.Newest.Number) ? AdminState.Out : AdminState.Draining;
    }

    private static bool StaysOut(NodeEntry entry, ImmutableArray<ReadyTarget> silent) =>
        entry.Role == NodeRole.Target && silent.Any(s => s.Id == entry.Id && s.Session == entry.Session);

    private static bool GoesIn(Operation operation, OperationNode node, NodeEntry entry) =>
        entry.State != AdminState.In && (operation.Kind == OperationKind.Return || node.Before.State == AdminState.In);

    private static NodeEntry BackIn(NodeEntry entry) => entry with { State = AdminState.In, VerifiedBy = [] };
}
