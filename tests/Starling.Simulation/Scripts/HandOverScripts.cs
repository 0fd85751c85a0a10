using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Simulation.Workload;
using Starling.Simulation.World;

namespace Starling.Simulation.Scripts;

/// <summary>Stories of records on their way between targets (rules B6 to B9, B11), with real plans on every side.</summary>
public static class HandOverScripts
{
    private static readonly string[] All = ["t1", "t2", "t3"];
    private static readonly string[] Without1 = ["t2", "t3"];
    private static readonly string[] Without2 = ["t1", "t3"];
    private static readonly string[] Only3 = ["t3"];

    private static Story Begin(TextWriter? log)
    {
        var story = Story.Begin(log, targets: 3);
        story.CreateBucket();
        return story;
    }

    [Script]
    public static void GetWhileTheObjectIsHandedOver(TextWriter? log)
    {
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        var put = story.Put(name);
        story.Target("t2").SlowReceiveNs = SimWorld.Second;
        story.Out("t1");
        var found = 0;
        while (story.RecordAt("t1", name) is { IsLive: true })
        {
            story.Finds(name, put.Value);
            found++;
        }

        story.Require(found > 5, $"it is read again and again meanwhile ({found})");
        story.Finds(name, put.Value);
        story.Converged();
        story.Require(story.RecordAt("t2", name) is { IsLive: true }, "the new owner has it");
        story.Require(story.RecordAt("t1", name) is null or { HandOver.IsVerified: true }, "the old one has a verified leftover, or nothing");
        story.EndsWell();
    }

    [Script]
    public static void PutThatFollowsANameThatMoves(TextWriter? log)
    {
        // The body lies on A when the name belongs to B: A sends it on, and again to C when the name has moved once more. An answer that is lost is no failure.
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1), ("t3", Only3));
        story.World.NeighborTimeoutNs = 10 * SimWorld.Second;
        var last = FollowOnce(story, name, [], "t2");
        story.In("t1");
        story.Converged();
        last = FollowOnce(story, name, ["t2"], "t3");
        story.In("t1", "t2");
        story.Converged();

        story.Hold((_, _, message) => message is ForwardReply, NeighborFate.Lose);
        var call = Overtaken(story, name);
        story.Until(() => call.IsEnded, 30, "the put ends");
        story.Require(call.Error?.Code == ErrorCode.UnknownOutcome, $"whether it happened is unknown: {call.Error}");
        story.World.NeighborTap = null;
        var found = story.Do(ObjectCallKind.Get, name);
        story.Require(found.Error is null && (found.Found!.Value == call.Value || found.Found.Value != last), "it did happen, or what came before it is there");
        story.Finds(name, story.Put(name).Value);
        story.EndsWell();
    }

    [Script]
    public static void GetBesideAFlushThatAPowerCutRevokes(TextWriter? log)
    {
        // A record is in place and its flush hangs: nobody is told of it, neither a client here nor the next owner that asks, because the power may still take it back.
        var story = Begin(log);
        for (var i = 0; i < 3; i++)
        {
            foreach (var isMoved in new[] { false, true })
            {
                var name = story.NameThatMoves(n => story.RecordAt("t1", n) is null && story.RecordAt("t2", n) is null, ("t1", All), ("t2", Without1));
                var old = story.Put(name);
                story.HoldPasses("t1");
                story.Target("t1").SlowFlushNs = 20 * SimWorld.Second;
                var put = story.Ask(ObjectCallKind.Put, name, patienceSeconds: 2);
                story.Until(() => story.RecordAt("t1", name)?.Value == put.Value, 10, "the record is in place");
                if (isMoved)
                {
                    story.Out("t1");
                    story.RunFor(1);
                }

                var get = story.Ask(ObjectCallKind.Get, name, patienceSeconds: 4);
                story.RunFor(3);
                story.Require(get.Found is null, "nobody is told");
                story.World.PowerOff("t1");
                story.Target("t1").SlowFlushNs = 0;
                story.World.Start("t1");
                story.Until(() => story.Target("t1").HasLease, 60, "it is back");
                story.Until(() => get.IsEnded && put.IsEnded, 60, "both calls end");
                var found = story.Do(ObjectCallKind.Get, name);
                story.Require(found.Error is null && (found.Found!.Value == old.Value || found.Found.Value == put.Value), $"one of both is there: {found.Error}");
                story.LetPass("t1");
                story.In("t1");
                story.Converged(120);
                story.World.Checks.CheckHistories();
            }
        }

        story.EndsWell();
    }

    [Script]
    public static void UnverifiedLeftoverIsKeptUntilItsReceiverIsLost(TextWriter? log)
    {
        // A handed a record to B, and before anybody has verified it there A becomes clean by itself, because B goes out: what A keeps is no waste yet. B is lost.
        var story = Begin(log);
        var name = story.NameThatMoves(("t2", All), ("t1", Without2));
        story.Out("t2");
        story.Converged();
        var put = story.Put(name);
        story.World.NeighborTimeoutNs = 600 * SimWorld.Second;
        story.Hold((_, _, message) => message is VerifyQuestion);
        story.In("t2");
        story.Until(() => story.RecordAt("t1", name) is { IsLive: false } && story.RecordAt("t2", name) is { IsLive: true }, 60, "the record is handed over");
        story.HoldPasses("t2");
        story.Out("t2");
        story.Adopted();
        var self = story.World.Checks.Newest.Node(story.Node("t1").Id)!;
        story.Require(self.Clean == story.World.Checks.Newest.Newest.Number, "A is clean by itself");
        story.Finds(name, put.Value);
        story.Always(() => story.RecordAt("t1", name) is { HandOver.IsVerified: false }, 120, "its leftover stays");
        story.World.PowerOff("t2");
        var entry = story.World.Checks.Newest.Node(story.Node("t2").Id)!;
        story.Require(story.Commit(new Starling.Protocol.State.Commands.AttestOff(entry.Id, entry.Session, "script")).Error is null, "it is attested to be off");
        story.Until(() => story.World.Checks.Newest.Node(entry.Id)!.Fenced == story.World.Checks.Newest.Newest.Number, 60, "it is fenced");
        var loss = story.Commit(new Starling.Protocol.State.Commands.DeclareLost(entry.Id, entry.Session, story.World.Checks.Newest.Newest.Number, [], "script"));
        story.Require(loss.Error is null, $"what it held is declared lost: {loss.Error}");
        story.Finds(name, put.Value);
        story.World.NeighborTap = null;
        story.World.NeighborTimeoutNs = 3 * SimWorld.Second;
        story.World.HeldNeighbors.Clear();
        story.EndsWell();
    }

    private static long FollowOnce(Story story, ObjectName name, string[] also, string owner)
    {
        var sent = story.Target("t1").Forwarded;
        story.Hold((_, _, message) => message is ForwardQuestion);
        var call = Overtaken(story, name);
        story.Until(() => story.World.HeldNeighbors.Any(h => h.Message is ForwardQuestion), 30, "the body is sent after its name");
        if (also.Length > 0)
        {
            story.Out(also);
            story.Adopted();
        }

        story.Release();
        story.Until(() => call.IsEnded, 30, "the put ends");
        story.Require(call.Error is null, $"it is acknowledged by the first target: {call.Error}");
        story.Require(story.Target("t1").Forwarded - sent == 1 + also.Length, $"sent on {story.Target("t1").Forwarded - sent} times");
        story.Until(() => story.RecordAt(owner, name) is { IsLive: true } record && record.Value == call.Value, 5, "its owner has it");
        story.Finds(name, call.Value);
        story.Converged();
        return call.Value;
    }

    // The second of two puts waits for the lock of the first while the name moves away.
    private static ObjectCall Overtaken(Story story, ObjectName name)
    {
        var target = story.Target("t1");
        target.FollowsNames = true;
        story.Put(name);
        target.SlowCommitNs = 2 * SimWorld.Second;
        var first = story.Ask(ObjectCallKind.Put, name);
        story.Until(() => target.ActiveRequests == 1, 5, "the first put is under way");
        story.RunFor(0.1);
        var second = story.Ask(ObjectCallKind.Put, name);
        story.Until(() => target.ActiveRequests == 2, 5, "the second one waits for its lock");
        target.SlowCommitNs = 0;
        story.Out("t1");
        story.Until(() => first.IsEnded, 30, "the first put ends");
        return second;
    }

    [Script]
    public static void StaleLocalHit(TextWriter? log)
    {
        // A -> B -> A: what A still has of the first time is not the answer of the second.
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        story.HoldPasses(All);
        var old = story.Put(name);
        story.Out("t1");
        var written = story.Put(name);
        story.In("t1");
        story.Adopted();
        story.Require(story.RecordAt("t1", name)?.Value == old.Value, "the owner has the old record still");
        story.Finds(name, written.Value);
        story.Require(story.Do(ObjectCallKind.Match, name, expected: old.Value).Error?.Code == ErrorCode.PreconditionFailed, "a condition on the old content does not hold");
        story.LetPass(All);
        story.Converged();
        story.Finds(name, written.Value);
        story.EndsWell();
    }

    [Script]
    public static void TombstoneLeftBehind(TextWriter? log)
    {
        // The object stays on A, its tombstone moves from B to C: nobody finds the object again, and the tombstone goes only when A is clean.
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        story.HoldPasses(All);
        story.Put(name);
        story.Out("t1");
        var deleted = story.Do(ObjectCallKind.Delete, name);
        story.Require(deleted.Error is null, $"it is deleted: {deleted.Error}");
        story.FindsNothing(name);
        story.Out("t2");
        story.LetPass("t2");
        story.Until(() => story.RecordAt("t3", name) is { Head.IsTombstone: true }, 30, "the tombstone is handed over");
        story.Until(() => story.RecordAt("t2", name) is null or { IsLive: false }, 30, "B has it no more");
        story.Require(story.RecordAt("t1", name) is { IsLive: true }, "the object still lies on A");
        for (var i = 0; i < 30; i++)
        {
            story.FindsNothing(name);
            story.RunFor(1);
        }

        story.Require(story.RecordAt("t3", name) is { Head.IsTombstone: true }, "the tombstone stays while A may have what it hides");
        story.Require(story.Do(ObjectCallKind.Create, name).Error is null, "create-if-absent succeeds");
        story.Require(story.Do(ObjectCallKind.Delete, name).Error is null, "and it is deleted again");
        story.LetPass(All);
        story.Converged();
        story.FindsNothing(name);
        story.Until(() => All.All(t => story.RecordAt(t, name) is null), 200, "tombstone and leftovers are collected");
        story.FindsNothing(name);
        story.EndsWell();
    }

    [Script]
    public static void BucketRecreatedWhileMoving(TextWriter? log)
    {
        var story = Begin(log);
        var bucket = story.World.Checks.Newest.FindBucket(Story.Bucket("b"))!.Id;
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        story.Put(name);
        story.World.NeighborTimeoutNs = 30 * SimWorld.Second;
        story.Hold((_, _, message) => message is PushQuestion);
        story.Out("t1");
        story.Until(() => story.World.HeldNeighbors.Count > 0, 20, "the record is on its way");
        story.Commit(new Starling.Protocol.State.Commands.DestroyBucket(Story.Bucket("b"), bucket));
        story.Until(() => story.World.Nodes.TrueForAll(n => n.View!.State.StandingOf(bucket) == BucketStanding.Retired), 20, "everybody has applied the destruction");
        story.World.Checks.BucketDestroyed(bucket);
        story.CreateBucket();
        story.FindsNothing(name);
        var written = story.Put(name);
        story.Release();
        story.RunFor(2);
        story.Finds(name, written.Value);
        story.Converged();
        story.Require(story.RecordAt("t1", name) is null or { IsLive: false } || story.RecordAt("t1", name)!.Head.Key.BucketId == bucket, "what is left of the old bucket is nobody's");
        story.Finds(name, written.Value);
        story.EndsWell();
    }

    [Script]
    public static void BothSidesEndAsLeftovers(TextWriter? log)
    {
        // A pushes to B, B's answer is late; B hands it back to A; then the late answer comes. One of them must stay live.
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        var put = story.Put(name);
        story.World.NeighborTimeoutNs = 30 * SimWorld.Second;
        story.HoldPasses("t2", "t3");
        story.Hold((from, to, message) => message is PushAnswer && to.Name == "t1" && from.Name == "t2");
        story.Out("t1");
        story.Until(() => story.World.HeldNeighbors.Count > 0 && story.RecordAt("t2", name) is { IsLive: true }, 20, "B holds it, and its answer is on the way");
        story.In("t1");
        story.LetPass("t2");
        story.Until(() => story.RecordAt("t2", name) is { IsLive: false }, 20, "B has handed it back");
        story.Require(story.RecordAt("t1", name) is { IsLive: true }, "A has it live");
        story.Release();
        story.RunFor(3);
        story.Require(story.RecordAt("t1", name) is { IsLive: true }, "the late answer makes no leftover of it");
        story.Finds(name, put.Value);
        story.LetPass(All);
        story.Converged();
        story.Finds(name, put.Value);
        story.EndsWell();
    }

    [Script]
    public static void ReceiveThatFinishesAfterOwnershipMovedOn(TextWriter? log)
    {
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        var put = story.Put(name);

        // The bytes come slowly: by the time that B would take the lock, C owns the name.
        story.Target("t2").SlowReceiveNs = 2 * SimWorld.Second;
        story.Out("t1");
        story.RunFor(1);
        story.Out("t2");
        story.Always(() => story.RecordAt("t2", name) is not { IsLive: true }, 4, "B, which does not own it any more, does not store it");
        story.Finds(name, put.Value);
        story.Converged();

        // And when it had passed its check already, its pass waits for it and hands it on.
        story.In("t1", "t2");
        story.Converged();
        story.Target("t2").SlowReceiveNs = 1_500 * SimWorld.Millisecond;
        story.Out("t1");
        story.RunFor(2);
        story.Out("t2");
        story.Converged();
        story.Require(story.RecordAt("t2", name) is null or { IsLive: false }, "nothing live stays on B");
        story.Finds(name, put.Value);
        story.EndsWell();
    }

    [Script]
    public static void StalledDuplicateOfAPushAfterTheTombstoneIsGone(TextWriter? log)
    {
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        story.Put(name);
        story.Hold((_, _, message) => message is PushQuestion, NeighborFate.Copy);
        story.Out("t1");
        story.Converged();
        story.World.NeighborTap = null;
        story.Require(story.World.HeldNeighbors.Count > 0, "a copy of the push is kept somewhere");
        story.Require(story.Do(ObjectCallKind.Delete, name).Error is null, "it is deleted");
        story.Until(() => story.RecordAt("t2", name) is null, 60, "and its tombstone is collected");
        story.Release();
        story.RunFor(8);
        story.Require(story.RecordAt("t2", name) is null, "the duplicate is not taken");
        story.FindsNothing(name);
        story.EndsWell();
    }

    [Script]
    public static void UnflushedHandOverMarkBehindTheCursor(TextWriter? log)
    {
        // The power of the sender goes between the writing of a mark and its flush, at one mark after the other.
        for (var cut = 1; cut <= 6; cut++)
        {
            var story = Begin(log);
            for (var i = 0; i < 24; i++)
            {
                story.Put(Core.Names.ObjectName.Parse(Story.Bucket("b"), $"object-{i}"));
            }

            var left = cut;
            story.Target("t1").WrittenNotFlushed = () =>
            {
                if (--left == 0)
                {
                    story.World.Schedule(0, () => story.World.PowerOff("t1"));
                }
            };
            story.Out("t1");
            story.Until(() => !story.Node("t1").IsUp, 30, "the power goes");
            story.RunFor(1);
            story.World.Start("t1");
            story.Converged(120);
            story.Require(story.Target("t1").Store.Slots.All(s => s.Current is null or { IsLive: false }), "nothing live stays behind");
            story.EndsWell();
        }
    }

    [Script]
    public static void PowerCutOfAReceiverThatAnswered(TextWriter? log)
    {
        // Whatever the receiver said it holds, it holds after a power cut, however early that comes after its answer.
        var story = Begin(log);
        var names = Enumerable.Range(0, 24).Select(i => Core.Names.ObjectName.Parse(Story.Bucket("b"), $"object-{i}")).ToArray();
        var values = names.Select(n => story.Put(n).Value).ToArray();
        story.Hold((from, _, message) =>
        {
            if (message is PushAnswer { Kind: PushAnswerKind.Held } && from.Name == "t2")
            {
                story.World.Schedule(3 * SimWorld.Millisecond, () => story.World.PowerOff("t2"));
                story.World.NeighborTap = null;
            }

            return false;
        });
        story.Out("t1");
        story.Until(() => !story.Node("t2").IsUp, 30, "the power of the receiver goes");
        story.RunFor(2);
        story.World.Start("t2");
        story.Converged(120);
        for (var i = 0; i < names.Length; i++)
        {
            story.Finds(names[i], values[i]);
        }

        story.EndsWell();
    }

    [Script]
    public static void GetAtAnOwnerThatHandsItsRecordOverBeforeTheAnswersCome(TextWriter? log)
    {
        // The asked one hands the newer record to the asker before it answers "absent".
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        story.HoldPasses(All);
        story.Put(name);
        story.Out("t1");
        var written = story.Put(name);
        story.In("t1");
        story.Adopted();
        story.World.NeighborTimeoutNs = 30 * SimWorld.Second;
        story.Hold((_, to, message) => message is LookQuestion && to.Name == "t2");
        var get = story.Ask(ObjectCallKind.Get, name);
        story.Until(() => story.World.HeldNeighbors.Count > 0, 10, "the owner asks");
        story.World.NeighborTap = null;
        story.LetPass("t2");
        story.Until(() => story.RecordAt("t2", name) is { IsLive: false }, 20, "the asked one has handed it over");
        story.Release();
        story.Until(() => get.IsEnded, 30, "the read ends");
        story.Require(get.Error is null && get.Found?.Value == written.Value, $"with the newer content: {get.Error} {get.Found?.Value}");
        story.LetPass(All);
        story.Converged();
        story.EndsWell();
    }

    [Script]
    public static void PushThatReadsBesideACommitInFlight(TextWriter? log)
    {
        // A pass runs already when a put passes its check and hangs, and the name moves. What is pushed is read after the put has ended.
        var story = Story.Begin(log, targets: 3);
        story.CreateBucket();
        story.World.NeighborTimeoutNs = 30 * SimWorld.Second;
        story.Out("t3");
        story.Converged();
        var both = new[] { "t1", "t2" };
        var first = story.NameThatMoves(("t1", both), ("t3", All));
        var name = story.NameThatMoves(
            n => string.CompareOrdinal(first.Uname, n.Uname) < 0 && (n.Digest - first.Digest) % 2 == 0, ("t1", both), ("t1", All), ("t2", Without1));
        story.Target("t1").ShortPages = true;
        story.Put(first);
        story.Put(name);
        story.HoldPasses("t2", "t3");

        // One record is stuck on its way to C: the pass of A goes on and on.
        story.Hold((_, _, message) => message is PushQuestion { Offer: var offer } && offer.Name.Uname == first.Uname);
        story.In("t3");
        story.Until(() => story.World.HeldNeighbors.Count > 0, 20, "a pass runs");
        story.Put(name);
        story.Require(story.Do(ObjectCallKind.Delete, name).Error is null, "it is deleted under the same epoch");
        story.Target("t1").SlowCommitNs = 2 * SimWorld.Second;
        var put = story.Ask(ObjectCallKind.Put, name);
        story.RunFor(0.3);
        story.Out("t1");
        story.Adopted();
        story.Release();
        story.RunFor(0.3);
        var create = story.Ask(ObjectCallKind.Create, name);
        story.Until(() => put.IsEnded && create.IsEnded, 60, "both requests end");
        story.Require(create.Error?.Code == ErrorCode.PreconditionFailed, $"there is an object all the time: {create.Error}");
        story.Target("t1").SlowCommitNs = 0;
        story.LetPass(All);
        story.Converged();
        story.Finds(name, put.Value);
        story.EndsWell();
    }

    [Script]
    public static void VerifiedLeftoverVerifiedAgain(TextWriter? log)
    {
        // A's leftover was verified; B deleted the object and forgot that. Another pass of A must not bring it back.
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        story.Target("t1").HoldsCollection = true;
        story.Put(name);
        story.Out("t1");
        story.Converged();
        story.Require(story.RecordAt("t1", name) is { HandOver.IsVerified: true }, "A keeps a verified leftover");
        story.Require(story.Do(ObjectCallKind.Delete, name).Error is null, "it is deleted at B");
        story.Until(() => story.RecordAt("t2", name) is null, 60, "and forgotten");
        story.In("t1");
        story.Converged();
        story.FindsNothing(name);
        story.Out("t1");
        story.Converged();
        story.FindsNothing(name);
        story.Require(story.RecordAt("t1", name) is null or { IsLive: false }, "the leftover stays one");
        story.EndsWell();
    }

    [Script]
    public static void RecordThatTheReceiverLostIsFoundMissing(TextWriter? log)
    {
        // The sender dies between its marks and the verification; meanwhile a record vanishes from the receiver. The next process asks about every leftover
        // that is not verified, though it hands over nothing itself, and the record is live again.
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        var put = story.Put(name);
        story.Hold((_, _, message) => message is VerifyQuestion, NeighborFate.Lose);
        story.Out("t1");
        story.Until(() => story.RecordAt("t1", name) is { IsLive: false } && story.Target("t1").PassStatus?.Stage == PassStage.Verifying, 30, "the record is handed over");
        story.RunFor(1);
        story.World.Kill("t1");
        story.World.Checks.Excuse(name);
        story.Target("t2").Store.Write(story.Target("t2").Store.Slot(name), null, flushed: true);
        story.World.NeighborTap = null;
        story.World.Start("t1");
        story.Converged(120);
        story.Require(story.RecordAt("t2", name)?.Value == put.Value, "the receiver has it again");
        story.EndsWell();
    }

    [Script]
    public static void VerificationThatNobodyAnswers(TextWriter? log)
    {
        // Everything is handed over and marked, and the receiver never says that it holds it: that is an error of the pass, which ends with none.
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        var put = story.Put(name);
        story.Hold((_, _, message) => message is VerifyQuestion, NeighborFate.Lose);
        story.Out("t1");
        story.Until(() => story.Target("t1").PassStatus is { Stage: PassStage.Blocked }, 60, "the pass says that it is blocked");
        story.Always(() => story.World.Checks.Newest.Node(story.Node("t1").Id)!.Clean < story.World.Checks.Newest.Newest.Number, 20, "A is not clean while nobody vouches for what it gave");
        story.World.NeighborTap = null;
        story.Converged(120);
        story.Finds(name, put.Value);
        story.EndsWell();
    }

    [Script]
    public static void WeightsChangedUnderTheSubsetShortcut(TextWriter? log)
    {
        // A is away for one epoch; it comes back into the same set of targets, one of which has another weight: A still has something to hand over.
        var story = Begin(log);
        story.HoldPasses(All);
        for (var i = 0; i < 40; i++)
        {
            story.Put(Core.Names.ObjectName.Parse(Story.Bucket("b"), $"object-{i}"));
        }

        var before = story.World.Checks.Newest.Newest.Number;
        story.Out("t1", "t3");
        story.Place(("t1", AdminState.In, 1), ("t3", AdminState.In, 4));
        story.Adopted();
        var state = story.World.Checks.Newest;
        story.Require(state.Node(story.Node("t1").Id)!.Clean == before, "A is not clean by arithmetic");
        story.LetPass(All);
        story.Converged();
        story.EndsWell();
    }

    [Script]
    public static void FenceNotTransitiveInACluster(TextWriter? log)
    {
        // A never sees the middle epoch: it is cut off with a good lease. B, in the middle, reports at once; C must wait for A all the same.
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1), ("t3", Only3));
        story.Put(name);
        story.RunFor(6);
        story.World.Cut("t1", Network.NetworkKind.Control);
        story.Out("t1");
        story.Out("t2");
        story.Until(() => story.World.Checks.Newest.Node(story.Node("t2").Id)!.Fenced == story.World.Checks.Newest.Newest.Number, 20, "B is fenced");
        var put = story.Ask(ObjectCallKind.Put, name, patienceSeconds: 60);
        story.RunFor(4);
        story.Require(story.Target("t1").HasLease, "A still has its lease");
        story.Require(!put.IsEnded && story.RecordAt("t3", name) is null, "C waits");
        story.Until(() => put.IsEnded, 60, "C's put ends");
        story.Require(!story.Target("t1").HasLease, "after the lease of A");
        story.World.HealAll();
        story.Converged(90);
        story.Finds(name, story.RecordAt("t3", name)!.Value);
        story.EndsWell();
    }

    [Script]
    public static void RenameThatHangsAcrossAnEpochInACluster(TextWriter? log)
    {
        // The name is new: a walk of A's disks does not see it before the rename, and nobody holds its lock but the put.
        var story = Begin(log);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        story.Target("t1").SlowCommitNs = 3 * SimWorld.Second;
        var hanging = story.Ask(ObjectCallKind.Put, name);
        story.RunFor(0.5);
        story.Target("t1").SlowCommitNs = 0;
        story.Out("t1");
        story.Adopted();

        // The name is B's now, the put of A has passed its check and is not finished: whatever B is asked, nothing of A is lost and A is not clean yet.
        var written = story.Do(ObjectCallKind.Put, name);
        story.Require(written.Error is null, $"B writes: {written.Error}");
        story.Require(!hanging.IsEnded, "while A's rename hangs");
        story.Require(story.World.Checks.Newest.Node(story.Node("t1").Id)!.Clean < story.World.Checks.Newest.Newest.Number, "A is not clean before its rename has ended");
        story.Until(() => hanging.IsEnded, 30, "A's put ends");
        story.Converged();
        story.Finds(name, written.Value);
        story.EndsWell();
    }
}
