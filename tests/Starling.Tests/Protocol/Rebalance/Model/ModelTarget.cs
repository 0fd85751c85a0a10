using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Tests.Protocol.State;

namespace Starling.Tests.Protocol.Rebalance.Model;

/// <summary>One target of the model: an applied index, one record of the one name, its lock, its lease, its pass.</summary>
internal sealed class ModelTarget(ModelWorld world, int number)
{
    public int Number => number;

    public NodeId Id { get; } = Fold.Target(number);

    public bool IsUp { get; set; } = true;

    /// <summary>Index into the world's log.</summary>
    public int Applied { get; set; }

    public int Start { get; set; } = 1;

    public bool IsSessionCommitted { get; set; } = true;

    /// <summary>Commit index of the lease, as an index into the log; -1: none.</summary>
    public int LeaseIndex { get; set; }

    public LocalRecord? Record { get; set; }

    public object? LockedBy { get; set; }

    public InFlight InFlight { get; set; } = new();

    public RecordKeySource Keys { get; set; } = new();

    public DrainPass? Pass { get; set; }

    public PassProgress? Progress { get; set; }

    public List<PassEffect> Todo { get; } = [];

    public List<TransferRun> Runs { get; } = [];

    public ClusterState State => world.Log[Applied];

    public long Epoch => State.Newest.Number;

    public bool HasLease => IsUp && IsSessionCommitted && LeaseIndex >= 0 && Applied >= LeaseIndex && View.IsCommittedSession;

    public ObjectView View => new(State, Id, Fold.SessionOf(Id, Start), IsSessionCommitted && LeaseIndex >= 0 && Applied >= LeaseIndex);

    public void Run(ITransferPlan plan, string what, Action<TransferAction> ended)
    {
        var run = new TransferRun(world, this, plan, what, ended);
        Runs.Add(run);
        run.Advance(TransferEvent.Started(View));
    }

    public void GivePass(PassInput input)
    {
        if (Pass is not null)
        {
            Todo.AddRange(Pass.Step(input));
        }
    }

    public void ViewChanged()
    {
        if (Pass is null && DrainPass.IsWanted(View))
        {
            Pass = new DrainPass(["a"], Progress, 2);
        }

        GivePass(new PassInput.ViewChanged(View));
    }

    public void Crash()
    {
        IsUp = false;
        IsSessionCommitted = false;
        LeaseIndex = -1;
        LockedBy = null;
        InFlight = new InFlight();
        Keys = new RecordKeySource();
        Pass = null;
        Todo.Clear();
        Runs.Clear();
        Start++;
    }

    public void Wipe()
    {
        Crash();
        IsUp = true;
        Record = null;
        Progress = null;
    }
}

/// <summary>A transfer plan under way: what it waits for is one step of the world.</summary>
internal sealed class TransferRun(ModelWorld world, ModelTarget target, ITransferPlan plan, string what, Action<TransferAction> ended)
{
    private TransferAction action;
    private bool holdsLock;
    private long entered;
    private Push? push;

    /// <summary>An event that is known and not delivered yet.</summary>
    private TransferEvent? known;

    public string What => $"{target.Id} {what} {action.Kind}";

    public bool IsEnabled => known is not null || action.Kind switch
    {
        TransferActionKind.LookUp or TransferActionKind.LockName => target.LockedBy is null,
        TransferActionKind.Push => push!.Answers.Count > 0,
        TransferActionKind.WaitForView => target.State.AppliedIndex != action.AppliedIndex,
        _ => true,
    };

    /// <summary>Whether time may run out now.</summary>
    public bool MayExpire => known is null && action.Kind is TransferActionKind.Push or TransferActionKind.WaitForView;

    public void Expire() => Advance(new TransferEvent(TransferEventKind.DeadlinePassed, target.View));

    public void Go()
    {
        if (known is { } happened)
        {
            known = null;
            Advance(happened);
            return;
        }

        switch (action.Kind)
        {
            case TransferActionKind.LookUp:
                known = TransferEvent.Looked(target.View, target.Record);
                break;
            case TransferActionKind.LockName:
                holdsLock = true;
                target.LockedBy = this;
                entered = target.InFlight.Enter(target.Epoch);
                Advance(TransferEvent.Locked(target.View, target.Record));
                break;
            case TransferActionKind.Push:
                Advance(TransferEvent.Answered(target.View, push!.Answers[world.Random.Next(push.Answers.Count)]));
                break;
            case TransferActionKind.TakeBytes:
                known = TransferEvent.Received(target.View);
                break;
            case TransferActionKind.HashLeftover:
                known = TransferEvent.Hashed(target.View, target.Record?.Head.Key == action.Record!.Key);
                break;
            case TransferActionKind.WaitForView:
                Advance(TransferEvent.ViewChanged(target.View));
                break;
            default:
                Write();
                break;
        }
    }

    public void Advance(TransferEvent happened)
    {
        action = plan.Next(happened);
        if (holdsLock && action.Kind < TransferActionKind.Commit | action.Kind > TransferActionKind.Remove)
        {
            Unlock();
        }

        if (action.Kind == TransferActionKind.Push)
        {
            push = world.Send(action.Push!, action.Node);
        }
        else if (action.IsEnd)
        {
            target.Runs.Remove(this);
            ended(action);
        }
    }

    private void Write()
    {
        target.Record = action.Kind switch
        {
            TransferActionKind.Commit => new LocalRecord(action.Record!),
            TransferActionKind.Mark => target.Record! with { HandOver = action.HandOver },
            TransferActionKind.MarkVerified => target.Record! with { HandOver = target.Record.HandOver! with { IsVerified = true } },
            TransferActionKind.Revive => new LocalRecord(target.Record!.Head),
            TransferActionKind.Remove => world.Forget(target),
            _ => target.Record,
        };
        Unlock();
        Advance(TransferEvent.Stored(target.View));
    }

    private void Unlock()
    {
        holdsLock = false;
        target.LockedBy = null;
        target.InFlight.Leave(entered);
    }
}

/// <summary>A push on the network: it and its answers stay there for ever.</summary>
internal sealed record Push(PushRequest Request, NodeId To)
{
    public List<PushAnswer> Answers { get; } = [];
}
