using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Simulation.Placement;
using Starling.Simulation.Store;
using Starling.Simulation.Workload;
using Starling.Simulation.World;

namespace Starling.Simulation.Scripts;

/// <summary>A world with the few verbs that a script needs. What a script requires and does not get is a failed check.</summary>
public sealed class Story
{
    private int _requests;

    public Story(WorldOptions options) => World = new SimWorld(options);

    public SimWorld World { get; }

    public SimNode? Leader => World.Leader;

    /// <summary>The voters as the leader has them; none without a leader.</summary>
    public Member[] Voters => Leader is { } leader ? [.. leader.View!.Voters.Members] : [];

    /// <summary>A formed cluster: a ready leader, everybody has applied everything, the targets are in and leased.</summary>
    public static Story Begin(TextWriter? log, int gateways = 3, int targets = 2, ulong seed = 7, NodeSettings? settings = null)
    {
        var story = new Story(new WorldOptions
        {
            Seed = seed,
            Gateways = gateways,
            Targets = targets,
            Expect = gateways,
            Settings = settings ?? NodeSettings.Default,
            Log = log,
        });
        story.World.StartAll();
        story.Until(
            () => story.Leader is { } leader && leader.View!.State.Newest.Targets.Length == targets
                && story.World.Nodes.TrueForAll(n => n.View!.AppliedIndex == leader.View.CommitIndex && (n.Target is null || n.Target.HasLease)),
            60,
            "the cluster forms");
        return story;
    }

    public SimNode Node(string name) => World.Node(name);

    public void RunFor(double seconds) => World.RunFor((long)(seconds * SimWorld.Second));

    public void Until(Func<bool> condition, double seconds, string what)
    {
        if (!World.RunUntil(condition, (long)(seconds * SimWorld.Second)))
        {
            var nodes = string.Join("; ", World.Nodes.Select(n =>
                $"{n} {n.View?.Role} term {n.View?.Term} applied {n.View?.AppliedIndex} voters {string.Join(',', n.View?.Voters.Members.Select(m => m.Id.Value) ?? [])} {n.View?.Waiting}"));
            throw new CheckFailedException("script", $"{what}: not within {seconds} s ({nodes})");
        }
    }

    public void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new CheckFailedException("script", what);
        }
    }

    /// <summary>Holds at every moment of the time that passes.</summary>
    public void Always(Func<bool> holds, double seconds, string what)
    {
        if (World.RunUntil(() => !holds(), (long)(seconds * SimWorld.Second)))
        {
            throw new CheckFailedException("script", $"{what}: no longer so at {World.NowNs / 1e9:F3} s");
        }
    }

    /// <summary>Another placement, committed by one command: which targets are active, with what weight.</summary>
    public long Place(params (string Target, AdminState State, int Weight)[] changes)
    {
        var seen = World.Checks.Newest.Newest.Number;
        var outcome = Commit(new PlaceTargets(seen, [.. changes.Select(c => new Placed(Node(c.Target).Id, c.State, c.Weight))]));
        Require(outcome.Error is null, $"the placement changes: {outcome.Error}");
        return seen + 1;
    }

    public long Out(params string[] targets) => Place([.. targets.Select(t => (t, AdminState.Draining, 1))]);

    public long In(params string[] targets) => Place([.. targets.Select(t => (t, AdminState.In, 1))]);

    /// <summary>A name that has these owners, one after the other, while these targets are active.</summary>
    public ObjectName NameThatMoves(params (string Owner, string[] Active)[] epochs) => NameThatMoves(_ => true, epochs);

    public ObjectName NameThatMoves(Func<ObjectName, bool> also, params (string Owner, string[] Active)[] epochs)
    {
        for (var i = 0; i < 100_000; i++)
        {
            var name = ObjectName.Parse(Bucket("b"), $"object-{i}");
            if (also(name) && epochs.All(e => OwnerAmong(e.Active, name) == Node(e.Owner).Id))
            {
                return name;
            }
        }

        throw new CheckFailedException("script", "no name moves that way");
    }

    public NodeId OwnerAmong(IEnumerable<string> active, ObjectName name)
    {
        NodeId[] ids = [.. active.Select(t => Node(t).Id).Order()];
        return new PlacementEpoch(1, [.. ids], [.. ids.Select(_ => 1)]).OwnerOf(name.Digest);
    }

    public TargetService Target(string name) => Node(name).Target!;

    /// <summary>What a target has of a name; null for nothing.</summary>
    public StoredRecord? RecordAt(string target, ObjectName name) => Target(target).RecordOf(name.Uname);

    public void HoldPasses(params string[] targets)
    {
        foreach (var target in targets)
        {
            Target(target).HoldsPasses = true;
        }
    }

    public void LetPass(params string[] targets)
    {
        foreach (var target in targets)
        {
            Target(target).HoldsPasses = false;
            World.ScheduleLocal(Node(target), 0, Target(target).PassViewChanged);
        }
    }

    /// <summary>Everybody that is up has adopted the newest epoch, and everybody that owned something before is fenced there.</summary>
    public void Adopted(double seconds = 60) => Until(
        () => World.Checks.Newest is { } newest && World.Nodes.TrueForAll(n => !n.IsUp || n.IsPaused || n.View!.State.Newest.Number == newest.Newest.Number)
            && newest.Nodes.Values.All(n => !n.HoldsIntegers || n.Fenced == newest.Newest.Number),
        seconds,
        "the epoch is adopted and fenced");

    public void Converged(double seconds = 60) => Until(() => World.Checks.Newest.IsConverged, seconds, "every target is clean");

    /// <summary>Keeps the messages between targets that the condition picks; <see cref="Release"/> lets them arrive.</summary>
    public void Hold(Func<SimNode, SimNode, object, bool> which, NeighborFate fate = NeighborFate.Hold) =>
        World.NeighborTap = (from, to, message) => which(from, to, message) ? fate : NeighborFate.Deliver;

    public void Release()
    {
        World.NeighborTap = null;
        foreach (var held in World.HeldNeighbors.ToArray())
        {
            held.Arrive();
        }

        World.HeldNeighbors.Clear();
    }

    public static BucketName Bucket(string name) => BucketName.Parse("ais", null, name);

    /// <summary>A name of this bucket that the given target owns.</summary>
    public ObjectName NameOwnedBy(string target, string bucket = "b")
    {
        var state = World.Checks.Newest;
        for (var i = 0; ; i++)
        {
            var name = ObjectName.Parse(Bucket(bucket), $"object-{i}");
            if (state.Newest.OwnerOf(name.Digest) == Node(target).Id)
            {
                return name;
            }
        }
    }

    /// <summary>Commits a command through a gateway and returns its outcome.</summary>
    public CommandOutcome Commit(Command command, string? gateway = null, double seconds = 20)
    {
        Answer? answer = null;
        var asked = false;
        var through = gateway is null ? Leader ?? Node("g1") : Node(gateway);
        if (through.Gateway is null)
        {
            through = World.Nodes.Find(n => n is { IsGateway: true, IsUp: true, IsPaused: false })!;
        }

        through.Gateway!.Propose(command, a => (answer, asked) = (a, true));
        Until(() => asked, seconds, $"{command.GetType().Name} is answered by {through}");
        return answer?.Outcome ?? throw new CheckFailedException("script", $"{command.GetType().Name}: {answer?.Error}");
    }

    public ulong CreateBucket(string name = "b", string? gateway = null)
    {
        var outcome = Commit(new CreateBucket(Bucket(name), string.Empty, World.NowNs) { RequestId = $"create-{++_requests}" }, gateway);
        Require(outcome.Error is null, $"bucket {name} is created: {outcome.Error}");
        return ulong.Parse(outcome.Result, System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Starts a request of a client and does not wait for it.</summary>
    public ObjectCall Ask(ObjectCallKind kind, ObjectName name, string? gateway = null, double patienceSeconds = 10, long expected = 0)
    {
        var call = new ObjectCall(World, kind, name, World.NextValue(), expected, (long)(patienceSeconds * SimWorld.Second), _ => { })
        {
            Only = gateway is null ? null : Node(gateway),
        };
        call.Start();
        return call;
    }

    /// <summary>A request of a client, to its end.</summary>
    public ObjectCall Do(ObjectCallKind kind, ObjectName name, string? gateway = null, double patienceSeconds = 10, long expected = 0)
    {
        var call = Ask(kind, name, gateway, patienceSeconds, expected);
        Until(() => call.IsEnded, patienceSeconds + 60, $"{call} ends");
        return call;
    }

    public ObjectCall Put(ObjectName name, string? gateway = null)
    {
        var call = Do(ObjectCallKind.Put, name, gateway);
        Require(call.Error is null, $"{call} is acknowledged: {call.Error}");
        return call;
    }

    public void Finds(ObjectName name, long value, string? gateway = null)
    {
        var call = Do(ObjectCallKind.Get, name, gateway);
        Require(call.Error is null && call.Found?.Value == value, $"{name.Name} reads {value}: {call.Error} {call.Found?.Value}");
    }

    public void FindsNothing(ObjectName name, string? gateway = null)
    {
        var call = Do(ObjectCallKind.Get, name, gateway);
        Require(call.Error?.Code == ErrorCode.ObjectNotFound, $"{name.Name} is proven absent: {call.Error} {call.Found?.Value}");
    }

    /// <summary>Waits for a ready leader that satisfies the condition.</summary>
    public SimNode NewLeader(Func<SimNode, bool> condition, double seconds = 10, string what = "a leader is elected")
    {
        Until(() => Leader is { } leader && condition(leader), seconds, what);
        return Leader!;
    }

    public bool IsVoter(string name) => Leader?.View!.Voters.Members.Any(m => m.Id == Node(name).Id && m.Incarnation == Node(name).Disk.Durable.Incarnation) == true;

    /// <summary>Everybody who is up has applied what the leader has committed; histories have an order; what was acknowledged is there.</summary>
    public void EndsWell(double seconds = 60)
    {
        World.HealAll();
        Until(
            () => Leader is { } leader && World.Nodes.TrueForAll(n => !n.IsUp || n.IsPaused || n.View!.Waiting is not null || n.View.AppliedIndex == leader.View!.CommitIndex),
            seconds,
            "everybody has applied everything");
        World.Checks.CheckRecords();
        World.Checks.CheckHistories();
    }

    public ConsensusRole RoleOf(string name) => Node(name).View?.Role ?? ConsensusRole.Outside;
}
