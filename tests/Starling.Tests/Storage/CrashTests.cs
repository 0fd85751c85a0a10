using Starling.Core.Objects;
using Starling.Storage.Files;
using Xunit;

namespace Starling.Tests.Storage;

/// <summary>A power cut before every single file operation, and every state that it may leave (invariants I5 and I6).</summary>
public sealed class CrashTests
{
    private const string Name = "dir/sub/name";

    private static readonly string Long = new('L', 3000);

    /// <summary>Steps are "put body", "delete" or "forget"; each is acknowledged before the next begins.</summary>
    public static TheoryData<string> Scenarios =>
    [
        "put one",
        "put one|put two",
        "put one|delete",
        "put one|delete|put three",
        "put one|delete|put three|delete",
        "put one|delete|forget",
        "put one|forget",
        "delete|put one",
        "buffered one|put two",
        "buffered one|delete|put two|forget",
    ];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task I5_I6_Crash_before_every_file_operation_leaves_the_old_or_the_new_state_and_keeps_what_was_acknowledged(string scenario)
    {
        var steps = scenario.Split('|');
        var states = 0;
        for (var cutAt = 1; ; cutAt++)
        {
            Assert.True(cutAt < 500, "the scenario does not end");
            var disk = new RecordingFileLayer();
            Prepare(disk);
            var faulty = new FaultyFileLayer(disk);
            using var fixture = new StoreFixture(faulty, "/mp1", "/mp2");
            faulty.Arm(cutAt, Errno.None, persistent: true);
            var acknowledged = await RunAsync(fixture, steps);
            string[] allowed = [.. Expected(steps, acknowledged)];
            foreach (var (state, files) in disk.CrashStates(new Random(cutAt)))
            {
                await CheckAsync(files, allowed, $"{scenario}: cut before call {cutAt} ({faulty.Failed}), {acknowledged} acknowledged, {state}");
                states++;
            }

            if (faulty.Failed is null)
            {
                break;
            }
        }

        Assert.True(states > 50, $"only {states} states were looked at");
    }

    [Theory]
    [InlineData("put one|put two")]
    [InlineData("put one|delete")]
    [InlineData("put one|forget")]
    public async Task B5_What_is_read_after_the_death_of_a_process_is_not_taken_back_by_a_power_cut(string scenario)
    {
        var steps = scenario.Split('|');
        for (var diedAt = 1; ; diedAt++)
        {
            Assert.True(diedAt < 500, "the scenario does not end");
            var disk = new RecordingFileLayer();
            Prepare(disk);
            var faulty = new FaultyFileLayer(disk);
            using (var dying = new StoreFixture(faulty, "/mp1", "/mp2"))
            {
                faulty.Arm(diedAt, Errno.None, persistent: true);
                await RunAsync(dying, steps);
            }

            string read;
            using (var next = new StoreFixture(disk, "/mp1", "/mp2"))
            {
                read = await next.ReadAsync(Name);
            }

            foreach (var (state, files) in disk.CrashStates(new Random(diedAt)))
            {
                using var after = new StoreFixture(files, "/mp1", "/mp2");
                var again = await after.ReadAsync(Name);
                Assert.True(read == again, $"{scenario}: died before call {diedAt} ({faulty.Failed}), {state}: read \"{Short(read)}\", then \"{Short(again)}\"");
            }

            if (faulty.Failed is null)
            {
                return;
            }
        }
    }

    private static string Short(string body) => body.TrimEnd('L');

    [Fact]
    public async Task I5_Buffered_put_that_a_power_cut_meets_is_whole_absent_or_reported_as_damaged_but_never_torn_unnoticed()
    {
        var disk = new RecordingFileLayer();
        Prepare(disk);
        using var fixture = new StoreFixture(disk, "/mp1");
        await fixture.PutAsync(Name, Long, 1, Durability.Buffered);
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (_, files) in disk.CrashStates(new Random(1), exhaustiveUpTo: 12))
        {
            using var after = new StoreFixture(files, "/mp1");
            var read = await after.ReadAsync(Name);
            seen.Add(read == Long ? "whole" : read);
        }

        Assert.Subset(new SortedSet<string>(["whole", "absent", "error: Corrupt", "TORN"], StringComparer.Ordinal), seen);
        Assert.Contains("whole", seen);
        Assert.Contains("absent", seen);
    }

    [Fact]
    public async Task B5_Durable_put_flushes_the_file_before_the_rename_and_the_directory_after_it()
    {
        var disk = new RecordingFileLayer();
        Prepare(disk);
        using var fixture = new StoreFixture(disk, "/mp1");
        await fixture.PutAsync("a", "first", 1);
        disk.Journal.Clear();
        await fixture.PutAsync("a", "second", 2);
        var root = $"/mp1/@ais/@#/bucket.{StoreFixture.BucketId:x16}/ob";
        var work = disk.Journal[1].Split(' ')[1];
        Assert.StartsWith("/mp1/.starling/work/", work, StringComparison.Ordinal);
        Assert.Equal(
            [$"create {work}", $"write {work}", $"setxattr {work}", $"fsync {work}", $"rename {root}/oa", $"fsync {root}"],
            disk.Journal.Where(line => !line.StartsWith("mkdir", StringComparison.Ordinal)));
    }

    private static void Prepare(RecordingFileLayer disk)
    {
        disk.MakeDirectory("/mp1");
        disk.MakeDirectory("/mp2");
        disk.SyncFileSystem("/");
    }

    /// <summary>Runs the steps until the power is cut; how many were acknowledged.</summary>
    private static async Task<int> RunAsync(StoreFixture fixture, string[] steps)
    {
        var acknowledged = 0;
        try
        {
            foreach (var step in steps)
            {
                var sequence = acknowledged + 1;
                await (step.Split(' ') switch
                {
                    ["put", var body] => fixture.PutAsync(Name, body + Long, sequence),
                    ["buffered", var body] => fixture.PutAsync(Name, body + Long, sequence, Durability.Buffered),
                    ["delete"] => fixture.DeleteAsync(Name, sequence),
                    _ => fixture.Store.ForgetAsync(StoreFixture.Name(Name), StoreFixture.BucketId, Durability.Durable, CancellationToken.None).AsTask(),
                });
                acknowledged++;
            }
        }
        catch (PowerCutException)
        {
            // The rest of the scenario never happens.
        }

        return acknowledged;
    }

    /// <summary>What may be read after the cut: the last acknowledged state, or that of the step under way; before a durable one everything since the last durable one.</summary>
    private static SortedSet<string> Expected(string[] steps, int acknowledged)
    {
        var allowed = new SortedSet<string>(StringComparer.Ordinal) { "absent" };
        for (var i = 0; i < Math.Min(acknowledged + 1, steps.Length); i++)
        {
            if (i < acknowledged && !steps[i].StartsWith("buffered", StringComparison.Ordinal))
            {
                allowed.Clear();
            }

            allowed.UnionWith(steps[i].Split(' ') switch
            {
                ["put", var body] => [body],
                ["buffered", var body] => (string[])[body, "error: Corrupt", "TORN"],
                ["delete"] => ["deleted"],
                _ => ["absent", "deleted"],
            });
        }

        if (acknowledged == steps.Length && steps[^1] == "forget")
        {
            allowed.Remove("deleted");
        }

        return allowed;
    }

    private static async Task CheckAsync(RecordingFileLayer files, string[] allowed, string context)
    {
        string read;
        using (var after = new StoreFixture(files, "/mp1", "/mp2"))
        {
            read = await after.ReadAsync(Name);
            read = read.EndsWith(Long, StringComparison.Ordinal) ? read[..^Long.Length] : read;
            Assert.True(allowed.Contains(read, StringComparer.Ordinal), $"{context}: read \"{read}\", allowed {string.Join(", ", allowed)}");
            var listed = after.List();
            if (read is "absent" or "deleted")
            {
                Assert.Empty(listed);
            }
            else if (read is not ("error: Corrupt" or "TORN"))
            {
                Assert.Equal([Name], listed);
            }

            Assert.Equal(0, CountWorkFiles(files, "/mp1") + CountWorkFiles(files, "/mp2"));
        }

        // Recovery is idempotent: a second start reads the same, and the store still takes writes.
        using var again = new StoreFixture(files, "/mp1", "/mp2");
        var second = await again.ReadAsync(Name);
        Assert.Equal(read, second.EndsWith(Long, StringComparison.Ordinal) ? second[..^Long.Length] : second);
        await again.PutAsync(Name, "after", 100);
        Assert.Equal("after", await again.ReadAsync(Name));
    }

    private static int CountWorkFiles(RecordingFileLayer files, string mountpath)
    {
        var count = 0;
        var shards = new List<string>();
        files.ReadDirectory($"{mountpath}/.starling/work", (name, _) => shards.Add(System.Text.Encoding.UTF8.GetString(name)));
        shards.ForEach(shard => files.ReadDirectory($"{mountpath}/.starling/work/{shard}", (_, _) => count++));
        return count;
    }
}
