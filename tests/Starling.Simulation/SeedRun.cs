using System.Globalization;
using Starling.Core.Names;
using Starling.Protocol.Node;
using Starling.Simulation.Engine;
using Starling.Simulation.Faults;
using Starling.Simulation.Workload;
using Starling.Simulation.World;

namespace Starling.Simulation;

/// <summary>What one seed did.</summary>
/// <param name="Seed">Which.</param>
/// <param name="TraceHash">Digest of everything that happened.</param>
/// <param name="Events">Events handled.</param>
/// <param name="VirtualNs">Virtual time that passed.</param>
/// <param name="Acknowledged">Client calls that got a definite answer.</param>
/// <param name="Shape">Size and faults of the world.</param>
/// <param name="Failure">Null: nothing was violated.</param>
/// <param name="Coverage">How often each mark was hit.</param>
public sealed record SeedResult(
    ulong Seed, ulong TraceHash, long Events, long VirtualNs, long Acknowledged, string Shape, CheckFailedException? Failure, Coverage Coverage);

/// <summary>One seed: a cluster is born, works under faults, heals, and must then be whole.</summary>
public sealed class SeedRun
{
    private const long FaultsEndNs = 240 * SimWorld.Second;
    private const long WorkEndsNs = 300 * SimWorld.Second;
    private const long LeastAcknowledged = 300;
    private readonly SimWorld _world;
    private readonly FaultScheduler _faults;
    private readonly List<ObjectClient> _clients = [];
    private readonly List<AdminClient> _admins = [];
    private readonly PlacementClient _placement;
    private readonly OperationClient _operations;
    private readonly string _shape;
    private readonly ulong _seed;

    public SeedRun(ulong seed, TextWriter? log = null)
    {
        _seed = seed;
        var tuning = new SimRandom(seed, 99);
        var gateways = 1 + tuning.Below(5);
        var targets = 2 + tuning.Below(5);
        var expect = tuning.Chance(300_000) ? 0 : gateways == 1 ? 1 : (int)tuning.Between((gateways / 2) + 1, gateways);
        var compact = tuning.Chance(500_000);
        _world = new SimWorld(new WorldOptions
        {
            Seed = seed,
            Gateways = gateways,
            Targets = targets,
            Expect = expect,
            MaxDriftPerMillion = tuning.Below(10_001),
            Settings = NodeSettings.Default with
            {
                // Small logs: snapshots are taken and installed within minutes.
                SnapshotEntries = compact ? 20 + tuning.Below(60) : 10_000,
                KeepEntries = compact ? tuning.Below(20) : 5_000,
                SettledGatewayNs = 60 * SimWorld.Second,
            },
            Log = log,
        });
        _faults = new FaultScheduler(_world);
        var change = tuning.Below(100);
        _placement = new PlacementClient(_world, IsOver, change < 40);
        _operations = new OperationClient(_world, IsOver, change >= 50);
        _shape = string.Create(
            CultureInfo.InvariantCulture,
            $"{gateways} gateways, {targets} targets, {(expect == 0 ? "init" : $"expect {expect}")}, faults {string.Join(' ', _faults.Kinds)}");
        Populate(tuning, gateways, expect);
    }

    public SimWorld World => _world;

    public IReadOnlyList<FaultKind> FaultKinds => _faults.Kinds;

    /// <summary>Runs the seed to its end. A violated check is in the result, not thrown.</summary>
    public SeedResult Run()
    {
        CheckFailedException? failure = null;
        try
        {
            _world.RunUntil(FaultsEndNs);
            Heal();
            _world.RunUntil(WorkEndsNs);
            _world.RunUntil(IsOver, 300 * SimWorld.Second);
            Settle();
        }
        catch (CheckFailedException e)
        {
            failure = e;
        }

        var network = _world.Network;
        _world.Coverage.Hit(Mark.NetworkLost, network.Lost);
        _world.Coverage.Hit(Mark.NetworkDuplicated, network.Duplicated);
        _world.Coverage.Hit(Mark.NetworkDelayed, network.Delayed);
        _world.Coverage.Hit(Mark.NetworkCutOff, network.CutOff);
        return new SeedResult(_seed, _world.Trace.Value, _world.Events, _world.NowNs, _world.Checks.AcknowledgedCalls, _shape, failure, _world.Coverage);
    }

    private void Populate(SimRandom tuning, int gateways, int expect)
    {
        foreach (var node in _world.Nodes)
        {
            var late = node.Index >= gateways && tuning.Chance(150_000);
            var at = late ? tuning.Between(20 * SimWorld.Second, 150 * SimWorld.Second) : tuning.Between(0, node.IsGateway ? 2 * SimWorld.Second : 5 * SimWorld.Second);
            _world.Schedule(at, () => _world.Start(node));
        }

        if (expect == 0)
        {
            Initialise();
        }

        var buckets = new[] { Bucket("hot"), Bucket("cold"), Bucket("other") };
        _admins.Add(new AdminClient(_world, 1, [buckets[0], buckets[1]], IsOver));
        _admins.Add(new AdminClient(_world, 2, [buckets[2]], IsOver));
        var hot = Enumerable.Range(0, 3 + tuning.Below(6)).Select(i => ObjectName.Parse(buckets[i % 2 == 0 ? 0 : 2], $"hot/{i}")).ToArray();
        var cold = Enumerable.Range(0, 200).Select(i => ObjectName.Parse(buckets[i % 3], $"cold/{i}")).ToArray();
        var clients = 3 + tuning.Below(5);
        for (var i = 0; i < clients; i++)
        {
            _clients.Add(new ObjectClient(_world, hot, cold, IsOver, tuning.Between(200 * SimWorld.Millisecond, SimWorld.Second)));
        }

        foreach (var admin in _admins)
        {
            admin.Start();
        }

        foreach (var client in _clients)
        {
            client.Start();
        }

        _placement.Start();
        _operations.Start();

        _world.Schedule(tuning.Between(0, 15 * SimWorld.Second), () => _faults.RunUntil(FaultsEndNs));
    }

    // Worlds that stood still for long under their faults get more time to do their share.
    private bool IsOver() => _world.NowNs >= WorkEndsNs && _world.Checks.AcknowledgedCalls >= LeastAcknowledged;

    // An administrator sends `cluster init` to the first gateway until it answers.
    private void Initialise() => _world.Schedule(SimWorld.Second, () =>
    {
        var gateway = _world.Nodes[0];
        if (_world.Checks.Newest.IsFormed)
        {
            return;
        }

        if (gateway is { IsUp: true, IsPaused: false, View: not null })
        {
            gateway.Gateway!.Initialise(false, answer => _world.Coverage.Hit(answer is { Error: null } ? Mark.ClusterInitialised : Mark.None));
        }

        Initialise();
    });

    private static BucketName Bucket(string name) => BucketName.Parse("ais", null, name);

    private void Heal()
    {
        _faults.HealEverything();
        _world.IsHealed = true;
        if (!_world.RunUntil(() => _world.Checks.Newest.IsFormed, 60 * SimWorld.Second))
        {
            throw new CheckFailedException("a cluster forms", $"no cluster 60 s after the last fault: {string.Join("; ", _world.Nodes.Select(n => $"{n}: {n.View?.Waiting}"))}");
        }

        _world.Coverage.Hit(Mark.CheckElectionAfterHeal);
        if (!_world.RunUntil(() => _world.Leader is not null, 10 * SimWorld.Second))
        {
            throw new CheckFailedException("elects within 10 s", string.Join("; ", _world.Nodes.Select(n => $"{n}: {n.View?.Role} term {n.View?.Term} voters {n.View?.Voters.Members.Length}")));
        }
    }

    private void Settle()
    {
        _world.Coverage.Hit(Mark.CheckEverythingEnds);
        if (!_world.RunUntil(() => !_clients.Exists(c => c.IsBusy) && !_admins.Exists(a => a.IsBusy) && !_placement.IsBusy && !_operations.IsBusy, 90 * SimWorld.Second))
        {
            var busy = string.Join("; ", _clients.Where(c => c.IsBusy).Select(c => c.Doing));
            throw new CheckFailedException("every operation ends", $"90 s after the last request still busy: {busy}; admins {string.Join(' ', _admins.Select(a => a.IsBusy))}");
        }

        Converge();
        foreach (var node in _world.Nodes)
        {
            _world.Checks.CompareFully(node, node.View!.State);
        }

        _world.Checks.CheckRecords();
        _world.Checks.CheckPlaces();
        _world.Checks.CheckHistories();
        if (_world.Checks.AcknowledgedCalls < LeastAcknowledged)
        {
            throw new CheckFailedException("progress", $"only {_world.Checks.AcknowledgedCalls} calls were acknowledged");
        }
    }

    private void Converge()
    {
        _world.Coverage.Hit(Mark.CheckConverged);
        EndOperations();
        _placement.TidyUp();
        if (_world.RunUntil(() => !_placement.IsBusy && IsWhole(), 120 * SimWorld.Second))
        {
            return;
        }

        var leader = _world.Leader;
        throw new CheckFailedException(
            "whole after the last fault",
            $"leader {leader} commit {leader?.View?.CommitIndex} of {_world.Checks.CommitIndex}: "
            + string.Join("; ", _world.Nodes.Select(n => $"{n} {n.View?.Role} applied {n.View?.AppliedIndex} lease {n.Target?.HasLease} session {n.View?.SessionApplied} {n.View?.Waiting} {Describe(n)}")));
    }

    // Every operation ends, or says what blocks it and can be taken back.
    private void EndOperations()
    {
        _world.Coverage.Hit(Mark.CheckOperationsEnd);
        var isDone = false;
        _operations.TidyUp(() => isDone = true);
        if (!_world.RunUntil(() => isDone, 200 * SimWorld.Second))
        {
            var state = _world.Checks.Newest;
            throw new CheckFailedException(
                "every operation ends",
                $"200 s after the last request: {string.Join("; ", state.Operations.Values.Select(o => $"{o.Name} {o.Kind} {o.Phase} of {string.Join(' ', o.Nodes.Select(n => n.Id))} blocked {o.Blocked?.Text}"))}: "
                + string.Join("; ", _world.Nodes.Select(n => $"{n} {n.View?.Role} up {n.IsUp} {Describe(n)}")));
        }
    }

    private string Describe(SimNode node)
    {
        var entry = _world.Checks.Newest.Node(node.Id);
        return node.Target is not { } target ? string.Empty
            : $"{entry?.State} misses {string.Join(' ', entry?.LostMountpathIds ?? [])} fenced {entry?.Fenced} clean {entry?.Clean} at {entry?.CleanIndex} wanted {_world.Checks.Newest.PassWanted(node.Id)} of {_world.Checks.Newest.Newest.Number} pass {target.PassStatus?.Stage} {string.Join(", ", target.PassStatus?.Errors.Take(3).Select(e => $"{e.Subject}: {e.Error.Message}") ?? [])}";
    }

    // Everybody has applied everything; everything lies where it belongs; every target that is in holds a lease; a gateway leads where one can.
    private bool IsWhole()
    {
        if (_world.Leader is not { IsGateway: true } leader || leader.View!.CommitIndex < _world.Checks.CommitIndex || !leader.View.State.IsConverged)
        {
            return false;
        }

        foreach (var node in _world.Nodes)
        {
            if (node.View!.AppliedIndex != leader.View.CommitIndex || (node.Target is { } target && leader.View.State.Newest.Contains(node.Id) && !target.HasLease))
            {
                return false;
            }
        }

        return true;
    }
}
