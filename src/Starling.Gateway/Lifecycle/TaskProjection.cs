using System.Globalization;
using Starling.Core.Wire;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;

namespace Starling.Gateway.Lifecycle;

/// <summary>Operations and nodes as clients see them: pure projections of the committed state and of what targets reported.</summary>
public static class TaskProjection
{
    /// <summary>One operation.</summary>
    /// <param name="state">The committed state.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="rebalance">How its rebalance goes; null where nobody asked the targets.</param>
    public static TaskWire Of(ClusterState state, Operation operation, RebalanceWire? rebalance)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(operation);
        var task = new TaskWire
        {
            Status = StatusOf(operation),
            TaskId = TaskNames.GuidOf(state, operation.Id),
            Operation = operation.Name,
            Action = operation.Kind.ActionName(),
            Nodes = [.. operation.Nodes.Select(node => node.Id.Value)],
            Phase = PhaseOf(operation.Phase),
            RebalanceId = operation.MovesData ? RebalanceWire.IdOf(operation.RebalanceId) : string.Empty,
            Progress = ProgressOf(operation, rebalance),
            Blocked = BlockOf(operation.Blocked),
            Ending = operation.Ending,
            Cancellable = operation.MayBeCancelled && operation.Nodes.All(node => state.Node(node.Id) is not { } entry || !state.ErasePermits.ContainsKey(entry.Member)),
            RequestedBy = operation.RequestedBy,
            Created = TimeOf(operation.CreatedNs),
            SkipRebalance = operation.Options.NoRebalance,
            Force = [.. operation.Options.Force],
            Snapshots = [.. operation.Nodes.Select(node => SnapshotOf(operation, node))],
        };
        if (rebalance is not null && operation.MovesData)
        {
            AddAmounts(task, operation, rebalance);
        }

        return task;
    }

    /// <summary>The obstacle of an operation; null: none.</summary>
    public static TaskBlockWire? BlockOf(OperationBlock? block) => block is null ? null : new TaskBlockWire
    {
        Reason = block.Reason switch
        {
            BlockReason.OutOfSpace => "out-of-space",
            BlockReason.NotReady => "not-ready",
            BlockReason.MayRun => "may-run",
            var other => other.ToString().ToLowerInvariant(),
        },
        Text = block.Text,
        Names = [.. block.Names],
    };

    /// <summary>What a return restores of one node.</summary>
    public static NodeSnapshotWire SnapshotOf(Operation operation, OperationNode node)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(node);
        return new NodeSnapshotWire
        {
            Name = SnapshotName(operation),
            Node = node.Id.Value,
            Epoch = node.Before.Epoch,
            State = node.Before.State.ToString().ToLowerInvariant(),
            Electable = node.Before.Electable,
            Voter = node.Before.Voter,
            Weight = node.Before.Weight,
            MountpathIds = [.. node.Before.MountpathIds],
        };
    }

    /// <summary>The name of the snapshot that an operation keeps of its nodes.</summary>
    public static string SnapshotName(Operation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return "maintenance_mode_" + DateTime.UnixEpoch.AddTicks(operation.CreatedNs / 100).ToString("yyyy-MM-dd_HH-mm-ss", CultureInfo.InvariantCulture);
    }

    /// <summary>One member, without what only the leader knows.</summary>
    public static NodeWire NodeOf(ClusterState state, NodeEntry entry)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(entry);
        var operation = state.OperationOn(entry.Id);
        return new NodeWire
        {
            Id = entry.Id.Value,
            Role = entry.Role == NodeRole.Gateway ? "proxy" : "target",
            State = entry.State.ToString().ToLowerInvariant(),
            TaskId = operation is null ? string.Empty : TaskNames.GuidOf(state, operation.Id),
            Action = operation?.Kind.ActionName() ?? string.Empty,
            Phase = operation is null ? string.Empty : PhaseOf(operation.Phase),
            RebalanceId = state.PassWanted(entry.Id) is not null && RebalanceState.Running(state) is { } running ? running.Id : string.Empty,
            Voter = state.Voters.Members.Any(voter => voter.Id == entry.Id),
            Leader = state.Leader?.Identity.Id == entry.Id,
            Fenced = entry.Role == NodeRole.Target ? entry.Fenced : -1,
            Clean = entry.Role == NodeRole.Target ? entry.Clean : -1,
            LostMountpathIds = [.. entry.LostMountpathIds],
            AttestedOff = entry.AttestedOff,
            Stopped = entry.StoppedInOrder,
        };
    }

    /// <summary>A time in the form of the wire; that of the unset one for 0.</summary>
    public static string TimeOf(long ns) => ns == 0
        ? SnapWire.UnsetTime
        : DateTime.UnixEpoch.AddTicks(ns / 100).ToString("yyyy-MM-ddTHH:mm:ss.fffffff", CultureInfo.InvariantCulture) + "Z";

    private static string PhaseOf(OperationPhase phase) => phase switch
    {
        OperationPhase.RolesOff => "roles-off",
        OperationPhase.PermitErase => "permit-erase",
        _ => phase.ToString().ToLowerInvariant(),
    };

    private static string StatusOf(Operation operation) => operation.Phase switch
    {
        OperationPhase.Precheck or OperationPhase.RolesOff => "queued",
        OperationPhase.Done => "completed",
        OperationPhase.Cancelled => "cancelled",
        _ => "running",
    };

    // Data is nearly all of it; the steps before and after share what is left. Never 100 before the end.
    private static double ProgressOf(Operation operation, RebalanceWire? rebalance) => operation.Phase switch
    {
        OperationPhase.Done or OperationPhase.Cancelled => 100,
        OperationPhase.Precheck or OperationPhase.RolesOff or OperationPhase.Cancelling => 0,
        OperationPhase.Mark => 1,
        OperationPhase.Drain => Math.Clamp(rebalance?.Percent ?? 1, 1, 97),
        OperationPhase.Verify => 98,
        _ => 99,
    };

    private static void AddAmounts(TaskWire task, Operation operation, RebalanceWire rebalance)
    {
        // Of a removal the nodes that go; of everything else all that take part.
        var targets = rebalance.Targets.Where(t => !operation.Kind.TakesOut() || task.Nodes.Contains(t.Node, StringComparer.Ordinal)).ToList();
        task.Objects.Moved = targets.Sum(t => t.HandedOverObjects);
        task.Bytes.Moved = targets.Sum(t => t.HandedOverBytes);
        task.ObjectsPerSecond = targets.Sum(t => t.ObjectsPerSecond);
        task.BytesPerSecond = targets.Sum(t => t.BytesPerSecond);
        task.EtaSeconds = operation.IsFinished ? 0 : rebalance.EtaSeconds;
        if (operation.IsFinished)
        {
            (task.Objects.Total, task.Objects.Left) = (task.Objects.Moved, 0);
            (task.Bytes.Total, task.Bytes.Left) = (task.Bytes.Moved, 0);
        }
        else if (operation.Kind.TakesOut() && targets.TrueForAll(t => t.Answers))
        {
            // Whatever is still visible on a node that drains has to go.
            task.Objects.Left = targets.Sum(t => t.Objects);
            task.Bytes.Left = targets.Sum(t => t.Bytes);
            task.Objects.Total = task.Objects.Moved + task.Objects.Left;
            task.Bytes.Total = task.Bytes.Moved + task.Bytes.Left;
        }
    }
}
