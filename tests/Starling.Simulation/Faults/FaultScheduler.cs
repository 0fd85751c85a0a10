using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Simulation.Engine;
using Starling.Simulation.Network;
using Starling.Simulation.World;

namespace Starling.Simulation.Faults;

/// <summary>What can go wrong in a world.</summary>
public enum FaultKind
{
    BadNetwork,
    Cut,
    OneWayCut,
    PartialCut,
    DataCut,
    Kill,
    PowerOff,
    PowerCycle,
    WipeDisk,
    DamageLog,
    Pause,
    ClockJump,
    Drift,
    SlowFlush,
    OrderlyStop,
    SlowCommit,
    PowerAtWrite,
}

/// <summary>
/// Injects the kinds of faults that the seed chose, one after another, each for a while. Never takes the disks of more voters than a majority can spare:
/// beyond that, loss would be legal.
/// </summary>
public sealed class FaultScheduler
{
    private const long LongestFaultNs = 12 * SimWorld.Second;
    private readonly SimWorld _world;
    private readonly SimRandom _random;
    private readonly List<FaultKind> _kinds = [];
    private readonly long _meanNs;
    private long _untilNs;

    public FaultScheduler(SimWorld world)
    {
        _world = world;
        _random = world.FaultRandom;
        var all = Enum.GetValues<FaultKind>().ToList();
        var count = 3 + _random.Below(all.Count - 4);
        while (_kinds.Count < count)
        {
            var at = _random.Below(all.Count);
            _kinds.Add(all[at]);
            all.RemoveAt(at);
        }

        _meanNs = _random.Between(2 * SimWorld.Second, 14 * SimWorld.Second);
    }

    public IReadOnlyList<FaultKind> Kinds => _kinds;

    public int Injected { get; private set; }

    /// <summary>Injects from now on until the given time; then everything is repaired.</summary>
    public void RunUntil(long untilNs)
    {
        _untilNs = untilNs;
        Next();
    }

    /// <summary>Repairs everything: networks, clocks' steps stay, processes start.</summary>
    public void HealEverything()
    {
        _world.HealAll();
        foreach (var node in _world.Nodes)
        {
            node.SlowFlushNs = 0;
            if (node.Target is { } target)
            {
                target.SlowCommitNs = target.SlowReceiveNs = 0;
                target.WrittenNotFlushed = null;
            }

            _world.Resume(node);
            _world.Start(node);
        }
    }

    private void Next() => _world.Schedule(_random.Between(_meanNs / 4, _meanNs * 2), () =>
    {
        if (_world.NowNs >= _untilNs)
        {
            return;
        }

        var kind = _random.Pick(_kinds);

        // What takes its time must be over when everything is repaired: that is the last fault.
        Inject(kind is FaultKind.OrderlyStop or FaultKind.PowerCycle && _world.NowNs > _untilNs - LongestFaultNs ? FaultKind.Kill : kind);
        Next();
    });

    private void Inject(FaultKind kind)
    {
        Injected++;
        var node = _random.Chance(400_000) && _world.Leader is { } leader ? leader : _random.Pick(_world.Nodes);
        _world.Trace.Add((long)kind);
        _world.Note($"FAULT {kind} {node}");
        switch (kind)
        {
            case FaultKind.BadNetwork:
                BadNetwork();
                break;
            case FaultKind.Cut:
                _world.Cut(node.Name);
                For(1, 25, () => _world.Heal(node.Name));
                Hit(Mark.FaultCut);
                break;
            case FaultKind.OneWayCut:
                OneWayCut(node);
                break;
            case FaultKind.PartialCut:
                PartialCut();
                break;
            case FaultKind.DataCut:
                _world.Cut(node.Name, NetworkKind.Data);
                For(1, 25, () => _world.Heal(node.Name));
                Hit(Mark.FaultDataCut);
                break;
            case FaultKind.Kill:
                _world.Kill(node);
                For(0, 25, () => _world.Start(node));
                Hit(Mark.FaultCrash);
                break;
            case FaultKind.PowerOff:
                _world.PowerOff(node);
                For(1, 40, () => _world.Start(node));
                Hit(Mark.FaultCrash);
                break;
            case FaultKind.PowerCycle:
                PowerCycle();
                break;
            case FaultKind.WipeDisk:
                LoseDisk(node, directoryRemains: false, Mark.FaultWipedDisk);
                break;
            case FaultKind.DamageLog:
                LoseDisk(node, directoryRemains: true, Mark.FaultDamagedLog);
                break;
            case FaultKind.Pause:
                _world.Pause(node);
                For(0, 60, () => _world.Resume(node));
                Hit(Mark.FaultPause);
                break;
            case FaultKind.ClockJump:
                node.Clock.Jump(_random.Between(-3_600 * SimWorld.Second, 3_600 * SimWorld.Second));
                Hit(Mark.FaultClockJump);
                break;
            case FaultKind.Drift:
                node.Clock.SetDrift(_world.NowNs, (int)_random.Between(-10_000, 10_000));
                Hit(Mark.FaultDrift);
                break;
            case FaultKind.SlowFlush:
                node.SlowFlushNs = _random.Between(100 * SimWorld.Millisecond, 4 * SimWorld.Second);
                For(1, 20, () => node.SlowFlushNs = 0);
                Hit(Mark.FaultSlowFlush);
                break;
            case FaultKind.PowerAtWrite:
                PowerAtWrite();
                break;
            case FaultKind.SlowCommit:
                SlowCommit();
                break;
            default:
                _world.Stop(node, () => For(0, 15, () => _world.Start(node)));
                Hit(Mark.FaultOrderlyStop);
                break;
        }
    }

    private void BadNetwork()
    {
        foreach (var network in new[] { NetworkKind.Control, NetworkKind.Data })
        {
            var conditions = _world.Network.Conditions(network);
            conditions.LossPerMillion = _random.Below(300_000);
            conditions.DuplicatePerMillion = _random.Below(200_000);
            conditions.TailPerMillion = _random.Below(300_000);
            conditions.TailNs = _random.Between(10 * SimWorld.Millisecond, 3 * SimWorld.Second);
        }

        Hit(Mark.FaultLoss);
        Hit(Mark.FaultDuplicate);
        Hit(Mark.FaultReorder);
        For(1, 30, () =>
        {
            foreach (var network in new[] { NetworkKind.Control, NetworkKind.Data })
            {
                var conditions = _world.Network.Conditions(network);
                conditions.LossPerMillion = conditions.DuplicatePerMillion = conditions.TailPerMillion = 0;
            }
        });
    }

    // The power of a target goes as soon as a record of a transfer is written and not flushed.
    private void PowerAtWrite()
    {
        var node = _random.Pick(_world.Nodes.Where(n => n.Target is not null).ToArray());
        var isOver = false;
        node.Target!.WrittenNotFlushed = () =>
        {
            node.Target.WrittenNotFlushed = null;
            if (!isOver)
            {
                Hit(Mark.FaultPowerAtWrite);
                _world.Schedule(0, () => _world.PowerOff(node));
                For(1, 15, () => _world.Start(node));
            }
        };
        For(5, 30, () => isOver = true);
    }

    // Renames and receives hang: what began under an epoch ends under a later one.
    private void SlowCommit()
    {
        Hit(Mark.FaultSlowCommit);
        var target = _random.Pick(_world.Nodes.Where(n => n.Target is not null).ToArray()).Target!;
        target.SlowCommitNs = _random.Between(100 * SimWorld.Millisecond, 6 * SimWorld.Second);
        target.SlowReceiveNs = _random.Between(0, 3 * SimWorld.Second);
        For(2, 25, () => target.SlowCommitNs = target.SlowReceiveNs = 0);
    }

    private void OneWayCut(SimNode node)
    {
        Hit(Mark.FaultOneWayCut);
        var hears = _random.Chance(500_000);
        foreach (var other in _world.Nodes)
        {
            if (other == node || _random.Chance(300_000))
            {
                continue;
            }

            var (from, to) = hears ? (node, other) : (other, node);
            _world.Cut(from.Name, to.Name, oneWay: true);
        }

        For(1, 25, () => _world.Heal(node.Name));
    }

    private void PartialCut()
    {
        Hit(Mark.FaultPartialCut);
        var side = new bool[_world.Nodes.Count];
        var bridge = _random.Chance(400_000) ? _random.Below(side.Length) : -1;
        for (var i = 0; i < side.Length; i++)
        {
            side[i] = _random.Chance(500_000);
        }

        for (var i = 0; i < side.Length; i++)
        {
            for (var k = i + 1; k < side.Length; k++)
            {
                if (side[i] != side[k] && i != bridge && k != bridge)
                {
                    _world.Cut(_world.Nodes[i].Name, _world.Nodes[k].Name);
                }
            }
        }

        For(1, 25, _world.HealAll);
    }

    private void PowerCycle()
    {
        Hit(Mark.FaultPowerCycle);
        foreach (var node in _world.Nodes)
        {
            var machine = node;
            _world.Schedule(_random.Between(0, 200 * SimWorld.Millisecond), () => _world.PowerOff(machine));
            For(1, 12, () => _world.Start(machine));
        }
    }

    // A wiped voter is somebody else: allowed while the voters that keep their disks are a majority of every voter set in force.
    private void LoseDisk(SimNode node, bool directoryRemains, Mark mark)
    {
        if (!_world.Checks.Newest.IsFormed || (!directoryRemains && !MayForget(node)) || !MayLose(node))
        {
            return;
        }

        _world.PowerOff(node);
        node.Disk.Wipe(directoryRemains);
        For(0, 30, () => _world.Start(node));
        Hit(mark);
    }

    // As many gateways as form a cluster, all with empty disks at once and told of nobody else, would be right to form another one (rule A9).
    private bool MayForget(SimNode node)
    {
        var empty = _world.Nodes.Count(n => n.IsGateway && (n == node || n.Disk.Durable.LastIndex == 0));
        return !node.IsGateway || node.Bootstrap.Expect == 0 || empty < node.Bootstrap.Expect;
    }

    private bool MayLose(SimNode node)
    {
        if (!MajorityKeepsDisks(_world.Checks.Newest.Voters, node))
        {
            return false;
        }

        foreach (var other in _world.Nodes)
        {
            if (other.View is { Voters.Members.Length: > 0 } view && !MajorityKeepsDisks(view.Voters, node))
            {
                return false;
            }
        }

        return true;
    }

    private bool MajorityKeepsDisks(VoterSet voters, SimNode alsoLost)
    {
        var kept = Array.FindAll([.. voters.Members], member => member.Id != alsoLost.Id && KeepsDisk(member));

        // While a voter is being replaced, the learner that takes its place is as dear as a voter: it counts as soon as its entry is appended.
        var isWhole = kept.Length == voters.Members.Length || voters.Contains(new Member(alsoLost.Id, alsoLost.Disk.Durable.Incarnation));

        // From the moment in which a voter is told to leave, the others have to be enough without it: the leader may let it go before it notices what was lost.
        // A cluster of one grows over two voters, of whom it can spare none.
        var staying = voters.Members.Count(member => member.Id == alsoLost.Id || Stays(member));
        return isWhole && staying > 2 && kept.Length >= voters.Majority && kept.Count(Stays) > staying / 2;
    }

    private bool KeepsDisk(Member member) => _world.Nodes.Any(node => node.Id == member.Id && node.Disk.Durable.Incarnation == member.Incarnation);

    private bool Stays(Member member) => !_world.Checks.Newest.RolesAreOff(member.Id);

    private void Hit(Mark mark) => _world.Coverage.Hit(mark);

    private void For(int minSeconds, int maxSeconds, Action then) =>
        _world.Schedule(_random.Between(Math.Max(20 * SimWorld.Millisecond, minSeconds * SimWorld.Second), maxSeconds * SimWorld.Second), then);
}
