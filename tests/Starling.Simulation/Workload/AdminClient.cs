using System.Globalization;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Node;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Simulation.World;

namespace Starling.Simulation.Workload;

/// <summary>
/// Creates, changes and destroys its buckets, changes the configuration, asks for another leader; repeats a request under its id until the outcome is known.
/// Nobody else touches its buckets, so that what it was told must be what the state says.
/// </summary>
public sealed class AdminClient(SimWorld world, int number, BucketName[] buckets, Func<bool> isOver)
{
    private readonly ulong[] _known = new ulong[buckets.Length];
    private readonly CommandSender _sender = new(world, $"admin{number}");

    public bool IsBusy { get; private set; }

    public void Start() => Think();

    private void Think() => world.Schedule(world.WorkRandom.Between(SimWorld.Second, 9 * SimWorld.Second), Act);

    private void Act()
    {
        if (isOver())
        {
            return;
        }

        var which = world.WorkRandom.Below(buckets.Length);
        var dice = world.WorkRandom.Below(100);
        if (_known[which] == 0)
        {
            var now = world.NowNs;
            Submit(() => new CreateBucket(buckets[which], string.Empty, now), outcome => Created(which, outcome));
        }
        else if (dice < 25)
        {
            var id = _known[which];
            Submit(() => new DestroyBucket(buckets[which], id), outcome => Destroyed(which, id, outcome));
        }
        else if (dice < 50)
        {
            var id = _known[which];
            var patch = dice % 2 == 0 ? """{"versioning":{"enabled":true}}""" : """{"versioning":{"enabled":false}}""";
            Submit(() => new SetBucketProps(buckets[which], id, patch), _ => Think());
        }
        else if (dice < 80 || world.IsHealed)
        {
            var patch = dice % 2 == 0 ? """{"rebalance":{"enabled":true}}""" : """{"rebalance":{"enabled":false}}""";
            Submit(() => new SetConfig(patch, 0), _ => Think());
        }
        else
        {
            Transfer();
        }
    }

    private void Created(int which, CommandOutcome outcome)
    {
        if (outcome.Error is null)
        {
            _known[which] = ulong.Parse(outcome.Result, CultureInfo.InvariantCulture);
            Standing(_known[which], BucketStanding.Live);
        }
        else if (outcome.Error.Code == ErrorCode.BucketExists)
        {
            _known[which] = world.Checks.Newest.FindBucket(buckets[which])?.Id ?? 0;
        }

        Think();
    }

    private void Destroyed(int which, ulong id, CommandOutcome outcome)
    {
        if (outcome.Error is { Code: not ErrorCode.BucketNotFound })
        {
            Think();
            return;
        }

        Standing(id, BucketStanding.Retired);
        IsBusy = true;
        AwaitTargets(id, outcome.Index, world.NowNs);

        void AwaitTargets(ulong bucket, long index, long since)
        {
            // Rule B12: answered when every target has applied it or lapsed.
            if (world.NowNs - since < Lease.LapseNs * 103 / 100)
            {
                foreach (var node in world.Nodes)
                {
                    if (node is { Target: not null, IsUp: true } && (node.IsPaused || node.View is null || node.View.AppliedIndex < index))
                    {
                        world.Schedule(200 * SimWorld.Millisecond, () => AwaitTargets(bucket, index, since));
                        return;
                    }
                }
            }

            world.Checks.BucketDestroyed(bucket);
            _known[which] = 0;
            IsBusy = false;
            Think();
        }
    }

    private void Standing(ulong id, BucketStanding expected)
    {
        var found = world.Checks.Newest.StandingOf(id);
        if (found != expected)
        {
            throw new CheckFailedException("answered changes stay", $"bucket {id} was answered to be {expected}, the newest state says {found}");
        }
    }

    private void Transfer()
    {
        var gateway = world.PickGateway();
        var to = world.PickGateway();
        if (!gateway.IsUp || gateway.IsPaused || gateway.View is null)
        {
            Think();
            return;
        }

        IsBusy = true;
        gateway.Gateway!.Transfer(to.Id, answer =>
        {
            world.Coverage.Hit(answer is { Error: null } ? Mark.LeadershipTransferred : Mark.None);
            IsBusy = false;
            Think();
        });
    }

    private void Submit(Func<Command> make, Action<CommandOutcome> done)
    {
        IsBusy = true;
        _sender.Submit(make, outcome =>
        {
            IsBusy = false;
            done(outcome);
        });
    }
}
