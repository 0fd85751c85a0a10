using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Wire;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;

namespace Starling.Gateway.Lifecycle;

/// <summary>Rebalances over all targets: joins what the state says with what the targets report.</summary>
public sealed class RebalanceService
{
    private readonly IClusterView view;
    private readonly IRebalanceReports reports;

    /// <summary>Composes the service.</summary>
    public RebalanceService(IClusterView view, IRebalanceReports reports)
    {
        this.view = view;
        this.reports = reports;
    }

    /// <summary>One rebalance with every target's account.</summary>
    /// <param name="id"><c>g</c> and a number; empty: the one that runs, else the newest that is remembered.</param>
    /// <param name="cancellationToken">The client went away.</param>
    /// <exception cref="StoreException">JobNotFound, or Invalid when the id is none.</exception>
    public async Task<RebalanceWire> GetAsync(string id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        var state = view.Current.State;
        var rebalance = id.Length == 0 ? RebalanceState.Running(state) ?? RebalanceState.All(state).FirstOrDefault() : Find(state, id);
        if (rebalance is null && id.Length > 0)
        {
            throw new StoreException(ErrorCode.JobNotFound, $"rebalance[{id}] does not exist, or is not remembered any more");
        }

        return await GetAsync(state, rebalance, cancellationToken);
    }

    /// <summary>As the other one, of a rebalance that was found.</summary>
    public async Task<RebalanceWire> GetAsync(ClusterState state, RebalanceState? rebalance, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);
        var asked = state.Nodes.Values.Where(node => node.Role == NodeRole.Target).ToList();
        var answers = await Task.WhenAll(asked.Select(node => reports.AskAsync(node.Id, cancellationToken)));
        var targets = asked.Zip(answers, (node, answer) => Account(state, node, rebalance, answer)).OfType<RebalanceTargetWire>().ToArray();
        return Join(state, rebalance, [.. targets.Select(target => target.Answers ? target : Witnessed(target, targets))]);
    }

    /// <summary>What the others say that a target gave and took which does not answer itself. Pure.</summary>
    public static RebalanceTargetWire Witnessed(RebalanceTargetWire silent, IReadOnlyList<RebalanceTargetWire> targets)
    {
        ArgumentNullException.ThrowIfNull(silent);
        ArgumentNullException.ThrowIfNull(targets);
        var to = Named(targets, target => target.From);
        var from = Named(targets, target => target.To);
        return silent with
        {
            To = to,
            From = from,
            SentObjects = to.Sum(peer => peer.Objects),
            SentBytes = to.Sum(peer => peer.Bytes),
            ReceivedObjects = from.Sum(peer => peer.Objects),
            ReceivedBytes = from.Sum(peer => peer.Bytes),
        };

        RebalancePeerWire[] Named(IEnumerable<RebalanceTargetWire> all, Func<RebalanceTargetWire, RebalancePeerWire[]> peers) =>
            [.. all.SelectMany(target => peers(target).Where(peer => peer.Node == silent.Node).Select(peer => peer with { Node = target.Node }))];
    }

    /// <summary>The figures of all targets as one rebalance. Pure.</summary>
    public static RebalanceWire Join(ClusterState state, RebalanceState? rebalance, RebalanceTargetWire[] targets)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(targets);
        var joined = new RebalanceWire { Epoch = state.Newest.Number, Targets = targets };
        if (rebalance is null)
        {
            return joined;
        }

        joined.Id = rebalance.Id;
        joined.TaskId = rebalance.Operation is { } operation ? TaskNames.GuidOf(state, operation.Id) : string.Empty;
        joined.Action = rebalance.Operation?.Kind.ActionName() ?? string.Empty;
        joined.State = rebalance.Standing.ToString().ToLowerInvariant();
        joined.Blocked = TaskProjection.BlockOf(rebalance.Operation?.Blocked);
        if (rebalance.Standing != RebalanceStanding.Running)
        {
            (joined.Percent, joined.EtaSeconds) = (rebalance.Standing == RebalanceStanding.Finished ? 100 : 0, 0);
            return joined;
        }

        // By work, not by target: a large one that has just begun outweighs many that are through.
        var takingPart = targets.Where(target => IsMoving(state, target)).ToList();
        var weights = takingPart.Sum(target => Math.Max(1, target.HandedOverObjects + target.Objects));
        joined.Percent = Math.Min(99, takingPart.Sum(target => target.Percent * Math.Max(1, target.HandedOverObjects + target.Objects)) / Math.Max(1, weights));
        joined.EtaSeconds = takingPart.Exists(target => !target.Answers || target.EtaSeconds < 0) ? -1 : takingPart.Select(target => target.EtaSeconds).DefaultIfEmpty(-1).Max();
        return joined;
    }

    private static bool IsMoving(ClusterState state, RebalanceTargetWire target) =>
        Core.Names.NodeId.TryParse(target.Node, out var id, out _) && state.PassWanted(id) is not null;

    private static RebalanceState? Find(ClusterState state, string id) => TaskNames.RebalanceNumber(id) is { } number
        ? RebalanceState.Find(state, number)
        : throw new StoreException(ErrorCode.Invalid, $"\"{id}\" is not the id of a rebalance: expecting g and a number");

    /// <summary>
    /// One target's account of a rebalance; null: it takes no part and has nothing to say. Who does not answer, because it is switched off for example, is told
    /// of as far as the committed state knows: that its pass ended is in it.
    /// </summary>
    /// <param name="state">The committed state.</param>
    /// <param name="node">The target.</param>
    /// <param name="rebalance">Which; null: any.</param>
    /// <param name="answer">What the target said; null: nothing.</param>
    public static RebalanceTargetWire? Account(ClusterState state, NodeEntry node, RebalanceState? rebalance, IReadOnlyList<RebalanceTargetWire>? answer)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(node);
        var concerns = RebalanceState.Concerns(state, node) || rebalance?.Operation?.Names(node.Id) == true;
        if (answer is null)
        {
            return concerns ? Silent(state, node, rebalance) : null;
        }

        var account = answer.FirstOrDefault(one => rebalance is null || one.RebalanceId == rebalance.Id);
        if (account is null && !concerns)
        {
            return null;
        }

        account ??= new RebalanceTargetWire { RebalanceId = rebalance?.Id ?? string.Empty };
        return account with { Node = node.Id.Value, Answers = true };
    }

    private static RebalanceTargetWire Silent(ClusterState state, NodeEntry node, RebalanceState? rebalance)
    {
        var account = new RebalanceTargetWire { Node = node.Id.Value, Answers = false, RebalanceId = rebalance?.Id ?? string.Empty, Epoch = rebalance?.Operation?.MarkEpoch ?? 0 };
        var isThrough = account.Epoch > 0 && node.Clean >= account.Epoch && state.PassWanted(node.Id) is null;
        return isThrough ? account with { Stage = RebalanceTargetWire.EndedStage, Percent = 100, EtaSeconds = 0 } : account;
    }
}
