using System.Text;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Files;
using Starling.Storage.Objects;
using Xunit;

namespace Starling.Tests.Storage;

/// <summary>The store on a real filesystem.</summary>
public sealed class ObjectStoreTests : IDisposable
{
    private readonly ScratchDirectory scratch = new();
    private readonly StoreFixture fixture;

    public ObjectStoreTests()
    {
        fixture = new StoreFixture(new LinuxFileLayer(), scratch.Make("mp1"), scratch.Make("mp2"), scratch.Make("mp3"));
    }

    public void Dispose()
    {
        fixture.Dispose();
        scratch.Dispose();
    }

    [Theory]
    [InlineData(Durability.Durable)]
    [InlineData(Durability.DurableLocal)]
    [InlineData(Durability.Buffered)]
    public async Task Put_overwrite_delete_and_put_again_read_what_was_written_last(Durability durability)
    {
        Assert.Equal("absent", await fixture.ReadAsync("a"));
        await fixture.PutAsync("a", "one", 1, durability);
        Assert.Equal("one", await fixture.ReadAsync("a"));
        await fixture.PutAsync("a", "two!", 2, durability);
        Assert.Equal("two!", await fixture.ReadAsync("a"));
        await fixture.DeleteAsync("a", 3, durability);
        Assert.Equal("deleted", await fixture.ReadAsync("a"));
        Assert.Empty(fixture.List());
        await fixture.PutAsync("a", "three", 4, durability);
        Assert.Equal("three", await fixture.ReadAsync("a"));
        Assert.Equal(["a"], fixture.List());
        Assert.Equal(durability, fixture.Store.Lookup(StoreFixture.Name("a"), StoreFixture.BucketId).Record!.Durability);
        Assert.True(await fixture.Store.ForgetAsync(StoreFixture.Name("a"), StoreFixture.BucketId, durability, CancellationToken.None));
        Assert.Equal("absent", await fixture.ReadAsync("a"));
        Assert.False(await fixture.Store.ForgetAsync(StoreFixture.Name("a"), StoreFixture.BucketId, durability, CancellationToken.None));
    }

    [Fact]
    public async Task Names_that_are_prefixes_of_each_other_long_and_in_many_scripts_all_exist_at_once()
    {
        string[] names =
        [
            "a", "a/b", "a/b/c", "a-b", "a0", "a/b.c", "o", "d", "c", "t/o", "déjà/vu", "日本/語", "😀/😀", " leading", "trailing ", "x.work", "..a", "...", "%2F", "a\\b", ".starling",
            new string('n', 1024), new string('n', 250), new string('n', 251), new string('n', 250) + "/" + new string('n', 250), new string('n', 500), new string('n', 250) + "-",
            string.Join('/', Enumerable.Repeat("x", 512)), new string('語', 341), new string('n', 249) + "😀x", new string('n', 250) + "/z",
        ];
        for (var i = 0; i < names.Length; i++)
        {
            await fixture.PutAsync(names[i], $"body {i}", i);
        }

        for (var i = 0; i < names.Length; i++)
        {
            Assert.Equal($"body {i}", await fixture.ReadAsync(names[i]));
        }

        Assert.Equal(names.Order(Utf8Order.Instance), fixture.List());
    }

    [Fact]
    public async Task Bucket_made_again_under_another_id_never_sees_old_objects()
    {
        await fixture.PutAsync("a", "old", 1);
        Assert.Equal(LookupStatus.Absent, fixture.Store.Lookup(StoreFixture.Name("a"), 0xac).Status);
        Assert.False(fixture.Store.Walk(StoreFixture.Bucket, 0xac, new WalkOptions()).TryNext(out _));
    }

    [Fact]
    public async Task Destroyed_bucket_is_gone_at_once_and_its_files_when_the_trash_is_emptied()
    {
        for (var i = 0; i < 20; i++)
        {
            await fixture.PutAsync($"dir{i % 3}/{i}", "x", i);
        }

        fixture.Store.CreateBucketDirs(StoreFixture.Bucket, 7);
        Assert.Equal([(StoreFixture.Bucket, 7ul), (StoreFixture.Bucket, StoreFixture.BucketId)], fixture.Store.ListBucketsOnDisk());
        fixture.Store.DestroyBucket(StoreFixture.Bucket, StoreFixture.BucketId);
        Assert.Equal([(StoreFixture.Bucket, 7ul)], fixture.Store.ListBucketsOnDisk());
        Assert.Equal("absent", await fixture.ReadAsync("dir0/0"));
        await fixture.PutAsync("dir0/late", "late", 30);
        fixture.Store.DestroyBucket(StoreFixture.Bucket, StoreFixture.BucketId);
        Assert.Equal(21, fixture.Store.EmptyTrash(CancellationToken.None));
        Assert.Equal(0, fixture.Store.EmptyTrash(CancellationToken.None));
    }

    [Fact]
    public async Task Aborted_and_forgotten_sessions_leave_no_file()
    {
        using (var session = fixture.Store.OpenWrite(StoreFixture.Name("a"), StoreFixture.BucketId, "md5"))
        {
            await session.WriteAsync(new byte[100_000], CancellationToken.None);
        }

        Assert.DoesNotContain(Directory.GetFiles(scratch.Path, "*", SearchOption.AllDirectories), path => path.Contains("/work/", StringComparison.Ordinal));
        _ = fixture.Store.OpenWrite(StoreFixture.Name("b"), StoreFixture.BucketId, "none");
        _ = new ObjectStore(fixture.Mountpaths);
        Assert.DoesNotContain(Directory.GetFiles(scratch.Path, "*", SearchOption.AllDirectories), path => path.Contains("/work/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reader_keeps_its_version_while_the_name_is_overwritten_and_deleted()
    {
        await fixture.PutAsync("a", "one", 1);
        using var reader = fixture.Store.OpenRead(StoreFixture.Name("a"), StoreFixture.BucketId).Reader!;
        await fixture.PutAsync("a", "two", 2);
        await fixture.DeleteAsync("a", 3);
        var body = new byte[10];
        Assert.Equal(3, await reader.ReadAsync(body, 0, CancellationToken.None));
        Assert.Equal("one", Encoding.UTF8.GetString(body, 0, 3));
        Assert.NotNull(reader.Descriptor);
    }

    [Fact]
    public async Task Record_comes_back_as_it_was_committed()
    {
        using var session = fixture.Store.OpenWrite(StoreFixture.Name("a"), StoreFixture.BucketId, "sha256");
        await session.WriteAsync("hello"u8.ToArray(), CancellationToken.None);
        var record = session.NewRecord(StoreFixture.Key(5), 123) with { Version = "7", Custom = [new("k", "v"), new("ключ", "значение")] };
        await fixture.Store.CommitAsync(session, record, Durability.Durable, CancellationToken.None);
        var found = fixture.Store.Lookup(StoreFixture.Name("a"), StoreFixture.BucketId).Record!;
        Assert.Equal("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", found.ChecksumValue);
        Assert.Equal(record.Custom, found.Custom);
        Assert.Equal(record with { Custom = found.Custom }, found);
    }

    [Fact]
    public async Task Damaged_files_are_corrupt_and_never_absent()
    {
        await fixture.PutAsync("a", "hello", 1);
        var path = Directory.GetFiles(scratch.Path, "oa", SearchOption.AllDirectories).Single();
        await File.AppendAllTextAsync(path, "!");
        Assert.Equal("error: Corrupt", await fixture.ReadAsync("a"));
        await File.WriteAllTextAsync(path.Replace("/oa", "/ob", StringComparison.Ordinal), "no attribute");
        var found = fixture.Store.Mountpaths.All.Any(mountpath => path.StartsWith(mountpath.Path, StringComparison.Ordinal) && fixture.Mountpaths.Place(StoreFixture.Name("b").Digest) == mountpath);
        Assert.Equal(found ? "error: Corrupt" : "absent", await fixture.ReadAsync("b"));
    }

    [Theory]
    [InlineData("none", "")]
    [InlineData("xxhash", "26c7827d889f6da3")]
    [InlineData("xxhash2", "26c7827d889f6da3")]
    [InlineData("crc32c", "9a71bb4c")]
    [InlineData("md5", "5d41402abc4b2a76b9719d911017c592")]
    public async Task Checksum_of_the_body_is_computed_while_it_arrives(string type, string expected)
    {
        using var session = fixture.Store.OpenWrite(StoreFixture.Name("a"), StoreFixture.BucketId, type);
        foreach (var part in (string[])["h", "el", "", "lo"])
        {
            await session.WriteAsync(Encoding.UTF8.GetBytes(part), CancellationToken.None);
        }

        Assert.Equal(expected, session.ChecksumValue);
        await Assert.ThrowsAsync<InvalidOperationException>(() => session.WriteAsync(new byte[1], CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task Many_durable_commits_at_once_all_arrive_and_a_cancelled_one_changes_nothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => fixture.PutAsync($"dir{i % 7}/{i}", $"body {i}", i)));
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal($"body {i}", await fixture.ReadAsync($"dir{i % 7}/{i}"));
        }

        Assert.Equal(100, fixture.List().Count);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => fixture.Store.CommitTombstoneAsync(StoreFixture.Name("dir0/0"), StoreFixture.Tombstone("dir0/0", 200), Durability.Durable, cancelled.Token).AsTask());
        Assert.Equal("body 0", await fixture.ReadAsync("dir0/0"));
    }

    [Fact]
    public async Task Metadata_that_does_not_fit_is_refused_by_name_and_leaves_nothing()
    {
        using var session = fixture.Store.OpenWrite(StoreFixture.Name("a"), StoreFixture.BucketId, "none");
        var record = session.NewRecord(StoreFixture.Key(1), 1) with { Custom = [new("k", new string('v', 4000))] };
        var error = await Assert.ThrowsAsync<StoreException>(() => fixture.Store.CommitAsync(session, record, Durability.Durable, CancellationToken.None).AsTask());
        Assert.Equal(ErrorCode.TooLarge, error.Error.Code);
        Assert.Contains("ais/@#/bucket/a", error.Message, StringComparison.Ordinal);
        Assert.Equal("absent", await fixture.ReadAsync("a"));
    }
}

/// <summary>Ordinal order of UTF-8 bytes, the slow way.</summary>
internal sealed class Utf8Order : IComparer<string>
{
    public static readonly Utf8Order Instance = new();

    public int Compare(string? x, string? y) => Encoding.UTF8.GetBytes(x!).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y!));
}
