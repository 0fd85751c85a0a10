using System.Globalization;
using Starling.Core.Names;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Simulation.Checks;
using Starling.Simulation.Clocks;
using Starling.Simulation.Engine;
using Starling.Simulation.Network;

namespace Starling.Simulation.World;

/// <summary>What a world begins with.</summary>
public sealed record WorldOptions
{
    public ulong Seed { get; init; } = 1;

    public int Gateways { get; init; } = 3;

    public int Targets { get; init; } = 3;

    /// <summary>`--bootstrap-expect` of the gateways; 0: they wait for `cluster init`.</summary>
    public int Expect { get; init; }

    public NodeSettings Settings { get; init; } = NodeSettings.Default;

    /// <summary>Greatest drift of a clock, parts in a million; at most 20,000.</summary>
    public int MaxDriftPerMillion { get; init; }

    /// <summary>Receives one line per event.</summary>
    public TextWriter? Log { get; init; }
}

/// <summary>
/// A cluster of real <see cref="ProtocolNode"/>s on simulated machines, networks and disks. One thread, one queue, one seed: the same seed does the same again.
/// Everything that happens goes through <see cref="RunUntil(long)"/>.
/// </summary>
public sealed partial class SimWorld
{
    public const long Millisecond = 1_000_000;
    public const long Second = 1_000_000_000;
    private const long WallEpochNs = 1_760_000_000L * Second;
    private readonly Dictionary<string, int> _byAddress = new(StringComparer.Ordinal);
    private readonly List<string> _recent = [];
    private readonly SimRandom _nodeRandom;

    public SimWorld(WorldOptions options)
    {
        Options = options;
        NetworkRandom = new SimRandom(options.Seed, 1);
        DiskRandom = new SimRandom(options.Seed, 2);
        FaultRandom = new SimRandom(options.Seed, 3);
        WorkRandom = new SimRandom(options.Seed, 4);
        _nodeRandom = new SimRandom(options.Seed, 5);
        PlacementRandom = new SimRandom(options.Seed, 6);
        Network = new SimNetwork(NetworkRandom);
        Checks = new WorldChecks(this);
        for (var i = 0; i < options.Gateways; i++)
        {
            AddMachine("g" + (i + 1).ToString(CultureInfo.InvariantCulture), NodeRole.Gateway);
        }

        for (var i = 0; i < options.Targets; i++)
        {
            AddMachine("t" + (i + 1).ToString(CultureInfo.InvariantCulture), NodeRole.Target);
        }

        // A gateway alone, with an empty disk, must be told of somebody to find its cluster again.
        var seeds = Nodes.Where(n => n.IsGateway || options.Gateways == 1).Select(n => n.Addresses.Control).ToArray();
        foreach (var node in Nodes)
        {
            node.Bootstrap = new BootstrapOptions([.. seeds.Where(s => s != node.Addresses.Control)], node.IsGateway ? options.Expect : 0);
        }
    }

    public WorldOptions Options { get; }

    public List<SimNode> Nodes { get; } = [];

    public SimNetwork Network { get; }

    public EventQueue Queue { get; } = new();

    public TraceHash Trace { get; } = new();

    public Coverage Coverage { get; } = new();

    public WorldChecks Checks { get; }

    public SimRandom NetworkRandom { get; }

    public SimRandom DiskRandom { get; }

    public SimRandom FaultRandom { get; }

    public SimRandom WorkRandom { get; }

    public SimRandom PlacementRandom { get; }

    /// <summary>What the drivers do wrong on purpose (<see cref="Mutants.Mutant.Driver"/>); empty: nothing.</summary>
    public string DriverFault { get; } = Environment.GetEnvironmentVariable(Mutants.Mutant.Variable) ?? string.Empty;

    /// <summary>Virtual time, nanoseconds since the world began.</summary>
    public long NowNs { get; private set; }

    public long Events { get; private set; }

    /// <summary>The last lines of the trace, when there is a log.</summary>
    public IReadOnlyList<string> Recent => _recent;

    public bool IsTracing => Options.Log is not null;

    /// <summary>The ready leader with the highest term, or null.</summary>
    public SimNode? Leader
    {
        get
        {
            SimNode? best = null;
            foreach (var node in Nodes)
            {
                if (node is { IsUp: true, IsPaused: false, View: { Role: ConsensusRole.Leader, LeaderReady: true } view } && (best is null || view.Term > best.View!.Term))
                {
                    best = node;
                }
            }

            return best;
        }
    }

    public SimNode Node(string name) => Nodes.Find(n => n.Name == name) ?? throw new ArgumentException($"no machine {name}", nameof(name));

    public void RunFor(long ns) => RunUntil(NowNs + ns);

    public void RunUntil(long atNs)
    {
        while (Queue.NextNs <= atNs)
        {
            RunOne();
        }

        NowNs = Math.Max(NowNs, atNs);
    }

    /// <summary>Runs until the condition holds; false when it did not within the time.</summary>
    public bool RunUntil(Func<bool> condition, long withinNs)
    {
        var deadline = NowNs + withinNs;
        while (!condition())
        {
            if (Queue.NextNs > deadline)
            {
                NowNs = deadline;
                return condition();
            }

            RunOne();
        }

        return true;
    }

    public void Schedule(long delayNs, Action action) => Queue.Add(NowNs + delayNs, new SimEvent(EventKind.World, -1, 0, action, 0));

    /// <summary>Work of a process: lost when it dies, late when it is paused.</summary>
    public void ScheduleLocal(SimNode node, long delayNs, Action action) =>
        Queue.Add(NowNs + delayNs, new SimEvent(EventKind.Local, node.Index, node.Process, action, 0));

    /// <summary>Gives an input to a node at once. Nothing happens when it is not up.</summary>
    public void Give(SimNode node, Input input)
    {
        if (node.Core is { } core)
        {
            Execute(node, core.Step(input), input);
        }
    }

    /// <summary>Sees every message as it leaves a node.</summary>
    public Action<SimNode, Envelope>? Tap { get; set; }

    /// <summary>Loses the messages that it says yes to, after their sender has seen them off.</summary>
    public Func<SimNode, Envelope, bool>? Drop { get; set; }

    /// <summary>A message arrives now, whatever the network thinks: one that was delayed for as long as a script likes.</summary>
    public void Deliver(SimNode to, Envelope envelope) => Queue.Add(NowNs, new SimEvent(EventKind.Deliver, to.Index, 0, envelope, -1));

    public void Note(string text)
    {
        if (Options.Log is null)
        {
            return;
        }

        var line = string.Create(CultureInfo.InvariantCulture, $"{NowNs / 1e9,12:F6} {text}");
        Options.Log.WriteLine(line);
        _recent.Add(line);
        if (_recent.Count > 400)
        {
            _recent.RemoveRange(0, 200);
        }
    }

    private void AddMachine(string name, NodeRole role) =>
        AddMachine(name, NodeId.Parse((role == NodeRole.Gateway ? "gateway-" : "target-") + name[1..]), role);

    /// <summary>Adds a machine; it may carry the id and the mountpaths of another one, and starts only when told to.</summary>
    public SimNode AddMachine(string name, NodeId id, NodeRole role, SimNode? of = null)
    {
        Network.Grow();
        var drift = Options.MaxDriftPerMillion;
        var node = new SimNode
        {
            Index = Nodes.Count,
            Name = name,
            Id = id,
            Role = role,
            Addresses = new NodeAddresses($"http://{name}.public:8080", $"http://{name}.control:9080", $"http://{name}.data:10080"),
            Clock = new SimClock(_nodeRandom.Between(1 * Second, 100_000 * Second), (int)_nodeRandom.Between(-drift, drift)),
            LockDevice = (ulong)(Nodes.Count + 1),
            MountpathIds = of?.MountpathIds ?? (role == NodeRole.Target ? [name + "-m1", name + "-m2"] : []),
        };
        Nodes.Add(node);
        _byAddress[node.Addresses.Control] = node.Index;
        _byAddress[node.Addresses.Data] = node.Index;
        if (role == NodeRole.Target)
        {
            node.Target = new TargetService(this, node);
            if (of?.Target is { } original)
            {
                node.Target.Store.CopyFrom(original.Store);
            }
        }
        else
        {
            node.Gateway = new GatewayService(this, node);
        }

        return node;
    }

    private void RunOne()
    {
        var item = Queue.Take(out var atNs);
        NowNs = atNs;
        Dispatch(item);
    }

    private void Dispatch(in SimEvent item)
    {
        if (item.Kind == EventKind.World)
        {
            Events++;
            ((Action)item.Payload!)();
            return;
        }

        var node = Nodes[item.Node];
        if (node.Core is not { } core || (item.Process != 0 && item.Process != node.Process))
        {
            if (item.Kind == EventKind.Deliver)
            {
                Refused(item);
            }

            return;
        }

        if (node.IsPaused)
        {
            if (item.Kind != EventKind.Tick)
            {
                node.Buffered.Add(item);
            }

            return;
        }

        Events++;
        Trace.Add(((long)item.Kind << 32) | (uint)item.Node);
        Trace.Add(NowNs);
        switch (item.Kind)
        {
            case EventKind.Tick:
                TickNode(node, core);
                break;
            case EventKind.Deliver:
                Checks.BeforeDelivery(node, (Envelope)item.Payload!);
                Execute(node, core.Step(new Received((Envelope)item.Payload!)), item.Payload);
                break;
            case EventKind.SendFailed:
                var send = (Send)item.Payload!;
                Execute(node, core.Step(new SendFailed(send.Address, send.Envelope)), item.Payload);
                break;
            case EventKind.Flushed:
                node.Disk.EndFlush(item.Number);
                Execute(node, core.Step(new PersistCompleted(item.Number)), null);
                BeginFlush(node);
                break;
            case EventKind.DataProbed:
                Execute(node, core.Step((DataProbed)item.Payload!), item.Payload);
                break;
            default:
                ((Action)item.Payload!)();
                break;
        }
    }

    private void TickNode(SimNode node, ProtocolNode core)
    {
        var now = node.Clock.MonotonicNs(NowNs);
        node.LastTickNs = now;
        Queue.Add(NowNs + node.Clock.ToVirtual(95 * Millisecond), new SimEvent(EventKind.Tick, node.Index, node.Process, null, 0));
        Execute(node, core.Step(new Tick(now, WallEpochNs + node.Clock.WallNs(NowNs))), null);
    }

    /// <summary>The wall clock of a machine, nanoseconds since 1970.</summary>
    public long WallNs(SimNode node) => WallEpochNs + node.Clock.WallNs(NowNs);
}
