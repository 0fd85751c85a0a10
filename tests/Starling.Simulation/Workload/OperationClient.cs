using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Operations;
using Starling.Protocol.Operations.Guards;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Simulation.Placement;
using Starling.Simulation.World;

namespace Starling.Simulation.Workload;

/// <summary>
/// An administrator who takes targets out, for a while or for good, brings them back, changes his mind, gives dead ones up, and asks what may be powered off.
/// What is said to be safe is destroyed at once.
/// </summary>
public sealed class OperationClient
{
    private readonly SimWorld _world;
    private readonly Func<bool> _isOver;
    private readonly CommandSender _sender;
    private readonly long _meanNs;
    private readonly HashSet<NodeId> _destroyed = [];

    public OperationClient(SimWorld world, Func<bool> isOver, bool isWanted)
    {
        _world = world;
        _isOver = isOver;
        _sender = new CommandSender(world, "operator");
        _meanNs = isWanted ? world.PlacementRandom.Between(4 * SimWorld.Second, 40 * SimWorld.Second) : 0;
    }

    public bool IsBusy { get; private set; }

    public bool IsWanted => _meanNs > 0;

    public void Start()
    {
        if (IsWanted)
        {
            Think();
        }
    }

    private void Think() => _world.Schedule(_world.PlacementRandom.Between(_meanNs / 4, _meanNs * 2), Act);

    private void Act()
    {
        if (_isOver())
        {
            return;
        }

        var random = _world.PlacementRandom;
        var state = _world.Checks.Newest;
        if (!state.IsFormed || !state.KnowsOperations)
        {
            Think();
            return;
        }

        if (state.Nodes.Values.FirstOrDefault(n => _destroyed.Contains(n.Id) && n.HoldsIntegers && n.LostMountpathIds.Length > 0) is { } destroyed)
        {
            // The old disks will not come back; until that is said, nobody can tell what they held.
            Do(() => new DeclareLost(destroyed.Id, destroyed.Session, state.Newest.Number, destroyed.LostMountpathIds, "operator"));
            return;
        }

        var node = random.Pick(_world.Nodes.Where(n => n.Target is not null).ToArray());
        var entry = state.Node(node.Id);
        if (Receiver() is { } receiver && random.Chance(300_000) && state.Node(receiver.Id) is { State: AdminState.In } received)
        {
            GiveUp(receiver, received);
            return;
        }
        var dice = random.Below(100);
        if (dice < 15)
        {
            AskSafety(node);
        }
        else if (dice < 30 && state.Operations.Count > 0)
        {
            var operation = random.Pick(state.Operations.Values.ToArray());
            Do(() => new CancelOperation(operation.Id, "operator"));
        }
        else if (dice < 35)
        {
            Do(() => new StartOperation(OperationKind.Rebalance, []));
        }
        else if (entry is null || entry.State == AdminState.Joining)
        {
            ReuseOrStart(node);
            Think();
        }
        else if (entry.State != AdminState.In && dice < 75)
        {
            BringBack(node);
        }
        else if (dice < 88)
        {
            TakeOut(node, random.Below(10));
        }
        else
        {
            GiveUp(node, entry);
        }
    }

    private void ReuseOrStart(SimNode node)
    {
        if (_world.Checks.Newest.Node(node.Id) is null && node.Disk.Durable.LastIndex > 0 && node.Target is not null)
        {
            _world.Reuse(node);
            return;
        }

        _world.Start(node);
    }

    private void TakeOut(SimNode node, int dice)
    {
        if (_world.IsHealed && _world.Checks.Newest.Newest.Targets.All(t => t == node.Id))
        {
            // Without any target clients have nothing to do.
            Think();
            return;
        }

        var kind = dice < 5 ? OperationKind.Maintenance : dice < 7 ? OperationKind.Shutdown : OperationKind.Decommission;
        var options = new OperationOptions
        {
            NoRebalance = kind != OperationKind.Decommission && dice is 0 or 5,
            RemoveUserData = kind == OperationKind.Decommission,
            Force = _world.PlacementRandom.Chance(500_000) ? [.. GuardList.Names.Order(StringComparer.Ordinal)] : [],
        };
        Do(() => new StartOperation(kind, [node.Id]) { Options = options, RequestedBy = "operator" });
    }

    // Whoever was stopped by order is started first.
    private void BringBack(SimNode node)
    {
        _world.Start(node);
        _world.Schedule(_world.PlacementRandom.Between(100 * SimWorld.Millisecond, 10 * SimWorld.Second), () =>
            Do(() => new StartOperation(OperationKind.Return, [node.Id]) { RequestedBy = "operator" }));
    }

    // A machine that will not come back: off, attested or not, removed with what only it had; later its disks turn up again, or new ones.
    private void GiveUp(SimNode node, NodeEntry entry)
    {
        var others = _world.Checks.Newest.Newest.Targets.Count(t => t != node.Id);
        if (others == 0 || !MaySpare(node) || _world.IsHealed)
        {
            Think();
            return;
        }

        _world.PowerOff(node);
        var session = entry.Session;
        var all = GuardList.Names.Order(StringComparer.Ordinal).ToImmutableArray();
        IsBusy = true;
        _sender.Submit(
            () => new StartOperation(OperationKind.RemoveDead, [node.Id]) { Options = new OperationOptions { NoRebalance = true, Force = all }, RequestedBy = "operator" },
            _ =>
            {
                if (!_world.PlacementRandom.Chance(500_000) || node.IsUp)
                {
                    IsBusy = false;
                    Think();
                    return;
                }

                _sender.Submit(() => new AttestOff(node.Id, session, "operator"), _ =>
                {
                    IsBusy = false;
                    Think();
                });
            });
    }

    // Somebody who has just taken records that nobody has verified: the worst moment to lose it.
    private SimNode? Receiver()
    {
        foreach (var node in _world.Nodes)
        {
            var leftover = node.Target?.Store.Slots.FirstOrDefault(s => s.Current is { HandOver.IsVerified: false });
            if (leftover is not null)
            {
                return _world.Nodes.Find(n => n.Id == leftover.Current!.HandOver!.Receiver && n.IsUp);
            }
        }

        return null;
    }

    // Its control log stays on its disk: only its objects are given up.
    private bool MaySpare(SimNode node) => !_world.Nodes.Exists(n => n != node && n.Target is not null && !n.IsUp);

    private void AskSafety(SimNode node)
    {
        var gateway = _world.PickGateway();
        if (!gateway.IsUp || gateway.IsPaused || gateway.View is null)
        {
            Think();
            return;
        }

        IsBusy = true;
        _world.ScheduleLocal(gateway, 0, () => gateway.Gateway!.AskSafety(node.Id, verdict =>
        {
            IsBusy = false;
            _world.Checks.OnSafetyAnswered(node, verdict);
            if (verdict is { Safety: Safety.Safe } && _world.PlacementRandom.Chance(500_000))
            {
                DestroyIfStillSafe(node);
            }

            Think();
        }));
        _world.Schedule(30 * SimWorld.Second, () => IsBusy = false);
    }

    private void DestroyIfStillSafe(SimNode node)
    {
        // The administrator acts at once; what was committed between the answer and this moment is not the answer's fault.
        var state = _world.Checks.Newest;
        if (state.Node(node.Id) is not { HoldsIntegers: true } entry || entry.State == AdminState.In || entry.Clean != state.Newest.Number || entry.Fenced != state.Newest.Number)
        {
            return;
        }

        _world.Coverage.Hit(Mark.DestroyedWhenSafe);
        _world.Note($"{node.Name,-4} IS DESTROYED, SAFE AS IT IS");
        var taken = _world.Destroy(node);
        if (taken > 0)
        {
            throw new CheckFailedException("safe to power off", $"{node} was said to be safe to power off; its disks are destroyed and {taken} names lose what was known of them");
        }

        _destroyed.Add(node.Id);
        _world.Schedule(_world.PlacementRandom.Between(SimWorld.Second, 20 * SimWorld.Second), () => _world.Start(node));
    }

    private void Do(Func<Command> make)
    {
        IsBusy = true;
        _sender.Submit(make, outcome =>
        {
            var isStart = outcome.Result.StartsWith("op", StringComparison.Ordinal);
            _world.Coverage.Hit(outcome.Error is not null ? Mark.OperationRefused : isStart ? Mark.OperationStarted : Mark.None);
            IsBusy = false;
            Think();
        });
    }

    /// <summary>The end of the work: what still runs is ended or taken back, and every target that is a member is brought in.</summary>
    public void TidyUp(Action done)
    {
        var state = _world.Checks.Newest;
        foreach (var node in _world.Nodes)
        {
            // Stopped by order, erased, destroyed, removed: it is wanted again.
            ReuseOrStart(node);
        }

        if (!state.KnowsOperations)
        {
            done();
            return;
        }

        if (state.Nodes.Values.FirstOrDefault(n => n.LostMountpathIds.Length > 0 && n.HoldsIntegers) is { } missing)
        {
            _sender.Submit(() => new DeclareLost(missing.Id, missing.Session, state.Newest.Number, missing.LostMountpathIds, "operator"), _ => Again());
        }
        else if (state.Operations.Values.FirstOrDefault(o => o.Blocked is not null && o.MayBeCancelled) is { } blocked)
        {
            _sender.Submit(() => new CancelOperation(blocked.Id, "operator"), _ => Again());
        }
        else if (state.Operations.Values.FirstOrDefault(o => o is { Blocked.Reason: BlockReason.Silent, Phase: OperationPhase.PermitErase }) is { } silent
            && state.Operations.Values.All(o => o.Kind != OperationKind.RemoveDead))
        {
            // Whoever was to erase itself lost its log first and is somebody else now.
            var options = new OperationOptions { NoRebalance = true, Force = [.. GuardList.Names.Order(StringComparer.Ordinal)] };
            _sender.Submit(() => new StartOperation(OperationKind.RemoveDead, [.. silent.Nodes.Select(n => n.Id)]) { Options = options, RequestedBy = "operator" }, _ => Again());
        }
        else if (state.Operations.Count > 0)
        {
            Again();
        }
        else if (state.Nodes.Values.FirstOrDefault(n => n is { Role: Protocol.Identity.NodeRole.Target, State: AdminState.Out or AdminState.Draining }) is { } away)
        {
            _sender.Submit(() => new StartOperation(OperationKind.Return, [away.Id]) { RequestedBy = "operator" }, _ => Again());
        }
        else if (!state.IsConverged && state.Newest.Number <= state.QuietThrough)
        {
            // A rebalance that was stopped does not start again by itself.
            _sender.Submit(() => new StartOperation(OperationKind.Rebalance, []), _ => Again());
        }
        else if (_world.Nodes.Exists(n => state.Node(n.Id)?.Session != n.Session))
        {
            // Disks that were replaced show only when their process is known.
            Again();
        }
        else
        {
            done();
        }

        void Again() => _world.Schedule(SimWorld.Second, () => TidyUp(done));
    }
}
