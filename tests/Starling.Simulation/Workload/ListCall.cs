using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Simulation.World;

namespace Starling.Simulation.Workload;

/// <summary>One page of a listing, driven by a gateway over the real plan (rule B13), with targets that walk their disks while names move.</summary>
public sealed class ListCall
{
    private readonly SimWorld _world;
    private readonly SimNode _gateway;
    private readonly BucketName _bucket;
    private readonly ulong _bucketId;
    private readonly ListPlan _plan;
    private readonly long _patienceNs;

    public ListCall(SimWorld world, SimNode gateway, BucketName bucket, ulong bucketId, string after, int limit, long patienceNs)
    {
        (_world, _gateway, _bucket, _bucketId, _patienceNs) = (world, gateway, bucket, bucketId, patienceNs);
        _plan = new ListPlan(bucket, bucketId, after, limit);
    }

    /// <summary>Null while it runs.</summary>
    public ListAction? End { get; private set; }

    public StoreError? Error => End?.Error;

    /// <summary>How often it asked somebody for something.</summary>
    public int Rounds { get; private set; }

    public void Start()
    {
        _world.ScheduleLocal(_gateway, _patienceNs, () => Next(new ListEvent.DeadlinePassed(_gateway.View!.State)));
        Next(new ListEvent.StateChanged(_gateway.View!.State));
    }

    private void Next(ListEvent happened)
    {
        if (End is not null)
        {
            return;
        }

        var action = _plan.Next(happened);
        switch (action.Kind)
        {
            case ListActionKind.Ask:
                Ask(action);
                break;
            case ListActionKind.WaitForState:
                Wait(happened.State.AppliedIndex);
                break;
            case ListActionKind.AwaitAnswers:
                break;
            default:
                End = action;
                break;
        }
    }

    private void Ask(ListAction action)
    {
        Rounds++;
        foreach (var target in action.Nodes)
        {
            _world.AskNeighbor<ListAnswer>(
                _gateway,
                target,
                action.Question!,
                (there, reply) => there.Target!.ArriveList(_bucket, _bucketId, action.Question!, reply),
                answer => Next(new ListEvent.Answered(_gateway.View!.State, action.Round, target, answer ?? ListAnswer.Silent)));
        }
    }

    private void Wait(long seen) => _world.ScheduleLocal(_gateway, 20 * SimWorld.Millisecond, () =>
    {
        if (_gateway.View!.AppliedIndex > seen)
        {
            Next(new ListEvent.StateChanged(_gateway.View.State));
        }
        else if (End is null)
        {
            Wait(seen);
        }
    });
}
