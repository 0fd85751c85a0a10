using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Xunit;

namespace Starling.Tests.Protocol.Node;

/// <summary>What is known to go wrong where a primary decides alone, one test per weakness.</summary>
public sealed class WeaknessTests
{
    [Fact]
    public void W1_ALeaderInAMinorityChangesNothingAndRemovesNobody()
    {
        var world = World.WithGateways(3);
        var leader = world.Leader!;
        var versions = leader.View.State.Versions;
        world.Isolate(leader.Name);
        var id = leader.Propose(World.AnyCommand(), timeoutSeconds: 5);
        world.Run(60);
        Assert.NotNull(leader.ErrorOf(id));
        Assert.Equal(versions, leader.View.State.Versions);
        Assert.Equal(3, leader.View.State.Nodes.Count);
        var late = leader.Propose(World.AnyCommand(), timeoutSeconds: 5);
        world.Run(6);
        Assert.Equal(ErrorCode.Unavailable, leader.ErrorOf(late));
    }

    [Fact]
    public void W2_VotesCountAgainstTheLogsVotersAndRequestsChangeNothing()
    {
        var world = World.WithGateways(5);
        world.Leader!.Crash();
        var rest = world.Hosts.Values.Where(h => h.Node is not null).ToArray();

        // Two of five talk to each other: however long they try, their own view never shrinks the denominator.
        foreach (var host in rest.Skip(2))
        {
            host.Crash();
        }

        world.Run(120);
        Assert.Null(world.Leader);
        Assert.All(rest.Take(2), h => Assert.Equal(5, h.View.Voters.Members.Length));
        var nodes = rest[0].View.State.Nodes;
        rest[0].Receive(new Envelope(
            rest[0].View.ClusterId, rest[1].View.Self, rest[1].Address, rest[0].Facts.Id, rest[0].View.Self.Incarnation, 0, 0, new VoteRequest(rest[0].View.Term + 1, 999, 99, false)));
        Assert.Same(nodes, rest[0].View.State.Nodes);
    }

    [Fact]
    public void W3_AVoteIsOnTheDiskBeforeItIsAnsweredAndGivenOncePerTerm()
    {
        var world = World.WithGateways(3);
        world.Leader!.Crash();
        var pair = world.Hosts.Values.Where(h => h.Node is not null).ToArray();
        world.Run(2.5);
        var voter = pair[0];
        var term = voter.View.Term + 10;
        var asked = voter.Sent.Count;
        voter.DiskHangs = true;
        Ask(pair[1].View.Self, pair[1].Address);
        world.Run(0.05);
        Assert.DoesNotContain(voter.Sent.Skip(asked), s => s.Envelope.Message is VoteResponse);
        voter.ReleaseDisk();
        world.Run(0.02);
        Assert.Contains(voter.Sent.Skip(asked), s => s.Envelope.Message is VoteResponse { Granted: true });
        Assert.Equal(pair[1].View.Self, voter.Disk.HardState.VotedFor);

        // After a restart it still knows, and another process of the same member is somebody else.
        voter.Crash();
        voter.Start();
        world.Run(2.1);
        asked = voter.Sent.Count;
        Ask(pair[1].View.Self with { Session = new SessionId(1234) }, pair[1].Address);
        world.Run(0.05);
        Assert.DoesNotContain(voter.Sent.Skip(asked), s => s.Envelope.Message is VoteResponse { Granted: true } v && v.Term == term);

        void Ask(NodeIdentity candidate, string address) => voter.Receive(new Envelope(
            voter.View.ClusterId, candidate, address, voter.Facts.Id, voter.View.Self.Incarnation, 0, 0, new VoteRequest(term, 9999, term - 1, true)));
    }

    [Fact]
    public void W4_AnIsolatedGatewayNeverDeclaresItselfTheLeader()
    {
        var world = World.WithGateways(3);
        var alone = world.Hosts.Values.First(h => h != world.Leader);
        world.Isolate(alone.Name);
        var term = alone.View.Term;
        world.Run(300);
        Assert.False(alone.View.LeaderReady);
        Assert.Equal(term, alone.View.Term);
        Assert.Equal(3, alone.View.Voters.Members.Length);
    }

    [Fact]
    public void W5_AChangeIsAnsweredOnlyWhenAMajorityHasItOnItsDisks()
    {
        var world = World.WithGateways(3);
        var leader = world.Leader!;
        foreach (var follower in world.Hosts.Values.Where(h => h != leader))
        {
            follower.DiskHangs = true;
        }

        var id = leader.Propose(World.AnyCommand());
        world.Run(0.9);
        Assert.Null(leader.AnswerTo(id));
        foreach (var follower in world.Hosts.Values)
        {
            follower.ReleaseDisk();
        }

        world.RunUntil(() => leader.AnswerTo(id)?.Outcome is not null, 2, "the answer");
        var index = leader.AnswerTo(id)!.Outcome!.Index;
        leader.Crash();
        world.RunUntil(() => world.Leader is not null, 6, "the next leader");
        Assert.True(world.Leader!.View.AppliedIndex > index);
    }

    [Fact]
    public void W6_AndW7_VersionsNeverRepeatWithOtherContentAcrossElections()
    {
        var world = World.WithGateways(3);
        var seen = new SortedDictionary<long, string>();
        for (var round = 0; round < 5; round++)
        {
            var leader = world.Leader!;
            leader.ProposeAndWait(World.AnyCommand());
            foreach (var host in world.Hosts.Values.Where(h => h.Node is not null))
            {
                var state = host.View.State;
                var content = $"{state.Leader?.Identity.Id} {string.Join(' ', state.Nodes.Keys)} {state.Leader?.Identity.Session}";
                if (seen.TryGetValue(state.Versions.Smap, out var before))
                {
                    Assert.Equal(before, content);
                }

                seen[state.Versions.Smap] = content;
            }

            var smap = leader.View.State.Versions.Smap;
            leader.Crash();
            world.RunUntil(() => world.Leader is { } l && l != leader, 6, "the next leader");
            Assert.True(world.Leader!.View.State.Versions.Smap >= smap + 100);
            leader.Start();
            world.RunUntil(() => leader.View.SessionApplied, 6, "the old one back");
        }
    }

    [Fact]
    public void W8_ALargerVersionConvincesNobodyAndAnOldTermIsRefused()
    {
        var world = World.WithGateways(3);
        var leader = world.Leader!;
        var follower = world.Hosts.Values.First(h => h != leader);
        leader.Transfer(follower.Name);
        world.RunUntil(() => follower.View.LeaderReady, 5, "the transfer");
        var third = world.Hosts.Values.First(h => h != leader && h != follower);
        world.Run(1);
        var index = third.View.AppliedIndex;
        var forged = new LogEntry(index + 1, 1, EntryKind.Command, Command: World.AnyCommand());
        third.Receive(new Envelope(
            third.View.ClusterId, leader.View.Self, leader.Address, third.Facts.Id, third.View.Self.Incarnation, 99, 99_999, new AppendRequest(1, index, third.View.Term, [forged], index + 1, 0, 1)));
        Assert.Equal(index, third.View.AppliedIndex);
        Assert.Contains(third.Sent, s => s.Envelope.Message is AppendResponse { Success: false } r && r.Term == follower.View.Term);
        Assert.Equal(follower.View.Self, third.View.Leader);
    }

    [Fact]
    public void W22_AnAddressToAskIsNeverAReasonToLead()
    {
        // Every node is told that it is the primary; each finds only what a majority decided.
        var world = World.WithGateways(3);
        var cluster = world.Leader!.View.ClusterId;
        foreach (var host in world.Hosts.Values)
        {
            host.Crash();
        }

        var stale = world["gateway1"];
        stale.Bootstrap = stale.Bootstrap with { Seeds = [stale.Address], Expect = 1 };
        stale.Start();
        world.Run(60);
        Assert.False(stale.View.LeaderReady);
        Assert.Equal(cluster, stale.View.ClusterId);

        var empty = world.Add("gateway7", NodeRole.Gateway, 0, ["gateway7"]);
        world.Run(30);
        Assert.Equal(string.Empty, empty.View.ClusterId);
        Assert.NotNull(empty.View.Waiting);
    }
}
