using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.Objects;
using Starling.Protocol.Ownership;
using Starling.Simulation.Store;
using Starling.Simulation.Workload;
using Starling.Simulation.World;

namespace Starling.Simulation.Checks;

/// <summary>Leases, the commit rule, and what clients were told.</summary>
public sealed partial class WorldChecks
{
    private readonly Dictionary<(int Machine, int Process, long Number), (long SentNs, long Floor)> _leaseRequests = [];
    private readonly SortedDictionary<string, PassMark> _passes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<(ulong Bucket, string Uname), List<HistoryCall>> _histories = [];
    private readonly SortedDictionary<string, Acknowledged> _acknowledged = new(StringComparer.Ordinal);
    private readonly SortedDictionary<ulong, long> _destroyedAt = [];
    private readonly SortedDictionary<ulong, long> _retiredAt = [];
    private readonly Dictionary<(int Machine, int Process), long> _granted = [];
    private readonly HashSet<(int Machine, int Process, NodeId To, long Number)> _grants = [];

    public long AcknowledgedCalls { get; private set; }

    public IEnumerable<KeyValuePair<(ulong Bucket, string Uname), List<HistoryCall>>> Histories => _histories;

    /// <summary>What a reader by index may at least expect now.</summary>
    public long ReadFloor() => CommitIndex;

    public void OnRead(SimNode node, long floor, AnswerRead? answer)
    {
        if (answer?.Index is not { } index)
        {
            world.Coverage.Hit(Mark.ReadIndexRefused);
            return;
        }

        world.Coverage.Hit(Mark.ReadIndexAnswered);
        world.Coverage.Hit(Mark.CheckReadIndexCurrent);
        if (index < floor)
        {
            throw new CheckFailedException("read-index is current", $"{node} answered {index} to a read that began when {floor} was committed");
        }

        if (node.View!.AppliedIndex < index)
        {
            throw new CheckFailedException("read-index is applied", $"{node} answered {index}, it has applied {node.View.AppliedIndex}");
        }
    }

    public void OnAnswer(SimNode node, Answer answer)
    {
        if (answer.Outcome is not { } outcome)
        {
            return;
        }

        world.Coverage.Hit(Mark.CheckProposalApplied);
        if (outcome.Index > CommitIndex || node.View!.AppliedIndex < outcome.Index)
        {
            throw new CheckFailedException(
                "answered after being applied",
                $"{node} answers the outcome of index {outcome.Index}; committed anywhere: {CommitIndex}, applied here: {node.View!.AppliedIndex}");
        }
    }

    // A grant needs a no-op of the leader's own term, and an index that was current after the question was asked.
    private void Granted(SimNode node, Envelope envelope, LeaseResponse response)
    {
        if (!_grants.Add((node.Index, node.Process, envelope.To, response.Number)))
        {
            // The same answer by another way.
            return;
        }

        world.Coverage.Hit(Mark.CheckGrant);
        var view = node.View!;
        if (view.CommitIndex == 0 || view.CommitIndex > CommitIndex || (_committed[(int)view.CommitIndex - 1] is { } newest && newest.Term != view.Term))
        {
            throw new CheckFailedException("grants after the no-op", $"{node} grants a lease in term {view.Term}, its newest committed index {view.CommitIndex} is of an earlier term");
        }

        foreach (var asker in world.Nodes)
        {
            if (asker.Id == envelope.To && asker.IsUp && _leaseRequests.TryGetValue((asker.Index, asker.Process, response.Number), out var request)
                && response.Index < request.Floor && Newest.Node(envelope.To)?.Session == asker.Session)
            {
                throw new CheckFailedException("grants are current", $"{node} grants {asker} a lease at index {response.Index}; {request.Floor} was committed when it asked");
            }
        }
    }

    public void BeforeDelivery(SimNode node, Envelope envelope)
    {
        if (envelope.Message is LeaseResponse { Granted: true } response && envelope.To == node.Id)
        {
            var machine = (node.Index, node.Process);
            if (_leaseRequests.TryGetValue((node.Index, node.Process, response.Number), out var request) && request.SentNs > _granted.GetValueOrDefault(machine))
            {
                _granted[machine] = request.SentNs;
            }
        }
    }

    private void LeaseChanged(SimNode node, NodePublication? before, NodePublication view)
    {
        var lease = view.Lease;
        if (lease.SentNs == 0)
        {
            world.Coverage.Hit(before is not null && before.Lease.SentNs != 0 ? Mark.LeaseLost : Mark.None);
            return;
        }

        if (before is not null && before.Lease == lease)
        {
            return;
        }

        world.Coverage.Hit(before is null || before.Lease.SentNs == 0 ? Mark.LeaseGained : Mark.None);
        world.Coverage.Hit(Mark.CheckLeaseAnchor);
        if (view.Role == ConsensusRole.Leader && lease.SentNs <= node.Clock.MonotonicNs(world.NowNs))
        {
            // A caretaker asks itself; the confirmation by a majority is the same.
            return;
        }

        if (!_granted.TryGetValue((node.Index, node.Process), out var sentNs))
        {
            throw new CheckFailedException("a lease needs a grant", $"{node} has a lease of {lease.SentNs} that nobody granted to this process");
        }

        if (lease.SentNs > sentNs || lease.ExpiresNs > sentNs + Lease.DurationNs)
        {
            throw new CheckFailedException(
                "leases run from the sending",
                $"{node} counts its lease from {lease.SentNs} to {lease.ExpiresNs}, the newest request that was granted left at {sentNs}");
        }
    }

    /// <summary>Rule B5.2: the lock is held and everything was checked.</summary>
    public void OnPass(SimNode node, ObjectCall call, in PlanAction action, in ObjectView view)
    {
        world.Coverage.Hit(Mark.CheckPassUnique);
        var key = action.Key;
        var entry = Newest.Node(node.Id);
        if (entry is not null && entry.SessionIndex > key.Boot)
        {
            throw new CheckFailedException("one session passes", $"{node} passes with boot {key.Boot} for {call}; its session {entry.SessionIndex} was committed before");
        }

        if (entry is not null && entry.Fenced > key.Epoch)
        {
            throw new CheckFailedException("fenced targets do not pass", $"{node} passes at epoch {key.Epoch} for {call}, it is fenced at {entry.Fenced}");
        }

        if (!view.HasLease || view.Epoch != key.Epoch || view.State.Newest.OwnerOf(call.Name.Digest) != node.Id)
        {
            throw new CheckFailedException("pass with lease and ownership", $"{node} passes for {call} at epoch {key.Epoch}, adopted {view.Epoch}, lease {view.HasLease}");
        }

        var uname = call.Name.Uname;
        if (_passes.TryGetValue(uname, out var last))
        {
            world.Coverage.Hit(Mark.CheckPassOrder);
            if (last.Key.BucketId == key.BucketId && (key <= last.Key || (key.Epoch == last.Key.Epoch && last.Target != node.Id)))
            {
                throw new CheckFailedException("order of passes", $"{node} passes with {key} for {call}, {last.Target} passed before with {last.Key}");
            }
        }

        _passes[uname] = new PassMark(key, node.Id);
        _unfinished[(node.Index, uname)] = key;
        if (entry is not null && !_lostMachines.Contains(node.Index) && !MayHold(entry, call.Name.Digest))
        {
            throw new CheckFailedException("clean holds nothing foreign", $"{node} is clean at {entry.Clean} and passes for {call}, which it owned in no epoch since");
        }
    }

    public void OnStored(SimNode node, ObjectCall call, StoredRecord record, bool forgotten)
    {
        _unfinished.Remove((node.Index, call.Name.Uname));
        if (forgotten)
        {
            OnForgotten(node, call.Name.Uname, record.Head.Key);
        }
    }

    private readonly SortedDictionary<string, RecordKey> _forgotten = new(StringComparer.Ordinal);

    /// <summary>A client has its answer.</summary>
    public void OnCallEnded(ObjectCall call)
    {
        var coverage = world.Coverage;
        switch (call.Error?.Code)
        {
            case null:
                AcknowledgedCalls++;
                coverage.Hit(call.Kind switch
                {
                    ObjectCallKind.Put => Mark.PutAcknowledged,
                    ObjectCallKind.Create => Mark.CreateWon,
                    ObjectCallKind.Match => Mark.MatchWon,
                    ObjectCallKind.Delete => Mark.DeleteAcknowledged,
                    ObjectCallKind.Head => Mark.HeadFound,
                    _ => call.IsStale ? Mark.GetStale : Mark.GetFound,
                });
                break;
            case ErrorCode.ObjectNotFound:
                AcknowledgedCalls++;
                coverage.Hit(Mark.GetAbsent);
                break;
            case ErrorCode.PreconditionFailed:
                AcknowledgedCalls++;
                coverage.Hit(call.Kind == ObjectCallKind.Create ? Mark.CreateLost : Mark.MatchLost);
                break;
            case ErrorCode.UnknownOutcome:
                coverage.Hit(Mark.AnswerUnknown);
                break;
            case ErrorCode.Internal:
                throw new CheckFailedException("no internal errors", $"{call}: {call.Error}");
            default:
                coverage.Hit(Mark.AnswerUnavailable);
                break;
        }

        CheckReadIsNew(call);
        Remember(call);
        if (call is { Error: null, IsRead: false, Found: { } written })
        {
            Acknowledge(call, written);
        }
    }

    /// <summary>What the call says of its name, once the bucket that it went to is known.</summary>
    public void Remember(ObjectCall call)
    {
        if (_tainted.Contains(call.Name.Uname) || call.ToHistory() is not { } history)
        {
            return;
        }

        if (history.Result != HistoryResult.Unknown && _destroyedAt.TryGetValue(call.BucketId, out var destroyedAt) && call.CalledAtNs > destroyedAt)
        {
            throw new CheckFailedException("destroyed buckets stay destroyed", $"{call} was answered {history.Result} in bucket {call.BucketId}, whose destruction was answered before it began");
        }

        var key = (call.BucketId, call.Name.Uname);
        if (!_histories.TryGetValue(key, out var list))
        {
            _histories.Add(key, list = []);
        }

        list.Add(history);
    }

    private void Acknowledge(ObjectCall call, StoredRecord written)
    {
        var uname = call.Name.Uname;
        var key = written.Head.Key;
        if (_tainted.Contains(uname))
        {
            return;
        }

        if (!_acknowledged.TryGetValue(uname, out var known) || known.Key < key)
        {
            _acknowledged[uname] = new Acknowledged(key);
        }

        CheckRecord(uname, _acknowledged[uname]);
    }

    /// <summary>The destruction of a bucket was answered to its client.</summary>
    public void BucketDestroyed(ulong bucketId) => _destroyedAt.TryAdd(bucketId, world.NowNs);

    /// <summary>A process of this machine ended.</summary>
    public void AfterCrash(SimNode node)
    {
        if (node.Target is null)
        {
            return;
        }

        foreach (var unfinished in _unfinished.Keys.Where(u => u.Machine == node.Index).ToArray())
        {
            _unfinished.Remove(unfinished);
        }

        CheckRecords(node);
    }

    /// <summary>Every acknowledged mutation is on the disks that hold the name: after a restart, and at the end.</summary>
    public void CheckRecords(SimNode? only = null)
    {
        foreach (var (uname, acknowledged) in _acknowledged)
        {
            if (only is null || only.Target?.RecordOf(uname) is not null)
            {
                CheckRecord(uname, acknowledged);
            }
        }
    }

    /// <summary>The history of every name has an order that a register explains.</summary>
    public void CheckHistories()
    {
        foreach (var ((bucket, uname), calls) in _histories)
        {
            world.Coverage.Hit(Mark.CheckLinearizable);
            if (!Linearizability.Check([.. calls, .. Destruction(bucket)], out var reason))
            {
                var lines = string.Join("\n  ", calls.OrderBy(c => c.CalledAtNs).Select(c => c.ToString()));
                throw new CheckFailedException("linearizability", $"{uname} in bucket {bucket}: {reason}\n  {lines}");
            }
        }
    }

    // From the commit of its destruction on, a target that has applied it knows nothing of the bucket; one that has not may still ask it, and may write again.
    private IEnumerable<HistoryCall> Destruction(ulong bucket)
    {
        for (var i = 0; i < 2 && _retiredAt.TryGetValue(bucket, out var atNs); i++)
        {
            yield return new HistoryCall { Kind = HistoryKind.Delete, CalledAtNs = atNs };
        }
    }

    private readonly record struct PassMark(RecordKey Key, NodeId Target);

    private readonly record struct Acknowledged(RecordKey Key);
}
