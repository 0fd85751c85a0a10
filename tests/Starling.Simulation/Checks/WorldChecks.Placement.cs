using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Operations;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;
using Starling.Simulation.Store;
using Starling.Simulation.Workload;
using Starling.Simulation.World;

namespace Starling.Simulation.Checks;

/// <summary>Placement under change: what lies where, what <c>Clean</c> promises, what a loss may take.</summary>
public sealed partial class WorldChecks
{
    private readonly SortedDictionary<(int Machine, string Uname), RecordKey> _unfinished = [];
    private readonly SortedDictionary<string, (RecordKey Key, bool IsTombstone)> _floors = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _tainted = new(StringComparer.Ordinal);
    private readonly SortedSet<int> _lostMachines = [];
    private readonly SortedSet<NodeId> _lostReceivers = [];

    /// <summary>Names of which a loss took something that was acknowledged or seen: nothing can be expected of them any more.</summary>
    public int TaintedNames => _tainted.Count;

    /// <summary>A record was written, marked, revived, reclaimed or flushed, or fell back to what is on the platter.</summary>
    public void OnRecordChanged(SimNode node, NameSlot slot)
    {
        CheckPlace(node, slot);
        if (_forgotten.TryGetValue(slot.Uname, out var forgotten) && Counts(node) is not null && (ComesBack(slot.Current, forgotten) || ComesBack(slot.Durable, forgotten)))
        {
            throw new CheckFailedException("what is forgotten stays deleted", $"{slot.Uname} comes back on {node}, a tombstone with {forgotten} was forgotten; {WhereIs(slot.Uname)}");
        }

        if (_acknowledged.TryGetValue(slot.Uname, out var acknowledged))
        {
            CheckRecord(slot.Uname, acknowledged);
        }
    }

    /// <summary>A plan writes, marks, revives or removes a record.</summary>
    public void OnTransferred(SimNode node, NameSlot slot, StoredRecord? next, TransferActionKind kind)
    {
        if (slot.Current is { } old && next is not null && next.Head.Key < old.Head.Key && Counts(old))
        {
            throw new CheckFailedException("order of records", $"{node}: {kind} puts {next.Head.Key} over the greater {old.Head.Key} of {slot.Uname}");
        }

        if (kind == TransferActionKind.Remove && slot.Current is { HandOver.IsVerified: false } unverified)
        {
            throw new CheckFailedException("only verified leftovers go", $"{node} reclaims {Describe(unverified)} of {slot.Uname}; {WhereIs(slot.Uname)}");
        }

        if (kind == TransferActionKind.Remove && slot.Current is { IsLive: true, Head.IsTombstone: true } tombstone)
        {
            OnForgotten(node, slot.Uname, tombstone.Head.Key);
        }
    }

    /// <summary>A tombstone was collected (rule B11).</summary>
    public void OnForgotten(SimNode at, string uname, RecordKey key)
    {
        world.Coverage.Hit(Mark.CheckForgotten);
        foreach (var node in world.Nodes)
        {
            if (node == at || node.Target?.Store.Find(uname) is not { } slot || Counts(node) is null)
            {
                continue;
            }

            if (ComesBack(slot.Current, key) || ComesBack(slot.Durable, key))
            {
                throw new CheckFailedException("what is forgotten stays deleted", $"{at} forgets the tombstone {key} of {uname}, an older record is live; {WhereIs(uname)}");
            }
        }

        if (!_forgotten.TryGetValue(uname, out var known) || known < key)
        {
            _forgotten[uname] = key;
        }
    }

    private bool ComesBack(StoredRecord? record, RecordKey forgotten) =>
        record is not null && Newest.StandingOf(forgotten.BucketId) == BucketStanding.Live && Counts(record) && record.Head.Key.BucketId == forgotten.BucketId && record.Head.Key < forgotten;

    /// <summary>The greatest mutation of a name that is known to have happened: a call that begins now must not see less.</summary>
    public RecordKey? FloorOf(ObjectName name) => _floors.TryGetValue(name.Uname, out var floor) ? floor.Key : null;

    /// <summary>The disks of a machine are gone, or what they hold does not count any more. Returns how many names lost something.</summary>
    public int OnDisksLost(SimNode node, Action loss)
    {
        var before = new SortedDictionary<string, RecordKey>(StringComparer.Ordinal);
        foreach (var slot in node.Target!.Store.Slots)
        {
            if (Greatest(slot.Uname, durable: false) is { } key && Newest.StandingOf(key.BucketId) == BucketStanding.Live)
            {
                before[slot.Uname] = key;
            }
        }

        loss();
        var taken = 0;
        foreach (var (uname, key) in before)
        {
            if (!(Greatest(uname, durable: false) >= key) && !(_forgotten.TryGetValue(uname, out var forgotten) && forgotten >= key))
            {
                taken++;
                Taint(uname);
            }
        }

        foreach (var unfinished in _unfinished.Keys.Where(u => u.Machine == node.Index).ToArray())
        {
            Taint(unfinished.Uname);
            _unfinished.Remove(unfinished);
        }

        return taken;
    }

    /// <summary>A disk of a target breaks: until that is declared, what was handed to it and not verified counts where it came from.</summary>
    public int OnMountpathLost(SimNode node, Action loss)
    {
        _lostReceivers.Add(node.Id);
        return OnDisksLost(node, loss);
    }

    /// <summary>A script takes a record away by hand: nothing is expected of the name from now on.</summary>
    public void Excuse(ObjectName name) => Taint(name.Uname);

    private void Taint(string uname)
    {
        _tainted.Add(uname);
        _acknowledged.Remove(uname);
        _floors.Remove(uname);
        foreach (var key in _histories.Keys.Where(k => k.Uname == uname).ToArray())
        {
            _histories.Remove(key);
        }
    }

    // Rule B9 and part C: Clean[X] = e says that X holds nothing live, and commits nothing, of a name that it owned in no epoch from e on.
    private void CheckPlace(SimNode node, NameSlot slot)
    {
        if (Counts(node) is not { } entry)
        {
            return;
        }

        world.Coverage.Hit(Mark.CheckCleanHoldsNothing);
        var record = slot.Current is not null && Counts(slot.Current) ? slot.Current : slot.Durable;
        if (record is not null && Counts(record) && Newest.StandingOf(record.Head.Key.BucketId) == BucketStanding.Live && !MayHold(entry, slot.Name.Digest))
        {
            throw new CheckFailedException(
                "clean holds nothing foreign",
                $"{node} is clean at {entry.Clean} and holds {slot.Uname} live with {record.Head.Key}{(ReferenceEquals(record, slot.Current) ? string.Empty : " on the platter")}, which it owned in no epoch since");
        }
    }

    private void CheckClean(SimNode node)
    {
        foreach (var slot in node.Target!.Store.Slots)
        {
            CheckPlace(node, slot);
        }

        if (Counts(node) is not { } entry)
        {
            return;
        }

        foreach (var ((machine, uname), key) in _unfinished)
        {
            if (machine == node.Index && !MayHold(entry, node.Target.Store.Find(uname)!.Name.Digest))
            {
                throw new CheckFailedException("clean holds nothing foreign", $"{node} is clean at {entry.Clean}, its commit of {uname} with {key} is not finished");
            }
        }
    }

    /// <summary>In a converged cluster every live record lies with its owner.</summary>
    public void CheckPlaces()
    {
        foreach (var node in world.Nodes)
        {
            foreach (var slot in node.Target?.Store.Slots ?? [])
            {
                world.Coverage.Hit(Mark.CheckEveryRecordInPlace);
                if (slot.Current is { } record && Counts(record) && Newest.StandingOf(record.Head.Key.BucketId) == BucketStanding.Live
                    && Newest.Newest.OwnerOf(slot.Name.Digest) != node.Id && Counts(node) is not null)
                {
                    throw new CheckFailedException("everything lies with its owner", $"{node} holds {slot.Uname} live, {Newest.Newest.OwnerOf(slot.Name.Digest)} owns it; {WhereIs(slot.Uname)}");
                }
            }
        }
    }

    private NodeEntry? Counts(SimNode node) =>
        !_lostMachines.Contains(node.Index) && Newest.Node(node.Id) is { HoldsIntegers: true } entry ? entry : null;

    private bool MayHold(NodeEntry entry, ulong digest)
    {
        for (var i = Newest.Epochs.Length - 1; i >= 0 && Newest.Epochs[i].Number >= entry.Clean; i--)
        {
            if (Newest.Epochs[i].OwnerOf(digest) == entry.Id)
            {
                return true;
            }
        }

        return false;
    }

    private RecordKey? Greatest(string uname, bool durable)
    {
        RecordKey? best = null;
        foreach (var node in world.Nodes)
        {
            if (node.Target is null || _lostMachines.Contains(node.Index) || node.Target.Store.Find(uname) is not { } slot)
            {
                continue;
            }

            var record = durable ? slot.Durable : slot.Current;
            var counts = record is { IsLive: true } || (record is { HandOver.IsVerified: false } && IsLost(record));
            if (counts && (best is null || record!.Head.Key > best))
            {
                best = record!.Head.Key;
            }
        }

        return best;
    }

    private void CheckRecord(string uname, in Acknowledged acknowledged)
    {
        world.Coverage.Hit(Mark.CheckRecordSurvives);
        RecordKey? forgotten = _forgotten.TryGetValue(uname, out var key) ? key : null;
        if (forgotten >= acknowledged.Key || Newest.StandingOf(acknowledged.Key.BucketId) == BucketStanding.Retired)
        {
            return;
        }

        var written = Greatest(uname, durable: false);
        var flushed = Greatest(uname, durable: true);
        if (!(written >= acknowledged.Key) || !(flushed >= acknowledged.Key))
        {
            throw new CheckFailedException("acknowledged writes stay", $"{uname}: {acknowledged.Key} was acknowledged, the greatest live is {written}, on the platters {flushed}; {WhereIs(uname)}");
        }
    }

    /// <summary>Every record of a name, for a message.</summary>
    public string WhereIs(string uname) => string.Join("; ", world.Nodes
        .Where(n => n.Target?.Store.Find(uname)?.Current is not null || n.Target?.Store.Find(uname)?.Durable is not null)
        .Select(n => (n, slot: n.Target!.Store.Find(uname)!))
        .Select(x => $"{x.n} {Describe(x.slot.Current)}{(x.slot.IsDirty ? $" (platter {Describe(x.slot.Durable)})" : string.Empty)}"));

    private static string Describe(StoredRecord? record) => record is null
        ? "nothing"
        : $"{record.Head.Key} {(record.Head.IsTombstone ? "tombstone" : record.Value)} {(record.HandOver is { } h ? $"leftover of {h.Epoch} to {h.Receiver} {(h.IsVerified ? "verified" : string.Empty)}" : "live")}";

    private bool Counts(StoredRecord record) => record.LiveHead(Newest) is not null;

    private bool IsLost(StoredRecord record) => Counts(record) || _lostReceivers.Contains(record.HandOver!.Receiver);

    // A read may not see less than what was known to have happened when it began.
    private void CheckReadIsNew(ObjectCall call)
    {
        if (call is not { Error: null, Found: { } found, IsStale: false } || _tainted.Contains(call.Name.Uname))
        {
            return;
        }

        var key = found.Head.Key;
        if (call.IsRead)
        {
            world.Coverage.Hit(Mark.CheckReadIsNew);
            if (call.Floor is { } floor && floor.BucketId == key.BucketId && key < floor)
            {
                throw new CheckFailedException("reads are new", $"{call} found {key}, {floor} was known when it began; {WhereIs(call.Name.Uname)}");
            }
        }

        if (!_floors.TryGetValue(call.Name.Uname, out var known) || known.Key < key)
        {
            _floors[call.Name.Uname] = (key, found.Head.IsTombstone);
        }
    }

    /// <summary>The answer to "may it be powered off" (rule A20).</summary>
    public void OnSafetyAnswered(SimNode node, SafetyVerdict? verdict)
    {
        world.Coverage.Hit(verdict?.Safety switch
        {
            Safety.Safe => Mark.SafetyAnsweredSafe,
            Safety.Unsafe => Mark.SafetyAnsweredUnsafe,
            _ => Mark.SafetyAnsweredUnknown,
        });
    }

    // Whatever was committed about operations.
    private void OperationsChanged(ClusterState before, ClusterState state)
    {
        foreach (var operation in before.Operations.Values)
        {
            if (state.Operation(operation.Id) is not { } now)
            {
                continue;
            }

            world.Coverage.Hit(operation.Blocked is null && now.Blocked is not null ? Mark.OperationBlocked : Mark.None);
            if (!now.IsFinished)
            {
                continue;
            }

            world.Coverage.Hit(now.Phase == OperationPhase.Cancelled ? Mark.OperationCancelled : Mark.OperationDone);
            world.Coverage.Hit(now.Phase == OperationPhase.Cancelled ? Mark.None : now.Kind switch
            {
                OperationKind.Maintenance => Mark.MaintenanceDone,
                OperationKind.Shutdown => Mark.ShutdownDone,
                OperationKind.Decommission => Mark.DecommissionDone,
                OperationKind.Return => Mark.ReturnDone,
                OperationKind.Join => Mark.JoinDone,
                OperationKind.Rebalance => Mark.RebalanceDone,
                _ => Mark.RemoveDeadDone,
            });
        }
    }

    /// <summary>What a target brought along from an earlier life is put aside: it does not count already.</summary>
    public void OnQuarantined(SimNode node)
    {
        if (!_lostMachines.Contains(node.Index) && node.Target!.Store.Slots.Any(s => s.Current is not null) && OnDisksLost(node, () => _lostMachines.Add(node.Index)) is var taken and > 0)
        {
            throw new CheckFailedException("quarantine takes nothing that counts", $"{node} puts aside what {taken} names need");
        }

        _lostMachines.Remove(node.Index);
    }

    // Declared lost, or removed: what lies there counts no more.
    private void CheckDepartures(ClusterState before, ClusterState state)
    {
        foreach (var old in before.Nodes.Values)
        {
            if (!old.HoldsIntegers || (state.Node(old.Id) is { HoldsIntegers: true } now && now.JoinedIndex == old.JoinedIndex))
            {
                continue;
            }

            var isLoss = state.Losses.TryGetValue(old.Id, out var loss) && loss.Index > before.AppliedIndex;
            world.Coverage.Hit(isLoss ? Mark.DeclaredLost : Mark.RemovedClean);
            foreach (var node in world.Nodes.Where(n => n.Id == old.Id && n.Target is not null))
            {
                var taken = OnDisksLost(node, () => _lostMachines.Add(node.Index));
                if (taken > 0 && !isLoss)
                {
                    throw new CheckFailedException("removal takes nothing", $"{node} was removed and {taken} names lose what was known of them");
                }

                world.Coverage.Hit(taken > 0 ? Mark.LossTookNames : Mark.None);
            }
        }
    }

    // What the newest committed state changed about placement.
    private void PlacementChanged(ClusterState before, ClusterState state)
    {
        var coverage = world.Coverage;
        coverage.Hit(state.Newest.Number > before.Newest.Number && before.NextBucketId > 1 ? Mark.EpochCommitted : Mark.None);
        coverage.Hit(state.Base > before.Base && before.NextBucketId > 1 ? Mark.BaseAdvanced : Mark.None);
        foreach (var entry in state.Nodes.Values)
        {
            var old = before.Node(entry.Id);
            if (old is null || ReferenceEquals(old, entry))
            {
                continue;
            }

            coverage.Hit(old.State == AdminState.In && entry.State != AdminState.In ? Mark.TargetLeft : Mark.None);
            coverage.Hit(old.State != AdminState.In && entry.State == AdminState.In && old.HoldsIntegers ? Mark.TargetCameBack : Mark.None);
            coverage.Hit(old.Weight != entry.Weight ? Mark.WeightChanged : Mark.None);
            coverage.Hit(old.HoldsIntegers && entry.Clean > old.Clean && before.NextBucketId > 1 ? Mark.CleanAdvanced : Mark.None);
        }
    }

    private void CheckCleanEverywhere(ClusterState before, ClusterState state)
    {
        foreach (var node in world.Nodes)
        {
            if (node.Target is not null && state.Node(node.Id) is { } entry && !ReferenceEquals(before.Node(node.Id), entry) && before.Node(node.Id)?.Clean != entry.Clean)
            {
                CheckClean(node);
            }
        }
    }
}
