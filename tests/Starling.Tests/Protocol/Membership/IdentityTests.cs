using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.Node;
using Starling.Protocol.State.Commands;
using Starling.Tests.Protocol.Node;
using Xunit;

namespace Starling.Tests.Protocol.Membership;

public sealed class IdentityTests
{
    [Fact]
    public void A7_AWipedVoterWithTheSameIdIsReplacedByItsNewIncarnation()
    {
        var world = World.WithGateways(3);
        var wiped = world.Hosts.Values.First(h => h != world.Leader);
        var old = wiped.View.Self.Member;
        wiped.Wipe(remembered: true);
        wiped.Start();
        world.RunUntil(() => wiped.View.SessionApplied && world.Leader!.View.Voters.Contains(wiped.View.Self.Member) && world.Leader.View.Voters.Members.Length == 3, 20, "the new incarnation votes");
        Assert.False(world.Leader!.View.Voters.Contains(old));
        Assert.NotEqual(old, wiped.View.Self.Member);
    }

    [Fact]
    public void A7_ALogThatEndsBelowWhatWasAcknowledgedIsAnotherIncarnation()
    {
        var world = World.WithGateways(3);
        var leader = world.Leader!;
        var liar = world.Hosts.Values.First(h => h != leader);
        var old = liar.View.Self.Member;
        leader.ProposeAndWait(World.AnyCommand());
        world.Run(1);
        liar.Crash();
        liar.Disk.LoseEntriesFrom(liar.Disk.Entries[^1].Index);
        liar.Start();
        world.RunUntil(() => liar.View.Self.Member != old, 3, "the new incarnation");
        Assert.Equal(liar.View.Self.Incarnation, liar.Node!.View.Self.Incarnation);
        world.RunUntil(() => liar.View.SessionApplied && world.Leader!.View.Voters.Contains(liar.View.Self.Member), 20, "it votes again");
        Assert.Equal(liar.View.Self.Incarnation, liar.Disk.Incarnation);
        Assert.Equal(leader, world.Leader);
    }

    [Fact]
    public void A7_AFollowerThatWasDownWhileItsLeaderWasWipedAndElectedAgainKeepsItsLog()
    {
        var world = World.WithGateways(3);
        var leader = world.Leader!;
        var follower = world.Hosts.Values.First(h => h != leader);
        leader.ProposeAndWait(World.AnyCommand());
        world.Run(1);
        var member = follower.View.Self.Member;
        var conf = leader.View.State.Versions.Conf;
        follower.Crash();
        leader.ProposeAndWait(World.AnyCommand());
        leader.Wipe(remembered: true);
        leader.Start();

        // The third holds everything that was committed, but is no majority by itself.
        world.Run(10);
        Assert.Null(world.Leader);
        follower.Start();
        world.RunUntil(() => world.Leader is not null && world.Hosts.Values.All(h => h.View.SessionApplied), 20, "all back");
        world.RunUntil(() => world.Leader!.View.Voters.Members.Length == 3 && world.Leader.View.Voters.Contains(leader.View.Self.Member), 20, "three voters");
        if (world.Leader != leader)
        {
            world.Leader!.Transfer(leader.Name);
            world.RunUntil(() => leader.View.LeaderReady, 5, "the wiped one leads again");
        }

        follower.Crash();
        follower.Start();
        world.RunUntil(() => follower.View.SessionApplied, 10, "the follower");
        Assert.Equal(member, follower.View.Self.Member);
        Assert.Equal(conf + 1, follower.View.State.Versions.Conf);
    }

    [Fact]
    public void A7_AMessageFromAnotherClusterOrForAnotherIncarnationIsDropped()
    {
        var world = World.WithGateways(3);
        var leader = world.Leader!;
        var follower = world.Hosts.Values.First(h => h != leader);
        var stranger = new NodeIdentity(NodeId.Parse("stranger1"), new Incarnation(9), new SessionId(9));
        var message = new HeartbeatRequest(leader.View.Term + 50, 0, 0, 1);
        follower.Receive(new Envelope("another", stranger, "stranger1", follower.Facts.Id, follower.View.Self.Incarnation, 0, 0, message));
        follower.Receive(new Envelope(leader.View.ClusterId, stranger, "stranger1", follower.Facts.Id, new Incarnation(77), 0, 0, message));
        follower.Receive(new Envelope(leader.View.ClusterId, stranger, "stranger1", leader.Facts.Id, leader.View.Self.Incarnation, 0, 0, message));
        world.Run(1);
        Assert.Equal(leader.View.Term, follower.View.Term);
        Assert.Equal(leader.View.Self, follower.View.Leader);
    }

    [Fact]
    public void A8_AClonedDiskIsRefusedByNameWhileTheFirstAnswers()
    {
        var world = World.WithGateways(3);
        var original = world.Hosts.Values.First(h => h != world.Leader);
        var term = world.Leader!.View.Term;
        var clone = world.Add(original.Name, NodeRole.Gateway, 0, ["gateway1", "gateway2", "gateway3"], address: "elsewhere", start: false);
        clone.CloneDiskOf(original);
        clone.Start();
        world.Run(20);
        Assert.False(clone.View.SessionApplied);
        Assert.Contains("elsewhere", clone.View.Waiting, StringComparison.Ordinal);
        Assert.Contains(original.Name, clone.View.Waiting, StringComparison.Ordinal);
        Assert.Equal(term, world.Leader!.View.Term);
        Assert.Equal(original.View.Self, world.Leader!.View.State.Node(original.Facts.Id)!.Identity);
        Assert.Equal(original.Address, world.Leader!.View.AddressOf(original.Facts.Id));
    }

    [Fact]
    public void A8_ANodeThatMovedIsAcceptedOnceItsOldAddressIsSilent()
    {
        var world = World.WithGateways(3);
        var moved = world.Hosts.Values.First(h => h != world.Leader);
        moved.Crash();
        world.Hosts.Remove(moved.Address);
        moved.Facts = moved.Facts with { Addresses = moved.Facts.Addresses with { Control = "newplace" } };
        world.Hosts.Add("newplace", moved);
        moved.Start();
        world.RunUntil(() => moved.View.SessionApplied, 10, "acceptance");
        world.RunUntil(() => world.Leader!.View.State.Node(moved.Facts.Id)!.Addresses.Control == "newplace", 5, "the committed address");
        world.RunUntil(() => moved.View.Leader == world.Leader!.View.Self, 3, "it follows");
    }

    [Fact]
    public void A15_ASilentNodeIsSuspectThenOfflineAndStaysAMember()
    {
        var world = World.WithGateways(3);
        var dead = world.Hosts.Values.First(h => h != world.Leader);
        MemberLiveness Seen() => world.Leader!.View.Liveness.First(m => m.Id == dead.Facts.Id);
        world.RunUntil(() => Seen().Control == Liveness.Online && Seen().Data == Liveness.Online, 10, "online");
        dead.Crash();
        world.RunUntil(() => Seen().Control == Liveness.Suspect, 6, "suspect");
        world.RunUntil(() => Seen().Control == Liveness.Offline, 10, "offline");
        world.Run(600);
        Assert.NotNull(world.Leader!.View.State.Node(dead.Facts.Id));
        dead.Start();
        world.RunUntil(() => Seen().Control == Liveness.Online, 5, "online again");
    }

    [Fact]
    public void A15_ANodeThatOthersCanReachIsNotSuspect()
    {
        var world = World.WithGateways(5);
        var leader = world.Leader!;
        var cutOff = world.Hosts.Values.First(h => h != leader);
        world.Cut(leader.Name, cutOff.Name);
        for (var i = 0; i < 200; i++)
        {
            world.Run(0.1);
            Assert.NotEqual(Liveness.Suspect, leader.View.Liveness.First(m => m.Id == cutOff.Facts.Id).Control);
        }

        Assert.Contains(world.Hosts.Values.SelectMany(h => h.Sent), s => s.Envelope.Message is IndirectProbeResponse);
    }

    [Fact]
    public void ATargetWithDisksOfAClusterJoinsThatOneAndNoOther()
    {
        var world = World.WithGateways(1);
        var other = world.Add("target01", NodeRole.Target, 0, ["gateway1"], start: false);
        other.ClusterOfDisks = "former";
        other.Start();
        world.Run(20);
        Assert.False(other.View.SessionApplied);
        Assert.Null(world.Leader!.View.State.Node(other.Facts.Id));
        Assert.Contains("cluster former", other.View.Waiting, StringComparison.Ordinal);

        var ours = world.Add("target02", NodeRole.Target, 0, ["gateway1"], start: false);
        ours.ClusterOfDisks = world.Leader!.View.ClusterId;
        ours.Start();
        world.RunUntil(() => ours.View.SessionApplied, 20, "it to join with a lost log");
    }

    [Fact]
    public void B0_ATargetThatComesAfterTheFirstBucketWaitsAndSaysSoWhileSomeMemberDoesNotKnowOperations()
    {
        var world = World.WithGateways(3, NodeSettings.Default with { HighestFeatureLevel = 0 });
        world.Add("target01", NodeRole.Target, 0, ["gateway1"]);
        world.RunUntil(() => world.Leader!.View.State.Newest.Number == 1, 20, "the first epoch");
        world.Leader!.ProposeAndWait(new CreateBucket(BucketName.Parse("ais", null, "first"), string.Empty, 1));
        var late = world.Add("target02", NodeRole.Target, 0, ["gateway1"]);
        world.RunUntil(() => late.View.SessionApplied, 10, "admission");
        world.Run(10);
        Assert.Equal(1L, world.Leader!.View.State.Newest.Number);
        Assert.Contains(world.Leader!.View.Pending, p => p.Id == late.Facts.Id && p.Reason.Contains("bucket", StringComparison.Ordinal));
    }
}
