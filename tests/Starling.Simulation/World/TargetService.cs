using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.Ownership;
using Starling.Simulation.Workload;

namespace Starling.Simulation.World;

/// <summary>A record on the disks of a target, with the content that the world gave it.</summary>
public sealed record StoredRecord(RecordHead Head, long Value);

/// <summary>Drives the real plans of object requests over an in-memory store with name locks: the simulated twin of the target's services.</summary>
public sealed class TargetService(SimWorld world, SimNode node)
{
    private readonly SortedDictionary<string, NameSlot> _slots = new(StringComparer.Ordinal);
    private readonly List<ObjectRequest> _active = [];
    private RecordKeySource _keys = new();

    /// <summary>Extra time of every commit, nanoseconds: a script makes a rename hang.</summary>
    public long SlowCommitNs { get; set; }

    public int ActiveRequests => _active.Count;

    public IEnumerable<KeyValuePair<string, StoredRecord>> Records => _slots.Where(s => s.Value.Record is not null).Select(s => new KeyValuePair<string, StoredRecord>(s.Key, s.Value.Record!));

    public StoredRecord? RecordOf(string uname) => _slots.GetValueOrDefault(uname)?.Record;

    /// <summary>This machine's disks are a copy of another one's.</summary>
    public void CopyRecords(TargetService from)
    {
        foreach (var (uname, slot) in from._slots)
        {
            _slots[uname] = new NameSlot { Record = slot.Record };
        }
    }

    /// <summary>The world as a plan may see it at this instant.</summary>
    public ObjectView TakeView()
    {
        var view = node.View!;
        var now = node.Clock.MonotonicNs(world.NowNs);
        var valid = view.Lease.IsValid(now, world.WallNs(node), node.LastTickNs, view.AppliedIndex);
        return new ObjectView(view.State, node.Id, node.Session, valid);
    }

    public bool HasLease => node.View is not null && TakeView().HasLease;

    /// <summary>A request arrives, with the marks of the sender (rule B2).</summary>
    public void Arrive(ObjectCall call, int attempt, long epoch, long appliedIndex)
    {
        var view = node.View!;
        if (view.AppliedIndex < appliedIndex || view.State.Newest.Number < epoch)
        {
            world.Coverage.Hit(Mark.StaleEpochSeen);
            if (world.NowNs > call.AttemptDeadlineNs)
            {
                call.Answer(attempt, new StoreError(ErrorCode.Stale, "behind"), null, stale: false, node);
                return;
            }

            world.ScheduleLocal(node, 50 * SimWorld.Millisecond, () => Arrive(call, attempt, epoch, appliedIndex));
            return;
        }

        if (view.State.FindBucket(call.Name.Bucket) is not { } bucket)
        {
            call.Answer(attempt, new StoreError(ErrorCode.Unavailable, "no such bucket here"), null, stale: false, node);
            return;
        }

        call.Resolved(attempt, bucket.Id);
        var request = new ObjectRequest(call, attempt, MakePlan(call, bucket.Id), world.NowNs + (12 * SimWorld.Second));
        _active.Add(request);
        world.ScheduleLocal(node, 12 * SimWorld.Second, () => DeadlinePassed(request));
        Advance(request, PlanEvent.Started(TakeView()));
    }

    public void ViewChanged()
    {
        if (_active.Count == 0)
        {
            return;
        }

        foreach (var request in _active.ToArray())
        {
            if (request.IsWaiting && !request.IsEnded)
            {
                request.IsWaiting = false;
                world.ScheduleLocal(node, 10_000, () => Advance(request, PlanEvent.ViewChanged(TakeView())));
            }
        }
    }

    /// <summary>The process died. Commits under way may or may not have reached the disk; locks and sequence numbers are gone.</summary>
    public void Crash()
    {
        foreach (var request in _active)
        {
            if (request.IsCommitting && world.DiskRandom.Chance(500_000))
            {
                Store(request);
            }

            request.IsEnded = true;
            request.Call.ConnectionLost(request.Attempt);
        }

        _active.Clear();
        foreach (var slot in _slots.Values)
        {
            slot.Readers = 0;
            slot.IsWritten = false;
            slot.Queue.Clear();
        }

        _keys = new RecordKeySource();
    }

    private IPlan MakePlan(ObjectCall call, ulong bucketId) => call.Kind switch
    {
        ObjectCallKind.Get or ObjectCallKind.Head => new GetPlan(call.Name, bucketId, Conditions.None),
        ObjectCallKind.Delete => new DeletePlan(call.Name, bucketId, Conditions.None, _keys),
        _ => new PutPlan(call.Name, bucketId, call.Conditions, _keys, new StagedObject(call.Value, "xxhash2", call.ValueText, Durability.Durable) { MayStayUnchanged = true }),
    };

    private void DeadlinePassed(ObjectRequest request)
    {
        if (request.IsEnded || request.IsCommitting)
        {
            return;
        }

        if (request.IsWaiting)
        {
            request.IsWaiting = false;
            Advance(request, PlanEvent.DeadlinePassed(TakeView()));
        }
        else
        {
            request.IsLate = true;
        }
    }

    private void Advance(ObjectRequest request, in PlanEvent happened)
    {
        if (request.IsEnded)
        {
            return;
        }

        var action = request.Plan.Next(happened);
        world.Trace.Add((long)action.Kind);
        if (world.IsTracing)
        {
            world.Note($"{node.Name,-4} {request.Call}: {happened.Kind} -> {action.Kind} {action.Error?.Message}");
        }

        var slot = Slot(request.Call.Name);
        if (request.HoldsLock && action.Kind != PlanActionKind.Commit)
        {
            request.HoldsLock = false;
            slot.IsWritten = false;
            Wake(slot);
        }

        switch (action.Kind)
        {
            case PlanActionKind.AwaitAnswers:
                break;
            case PlanActionKind.LookUp:
                Enqueue(slot, request, exclusive: false);
                break;
            case PlanActionKind.LockName:
                Enqueue(slot, request, exclusive: true);
                break;
            case PlanActionKind.Commit:
                BeginCommit(request, action, happened.View);
                break;
            case PlanActionKind.AskCandidates:
                foreach (var candidate in action.Nodes)
                {
                    world.ScheduleLocal(node, SimWorld.Second, () => Advance(request, PlanEvent.Answered(TakeView(), candidate, LookResult.Unknown)));
                }

                break;
            case PlanActionKind.WaitForView:
                Wait(request, action);
                break;
            default:
                End(request, action);
                break;
        }
    }

    private void Wait(ObjectRequest request, in PlanAction action)
    {
        if (request.IsLate || world.NowNs >= request.DeadlineNs)
        {
            Advance(request, PlanEvent.DeadlinePassed(TakeView()));
            return;
        }

        request.IsWaiting = true;
        if (action.AppliedIndex != node.View!.AppliedIndex)
        {
            request.IsWaiting = false;
            world.ScheduleLocal(node, 10_000, () => Advance(request, PlanEvent.ViewChanged(TakeView())));
        }
    }

    private void BeginCommit(ObjectRequest request, in PlanAction action, in ObjectView view)
    {
        world.Checks.OnPass(node, request.Call, action, view);
        request.IsCommitting = true;
        request.Pending = new StoredRecord(action.Record!, request.Call.Value);
        request.Forget = action.MayForget && action.IsTombstone;
        var latency = world.DiskRandom.Between(200_000, 4 * SimWorld.Millisecond) + SlowCommitNs;
        world.ScheduleLocal(node, latency, () =>
        {
            Store(request);
            request.IsCommitting = false;
            request.HoldsLock = false;
            var slot = Slot(request.Call.Name);
            slot.IsWritten = false;
            Wake(slot);
            var pause = world.DiskRandom.Chance(100_000) ? SimWorld.Millisecond : 0;
            world.ScheduleLocal(node, pause, () => Advance(request, PlanEvent.Committed(TakeView())));
        });
    }

    private void Store(ObjectRequest request)
    {
        var slot = Slot(request.Call.Name);
        var pending = request.Pending!;
        if (slot.Record is { } old && old.Head.Key > pending.Head.Key)
        {
            throw new CheckFailedException("order of records", $"{request.Call}: key {pending.Head.Key} was renamed over the greater {old.Head.Key}");
        }

        slot.Record = request.Forget ? null : pending;
        world.Checks.OnStored(node, request.Call, pending, request.Forget);
    }

    private void End(ObjectRequest request, in PlanAction action)
    {
        request.IsEnded = true;
        _active.Remove(request);
        var call = request.Call;
        if (action.Kind == PlanActionKind.Redirect)
        {
            call.Answer(request.Attempt, new StoreError(ErrorCode.NotOwner, "redirect"), null, stale: false, node);
            return;
        }

        StoredRecord? found = null;
        if (action is { Kind: PlanActionKind.Answer, Record: { } head } && call.IsRead)
        {
            // The bytes stream from a file that was opened under the lock: a later write does not change what is sent.
            found = new StoredRecord(head, long.Parse(head.ChecksumValue, System.Globalization.CultureInfo.InvariantCulture));
        }
        else if (action is { Kind: PlanActionKind.Answer, Record: { } written })
        {
            found = new StoredRecord(written, call.Value);
        }

        call.Answer(request.Attempt, action.Kind == PlanActionKind.Refuse ? action.Error : null, found, action.MayBeStale, node);
    }

    // Name locks: shared for looks, exclusive from the check to the flush; first come, first served.
    private void Enqueue(NameSlot slot, ObjectRequest request, bool exclusive)
    {
        slot.Queue.Enqueue((request, exclusive));
        Wake(slot);
    }

    private void Wake(NameSlot slot)
    {
        while (slot.Queue.Count > 0 && !slot.IsWritten)
        {
            var (request, exclusive) = slot.Queue.Peek();
            if (exclusive && slot.Readers > 0)
            {
                return;
            }

            slot.Queue.Dequeue();
            var latency = world.DiskRandom.Between(20_000, 300_000);
            if (exclusive)
            {
                slot.IsWritten = true;
                world.ScheduleLocal(node, latency, () => Locked(slot, request));
            }
            else
            {
                slot.Readers++;
                world.ScheduleLocal(node, latency, () => Looked(slot, request));
            }
        }
    }

    private void Looked(NameSlot slot, ObjectRequest request)
    {
        var record = slot.Record?.Head;
        slot.Readers--;
        Wake(slot);
        world.ScheduleLocal(node, world.DiskRandom.Chance(200_000) ? 500_000 : 0, () => Advance(request, PlanEvent.Looked(TakeView(), record)));
    }

    private void Locked(NameSlot slot, ObjectRequest request)
    {
        request.HoldsLock = true;
        if (request.IsLate)
        {
            Advance(request, PlanEvent.DeadlinePassed(TakeView()));
            return;
        }

        Advance(request, PlanEvent.Locked(TakeView(), slot.Record?.Head));
    }

    private NameSlot Slot(ObjectName name)
    {
        if (!_slots.TryGetValue(name.Uname, out var slot))
        {
            _slots[name.Uname] = slot = new NameSlot();
        }

        return slot;
    }

    private sealed class NameSlot
    {
        public StoredRecord? Record { get; set; }

        public int Readers { get; set; }

        public bool IsWritten { get; set; }

        public Queue<(ObjectRequest Request, bool Exclusive)> Queue { get; } = new();
    }

    private sealed class ObjectRequest(ObjectCall call, int attempt, IPlan plan, long deadlineNs)
    {
        public ObjectCall Call => call;

        public int Attempt => attempt;

        public IPlan Plan => plan;

        public long DeadlineNs => deadlineNs;

        public bool HoldsLock { get; set; }

        public bool IsCommitting { get; set; }

        public bool IsWaiting { get; set; }

        public bool IsLate { get; set; }

        public bool IsEnded { get; set; }

        public bool Forget { get; set; }

        public StoredRecord? Pending { get; set; }
    }
}
