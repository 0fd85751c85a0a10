using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Tests.Protocol.Operations;
using Starling.Tests.Protocol.State;

namespace Starling.Tests.Protocol.Codec;

/// <summary>One of each thing that has an encoding, every field set to something that is not its default.</summary>
internal static class Samples
{
    private static readonly NodeId Id = NodeId.Parse("target01");

    private static readonly Member Member = new(Id, new Incarnation(0x11));

    private static readonly NodeAddresses Addresses = new("http://10.0.0.1:8081", "http://10.0.0.1:9081", "http://[::1]:10081");

    private static readonly KnownNode Known = new(new Incarnation(0x12), Addresses, StillAnswers: true);

    private static readonly BucketName Bucket = BucketName.Parse("ais", "@uuid#space", "demo");

    public static ImmutableArray<Command> Commands { get; } =
    [
        new FormCluster("8d6wTn4G1", 1_700_000_000_000_000_000, [new FoundingMember(Id, NodeRole.Gateway, new Incarnation(0x11), Addresses, Electable: false)])
        {
            Config = new ClusterConfig("""{"later":1}"""), RequestId = "r1", SeenIndex = 7,
        },
        new AdmitNode(Id, NodeRole.Target, new Incarnation(0x11), Addresses) { Electable = false, Weight = 3, Known = Known, RequestId = "r2", SeenIndex = 8 },
        new UpdateNodeAddresses(Member, Known, Addresses) { SeenIndex = 9 },
        new CommitSession(Member, new SessionId(0x21), new SessionId(0x20))
        {
            HostBootId = "boot-1", LockFiles = [new LockFile(1, 2), new LockFile(3, 400)], MountpathIds = ["mp-a", "mp-b"], PreviousEnd = PreviousSessionEnd.Attested,
        },
        new RecordStop(Id, new SessionId(0x21)),
        new ActivateTargets(300, [new ReadyTarget(Id, new SessionId(0x21))]),
        new MarkFenced(Id, new SessionId(0x21), 5, FenceGround.LeaseLapsed),
        new MarkClean(Id, new SessionId(0x21), 6),
        new CreateBucket(Bucket, """{"access":"1"}""", 1_700_000_000_000_000_001) { RequestId = "r9" },
        new DestroyBucket(Bucket, 77),
        new SetBucketProps(Bucket, 78, """{"versioning":{"enabled":false}}"""),
        new ResetBucketProps(Bucket, 79),
        new SetConfig("""{"rebalance":{"enabled":false}}""", 12),
        new ResetConfig(13) { Defaults = new ClusterConfig("""{"later":2}""") },
        new SetFeatureLevel(1, 2, [Id]),
    ];

    /// <summary>What is written from feature level 1 on.</summary>
    public static ImmutableArray<Command> OperationCommands { get; } =
    [
        new StartOperation(OperationKind.Decommission, [Id])
        {
            Options = new OperationOptions { NoRebalance = true, RemoveUserData = true, KeepInitialConfig = true, NoShutdown = true, Force = ["capacity", "voters"] },
            RequestedBy = "admin",
            CreatedNs = 1_700_000_000_000_000_002,
            Facts = new OperationFacts(5, [new NodeFact(Id, new SessionId(0x21), Liveness.Suspect)
            {
                CapacityBytes = 1L << 40, UsedBytes = 300, Objects = 7, Bytes = 200, Jobs = ["copy-bucket"], Domain = "rack1",
            }]),
            RequestId = "r16",
            SeenIndex = 40,
            Origin = new Origin("admin", 1_700_000_000_000_000_003, "new disks"),
        },
        new AdvanceOperation(40, 2, OperationPhase.Mark) { Ready = [new ReadyTarget(Id, new SessionId(0x21))], Silent = [new ReadyTarget(Id, new SessionId(0x22))] },
        new BlockOperation(40, 3, new OperationBlock(BlockReason.OutOfSpace, "no space", ["target01"])),
        new CancelOperation(40, "admin"),
        new CompleteDrain(40, 4, Id, 6, [new ReadyTarget(Id, new SessionId(0x23))]),
        new ReopenDrain(Id, new SessionId(0x21), Id),
        new DeclareLost(Id, new SessionId(0x21), 6, ["mp-a"], "admin") { LeaseEnd = PreviousSessionEnd.LeaseLapsed },
        new AttestOff(Id, new SessionId(0x21), "admin"),
        new RemoveNode(40, Id, new Incarnation(0x11)),
        new PermitErase(40, Id, new Incarnation(0x11)),
        new ConfirmErased(40, Id, new Incarnation(0x11)),
        new StopNode(40, Id, new SessionId(0x21)),
        new MarkClean(Id, new SessionId(0x21), 6) { StartedIndex = 39, Receivers = [Id] },
        new RecordMountpaths(Id, new SessionId(0x21), ["mp-a", "mp-c"]),
    ];

    public static ImmutableArray<LogEntry> Entries { get; } =
    [
        new LogEntry(1, 1, EntryKind.Noop, new NodeIdentity(Id, new Incarnation(0x11), new SessionId(0x21))),
        new LogEntry(2, 1, EntryKind.Voters, Voters: new VoterSet([Member])),
        new LogEntry(3, 1L << 40, EntryKind.Command, Command: new ResetConfig(0) { Defaults = new ClusterConfig("{}") }),
    ];

    /// <summary>As if a newer build had written settings that this one does not know.</summary>
    public static ClusterState WithUnknownSettings(this ClusterState state) => state with
    {
        Config = new ClusterConfig(state.Config.Json.Insert(1, "\"unknown\":{\"kept\":true},")),
        Buckets = state.Buckets.SetItems(state.Buckets.Select(b =>
            KeyValuePair.Create(b.Key, b.Value with { Props = new BucketProps(b.Value.Props.Json.Insert(1, "\"unknown\":{\"kept\":true},")) }))),
    };

    /// <summary>A state of feature level 1: an operation that runs and some that ended, a loss, a permit, a proof, a journal.</summary>
    public static ClusterState OperationState { get; } = MakeOperationState();

    private static ClusterState MakeOperationState()
    {
        var quiet = new OperationOptions { NoRebalance = true };
        var world = new OperationWorld(OperationWorld.Serving(6) with { Config = new ClusterConfig("""{"later":3}""") })
            .Start(OperationKind.Decommission, new OperationOptions { RemoveUserData = true }, Fold.Target(1)).Run()
            .Down(Fold.Target(2)).Start(OperationKind.RemoveDead, quiet, Fold.Target(2)).Run()
            .Start(OperationKind.Maintenance, null, Fold.Target(3)).Run()
            .Start(OperationKind.Maintenance, quiet, Fold.Target(4)).Run();
        world.Ask(new AttestOff(Fold.Target(4), Fold.SessionOf(Fold.Target(4)), "admin"));
        world.Stuck(Fold.Target(5)).Start(OperationKind.Shutdown, null, Fold.Target(5)).Run();
        var running = world.Single();
        world.Ask(new BlockOperation(running.Id, running.Version, new OperationBlock(BlockReason.Errors, "one record could not be read", ["ais://demo/o1"])));
        return world.State;
    }

    /// <summary>A state with at least one of everything.</summary>
    public static ClusterState State { get; } = Fold.Serving(3)
        .Lead(Fold.Gateway(1), term: 3)
        .Apply(Fold.Session(Fold.Target(1), start: 2, previous: 1) with { MountpathIds = ["target01-b"] })
        .Apply(new RecordStop(Fold.Target(2), Fold.SessionOf(Fold.Target(2))))
        .Apply(new CreateBucket(Bucket, """{"access":"7"}""", 6) { RequestId = "r1", SeenIndex = 3 })
        .WithUnknownSettings()
        .Apply(new SetConfig("""{"rebalance":{"enabled":false}}""", 0) { RequestId = "r2", SeenIndex = 3 })
        .Apply(new SetBucketProps(Bucket, 2, """{"versioning":{"enabled":false}}"""))
        .Try(new DestroyBucket(Bucket, 99) { RequestId = "r3" }).State
        .Move((1, AdminState.Draining));
}
