using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Xunit;

namespace Starling.Tests.Protocol.Node;

/// <summary>A small random walk through faults; the simulator does the same at length.</summary>
public sealed class TortureTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void NothingAcknowledgedIsLostAndOneSessionLeadsATerm(ulong seed)
    {
        var random = new SeededRandom(seed);
        var world = World.WithGateways(3, NodeSettings.Default with { SnapshotEntries = 40, KeepEntries = 10, MaxAppendEntries = 4 });
        world.Seed = seed * 1000;
        for (var i = 1; i <= 3; i++)
        {
            world.Add($"target0{i}", NodeRole.Target, 0, ["gateway1", "gateway2"]);
        }

        world.RunUntil(() => world.Leader?.View.State.Newest.Targets.Length == 3 && world.Leader.View.Voters.Members.Length == 5, 30, "a cluster of six");
        world.Drop = (_, _, _) => random.Next(99) < 5;
        var leaders = new SortedDictionary<long, SessionId>();
        var terms = new SortedDictionary<long, long>();
        var acknowledged = 0;
        var open = new List<(Host Host, long Id)>();
        var hosts = world.Hosts.Values.ToArray();
        for (var round = 0; round < 300; round++)
        {
            Disturb(world, hosts, random);
            var asked = hosts[random.Next(hosts.Length - 1)];
            if (asked.Node is not null)
            {
                open.Add((asked, asked.Propose(World.AnyCommand())));
            }

            world.Run(0.2);
            Check(hosts, leaders, terms);
        }

        world.Drop = null;
        world.Heal();
        foreach (var host in hosts)
        {
            host.ReleaseDisk();
            if (host.Node is null)
            {
                host.Start();
            }
        }

        world.RunUntil(() => world.Leader is not null, 10, "a leader after the last fault");
        world.RunUntil(() => hosts.All(h => h.View.Self.Session == world.Leader?.View.State.Node(h.Facts.Id)?.Session), 60, "all sessions");
        world.Run(5);
        Check(hosts, leaders, terms);
        acknowledged = open.Count(o => o.Host.AnswerTo(o.Id)?.Outcome is not null);
        Assert.True(acknowledged > 20, $"only {acknowledged} of {open.Count} were acknowledged");
        Assert.True(world.Leader!.View.State.Versions.Conf - 1 >= acknowledged, $"{acknowledged} acknowledged, {world.Leader!.View.State.Versions.Conf} kept");
        Assert.True(leaders.Count > 2, "no election happened");
    }

    private static void Disturb(World world, Host[] hosts, SeededRandom random)
    {
        var host = hosts[random.Next(hosts.Length - 1)];
        switch (random.Next(11))
        {
            case 0 when hosts.Count(h => h.Node is null) < 2:
                host.Crash();
                break;
            case 1:
                world.Cut(host.Name, hosts[random.Next(hosts.Length - 1)].Name);
                break;
            case 2:
                world.CutOneWay(host.Name, hosts[random.Next(hosts.Length - 1)].Name);
                break;
            case 3:
                world.Heal();
                break;
            case 4 when host.Node is not null:
                host.Pause(random.Next(5));
                break;
            case 5:
                host.DiskHangs = true;
                break;
            case 6 when random.Next(9) == 0:
                world.Isolate(host.Name);
                break;
            default:
                foreach (var h in hosts)
                {
                    if (random.Next(3) == 0)
                    {
                        h.ReleaseDisk();
                        if (h.Node is null)
                        {
                            h.Start();
                        }
                    }
                }

                break;
        }
    }

    private static void Check(Host[] hosts, SortedDictionary<long, SessionId> leaders, SortedDictionary<long, long> terms)
    {
        foreach (var host in hosts)
        {
            Assert.Null(host.Halted);
            if (host.Node is null)
            {
                continue;
            }

            if (host.View.Role == ConsensusRole.Leader)
            {
                leaders.TryAdd(host.View.Term, host.View.Self.Session);
                Assert.Equal(leaders[host.View.Term], host.View.Self.Session);
            }

            // What was applied at an index is the same everywhere, for ever.
            var state = host.View.State;
            terms.TryAdd(state.AppliedIndex, state.AppliedTerm);
            Assert.Equal(terms[state.AppliedIndex], state.AppliedTerm);
        }
    }
}
