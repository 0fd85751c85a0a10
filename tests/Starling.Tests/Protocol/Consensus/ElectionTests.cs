using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Tests.Protocol.Node;
using Xunit;

namespace Starling.Tests.Protocol.Consensus;

public sealed class ElectionTests
{
    [Fact]
    public void ThreeEmptyGatewaysFormAClusterAndLeadIt()
    {
        var world = World.WithGateways(3);
        var leader = world.Leader!;
        Assert.Equal(3, leader.View.Voters.Members.Length);
        Assert.Single(world.Hosts.Values.Select(h => h.View.ClusterId).Distinct());
        Assert.Equal(0L, world.Hosts.Values.Sum(h => h.Halted is null ? 0L : 1L));
    }

    [Fact]
    public void ACommandIsAnsweredByWhoeverWasAskedAfterItAppliedIt()
    {
        var world = World.WithGateways(3);
        foreach (var host in world.Hosts.Values)
        {
            var outcome = host.ProposeAndWait(World.AnyCommand());
            Assert.True(host.View.AppliedIndex >= outcome.Index);
        }
    }

    [Fact]
    public void TheDeathOfTheLeaderIsSurvivedWithinFiveSeconds()
    {
        var world = World.WithGateways(3);
        var old = world.Leader!;
        old.Crash();
        world.RunUntil(() => world.Leader is { } l && l != old, 5, "a new leader");
        var survivor = world.Hosts.Values.First(h => h.Node is not null);
        survivor.ProposeAndWait(World.AnyCommand());
        old.Start();
        world.RunUntil(() => old.View.SessionApplied && old.View.Role == ConsensusRole.Follower, 5, "the old leader as a follower");
    }

    [Fact]
    public void EverybodyRestartsAndNothingCommittedIsLost()
    {
        var world = World.WithGateways(3);
        var before = world.Leader!.ProposeAndWait(World.AnyCommand());
        var conf = world.Leader!.View.State.Versions.Conf;
        foreach (var host in world.Hosts.Values)
        {
            host.Crash();
        }

        world.Run(1);
        foreach (var host in world.Hosts.Values)
        {
            host.Start();
        }

        world.RunUntil(() => world.Leader is not null, 10, "a leader");
        world.RunUntil(() => world.Hosts.Values.All(h => h.View.SessionApplied), 10, "all sessions");
        Assert.All(world.Hosts.Values, h => Assert.Equal(conf, h.View.State.Versions.Conf));
        Assert.All(world.Hosts.Values, h => Assert.True(h.View.AppliedIndex > before.Index));
    }
}
