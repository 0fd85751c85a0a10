using System.Text;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Files;
using Starling.Storage.Objects;
using Xunit;

namespace Starling.Tests.Storage;

/// <summary>Marks, revival, receipt and reclaim: each durable, each for the record that is meant only, each with a power cut or an error at every call.</summary>
public sealed class HandOverTests
{
    private const string Name = "dir/name";

    private static readonly NodeId Receiver = NodeId.Parse("target02");

    private static readonly LeftoverMark Mark = new(7, Receiver, Verified: false);

    public static TheoryData<string> Steps => ["mark", "mark tombstone", "mark after delete", "verify", "revive", "revive tombstone"];

    public static TheoryData<string, Errno, bool> Failures
    {
        get
        {
            var cases = new TheoryData<string, Errno, bool>();
            foreach (var step in Steps)
            {
                cases.Add(step, Errno.EIO, false);
                cases.Add(step, Errno.EIO, true);
                cases.Add(step, Errno.ENOSPC, false);
            }

            return cases;
        }
    }

    [Fact]
    public async Task B1_A_leftover_is_invisible_to_requests_and_listings_and_found_by_an_explicit_look()
    {
        using var fixture = new StoreFixture(NewDisk(), "/mp1", "/mp2");
        await fixture.PutAsync(Name, "body", 3);
        Assert.False(await MarkAsync(fixture, 2));
        Assert.True(await MarkAsync(fixture, 3));
        Assert.Equal("absent", await fixture.ReadAsync(Name));
        Assert.Empty(fixture.List());
        Assert.Equal(Mark, All(fixture).Record!.Leftover);
        using var opened = fixture.Store.OpenLeftover(StoreFixture.Name(Name), StoreFixture.BucketId).Reader;
        var body = new byte[10];
        Assert.Equal(4, await opened!.ReadAsync(body, 0, CancellationToken.None));
        Assert.Equal("body", Encoding.UTF8.GetString(body, 0, 4));
        Assert.False(await MarkAsync(fixture, 3));
    }

    [Fact]
    public async Task B9_Only_unverified_leftovers_are_revived_except_by_command_and_only_verified_ones_are_reclaimed()
    {
        using var fixture = new StoreFixture(NewDisk(), "/mp1");
        await fixture.PutAsync(Name, "body", 3);
        await MarkAsync(fixture, 3);
        Assert.Equal(-1, fixture.Store.Reclaim(StoreFixture.Name(Name), StoreFixture.Key(3)));
        Assert.True(await ReviveAsync(fixture, 3));
        Assert.Equal("body", await fixture.ReadAsync(Name));
        await MarkAsync(fixture, 3);
        Assert.False(await VerifyAsync(fixture, 3, Mark with { Epoch = 8 }));
        Assert.True(await VerifyAsync(fixture, 3, Mark));
        Assert.False(await ReviveAsync(fixture, 3));
        Assert.True(await ReviveAsync(fixture, 3, alsoVerified: true));
        await MarkAsync(fixture, 3);
        await VerifyAsync(fixture, 3, Mark);
        Assert.Equal(4, fixture.Store.Reclaim(StoreFixture.Name(Name), StoreFixture.Key(3)));
        Assert.Equal(LookupStatus.Absent, All(fixture).Status);
    }

    [Fact]
    public async Task B1_A_live_record_replaces_the_leftover_for_good_and_forgetting_it_brings_nothing_back()
    {
        var disk = NewDisk();
        using var fixture = new StoreFixture(disk, "/mp1", "/mp2");
        await fixture.PutAsync(Name, "old", 1);
        await MarkAsync(fixture, 1);
        await fixture.PutAsync(Name, "new", 2);
        Assert.Equal(RecordState.Live, All(fixture).Record!.State);
        Assert.False(await ReviveAsync(fixture, 1));
        Assert.False(await VerifyAsync(fixture, 1, Mark));
        var faulty = 0;
        await fixture.Store.ForgetAsync(StoreFixture.Name(Name), StoreFixture.BucketId, Durability.Durable, CancellationToken.None);
        foreach (var (state, files) in disk.CrashStates(new Random(1)))
        {
            using var after = new StoreFixture(files, "/mp1", "/mp2");
            Assert.True(All(after).Status == LookupStatus.Absent, state);
            faulty++;
        }

        Assert.True(faulty > 0);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task B8_B9_Crash_before_every_file_operation_leaves_the_state_before_or_after_and_an_older_record_never_comes_to_light(string step)
    {
        for (var cutAt = 1; ; cutAt++)
        {
            Assert.True(cutAt < 200, "the step does not end");
            var disk = NewDisk();
            var faulty = new FaultyFileLayer(disk);
            using var fixture = new StoreFixture(faulty, "/mp1", "/mp2");
            var before = await PrepareAsync(fixture, step);
            faulty.Arm(cutAt, Errno.None, persistent: true);
            var done = false;
            try
            {
                done = await RunAsync(fixture, step);
                Assert.True(done);
            }
            catch (PowerCutException)
            {
                // The step never ends.
            }

            string[] allowed = done ? [After(step)] : [before, After(step)];
            foreach (var (state, files) in disk.CrashStates(new Random(cutAt)))
            {
                using var after = new StoreFixture(files, "/mp1", "/mp2");
                var found = Describe(after);
                Assert.True(allowed.Contains(found, StringComparer.Ordinal), $"{step}: cut before call {cutAt} ({faulty.Failed}), {state}: {found}, allowed {string.Join(", ", allowed)}");
                Assert.Equal(found.StartsWith("live", StringComparison.Ordinal) ? "body" : "hidden", await SeenAsync(after, found));
            }

            if (faulty.Failed is null)
            {
                Assert.True(done);
                return;
            }
        }
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task I7_A_change_of_state_that_cannot_be_flushed_is_taken_back_or_of_unknown_outcome(string step, Errno errno, bool persistent)
    {
        var failures = 0;
        for (var failAt = 1; ; failAt++)
        {
            Assert.True(failAt < 200, "the step does not end");
            var disk = NewDisk();
            var faulty = new FaultyFileLayer(disk);
            using var fixture = new StoreFixture(faulty, "/mp1", "/mp2");
            var before = await PrepareAsync(fixture, step);
            faulty.Arm(failAt, errno, persistent);
            StoreException? error = null;
            try
            {
                Assert.True(await RunAsync(fixture, step));
            }
            catch (StoreException exception)
            {
                error = exception;
                failures++;
            }

            faulty.Disarm();
            var context = $"{step}: call {failAt} ({faulty.Failed}) {errno}, error {error?.Error}";
            var found = Describe(fixture);
            Assert.True(found == (error is null ? After(step) : before) || error?.Error.Code == ErrorCode.UnknownOutcome, $"{context}: {found}");
            if (error is not null && error.Error.Code != ErrorCode.UnknownOutcome)
            {
                // What is tried again ends durably.
                Assert.True(await RunAsync(fixture, step), context);
                foreach (var (state, files) in disk.CrashStates(new Random(1), exhaustiveUpTo: 5, samples: 5))
                {
                    using var after = new StoreFixture(files, "/mp1", "/mp2");
                    Assert.True(Describe(after) == After(step), $"{context}; tried again, then {state}: {Describe(after)}");
                }
            }

            if (faulty.Failed is null)
            {
                break;
            }
        }

        Assert.True(failures > 0, "no call failed");
    }

    [Fact]
    public async Task B8_A_received_record_keeps_its_attributes_is_flushed_and_is_refused_when_its_bytes_are_others()
    {
        var disk = NewDisk();
        using var fixture = new StoreFixture(disk, "/mp1", "/mp2");
        await fixture.PutAsync("sent", "body", 5, Durability.Buffered);
        var pushed = fixture.Store.Lookup(StoreFixture.Name("sent"), StoreFixture.BucketId).Record! with
        {
            Uname = StoreFixture.Name(Name).Uname,
            Version = "17",
            WrittenTimeNs = 11,
            AccessTimeNs = 12,
            Custom = [new("k", "v")],
        };
        using (var wrong = fixture.Store.OpenReceive(StoreFixture.Name(Name), pushed))
        {
            await wrong.WriteAsync("bodY"u8.ToArray(), CancellationToken.None);
            var error = await Assert.ThrowsAsync<StoreException>(() => fixture.Store.CommitReceivedAsync(wrong, pushed, CancellationToken.None).AsTask());
            Assert.Equal(ErrorCode.ChecksumMismatch, error.Error.Code);
        }

        using (var session = fixture.Store.OpenReceive(StoreFixture.Name(Name), pushed))
        {
            await session.WriteAsync("body"u8.ToArray(), CancellationToken.None);
            await fixture.Store.CommitReceivedAsync(session, pushed, CancellationToken.None);
        }

        foreach (var (_, files) in disk.CrashStates(new Random(1)))
        {
            using var after = new StoreFixture(files, "/mp1", "/mp2");
            var found = after.Store.Lookup(StoreFixture.Name(Name), StoreFixture.BucketId).Record!;
            Assert.Equal("body", await after.ReadAsync(Name));
            Assert.Equal((pushed.Key, "17", 11L, 12L, Durability.Durable), (found.Key, found.Version, found.WrittenTimeNs, found.AccessTimeNs, found.Durability));
            Assert.Equal(pushed.Custom, found.Custom);
        }
    }

    [Fact]
    public async Task B9_A_flush_of_a_mountpath_makes_buffered_records_durable_and_fails_for_good_once_it_failed()
    {
        var disk = NewDisk();
        var faulty = new FaultyFileLayer(disk);
        using var fixture = new StoreFixture(faulty, "/mp1");
        await fixture.PutAsync(Name, "body", 1, Durability.Buffered);
        var mountpath = fixture.Mountpaths.All[0];
        await fixture.Store.FlushMountpathAsync(mountpath, CancellationToken.None);
        Assert.Equal(0, disk.PendingCount);
        faulty.FailNext("syncfs", Errno.EIO);
        for (var i = 0; i < 2; i++)
        {
            var error = await Assert.ThrowsAsync<StoreException>(() => fixture.Store.FlushMountpathAsync(mountpath, CancellationToken.None));
            Assert.Equal(ErrorCode.DiskFailure, error.Error.Code);
        }
    }

    [Fact]
    public void B12_Directories_of_retired_buckets_go_and_progress_is_told()
    {
        using var fixture = new StoreFixture(NewDisk(), "/mp1", "/mp2");
        fixture.Store.CreateBucketDirs(StoreFixture.Bucket, 1);
        fixture.Store.CreateBucketDirs(StoreFixture.Bucket, 2);
        Assert.Equal([(StoreFixture.Bucket, 1UL)], fixture.Store.DestroyRetiredBuckets((_, id) => id == 1));
        Assert.Equal([(StoreFixture.Bucket, 2UL)], fixture.Store.ListBucketsOnDisk());
        var told = 0;
        fixture.Store.EmptyTrash(_ => told++, CancellationToken.None);
        Assert.Equal(4, told);
    }

    private static LookupResult All(StoreFixture fixture) => fixture.Store.LookupAll(StoreFixture.Name(Name), StoreFixture.BucketId);

    private static string Describe(StoreFixture fixture) => All(fixture) switch
    {
        { Record: { } record } => $"{record.State} {record.Kind} {record.Key.Sequence} {record.Leftover?.Verified}".ToLowerInvariant().TrimEnd(),
        { Error: { } error } => error.ToString(),
        _ => "absent",
    };

    /// <summary>What a request sees: the body or tombstone of a live record, nothing of any other.</summary>
    private static async Task<string> SeenAsync(StoreFixture fixture, string found)
    {
        var read = await fixture.ReadAsync(Name);
        return (read == "body" && found.StartsWith("live object", StringComparison.Ordinal)) || (read == "deleted" && found.StartsWith("live tombstone", StringComparison.Ordinal)) ? "body"
            : read == "absent" ? "hidden" : read;
    }

    private static async Task<string> PrepareAsync(StoreFixture fixture, string step)
    {
        await fixture.PutAsync(Name, "body", 2);
        if (step is "mark tombstone" or "mark after delete" or "revive tombstone")
        {
            await fixture.DeleteAsync(Name, 3);
        }

        if (step is "mark after delete")
        {
            await fixture.PutAsync(Name, "body", 4);
        }

        if (step is "verify" or "revive" or "revive tombstone")
        {
            Assert.True(await MarkAsync(fixture, step == "revive tombstone" ? 3 : 2));
        }

        return Describe(fixture);
    }

    private static string After(string step) => step switch
    {
        "mark" => "leftover object 2 false",
        "mark tombstone" => "leftover tombstone 3 false",
        "mark after delete" => "leftover object 4 false",
        "verify" => "leftover object 2 true",
        "revive" => "live object 2",
        _ => "live tombstone 3",
    };

    private static Task<bool> RunAsync(StoreFixture fixture, string step) => step switch
    {
        "mark" => MarkAsync(fixture, 2),
        "mark tombstone" => MarkAsync(fixture, 3),
        "mark after delete" => MarkAsync(fixture, 4),
        "verify" => VerifyAsync(fixture, 2, Mark),
        "revive" => ReviveAsync(fixture, 2),
        _ => ReviveAsync(fixture, 3),
    };

    private static Task<bool> MarkAsync(StoreFixture fixture, long sequence) =>
        fixture.Store.MarkLeftoverAsync(StoreFixture.Name(Name), StoreFixture.Key(sequence), Mark with { Receiver = Receiver }, CancellationToken.None);

    private static Task<bool> VerifyAsync(StoreFixture fixture, long sequence, LeftoverMark mark) =>
        fixture.Store.MarkVerifiedAsync(StoreFixture.Name(Name), StoreFixture.Key(sequence), mark, CancellationToken.None);

    private static Task<bool> ReviveAsync(StoreFixture fixture, long sequence, bool alsoVerified = false) =>
        fixture.Store.ReviveAsync(StoreFixture.Name(Name), StoreFixture.Key(sequence), alsoVerified, CancellationToken.None);

    private static RecordingFileLayer NewDisk()
    {
        var disk = new RecordingFileLayer();
        disk.MakeDirectory("/mp1");
        disk.MakeDirectory("/mp2");
        disk.SyncFileSystem("/");
        return disk;
    }
}
