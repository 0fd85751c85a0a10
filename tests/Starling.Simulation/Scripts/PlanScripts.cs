using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Identity;
using Starling.Protocol.Objects;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;

namespace Starling.Simulation.Scripts;

/// <summary>
/// Stories about epochs. Nothing changes the epochs of a cluster that has buckets yet, so the states are made by hand and the real plans and rules are driven
/// over them.
/// </summary>
public static class PlanScripts
{
    private static readonly SessionId Session = new(42);
    private static readonly BucketName B = Story.Bucket("b");

    [Script]
    public static void FenceNotTransitive(TextWriter? log)
    {
        // A owned n in epoch 1 and never saw epoch 2; B owned it in epoch 2 and is fenced at 3; C owns it in epoch 3.
        var (name, a, b, c) = (Name(), Id("ta"), Id("tb"), Id("tc"));
        var epochs = new[] { Epoch(1, a), Epoch(2, b), Epoch(3, c) };
        Require(Fence.WaitsFor(State(epochs, (a, 1, 1), (b, 3, 2), (c, 3, 3)), c, name.Digest) == a, "C waits for A, whose lease of epoch 1 may still be good");
        Require(Fence.WaitsFor(State(epochs, (a, 2, 1), (b, 2, 2), (c, 3, 3)), c, name.Digest) == b, "C waits for B, which is not fenced beyond epoch 2");
        Require(Fence.WaitsFor(State(epochs, (a, 2, 1), (b, 3, 2), (c, 3, 3)), c, name.Digest).IsNone, "both are fenced beyond their last ownership");
        var plan = Put(name, 1);
        Require(plan.Next(PlanEvent.Started(View(State(epochs, (a, 1, 1), (b, 3, 2), (c, 3, 3)), c))).Kind == PlanActionKind.LockName, "a put takes the lock");
        var action = plan.Next(PlanEvent.Locked(View(State(epochs, (a, 1, 1), (b, 3, 2), (c, 3, 3)), c), null));
        Require(action.Kind == PlanActionKind.WaitForView, $"under the lock it waits for A's fence, not {action.Kind}");
    }

    [Script]
    public static void EpochTakenLate(TextWriter? log)
    {
        // Admission decides nothing: the key carries the epoch of the check under the lock, and what was resolved under an older one is resolved again.
        var (name, a, b) = (Name(), Id("ta"), Id("tb"));
        var before = State([Epoch(1, a)], (a, 1, 1), (b, -1, -1));
        var after = State([Epoch(1, a), Epoch(2, a, b, name, a)], (a, 2, 2), (b, 2, 2));
        var plan = Put(name, 1);
        plan.Next(PlanEvent.Started(View(before, a)));
        var action = plan.Next(PlanEvent.Locked(View(after, a), null));
        Require(action.Kind == PlanActionKind.Commit && action.Key.Epoch == 2, $"the key is of epoch 2, not {action.Kind} {action.Key}");

        var create = new PutPlan(name, 1, Conditions.CreateIfAbsent, new RecordKeySource(), Staged(1));
        Require(create.Next(PlanEvent.Started(View(before, a))).Kind == PlanActionKind.LookUp, "a condition is resolved by a look first");
        Require(create.Next(PlanEvent.Looked(View(before, a), null)).Kind == PlanActionKind.LockName, "nobody else can hold it in epoch 1");
        action = create.Next(PlanEvent.Locked(View(after, a), null));
        Require(action.Kind == PlanActionKind.LookUp, $"the epoch moved since: it starts over, not {action.Kind}");

        var moved = State([Epoch(1, a), Epoch(2, b)], (a, 2, 1), (b, 2, 2));
        var other = Put(name, 1);
        other.Next(PlanEvent.Started(View(before, a)));
        action = other.Next(PlanEvent.Locked(View(moved, a), null));
        Require(action.Kind == PlanActionKind.Redirect && action.Node == b, $"the name belongs to B by now: redirect, not {action.Kind}");
    }

    [Script]
    public static void RenameThatHangsAcrossAnEpoch(TextWriter? log)
    {
        var (name, a, b) = (Name(), Id("ta"), Id("tb"));
        var before = State([Epoch(1, a)], (a, 1, 1), (b, -1, -1));
        var plan = Put(name, 1);
        plan.Next(PlanEvent.Started(View(before, a)));
        var commit = plan.Next(PlanEvent.Locked(View(before, a), null));
        Require(commit.Kind == PlanActionKind.Commit && commit.Key.Epoch == 1, "A passes in epoch 1, and its rename hangs");

        // The name moves to B; A has not reported: B waits. A's lease lapses, A is fenced: B writes a greater key.
        var moved = State([Epoch(1, a), Epoch(2, b)], (a, 1, 1), (b, 2, 2));
        var successor = Put(name, 2);
        successor.Next(PlanEvent.Started(View(moved, b)));
        Require(successor.Next(PlanEvent.Locked(View(moved, b), null)).Kind == PlanActionKind.WaitForView, "B waits while A is not fenced");
        var fenced = State([Epoch(1, a), Epoch(2, b)], (a, 2, 1), (b, 2, 2));
        successor.Next(PlanEvent.ViewChanged(View(fenced, b)));
        var second = successor.Next(PlanEvent.Locked(View(fenced, b), null));
        Require(second.Kind == PlanActionKind.Commit && second.Key > commit.Key, "B passes with a greater key once A is fenced");

        // A's rename ends: its lease is over, so nobody is told that it was done; nor when A is leased again and sees that the name moved.
        Require(plan.Next(PlanEvent.Committed(View(before, a, leased: false))).Kind == PlanActionKind.WaitForView, "A does not acknowledge without a lease");
        var answer = plan.Next(PlanEvent.ViewChanged(View(fenced, a)));
        Require(answer.Kind == PlanActionKind.Refuse && answer.Error?.Code == ErrorCode.UnknownOutcome, $"A answers unknown, not {answer.Kind}");
        var late = Put(name, 3);
        late.Next(PlanEvent.Started(View(before, a, leased: false)));
        Require(late.Next(PlanEvent.Locked(View(before, a, leased: false), null)).Kind == PlanActionKind.WaitForView, "without a lease A passes no more");
    }

    [Script]
    public static void BucketRecreatedObsoleteKeys(TextWriter? log)
    {
        var (name, a) = (Name(), Id("ta"));
        var first = State([Epoch(1, a)], (a, 1, 1));
        var second = first with { Buckets = first.Buckets.SetItem(B, first.Buckets[B] with { Id = 2 }), NextBucketId = 3, AppliedIndex = 20 };
        var old = new RecordHead(new RecordKey(1, 1, 5, 9), false, 1, "xxhash2", "1", 1);

        var get = new GetPlan(name, 2, Conditions.None);
        get.Next(PlanEvent.Started(View(second, a)));
        var read = get.Next(PlanEvent.Looked(View(second, a), old));
        Require(read.Kind == PlanActionKind.Refuse && read.Error?.Code == ErrorCode.ObjectNotFound, $"a record of the destroyed bucket is not there for its successor: {read.Kind}");

        var create = new PutPlan(name, 2, Conditions.CreateIfAbsent, new RecordKeySource(), Staged(2));
        create.Next(PlanEvent.Started(View(second, a)));
        create.Next(PlanEvent.Looked(View(second, a), old));
        var commit = create.Next(PlanEvent.Locked(View(second, a), old));
        Require(commit.Kind == PlanActionKind.Commit && commit.Key > old.Key, "create-if-absent does not see it, and its key is greater");

        var late = Put(name, 1);
        late.Next(PlanEvent.Started(View(first, a)));
        var refused = late.Next(PlanEvent.Locked(View(second, a), null));
        Require(refused.Kind == PlanActionKind.Refuse && refused.Error?.Code == ErrorCode.BucketNotFound, $"a put that was admitted for the old bucket is refused under the lock: {refused.Kind}");
    }

    [Script]
    public static void TwoNameLocksAskingEachOther(TextWriter? log)
    {
        // n moved A -> B -> A: each may have to ask the other. No plan asks while it holds the name, so both always answer.
        var (name, a, b) = (Name(), Id("ta"), Id("tb"));
        var state = State([Epoch(1, a), Epoch(2, b), Epoch(3, a)], (a, 3, 1), (b, 3, 2));
        foreach (var plan in new IPlan[]
        {
            new PutPlan(name, 1, Conditions.CreateIfAbsent, new RecordKeySource(), Staged(1)),
            new GetPlan(name, 1, Conditions.None),
            new DeletePlan(name, 1, Conditions.None, new RecordKeySource()),
            Put(name, 1),
        })
        {
            var isLocked = false;
            var action = plan.Next(PlanEvent.Started(View(state, a)));
            for (var step = 0; !action.IsEnd; step++)
            {
                Require(step < 20, $"{plan.GetType().Name} comes to an end");
                Require(!isLocked || action.Kind != PlanActionKind.AskCandidates, $"{plan.GetType().Name} asks nobody right after it got the lock");
                isLocked = action.Kind == PlanActionKind.LockName;
                action = plan.Next(action.Kind switch
                {
                    PlanActionKind.LookUp => PlanEvent.Looked(View(state, a), null),
                    PlanActionKind.LockName => PlanEvent.Locked(View(state, a), null),
                    PlanActionKind.Commit => PlanEvent.Committed(View(state, a)),
                    PlanActionKind.AskCandidates => PlanEvent.Answered(View(state, a), b, LookResult.Absent),
                    _ => PlanEvent.DeadlinePassed(View(state, a)),
                });
            }
        }
    }

    [Script]
    public static void HitServedAcrossAnEpochChange(TextWriter? log)
    {
        var (name, a, b) = (Name(), Id("ta"), Id("tb"));
        var before = State([Epoch(1, a)], (a, 1, 1), (b, -1, -1));
        var after = State([Epoch(1, a), Epoch(2, b)], (a, 2, 1), (b, 2, 2));
        var hit = new RecordHead(new RecordKey(1, 1, 5, 1), false, 1, "xxhash2", "1", 1);
        var get = new GetPlan(name, 1, Conditions.None);
        get.Next(PlanEvent.Started(View(before, a)));
        var action = get.Next(PlanEvent.Looked(View(after, a), hit));
        Require(action.Kind == PlanActionKind.Redirect && action.Node == b, $"the epoch moved while it looked: B is asked, the hit is not served ({action.Kind})");

        var stay = State([Epoch(1, a), Epoch(2, b), Epoch(3, a)], (a, 3, 1), (b, 3, 2));
        var again = new GetPlan(name, 1, Conditions.None);
        again.Next(PlanEvent.Started(View(before, a)));
        action = again.Next(PlanEvent.Looked(View(stay, a), hit));
        Require(action.Kind == PlanActionKind.LookUp, $"A -> B -> A while it looked: it starts over ({action.Kind})");
        action = again.Next(PlanEvent.Looked(View(stay, a), hit));
        Require(action.Kind == PlanActionKind.AskCandidates && action.Nodes.Contains(b), $"and asks B, which owned it meanwhile ({action.Kind})");
    }

    [Script]
    public static void NoSecondLookNoAnswer(TextWriter? log)
    {
        // All candidates said absent, but a hand-over arrived meanwhile: the second look finds it, and the read starts over instead of saying "not found".
        var (name, a, b) = (Name(), Id("ta"), Id("tb"));
        var state = State([Epoch(1, a), Epoch(2, b)], (a, 2, 1), (b, 2, 2));
        var arrived = new RecordHead(new RecordKey(1, 1, 5, 1), false, 1, "xxhash2", "1", 1);
        var get = new GetPlan(name, 1, Conditions.None);
        get.Next(PlanEvent.Started(View(state, b)));
        Require(get.Next(PlanEvent.Looked(View(state, b), null)).Kind == PlanActionKind.AskCandidates, "B asks A");
        var action = get.Next(PlanEvent.Answered(View(state, b), a, LookResult.Absent));
        Require(action.Kind == PlanActionKind.LookUp, $"before it answers it looks again ({action.Kind})");
        action = get.Next(PlanEvent.Looked(View(state, b), arrived));
        Require(action.Kind == PlanActionKind.LookUp, $"the record arrived meanwhile: it starts over ({action.Kind})");
    }

    [Script]
    public static void ConditionOnARecordThatWasDeletedAndForgotten(TextWriter? log)
    {
        // Between the look that resolved the condition and the lock, a delete removes the record without a tombstone: the condition holds no more.
        var (name, a) = (Name(), Id("ta"));
        var state = State([Epoch(1, a)], (a, 1, 1));
        var seen = new RecordHead(new RecordKey(1, 1, 5, 1), false, 1, "xxhash2", "1", 1);
        var match = new PutPlan(name, 1, new Conditions(["1"], []), new RecordKeySource(), Staged(2));
        match.Next(PlanEvent.Started(View(state, a)));
        Require(match.Next(PlanEvent.Looked(View(state, a), seen)).Kind == PlanActionKind.LockName, "the look finds what the condition names");
        var action = match.Next(PlanEvent.Locked(View(state, a), null));
        Require(action.Kind == PlanActionKind.Refuse && action.Error?.Code == ErrorCode.PreconditionFailed, $"it is gone under the lock: {action.Kind}");

        var create = new PutPlan(name, 1, Conditions.CreateIfAbsent, new RecordKeySource(), Staged(3));
        create.Next(PlanEvent.Started(View(state, a)));
        create.Next(PlanEvent.Looked(View(state, a), seen));
        action = create.Next(PlanEvent.Locked(View(state, a), null));
        Require(action.Kind == PlanActionKind.Commit, $"and create-if-absent succeeds: {action.Kind}");
    }

    [Script]
    public static void ReportByASupersededSession(TextWriter? log)
    {
        var a = Id("ta");
        var state = State([Epoch(1, a), Epoch(2, a)], (a, 1, 1));
        var old = new MarkFenced(a, new SessionId(41), 2, FenceGround.Reported);
        Require(old.Check(state)?.Code == ErrorCode.Conflict, "what an earlier session reports does not fence the present one");
        var now = new MarkFenced(a, Session, 2, FenceGround.Reported);
        Require(now.Check(state) is null && now.Apply(state, 11).Node(a)!.Fenced == 2, "the committed session's report does");
        Require(old.Apply(now.Apply(state, 11), 12).Node(a)!.Fenced == 2 && new MarkFenced(a, Session, 1, FenceGround.Reported).Apply(now.Apply(state, 11), 12).Node(a)!.Fenced == 2, "and it never goes down");
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new CheckFailedException("script", what);
        }
    }

    private static ObjectName Name() => ObjectName.Parse(B, "n");

    private static NodeId Id(string name) => NodeId.Parse("target-" + name);

    private static PutPlan Put(ObjectName name, long value) => new(name, 1, Conditions.None, new RecordKeySource(), Staged(value));

    private static StagedObject Staged(long value) => new(value, "xxhash2", value.ToString(System.Globalization.CultureInfo.InvariantCulture), Durability.Durable);

    private static PlacementEpoch Epoch(long number, NodeId owner) => new(number, [owner], [1]);

    // An epoch of two targets in which the given one owns the name.
    private static PlacementEpoch Epoch(long number, NodeId first, NodeId second, ObjectName name, NodeId owner)
    {
        var epoch = new PlacementEpoch(number, first < second ? [first, second] : [second, first], [1, 1]);
        return epoch.OwnerOf(name.Digest) == owner ? epoch : new PlacementEpoch(number, [owner], [1]);
    }

    private static ClusterState State(PlacementEpoch[] epochs, params (NodeId Id, long Fenced, long Clean)[] targets)
    {
        var nodes = ImmutableSortedDictionary.CreateBuilder<NodeId, NodeEntry>();
        foreach (var (id, fenced, clean) in targets)
        {
            nodes[id] = new NodeEntry(id, NodeRole.Target, new Incarnation(1), new NodeAddresses("p", "c", "d"))
            {
                State = AdminState.In,
                Session = Session,
                SessionIndex = 5,
                Fenced = fenced,
                Clean = clean,
            };
        }

        return ClusterState.Empty with
        {
            ClusterId = "c",
            AppliedIndex = 10,
            Nodes = nodes.ToImmutable(),
            Epochs = [.. epochs],
            Buckets = ClusterState.Empty.Buckets.Add(B, new BucketEntry(1, B, new BucketProps("{}"), 0)),
            NextBucketId = 2,
        };
    }

    private static ObjectView View(ClusterState state, NodeId self, bool leased = true) => new(state, self, Session, leased);
}
