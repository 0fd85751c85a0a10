using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Simulation.Mutants;
using Starling.Simulation.Network;
using Starling.Simulation.Store;

namespace Starling.Simulation.World;

/// <summary>Drives the plans of transfers: a record on its way, a question, a verification. Decides nothing.</summary>
public sealed partial class TargetService
{
    private readonly List<TransferRun> _transfers = [];

    /// <summary>Extra time of every receive, nanoseconds: a script makes one hang between its rename and its flush, or before.</summary>
    public long SlowReceiveNs { get; set; }

    /// <summary>A record is written and not flushed yet: the moment for a power cut.</summary>
    public Action? WrittenNotFlushed { get; set; }

    public int ActiveTransfers => _transfers.Count;

    private void Run(ITransferPlan plan, ObjectName name, long deadlineNs, Action<TransferAction> ended, PushQuestion? push = null, NodeId from = default)
    {
        var run = new TransferRun(plan, Store.Slot(name), world.NowNs + deadlineNs, ended, push, from);
        _transfers.Add(run);
        world.ScheduleLocal(node, deadlineNs, () => DeadlinePassed(run));
        Advance(run, TransferEvent.Started(TakeView()));
    }

    private void DeadlinePassed(TransferRun run)
    {
        if (run is { IsEnded: false, IsWaiting: true })
        {
            run.IsWaiting = false;
            Advance(run, new TransferEvent(TransferEventKind.DeadlinePassed, TakeView()));
        }
    }

    // In place of the event that it has; a finished write counts.
    private void Report(TransferRun run, in TransferEvent happened) => Advance(
        run,
        world.NowNs >= run.DeadlineNs && happened.Kind != TransferEventKind.Stored ? new TransferEvent(TransferEventKind.DeadlinePassed, happened.View) : happened);

    private void Advance(TransferRun run, in TransferEvent happened)
    {
        if (run.IsEnded)
        {
            return;
        }

        var action = run.Plan.Next(happened);
        world.Trace.Add((long)action.Kind + 100);
        if (world.IsTracing)
        {
            world.Note($"{node.Name,-4} {run.Plan.GetType().Name} {run.Slot.Name.Name}: {happened.Kind} {happened.Answer?.Kind} -> {action.Kind} {action.Outcome} {action.Error?.Message}");
        }

        if (run.HoldsLock && !IsWrite(action.Kind))
        {
            Unlock(run);
        }

        switch (action.Kind)
        {
            case TransferActionKind.LookUp when IsLockForgotten(run):
                Report(run, TransferEvent.Looked(TakeView(), run.Slot.Current?.Local));
                break;
            case TransferActionKind.LookUp:
                Store.Lock(run.Slot, exclusive: false, () => Looked(run));
                break;
            case TransferActionKind.LockName:
                Store.Lock(run.Slot, exclusive: true, () => Locked(run));
                break;
            case TransferActionKind.Push:
                Push(run, action);
                break;
            case TransferActionKind.TakeBytes:
                TakeBytes(run);
                break;
            case TransferActionKind.HashLeftover:
                var intact = run.Slot.Current;
                world.ScheduleLocal(node, world.DiskRandom.Between(100_000, 5 * SimWorld.Millisecond), () =>
                    Report(run, TransferEvent.Hashed(TakeView(), ReferenceEquals(run.Slot.Current, intact))));
                break;
            case TransferActionKind.WaitForView:
                Wait(run, action);
                break;
            case TransferActionKind.Done:
                End(run, action);
                break;
            default:
                BeginWrite(run, action);
                break;
        }
    }

    private static bool IsWrite(TransferActionKind kind) => kind is TransferActionKind.Commit or TransferActionKind.Mark or TransferActionKind.MarkVerified
        or TransferActionKind.Revive or TransferActionKind.Flush or TransferActionKind.Remove;

    private bool IsLockForgotten(TransferRun run) =>
        world.DriverFault == Mutant.LookWithoutLock || (world.DriverFault == Mutant.PushReadOutsideTheLock && run.Plan is HandOffPlan);

    private bool IsFlushForgotten(TransferActionKind kind) =>
        (world.DriverFault == Mutant.MarkWithoutFlush && kind == TransferActionKind.Mark) || (world.DriverFault == Mutant.HeldBeforeFlush && kind == TransferActionKind.Commit);

    private void Looked(TransferRun run)
    {
        var record = run.Slot.Current?.Local;
        var view = TakeView();
        Store.ReleaseShared(run.Slot);
        world.ScheduleLocal(node, world.DiskRandom.Chance(200_000) ? 500_000 : 0, () => Report(run, TransferEvent.Looked(view, record)));
    }

    private void Locked(TransferRun run)
    {
        run.HoldsLock = true;
        run.WriteToken = Store.InFlight.Enter(node.View!.State.Newest.Number);
        Report(run, TransferEvent.Locked(TakeView(), run.Slot.Current?.Local));
    }

    private void Unlock(TransferRun run)
    {
        run.HoldsLock = false;
        Store.InFlight.Leave(run.WriteToken);
        Store.ReleaseExclusive(run.Slot);
    }

    private void Wait(TransferRun run, in TransferAction action)
    {
        if (world.NowNs >= run.DeadlineNs)
        {
            Advance(run, new TransferEvent(TransferEventKind.DeadlinePassed, TakeView()));
            return;
        }

        run.IsWaiting = true;
        if (action.AppliedIndex != node.View!.AppliedIndex)
        {
            WakeUp(run);
        }
    }

    private void WakeUp(TransferRun run)
    {
        if (run.IsWaiting)
        {
            run.IsWaiting = false;
            world.ScheduleLocal(node, 10_000, () => Report(run, TransferEvent.ViewChanged(TakeView())));
        }
    }

    private void Push(TransferRun run, in TransferAction action)
    {
        world.Coverage.Hit(Mark.Pushed);
        var question = new PushQuestion(action.Push!, ValueOf(action.Push!.Record));
        var self = node.Id;
        world.AskNeighbor<PushAnswer>(
            node,
            action.Node,
            question,
            (there, reply) => there.Target!.ArrivePush(question, self, reply),
            answer => Report(run, answer is null
                ? TransferEvent.Failed(TakeView(), new StoreError(ErrorCode.Unreachable, "the receiver does not answer"))
                : TransferEvent.Answered(TakeView(), answer)));
    }

    // The bytes follow the offer by the same connection; a bad network breaks it.
    private void TakeBytes(TransferRun run)
    {
        var sender = world.Nodes.Find(n => n.Id == run.From);
        var comes = sender is { IsUp: true } && world.Network.Route(NetworkKind.Data, sender.Index, node.Index, out _, out _) > 0;
        var latency = world.DiskRandom.Between(200_000, 20 * SimWorld.Millisecond) + SlowReceiveNs;
        world.Coverage.Hit(comes ? Mark.BytesReceived : Mark.BytesBroken);
        world.ScheduleLocal(node, latency, () => Report(run, comes
            ? TransferEvent.Received(TakeView())
            : TransferEvent.Failed(TakeView(), new StoreError(ErrorCode.Unreachable, "the connection broke"))));
    }

    private void BeginWrite(TransferRun run, in TransferAction action)
    {
        if (!run.HoldsLock)
        {
            throw new CheckFailedException("writes are locked", $"{node} {run.Plan.GetType().Name} asks for {action.Kind} without the lock");
        }

        var slot = run.Slot;
        var kind = action.Kind;
        var next = Written(run, action);
        var writeNs = world.DiskRandom.Between(50_000, 2 * SimWorld.Millisecond) + (kind == TransferActionKind.Commit ? SlowReceiveNs : 0);
        var flushNs = world.DiskRandom.Between(50_000, 2 * SimWorld.Millisecond) + (world.DiskRandom.Chance(30_000) ? SimWorld.Second : 0) + world.DiskRandom.Between(0, node.SlowFlushNs);

        // First it is in the page cache, then on the platter; the power may go in between.
        world.ScheduleLocal(node, writeNs, () =>
        {
            if (kind != TransferActionKind.Flush)
            {
                world.Checks.OnTransferred(node, slot, next, kind);
                Store.Write(slot, next, flushed: false);
                WrittenNotFlushed?.Invoke();
            }
        });
        world.ScheduleLocal(node, writeNs + flushNs, () =>
        {
            if (!IsFlushForgotten(kind))
            {
                Store.Flush(slot);
            }

            Unlock(run);
            Report(run, new TransferEvent(TransferEventKind.Stored, TakeView()));
        });
    }

    private StoredRecord? Written(TransferRun run, in TransferAction action)
    {
        var current = run.Slot.Current;
        world.Coverage.Hit(action.Kind switch
        {
            TransferActionKind.Commit => action.Record!.IsTombstone ? Mark.TombstoneReceived : Mark.RecordReceived,
            TransferActionKind.Mark => Mark.LeftoverMarked,
            TransferActionKind.MarkVerified => Mark.LeftoverVerified,
            TransferActionKind.Revive => Mark.LeftoverRevived,
            TransferActionKind.Remove => current is { IsLive: true } ? Mark.TombstoneForgotten : Mark.LeftoverReclaimed,
            _ => Mark.RecordFlushed,
        });
        return action.Kind switch
        {
            TransferActionKind.Commit => new StoredRecord(action.Record!, run.PushedValue(action.Record!)),
            TransferActionKind.Mark => current! with { HandOver = action.HandOver },
            TransferActionKind.MarkVerified => current! with { HandOver = current.HandOver! with { IsVerified = true } },
            TransferActionKind.Revive => current! with { HandOver = null },
            TransferActionKind.Remove => null,
            _ => current,
        };
    }

    private void End(TransferRun run, in TransferAction action)
    {
        run.IsEnded = true;
        _transfers.Remove(run);
        if (action.Error is { Code: ErrorCode.Internal or ErrorCode.Corrupt } error)
        {
            throw new CheckFailedException("no internal errors", $"{node} {run.Plan.GetType().Name} {run.Slot.Uname}: {error}; {world.Checks.WhereIs(run.Slot.Uname)}");
        }

        run.Ended(action);
    }

    private static long ValueOf(RecordHead head) =>
        head.IsTombstone ? 0 : long.Parse(head.ChecksumValue, System.Globalization.CultureInfo.InvariantCulture);

    private sealed class TransferRun(ITransferPlan plan, NameSlot slot, long deadlineNs, Action<TransferAction> ended, PushQuestion? push, NodeId from)
    {
        public ITransferPlan Plan => plan;

        public NameSlot Slot => slot;

        public long DeadlineNs => deadlineNs;

        public Action<TransferAction> Ended => ended;

        /// <summary>For a receive: who sends.</summary>
        public NodeId From => from;

        public bool HoldsLock { get; set; }

        public long WriteToken { get; set; }

        public bool IsWaiting { get; set; }

        public bool IsEnded { get; set; }

        public long PushedValue(RecordHead head) => push is not null && push.Offer.Record.Key == head.Key
            ? push.Value
            : throw new CheckFailedException("what is received is what was offered", $"{head.Key} is committed, {push?.Offer.Record.Key} was offered");
    }
}
