using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.Node;
using Starling.Protocol.Ownership;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Operations;

/// <summary>The leader's side of operations: collects what targets report, and proposes what <see cref="OperationPlanner"/> says.</summary>
internal sealed class OperationDesk(NodeContext node, Raft raft, LeaseDesk leases, FailureDetector detector)
{
    /// <summary>An obstacle is committed when it has stood this long: most pass by themselves.</summary>
    private const long BlockAfterNs = 3_000_000_000;

    /// <summary>An obstacle whose text changes is not committed more often than this.</summary>
    private const long BlockAgainNs = 10_000_000_000;

    private readonly SortedDictionary<NodeId, Reports> reports = [];
    private readonly SortedDictionary<long, (long SinceNs, long ShownNs)> obstacles = [];
    private long proposedIndex;

    /// <summary>A new leader has heard nothing yet.</summary>
    public void Restart()
    {
        reports.Clear();
        obstacles.Clear();
        proposedIndex = 0;
    }

    public void On(NodeIdentity from, CleanReport report) => Of(from).Clean = report;

    public void On(NodeIdentity from, SummaryReport report) => Of(from).Summary = report.Summary;

    /// <summary>
    /// Who has erased itself is removed. Once it is, it hears nothing from the log and asks until somebody answers: any member that has applied the removal knows,
    /// whoever leads (rule A18).
    /// </summary>
    public void On(NodeIdentity from, EraseReport report)
    {
        if (node.State.EraseOrdered(from.Member) is not { } permit || permit.Operation != report.Operation)
        {
            return;
        }

        if (node.State.Node(from.Id)?.Incarnation != from.Incarnation)
        {
            node.Send(from.Member, new MembershipEnded(permit.Operation));
        }
        else
        {
            Of(from).Erased = true;
        }
    }

    /// <summary>Fills in what the leader observes, so that nobody else's word is judged by (rule A11).</summary>
    public Command Complete(Command command) => command switch
    {
        StartOperation start => start with { Facts = Observe().Facts(node.State) },
        DeclareLost loss => loss with { LeaseEnd = leases.HasLapsed(loss.Target) ? PreviousSessionEnd.LeaseLapsed : PreviousSessionEnd.NotClaimed },
        _ => command,
    };

    public void Tick()
    {
        if (!raft.IsReady || node.Facts.Role != NodeRole.Gateway || !node.State.KnowsOperations || proposedIndex > node.State.AppliedIndex)
        {
            return;
        }

        var plan = OperationPlanner.Plan(node.State, Observe());
        foreach (var command in plan.Commands)
        {
            Propose(command);
        }

        ShowObstacles(plan);
    }

    /// <summary>What this leader observes now.</summary>
    public Observations Observe()
    {
        var nodes = ImmutableSortedDictionary.CreateBuilder<NodeId, ObservedNode>();
        foreach (var (id, entry) in node.State.Nodes)
        {
            var report = reports.TryGetValue(id, out var known) && known.Session == entry.Session ? known : null;
            var self = id == node.Self.Id;
            var heard = self ? node.Self.Session : detector.SessionOf(id);
            nodes[id] = new ObservedNode(id)
            {
                Session = heard,
                HeardLately = self || detector.HeardWithin(id, SafetyVerdict.HeardWithinNs),
                Liveness = detector.Of(id),
                Leased = entry.Role == NodeRole.Target && leases.IsLeased(entry.Identity),
                Lapsed = entry.Role == NodeRole.Target && leases.HasLapsed(id),
                Clean = report?.Clean,
                Summary = report?.Summary ?? PassSummary.None,
                Erased = report?.Erased ?? false,
            };
        }

        return new Observations(raft.Log.Voters, nodes.ToImmutable());
    }

    private void ShowObstacles(OperationPlan plan)
    {
        foreach (var id in new List<long>(obstacles.Keys))
        {
            if (!plan.Blocks.ContainsKey(id))
            {
                obstacles.Remove(id);
            }
        }

        foreach (var operation in node.State.Operations.Values)
        {
            if (!plan.Blocks.TryGetValue(operation.Id, out var block))
            {
                if (operation.Blocked is not null)
                {
                    Propose(new BlockOperation(operation.Id, operation.Version, null));
                }

                continue;
            }

            var standing = obstacles.TryGetValue(operation.Id, out var known) ? known : (SinceNs: node.NowNs, ShownNs: long.MinValue / 2);
            if (operation.Blocked != block && node.NowNs - standing.SinceNs >= BlockAfterNs && node.NowNs - standing.ShownNs >= BlockAgainNs)
            {
                standing.ShownNs = node.NowNs;
                Propose(new BlockOperation(operation.Id, operation.Version, block));
            }

            obstacles[operation.Id] = standing;
        }
    }

    private void Propose(Command command)
    {
        if (raft.Refuse(command) is null)
        {
            proposedIndex = raft.Propose(command);
        }
    }

    private Reports Of(NodeIdentity from)
    {
        if (!reports.TryGetValue(from.Id, out var known) || known.Session != from.Session)
        {
            reports[from.Id] = known = new Reports(from.Session);
        }

        return known;
    }

    private sealed class Reports(SessionId session)
    {
        public SessionId Session { get; } = session;

        public CleanReport? Clean { get; set; }

        public PassSummary? Summary { get; set; }

        public bool Erased { get; set; }
    }
}
