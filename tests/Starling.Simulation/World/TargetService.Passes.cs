using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Protocol.Node;
using Starling.Protocol.Operations;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;

namespace Starling.Simulation.World;

/// <summary>Drives the pass of a target and the collection of what nobody needs (rules B8, B9, B11).</summary>
public sealed partial class TargetService
{
    private const long HandOffDeadlineNs = 10 * SimWorld.Second;
    private const long MarkDeadlineNs = 5 * SimWorld.Second;
    private const int MaxInFlight = 4;
    private readonly SortedDictionary<long, Action<Answer?>> _proposals = [];
    private DrainPass? _pass;
    private PassProgress? _saving;
    private bool _isCollecting;

    /// <summary>The pass that runs, or null.</summary>
    public PassStatus? PassStatus => _pass?.Status;

    /// <summary>A script forbids passes on this machine.</summary>
    public bool HoldsPasses { get; set; }

    /// <summary>A script wants one name per page.</summary>
    public bool ShortPages { get; set; }

    /// <summary>A script keeps tombstones and leftovers where they are.</summary>
    public bool HoldsCollection { get; set; }

    /// <summary>The leader's answer to what this target asked for.</summary>
    public void Answered(Answer answer)
    {
        if (_proposals.Remove(answer.LocalRequestId, out var done))
        {
            done(answer);
        }
    }

    /// <summary>Looks whether there is something to prove: a script may have changed what is allowed.</summary>
    public void PassViewChanged()
    {
        var view = TakeView();
        if (!_isCollecting)
        {
            _isCollecting = true;
            CollectLater();
            SummarizeLater();
        }

        Quarantine(view.State);

        if (_pass is null && !HoldsPasses && DrainPass.IsWanted(view) && world.MayPass(node, view.State))
        {
            world.Coverage.Hit(Store.Progress is null ? Mark.PassBegan : Mark.PassResumed);
            _pass = new DrainPass([.. node.MountpathIds], Store.Progress, MaxInFlight);
        }

        Give(new PassInput.ViewChanged(view));
    }

    private void PassCrashed()
    {
        // A save under way may have reached the platter.
        if (_saving is not null && world.DiskRandom.Chance(500_000))
        {
            Store.Progress = _saving;
        }

        _saving = null;
        _pass = null;
        _isCollecting = false;
        _proposals.Clear();
    }

    private void Give(PassInput input)
    {
        if (_pass is not { } pass)
        {
            return;
        }

        var wasBlocked = pass.Status.Stage == PassStage.Blocked;
        foreach (var effect in pass.Step(input))
        {
            if (world.IsTracing)
            {
                world.Note($"{node.Name,-4} pass {pass.Status.Epoch} {pass.Status.Stage}: {input.GetType().Name} -> {effect}");
            }

            world.Trace.Add(effect.GetType().Name.Length + 1_000);
            CarryOut(pass, effect);
        }

        world.Coverage.Hit(!wasBlocked && pass.Status.Stage == PassStage.Blocked ? Mark.PassBlocked : Mark.None);
    }

    // What comes back to a pass that is over comes to nobody.
    private void GiveLater(DrainPass pass, long delayNs, Func<PassInput> input) => world.ScheduleLocal(node, delayNs, () =>
    {
        if (ReferenceEquals(_pass, pass))
        {
            Give(input());
        }
    });

    private void CarryOut(DrainPass pass, PassEffect effect)
    {
        var random = world.DiskRandom;
        switch (effect)
        {
            case PassEffect.AwaitWrites wait:
                AwaitWrites(pass, wait.Epoch);
                break;
            case PassEffect.Flush flush:
                GiveLater(pass, random.Between(SimWorld.Millisecond, 40 * SimWorld.Millisecond), () =>
                {
                    Store.FlushMountpath(flush.Mountpath);
                    return new PassInput.Flushed(flush.Mountpath);
                });
                break;
            case PassEffect.SaveProgress save:
                _saving = save.Progress;
                GiveLater(pass, random.Between(200_000, 4 * SimWorld.Millisecond), () =>
                {
                    Store.Progress = save.Progress;
                    _saving = null;
                    return new PassInput.ProgressSaved();
                });
                break;
            case PassEffect.ReadPage read:
                GiveLater(pass, random.Between(200_000, 6 * SimWorld.Millisecond), () => ReadPage(read));
                break;
            case PassEffect.HandOff handOff:
                Run(new HandOffPlan(handOff.Name), handOff.Name, HandOffDeadlineNs, end =>
                    GiveLater(pass, 10_000, () => new PassInput.HandOffEnded(handOff.Mountpath, handOff.Name, end)));
                break;
            case PassEffect.AskBatch ask:
                AskBatch(pass, ask);
                break;
            case PassEffect.Mark mark:
                Run(new VerifyMarkPlan(mark.Name, mark.Leftover, mark.Answer), mark.Name, MarkDeadlineNs, end =>
                    GiveLater(pass, 10_000, () => new PassInput.MarkEnded(mark.Mountpath, mark.Name, end)));
                break;
            case PassEffect.ReportClean report:
                ReportClean(pass, report.Progress);
                break;
            case PassEffect.RetryLater retry:
                GiveLater(pass, retry.DelayMs * SimWorld.Millisecond, () => new PassInput.Retry());
                break;
            default:
                world.Coverage.Hit(Mark.PassEnded);
                _pass = null;
                world.ScheduleLocal(node, 10_000, PassViewChanged);
                break;
        }
    }

    private void AwaitWrites(DrainPass pass, long epoch) => GiveLaterIf(pass, () => Store.InFlight.HasNoneBelow(epoch), () => new PassInput.WritesFinished());

    private void GiveLaterIf(DrainPass pass, Func<bool> condition, Func<PassInput> input) => world.ScheduleLocal(node, 5 * SimWorld.Millisecond, () =>
    {
        if (!ReferenceEquals(_pass, pass))
        {
            return;
        }

        if (condition())
        {
            Give(input());
        }
        else
        {
            world.Coverage.Hit(Mark.PassWaitedForWrites);
            GiveLaterIf(pass, condition, input);
        }
    });

    private PassInput.Page ReadPage(PassEffect.ReadPage read)
    {
        // Short pages: many cursors.
        var limit = Math.Min(read.Limit, ShortPages ? 1 : 1 + world.DiskRandom.Below(12));
        var records = ImmutableArray.CreateBuilder<WalkedRecord>();
        var last = read.Cursor;
        foreach (var slot in Store.After(read.Cursor, read.Mountpath))
        {
            if (records.Count == limit)
            {
                return new PassInput.Page(read.Mountpath, records.ToImmutable(), last, IsEnd: false, []);
            }

            last = slot.Uname;
            var isShown = slot.Current is { } record && (read.Kind == WalkKind.Live ? record.IsLive : record.HandOver is { IsVerified: false });
            if (isShown)
            {
                records.Add(new WalkedRecord(slot.Name, slot.Current!.Local));
            }
        }

        return new PassInput.Page(read.Mountpath, records.ToImmutable(), last, IsEnd: true, []);
    }

    private void AskBatch(DrainPass pass, PassEffect.AskBatch ask)
    {
        var question = new VerifyQuestion([.. ask.Items], ask.Epoch, ask.AppliedIndex);
        world.AskNeighbor<VerifyReply>(
            node,
            ask.Owner,
            question,
            (there, reply) => there.Target!.ArriveVerify(question, reply),
            reply =>
            {
                if (ReferenceEquals(_pass, pass))
                {
                    Give(reply is null
                        ? new PassInput.BatchAnswered(ask.Batch, [], new StoreError(ErrorCode.Unreachable, $"{ask.Owner} does not answer"))
                        : new PassInput.BatchAnswered(ask.Batch, [.. reply.Answers]));
                }
            });
    }

    private void ReportClean(DrainPass pass, PassProgress progress)
    {
        world.Coverage.Hit(Mark.PassReported);
        if (node.View!.State.KnowsOperations)
        {
            world.ScheduleLocal(node, 0, () => world.Give(node, new PassFinished(progress.Epoch, progress.StartedIndex, progress.Receivers, OpenUploads: 0)));
            return;
        }

        Propose(new MarkClean(node.Id, node.Session, progress.Epoch), answer =>
        {
            if (ReferenceEquals(_pass, pass) && (answer?.Error ?? answer?.Outcome?.Error) is { } error)
            {
                Give(new PassInput.ReportRefused(error));
            }
        });
    }

    // What the leader hears of a target about once a second.
    private void SummarizeLater() => world.ScheduleLocal(node, SimWorld.Second, () =>
    {
        var disks = new PassSummary { CapacityBytes = 1L << 40, UsedBytes = 1 << 20 };
        world.Give(node, new PassProgressed(_pass?.Status.Summary(disks) ?? disks));
        SummarizeLater();
    });

    // Whatever lies here since before this target was admitted, or declared lost, does not count and is never looked at again (rule B0).
    private void Quarantine(ClusterState state)
    {
        var before = state.QuarantineBefore(node.Id);
        if (node.View!.SessionApplied && before > Store.QuarantinedThrough)
        {
            world.Coverage.Hit(Store.Slots.Any(s => s.Current is not null) ? Mark.Quarantined : Mark.None);
            world.Checks.OnQuarantined(node);
            Store.Quarantine(before);
        }
    }

    private void Propose(Command command, Action<Answer?> done)
    {
        var id = world.NextRequestId();
        _proposals.Add(id, done);
        world.ScheduleLocal(node, 0, () => world.Give(node, new ProposalRequested(id, command, 10 * SimWorld.Second)));
    }

    // Tombstones and leftovers go one by one, when their test says so: it is asked about those that are not verified as well.
    private void CollectLater() => world.ScheduleLocal(node, world.DiskRandom.Between(2 * SimWorld.Second, 20 * SimWorld.Second), () =>
    {
        foreach (var slot in Store.Slots.ToArray())
        {
            if (slot.Current is { } record && (record.Head.IsTombstone || !record.IsLive) && !HoldsCollection && world.DiskRandom.Chance(400_000))
            {
                Run(new ForgetPlan(slot.Name, record.Head.Key), slot.Name, MarkDeadlineNs, _ => { });
            }
        }

        CollectLater();
    });
}
