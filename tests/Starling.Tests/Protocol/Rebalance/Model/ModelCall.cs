using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;

namespace Starling.Tests.Protocol.Rebalance.Model;

internal enum CallKind
{
    Put,
    Delete,
    Create,
    Get,
}

/// <summary>A client's request, driven through the plan of its kind; each thing that can be late is a step of its own.</summary>
internal sealed class ModelCall(ModelWorld world, CallKind kind, RecordKey floor)
{
    private readonly List<(NodeId From, int Round, LookAnswer Answer)> answers = [];
    private IPlan? plan;
    private ModelTarget? at;
    private PlanAction action;
    private LocalRecord? seen;
    private bool hasLooked;
    private bool holdsLock;
    private long entered;

    public CallKind Kind => kind;

    /// <summary>Greatest key that was acknowledged or seen before this call began.</summary>
    public RecordKey Floor => floor;

    public RecordKey? Key { get; private set; }

    /// <summary>Acknowledged, or seen by a read.</summary>
    public bool IsEffective { get; set; }

    /// <summary>What it wrote went with a lost disk.</summary>
    public bool IsVoid { get; set; }

    public bool IsDone { get; private set; }

    /// <summary>The commit passed its check and is not on the disk yet.</summary>
    public bool IsCommitting => holdsLock && action.Kind == PlanActionKind.Commit;

    public ModelTarget? At => at;

    public bool IsIdle => plan is null && !IsDone;

    public string What => $"{kind} at {at?.Id} {action.Kind}";

    public bool IsEnabled => plan is not null && (answers.Count > 0 || hasLooked || action.Kind switch
    {
        PlanActionKind.LookUp or PlanActionKind.LockName => at!.LockedBy is null,
        PlanActionKind.Commit => true,
        PlanActionKind.WaitForView => at!.HasLease || at.State.AppliedIndex != action.AppliedIndex,
        _ => false,
    });

    public void Begin(ModelTarget target)
    {
        at = target;
        plan = kind switch
        {
            CallKind.Get => new GetPlan(world.Name, 1, Conditions.None, refuseStale: true),
            CallKind.Delete => new DeletePlan(world.Name, 1, Conditions.None, target.Keys),
            _ => new PutPlan(world.Name, 1, kind == CallKind.Create ? Conditions.CreateIfAbsent : Conditions.None, target.Keys, new StagedObject(1, string.Empty, string.Empty, Durability.Durable)),
        };
        Advance(PlanEvent.Started(target.View));
    }

    public void Expire() => Advance(PlanEvent.DeadlinePassed(at!.View));

    public bool MayExpire => plan is not null && !IsCommitting && action.Kind is PlanActionKind.WaitForView or PlanActionKind.AskCandidates or PlanActionKind.AwaitAnswers;

    /// <summary>The process died: what had not passed its check never happens; what had is of unknown outcome.</summary>
    public void Crashed()
    {
        IsDone = IsDone || Key is not null;
        plan = null;
        holdsLock = false;
        hasLooked = false;
        answers.Clear();
    }

    public void Go()
    {
        var target = at!;
        if (answers.Count > 0)
        {
            var (from, round, answer) = answers[0];
            answers.RemoveAt(0);
            Advance(PlanEvent.Answered(target.View, from, answer.Result, answer.Record, round));
        }
        else if (hasLooked)
        {
            hasLooked = false;
            Advance(PlanEvent.LookedAt(target.View, seen));
        }
        else
        {
            GoOn(target);
        }
    }

    private void GoOn(ModelTarget target)
    {
        switch (action.Kind)
        {
            case PlanActionKind.LookUp:
                seen = target.Record;
                hasLooked = true;
                break;
            case PlanActionKind.LockName:
                holdsLock = true;
                target.LockedBy = this;
                entered = target.InFlight.Enter(target.Epoch);
                Advance(PlanEvent.LockedAt(target.View, target.Record));
                break;
            case PlanActionKind.Commit:
                target.Record = action.MayForget ? world.Forget(target, action.Key) : new LocalRecord(action.Record!);
                Unlock(target);
                Advance(PlanEvent.Committed(target.View));
                break;
            default:
                Advance(PlanEvent.ViewChanged(target.View));
                break;
        }
    }

    private void Advance(PlanEvent happened)
    {
        var target = at!;
        action = plan!.Next(happened) is { Kind: not PlanActionKind.AwaitAnswers } next ? next : action;
        if (holdsLock && action.Kind != PlanActionKind.Commit)
        {
            Unlock(target);
        }

        switch (action.Kind)
        {
            case PlanActionKind.Commit when Key is null:
                Key = action.Key;
                world.CheckPass(target, this);
                break;
            case PlanActionKind.AskCandidates when happened.Kind == PlanEventKind.Looked:
                Ask(target);
                break;
            case PlanActionKind.Redirect:
                plan = null;
                break;
            case PlanActionKind.Refuse or PlanActionKind.Answer:
                plan = null;
                IsDone = true;
                if (action.Kind == PlanActionKind.Answer || action.Error!.Code == ErrorCode.ObjectNotFound)
                {
                    world.CheckAnswer(this, action.Record);
                }

                break;
            default:
                break;
        }
    }

    private void Ask(ModelTarget target)
    {
        var round = action.Round;
        var asked = plan;
        var question = new LookQuestion(world.Name, 1, action.Epoch, target.State.AppliedIndex);
        foreach (var id in action.Nodes)
        {
            var candidate = world.Target(id);
            if (candidate.IsUp)
            {
                candidate.Run(new LookPlan(question), "look", end =>
                {
                    if (ReferenceEquals(plan, asked))
                    {
                        answers.Add((id, round, end.LookAnswer!));
                    }
                });
            }
        }
    }

    private void Unlock(ModelTarget target)
    {
        holdsLock = false;
        target.LockedBy = null;
        target.InFlight.Leave(entered);
    }
}
