using Starling.Core.Errors;
using Starling.Protocol.Consensus;
using Starling.Protocol.Membership;
using Starling.Protocol.Node;
using Starling.Protocol.Objects;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Simulation.Network;
using Starling.Simulation.Workload;
using Starling.Simulation.World;

namespace Starling.Simulation.Scripts;

/// <summary>Stories about sessions and leases (rules B3, B4), in a world of their own each.</summary>
public static class LeaseScripts
{
    [Script]
    public static void LeaseGrantedByAnOldLeader(TextWriter? log)
    {
        var story = Story.Begin(log);
        story.CreateBucket();
        var name = story.NameOwnedBy("t1");
        story.Put(name);
        var old = story.Leader!;

        // The old leader and the target hear each other and nobody else.
        foreach (var node in story.World.Nodes.Where(n => n != old && n.Name != "t1"))
        {
            story.World.Cut(old.Name, node.Name);
            story.World.Cut("t1", node.Name);
        }

        var cutAt = story.World.NowNs;
        var next = story.NewLeader(n => n != old);
        story.Commit(new SetConfig("{}", 0), next.Name);
        var renewed = story.Node("t1").View!.Lease;
        story.Always(() => story.Node("t1").View!.Lease.SentNs <= renewed.SentNs, 40, "the old leader grants nothing");
        story.Require(story.World.NowNs - cutAt > Lease.DurationNs && !story.Node("t1").Target!.HasLease, "the lease of before has ended");
        var put = story.Do(ObjectCallKind.Put, name, next.Name, patienceSeconds: 3);
        story.Require(put.Error is not null, "a put at the target is not acknowledged without a lease");
        story.World.HealAll();
        story.Until(() => story.Node("t1").Target!.HasLease, 15, "the new leader grants");
        story.Put(name);
        story.EndsWell();
    }

    [Script]
    public static void PauseOfSixtySecondsWithBufferedMessages(TextWriter? log)
    {
        var story = Story.Begin(log);
        story.CreateBucket();
        var name = story.NameOwnedBy("t1");
        var first = story.Put(name);
        var target = story.Node("t1");

        // Paused between a request for the lease and its answer: the answer waits in the buffer, the lease runs from the sending.
        var before = target.View!.Lease.SentNs;
        story.Until(() => target.View!.Lease.SentNs != before, 10, "a renewal");
        story.RunFor(4.9);
        story.World.Pause("t1");
        var put = story.Ask(ObjectCallKind.Put, name, patienceSeconds: 70);
        story.RunFor(60);
        story.World.Resume("t1");
        story.World.RunFor(1);
        story.Require(!target.Target!.HasLease, "what was granted a minute ago is over");
        story.Until(() => put.IsEnded, 80, "the put that waited ends");
        story.Until(() => target.Target!.HasLease, 15, "a new grant");
        var read = story.Do(ObjectCallKind.Get, name);
        story.Require(read.Found?.Value == first.Value || read.Found?.Value == put.Value, "one of the two writes is read");

        // The leader, too: what it was asked during the pause it answers as what it is then.
        var leader = story.Leader!;
        story.World.Pause(leader);
        var next = story.NewLeader(n => n != leader);
        story.Commit(new SetConfig("{}", 0), next.Name);
        story.RunFor(58);
        story.World.Resume(leader);
        story.RunFor(3);
        story.Require(leader.View!.Role != ConsensusRole.Leader, "it has stepped down");
        story.EndsWell();
    }

    [Script]
    public static void DestroyMissedByALeasedTarget(TextWriter? log)
    {
        var story = Story.Begin(log);
        var id = story.CreateBucket();
        var name = story.NameOwnedBy("t1");
        var before = story.Put(name);

        // The target and one gateway miss the destruction; the lease is good for a while.
        var gateway = story.World.Nodes.First(n => n.IsGateway && n != story.Leader);
        foreach (var node in story.World.Nodes.Where(n => n != gateway && n.Name != "t1"))
        {
            story.World.Cut(gateway.Name, node.Name);
            story.World.Cut("t1", node.Name);
        }

        var other = story.World.Nodes.First(n => n.IsGateway && n != gateway);
        var outcome = story.Commit(new DestroyBucket(Story.Bucket("b"), id), other.Name);
        story.Require(outcome.Error is null, "the bucket is destroyed");
        var committedAt = story.World.NowNs;
        story.Require(story.Node("t1").Target!.HasLease, "the target still has its lease");
        story.Finds(name, before.Value, gateway.Name);

        // The destruction is answered when every target has applied it or lapsed: from then on nobody may find anything.
        story.RunFor(Lease.LapseNs * 1.03 / SimWorld.Second);
        story.World.Checks.BucketDestroyed(id);
        var late = story.Do(ObjectCallKind.Put, name, gateway.Name, patienceSeconds: 2);
        story.Require(late.Error is not null, "no write is acknowledged in the destroyed bucket");
        var read = story.Do(ObjectCallKind.Get, name, gateway.Name, patienceSeconds: 2);
        story.Require(read.IsStale || read.Error is not null, "and a read without a lease says that it may be stale");
        story.Require(story.World.NowNs > committedAt, "time passes");
        story.EndsWell();
        story.Until(() => story.Do(ObjectCallKind.Get, name).Error?.Code == ErrorCode.BucketNotFound, 10, "everybody knows");
    }

    [Script]
    public static void RequestOfAProcessThatDiedWhileItWaited(TextWriter? log)
    {
        // A process asks to be let in, dies while it waits for the lease of its predecessor, and is followed by another one that is let in. A copy of its request that
        // was long on its way must not put it in force again: the living one would be refused for ever.
        var story = Story.Begin(log);
        var (target, late) = story.DiesWhileItWaits();
        story.NextIsLetIn(target);
        story.World.Deliver(story.Leader!, late);
        story.Stays(target);
    }

    [Script]
    public static void RequestOfADeadProcessThatTheLeaderNeverHeard(TextWriter? log)
    {
        // The same, when a member that was paused passes the copy on to a leader that was elected since: it cannot know who asked before, but the dead process cannot answer it.
        var story = Story.Begin(log);
        var (target, late) = story.DiesWhileItWaits();
        var old = story.Leader!;
        story.World.Pause(old);
        var leader = story.NewLeader(n => n != old);
        story.World.Resume(old);
        story.RunFor(3);
        story.Require(old.View!.Leader?.Id == leader.Id, "the old leader follows the new one");
        story.NextIsLetIn(target);
        story.World.Deliver(old, late);
        story.Stays(target);
    }

    [Script]
    public static void DoubleStartOfOneTarget(TextWriter? log)
    {
        var story = Story.Begin(log);
        story.CreateBucket();
        var name = story.NameOwnedBy("t1");
        story.Put(name);

        // The first process is frozen in the middle of a write; a second one is started elsewhere over a copy of its log, with other locks.
        var first = story.Node("t1");
        first.Target!.SlowCommitNs = 3 * SimWorld.Second;
        var hanging = story.Ask(ObjectCallKind.Put, name);
        story.RunFor(1);
        story.World.Pause(first);
        var second = story.World.AddMachine("t9", first.Id, first.Role, of: first);
        second.Disk.PutImage(first.Disk.TakeImage());
        second.Bootstrap = first.Bootstrap;
        var startedAt = story.World.NowNs;
        story.World.Start(second);
        story.Until(() => story.World.Checks.Newest.Node(first.Id)!.Session == second.Session, 90, "the second session is committed");
        story.Require(story.World.NowNs - startedAt > 20 * SimWorld.Second, "not before the first one's lease has ended");
        story.Until(() => second.Target!.HasLease, 15, "the second process is leased");

        // The first one goes on where it was: its write is not acknowledged, and it passes no more.
        story.World.Resume(first);
        story.RunFor(10);
        story.Require(!first.Target!.HasLease, "the first process has no lease any more");
        story.Until(() => hanging.IsEnded, 60, "the hanging write ends");
        story.Require(hanging.Error is not null, "and is not acknowledged");
        story.World.Kill(first);
        story.EndsWell();
    }

    [Script]
    public static void GrantByANewLeaderWithAnOldIndex(TextWriter? log)
    {
        // Many targets ask all the time; whoever is elected must not answer before a no-op of its own term is committed. Slow disks widen the gap.
        var story = Story.Begin(log, gateways: 3, targets: 6);
        story.CreateBucket();
        for (var round = 0; round < 6; round++)
        {
            var old = story.Leader!;
            foreach (var node in story.World.Nodes)
            {
                node.SlowFlushNs = 300 * SimWorld.Millisecond;
            }

            story.World.Kill(old);
            story.NewLeader(n => n != old, 20);
            foreach (var node in story.World.Nodes)
            {
                node.SlowFlushNs = 0;
            }

            story.Commit(new SetConfig("{}", 0));
            story.World.Start(old);
            story.RunFor(3);
        }

        story.EndsWell();
    }

    [Script]
    public static void AppliedIndexFallenBackAtARestart(TextWriter? log)
    {
        // Snapshots are frequent, so that it comes back knowing bucket and placement of a while ago.
        var story = Story.Begin(log, settings: NodeSettings.Default with { SnapshotEntries = 5, KeepEntries = 2 });
        var bucket = story.CreateBucket();
        var name = story.NameOwnedBy("t1");
        var put = story.Put(name);
        for (var i = 0; i < 5; i++)
        {
            story.Commit(new SetConfig("{}", 0));
        }

        story.RunFor(1);

        // It comes back with an older applied index and reaches no leader: it knows nothing for sure, and says so.
        var target = story.Node("t1");
        var applied = target.View!.AppliedIndex;
        story.World.PowerOff("t1");
        story.World.Cut("t1", NetworkKind.Control);
        story.World.Start("t1");
        story.RunFor(1);
        story.Require(!target.View!.SessionApplied, "its session is not committed");
        story.Require(target.View.AppliedIndex < applied + 1, "it has applied no more than before");
        story.Require(target.View.State.StandingOf(bucket) == BucketStanding.Live, "it knows the bucket of then");
        var action = new GetPlan(name, bucket, Conditions.None).Next(PlanEvent.Started(target.Target!.TakeView()));
        story.Require(action.Kind == PlanActionKind.WaitForView, $"it serves nothing before it has applied its own session: {action.Kind}");
        var read = story.Do(ObjectCallKind.Get, name, patienceSeconds: 3);
        story.Require(read.Error is not null && read.Error.Code != ErrorCode.ObjectNotFound, $"a read is neither a hit nor 'not found': {read.Error}");
        story.World.HealAll();
        story.Until(() => target.Target!.HasLease, 90, "it is leased again");
        story.Require(target.View.AppliedIndex > applied, "after it has applied its own session");
        story.Finds(name, put.Value);
        story.EndsWell();
    }

    [Script]
    public static void LeasesOutliveAnElection(TextWriter? log)
    {
        var story = Story.Begin(log);
        story.CreateBucket();
        var name = story.NameOwnedBy("t1");
        story.Put(name);
        var old = story.Leader!;
        story.World.Kill(old);
        var gateway = story.World.Nodes.First(n => n.IsGateway && n != old);
        for (var i = 0; i < 10; i++)
        {
            story.Require(story.Put(name, gateway.Name).Error is null, "writes go on while there is no leader");
            story.RunFor(0.2);
        }

        story.NewLeader(n => n != old);
        story.EndsWell();
    }

    [Script]
    public static void RenewalWhoseIndexIsNotAppliedYet(TextWriter? log)
    {
        var story = Story.Begin(log);
        story.CreateBucket();
        var target = story.Node("t1");
        var before = target.View!.Lease.SentNs;
        story.Until(() => target.View!.Lease.SentNs != before, 10, "a renewal");
        story.RunFor(4.5);
        var held = target.View!.Lease;

        // What is committed from now on does not reach the target, while the answer to its next question names it.
        var renewals = 0;
        story.World.Drop = (_, envelope) => envelope.To == target.Id && envelope.Message is AppendRequest;
        story.World.Tap = (_, envelope) => renewals += envelope.To == target.Id && envelope.Message is LeaseResponse { Granted: true } ? 1 : 0;
        story.Commit(new SetConfig("{}", 0));
        story.Always(() => target.Target!.HasLease, 1.5, "the lease before the renewal runs to its own end");
        story.Require(renewals > 0 && target.View!.Lease == held, $"{renewals} renewals were granted, and none is in force yet");
        story.World.Drop = null;
        story.World.Tap = null;
        story.Until(() => target.View!.Lease.SentNs > held.SentNs && target.Target!.HasLease, 5, "the renewal is in force");
        story.EndsWell();
    }

    /// <summary>The second process of t1 asks and dies while it waits; returns its last request.</summary>
    private static (SimNode Target, Envelope Late) DiesWhileItWaits(this Story story)
    {
        story.CreateBucket();
        var target = story.Node("t1");
        Envelope? late = null;
        story.Until(() => target.Target!.HasLease, 15, "the first process is leased");
        story.World.PowerOff(target);
        story.World.Tap = (from, envelope) => late = from == target && envelope.Message is JoinRequest ? envelope : late;
        story.World.Start(target);
        story.Until(() => late is not null, 20, "the second process asks");
        story.RunFor(2);
        story.World.Tap = null;
        story.World.PowerOff(target);

        // Who leaves asks for no lease any more: nothing makes the late request wait.
        story.Out("t1");
        return (target, late!);
    }

    private static void NextIsLetIn(this Story story, SimNode target)
    {
        story.World.Start(target);
        story.Until(() => story.World.Checks.Newest.Node(target.Id)!.Session == target.Session, 90, "the third process is let in");
    }

    private static void Stays(this Story story, SimNode target)
    {
        story.Always(() => story.World.Checks.Newest.Node(target.Id)!.Session == target.Session, 5, "the living process stays");
        story.In("t1");
        story.Until(() => target.Target!.HasLease, 60, "it is leased when it is back");
        story.EndsWell();
    }
}
