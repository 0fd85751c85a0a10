using Microsoft.Extensions.Logging.Abstractions;
using Starling.Cluster.Log;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Storage.Files;
using Starling.Tests.Storage;
using Xunit;

namespace Starling.Tests.Cluster;

/// <summary>A power cut before every file operation of the control log, and every state that it may leave.</summary>
public sealed class ControlLogCrashTests
{
    private const string LogPath = "/data/control.log";

    private static readonly PersistBatch[][] Flushes =
    [
        [Append(1, 1), Append(1, 2)],
        [new PersistBatch { HardState = new HardState(2, null) }],
        [Append(2, 3), new PersistBatch { TruncateFrom = 3, HardState = new HardState(3, null) }, Append(3, 3)],
        [new PersistBatch { Snapshot = new Snapshot(2, 1, VoterSet.Empty, ClusterState.Empty with { AppliedIndex = 2 }), KeepFrom = 2 }],
        [Append(3, 4)],
        [new PersistBatch { NewIncarnation = new Incarnation(99), HardState = new HardState(4, null) }],
        [Append(4, 1)],
    ];

    [Fact]
    public void A7_a_power_cut_anywhere_leaves_what_was_acknowledged_or_what_was_on_its_way_and_never_looks_like_a_loss()
    {
        var expected = ExpectedAfterEachFlush();
        var states = 0;
        for (var cutAt = 1; ; cutAt++)
        {
            Assert.True(cutAt < 500, "the scenario does not end");
            var disk = NewDisk();
            var faulty = new FaultyFileLayer(disk);
            faulty.Arm(cutAt, Errno.None, persistent: true);
            var acknowledged = RunUntilCut(faulty);
            foreach (var (state, files) in disk.CrashStates(new Random(cutAt)))
            {
                using var log = Open(files, out var restored);
                var at = $"cut before call {cutAt} ({faulty.Failed}), {acknowledged} acknowledged, {state}";
                Assert.False(restored.LogWasLost, at);
                var allowed = expected.Skip(Math.Max(acknowledged, 0)).Take(2);
                Assert.True(allowed.Contains(Describe(restored)), $"{at}: found {Describe(restored)}, allowed {string.Join(" or ", allowed)}");

                // And it goes on from there.
                log.Write([Append(50, 50)]);
                states++;
            }

            if (faulty.Failed is null)
            {
                break;
            }
        }

        Assert.True(states > 100, $"only {states} states were looked at");
    }

    [Fact]
    public void A7_what_is_flushed_after_the_death_of_a_process_survives_a_power_cut_wherever_that_process_died()
    {
        for (var diedAt = 1; ; diedAt++)
        {
            Assert.True(diedAt < 500, "the scenario does not end");
            var disk = NewDisk();
            var faulty = new FaultyFileLayer(disk);
            faulty.Arm(diedAt, Errno.None, persistent: true);
            RunUntilCut(faulty);
            using (var next = Open(disk, out _))
            {
                next.Write([new PersistBatch { HardState = new HardState(77, null) }]);
            }

            foreach (var (state, files) in disk.CrashStates(new Random(diedAt)))
            {
                using var log = Open(files, out var restored);
                Assert.True(restored.HardState.Term == 77, $"died before call {diedAt} ({faulty.Failed}), {state}: {Describe(restored)}");
            }

            if (faulty.Failed is null)
            {
                return;
            }
        }
    }

    [Theory]
    [InlineData(Errno.EIO)]
    [InlineData(Errno.ENOSPC)]
    [InlineData(Errno.EROFS)]
    public void A_failing_file_operation_is_reported_and_takes_nothing_acknowledged_away(Errno error)
    {
        var expected = ExpectedAfterEachFlush();
        for (var failAt = 1; ; failAt++)
        {
            Assert.True(failAt < 500, "the scenario does not end");
            var disk = NewDisk();
            var faulty = new FaultyFileLayer(disk);
            var acknowledged = 0;
            var failed = false;
            using (var log = Open(faulty, out _))
            {
                faulty.Arm(failAt, error, persistent: true);
                try
                {
                    foreach (var flush in Flushes)
                    {
                        log.Write(flush);
                        acknowledged++;
                    }
                }
                catch (FileLayerException problem)
                {
                    Assert.Equal(error, problem.Errno);
                    failed = true;
                }
            }

            Assert.Equal(faulty.Failed is not null, failed);
            using var again = Open(disk, out var restored);
            Assert.Contains(Describe(restored), expected.Skip(acknowledged).Take(2));
            if (!failed)
            {
                return;
            }
        }
    }

    private static PersistBatch Append(long term, long index) => new() { Entries = [new LogEntry(index, term, EntryKind.Noop)] };

    private static RecordingFileLayer NewDisk()
    {
        var disk = new RecordingFileLayer();
        disk.MakeDirectory("/data");
        disk.SyncFileSystem("/");
        return disk;
    }

    /// <summary>Flushes that were acknowledged; -1 when not even the opening was.</summary>
    private static int RunUntilCut(IFileLayer files)
    {
        var acknowledged = -1;
        try
        {
            using var log = Open(files, out _);
            acknowledged = 0;
            foreach (var flush in Flushes)
            {
                log.Write(flush);
                acknowledged++;
            }
        }
        catch (PowerCutException)
        {
            // The rest never happened.
        }

        return acknowledged;
    }

    private static List<string> ExpectedAfterEachFlush()
    {
        var expected = new List<string>();
        for (var count = 0; count <= Flushes.Length; count++)
        {
            var disk = NewDisk();
            using (var log = Open(disk, out _))
            {
                foreach (var flush in Flushes.Take(count))
                {
                    log.Write(flush);
                }
            }

            using var again = Open(disk, out var restored);
            expected.Add(Describe(restored));
        }

        Assert.Equal(
            ["1: term 0, snapshot 0, ", "1: term 0, snapshot 0, 1.1 1.2", "1: term 2, snapshot 0, 1.1 1.2", "1: term 3, snapshot 0, 1.1 1.2 3.3", "1: term 3, snapshot 2, 1.2 3.3", "1: term 3, snapshot 2, 1.2 3.3 3.4", "99: term 4, snapshot 0, ", "99: term 4, snapshot 0, 4.1"],
            expected);
        return expected;
    }

    private static string Describe(RestoredState state) =>
        $"{state.Incarnation.Value}: term {state.HardState.Term}, snapshot {state.Snapshot.Index}, {string.Join(' ', state.Entries.Select(entry => $"{entry.Term}.{entry.Index}"))}";

    private static ControlLog Open(IFileLayer files, out RestoredState restored) =>
        ControlLog.Open(files, LogPath, hadLog: false, () => new Incarnation(1), NullLogger.Instance, out restored);
}
