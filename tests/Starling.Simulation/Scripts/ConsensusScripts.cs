using System.Globalization;
using Starling.Core.Errors;
using Starling.Protocol.Consensus;
using Starling.Protocol.Node;
using Starling.Protocol.State.Commands;
using Starling.Simulation.World;

namespace Starling.Simulation.Scripts;

/// <summary>Stories about voters, leaders and lost disks (rules A1-A8, A12).</summary>
public static class ConsensusScripts
{
    [Script]
    public static void NonLeadingMajority(TextWriter? log)
    {
        // Two gateways, three voting targets: what is committed while one gateway is away lies, after the leader's death, on targets alone.
        var story = Story.Begin(log, gateways: 2, targets: 3);
        story.Until(() => story.Voters.Length == 5, 60, "five voters");
        var leader = story.Leader!;
        var away = story.World.Nodes.First(n => n.IsGateway && n != leader);
        story.World.Cut(away.Name);
        story.RunFor(1);
        var id = story.CreateBucket("only-on-targets", leader.Name);
        story.World.PowerOff(leader);
        story.World.Heal(away.Name);
        var caretaker = false;
        story.Until(
            () =>
            {
                caretaker |= story.World.Nodes.Exists(n => n is { IsUp: true, IsGateway: false, View.Role: ConsensusRole.Leader });
                return caretaker && story.Leader == away;
            },
            20,
            "a target leads until the gateway has caught up");
        story.Require(away.View!.State.FindBucket(Story.Bucket("only-on-targets"))?.Id == id, "what was acknowledged is there");
        story.World.Start(leader);
        story.EndsWell();
    }

    [Script]
    public static void RankOfAGatewayThatVotersDoNotKnowYet(TextWriter? log)
    {
        // One voter misses that a gateway joined and became a voter; then that gateway is one of the few that are left.
        var settings = NodeSettings.Default with { SettledGatewayNs = 60 * SimWorld.Second };
        var story = Story.Begin(log, gateways: 2, targets: 3, settings: settings);
        story.Until(() => story.Voters.Length == 5, 60, "five voters");
        var unaware = "t1";
        story.World.Cut(unaware);
        var joiner = story.World.AddMachine("g9", Starling.Core.Names.NodeId.Parse("gateway-9"), story.Node("g1").Role);
        joiner.Bootstrap = story.Node("t1").Bootstrap;
        story.World.Start(joiner);
        story.Until(() => story.IsVoter("g9"), 200, "the new gateway votes");
        var voters = story.Leader!.View!.Voters;
        story.World.PowerOff("g1");
        story.World.PowerOff("g2");
        story.World.Heal(unaware);
        var up = story.World.Nodes.Count(n => n.IsUp && voters.Members.Any(m => m.Id == n.Id));
        story.Require(up >= voters.Majority, $"{up} of {voters.Members.Length} voters are up");
        story.NewLeader(_ => true, 10, "elects within 10 s, though one voter does not know the candidate");
        story.World.Start("g1");
        story.World.Start("g2");
        story.EndsWell();
    }

    [Script]
    public static void WipedVoterWithTheSameId(TextWriter? log)
    {
        var story = Story.Begin(log);
        story.CreateBucket();
        var wiped = story.World.Nodes.First(n => n.IsGateway && n != story.Leader);
        var before = wiped.Disk.Durable.Incarnation;
        story.World.PowerOff(wiped);
        wiped.Disk.Wipe(directoryRemains: false);
        story.World.Start(wiped);
        story.RunFor(0.5);
        story.Require(wiped.Disk.Durable.Incarnation != before, "it is another incarnation");
        story.Require(story.RoleOf(wiped.Name) is ConsensusRole.Outside or ConsensusRole.Learner, "it does not vote as its predecessor");
        story.Until(() => story.IsVoter(wiped.Name), 120, "the leader removes the old voter and adds the new one");
        story.Require(story.Voters.All(m => m.Incarnation != before), "the old one is gone");
        var leader = story.Leader!;
        story.World.Kill(leader);
        story.NewLeader(n => n != leader);
        story.World.Start(leader);
        story.EndsWell();
    }

    [Script]
    public static void AFollowerThatWasDownWhileItsLeaderWasWipedAndElectedAgain(TextWriter? log)
    {
        var story = Story.Begin(log);
        story.CreateBucket();
        var leader = story.Leader!;
        var down = story.World.Nodes.First(n => n.IsGateway && n != leader);
        story.World.PowerOff(down);
        story.RunFor(1);
        story.World.PowerOff(leader);
        leader.Disk.Wipe(directoryRemains: false);
        story.World.Start(leader);

        // Until the wiped one votes again, the follower stays away; then the wiped one leads.
        story.Until(() => story.IsVoter(leader.Name), 200, "the wiped gateway votes again");
        var third = story.Leader!;
        if (third != leader)
        {
            Answer? answer = null;
            third.Gateway?.Transfer(leader.Id, a => answer = a);
            story.NewLeader(n => n == leader, 30, $"it is elected again ({third}: {answer?.Error})");
        }

        story.World.Start(down);
        story.Until(() => down.View?.Leader?.Id == leader.Id && down.View.AppliedIndex == leader.View!.CommitIndex, 20, "the follower obeys it by term alone");
        story.EndsWell();
    }

    [Script]
    public static void OneOfThreeGatewaysDies(TextWriter? log)
    {
        var story = Story.Begin(log, gateways: 3, targets: 4);
        story.Until(() => story.Voters.Length == 5, 60, "five voters");
        story.RunFor(5);
        var dead = story.World.Nodes.First(n => n.IsGateway && n != story.Leader);
        var healthy = story.Leader!.View!.Voters.Members.Where(m => m.Id != dead.Id).ToArray();
        story.World.PowerOff(dead);
        story.Always(
            () => story.Leader is not { } leader || healthy.All(m => leader.View!.Voters.Contains(m)),
            150,
            "no healthy voter leaves");
        story.Until(() => story.Voters.Length > 0 && !story.Voters.Any(m => m.Id == dead.Id), 60, "the dead one is replaced");
        story.Require(story.Voters.Length is 4 or 5, "an even number may stay, nobody healthy goes");
        story.World.Start(dead);
        story.EndsWell();
    }

    [Script]
    public static void OneOfThreeVotersDiesAndNobodyStandsReady(TextWriter? log)
    {
        // Without a learner to take its place a dead voter stays: the two healthy ones must not become a cluster of one.
        var story = Story.Begin(log, gateways: 2, targets: 1);
        story.Until(() => story.Voters.Length == 3, 60, "three voters");
        var dead = story.World.Nodes.First(n => n != story.Leader && n.IsGateway);
        story.World.PowerOff(dead);
        story.Always(() => story.Leader is not { } leader || leader.View!.Voters.Members.Length == 3, 180, "the voters stay");
        story.World.Start(dead);
        story.EndsWell();
    }

    [Script]
    public static void AVoterLeavesInTheMomentInWhichAnotherLosesItsDisk(TextWriter? log)
    {
        // The leader has heard the other one a moment ago and does not know yet that it is gone for good: the two that remain could never decide anything again.
        var story = Story.Begin(log, gateways: 1, targets: 2);
        story.CreateBucket();
        story.Until(() => story.Voters.Length == 3, 60, "three voters");
        var lost = story.Node("t2");
        story.World.PowerOff(lost);
        lost.Disk.Wipe(directoryRemains: false);
        story.Out("t1");
        story.RunFor(5);
        story.World.Start(lost);
        story.Until(() => story.IsVoter("t2"), 60, "the one that lost its disk votes again, as somebody new");
        story.Until(() => !story.IsVoter("t1"), 60, "who leaves has left");
        story.EndsWell();
    }

    [Script]
    public static void ClonedDisk(TextWriter? log)
    {
        var story = Story.Begin(log);
        story.CreateBucket();
        var original = story.World.Nodes.First(n => n.IsGateway && n != story.Leader);
        var clone = story.World.AddMachine("g9", original.Id, original.Role, of: original);
        clone.Disk.PutImage(original.Disk.TakeImage());
        clone.Disk.Remembered = original.Disk.Remembered;
        clone.Bootstrap = original.Bootstrap;
        story.World.Start(clone);
        story.RunFor(20);
        story.Require(story.World.Checks.Newest.Node(original.Id)!.Addresses == original.Addresses, "the address of the original stays");
        story.Require(story.World.Checks.Newest.Node(original.Id)!.Session == original.Session, "and its session");
        story.Require(original.View!.Waiting is null && original.View.Leader is not null, "the original goes on");
        story.Require(clone.View!.Role != ConsensusRole.Leader, "the clone does not lead");
        story.Commit(new SetConfig("{}", 0), original.Name);
        story.World.Kill(clone);
        story.EndsWell();
    }

    [Script]
    public static void DuplicatedRetryOfAnUndoneOperation(TextWriter? log)
    {
        var story = Story.Begin(log);
        var first = story.CreateBucket();
        var seen = story.Leader!.View!.AppliedIndex;
        var destroy = new DestroyBucket(Story.Bucket("b"), first) { RequestId = "destroy-1", SeenIndex = seen };
        var outcome = story.Commit(destroy);
        story.Require(outcome.Error is null, "destroyed");
        var second = story.CreateBucket();
        story.Require(second > first, "another bucket of the same name, with another id");

        // A late duplicate of the destruction: the remembered outcome is the answer, and nothing happens.
        var again = story.Commit(destroy, "g2");
        story.Require(again.Error is null && again.Index == outcome.Index, "the duplicate gets the outcome of the first");
        story.Require(story.World.Checks.Newest.FindBucket(Story.Bucket("b"))?.Id == second, "the successor lives");

        // Even without the memory the id that the command names protects the successor.
        var forgotten = story.Commit(destroy with { RequestId = "another-id" });
        story.Require(forgotten.Error?.Code == ErrorCode.BucketNotFound, $"refused: {forgotten.Error}");
        var create = new CreateBucket(Story.Bucket("c"), string.Empty, 1) { RequestId = "create-c", SeenIndex = seen };
        var made = story.Commit(create);
        var repeated = story.Commit(create, "g3");
        story.Require(made.Result == repeated.Result && repeated.Error is null, "a repeated creation returns the bucket that it made");
        story.Require(ulong.Parse(made.Result, CultureInfo.InvariantCulture) > second, "ids grow");
        story.EndsWell();
    }

    [Script]
    public static void LogEndsBelowWhatTheLeaderSawAcknowledged(TextWriter? log)
    {
        // The disk lied: acknowledged entries are gone. The leader of the same term notices, and the node comes back as somebody else.
        var story = Story.Begin(log);
        story.CreateBucket();
        var liar = story.World.Nodes.First(n => n.IsGateway && n != story.Leader);
        var before = liar.Disk.Durable.Incarnation;
        story.World.PowerOff(liar);
        var image = liar.Disk.TakeImage();
        image.CutBack(2);
        liar.Disk.PutImage(image);
        story.World.Start(liar);
        story.Until(() => liar.Disk.Durable.Incarnation != before, 10, "it becomes another incarnation");
        story.Until(() => story.IsVoter(liar.Name), 120, "and votes again as such");
        story.EndsWell();
    }

    [Script]
    public static void RefusedProposalWhoseFirstCopyArrivesLater(TextWriter? log)
    {
        // The first copy of a forwarded proposal hangs in the network; the second one is refused, because the leader is busy; then the first one arrives.
        var settings = NodeSettings.Default with { MaxOutstanding = 8 };
        var story = Story.Begin(log, gateways: 3, targets: 2, settings: settings);
        story.Until(() => story.Voters.Length == 5, 60, "five voters");
        var leader = story.Leader!;
        var asking = story.World.Nodes.First(n => n.IsGateway && n != leader);
        Envelope? first = null;
        story.World.Tap = (from, envelope) => first ??= from == asking && envelope.Message is ProposeRequest ? envelope : null;
        story.World.Cut(asking.Name, leader.Name, oneWay: true);
        Answer? answer = null;
        asking.Gateway!.Propose(new CreateBucket(Story.Bucket("late"), string.Empty, story.World.NowNs), a => answer = a);
        story.Until(() => first is not null, 1, "the first copy leaves");
        story.World.Tap = null;

        // Nobody but the one that asks reaches the leader now: it commits nothing, and soon it takes nothing.
        story.World.HealAll();
        foreach (var node in story.World.Nodes.Where(n => n != leader && n != asking))
        {
            story.World.Cut(node.Name, leader.Name, oneWay: true);
        }

        for (var i = 0; i < settings.MaxOutstanding; i++)
        {
            leader.Gateway!.Propose(new SetConfig("{}", 0), _ => { });
        }

        story.Until(() => answer is not null, 1.6, "the second copy is answered");
        story.Require(answer!.Error?.Code == ErrorCode.Busy, $"it is refused: {answer.Error}");
        story.World.HealAll();
        story.RunFor(1);
        story.Require(story.Leader == leader, "the leader still leads");
        story.World.Deliver(leader, first!);
        story.RunFor(2);
        story.Require(leader.View!.State.FindBucket(Story.Bucket("late")) is null, "what was refused does not happen later");

        // The same wish, asked again, is another proposal.
        story.CreateBucket("late", asking.Name);
        story.EndsWell();
    }

    [Script]
    public static void AnIsolatedLeaderStepsDown(TextWriter? log)
    {
        var story = Story.Begin(log);
        var old = story.Leader!;
        story.World.Cut(old.Name);
        story.Until(() => old.View!.Role != ConsensusRole.Leader, 3, "it steps down within E");
        story.NewLeader(n => n != old);
        story.EndsWell();
    }

    [Script]
    public static void ReadByAnOldLeaderIsNotAnswered(TextWriter? log)
    {
        var story = Story.Begin(log);
        var old = story.Leader!;
        story.World.Cut(old.Name);

        // It asks itself all the time, while it still believes that it leads, while the others elect, and after they committed something.
        var answers = new List<long?>();
        void Ask() => story.World.Schedule(100 * SimWorld.Millisecond, () =>
        {
            old.Gateway!.Read(a => answers.Add(a?.Index));
            Ask();
        });
        Ask();
        var next = story.NewLeader(n => n != old);
        story.Commit(new SetConfig("{}", 0), next.Name);
        story.RunFor(8);
        story.Require(answers.Count > 20, "the reads are answered");
        story.Require(answers.TrueForAll(a => a is null), $"unavailable, not {answers.Find(a => a is not null)}");
        story.World.HealAll();
        story.EndsWell();
    }

    [Script]
    public static void AnswerToAnOldRoundWhileLeadingAgain(TextWriter? log)
    {
        // A gateway led a term with many rounds, and leads again after a restart; heartbeats of its old process are still on the way. The refusals carry the new term: they
        // must not confirm a round of it.
        var story = Story.Begin(log, gateways: 3, targets: 2);
        var first = story.Leader!;
        var late = new List<Envelope>();
        story.World.Tap = (from, envelope) =>
        {
            if (from == first && envelope.Message is HeartbeatRequest { Round: > 20 })
            {
                late.Add(envelope);
            }
        };
        for (var i = 0; i < 40; i++)
        {
            var done = false;
            first.Gateway!.Read(_ => done = true);
            story.Until(() => done, 5, "a read");
        }

        story.World.Tap = null;
        story.Require(late.Count > 0, "rounds were asked");
        story.World.Kill(first);
        var second = story.NewLeader(n => n.IsGateway && n != first);
        story.World.Start(first);
        story.RunFor(2);
        Hand(story, second, first);

        // From now on nobody hears it, but it hears everybody.
        foreach (var node in story.World.Nodes.Where(n => n != first))
        {
            story.World.Cut(first.Name, node.Name, oneWay: true);
        }

        long? index = null;
        first.Gateway!.Read(answer => index = answer?.Index);
        foreach (var envelope in late)
        {
            story.World.Deliver(story.World.Nodes.First(n => n.Id == envelope.To), envelope);
        }

        story.RunFor(1);
        story.Require(index is null, "a read is not confirmed by answers to questions of an earlier term");
        story.World.HealAll();
        story.EndsWell();
    }

    private static void Hand(Story story, SimNode from, SimNode to)
    {
        from.Gateway!.Transfer(to.Id, _ => { });
        story.NewLeader(n => n == to, 10, $"{to} leads");
        story.RunFor(1);
    }

    [Script]
    public static void PreVoteWhileALeaderIsHeard(TextWriter? log)
    {
        // One voter hears nobody, the others hear the leader: it asks for votes again and again and gets none, also in the moment in which it hears the
        // answers again and the leader not yet. When that moment comes is up to its timers, so there are many of them.
        var story = Story.Begin(log);
        var leader = story.Leader!;
        var term = leader.View!.Term;
        var deaf = story.World.Nodes.First(n => n.IsGateway && n != leader);
        for (var round = 0; round < 16; round++)
        {
            foreach (var node in story.World.Nodes.Where(n => n != deaf))
            {
                story.World.Cut(node.Name, deaf.Name, oneWay: true);
            }

            story.Always(() => story.World.Nodes.TrueForAll(n => n.View!.Term == term), 4 + (round * 0.13), "terms stand still while it hears nobody");
            story.World.HealAll();
            story.Always(() => story.World.Nodes.TrueForAll(n => n.View!.Term == term), 3, "terms stand still when it hears again");
        }

        story.EndsWell();
    }
}
