using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Operations;

/// <summary>What is to be proposed, and which obstacles stand. Every command would be accepted by the state that it was planned for.</summary>
/// <param name="Commands">Commands, at most one per operation that names a version.</param>
/// <param name="Blocks">The obstacle of every operation that cannot go on; to be committed when it has stood for a while.</param>
public sealed record OperationPlan(ImmutableArray<Command> Commands, ImmutableSortedDictionary<long, OperationBlock> Blocks);

/// <summary>Continues operations from the committed state alone (rule A17): any leader plans the same steps. Pure.</summary>
public static class OperationPlanner
{
    /// <summary>The next steps.</summary>
    /// <param name="state">The leader's applied state.</param>
    /// <param name="observations">What it observes.</param>
    public static OperationPlan Plan(ClusterState state, Observations observations)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(observations);
        if (!state.KnowsOperations)
        {
            return new OperationPlan([], ImmutableSortedDictionary<long, OperationBlock>.Empty);
        }

        var plan = new PlanBuilder(state, observations);
        foreach (var entry in state.Nodes.Values)
        {
            PlanClean(plan, entry);
            PlanReopening(plan, entry);
        }

        foreach (var operation in state.Operations.Values)
        {
            PlanOperation(plan, operation);
        }

        return plan.Build();
    }

    private static void PlanOperation(PlanBuilder plan, Operation operation)
    {
        switch (operation.Phase)
        {
            case OperationPhase.Precheck or OperationPhase.Cancelling:
                plan.Advance(operation, BlockReason.NotReady);
                break;
            case OperationPhase.RolesOff:
                plan.Advance(operation, BlockReason.Roles);
                break;
            case OperationPhase.Mark:
                plan.Advance(operation, BlockReason.MayRun);
                break;
            case OperationPhase.Drain:
                DrainSteps.Plan(plan, operation);
                break;
            case OperationPhase.Verify:
                DrainSteps.PlanVerify(plan, operation);
                break;
            case OperationPhase.Stop:
                PlanStop(plan, operation);
                break;
            case OperationPhase.Remove or OperationPhase.PermitErase:
                RemovalSteps.Plan(plan, operation);
                break;
            default:
                plan.Advance(operation, BlockReason.Silent);
                break;
        }
    }

    private static void PlanStop(PlanBuilder plan, Operation operation)
    {
        foreach (var node in operation.Nodes)
        {
            if (node.StopSession == SessionId.None && plan.State.Node(node.Id) is { } entry)
            {
                plan.Add(new StopNode(operation.Id, node.Id, entry.Session));
            }
        }

        plan.Advance(operation, BlockReason.MayRun);
    }

    /// <summary>A clean pass of the committed session becomes a fact (rule B9).</summary>
    private static void PlanClean(PlanBuilder plan, NodeEntry entry)
    {
        var observed = plan.Observed.Of(entry.Id);
        if (observed.Clean is not { OpenUploads: 0 } report || observed.Session != entry.Session || !entry.HoldsIntegers
            || entry.Clean > report.Epoch || (entry.Clean == report.Epoch && entry.CleanIndex >= report.StartedIndex))
        {
            return;
        }

        plan.Add(Proof(entry, report));
    }

    /// <summary>The command that makes a report a fact.</summary>
    internal static MarkClean Proof(NodeEntry entry, CleanReport report) =>
        new(entry.Id, entry.Session, report.Epoch) { StartedIndex = report.StartedIndex, Receivers = report.Receivers };

    /// <summary>A target that is out and still runs offers what it has when a receiver of it was lost (rule A20).</summary>
    private static void PlanReopening(PlanBuilder plan, NodeEntry entry)
    {
        if (entry.State is not (AdminState.Out or AdminState.Draining) || !plan.Hears(entry))
        {
            return;
        }

        foreach (var receiver in entry.VerifiedBy)
        {
            if (SafetyVerdict.LossSince(plan.State, entry, receiver) is not null && plan.Add(new ReopenDrain(entry.Id, entry.Session, receiver.Id)))
            {
                return;
            }
        }
    }
}

/// <summary>Collects steps; keeps only commands that the state would accept.</summary>
internal sealed class PlanBuilder(ClusterState state, Observations observed)
{
    private readonly ImmutableArray<Command>.Builder commands = ImmutableArray.CreateBuilder<Command>();
    private readonly ImmutableSortedDictionary<long, OperationBlock>.Builder blocks = ImmutableSortedDictionary.CreateBuilder<long, OperationBlock>();

    public ClusterState State => state;

    public Observations Observed => observed;

    public bool Hears(NodeEntry entry) => observed.Of(entry.Id) is { HeardLately: true } heard && heard.Session == entry.Session;

    /// <summary>Adds a command if the state accepts it; says whether.</summary>
    public bool Add(Command command) => TryAdd(command) is null;

    /// <summary>Adds a command if the state accepts it; the refusal if not.</summary>
    public StoreError? TryAdd(Command command)
    {
        var refusal = command.Check(state);
        if (refusal is null)
        {
            commands.Add(command);
        }

        return refusal;
    }

    /// <summary>The next phase, or the obstacle that the refusal names.</summary>
    public bool Advance(Operation operation, BlockReason reason)
    {
        if (OperationPhases.Next(operation) is not { } to)
        {
            return false;
        }

        var refusal = TryAdd(new AdvanceOperation(operation.Id, operation.Version, to)
        {
            Ready = observed.Ready(state, operation.Nodes),
            Silent = [.. operation.Nodes.Where(n => observed.Of(n.Id).Liveness == Liveness.Offline && state.Node(n.Id) is not null).Select(n => new ReadyTarget(n.Id, state.Node(n.Id)!.Session))],
        });
        if (refusal is not null)
        {
            Block(operation, reason, refusal.Message, operation.Nodes.Select(n => n.Id));
        }

        return refusal is null;
    }

    /// <summary>The first obstacle that is named stands.</summary>
    public void Block(Operation operation, BlockReason reason, string text, IEnumerable<NodeId> nodes) =>
        Block(operation, new OperationBlock(reason, text, [.. nodes.Select(n => n.Value).Distinct().Order(StringComparer.Ordinal).Take(OperationBlock.MostNames)]));

    public void Block(Operation operation, OperationBlock block) => blocks.TryAdd(operation.Id, block);

    public OperationPlan Build() => new(commands.ToImmutable(), blocks.ToImmutable());
}
