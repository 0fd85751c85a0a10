using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.Operations;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Operations;

/// <summary>
/// A committed state, members that do at once what the state asks of them, and a leader that plans. No time, no network: what is proven here is what
/// follows from the state alone.
/// </summary>
internal sealed class OperationWorld(ClusterState state)
{
    private readonly SortedSet<NodeId> offline = [];
    private readonly SortedSet<NodeId> unleased = [];
    private readonly SortedSet<NodeId> stubborn = [];

    public ClusterState State { get; private set; } = state;

    /// <summary>Every entry since the beginning of this world.</summary>
    public List<LogEntry> Entries { get; } = [];

    public SortedDictionary<NodeId, PassSummary> Summaries { get; } = [];

    /// <summary>What the last plan could not do.</summary>
    public ImmutableSortedDictionary<long, OperationBlock> Blocks { get; private set; } = ImmutableSortedDictionary<long, OperationBlock>.Empty;

    /// <summary>Gateways 1..g and targets 1..t in service, a bucket, operations known, gateway 1 leading.</summary>
    public static ClusterState Serving(int targets, int gateways = 3)
    {
        var numbers = Enumerable.Range(1, targets).ToArray();
        var state = Fold.Formed(gateways).Joined(numbers);
        foreach (var n in Enumerable.Range(1, gateways))
        {
            state = state.Apply(new CommitSession(Fold.MemberOf(Fold.Gateway(n)), Fold.SessionOf(Fold.Gateway(n)), SessionId.None));
        }

        state = state.Apply(Fold.Activation(state, numbers)).Apply(new CreateBucket(Fold.Bucket(), string.Empty, 5)).Lead(Fold.Gateway(1), term: 1);
        return state.Apply(new SetFeatureLevel(0, FeatureLevels.Operations, [.. state.Nodes.Keys]));
    }

    public OperationWorld Down(params NodeId[] nodes)
    {
        offline.UnionWith(nodes);
        return this;
    }

    public OperationWorld Up(params NodeId[] nodes)
    {
        offline.ExceptWith(nodes);
        return this;
    }

    /// <summary>Its grants are too fresh to say that it holds no lease.</summary>
    public OperationWorld MayBeLeased(params NodeId[] nodes)
    {
        unleased.UnionWith(nodes);
        return this;
    }

    /// <summary>It never ends a pass, never stops, never erases.</summary>
    public OperationWorld Stuck(params NodeId[] nodes)
    {
        stubborn.UnionWith(nodes);
        return this;
    }

    public OperationWorld Freed(params NodeId[] nodes)
    {
        stubborn.ExceptWith(nodes);
        return this;
    }

    public CommandOutcome Ask(Command command)
    {
        if (command is StartOperation start && start.Facts == OperationFacts.None)
        {
            command = start with { Facts = Observe().Facts(State) };
        }

        return Append(new LogEntry(State.AppliedIndex + 1, State.AppliedTerm, EntryKind.Command, Command: command));
    }

    public OperationWorld Start(OperationKind kind, OperationOptions? options, params NodeId[] nodes)
    {
        var outcome = Ask(new StartOperation(kind, [.. nodes]) { Options = options ?? OperationOptions.None, RequestedBy = "admin" });
        Assert.Null(outcome.Error);
        return this;
    }

    /// <summary>Goes on until nothing more happens; every obstacle that is left is in <see cref="Blocks"/>.</summary>
    public OperationWorld Run()
    {
        for (var round = 0; round < 200; round++)
        {
            var before = State.AppliedIndex;
            MembersAct();
            var plan = OperationPlanner.Plan(State, Observe());
            Blocks = plan.Blocks;
            foreach (var command in plan.Commands)
            {
                Ask(command);
            }

            if (State.AppliedIndex == before)
            {
                return this;
            }
        }

        throw new InvalidOperationException("the operations never come to rest");
    }

    public Observations Observe() => new(State.Voters, ImmutableSortedDictionary.CreateRange(State.Nodes.Values.Select(entry =>
    {
        var up = !offline.Contains(entry.Id);
        var leased = up && entry.Role == NodeRole.Target && State.MayLease(entry.Identity);
        var pass = up && !stubborn.Contains(entry.Id) ? State.PassWanted(entry.Id) : null;
        return KeyValuePair.Create(entry.Id, new ObservedNode(entry.Id)
        {
            Session = entry.Session,
            HeardLately = up,
            Liveness = up ? Liveness.Online : Liveness.Offline,
            Leased = leased,
            Lapsed = !leased && !unleased.Contains(entry.Id),
            Clean = pass is null ? null : new CleanReport(pass.Value.Epoch, State.AppliedIndex, [.. State.Newest.Targets.Where(t => t != entry.Id)], 0),
            Summary = Summaries.GetValueOrDefault(entry.Id) ?? PassSummary.None,
            Erased = up && !stubborn.Contains(entry.Id) && State.EraseOrdered(entry.Member) is not null,
        });
    })));

    public Operation Single() => Assert.Single(State.Operations.Values);

    public AdminState StateOf(NodeId node) => State.Node(node)!.State;

    private CommandOutcome Append(LogEntry entry)
    {
        Entries.Add(entry);
        (State, var outcome) = State.ApplyEntry(entry);
        return outcome;
    }

    private void MembersAct()
    {
        var state = State;
        foreach (var entry in state.Nodes.Values)
        {
            if (entry.HoldsIntegers && entry.Fenced < state.Newest.Number && (!offline.Contains(entry.Id) || !unleased.Contains(entry.Id)))
            {
                Ask(new MarkFenced(entry.Id, entry.Session, state.Newest.Number, offline.Contains(entry.Id) ? FenceGround.LeaseLapsed : FenceGround.Reported));
            }

            if (State.StopOrderedBy(entry.Identity) is not null && !stubborn.Contains(entry.Id) && !entry.StoppedInOrder)
            {
                Ask(new RecordStop(entry.Id, entry.Session));
                Down(entry.Id);
            }
        }

        HandOver();
    }

    // As the consensus of a leader does it: leadership first, then one voter at a time (rule A2).
    private void HandOver()
    {
        if (State.Leader is { } leader && State.RolesAreOff(leader.Identity.Id)
            && State.Nodes.Values.FirstOrDefault(n => n.Role == NodeRole.Gateway && !State.RolesAreOff(n.Id) && !offline.Contains(n.Id)) is { } successor)
        {
            Append(new LogEntry(State.AppliedIndex + 1, State.AppliedTerm + 1, EntryKind.Noop, successor.Identity));
        }

        var goes = State.Voters.Members.FirstOrDefault(v => State.RolesAreOff(v.Id));
        if (!goes.Id.IsNone && State.Voters.Members.Length > 1)
        {
            Append(new LogEntry(State.AppliedIndex + 1, State.AppliedTerm, EntryKind.Voters, Voters: new VoterSet(State.Voters.Members.Remove(goes))));
        }
    }
}
