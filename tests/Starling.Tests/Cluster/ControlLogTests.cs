using Microsoft.Extensions.Logging.Abstractions;
using Starling.Cluster.Log;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Storage.Files;
using Xunit;

namespace Starling.Tests.Cluster;

public sealed class ControlLogTests : IDisposable
{
    private readonly TestDirectory directory = new();
    private readonly LinuxFileLayer files = new();
    private int drawn;

    private string LogPath => directory.Sub("control.log");

    public void Dispose() => directory.Dispose();

    [Fact]
    public void What_was_written_is_read_again_in_order()
    {
        using (var log = Open(out var fresh))
        {
            Assert.False(fresh.LogWasLost);
            Assert.Empty(fresh.Entries);
            log.Write([Batch(1, 1), Batch(1, 2), new PersistBatch { HardState = new HardState(3, Someone) }]);
            log.Write([new PersistBatch { TruncateFrom = 2, Entries = [Entry(3, 2), Entry(3, 3)] }]);
            log.Write([new PersistBatch { Bootstrap = new BootstrapRecord(BootstrapPhase.Formed, Proposal) }]);
        }

        using var again = Open(out var restored);
        Assert.Equal(new HardState(3, Someone), restored.HardState);
        Assert.Equal([(1, 1), (3, 2), (3, 3)], restored.Entries.Select(entry => (entry.Term, entry.Index)));
        Assert.Equal(BootstrapPhase.Formed, restored.Bootstrap.Phase);
        Assert.Equal(Proposal.ClusterId, restored.Bootstrap.Proposal!.ClusterId);
        Assert.Equal(1, drawn);
    }

    [Fact]
    public void A_snapshot_replaces_the_entries_that_need_not_be_kept()
    {
        using (var log = Open(out _))
        {
            log.Write([.. Enumerable.Range(1, 10).Select(index => Batch(1, index))]);
            log.Write([new PersistBatch { Snapshot = new Snapshot(8, 1, Voters, ClusterState.Empty with { AppliedIndex = 8 }), KeepFrom = 6 }, Batch(1, 11)]);
        }

        using var again = Open(out var restored);
        Assert.Equal((8, 1, 8), (restored.Snapshot.Index, restored.Snapshot.Term, restored.Snapshot.State.AppliedIndex));
        Assert.Equal(Voters, restored.Snapshot.Voters);
        Assert.Equal([6, 7, 8, 9, 10, 11], restored.Entries.Select(entry => (int)entry.Index));
    }

    [Fact]
    public void A_file_that_has_grown_large_is_written_anew_with_the_same_content()
    {
        const long limit = 2000;
        var largest = 0L;
        using (var log = Open(out _, limit: limit))
        {
            var fresh = log.SizeBytes;
            for (var term = 1; term <= 500; term++)
            {
                log.Write([new PersistBatch { HardState = new HardState(term, Someone) }]);
                largest = Math.Max(largest, log.SizeBytes);
            }

            Assert.InRange(largest, fresh + 1, Math.Max(limit, 2 * (fresh + 200)) + 200);
        }

        using var again = Open(out var restored);
        Assert.Equal(500, restored.HardState.Term);
    }

    [Fact]
    public void A_log_that_could_not_be_read_again_is_not_written_and_stays_what_it_was()
    {
        const long reopen = 6000;
        var written = 0;
        using (var log = ControlLog.Open(files, LogPath, false, () => new Incarnation(1), NullLogger.Instance, out _, 1000, reopen))
        {
            var refusal = Assert.Throws<StoreException>(() =>
            {
                while (written < 1000)
                {
                    log.Write([Batch(1, written + 1)]);
                    written++;
                    Assert.InRange(new FileInfo(LogPath).Length, 1, reopen);
                }
            });
            Assert.Equal(ErrorCode.TooLarge, refusal.Error.Code);
            Assert.Contains($"{reopen}", refusal.Message, StringComparison.Ordinal);
        }

        Assert.InRange(new FileInfo(LogPath).Length, 1, reopen);
        Assert.InRange(written, 5, 999);
        using var again = Open(out var restored);
        Assert.Equal(Enumerable.Range(1, written), restored.Entries.Select(entry => (int)entry.Index));
    }

    [Fact]
    public void A7_every_cut_and_every_torn_tail_leaves_a_prefix_of_whole_flushes_and_loses_none_that_was_acknowledged()
    {
        var ends = WriteFlushes(6);
        var whole = File.ReadAllBytes(LogPath);
        for (var length = ends[0]; length <= whole.Length; length++)
        {
            // What survives of the last flush may be cut off anywhere, or its tail may be zeroes or anything else.
            foreach (var tail in new[] { [], new byte[17], Enumerable.Repeat((byte)0x5a, 40).ToArray() })
            {
                File.WriteAllBytes(LogPath, [.. whole.AsSpan(0, (int)length), .. length == whole.Length ? [] : tail]);
                using var log = Open(out var restored);
                var acknowledged = ends.Count(end => end <= length) - 1;
                Assert.False(restored.LogWasLost);

                // A tail may happen to hold just the bytes that were cut off: then the next flush is whole after all.
                Assert.InRange(restored.Entries.Length, acknowledged, acknowledged + 1);
                Assert.Equal(Enumerable.Range(1, restored.Entries.Length), restored.Entries.Select(entry => (int)entry.Index));
            }
        }

        Assert.Equal(1, drawn);
    }

    [Fact]
    public void A7_a_damaged_flush_followed_by_a_whole_one_is_a_lost_log_and_a_new_incarnation()
    {
        var ends = WriteFlushes(4);
        var whole = File.ReadAllBytes(LogPath);
        for (var at = ends[1]; at < ends[3]; at++)
        {
            drawn = 1;
            var damaged = whole.ToArray();
            damaged[at] ^= 0x40;
            File.WriteAllBytes(LogPath, damaged);
            using var log = Open(out var restored);
            Assert.True(restored.LogWasLost, $"a damaged byte at {at} was not noticed");
            Assert.Equal(new Incarnation(2), restored.Incarnation);
            Assert.Empty(restored.Entries);
            Assert.Equal(damaged, File.ReadAllBytes(LogPath + ".damaged"));
        }
    }

    [Fact]
    public void A7_a_damaged_header_or_checkpoint_is_a_lost_log()
    {
        var ends = WriteFlushes(1);
        var whole = File.ReadAllBytes(LogPath);
        for (var at = 0; at < ends[0]; at++)
        {
            var damaged = whole.ToArray();
            damaged[at] ^= 0x01;
            File.WriteAllBytes(LogPath, damaged);
            using var log = Open(out var restored);
            Assert.True(restored.LogWasLost, $"a damaged byte at {at} was not noticed");
        }
    }

    [Fact]
    public void A7_a_missing_log_is_a_beginning_in_an_empty_directory_and_a_loss_elsewhere()
    {
        using (Open(out var first))
        {
            Assert.False(first.LogWasLost);
        }

        File.Delete(LogPath);
        using (Open(out var second, hadLog: true))
        {
            Assert.True(second.LogWasLost);
            Assert.Equal(new Incarnation(2), second.Incarnation);
        }

        using (Open(out var third, hadLog: true))
        {
            Assert.False(third.LogWasLost);
            Assert.Equal(new Incarnation(2), third.Incarnation);
        }
    }

    [Fact]
    public void A7_a_new_incarnation_forgets_everything_written_before_it()
    {
        using (var log = Open(out _))
        {
            log.Write([Batch(1, 1), new PersistBatch { HardState = new HardState(5, Someone) }]);
            log.Write([new PersistBatch { NewIncarnation = new Incarnation(77), HardState = new HardState(6, null) }]);
            Assert.Equal(new Incarnation(77), log.Incarnation);
        }

        using var again = Open(out var restored);
        Assert.Equal(new Incarnation(77), restored.Incarnation);
        Assert.Equal(new HardState(6, null), restored.HardState);
        Assert.Empty(restored.Entries);
    }

    [Fact]
    public void A_log_of_a_newer_format_is_refused_by_name_and_left_alone()
    {
        WriteFlushes(1);
        var bytes = File.ReadAllBytes(LogPath);
        bytes[8] = 9;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(32), global::Starling.Core.Hashing.XxHash64Seeded.Hash(bytes.AsSpan(0, 32), 0));
        File.WriteAllBytes(LogPath, bytes);
        var refusal = Assert.Throws<StoreException>(() => Open(out _));
        Assert.Equal(ErrorCode.Corrupt, refusal.Error.Code);
        Assert.Contains("format version 9", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(LogPath, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(LogPath));
    }

    [Fact]
    public async Task The_writer_reports_tokens_in_order_and_a_failure_once()
    {
        var log = Open(out _);
        var tokens = new List<long>();
        var last = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var failed = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var writer = new BatchWriter(log))
        {
            writer.Start(
                token =>
                {
                    tokens.Add(token);
                    if (token == 50)
                    {
                        last.SetResult();
                    }
                },
                failed.SetResult);
            for (var token = 1; token <= 50; token++)
            {
                writer.Enqueue(token, Batch(1, token));
            }

            await last.Task.WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(tokens.Order(), tokens);
            log.Dispose();
            writer.Enqueue(51, Batch(1, 51));
            Assert.NotNull(await failed.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        }

        using var again = Open(out var restored);
        Assert.Equal(50, restored.Entries.Length);
    }

    private static readonly NodeIdentity Someone = new(NodeId.Parse("gateway01"), new Incarnation(5), new SessionId(6));
    private static readonly VoterSet Voters = new([Someone.Member]);

    private static readonly BootstrapProposal Proposal = new(
        7,
        "cluster-x",
        Someone,
        [new Founder(Someone, new NodeFacts(Someone.Id, NodeRole.Gateway, true, new NodeAddresses("http://a:1", "http://a:2", "http://a:3"), [], "boot", [new LockFile(1, 2)]))]);

    private static LogEntry Entry(long term, long index) => new(index, term, EntryKind.Noop, Someone);

    private static PersistBatch Batch(long term, long index) => new() { Entries = [Entry(term, index)] };

    /// <summary>Writes this many flushes of one entry each; the length of the file after the checkpoint and after each flush.</summary>
    private List<long> WriteFlushes(int count)
    {
        using var log = Open(out _);
        var ends = new List<long> { log.SizeBytes };
        for (var index = 1; index <= count; index++)
        {
            log.Write([Batch(1, index)]);
            ends.Add(log.SizeBytes);
        }

        return ends;
    }

    private ControlLog Open(out RestoredState restored, bool hadLog = false, long limit = 1 << 20) =>
        ControlLog.Open(files, LogPath, hadLog, () => new Incarnation((UInt128)(++drawn)), NullLogger.Instance, out restored, limit);
}
