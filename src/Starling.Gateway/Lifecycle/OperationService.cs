using System.Collections.Immutable;
using System.Globalization;
using Starling.Cluster;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Operations;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;

namespace Starling.Gateway.Lifecycle;

/// <summary>Who asks for a change.</summary>
/// <param name="By">A person, a program or an address; for the record.</param>
/// <param name="RequestId">Deduplicates retries (rule A12); empty for none.</param>
/// <param name="Why">The reason, in words; may be empty.</param>
public sealed record Requester(string By, string RequestId, string Why = "");

/// <summary>Administration of operations, at any gateway: requests become commands, refusals become errors. What may be done is decided by the core.</summary>
public sealed class OperationService
{
    private static readonly TimeSpan MarkWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CatchUpWithin = TimeSpan.FromSeconds(2);

    // A node that starts overtakes a request once or twice; more often only something that is not well.
    private const int Attempts = 5;

    private readonly IClusterView view;
    private readonly ICommandProposer proposer;
    private readonly TimeProvider time;

    /// <summary>Composes the service.</summary>
    public OperationService(IClusterView view, ICommandProposer proposer, TimeProvider time)
    {
        this.view = view;
        this.proposer = proposer;
        this.time = time;
    }

    /// <summary>The committed state as this gateway has applied it.</summary>
    public ClusterState State => view.Current.State;

    /// <summary>Asks for an operation. A repeated request gets the operation that it began; one that does what a running one does, the running one.</summary>
    /// <returns>The operation; null when there is nothing to do.</returns>
    /// <exception cref="StoreException">The refusal of the core: Invalid, NodeNotFound, Busy, PreconditionFailed (a guard), Conflict, Unreachable, Stale (members change all the time); or Unsupported while the cluster does not know operations.</exception>
    public async Task<Operation?> StartAsync(OperationKind kind, ImmutableArray<NodeId> nodes, OperationOptions options, Requester requester, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(requester);
        var command = new StartOperation(kind, nodes) { Options = options, RequestedBy = requester.By, CreatedNs = NowNs() };
        // What was overridden goes on record whatever else was said.
        var overridden = options is { Force.IsEmpty: false } ? $"guards overridden: {string.Join(", ", options.Force)}" : string.Empty;
        var why = string.Join("; ", new[] { requester.Why, overridden }.Where(text => text.Length > 0));
        for (var attempt = 1; ; attempt++)
        {
            // An attempt has a name of its own, the same one when the whole request is repeated: a refusal is remembered too (rule A12).
            var id = attempt == 1 || requester.RequestId.Length == 0 ? requester.RequestId : string.Create(CultureInfo.InvariantCulture, $"{requester.RequestId}#{attempt}");
            try
            {
                var name = await ProposeAsync(command, new Requester(requester.By, id, why), cancellationToken);
                return name.Length == 0 ? null : Find(name);
            }
            catch (StoreException overtaken) when (overtaken.Error.Code == ErrorCode.Stale && attempt < Attempts)
            {
                // A node started, or placement changed, between the leader's look and the entry: the leader looks again.
            }
        }
    }

    /// <summary>
    /// Waits until an operation is marked: from then on its nodes are out of placement (or back in), and the id of its rebalance is known.
    /// </summary>
    /// <returns>The operation as it is then; a removal that was taken back by a return gives the operation that moves back what changed.</returns>
    /// <exception cref="StoreException">Unavailable, with what is in its way: the operation goes on, a repeated request finds it.</exception>
    public async Task<Operation> WaitMarkedAsync(Operation operation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(operation);
        try
        {
            var seen = await view.WaitForAsync(now => IsMarked(now.State.Operation(operation.Id)), $"operation {operation.Name} to be marked", MarkWithin, cancellationToken);
            var now = seen.State.Operation(operation.Id) ?? operation;
            return now.Phase == OperationPhase.Cancelled ? seen.State.Operation(now.PhaseIndex) ?? now : now;
        }
        catch (StoreException late) when (late.Error.Code == ErrorCode.Unavailable)
        {
            var blocked = State.Operation(operation.Id)?.Blocked is { } block ? $"it is blocked: {block.Text}" : "it goes on";
            throw new StoreException(ErrorCode.Unavailable, $"operation {operation.Name} was accepted and is not marked yet: {blocked}; ask again to wait for it, or look at task {TaskNames.GuidOf(State, operation.Id)}", 5_000);
        }
    }

    /// <summary>Takes an operation back.</summary>
    /// <exception cref="StoreException">JobNotFound; Conflict: it has ended, or an erase was permitted already.</exception>
    public async Task<Operation> CancelAsync(Operation operation, Requester requester, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(requester);
        await ProposeAsync(new CancelOperation(operation.Id, requester.By), requester, cancellationToken);
        return Find(operation.Name);
    }

    /// <summary>Attests that the committed process of a node is off. What is not true breaks every promise about its data.</summary>
    /// <param name="node">The node.</param>
    /// <param name="session">The session that is attested off; null: the committed one.</param>
    /// <param name="requester">Who attests.</param>
    /// <param name="cancellationToken">The client went away.</param>
    public Task AttestOffAsync(NodeId node, SessionId? session, Requester requester, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(requester);
        var meant = session ?? State.Node(node)?.Session ?? SessionId.None;
        return ProposeAsync(new AttestOff(node, meant, requester.By), requester, cancellationToken);
    }

    /// <summary>Declares what lost mountpaths of a target held as gone (rule B10).</summary>
    /// <exception cref="StoreException">Conflict: a mountpath is not missing, or target or placement changed meanwhile.</exception>
    public Task DeclareLostAsync(NodeId target, ImmutableArray<string> mountpathIds, Requester requester, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(requester);
        var state = State;
        var session = state.Node(target)?.Session ?? SessionId.None;
        return ProposeAsync(new DeclareLost(target, session, state.Newest.Number, [.. mountpathIds.Order(StringComparer.Ordinal)], requester.By), requester, cancellationToken);
    }

    /// <summary>Whether a node may be powered off (rule A20); <i>unknown</i> without a leader.</summary>
    public Task<SafetyVerdict> SafetyAsync(NodeId node, CancellationToken cancellationToken) => proposer.AskSafetyAsync(node, Deadlines.ReadIndex, cancellationToken);

    /// <summary>
    /// Catches up with what was committed before the call, so that who asks another gateway about what was just started hears of it. Without a leader the
    /// answer is of what is known here.
    /// </summary>
    public async Task<ClusterState> CurrentAsync(CancellationToken cancellationToken)
    {
        try
        {
            await proposer.ReadIndexAsync(CatchUpWithin, cancellationToken);
        }
        catch (StoreException late) when (late.Error.Code is ErrorCode.Unavailable or ErrorCode.UnknownOutcome)
        {
            // Nobody leads, or it is not heard: progress of what runs is of use all the same.
        }

        return State;
    }

    /// <summary>A node's committed entry; its absence is confirmed with the leader before it is told.</summary>
    /// <exception cref="StoreException">NodeNotFound, or Unavailable when nobody can confirm.</exception>
    public async Task<NodeEntry> NodeAsync(NodeId id, CancellationToken cancellationToken)
    {
        if (State.Node(id) is { } known)
        {
            return known;
        }

        await proposer.ReadIndexAsync(Deadlines.ReadIndex, cancellationToken);
        return State.Node(id) ?? throw new StoreException(ErrorCode.NodeNotFound, $"node {id} is not a member of the cluster");
    }

    /// <summary>The operation that a client names; its absence is confirmed with the leader before it is told.</summary>
    /// <exception cref="StoreException">JobNotFound, or Unavailable when nobody can confirm.</exception>
    public async Task<Operation> OperationAsync(string name, CancellationToken cancellationToken)
    {
        if (TaskNames.Find(State, name) is { } known)
        {
            return known;
        }

        await proposer.ReadIndexAsync(Deadlines.ReadIndex, cancellationToken);
        return TaskNames.Find(State, name) ?? throw new StoreException(ErrorCode.JobNotFound, $"task \"{name}\" does not exist, or ended more than {OperationChange.FinishedKept} operations ago");
    }

    /// <summary>Waits until an operation changes, or the time is up.</summary>
    /// <returns>The operation as it is then.</returns>
    public async Task<Operation> WaitChangedAsync(Operation operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(operation);
        if (operation.IsFinished)
        {
            return operation;
        }

        try
        {
            await view.WaitForAsync(now => now.State.Operation(operation.Id) is not { } seen || seen.Version != operation.Version, "a change", timeout, cancellationToken);
        }
        catch (StoreException late) when (late.Error.Code == ErrorCode.Unavailable)
        {
            // Nothing changed in time: that is the answer.
        }

        return State.Operation(operation.Id) ?? operation;
    }

    private static bool IsMarked(Operation? operation) => operation is null || operation.Phase is not (OperationPhase.Precheck or OperationPhase.RolesOff or OperationPhase.Cancelling);

    private Operation Find(string name) => TaskNames.Find(State, name) ?? throw new StoreException(ErrorCode.JobNotFound, $"operation {name} has ended and is not remembered any more");

    private async Task<string> ProposeAsync(Command command, Requester requester, CancellationToken cancellationToken)
    {
        RequireOperations(command);
        var outcome = await proposer.ProposeAsync(
            command with
            {
                RequestId = requester.RequestId,
                SeenIndex = view.Current.AppliedIndex,
                Origin = new Origin(requester.By, NowNs(), requester.Why),
            },
            Deadlines.Proposal,
            cancellationToken);
        return outcome.Error is { } error ? throw new StoreException(error) : outcome.Result;
    }

    // Not a decision of its own: the core says the same. Builds that do not know operations must not even find them in their logs.
    private void RequireOperations(Command command)
    {
        var state = State;
        if (!state.IsFormed)
        {
            throw new StoreException(ErrorCode.Unavailable, "the cluster is not formed yet: run 'ais cluster init' once, or start the gateways with --bootstrap-expect", 1_000);
        }

        if (!state.KnowsOperations)
        {
            throw new StoreException(ErrorCode.Unsupported, string.Create(
                CultureInfo.InvariantCulture,
                $"\"{What(command)}\" is not possible in this cluster yet: its feature level is {state.FeatureLevel}, {FeatureLevels.Operations} is needed; the level rises by itself once every node runs a build that supports it and has it switched on"));
        }
    }

    private static string What(Command command) => command switch
    {
        StartOperation start => start.Kind.ActionName(),
        CancelOperation => "cancel",
        AttestOff => "attest-off",
        _ => "declare-lost",
    };

    private long NowNs() => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
}
