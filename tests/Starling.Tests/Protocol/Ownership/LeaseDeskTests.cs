using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.Ownership;
using Starling.Protocol.State.Commands;
using Xunit;

namespace Starling.Tests.Protocol.Ownership;

/// <summary>A leader of a cluster of one, stepped by hand: exactly the instants at which time stands still.</summary>
public sealed class LeaseDeskTests
{
    private const long Second = 1_000_000_000;
    private static readonly NodeIdentity Target = new(NodeId.Parse("target01"), new Incarnation(5), new SessionId(50));
    private static readonly NodeFacts TargetFacts = new(
        Target.Id, NodeRole.Target, false, new NodeAddresses("pub", "target01", "data"), ["mp"], "boot-1", [new LockFile(1, 1)]);

    private readonly ProtocolNode node;
    private long nowNs = 1000 * Second;

    public LeaseDeskTests()
    {
        node = new ProtocolNode(new NodeStart
        {
            Facts = new NodeFacts(NodeId.Parse("gateway1"), NodeRole.Gateway, true, new NodeAddresses("pub", "gateway1", "data"), [], "boot", []),
            Session = new SessionId(1),
            Restored = RestoredState.Fresh(new Incarnation(1)),
            Bootstrap = new Starling.Protocol.Bootstrap.BootstrapOptions([], 1),
            Settings = NodeSettings.Default with { HighestFeatureLevel = 0 },
            Seed = 1,
            NowNs = nowNs,
            WallNs = nowNs,
        });
        for (var i = 0; i < 10; i++)
        {
            Tick(Second / 10);
        }

        Assert.True(node.View.LeaderReady);
        Join(Target, TargetFacts);
        Join(Target, TargetFacts);
        Assert.Equal(Target, node.View.State.Node(Target.Id)!.Identity);
    }

    private List<Effect> Step(Input input)
    {
        var all = new List<Effect>();
        var inputs = new Queue<Input>([input]);
        while (inputs.TryDequeue(out var next))
        {
            foreach (var effect in node.Step(next))
            {
                all.Add(effect);
                if (effect is Persist persist)
                {
                    inputs.Enqueue(new PersistCompleted(persist.Token));
                }
            }
        }

        return all;
    }

    private List<Effect> Tick(long deltaNs)
    {
        nowNs += deltaNs;
        return Step(new Tick(nowNs, nowNs));
    }

    private List<Effect> Say(NodeIdentity from, Message message, string cluster) =>
        Step(new Received(new Envelope(cluster, from, "target01", node.View.Self.Id, node.View.Self.Incarnation, 0, 0, message)));

    private void Join(NodeIdentity who, NodeFacts facts) => Say(who, new Starling.Protocol.Membership.JoinRequest(who, facts), string.Empty);

    private bool Ask(NodeIdentity who) =>
        Say(who, new LeaseRequest(7), node.View.ClusterId).OfType<Send>().Any(s => s.Envelope.Message is LeaseResponse { Granted: true });

    [Fact]
    public void B3_OnlyTheCommittedSessionIsLeased()
    {
        Assert.True(Ask(Target));
        Assert.False(Ask(Target with { Session = new SessionId(51) }));
        Assert.False(Ask(Target with { Incarnation = new Incarnation(6) }));
    }

    [Fact]
    public void B4_AGrantCountsFromTheTickAfterItNotFromTheTickBefore()
    {
        // The clock of the leader stands still for 20 s (a pause), and the first thing it then hears is the question.
        nowNs += 20 * Second;
        Assert.True(Ask(Target));
        var grantedAt = nowNs;
        var next = Target with { Session = new SessionId(51) };
        var facts = TargetFacts with { HostBootId = "boot-2" };
        while (node.View.State.Node(Target.Id)!.Session == Target.Session)
        {
            Tick(Second / 10);
            Join(next, facts);
            Assert.True(nowNs - grantedAt < 60 * Second, "the new session was never committed");
        }

        Assert.True(nowNs - grantedAt >= Lease.LapseNs, $"replaced {(nowNs - grantedAt) / Second} s after the grant");
    }

    [Fact]
    public void B3_AMessageOfASupersededSessionDoesNotBringItBack()
    {
        var next = Target with { Session = new SessionId(51) };
        Join(next, TargetFacts);
        Assert.Equal(next, node.View.State.Node(Target.Id)!.Identity);
        Join(Target, TargetFacts);
        Assert.Equal(next, node.View.State.Node(Target.Id)!.Identity);
        Assert.False(Ask(Target));
        Assert.True(Ask(next));
    }

    [Fact]
    public void B3_AnOldSessionThatStillAsksKeepsTheNewOneWaiting()
    {
        var next = Target with { Session = new SessionId(51) };
        var facts = TargetFacts with { LockFiles = [new LockFile(1, 2)] };
        for (var i = 0; i < 20; i++)
        {
            Assert.True(Ask(Target));
            Tick(5 * Second);
            Join(next, facts);
            Assert.Equal(Target, node.View.State.Node(Target.Id)!.Identity);
        }

        Tick(Second);
        Assert.Contains(node.View.Pending, p => p.Id == Target.Id);
    }

    [Fact]
    public void B3_ASessionWhoseReplacementIsProposedAsLapsedIsNotLeasedAnyMore()
    {
        for (var i = 0; i < 40; i++)
        {
            Tick(Second);
        }

        // The disk of the leader takes its time: the replacement is in the log and not committed yet.
        var next = Target with { Session = new SessionId(51) };
        var request = new Starling.Protocol.Membership.JoinRequest(next, TargetFacts with { HostBootId = "boot-2" });
        var effects = new List<Effect>();
        foreach (var effect in node.Step(new Received(new Envelope(string.Empty, next, "target01", node.View.Self.Id, node.View.Self.Incarnation, 0, 0, request))))
        {
            effects.Add(effect);
        }

        var replacement = effects.OfType<Persist>().Single();
        Assert.IsType<CommitSession>(replacement.Batch.Entries.Single().Command);
        Assert.False(Ask(Target));
        Step(new PersistCompleted(replacement.Token));
        Assert.Equal(next, node.View.State.Node(Target.Id)!.Identity);
        Assert.True(Ask(next));
    }

    [Fact]
    public void A12_ARetryUnderTheSameRequestIdIsAnsweredWithTheFirstOutcome()
    {
        var first = Step(new ProposalRequested(1, new SetFeatureLevel(0, 1, []) { RequestId = "r-1" })).OfType<Answer>().Single();
        var again = Step(new ProposalRequested(2, new SetFeatureLevel(0, 1, []) { RequestId = "r-1" })).OfType<Answer>().Single();
        Assert.Equal(first.Outcome, again.Outcome);
    }
}
