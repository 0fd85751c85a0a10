using Starling.Protocol.Consensus;
using Starling.Simulation;
using Starling.Simulation.Disk;
using Starling.Simulation.Engine;
using Xunit;

namespace Starling.Tests.Simulation;

/// <summary>The simulator itself: what it promises to the checks.</summary>
public sealed class EngineTests
{
    [Fact]
    public void Events_come_in_the_order_of_time_and_then_of_scheduling()
    {
        var random = new SimRandom(1, 1);
        var queue = new EventQueue();
        var expected = new List<(long At, long Number)>();
        for (var i = 0; i < 5_000; i++)
        {
            long at = random.Below(200);
            expected.Add((at, i));
            queue.Add(at, new SimEvent(EventKind.World, 0, 0, null, i));
        }

        foreach (var (at, number) in expected.OrderBy(e => e.At).ThenBy(e => e.Number))
        {
            Assert.Equal(number, queue.Take(out var atNs).Number);
            Assert.Equal(at, atNs);
        }

        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void A_crash_keeps_what_was_flushed_and_a_prefix_of_the_rest()
    {
        var kept = new SortedSet<long>();
        for (ulong seed = 0; seed < 200; seed++)
        {
            var random = new SimRandom(seed, 1);
            var disk = new SimControlDisk();
            disk.Restore(random);
            disk.Write(1, new PersistBatch { HardState = new HardState(1, null) });
            disk.EndFlush(disk.BeginFlush());
            disk.Write(2, new PersistBatch { HardState = new HardState(2, null) });
            disk.Write(3, new PersistBatch { HardState = new HardState(3, null) });
            disk.Crash(random, keepAll: false);
            kept.Add(disk.Durable.HardState.Term);
        }

        Assert.Equal([1, 2, 3], kept);
    }

    [Fact]
    public void The_same_seed_does_the_same_again()
    {
        var first = new SeedRun(5).Run();
        var second = new SeedRun(5).Run();
        Assert.Null(first.Failure);
        Assert.Equal((first.TraceHash, first.Events, first.Acknowledged), (second.TraceHash, second.Events, second.Acknowledged));
        Assert.NotEqual(first.TraceHash, new SeedRun(6).Run().TraceHash);
    }

    [Fact]
    public void A_seed_is_three_hundred_seconds_and_calls_and_three_kinds_of_fault()
    {
        var run = new SeedRun(9);
        var result = run.Run();
        Assert.Null(result.Failure);
        Assert.True(result.VirtualNs >= 300L * 1_000_000_000 && result.Acknowledged >= 300, $"{result.VirtualNs} ns, {result.Acknowledged} calls");
        Assert.True(run.FaultKinds.Count >= 3, result.Shape);
    }
}
