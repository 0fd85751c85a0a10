using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Tests.Protocol.Node;
using Xunit;

namespace Starling.Tests.Protocol.Bootstrap;

public sealed class FoundingTests
{
    private static int Clusters(World world) =>
        world.Hosts.Values.Where(h => h.Node is not null && h.View.ClusterId.Length > 0).Select(h => h.View.ClusterId).Distinct().Count();

    [Fact]
    public void A9_InitFormsAClusterOfOneGatewayAndTheOthersJoinThroughAnyMember()
    {
        var world = new World();
        var first = world.Add("gateway1", NodeRole.Gateway, 0, []);
        var second = world.Add("gateway2", NodeRole.Gateway, 0, ["gateway1"]);
        var third = world.Add("gateway3", NodeRole.Gateway, 0, ["gateway2"]);
        world.Run(10);
        Assert.Equal(0, Clusters(world));
        Assert.Contains("cluster init", first.View.Waiting, StringComparison.Ordinal);
        var id = first.Init();
        world.RunUntil(() => first.AnswerTo(id) is not null, 1, "the answer");
        Assert.Null(first.AnswerTo(id)!.Error);
        world.RunUntil(() => first.View.Voters.Members.Length == 3 && second.View.SessionApplied && third.View.SessionApplied, 20, "everybody joins");
        Assert.Equal(1, Clusters(world));

        var again = second.Init();
        Assert.Equal(ErrorCode.Conflict, second.ErrorOf(again));
    }

    [Fact]
    public void A9_TwoHalvesStartedAtOnceFormOneClusterAtMost()
    {
        var world = new World();
        string[] names = ["gateway1", "gateway2", "gateway3", "gateway4"];
        foreach (var name in names)
        {
            world.Add(name, NodeRole.Gateway, 3, [.. names.Where(n => n != name)]);
        }

        foreach (var a in names.Take(2))
        {
            foreach (var b in names.Skip(2))
            {
                world.Cut(a, b);
            }
        }

        world.Run(30);
        Assert.Equal(0, Clusters(world));
        Assert.All(world.Hosts.Values, h => Assert.Contains("2 of 3", h.View.Waiting, StringComparison.Ordinal));
        world.Heal();
        world.RunUntil(() => world.Hosts.Values.All(h => h.View.SessionApplied), 30, "one cluster");
        Assert.Equal(1, Clusters(world));
        Assert.Equal(4, world.Leader!.View.State.Nodes.Count);
    }

    [Fact]
    public void A9_TwoHalfFormedClustersEndAsOne()
    {
        // The proposer collects one consent of two, then nobody hears it any more.
        var world = new World();
        string[] names = ["gateway1", "gateway2", "gateway3"];
        foreach (var name in names)
        {
            world.Add(name, NodeRole.Gateway, 3, [.. names.Where(n => n != name)]);
        }

        world.Drop = (from, to, e) => e.Message is ConsentRequest && to == "gateway3";
        world.RunUntil(() => world["gateway2"].Disk.Bootstrap.Phase == BootstrapPhase.Consented, 5, "the first consent");
        Assert.Equal(0, Clusters(world));
        world.Isolate("gateway1");
        world.Run(30);
        Assert.Contains("waits until it is formed or withdrawn", world["gateway2"].View.Waiting, StringComparison.Ordinal);
        Assert.Equal(0, Clusters(world));

        // It was alive, had withdrawn, and the next proposal goes through.
        world.Drop = null;
        world.Heal();
        world.RunUntil(() => world.Hosts.Values.All(h => h.View.SessionApplied), 30, "one cluster");
        Assert.Equal(1, Clusters(world));
    }

    [Fact]
    public void A9_AProposerThatDiedForGoodIsGivenUpByInitDiscardPending()
    {
        var world = new World();
        string[] names = ["gateway1", "gateway2", "gateway3"];
        foreach (var name in names)
        {
            world.Add(name, NodeRole.Gateway, 3, [.. names.Where(n => n != name)]);
        }

        world.Drop = (from, to, e) => e.Message is ConsentRequest && to == "gateway3";
        world.RunUntil(() => world["gateway2"].Disk.Bootstrap.Phase == BootstrapPhase.Consented, 5, "the first consent");
        world["gateway1"].Wipe();
        world.Drop = null;
        world.Run(20);

        // The consent survives a restart, and the wiped proposer that comes back knows nothing of it.
        world["gateway2"].Crash();
        world["gateway2"].Start();
        world["gateway1"].Start();
        world.Run(20);
        Assert.Equal(0, Clusters(world));
        var refused = world["gateway2"].Init();
        Assert.Equal(ErrorCode.Conflict, world["gateway2"].ErrorOf(refused));
        Assert.Contains("--discard-pending", world["gateway2"].AnswerTo(refused)!.Error!.Message, StringComparison.Ordinal);
        world["gateway2"].Init(discard: true);
        world.RunUntil(() => world.Hosts.Values.All(h => h.View.SessionApplied), 30, "one cluster");
        Assert.Equal(1, Clusters(world));
    }

    [Fact]
    public void A9_AProposerThatCrashesRightAfterFormingIsStillTheOnlyCluster()
    {
        var world = new World();
        string[] names = ["gateway1", "gateway2", "gateway3"];
        foreach (var name in names)
        {
            world.Add(name, NodeRole.Gateway, 3, [.. names.Where(n => n != name)]);
        }

        // Formed on the proposer's disk, but nobody was told.
        world.Drop = (from, _, e) => from.Name == "gateway1" && e.ClusterId.Length > 0;
        world.RunUntil(() => world["gateway1"].Disk.Bootstrap.Phase == BootstrapPhase.Formed, 5, "formed");
        world["gateway1"].Crash();
        world.Drop = null;
        world.Run(20);
        Assert.Equal(0, Clusters(world));
        world["gateway1"].Start();
        world.RunUntil(() => world.Hosts.Values.All(h => h.View.SessionApplied), 20, "the cluster");
        Assert.Equal(1, Clusters(world));
        Assert.Equal(3, world.Leader!.View.Voters.Members.Length);
    }

    [Fact]
    public void A9_APowerCycleWithOneReplacedDiskFormsNoSecondCluster()
    {
        var world = World.WithGateways(3);
        var cluster = world.Leader!.View.ClusterId;
        foreach (var host in world.Hosts.Values)
        {
            host.Crash();
        }

        world["gateway1"].Wipe();
        world["gateway1"].Start();
        world.Run(30);
        Assert.Equal(0, Clusters(world));
        Assert.Contains("1 of 3", world["gateway1"].View.Waiting, StringComparison.Ordinal);
        world["gateway2"].Start();
        world["gateway3"].Start();
        world.RunUntil(() => world.Hosts.Values.All(h => h.View.SessionApplied), 30, "the old cluster with the new disk");
        Assert.All(world.Hosts.Values, h => Assert.Equal(cluster, h.View.ClusterId));
        world.RunUntil(() => world.Leader!.View.Voters.Members.Length == 3 && world.Leader.View.Voters.Contains(world["gateway1"].View.Self.Member), 20, "the new incarnation votes");
    }

    [Fact]
    public void A9_ANodeThatReachesAClusterJoinsItAndRefusesInit()
    {
        var world = World.WithGateways(3);
        var late = world.Add("gateway9", NodeRole.Gateway, 1, ["gateway1"], start: false);
        world.Drop = (from, to, e) => e.Message is Starling.Protocol.Membership.JoinRequest;
        late.Start();
        world.Run(10);
        Assert.Contains("joins cluster", late.View.Waiting, StringComparison.Ordinal);
        var id = late.Init();
        Assert.Equal(ErrorCode.Conflict, late.ErrorOf(id));
        world.Drop = null;
        world.RunUntil(() => late.View.SessionApplied, 10, "admission");
        Assert.Equal(1, Clusters(world));
    }

    [Fact]
    public void A9_OneGatewayOnADevelopersMachineFormsAtOnce()
    {
        var world = new World();
        var only = world.Add("gateway1", NodeRole.Gateway, 1, []);
        world.RunUntil(() => only.View.LeaderReady && only.View.SessionApplied, 1, "a cluster of one");
        only.ProposeAndWait(World.AnyCommand());
        only.Crash();
        only.Start();
        world.RunUntil(() => only.View.LeaderReady && only.View.SessionApplied, 1, "the same cluster again");
    }

    [Fact]
    public void A9_AGatewayWhoseLogWasLostDoesNotForm()
    {
        var world = new World();
        var only = world.Add("gateway1", NodeRole.Gateway, 1, [], start: false);
        only.Wipe(remembered: true);
        only.Start();
        world.Run(10);
        Assert.Equal(0, Clusters(world));
        Assert.Contains("log is lost", only.View.Waiting, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.Conflict, only.ErrorOf(only.Init()));
    }

    [Fact]
    public void A9_ATargetFormsNothing()
    {
        var world = new World();
        var target = world.Add("target01", NodeRole.Target, 1, []);
        world.Run(10);
        Assert.Equal(0, Clusters(world));
        Assert.Equal(ErrorCode.Invalid, target.ErrorOf(target.Init()));
    }

    [Fact]
    public void A9_AFounderThatMissedTheWithdrawalHearsOfItAlsoWhenTheProposerHasConsentedElsewhereSince()
    {
        Founder[] founders = [FounderOf("gateway1", 1), FounderOf("gateway2", 2), FounderOf("gateway3", 3)];
        var other = new BootstrapProposal(77, "cluster-of-1", founders[0].Identity, [.. founders]);
        var node = new ProtocolNode(new NodeStart
        {
            Facts = founders[1].Facts,
            Session = founders[1].Identity.Session,
            Restored = RestoredState.Fresh(founders[1].Identity.Incarnation) with { Bootstrap = new BootstrapRecord(BootstrapPhase.Consented, other) },
            Bootstrap = new BootstrapOptions([], 3),
            Seed = 1,
            NowNs = 1_000_000_000,
            WallNs = 1_000_000_000,
        });

        // Of the proposal 66 nothing is remembered any more: it was withdrawn before the consent to 77 was given.
        Assert.Equal(BootstrapPhase.Withdrawn, StatusOf(66));
        Assert.Equal(BootstrapPhase.Consented, StatusOf(77));

        BootstrapPhase StatusOf(UInt128 proposal)
        {
            var question = new Envelope(string.Empty, founders[2].Identity, "gateway3", founders[1].Identity.Id, founders[1].Identity.Incarnation, 0, 0, new ProposalStatusRequest(proposal));
            foreach (var effect in node.Step(new Received(question)))
            {
                if (effect is Send { Envelope.Message: ProposalStatus status } && status.ProposalId == proposal)
                {
                    return status.Phase;
                }
            }

            throw new InvalidOperationException("no answer");
        }
    }

    private static Founder FounderOf(string name, int number) => new(
        new NodeIdentity(NodeId.Parse(name), new Incarnation((UInt128)number), new SessionId((UInt128)number)),
        new NodeFacts(NodeId.Parse(name), NodeRole.Gateway, true, new NodeAddresses("pub", name, "data"), [], "boot", []));
}
