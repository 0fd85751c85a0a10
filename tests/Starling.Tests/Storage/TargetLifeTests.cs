using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Files;
using Starling.Storage.Objects;
using Xunit;

namespace Starling.Tests.Storage;

/// <summary>What the life of a target as a member asks of its disks: reclaim, counts, all copies of a name, quarantine, erasure.</summary>
public sealed class TargetLifeTests
{
    private const string Name = "dir/name";

    private static readonly NodeId Receiver = NodeId.Parse("target02");

    [Fact]
    public async Task B1_A_leftover_that_a_buffered_record_replaced_is_reclaimed_only_when_that_record_survives_a_power_cut()
    {
        var disk = NewDisk();
        using var fixture = new StoreFixture(disk, "/mp1");
        await fixture.PutAsync(Name, "old", 1);
        await MarkAsync(fixture, Name, 1);
        await fixture.PutAsync(Name, "new", 2, Durability.Buffered);
        Assert.Equal(3, fixture.Store.Reclaim(StoreFixture.Name(Name), StoreFixture.Key(1)));
        foreach (var (state, files) in disk.CrashStates(new Random(1)))
        {
            using var after = new StoreFixture(files, "/mp1");
            Assert.True(await after.ReadAsync(Name) == "new", $"{state}: {await after.ReadAsync(Name)}");
        }
    }

    [Fact]
    public async Task Every_copy_of_a_name_is_told_with_its_state_and_a_missing_mountpath_with_the_reason()
    {
        var disk = NewDisk();
        using (var fixture = new StoreFixture(disk, "/mp1", "/mp2"))
        {
            await fixture.PutAsync(Name, "old", 1);
            await MarkAsync(fixture, Name, 1);
            await fixture.PutAsync(Name, "new", 2);
            var copies = fixture.Store.Copies(StoreFixture.Name(Name), StoreFixture.BucketId);
            Assert.Equal(["Live 2 3", "Leftover 1 3"], copies.Select(copy => $"{copy.Lookup.Record!.State} {copy.Lookup.Record.Key.Sequence} {copy.Lookup.Record.SizeBytes}"));
            Assert.Equal(new LeftoverMark(7, Receiver, false), copies[1].Lookup.Record!.Leftover);
            Assert.All(copies, copy => Assert.Equal(fixture.Mountpaths.Place(StoreFixture.Name(Name).Digest).Path, copy.Mountpath));
            Assert.Empty(fixture.Store.Copies(StoreFixture.Name("other"), StoreFixture.BucketId));
            disk.Unlink("/mp1/.starling/lock");
            Assert.Contains(fixture.Store.Copies(StoreFixture.Name("other"), StoreFixture.BucketId), copy => copy is { Mountpath: "/mp1", Lookup.Error.Code: ErrorCode.Unavailable });
        }
    }

    [Fact]
    public async Task Counts_tell_each_state_apart_and_follow_what_changes_hands_as_a_new_count_would()
    {
        using var fixture = new StoreFixture(NewDisk(), "/mp1");
        var mountpath = fixture.Mountpaths.All[0];
        Assert.Null(fixture.Store.Census.Total);
        for (var i = 0; i < 6; i++)
        {
            await fixture.PutAsync($"n{i}", "body", 1);
        }

        await fixture.DeleteAsync("n0", 2);
        await fixture.Store.CountAsync(mountpath, CancellationToken.None);
        Assert.Equal(new DiskCounts(5, 20, 1, 0, 0, 0, 0, 0, 0), fixture.Store.Census.Total);
        for (var i = 0; i < 4; i++)
        {
            await MarkAsync(fixture, $"n{i}", i == 0 ? 2 : 1);
        }

        await fixture.Store.MarkVerifiedAsync(StoreFixture.Name("n1"), StoreFixture.Key(1), Mark, CancellationToken.None);
        await fixture.Store.MarkVerifiedAsync(StoreFixture.Name("n2"), StoreFixture.Key(1), Mark, CancellationToken.None);
        await fixture.Store.ReviveAsync(StoreFixture.Name("n0"), StoreFixture.Key(2), alsoVerified: false, CancellationToken.None);
        fixture.Store.Reclaim(StoreFixture.Name("n1"), StoreFixture.Key(1));
        var kept = fixture.Store.Census.Of(mountpath);
        Assert.Equal(new DiskCounts(2, 8, 1, 1, 4, 1, 4, 0, 0), kept);
        Assert.Equal(kept, await fixture.Store.CountAsync(mountpath, CancellationToken.None));
    }

    [Fact]
    public async Task B0_What_is_brought_along_is_set_aside_once_listed_and_counted_and_what_comes_later_is_not()
    {
        var disk = NewDisk();
        using (var first = new StoreFixture(disk, "/mp1", "/mp2"))
        {
            Assert.Empty(first.Store.SetAside(5));
            await first.PutAsync("a", "body", 1);
            await first.PutAsync("b", "body", 1);
            await first.DeleteAsync("c", 1);
            await MarkAsync(first, "b", 1);
            Assert.Empty(first.Store.SetAside(5));
            Assert.Equal("body", await first.ReadAsync("a"));
        }

        using var again = new StoreFixture(disk, "/mp1", "/mp2");
        Assert.Equal(5, again.Store.QuarantinedThrough);
        Assert.NotEmpty(again.Store.SetAside(90));
        Assert.Equal(90, again.Store.QuarantinedThrough);
        Assert.Equal(["absent", "absent", "absent"], [await again.ReadAsync("a"), await again.ReadAsync("b"), await again.ReadAsync("c")]);
        Assert.Equal(LookupStatus.Absent, again.Store.LookupAll(StoreFixture.Name("b"), StoreFixture.BucketId).Status);
        Assert.Empty(again.List());
        await again.PutAsync("a", "new", 1);
        Assert.Empty(again.Store.SetAside(90));
        Assert.Equal("new", await again.ReadAsync("a"));

        var listed = again.Store.ListQuarantined(10, CancellationToken.None);
        Assert.Equal(3, listed.Count);
        Assert.Equal(["a", "b", "c"], listed.First.Select(found => found.Name.Name).Order(StringComparer.Ordinal));
        Assert.All(listed.First, found => Assert.Equal(RecordState.Quarantined, found.Record.State));
        Assert.Single(again.Store.ListQuarantined(1, CancellationToken.None).First);
        foreach (var mountpath in again.Mountpaths.All)
        {
            await again.Store.CountAsync(mountpath, CancellationToken.None);
        }

        Assert.Equal((1L, 3L), (again.Store.Census.Total!.Value.Objects, again.Store.Census.Total.Value.Quarantined));
        again.Store.DestroyQuarantine();
        Assert.Equal(3, again.Store.EmptyTrash(CancellationToken.None));
        Assert.Equal(0, again.Store.ListQuarantined(10, CancellationToken.None).Count);
        Assert.Equal("new", await again.ReadAsync("a"));
    }

    [Fact]
    public async Task B0_Data_from_before_there_was_a_quarantine_stays()
    {
        var disk = NewDisk();
        using var fixture = new StoreFixture(disk, "/mp1");
        await fixture.PutAsync("a", "body", 1);
        Assert.Empty(fixture.Store.SetAside(50));
        Assert.Equal("body", await fixture.ReadAsync("a"));
        Assert.NotEmpty(fixture.Store.SetAside(51));
        Assert.Equal("absent", await fixture.ReadAsync("a"));
    }

    [Fact]
    public async Task B0_A_power_cut_anywhere_while_data_is_set_aside_leaves_work_that_the_next_start_finishes()
    {
        for (var cutAt = 1; ; cutAt++)
        {
            Assert.True(cutAt < 300, "it does not end");
            var disk = NewDisk();
            var faulty = new FaultyFileLayer(disk);
            using var fixture = new StoreFixture(faulty, "/mp1", "/mp2");
            fixture.Store.SetAside(5);
            for (var i = 0; i < 4; i++)
            {
                await fixture.PutAsync($"n{i}", "body", 1);
            }

            faulty.Arm(cutAt, Errno.None, persistent: true);
            var done = Try(() => fixture.Store.SetAside(90));
            foreach (var (state, files) in disk.CrashStates(new Random(cutAt), exhaustiveUpTo: 6, samples: 20))
            {
                using var after = new StoreFixture(files, "/mp1", "/mp2");
                Assert.True(!done || after.Store.QuarantinedThrough == 90, state);
                after.Store.SetAside(90);
                Assert.True(after.List().Count == 0, $"cut before call {cutAt} ({faulty.Failed}), {state}: {string.Join(", ", after.List())}");
                Assert.Equal(4, after.Store.ListQuarantined(0, CancellationToken.None).Count);
                await after.PutAsync("n0", "new", 1);
                after.Store.SetAside(90);
                Assert.Equal("new", await after.ReadAsync("n0"));
            }

            if (done)
            {
                return;
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A18_Erasing_is_finished_after_a_power_cut_anywhere_and_touches_nothing_that_is_not_ours(bool keepIdentity)
    {
        for (var cutAt = 1; ; cutAt++)
        {
            Assert.True(cutAt < 500, "it does not end");
            var disk = NewDisk();
            disk.MakeDirectory("/mp1/@ais");
            disk.MakeDirectory("/mp1/@ais/notes");
            disk.Open("/mp1/own", FileOpenMode.CreateNew).Dispose();
            disk.SyncFileSystem("/");
            var faulty = new FaultyFileLayer(disk);
            using var fixture = new StoreFixture(faulty, "/mp1", "/mp2");
            await FillAsync(fixture);
            faulty.Arm(cutAt, Errno.None, persistent: true);
            long removed = 0;
            var done = Try(() => removed = fixture.Store.Erase(keepIdentity, null, CancellationToken.None));
            foreach (var (state, files) in disk.CrashStates(new Random(cutAt), exhaustiveUpTo: 4, samples: 4))
            {
                using var after = new StoreFixture(files, "/mp1", "/mp2");
                after.Store.Erase(keepIdentity: true, null, CancellationToken.None);
                var context = $"cut before call {cutAt} ({faulty.Failed}), {state}";
                Assert.True(after.Store.ListBucketsOnDisk().Count == 0 && after.List().Count == 0, context);
                Assert.Equal(0, after.Store.ListQuarantined(0, CancellationToken.None).Count);
                Assert.True(files.Stat("/mp1/own") is not null && files.Stat("/mp1/@ais/notes") is not null && files.Stat("/mp2/@ais") is null, context);
                Assert.Equal(0, after.Store.EmptyTrash(CancellationToken.None));
            }

            if (done)
            {
                Assert.Equal(4, removed);
                Assert.Equal(keepIdentity, disk.Stat("/mp1/.starling/identity") is not null && disk.Stat("/mp2/.starling/volume") is not null);
                return;
            }
        }
    }

    private static readonly LeftoverMark Mark = new(7, Receiver, Verified: false);

    private static async Task FillAsync(StoreFixture fixture)
    {
        fixture.Store.SetAside(5);
        await fixture.PutAsync("aside", "body", 1);
        fixture.Store.SetAside(6);
        await fixture.PutAsync("live", "body", 1);
        await fixture.PutAsync("dir/left", "body", 1);
        await MarkAsync(fixture, "dir/left", 1);
        await fixture.DeleteAsync("gone", 1);
    }

    private static bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (PowerCutException)
        {
            return false;
        }
    }

    private static Task MarkAsync(StoreFixture fixture, string name, long sequence) =>
        fixture.Store.MarkLeftoverAsync(StoreFixture.Name(name), StoreFixture.Key(sequence), Mark.Epoch, Receiver, CancellationToken.None);

    private static RecordingFileLayer NewDisk()
    {
        var disk = new RecordingFileLayer();
        disk.MakeDirectory("/mp1");
        disk.MakeDirectory("/mp2");
        disk.SyncFileSystem("/");
        return disk;
    }
}
