using Starling.Core.Errors;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State.Commands;
using Starling.Tests.Protocol.Node;
using Xunit;

namespace Starling.Tests.Protocol.Consensus;

public sealed class ReplicationTests
{
    [Fact]
    public void UncommittedEntriesOfADeposedLeaderAreTruncatedAndAnsweredAsUnknown()
    {
        var world = World.WithGateways(3);
        var old = world.Leader!;
        world.Isolate(old.Name);
        var lost = old.Propose(World.AnyCommand());
        var lastIndex = old.View.CommitIndex + 1;
        world.RunUntil(() => world.Hosts.Values.Any(h => h != old && h.View.LeaderReady), 6, "a leader of the majority");
        var conf = world.Leader!.View.State.Versions.Conf;
        world.Leader!.ProposeAndWait(World.AnyCommand());
        Assert.Contains(old.Disk.Entries, e => e.Index == lastIndex && e.Command is SetConfig);

        world.Heal();
        world.RunUntil(() => old.View.State.Versions.Conf == conf + 1 && old.AnswerTo(lost) is not null, 6, "the old leader to follow");
        Assert.Equal(ErrorCode.UnknownOutcome, old.ErrorOf(lost));
        Assert.Null(old.Halted);
    }

    [Fact]
    public void EntriesOfAnEarlierTermAreNotCommittedByCounting()
    {
        var world = World.WithGateways(3, NodeSettings.Default with { MaxAppendEntries = 1 });
        var old = world.Leader!;
        var others = world.Hosts.Values.Where(h => h != old).ToArray();

        // One follower gets an entry of the old term, then the leader is gone.
        world.Isolate(others[1].Name);
        world.Drop = (from, _, e) => from == others[0] && e.Message is AppendResponse;
        old.Propose(World.AnyCommand());
        world.Run(0.1);
        var index = others[0].Disk.Entries[^1].Index;
        Assert.Equal(old.View.Term, others[0].Disk.Entries[^1].Term);
        old.Crash();

        // The next leader spreads that entry to a majority, but nothing of its own term.
        world.Heal();
        var term = others[0].View.Term;
        world.Drop = (_, _, e) => e.Message is AppendRequest a && a.Entries.Any(x => x.Term > term) && others[1].Disk.Entries[^1].Index >= a.PreviousIndex;
        world.RunUntil(() => others[0].View.Role == ConsensusRole.Leader, 8, "the only up-to-date voter leads");
        world.RunUntil(() => others[1].Disk.Entries[^1].Index == index, 1.5, "the entry on a majority");
        world.Run(0.2);
        Assert.True(others[0].View.CommitIndex < index);

        world.Drop = null;
        world.RunUntil(() => others[0].View.CommitIndex > index, 5, "commit together with an entry of its own term");
    }

    [Fact]
    public void AnAnswerThatCameTwiceDoesNotStandForOneThatWasLost()
    {
        var world = World.WithGateways(3);
        var leader = world.Leader!;
        var follower = world.Hosts.Values.First(h => h != leader);
        leader.ProposeAndWait(World.AnyCommand());
        world.Run(1);
        var answered = follower.Sent.FindLast(s => s.Envelope.Message is AppendResponse { Success: true }).Envelope;

        // The next entry does not reach the follower, the answer to the one before comes again (by a relay, say), and nothing is written after that.
        world.Drop = (_, to, e) => to == follower.Address && e.Message is AppendRequest;
        leader.ProposeAndWait(World.AnyCommand());
        leader.Receive(answered);
        Assert.True(follower.View.AppliedIndex < leader.View.AppliedIndex);
        world.Drop = null;
        world.RunUntil(() => follower.View.AppliedIndex == leader.View.AppliedIndex, 5, "the follower to hear of the last entry");
    }

    [Fact]
    public void A13_AFollowerThatLagsBehindTheSnapshotInstallsItInResumableParts()
    {
        var world = World.WithGateways(3, NodeSettings.Default with { SnapshotEntries = 20, KeepEntries = 5 });
        var leader = world.Leader!;
        var slow = world.Hosts.Values.First(h => h != leader);
        slow.Crash();
        for (var i = 0; i < 60; i++)
        {
            leader.ProposeAndWait(World.AnyCommand());
        }

        Assert.True(leader.Disk.Snapshot.Index > 40);
        Assert.True(leader.Disk.Entries[0].Index > 30);
        var parts = 0;
        var second = 0;
        world.Drop = (_, to, e) => to == slow.Address && e.Message is SnapshotRequest s && (parts += s.Number == 0 && second > 0 ? 1 : 0) >= 0 && s.Number == 1 && second++ == 0;
        slow.Start();
        world.RunUntil(() => slow.View.SessionApplied && slow.View.AppliedIndex == leader.View.AppliedIndex, 10, "the slow one to catch up");
        Assert.True(second >= 2, "the second part was lost once and sent again");
        Assert.Equal(0, parts);
        Assert.Equal(leader.View.State.Versions.Conf, slow.View.State.Versions.Conf);
        Assert.True(slow.Disk.Snapshot.Index > 40);

        // And it restarts from what it installed.
        slow.Crash();
        slow.Start();
        world.RunUntil(() => slow.View.SessionApplied && slow.View.AppliedIndex == leader.View.AppliedIndex, 10, "restart from a snapshot");
    }

    [Fact]
    public void ANonElectableGatewayReceivesTheLogAndNeverVotes()
    {
        var world = World.WithGateways(3);
        var learner = world.Add("observer1", NodeRole.Gateway, 0, ["gateway2"], electable: false);
        world.RunUntil(() => learner.View.SessionApplied, 10, "admission");
        world.Run(5);
        Assert.Equal(ConsensusRole.Learner, learner.View.Role);
        Assert.All(world.Hosts.Values, h => Assert.Equal(3, h.View.Voters.Members.Length));
        var outcome = learner.ProposeAndWait(World.AnyCommand());
        Assert.Null(outcome.Error);
        world.Leader!.Crash();
        world.RunUntil(() => world.Leader is not null, 6, "a new leader");
        Assert.NotEqual(learner, world.Leader);
        Assert.DoesNotContain(learner.Sent, s => s.Envelope.From.Id == learner.Facts.Id && s.Envelope.Message is PreVoteRequest or VoteRequest);
    }

    [Fact]
    public void A10_AReadIsCurrentOnEveryNodeAndUnavailableWithoutAMajority()
    {
        var world = World.WithGateways(3);
        foreach (var host in world.Hosts.Values)
        {
            var index = world.Leader!.ProposeAndWait(World.AnyCommand()).Index;
            var id = host.Read();
            world.RunUntil(() => host.Reads.Exists(r => r.LocalRequestId == id), 2, "the read");
            Assert.True(host.Reads.Find(r => r.LocalRequestId == id)!.Index >= index);
        }

        var leader = world.Leader!;
        world.Isolate(leader.Name);
        var stale = leader.Read();
        world.RunUntil(() => leader.Reads.Exists(r => r.LocalRequestId == stale), 6, "the read of the isolated leader");
        Assert.Null(leader.Reads.Find(r => r.LocalRequestId == stale)!.Index);
    }

    [Fact]
    public void ATransferReachesTheChosenGatewayFromAnyNode()
    {
        var world = World.WithGateways(3);
        foreach (var asked in world.Hosts.Values.ToArray())
        {
            var target = world.Hosts.Values.First(h => h != world.Leader);
            var id = asked.Transfer(target.Name);
            world.RunUntil(() => asked.AnswerTo(id) is not null, 5, "the answer");
            Assert.Null(asked.AnswerTo(id)!.Error);
            world.RunUntil(() => target.View.LeaderReady, 2, "the transfer");
        }

        var wrong = world.Leader!.Transfer("nobody01");
        Assert.Equal(ErrorCode.Invalid, world.Leader!.ErrorOf(wrong));
    }

    [Fact]
    public void ForwardedProposalsThatTheNetworkDeliversTwiceAreAppendedOnce()
    {
        var world = World.WithGateways(3);
        var follower = world.Hosts.Values.First(h => h != world.Leader);
        world.Drop = (from, _, e) => e.Message is ProposeRequest && TwiceTo(from, e);
        var conf = world.Leader!.View.State.Versions.Conf;
        follower.ProposeAndWait(World.AnyCommand());
        world.Run(1);
        Assert.Equal(conf + 1, world.Leader!.View.State.Versions.Conf);

        bool TwiceTo(Host from, Envelope e)
        {
            world.At(2 * World.Ms, () => world.Leader!.Receive(e));
            return false;
        }
    }
}
