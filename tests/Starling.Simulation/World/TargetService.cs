using Starling.Core.Errors;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Simulation.Mutants;
using Starling.Simulation.Store;
using Starling.Simulation.Workload;

namespace Starling.Simulation.World;

/// <summary>Drives the real plans of object requests over an in-memory store with name locks: the simulated twin of the target's services.</summary>
public sealed partial class TargetService(SimWorld world, SimNode node)
{
    private readonly List<ObjectRequest> _active = [];
    private RecordKeySource _keys = new();

    /// <summary>Extra time of every commit, nanoseconds: a script makes a rename hang.</summary>
    public long SlowCommitNs { get; set; }

    /// <summary>Time from the rename to the end of the flush, under the lock; 0: as one.</summary>
    public long SlowFlushNs { get; set; }

    public int ActiveRequests => _active.Count;

    public TargetStore Store { get; } = new(world, node);

    public StoredRecord? RecordOf(string uname) => Store.Find(uname)?.Current;

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
    public void Arrive(ObjectCall call, int attempt, long epoch, long appliedIndex) => Arrive(call, attempt, epoch, appliedIndex, null);

    private void Arrive(ObjectCall call, int attempt, long epoch, long appliedIndex, Action<ForwardReply>? reply)
    {
        var view = node.View!;
        if (view.AppliedIndex < appliedIndex || view.State.Newest.Number < epoch)
        {
            world.Coverage.Hit(Mark.StaleEpochSeen);
            if (world.NowNs > call.AttemptDeadlineNs)
            {
                Refuse(new StoreError(ErrorCode.Stale, "behind"));
                return;
            }

            world.ScheduleLocal(node, 50 * SimWorld.Millisecond, () => Arrive(call, attempt, epoch, appliedIndex, reply));
            return;
        }

        if (view.State.FindBucket(call.Name.Bucket) is not { } bucket)
        {
            Refuse(new StoreError(ErrorCode.Unavailable, "no such bucket here"));
            return;
        }

        call.Resolved(attempt, bucket.Id);
        var request = new ObjectRequest(call, attempt, bucket.Id, MakePlan(call, bucket.Id), world.NowNs + (12 * SimWorld.Second)) { Reply = reply };
        _active.Add(request);
        world.ScheduleLocal(node, 12 * SimWorld.Second, () => DeadlinePassed(request));
        Advance(request, PlanEvent.Started(TakeView()));

        void Refuse(StoreError error)
        {
            if (reply is null)
            {
                call.Answer(attempt, error, null, stale: false, node);
            }
            else
            {
                reply(new ForwardReply(error, null));
            }
        }
    }

    public void ViewChanged()
    {
        foreach (var run in _transfers.ToArray())
        {
            WakeUp(run);
        }

        PassViewChanged();
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
    public void Crash(bool power)
    {
        foreach (var request in _active)
        {
            if (request is { IsCommitting: true, IsRenamed: false } && world.DiskRandom.Chance(500_000))
            {
                Commit(request);
            }

            request.IsEnded = true;
            if (request.Reply is null)
            {
                request.Call.ConnectionLost(request.Attempt);
            }
        }

        _active.Clear();
        _transfers.Clear();
        PassCrashed();
        Store.Crash(world.DiskRandom, power);
        _keys = new RecordKeySource();
    }

    private IPlan MakePlan(ObjectCall call, ulong bucketId) => call.Kind switch
    {
        ObjectCallKind.Get or ObjectCallKind.Head => new GetPlan(call.Name, bucketId, Conditions.None),
        ObjectCallKind.Delete => new DeletePlan(call.Name, bucketId, Conditions.None, _keys),
        _ => new PutPlan(call.Name, bucketId, call.Conditions, _keys, new StagedObject(call.Value, "xxhash2", call.ValueText, Durability.Durable) { MayStayUnchanged = true })
        {
            FollowsTheName = FollowsNames,
        },
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

        var slot = Store.Slot(request.Call.Name);
        if (request.HoldsLock && action.Kind is not (PlanActionKind.Commit or PlanActionKind.AwaitAnswers))
        {
            Unlock(slot, request);
        }

        if (action.Kind != PlanActionKind.AwaitAnswers)
        {
            request.Round++;
        }

        switch (action.Kind)
        {
            case PlanActionKind.AwaitAnswers:
                break;
            case PlanActionKind.LookUp when world.DriverFault == Mutant.LookWithoutLock:
                Advance(request, PlanEvent.LookedAt(TakeView(), slot.Current?.Local));
                break;
            case PlanActionKind.LookUp:
                Store.Lock(slot, exclusive: false, () => Looked(slot, request));
                break;
            case PlanActionKind.LockName:
                Store.Lock(slot, exclusive: true, () => Locked(slot, request));
                break;
            case PlanActionKind.Commit:
                BeginCommit(request, action, happened.View);
                break;
            case PlanActionKind.AskCandidates:
                foreach (var candidate in action.Nodes)
                {
                    AskCandidate(request, candidate, action);
                }

                break;
            case PlanActionKind.WaitForView:
                Wait(request, action);
                break;
            case PlanActionKind.Forward:
                Forward(request, action);
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

        world.Coverage.Hit(action.Error?.Message.Contains("not fenced", StringComparison.Ordinal) == true ? Mark.FenceWaited : Mark.None);
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
            if (SlowFlushNs > 0)
            {
                // Renamed, and a power cut may still take it back.
                Store.Write(Store.Slot(request.Call.Name), request.Pending, flushed: false);
                request.IsRenamed = true;
                world.ScheduleLocal(node, SlowFlushNs, () => EndCommit(request));
                return;
            }

            EndCommit(request);
        });
    }

    private void EndCommit(ObjectRequest request)
    {
        Commit(request);
        request.IsCommitting = false;
        Unlock(Store.Slot(request.Call.Name), request);
        var pause = world.DiskRandom.Chance(100_000) ? SimWorld.Millisecond : 0;
        world.ScheduleLocal(node, pause, () => Advance(request, PlanEvent.Committed(TakeView())));
    }

    private void Commit(ObjectRequest request)
    {
        var slot = Store.Slot(request.Call.Name);
        var pending = request.Pending!;
        if (slot.Current is { } old && old.Head.Key > pending.Head.Key)
        {
            throw new CheckFailedException("order of records", $"{request.Call}: key {pending.Head.Key} was renamed over the greater {old.Head.Key}");
        }

        world.Checks.OnStored(node, request.Call, pending, request.Forget);
        Store.Write(slot, request.Forget ? null : pending, flushed: true);
    }

    private void Unlock(NameSlot slot, ObjectRequest request)
    {
        request.HoldsLock = false;
        Store.InFlight.Leave(request.WriteToken);
        Store.ReleaseExclusive(slot);
    }

    private void End(ObjectRequest request, in PlanAction action)
    {
        var call = request.Call;
        if (action.Kind == PlanActionKind.Redirect)
        {
            Finish(request, new StoreError(ErrorCode.NotOwner, "redirect"), null, stale: false);
            return;
        }

        StoredRecord? found = null;
        if (action is { Kind: PlanActionKind.Answer, Record: { } head } && call.IsRead)
        {
            if (action.Node != node.Id)
            {
                FetchContent(request, action);
                return;
            }

            // The bytes stream from a file that was opened under the lock: a later write does not change what is sent.
            found = new StoredRecord(head, ValueOf(head));
        }
        else if (action is { Kind: PlanActionKind.Answer, Record: { } written })
        {
            found = new StoredRecord(written, call.Value);
        }

        Finish(request, action.Kind == PlanActionKind.Refuse ? action.Error : null, found, action.MayBeStale);
    }

    private void Finish(ObjectRequest request, StoreError? error, StoredRecord? found, bool stale)
    {
        request.IsEnded = true;
        _active.Remove(request);
        if (request.Reply is { } reply)
        {
            reply(new ForwardReply(error, found?.Head));
            return;
        }

        request.Call.Answer(request.Attempt, error, found, stale, node);
    }

    private void Looked(NameSlot slot, ObjectRequest request)
    {
        var record = slot.Current?.Local;
        Store.ReleaseShared(slot);
        world.ScheduleLocal(node, world.DiskRandom.Chance(200_000) ? 500_000 : 0, () => Advance(request, PlanEvent.LookedAt(TakeView(), record)));
    }

    private void Locked(NameSlot slot, ObjectRequest request)
    {
        request.HoldsLock = true;
        request.WriteToken = Store.InFlight.Enter(node.View!.State.Newest.Number);
        if (request.IsLate)
        {
            Advance(request, PlanEvent.DeadlinePassed(TakeView()));
            return;
        }

        Advance(request, PlanEvent.LockedAt(TakeView(), slot.Current?.Local));
    }

    private sealed class ObjectRequest(ObjectCall call, int attempt, ulong bucketId, IPlan plan, long deadlineNs)
    {
        public ulong BucketId => bucketId;

        public ObjectCall Call => call;

        public int Attempt => attempt;

        public IPlan Plan => plan;

        public long DeadlineNs => deadlineNs;

        /// <summary>Whoever followed the name here with the body; null: the client itself.</summary>
        public Action<ForwardReply>? Reply { get; init; }

        public bool HoldsLock { get; set; }

        public long WriteToken { get; set; }

        /// <summary>Answers count while the plan waits for them: those to an earlier question, or to one that is settled, come to nobody.</summary>
        public int Round { get; set; }

        public bool IsCommitting { get; set; }

        /// <summary>The record is in place, its flush under way.</summary>
        public bool IsRenamed { get; set; }

        public bool IsWaiting { get; set; }

        public bool IsLate { get; set; }

        public bool IsEnded { get; set; }

        public bool Forget { get; set; }

        public StoredRecord? Pending { get; set; }
    }
}
