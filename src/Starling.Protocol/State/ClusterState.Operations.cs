using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State;

/// <summary>A pass that a target is to make (rule B9).</summary>
/// <param name="Epoch">The newest epoch; the pass is for the one that the target has adopted when it starts.</param>
/// <param name="AskedIndex">
/// The pass must have started after this log index was applied; one that started before ends without effect and starts anew. 0: any will do.
/// </param>
public readonly record struct WantedPass(long Epoch, long AskedIndex);

public sealed partial record ClusterState
{
    /// <summary>The operations that run, by id.</summary>
    public ImmutableSortedDictionary<long, Operation> Operations { get; init; } = ImmutableSortedDictionary<long, Operation>.Empty;

    /// <summary>The last operations that ended, oldest first, at most <see cref="Operations.OperationChange.FinishedKept"/> (rule A13).</summary>
    public ImmutableList<Operation> FinishedOperations { get; init; } = [];

    /// <summary>The newest declared loss of every target that ever lost something, members or not.</summary>
    public ImmutableSortedDictionary<NodeId, DeclaredLoss> Losses { get; init; } = ImmutableSortedDictionary<NodeId, DeclaredLoss>.Empty;

    /// <summary>Who may erase itself; these incarnations are never admitted again (rule A18). At most <see cref="Operations.ErasePermit.Kept"/>.</summary>
    public ImmutableSortedDictionary<Member, ErasePermit> ErasePermits { get; init; } = ImmutableSortedDictionary<Member, ErasePermit>.Empty;

    /// <summary>No pass runs by itself for epochs up to this one: they were made without rebalance, or their rebalance was stopped.</summary>
    public long QuietThrough { get; init; }

    /// <summary>The newest committed changes, oldest first, at most <see cref="Operations.Journal.Kept"/>.</summary>
    public ImmutableList<JournalEntry> Journal { get; init; } = [];

    /// <summary>Whether operations may be started: every member understands them.</summary>
    public bool KnowsOperations => FeatureLevel >= FeatureLevels.Operations;

    /// <summary>The running operation of this id, or the finished one if it is remembered; else null.</summary>
    public Operation? Operation(long id) => Operations.GetValueOrDefault(id) ?? FinishedOperations.Find(o => o.Id == id);

    /// <summary>The running operation that names this node, or null. Operations of the whole cluster name nobody.</summary>
    public Operation? OperationOn(NodeId node)
    {
        foreach (var operation in Operations.Values)
        {
            if (operation.Names(node))
            {
                return operation;
            }
        }

        return null;
    }

    /// <summary>
    /// The pass that this target is to make now, or null when none is wanted: automatic rebalance is on, or an operation asks (rule B9).
    /// What the target compares its own pass with whenever it has applied something.
    /// </summary>
    public WantedPass? PassWanted(NodeId target)
    {
        if (Node(target) is not { HoldsIntegers: true } entry)
        {
            return null;
        }

        var askedIndex = -1L;
        foreach (var operation in Operations.Values)
        {
            if (operation.AsksToPass(entry))
            {
                askedIndex = Math.Max(askedIndex, operation.PassIndex);
            }
        }

        var takenBack = OperationOn(target) is { Phase: OperationPhase.Cancelling };
        if (askedIndex < 0 && !takenBack && entry.State is AdminState.In or AdminState.Draining && Newest.Number > QuietThrough && Config.RebalanceEnabled)
        {
            askedIndex = 0;
        }

        if (askedIndex < 0 || (entry.Clean == Newest.Number && entry.CleanIndex >= askedIndex))
        {
            return null;
        }

        // A pass during which a receiver was lost proves nothing: it starts anew.
        return new WantedPass(Newest.Number, Losses.IsEmpty ? askedIndex : Math.Max(askedIndex, Losses.Values.Max(l => l.Index)));
    }

    /// <summary>Whether this node gives up leadership and vote: it is not in, or an operation is about to take it out (rule A1).</summary>
    public bool RolesAreOff(NodeId node) =>
        Node(node) is not { State: AdminState.In } || (OperationOn(node) is { } operation && operation.Kind.TakesOut()
            && operation.Phase is not (OperationPhase.Precheck or OperationPhase.Cancelling));

    /// <summary>The operation that tells this process to stop, or null. Another process of the same node has no order (rule A18).</summary>
    public Operation? StopOrderedBy(NodeIdentity process)
    {
        var operation = OperationOn(process.Id);
        return operation is { Phase: OperationPhase.Stop } && process.Session != SessionId.None && operation.Node(process.Id)!.StopSession == process.Session ? operation : null;
    }

    /// <summary>The permit by which this incarnation is to erase itself, or null.</summary>
    public ErasePermit? EraseOrdered(Member member) => ErasePermits.GetValueOrDefault(member);

    /// <summary>Whether the leader may lease this process: it is committed, has not stopped, and nothing that it held was declared lost since it started (rules B0, B3).</summary>
    public bool MayLease(NodeIdentity process) =>
        Node(process.Id) is { Role: NodeRole.Target, StoppedInOrder: false, AttestedOff: false } entry && entry.Identity == process
            && entry.State != AdminState.Leaving
            && (Losses.GetValueOrDefault(process.Id) is not { IsWhole: true } loss || loss.Index < entry.SessionIndex)
            && OperationOn(process.Id) is not { Phase: OperationPhase.Remove, Kind: OperationKind.RemoveDead or OperationKind.Decommission, Options.NoRebalance: true };

    /// <summary>
    /// What lies on the disks of this target since before this log index is quarantined: the id was admitted, or all that it held was declared lost, at
    /// that index (rule B0). 0 for nodes that are no members.
    /// </summary>
    public long QuarantineBefore(NodeId target) => Node(target) is not { } entry ? 0
        : Losses.GetValueOrDefault(target) is { IsWhole: true } loss ? Math.Max(entry.JoinedIndex, loss.Index)
        : entry.JoinedIndex;

    /// <summary>Whether automatic rebalance is on.</summary>
    public bool RebalanceIsOn => Config.RebalanceEnabled;
}
