using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Files;
using Starling.Storage.Objects;
using Xunit;

namespace Starling.Tests.Storage;

/// <summary>The walk of a pass: what was there from before until after is shown, whatever happens between, in bounded memory, from a cursor that outlives the process.</summary>
public sealed class MountpathWalkTests
{
    private static readonly NodeId Receiver = NodeId.Parse("target02");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task B9_Every_live_record_of_every_bucket_is_shown_once_and_another_process_goes_on_from_the_cursor(int window)
    {
        var disk = NewDisk();
        var random = new Random(window);
        var expected = new SortedSet<string>(StringComparer.Ordinal);
        using (var fixture = new StoreFixture(disk, "/mp1", "/mp2"))
        {
            var buckets = new[] { BucketName.Parse("ais", null, "bucket"), BucketName.Parse("ais", null, "other"), BucketName.Parse("ais", null, "a") };
            for (var i = 0; i < 60; i++)
            {
                var bucket = buckets[i % 3];
                var name = ObjectName.Parse(bucket, NewName(random, i));
                await PutAsync(fixture, name, (ulong)(3 - (i % 3)), i);
                if (i % 5 == 0)
                {
                    var tombstone = new ObjectRecord { Key = new RecordKey((ulong)(3 - (i % 3)), 1, 1, 1000 + i), Kind = RecordKind.Tombstone, Uname = name.Uname };
                    await fixture.Store.CommitTombstoneAsync(name, tombstone, Durability.Durable, CancellationToken.None);
                }

                expected.Add(name.Uname);
            }
        }

        var shown = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            var cursor = string.Empty;
            for (var isEnd = false; !isEnd;)
            {
                using var process = new StoreFixture(disk, "/mp1", "/mp2");
                var walk = process.Store.WalkMountpath(process.Mountpaths.All[i], MountpathWalkKind.Live, window);
                for (var pages = random.Next(1, 4); pages > 0 && !isEnd; pages--)
                {
                    var limit = random.Next(1, 9);
                    var page = walk.ReadPage(cursor, limit, CancellationToken.None);
                    Assert.True(page.Records.Length <= limit);
                    Assert.Empty(page.Unreadable);
                    Assert.All(page.Records, found => Assert.Equal(process.Mountpaths.All[i], process.Mountpaths.Place(found.Name.Digest)));
                    shown.AddRange(page.Records.Select(found => found.Name.Uname));
                    (cursor, isEnd) = (page.Cursor, page.IsEnd);
                }
            }
        }

        Assert.Equal(expected, shown.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task B9_A_record_that_changes_its_file_behind_the_read_names_is_shown_and_what_is_gone_is_not()
    {
        using var fixture = new StoreFixture(NewDisk(), "/mp1");
        foreach (var name in (string[])["a", "deleted", "forgotten", "handed", "old", "replaced", "revived"])
        {
            await fixture.PutAsync(name, "body", 1);
        }

        await MarkAsync(fixture, "revived", 1);
        await fixture.DeleteAsync("old", 2);
        var walk = Walk(fixture, MountpathWalkKind.Live);
        var first = walk.ReadPage(string.Empty, 1, CancellationToken.None);
        Assert.Equal("a", first.Records[0].Name.Name);

        // The names are in memory now; none of these changes is seen in them.
        await fixture.DeleteAsync("deleted", 5);
        await fixture.Store.ForgetAsync(StoreFixture.Name("forgotten"), StoreFixture.BucketId, Durability.Durable, CancellationToken.None);
        await MarkAsync(fixture, "handed", 1);
        await fixture.PutAsync("old", "again", 6);
        await fixture.PutAsync("replaced", "later", 7);
        await fixture.Store.ReviveAsync(StoreFixture.Name("revived"), StoreFixture.Key(1), alsoVerified: false, CancellationToken.None);

        var rest = walk.ReadPage(first.Cursor, 100, CancellationToken.None);
        Assert.True(rest.IsEnd);
        Assert.Equal(
            ["deleted Tombstone 5", "old Object 6", "replaced Object 7", "revived Object 1"],
            rest.Records.Select(found => $"{found.Name.Name} {found.Record.Kind} {found.Record.Key.Sequence}"));
        Assert.All(rest.Records, found => Assert.Equal((RecordState.Live, null), (found.Record.State, found.Record.Leftover)));
    }

    [Fact]
    public async Task B9_Each_kind_shows_its_own_and_a_leftover_beside_a_live_record_is_none()
    {
        using var fixture = new StoreFixture(NewDisk(), "/mp1");
        foreach (var name in (string[])["live", "replaced", "unverified", "verified"])
        {
            await fixture.PutAsync(name, "body", 1);
        }

        await fixture.DeleteAsync("tombstone", 1);
        foreach (var name in (string[])["replaced", "unverified", "verified"])
        {
            await MarkAsync(fixture, name, 1);
        }

        await fixture.PutAsync("replaced", "new", 2);
        await fixture.Store.MarkVerifiedAsync(StoreFixture.Name("verified"), StoreFixture.Key(1), new LeftoverMark(7, Receiver, false), CancellationToken.None);
        Assert.Equal(["live 1", "replaced 2", "tombstone 1"], Shown(fixture, MountpathWalkKind.Live));
        Assert.Equal(["unverified 1"], Shown(fixture, MountpathWalkKind.UnverifiedLeftovers));
        Assert.Equal(["tombstone 1", "verified 1"], Shown(fixture, MountpathWalkKind.Forgettable));
        Assert.Equal(["replaced 1"], Shown(fixture, MountpathWalkKind.ReplacedLeftovers));
        Assert.Equal(["live 1", "replaced 2", "tombstone 1", "unverified 1", "verified 1"], Shown(fixture, MountpathWalkKind.All));
        Assert.Empty(Shown(fixture, MountpathWalkKind.Quarantined));

        var walk = Walk(fixture, MountpathWalkKind.Live);
        Assert.Equal(3, walk.CountNames(string.Empty, CancellationToken.None));
        var first = walk.ReadPage(string.Empty, 1, CancellationToken.None);
        Assert.Equal(2, walk.CountNames(first.Cursor, CancellationToken.None));
        Assert.Equal(["replaced", "tombstone"], walk.ReadPage(first.Cursor, 10, CancellationToken.None).Records.Select(found => found.Name.Name));
    }

    [Fact]
    public async Task B8_What_cannot_be_read_is_named_and_the_walk_goes_on()
    {
        var disk = NewDisk();
        using var fixture = new StoreFixture(disk, "/mp1");
        foreach (var name in (string[])["a", "b", "c"])
        {
            await fixture.PutAsync(name, "body", 1);
        }

        using (var file = disk.Open($"/mp1/@ais/@#/bucket.{StoreFixture.BucketId:x16}/ob/ob", FileOpenMode.ReadWrite))
        {
            file.SetAttribute(RecordCodec.AttributeName, "nonsense"u8);
        }

        var page = Walk(fixture, MountpathWalkKind.Live).ReadPage(string.Empty, 10, CancellationToken.None);
        Assert.Equal(["a", "c"], page.Records.Select(found => found.Name.Name));
        Assert.Equal(("b", ErrorCode.Corrupt), (page.Unreadable[0].Name.Name, page.Unreadable[0].Error.Code));
    }

    [Fact]
    public async Task B10_A_disk_that_is_gone_or_refuses_is_an_error_and_never_an_empty_walk()
    {
        var disk = NewDisk();
        var faulty = new FaultyFileLayer(disk);
        using var fixture = new StoreFixture(faulty, "/mp1");
        await fixture.PutAsync("a", "body", 1);
        var walk = Walk(fixture, MountpathWalkKind.Live);
        faulty.FailNext("getdents64", Errno.EIO);
        Assert.Equal(ErrorCode.DiskFailure, Assert.Throws<StoreException>(() => walk.ReadPage(string.Empty, 10, CancellationToken.None)).Error.Code);
        Assert.Single(walk.ReadPage(string.Empty, 10, CancellationToken.None).Records);
        Assert.Equal(ErrorCode.Invalid, Assert.Throws<StoreException>(() => walk.ReadPage("x", 10, CancellationToken.None)).Error.Code);
        disk.Unlink("/mp1/.starling/lock");
        Assert.Equal(ErrorCode.Unavailable, Assert.Throws<StoreException>(() => walk.ReadPage(string.Empty, 10, CancellationToken.None)).Error.Code);
    }

    private static List<string> Shown(StoreFixture fixture, MountpathWalkKind kind)
    {
        var page = Walk(fixture, kind).ReadPage(string.Empty, 100, CancellationToken.None);
        Assert.True(page.IsEnd);
        Assert.Empty(page.Unreadable);
        return [.. page.Records.Select(found => $"{found.Name.Name} {found.Record.Key.Sequence}")];
    }

    private static MountpathWalk Walk(StoreFixture fixture, MountpathWalkKind kind) => fixture.Store.WalkMountpath(fixture.Mountpaths.All[0], kind);

    private static Task MarkAsync(StoreFixture fixture, string name, long sequence) =>
        fixture.Store.MarkLeftoverAsync(StoreFixture.Name(name), StoreFixture.Key(sequence), 7, Receiver, CancellationToken.None);

    /// <summary>Names that share components, that are beginnings of each other, and some that take more than one directory entry.</summary>
    private static string NewName(Random random, int number)
    {
        var parts = Enumerable.Range(0, random.Next(0, 3)).Select(_ => ((string[])["d", "d-", "d0", new string('x', 300)])[random.Next(4)]);
        return string.Join('/', [.. parts, $"n{number}"]);
    }

    private static async Task PutAsync(StoreFixture fixture, ObjectName name, ulong bucketId, long sequence)
    {
        using var session = fixture.Store.OpenWrite(name, bucketId, "none");
        await session.WriteAsync("body"u8.ToArray(), CancellationToken.None);
        await fixture.Store.CommitAsync(session, session.NewRecord(new RecordKey(bucketId, 1, 1, sequence), sequence), Durability.Durable, CancellationToken.None);
    }

    private static RecordingFileLayer NewDisk()
    {
        var disk = new RecordingFileLayer();
        disk.MakeDirectory("/mp1");
        disk.MakeDirectory("/mp2");
        disk.SyncFileSystem("/");
        return disk;
    }
}
