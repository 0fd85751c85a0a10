using System.Collections.Immutable;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Simulation.Placement;
using Starling.Simulation.World;

namespace Starling.Simulation.Workload;

/// <summary>Changes which targets are active, and with what weight, under load; the seed says how often, or never.</summary>
public sealed class PlacementClient
{
    private readonly SimWorld _world;
    private readonly Func<bool> _isOver;
    private readonly CommandSender _sender;
    private readonly long _meanNs;

    public PlacementClient(SimWorld world, Func<bool> isOver, bool isWanted)
    {
        _world = world;
        _isOver = isOver;
        _sender = new CommandSender(world, "placement");
        _meanNs = !isWanted ? 0 : world.PlacementRandom.Between(3 * SimWorld.Second, 50 * SimWorld.Second);
    }

    public bool IsBusy { get; private set; }

    public void Start()
    {
        if (_meanNs > 0)
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

        if (Choose() is not { IsEmpty: false } changes)
        {
            Think();
            return;
        }

        var seen = _world.Checks.Newest.Newest.Number;
        IsBusy = true;
        _sender.Submit(() => new PlaceTargets(seen, changes), _ =>
        {
            IsBusy = false;
            Think();
        });
    }

    /// <summary>The end of the work: data may move by itself, and whoever is out hands over what it still has.</summary>
    public void TidyUp()
    {
        IsBusy = true;
        _sender.Submit(() => new SetConfig("""{"rebalance":{"enabled":true}}""", 0), _ => Drain());

        void Drain()
        {
            var state = _world.Checks.Newest;
            var idle = state.Nodes.Values.Where(n => n is { HoldsIntegers: true, State: AdminState.Out } && n.Clean < state.Newest.Number).ToArray();
            if (idle.Length == 0)
            {
                IsBusy = false;
                return;
            }

            _sender.Submit(() => new PlaceTargets(state.Newest.Number, [.. idle.Select(n => new Placed(n.Id, AdminState.Draining, n.Weight))]), _ => Drain());
        }
    }

    // One or two targets out, or in again: those that come in are up and leased, as the leader would demand.
    private ImmutableArray<Placed> Choose()
    {
        var random = _world.PlacementRandom;
        var state = _world.Checks.Newest;
        var changes = ImmutableArray.CreateBuilder<Placed>();
        foreach (var node in _world.Nodes)
        {
            if (node.Target is null || state.Node(node.Id) is not { } entry || !random.Chance(350_000) || changes.Count >= 2)
            {
                continue;
            }

            if (entry.State == AdminState.In)
            {
                changes.Add(new Placed(node.Id, random.Chance(700_000) ? AdminState.Draining : AdminState.Out, entry.Weight));
            }
            else if (node is { IsUp: true, IsPaused: false } && node.Target.HasLease)
            {
                changes.Add(new Placed(node.Id, AdminState.In, random.Chance(700_000) ? entry.Weight : 1 + random.Below(3)));
            }
        }

        return changes.ToImmutable();
    }
}
