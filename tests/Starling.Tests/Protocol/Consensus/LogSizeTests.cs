using Starling.Core.Config;
using Starling.Core.Errors;
using Starling.Protocol.Codec;
using Starling.Protocol.Consensus;
using Starling.Protocol.Node;
using Starling.Protocol.State.Commands;
using Starling.Tests.Protocol.Node;
using Xunit;

namespace Starling.Tests.Protocol.Consensus;

/// <summary>The log is bounded in bytes as it is in entries: it is read as a whole at every start.</summary>
public sealed class LogSizeTests
{
    [Fact]
    public void A13_LargeEntriesAreFoldedByTheirBytesAndFewAreKept()
    {
        const int limit = 200_000;
        var world = World.WithGateways(3, NodeSettings.Default with { SnapshotBytes = limit });
        for (var i = 0; i < 20; i++)
        {
            Refuse(world.Leader!, 30_000);
        }

        foreach (var host in world.Hosts.Values)
        {
            var disk = host.Disk;
            Assert.True(disk.Snapshot.Index > 0, $"{host.Name} took a snapshot");
            Assert.InRange(disk.Entries.Where(e => e.Index <= disk.Snapshot.Index).Sum(LogEntryCodec.SizeOf), 0, limit);
            Assert.InRange(disk.Entries.Where(e => e.Index > disk.Snapshot.Index).Sum(LogEntryCodec.SizeOf), 0, limit);
        }
    }

    [Fact]
    public void ACommandThatIsTooLargeIsRefusedWhereItIsProposedAndTheLimitIsNamed()
    {
        var world = World.WithGateways(3);
        foreach (var host in world.Hosts.Values)
        {
            var before = world.Leader!.Disk.Entries.Count;
            host.Sent.Clear();
            var id = host.Propose(Large(CommandCodec.MaxBytes));
            Assert.Equal(ErrorCode.TooLarge, host.ErrorOf(id));
            Assert.Contains($"{CommandCodec.MaxBytes} are allowed", host.AnswerTo(id)!.Error!.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(host.Sent, sent => sent.Envelope.Message is ProposeRequest);
            Assert.Equal(before, world.Leader!.Disk.Entries.Count);
        }
    }

    [Fact]
    public void ALeaderRefusesWhatAnotherNodePassesOnAndIsTooLarge()
    {
        var world = World.WithGateways(3);
        var leader = world.Leader!;
        var other = world.Hosts.Values.First(h => h != leader);
        leader.Sent.Clear();
        var from = other.View.Self;
        leader.Receive(new Envelope(leader.View.ClusterId, from, other.Address, leader.View.Self.Id, leader.View.Self.Incarnation, 0, 0, new ProposeRequest(1L << 40, leader.View.Term, Large(CommandCodec.MaxBytes))));
        var answer = Assert.Single(leader.Sent.Select(sent => sent.Envelope.Message).OfType<ProposeResponse>());
        Assert.Equal(ErrorCode.TooLarge, answer.Error?.Code);
    }

    [Fact]
    public void TheWholeConfigurationFitsIntoOneChangeManyTimes() =>
        Assert.InRange(LogEntryCodec.SizeOf(new LogEntry(1, 1, EntryKind.Command, Command: new SetConfig(ConfigDocument.Default, 0))), 1000, CommandCodec.MaxBytes / 4);

    [Fact]
    public void AppendMessagesAreBoundedInBytesAndAFollowerThatLagsStillCatchesUp()
    {
        var world = World.WithGateways(3, NodeSettings.Default with { MaxAppendBytes = 64 << 10 });
        var leader = world.Leader!;
        var slow = world.Hosts.Values.First(h => h != leader);
        slow.Crash();
        for (var i = 0; i < 12; i++)
        {
            Refuse(leader, 30_000);
        }

        leader.Sent.Clear();
        slow.Start();
        world.RunUntil(() => slow.View.SessionApplied && slow.View.AppliedIndex == leader.View.AppliedIndex, 10, "the slow one to catch up");
        var largest = leader.Sent.Select(sent => sent.Envelope.Message).OfType<AppendRequest>().Max(m => m.Entries.Sum(LogEntryCodec.SizeOf));
        Assert.InRange(largest, 30_000, 64 << 10);
    }

    [Fact]
    public void ALeaderWithoutItsMajorityTakesOnlySoManyBytes()
    {
        var world = World.WithGateways(3, NodeSettings.Default with { MaxOutstandingBytes = 100_000 });
        var leader = world.Leader!;
        world.Isolate(leader.Name);
        var ids = Enumerable.Range(0, 5).Select(_ => leader.Propose(Large(30_000))).ToArray();
        Assert.Equal([null, null, null, null, ErrorCode.Busy], ids.Select(leader.ErrorOf));
    }

    /// <summary>A command that every state refuses, and that fills the log all the same.</summary>
    private static SetConfig Large(int bytes) => new($$"""{"none":"{{new string('x', bytes)}}"}""", 0);

    private static void Refuse(Host host, int bytes)
    {
        var id = host.Propose(Large(bytes));
        host.AwaitAnswer(id);
        Assert.NotNull(host.AnswerTo(id)!.Outcome!.Error);
    }
}
