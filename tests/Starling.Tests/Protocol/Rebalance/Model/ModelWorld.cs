using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Tests.Protocol.State;

namespace Starling.Tests.Protocol.Rebalance.Model;

/// <summary>A rule of the data path was broken.</summary>
internal sealed class BrokenRuleException(string rule) : Exception(rule);

/// <summary>
/// One object name, three targets, an abstract leader, leases as ghosts; pushes and answers stay in the network for ever; every step that can be late is a
/// step of its own; crashes with an applied index that falls back, destroyed disks, declared losses, removal and return. The plans are the product's own.
/// </summary>
internal sealed partial class ModelWorld
{
    private readonly List<string> trace = [];
    private readonly List<(string What, Action Do)> enabled = [];
    private readonly SortedDictionary<long, NodeId> passers = [];
    private readonly List<Push> pushes = [];
    private readonly ModelLimits limits;
    private RecordKey floor;
    private RecordKey forgotten;
    private bool isExcused;
    private int crashes;
    private int losses;
    private int lapses;
    private int ends;
    private int deliveries;

    public ModelWorld(int seed, ModelLimits limits)
    {
        this.limits = limits;
        Random = new Random(seed);
        Log.Add(Fold.Serving(3));
        Name = ObjectName.Parse(Fold.Bucket(), $"n-{Random.Next(1_000)}");
        Targets = [new ModelTarget(this, 1), new ModelTarget(this, 2), new ModelTarget(this, 3)];
    }

    public Random Random { get; }

    public ObjectName Name { get; }

    public List<ClusterState> Log { get; } = [];

    public ImmutableArray<ModelTarget> Targets { get; }

    public List<ModelCall> Calls { get; } = [];

    public ClusterState Head => Log[^1];

    /// <summary>How often something worth counting happened, by its name.</summary>
    public SortedDictionary<string, int> Seen { get; } = new(StringComparer.Ordinal);

    public ModelTarget Target(NodeId id) => Targets.First(t => t.Id == id);

    /// <summary>Walks at random until a rule breaks, a loss excuses everything, or the steps are over.</summary>
    public void Walk(int steps)
    {
        try
        {
            for (var i = 0; i < steps && !isExcused; i++)
            {
                enabled.Clear();
                Collect(isQuiet: Random.Next(3) > 0);
                if (enabled.Count == 0)
                {
                    continue;
                }

                var (what, act) = enabled[Random.Next(enabled.Count)];
                trace.Add(what);
                act();
                CheckAll();
            }
        }
        catch (Exception error)
        {
            throw new BrokenRuleException($"{error.Message}\n  {string.Join("\n  ", trace)}\n{error.StackTrace}");
        }
    }

    public Push Send(PushRequest request, NodeId to)
    {
        var push = new Push(request, to);
        pushes.Add(push);
        return push;
    }

    public LocalRecord? Forget(ModelTarget target, RecordKey? key = null)
    {
        if (target.Record is { HandOver: null } live && live.Head.Key > forgotten)
        {
            forgotten = live.Head.Key;
        }

        forgotten = key is { } given && given > forgotten ? given : forgotten;
        return null;
    }

    private void Can(string what, Action act) => enabled.Add((what, act));

    private void Append(ClusterState next) => Log.Add(next with { AppliedIndex = Head.AppliedIndex + 1 });

    private void SetNode(ModelTarget target, Func<NodeEntry, NodeEntry> change) => Append(Head with { Nodes = Head.Nodes.SetItem(target.Id, change(Head.Nodes[target.Id])) });

    // In quiet steps what is under way goes on; in the others anything may happen.
    private void Collect(bool isQuiet)
    {
        foreach (var target in Targets)
        {
            if (!isQuiet)
            {
                CollectLeader(target);
            }

            if (target.IsUp)
            {
                CollectTarget(target, isQuiet);
            }
            else
            {
                Can($"{target.Id} restarts", () => Restart(target));
            }
        }

        CollectCalls();
        foreach (var push in pushes)
        {
            var receiver = Target(push.To);
            if (receiver.IsUp && receiver.Runs.Count < 6 && deliveries < limits.Deliveries && (!isQuiet || push.Answers.Count == 0))
            {
                Can($"push {push.Request.Record.Key} of {push.Request.From} at epoch {push.Request.Epoch} arrives at {push.To}", () =>
                {
                    deliveries++;
                    receiver.Run(new ReceivePlan(push.Request), "receive", end => push.Answers.Add(end.Answer!));
                });
            }
        }
    }

    // What the leader may commit: epochs, fences, leases, losses.
    private void CollectLeader(ModelTarget target)
    {
        var node = Head.Nodes[target.Id];
        var newest = Head.Newest.Number;
        if (target.IsUp && target.IsSessionCommitted && !IsLostTo(target) && target.LeaseIndex != Log.Count - 1 && (target.LeaseIndex < 0 || target.Applied == Log.Count - 1))
        {
            Can($"{target.Id} is leased at {Log.Count - 1}", () => target.LeaseIndex = Log.Count - 1);
        }

        if (target.LeaseIndex >= 0 && ends < limits.LeaseEnds)
        {
            Can($"lease of {target.Id} ends", () =>
            {
                ends++;
                target.LeaseIndex = -1;
            });
        }

        if (target.IsUp && target.IsSessionCommitted && node.HoldsIntegers && target.Epoch > node.Fenced)
        {
            Can($"{target.Id} reports epoch {target.Epoch}", () => SetNode(target, n => n with { Fenced = target.Epoch }));
        }

        if (node.HoldsIntegers && node.Fenced < newest && lapses < limits.Lapses)
        {
            Can($"{target.Id} lapses", () =>
            {
                lapses++;
                if (target.LeaseIndex >= 0 && Log[target.LeaseIndex].Newest.Number < newest)
                {
                    target.LeaseIndex = -1;
                }

                SetNode(target, n => n with { Fenced = newest });
            });
        }

        if (newest < limits.Epochs)
        {
            CollectEpochs(target, node);
        }

        if (node.HoldsIntegers && node.State != AdminState.In && node.Fenced == newest && target.LeaseIndex < 0 && losses < limits.Losses)
        {
            Can($"{target.Id} is declared lost", () => Lose(target));
        }
    }

    private void CollectEpochs(ModelTarget target, NodeEntry node)
    {
        if (node.State == AdminState.In && Head.Newest.Targets.Length > 1)
        {
            Can($"{target.Id} goes out", () => Append(EpochChange.Commit(Head, Head.Nodes.SetItem(target.Id, node with { State = AdminState.Draining }))));
        }
        else if (node.State != AdminState.In && target.HasLease && !IsLostTo(target))
        {
            var weight = Random.Next(1, 4);
            Can($"{target.Id} comes in with weight {weight}", () => Append(EpochChange.Commit(Head, Head.Nodes.SetItem(target.Id, node with { State = AdminState.In, Weight = weight }))));
        }
    }

    private void CollectTarget(ModelTarget target, bool isQuiet)
    {
        if (target.Applied < Log.Count - 1)
        {
            Can($"{target.Id} applies {target.Applied + 1}", () =>
            {
                target.Applied++;
                target.ViewChanged();
            });
        }

        if (!isQuiet && crashes < limits.Crashes)
        {
            Can($"{target.Id} crashes", () =>
            {
                crashes++;
                Crash(target);
            });
        }

        if (!target.IsSessionCommitted)
        {
            Can($"session {target.Start} of {target.Id}", () => CommitSession(target));
        }

        if (IsLostTo(target) && target.State.Losses.ContainsKey(target.Id) && target.LockedBy is null)
        {
            Can($"{target.Id} learns that it was lost, quarantines", () =>
            {
                CrashCalls(target);
                target.Wipe();
            });
        }

        foreach (var run in target.Runs)
        {
            if (run.IsEnabled)
            {
                Can(run.What, run.Go);
            }

            if (run.MayExpire && Random.Next(20) == 0)
            {
                Can(run.What + " expires", run.Expire);
            }
        }

        foreach (var effect in target.Todo)
        {
            if (effect is not PassEffect.AwaitWrites wait || target.InFlight.HasNoneBelow(wait.Epoch))
            {
                Can($"{target.Id} pass {target.Pass!.Status.Epoch}: {effect.GetType().Name}", () => CarryOut(target, effect));
            }
        }

        if (target.Record is { } record && (record.HandOver is { IsVerified: true } || record.Head.IsTombstone) && target.Runs.Count < 6 && Random.Next(3) == 0)
        {
            Can($"{target.Id} tries to forget {record.Head.Key}", () => target.Run(new ForgetPlan(Name, record.Head.Key), "forget", _ => { }));
        }
    }

    private void CollectCalls()
    {
        if (Calls.Count < limits.Calls)
        {
            var kind = (CallKind)Random.Next(4);
            Can($"call {Calls.Count}: {kind}", () => Calls.Add(new ModelCall(this, kind, floor)));
        }

        foreach (var call in Calls)
        {
            if (call.IsIdle)
            {
                var target = Targets[Random.Next(3)];
                if (target.IsUp)
                {
                    Can($"{call.Kind} arrives at {target.Id}", () => call.Begin(target));
                }
            }
            else if (call.IsEnabled)
            {
                Can(call.What, call.Go);
            }

            if (call.MayExpire && Random.Next(20) == 0)
            {
                Can(call.What + " expires", call.Expire);
            }
        }
    }

    private void CarryOut(ModelTarget target, PassEffect effect)
    {
        target.Todo.Remove(effect);
        var pass = target.Pass;
        switch (effect)
        {
            case PassEffect.AwaitWrites:
                target.GivePass(new PassInput.WritesFinished());
                break;
            case PassEffect.Flush flush:
                target.GivePass(new PassInput.Flushed(flush.Mountpath));
                break;
            case PassEffect.SaveProgress save:
                target.Progress = save.Progress;
                target.GivePass(new PassInput.ProgressSaved());
                break;
            case PassEffect.ReadPage read:
                var isShown = target.Record is { } record && (read.Kind == WalkKind.Live ? record.HandOver is null : record.HandOver is { IsVerified: false });
                target.GivePass(new PassInput.Page(read.Mountpath, isShown ? [new WalkedRecord(Name, target.Record!)] : [], "z", IsEnd: true, []));
                break;
            case PassEffect.HandOff handOff:
                target.Run(new HandOffPlan(Name), "hand off", end => Back(new PassInput.HandOffEnded(handOff.Mountpath, Name, end)));
                break;
            case PassEffect.AskBatch ask when Target(ask.Owner).IsUp:
                Target(ask.Owner).Run(new VerifyItemPlan(ask.Items[0], ask.Epoch, ask.AppliedIndex), "verify", end => Back(new PassInput.BatchAnswered(ask.Batch, [end.VerifyAnswer!])));
                break;
            case PassEffect.AskBatch ask:
                target.GivePass(new PassInput.BatchAnswered(ask.Batch, [], PlanChecks.Unavailable("down")));
                break;
            case PassEffect.Mark mark:
                target.Run(new VerifyMarkPlan(Name, mark.Leftover, mark.Answer), "mark", end =>
                {
                    Count(end.Outcome.ToString());
                    Back(new PassInput.MarkEnded(mark.Mountpath, Name, end));
                });
                break;
            case PassEffect.ReportClean report:
                Report(target, report.Progress);
                break;
            case PassEffect.RetryLater:
                target.GivePass(new PassInput.Retry());
                break;
            default:
                target.Pass = null;
                target.Todo.Clear();
                target.ViewChanged();
                break;
        }

        void Back(PassInput input)
        {
            if (ReferenceEquals(target.Pass, pass))
            {
                target.GivePass(input);
            }
        }
    }

    private void Report(ModelTarget target, PassProgress progress)
    {
        var command = new MarkClean(target.Id, Fold.SessionOf(target.Id, target.Start), progress.Epoch) { StartedIndex = progress.StartedIndex, Receivers = progress.Receivers };
        if (command.Check(Head) is { } error)
        {
            target.GivePass(new PassInput.ReportRefused(error));
        }
        else
        {
            Count("Clean");
            Append(command.Apply(Head, Head.AppliedIndex + 1));
        }
    }

    private void CommitSession(ModelTarget target)
    {
        var session = Fold.Session(target.Id, target.Start, 1) with { Session = Fold.SessionOf(target.Id, target.Start) };
        Append(session.Apply(Head, Head.AppliedIndex + 1));
        target.IsSessionCommitted = true;
    }

    private void Restart(ModelTarget target)
    {
        target.IsUp = true;
        target.Applied = Random.Next(3) switch { 0 => 0, 1 => target.Applied / 2, _ => target.Applied };
    }

    private void Crash(ModelTarget target)
    {
        CrashCalls(target);
        target.Crash();
    }

    private void CrashCalls(ModelTarget target)
    {
        foreach (var call in Calls.Where(c => ReferenceEquals(c.At, target) && !c.IsIdle && !c.IsDone))
        {
            call.Crashed();
        }
    }

    private void Lose(ModelTarget target)
    {
        losses++;
        Count("Lost");
        Append(new DeclareLost(target.Id, default, Head.Newest.Number, [], "model").Apply(Head, Head.AppliedIndex + 1));
        Void(target);
    }

    // The process, or the node's data, is not the one that the committed state speaks of any more.
    private bool IsLostTo(ModelTarget target) =>
        Head.Losses.TryGetValue(target.Id, out var loss) && (!target.IsSessionCommitted || Head.Nodes[target.Id].SessionIndex < loss.Index || Head.Nodes[target.Id].Session != Fold.SessionOf(target.Id, target.Start));

    private void Count(string what) => Seen[what] = Seen.GetValueOrDefault(what) + 1;
}

/// <summary>How much of everything one walk may have.</summary>
internal sealed record ModelLimits(int Epochs = 5, int Calls = 4, int Crashes = 2, int Losses = 1, int Lapses = 3, int LeaseEnds = 2, int Deliveries = 10);
