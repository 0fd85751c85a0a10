using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Codec;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Operations;
using Starling.Protocol.Operations.Guards;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Operations;

/// <summary>Random commands, sensible and senseless, in random order: what must hold after every entry.</summary>
public class OperationPropertyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public void Every_command_is_total_and_keeps_what_must_hold(int seed)
    {
        var random = new Random(seed);
        var world = new OperationWorld(OperationWorld.Serving(4));
        var (applied, finished) = (0, 0);
        for (var step = 0; step < 600; step++)
        {
            var before = world.State;
            if (random.Next(3) == 0)
            {
                Trouble(random, world);
            }

            if (random.Next(4) == 0)
            {
                world.Run();
            }
            else
            {
                applied += world.Ask(Next(random, world)).Error is null ? 1 : 0;
            }

            Check(before, world.State);
            finished = Math.Max(finished, world.State.FinishedOperations.Count);
            if (step % 50 == 0)
            {
                var bytes = StateCodec.Encode(world.State);
                Assert.Equal(bytes, StateCodec.Encode(StateCodec.Decode(bytes)));
            }
        }

        Assert.True(applied > 30 && finished > 1, $"{applied} commands were applied and {finished} operations ended: the random walk does not reach far");
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(18)]
    [InlineData(19)]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    [InlineData(24)]
    [InlineData(25)]
    [InlineData(26)]
    [InlineData(27)]
    public void C7_when_troubles_end_every_operation_ends_or_is_blocked_and_can_be_taken_back(int seed)
    {
        var random = new Random(seed);
        var world = new OperationWorld(OperationWorld.Serving(4));
        for (var step = 0; step < 150; step++)
        {
            Trouble(random, world);
            world.Ask(Next(random, world));
            if (random.Next(3) == 0)
            {
                world.Run();
            }

            if (step % 10 != 9)
            {
                continue;
            }

            var calm = new OperationWorld(world.State).Run();
            foreach (var operation in calm.State.Operations.Values.ToList())
            {
                Assert.True(calm.Blocks.ContainsKey(operation.Id), $"{operation.Name} ({operation.Kind}) rests in {operation.Phase} and nothing says why");
                Assert.True(calm.Ask(new CancelOperation(operation.Id, "admin")).Error is null || !operation.MayBeCancelled);
            }

            calm.Run();
            Assert.All(calm.State.Operations.Values, o => Assert.True(!o.MayBeCancelled || calm.Blocks.ContainsKey(o.Id), $"{o.Name} ({o.Kind}) rests in {o.Phase}"));
            if (calm.State.Operations.IsEmpty && calm.State.Nodes.Values.All(n => n.State is AdminState.In or AdminState.Joining && n.LostMountpathIds.IsEmpty))
            {
                Assert.True(calm.State.IsConverged || calm.State.Newest.Number <= calm.State.QuietThrough, "everybody is in and yet something lies elsewhere");
            }
        }
    }

    private static void Trouble(Random random, OperationWorld world)
    {
        var node = Fold.Target(random.Next(1, 5));
        _ = random.Next(8) switch
        {
            0 => world.Down(node),
            1 or 2 => world.Up(node),
            3 => world.Stuck(node),
            4 or 5 => world.Freed(node),
            6 => world.MayBeLeased(node),
            _ => world.Up(Fold.Target(1), Fold.Target(2), Fold.Target(3), Fold.Target(4)),
        };
    }

    private static Command Next(Random random, OperationWorld world)
    {
        var state = world.State;
        var id = random.Next(5) == 0 ? Fold.Gateway(random.Next(1, 4)) : Fold.Target(random.Next(1, 5));
        var entry = state.Node(id);
        var session = entry?.Session ?? SessionId.None;
        var operation = state.Operations.Values.Skip(random.Next(2)).FirstOrDefault();
        var number = operation?.Id ?? random.Next(100);
        var version = (operation?.Version ?? 1) - (random.Next(6) == 0 ? 1 : 0);
        var incarnation = entry?.Incarnation ?? Fold.IncarnationOf(id);
        return random.Next(18) switch
        {
            < 5 => new StartOperation((OperationKind)random.Next(7), random.Next(5) == 0 ? [] : random.Next(4) == 0 ? [id, Fold.Target(4)] : [id])
            {
                Options = new OperationOptions { NoRebalance = random.Next(3) == 0, Force = random.Next(3) == 0 ? GuardList.Names : [] },
            },
            5 => new CancelOperation(number, "admin"),
            6 => new AdvanceOperation(number, version, (OperationPhase)random.Next(13)),
            7 => new BlockOperation(number, version, random.Next(2) == 0 ? null : new OperationBlock(BlockReason.Errors, "x", [])),
            8 => new CompleteDrain(number, version, id, state.Newest.Number, []),
            9 => new ReopenDrain(id, session, Fold.Target(random.Next(1, 5))),
            10 => new DeclareLost(id, session, state.Newest.Number, [], "admin") { LeaseEnd = (PreviousSessionEnd)random.Next(3) },
            11 => new AttestOff(id, session, "admin"),
            12 => random.Next(2) == 0 ? new RemoveNode(number, id, incarnation) : new PermitErase(number, id, incarnation),
            13 => random.Next(2) == 0 ? new ConfirmErased(number, id, incarnation) : new StopNode(number, id, session),
            14 => new MarkClean(id, session, state.Newest.Number - random.Next(2)) { StartedIndex = state.AppliedIndex - random.Next(20), Receivers = [Fold.Target(random.Next(1, 5))] },
            15 => Fold.Admission(id, random.Next(1, 4)) with { Known = entry is null ? null : new KnownNode(entry.Incarnation, entry.Addresses, false) },
            16 => new CommitSession(new Member(id, incarnation), new SessionId((UInt128)random.Next(1, 1000)), session)
            {
                LockFiles = [new LockFile(7, id.Digest)], MountpathIds = random.Next(3) == 0 ? [$"{id}-a"] : [$"{id}-a", $"{id}-b"], HostBootId = "boot-1",
            },
            _ => new ActivateTargets(state.Newest.Number, [new ReadyTarget(id, session)]),
        };
    }

    private static void Check(ClusterState before, ClusterState state)
    {
        for (var i = 1; i < state.Epochs.Length; i++)
        {
            Assert.Equal(state.Epochs[i - 1].Number + 1, state.Epochs[i].Number);
        }

        var holders = state.Nodes.Values.Where(n => n.HoldsIntegers).ToList();
        Assert.Equal(holders.Count == 0 ? state.Newest.Number : holders.Min(n => n.Clean), state.Base);
        Assert.Equal(state.Nodes.Values.Where(n => n.IsActiveTarget).Select(n => n.Id), state.Newest.Targets);
        Assert.All(holders, n => Assert.True(n.Clean <= state.Newest.Number && n.Fenced <= state.Newest.Number));
        Assert.All(state.Operations.Values, o => Assert.False(o.IsFinished));
        Assert.All(state.FinishedOperations, o => Assert.True(o.IsFinished));
        Assert.All(state.Nodes.Keys, id => Assert.True(state.Operations.Values.Count(o => o.Names(id)) <= 1, $"two operations name {id}"));
        Assert.All(state.Nodes.Values.Where(n => state.ErasePermits.ContainsKey(n.Member)), n => Assert.Equal(AdminState.Leaving, n.State));
        Assert.All(state.Nodes.Values.Where(n => n.State == AdminState.Leaving), n => Assert.NotNull(state.OperationOn(n.Id)));
        Assert.All(state.Nodes.Values.Where(n => n.State == AdminState.Draining), n => Assert.True(state.OperationOn(n.Id) is not null, $"{n.Id} drains for nobody"));
        Assert.True(state.Versions.Smap >= before.Versions.Smap && state.Versions.Rmd >= before.Versions.Rmd && state.QuietThrough >= before.QuietThrough && state.Base >= before.Base);
        foreach (var (id, node) in before.Nodes)
        {
            var sameLoss = state.Losses.GetValueOrDefault(id) == before.Losses.GetValueOrDefault(id);
            if (state.Node(id) is { } now && now.JoinedIndex == node.JoinedIndex && sameLoss)
            {
                Assert.True(now.Fenced >= node.Fenced && now.Clean >= node.Clean && now.CleanIndex >= node.CleanIndex);
            }
        }
    }
}
