using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.Node;
using Starling.Tests.Protocol.Node;
using Xunit;

namespace Starling.Tests.Protocol.Consensus;

public sealed class RuleTests
{
    private static World WithTargets(int gateways, int targets)
    {
        var world = World.WithGateways(gateways);
        for (var i = 1; i <= targets; i++)
        {
            world.Add($"target0{i}", NodeRole.Target, 0, ["gateway1"]);
        }

        world.RunUntil(() => world.Leader?.View.State.Newest.Targets.Length == targets, 20, "all targets active");
        return world;
    }

    [Fact]
    public void A1_FiveVotersGatewaysFirst()
    {
        var world = WithTargets(3, 4);
        world.RunUntil(() => world.Leader!.View.Voters.Members.Length == 5, 10, "five voters");
        world.Run(10);
        var voters = world.Leader!.View.Voters.Members;
        Assert.Equal(5, voters.Length);
        Assert.Equal(3, voters.Count(v => v.Id.Value.StartsWith("gateway", StringComparison.Ordinal)));
        Assert.Equal(1L, world.Leader!.View.State.Newest.Number);
    }

    [Fact]
    public void A2_OneOfThreeGatewaysDiesAndNoHealthyVoterLeaves()
    {
        var world = World.WithGateways(3);
        var dead = world.Hosts.Values.First(h => h != world.Leader);
        dead.Crash();
        world.Run(200);
        Assert.Equal(3, world.Leader!.View.Voters.Members.Length);
    }

    [Fact]
    public void A2_ADeadVoterIsReplacedAfterAMinuteByALearnerThatCaughtUp()
    {
        var world = World.WithGateways(3);
        var spare = world.Add("gateway4", NodeRole.Gateway, 0, ["gateway1"]);
        world.RunUntil(() => spare.View.SessionApplied, 10, "admission");
        world.Run(5);
        Assert.Equal(3, world.Leader!.View.Voters.Members.Length);
        var dead = world.Hosts.Values.First(h => h != world.Leader && h != spare);
        dead.Crash();
        world.Run(50);
        Assert.Contains(world.Leader!.View.Voters.Members, v => v.Id == dead.Facts.Id);
        world.RunUntil(() => world.Leader!.View.Voters.Members.Length == 3 && world.Leader.View.Voters.Members.All(v => v.Id != dead.Facts.Id), 30, "the replacement");
        Assert.Contains(world.Leader!.View.Voters.Members, v => v.Id == spare.Facts.Id);
    }

    [Fact]
    public void A2_FromOneToThreeOnlyWhenTwoLearnersStandReady()
    {
        var world = World.WithGateways(1);
        var second = world.Add("gateway2", NodeRole.Gateway, 0, ["gateway1"]);
        world.RunUntil(() => second.View.SessionApplied, 10, "admission");
        world.Run(20);
        Assert.Single(world.Leader!.View.Voters.Members);
        world.Add("gateway3", NodeRole.Gateway, 0, ["gateway2"]);
        world.RunUntil(() => world.Leader!.View.Voters.Members.Length == 3, 10, "three voters");
    }

    [Fact]
    public void A3_TheFirstInRankFollowsTheLeader()
    {
        var world = World.WithGateways(5);
        for (var round = 0; round < 3; round++)
        {
            var old = world.Leader!;
            var first = world.Hosts.Values.Where(h => h.Node is not null && h != old)
                .MinBy(h => Ranks.Of(h.Facts.Id, old.View.State, old.Facts.Id, 10))!;
            old.Crash();
            world.RunUntil(() => world.Leader is { } l && l != old, 4, "a new leader");
            Assert.Equal(first.Name, world.Leader!.Name);
            old.Start();
            world.RunUntil(() => old.View.SessionApplied, 5, "the old one back");
            world.Run(1);
        }
    }

    [Fact]
    public void A3_ARankIsADelayNotAVeto()
    {
        var world = World.WithGateways(5);
        var old = world.Leader!;
        var order = world.Hosts.Values.Where(h => h != old).OrderBy(h => Ranks.Of(h.Facts.Id, old.View.State, old.Facts.Id, 10)).ToArray();
        old.Crash();
        order[0].Crash();
        world.RunUntil(() => world.Leader is { } l && l != old, 6, "the second in rank");
        Assert.Equal(order[1].Name, world.Leader!.Name);
    }

    [Fact]
    public void A3_AVoterThatHearsTheLeaderRefusesPreVotesAndTermsStay()
    {
        var world = World.WithGateways(3);
        var term = world.Leader!.View.Term;
        var deaf = world.Hosts.Values.First(h => h != world.Leader);

        // It cannot hear anybody, but everybody hears it.
        foreach (var other in world.Hosts.Values.Where(h => h != deaf))
        {
            world.CutOneWay(other.Name, deaf.Name);
        }

        world.Run(30);
        Assert.Contains(deaf.Sent, s => s.Envelope.Message is PreVoteRequest);
        Assert.Equal(term, world.Leader!.View.Term);
        world.Heal();
        world.RunUntil(() => deaf.View.Leader == world.Leader!.View.Self, 5, "it follows again");
        Assert.Equal(term, world.Leader!.View.Term);
    }

    [Fact]
    public void A4_ATargetLeadsOnlyAsCaretakerAndHandsOverToAGateway()
    {
        var world = WithTargets(1, 4);
        world.RunUntil(() => world.Leader!.View.Voters.Members.Length == 5, 20, "five voters");
        var gateway = world["gateway1"];
        gateway.Crash();
        world.RunUntil(() => world.Leader is { } l && l != gateway, 10, "a caretaker");
        Assert.True(world.Leader!.View.Caretaker);
        var refused = world.Leader.Propose(World.AnyCommand());
        world.RunUntil(() => world.Leader!.AnswerTo(refused) is not null, 2, "the refusal");
        Assert.Equal(ErrorCode.Unavailable, world.Leader!.ErrorOf(refused));
        var targets = world.Hosts.Values.Where(h => h.Facts.Role == NodeRole.Target).ToArray();
        world.Run(40);
        Assert.All(targets, t => Assert.True(t.View.Lease.IsValid(world.NowNs, world.NowNs, world.NowNs, t.View.AppliedIndex), t.Name));
        gateway.Start();
        world.RunUntil(() => gateway.View.LeaderReady, 10, "the gateway leads again");
        gateway.ProposeAndWait(World.AnyCommand());
    }

    [Fact]
    public void A4_A12_WhatACaretakerMayNotTakeWaitsForTheGatewayThatFollowsIt()
    {
        var world = WithTargets(1, 4);
        world.RunUntil(() => world.Leader!.View.Voters.Members.Length == 5, 20, "five voters");
        var gateway = world["gateway1"];
        gateway.Crash();
        world.RunUntil(() => world.Leader is { } l && l != gateway, 10, "a caretaker");
        var asker = world.Hosts.Values.First(h => h.Facts.Role == NodeRole.Target && h != world.Leader);
        var (late, early) = (asker.Propose(World.AnyCommand(), timeoutSeconds: 2), asker.Propose(World.AnyCommand()));
        asker.AwaitAnswer(late, 3);
        Assert.Equal(ErrorCode.Unavailable, asker.ErrorOf(late));
        Assert.Contains("leads as a caretaker", asker.AnswerTo(late)!.Error!.Message, StringComparison.Ordinal);
        Assert.Null(asker.AnswerTo(early));
        gateway.Start();
        asker.AwaitAnswer(early);
        Assert.Null(asker.AnswerTo(early)!.Error);
        Assert.Null(asker.AnswerTo(early)!.Outcome!.Error);
    }

    [Fact]
    public void A4_A16_UnderACaretakerTargetsStopInOrderAndQuicklyTheCaretakerToo()
    {
        var world = WithTargets(1, 4);
        world.RunUntil(() => world.Leader!.View.Voters.Members.Length == 5, 20, "five voters");
        var gateway = world["gateway1"];
        gateway.Crash();
        world.RunUntil(() => world.Leader is { } l && l != gateway, 10, "a caretaker");
        var caretaker = world.Leader!;
        var other = world.Hosts.Values.First(h => h.Facts.Role == NodeRole.Target && h != caretaker);
        other.Step(new Stopping());
        world.RunUntil(() => other.View.StopReady, 1, "the stop of a target");
        Assert.True(caretaker.View.State.Node(other.Facts.Id)!.StoppedInOrder);
        other.Crash();

        caretaker.Step(new Stopping());
        world.RunUntil(() => caretaker.View.State.Node(caretaker.Facts.Id)!.StoppedInOrder, 1, "the record of the caretaker's own stop");
        world.RunUntil(() => caretaker.View.StopReady, 2, "the hand-over of a caretaker that stops");
    }

    [Fact]
    public void A5_ALeaderThatHearsNoMajorityStepsDown()
    {
        var world = World.WithGateways(3);
        var leader = world.Leader!;
        world.Isolate(leader.Name);
        world.Run(2.2);
        Assert.False(leader.View.LeaderReady);
        Assert.NotEqual(ConsensusRole.Leader, leader.View.Role);
    }

    [Fact]
    public void A5_ALeaderWhoseDiskHangsHandsOverWithoutAnElectionTimeout()
    {
        var world = World.WithGateways(3);
        var slow = world.Leader!;
        slow.DiskHangs = true;
        var id = slow.Propose(World.AnyCommand());
        world.RunUntil(() => world.Hosts.Values.Any(h => h != slow && h.View.LeaderReady), 1.8, "the transfer");
        world.RunUntil(() => slow.AnswerTo(id) is not null, 3, "the answer");

        // It neither stands nor disturbs while its flush is pending, though it is cut off from the new leader.
        var stood = slow.Sent.Count;
        world.Leader!.Crash();
        world.Run(10);
        Assert.DoesNotContain(slow.Sent.Skip(stood), s => s.Envelope.From.Id == slow.Facts.Id && s.Envelope.Message is PreVoteRequest or VoteRequest);
    }

    [Fact]
    public void A5_HeartbeatsGoOnWhileTheDiskOfAFollowerHangs()
    {
        var world = World.WithGateways(3);
        var term = world.Leader!.View.Term;
        foreach (var follower in world.Hosts.Values.Where(h => h != world.Leader))
        {
            follower.DiskHangs = true;
        }

        var id = world.Leader!.Propose(World.AnyCommand());
        world.Run(10);
        Assert.Equal(term, world.Leader!.View.Term);
        Assert.Null(world.Leader!.AnswerTo(id));
        foreach (var follower in world.Hosts.Values)
        {
            follower.ReleaseDisk();
        }

        world.RunUntil(() => world.Leader!.AnswerTo(id) is not null, 2, "the commit");
        Assert.Null(world.Leader!.AnswerTo(id)!.Error);
    }

    [Fact]
    public void A6_APartialPartitionIsCrossedInOneHopWithoutElections()
    {
        var world = World.WithGateways(3);
        var leader = world.Leader!;
        var cutOff = world.Hosts.Values.First(h => h != leader);
        var term = leader.View.Term;
        world.Cut(leader.Name, cutOff.Name);
        world.Run(3);
        var id = cutOff.Propose(World.AnyCommand());
        world.RunUntil(() => cutOff.AnswerTo(id) is not null, 5, "the proposal over a hop");
        Assert.Null(cutOff.AnswerTo(id)!.Error);
        world.Run(20);
        Assert.Equal(term, leader.View.Term);
        Assert.True(leader.View.LeaderReady);
        Assert.Equal(leader.View.Self, cutOff.View.Leader);
        Assert.DoesNotContain(world.Hosts.Values.SelectMany(h => h.Sent), s => s.Envelope.Message is ProbeRequest && (s.Envelope.Relay || s.Envelope.Relayed));
    }

    [Fact]
    public void A16_StoppingHandsOverLeadershipAndChangesNoMembership()
    {
        var world = World.WithGateways(3);
        var leader = world.Leader!;
        var nodes = leader.View.State.Nodes.Count;
        leader.Step(new Stopping());
        world.RunUntil(() => leader.View.StopReady, 2, "ready to stop");
        leader.Crash();
        world.RunUntil(() => world.Leader is { } l && l != leader, 1.5, "the heir leads already");
        world.Run(120);
        Assert.Equal(nodes, world.Leader!.View.State.Nodes.Count);
        Assert.Equal(3, world.Leader!.View.Voters.Members.Length);
    }

    [Fact]
    public void A3_RanksFollowTheRendezvousOrderAndStayBounded()
    {
        var world = World.WithGateways(5);
        var state = world.Leader!.View.State;
        var ranks = state.Nodes.Keys.Select(id => Ranks.Of(id, state, default, 10)).Order().ToArray();
        Assert.Equal([0, 1, 2, 3, 4], ranks);
        Assert.Equal(6, Ranks.Of(NodeId.Parse("unknown1"), state, default, 10));
        Assert.Equal(3, Ranks.Of(NodeId.Parse("unknown1"), state, default, 3));
        var last = state.Nodes.Keys.First();
        Assert.Equal(4, Ranks.Of(last, state, last, 10));
    }
}
