using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State.Commands;
using Xunit;

namespace Starling.Tests.Protocol.Node;

/// <summary>Several nodes over a hand-driven network in virtual time: links are cut by name, disks can be held, everything is deterministic.</summary>
internal sealed class World
{
    public const long Ms = 1_000_000;
    public const long Second = 1000 * Ms;
    private const long TickNs = 50 * Ms;
    private const long LatencyNs = 1 * Ms;
    private readonly PriorityQueue<Action, (long At, long Order)> queue = new();
    private readonly SortedSet<(string From, string To)> cuts = [];
    private long order;
    private long nextRequest;

    public World(NodeSettings? settings = null, ulong seed = 1)
    {
        Settings = settings ?? NodeSettings.Default;
        Seed = seed;
    }

    public NodeSettings Settings { get; }

    public ulong Seed { get; set; }

    public long NowNs { get; private set; } = 1000 * Second;

    public SortedDictionary<string, Host> Hosts { get; } = new(StringComparer.Ordinal);

    /// <summary>Drops what it says yes to: (from, to, message).</summary>
    public Func<Host, string, Envelope, bool>? Drop { get; set; }

    public static World WithGateways(int count, NodeSettings? settings = null)
    {
        var world = new World(settings);
        var names = Enumerable.Range(1, count).Select(i => $"gateway{i}").ToArray();
        foreach (var name in names)
        {
            world.Add(name, NodeRole.Gateway, count, [.. names.Where(n => n != name)]);
        }

        world.RunUntil(() => world.Leader is { } leader && leader.View.Voters.Members.Length == count && world.Hosts.Values.All(h => h.View.SessionApplied), 20);
        return world;
    }

    public Host? Leader => Hosts.Values.Where(h => h.Node is not null && h.View.LeaderReady).MaxBy(h => h.View.Term);

    public Host this[string name] => Hosts[name];

    public Host Add(string name, NodeRole role, int expect, ImmutableArray<string> seeds, bool electable = true, string? address = null, bool start = true)
    {
        var facts = new NodeFacts(
            NodeId.Parse(name), role, electable, new NodeAddresses("public:" + name, address ?? name, "data:" + name),
            role == NodeRole.Target ? ["mp1-" + name] : [], "boot-" + name, role == NodeRole.Target ? [new LockFile(1, NodeId.Parse(name).Digest)] : []);
        var host = new Host(this, facts, new BootstrapOptions(seeds, expect));
        Hosts.Add(address ?? name, host);
        if (start)
        {
            host.Start();
        }

        return host;
    }

    public void Cut(string a, string b)
    {
        cuts.Add((a, b));
        cuts.Add((b, a));
    }

    public void CutOneWay(string from, string to) => cuts.Add((from, to));

    public void Isolate(string name)
    {
        foreach (var other in Hosts.Keys.Where(k => k != name))
        {
            Cut(name, other);
        }
    }

    public void Heal() => cuts.Clear();

    public void At(long delayNs, Action action) => queue.Enqueue(action, (NowNs + delayNs, order++));

    public void Run(double seconds)
    {
        var end = NowNs + (long)(seconds * Second);
        while (queue.TryPeek(out _, out var key) && key.At <= end)
        {
            NowNs = key.At;
            queue.Dequeue()();
        }

        NowNs = end;
    }

    public void RunUntil(Func<bool> condition, double seconds, string what = "the condition")
    {
        var end = NowNs + (long)(seconds * Second);
        while (!condition())
        {
            Assert.True(NowNs < end, $"{what} did not hold within {seconds} s:\n{Describe()}");
            Run(0.01);
        }
    }

    public string Describe() => string.Join('\n', Hosts.Values.Select(h => h.Node is null
        ? $"{h.Name}: down"
        : $"{h.Name}: {h.View.Role} term {h.View.Term} leader {h.View.Leader?.Id} ready {h.View.LeaderReady} commit {h.View.CommitIndex} applied {h.View.AppliedIndex} voters [{string.Join(' ', h.View.Voters.Members.Select(m => m.Id))}] epoch {h.View.State.Newest.Number} waiting {h.View.Waiting} pending [{string.Join("; ", h.View.Pending.Select(p => p.Id + ": " + p.Reason))}] halted {h.Halted}"));

    public long NextRequest() => ++nextRequest;

    internal void Schedule(Host host, int life) => At(TickNs, () =>
    {
        if (host.Node is null || host.Life != life)
        {
            return;
        }

        if (NowNs >= host.PausedUntilNs)
        {
            host.Step(new Tick(NowNs, NowNs + host.WallOffsetNs));
        }

        Schedule(host, life);
    });

    internal void Deliver(Host from, Send send)
    {
        if (Drop?.Invoke(from, send.Address, send.Envelope) == true)
        {
            return;
        }

        At(LatencyNs, () =>
        {
            if (cuts.Contains((from.Address, send.Address)))
            {
                return;
            }

            if (!Hosts.TryGetValue(send.Address, out var to) || to.Node is null)
            {
                At(LatencyNs, () => from.Step(new SendFailed(send.Address, send.Envelope)));
                return;
            }

            to.Receive(send.Envelope);
        });
    }

    /// <summary>A command that any state takes.</summary>
    public static Command AnyCommand(string requestId = "") => new SetConfig("""{"client":{"client_timeout":"10s"}}""", 0) { RequestId = requestId };
}
