using Starling.Core.Errors;
using Starling.Core.Hashing;
using Starling.Core.Placement;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;
using Xunit;

namespace Starling.Tests.Storage;

/// <summary>The rules of mountpaths: what is refused names the path and the remedy.</summary>
public sealed class MountpathSetTests
{
    private readonly RecordingFileLayer disk = new();

    public MountpathSetTests()
    {
        foreach (var path in (string[])["/mp1", "/mp2", "/mp3", "/mp1/inner"])
        {
            disk.MakeDirectory(path);
        }
    }

    [Theory]
    [InlineData("not an absolute path", "mp1")]
    [InlineData("\"/\" is refused", "/")]
    [InlineData("\"/\" is refused", "/mp1/..")]
    [InlineData("must not nest or repeat", "/mp1", "/mp1/inner")]
    [InlineData("must not nest or repeat", "/mp1/", "//mp1")]
    [InlineData("does not exist", "/mp1", "/none")]
    [InlineData("no mountpath is given")]
    public void Path_that_breaks_a_rule_is_refused_by_name(string expected, params string[] paths)
    {
        var error = Assert.Throws<StoreException>(() => Open(paths)).Error;
        Assert.Equal(ErrorCode.Invalid, error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Path_of_more_than_255_bytes_is_refused() =>
        Assert.Contains("longer than 255 bytes", Assert.Throws<StoreException>(() => Open("/" + new string('x', 255))).Message, StringComparison.Ordinal);

    [Fact]
    public void Two_mountpaths_on_one_filesystem_need_the_development_option()
    {
        var error = Assert.Throws<StoreException>(() => MountpathSet.Open(disk, new MountpathOptions { Paths = ["/mp1", "/mp2"], TargetId = "target01" }));
        Assert.Contains("\"/mp1\" and \"/mp2\" share one filesystem", error.Message, StringComparison.Ordinal);
        using var set = Open("/mp1", "/mp2");
        Assert.Equal(2, set.All.Count);
    }

    [Fact]
    public void Identity_is_drawn_once_and_found_again()
    {
        MountpathId[] first;
        using (var set = Open("/mp2", "/mp1/"))
        {
            Assert.Equal(["/mp1", "/mp2"], set.All.Select(mountpath => mountpath.Path));
            first = [.. set.All.Select(mountpath => mountpath.Id)];
            Assert.NotEqual(first[0], first[1]);
        }

        using var again = Open("/mp1", "/mp2");
        Assert.Equal(first, again.All.Select(mountpath => mountpath.Id));
        Assert.True(again.Settled);
    }

    [Fact]
    public void B3_Lock_file_excludes_a_second_process_and_its_inode_is_reported()
    {
        ulong inode;
        using (var set = Open("/mp1"))
        {
            inode = set.All[0].LockInode;
            Assert.Equal(disk.Stat("/mp1/.starling/lock")!.Value.Inode, inode);
            var error = Assert.Throws<StoreException>(() => Open("/mp1")).Error;
            Assert.Equal(ErrorCode.Busy, error.Code);
            Assert.Contains("\"/mp1\" is in use by another process", error.Message, StringComparison.Ordinal);
        }

        using var again = Open("/mp1");
        Assert.Equal(inode, again.All[0].LockInode);
    }

    [Fact]
    public void FD8_Mountpath_of_another_target_is_refused_and_untouched()
    {
        Open("/mp1").Dispose();
        disk.Journal.Clear();
        var error = Assert.Throws<StoreException>(() => MountpathSet.Open(disk, new MountpathOptions { Paths = ["/mp1"], TargetId = "target02" }));
        Assert.Contains("\"/mp1\" belongs to target target01, not to target02", error.Message, StringComparison.Ordinal);
        Assert.Empty(disk.Journal);
    }

    [Fact]
    public void FD8_Swapped_and_copied_disks_are_refused()
    {
        Open("/mp1", "/mp2").Dispose();
        Swap("/mp1", "/mp2");
        Assert.Contains("was at \"/mp2\" before", Assert.Throws<StoreException>(() => Open("/mp1", "/mp2")).Message, StringComparison.Ordinal);
        Swap("/mp1", "/mp2");
        Copy("/mp1/.starling/identity", "/mp2/.starling/identity");
        Assert.Contains("carry the same identity", Assert.Throws<StoreException>(() => Open("/mp1", "/mp2")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void B10_FD3_Missing_mountpath_is_refused_or_remembered_and_its_empty_mount_point_is_never_written()
    {
        Open("/mp1", "/mp2").Dispose();
        disk.Rename("/mp2", "/elsewhere");
        Assert.Contains("\"/mp2\"", Assert.Throws<StoreException>(() => Open("/mp1", "/mp2")).Message, StringComparison.Ordinal);
        Assert.Contains("is missing: mount its disk", Assert.Throws<StoreException>(() => Open("/mp1")).Message, StringComparison.Ordinal);
        disk.MakeDirectory("/mp2");
        disk.Journal.Clear();
        Assert.Contains("is missing: mount its disk", Assert.Throws<StoreException>(() => Open("/mp1", "/mp2")).Message, StringComparison.Ordinal);
        using var set = MountpathSet.Open(disk, new MountpathOptions { Paths = ["/mp1", "/mp2"], TargetId = "target01", AllowSharedFilesystem = true, AllowMissing = true });
        Assert.DoesNotContain(disk.Journal, line => line.Contains("/mp2", StringComparison.Ordinal));
        Assert.Equal("/mp2", Assert.Single(set.Missing).Path);
        Assert.Equal("/mp1", Assert.Single(set.All).Path);
    }

    [Fact]
    public async Task B10_Names_of_a_missing_mountpath_are_unknown_and_not_absent_and_listing_refuses()
    {
        using (var fixture = new StoreFixture(disk, "/mp1", "/mp2"))
        {
            for (var i = 0; i < 20; i++)
            {
                await fixture.PutAsync($"n{i}", "x", i);
            }
        }

        disk.Rename("/mp2", "/elsewhere");
        using var set = MountpathSet.Open(disk, new MountpathOptions { Paths = ["/mp1"], TargetId = "target01", AllowMissing = true });
        var store = new Starling.Storage.Objects.ObjectStore(set);
        var unknown = 0;
        for (var i = 0; i < 40; i++)
        {
            var lookup = store.Lookup(StoreFixture.Name($"n{i}"), StoreFixture.BucketId);
            unknown += lookup.Error?.Code == ErrorCode.Unavailable ? 1 : 0;
            Assert.True(lookup.Error is null ? (i < 20) == lookup.IsLiveObject : lookup.Error.Code == ErrorCode.Unavailable, $"n{i}: {lookup}");
        }

        Assert.InRange(unknown, 5, 35);
        Assert.Throws<StoreException>(() => store.Walk(StoreFixture.Bucket, StoreFixture.BucketId, new()).TryNext(out _));
    }

    [Fact]
    public async Task Added_mountpath_hides_no_object_and_duplicates_none()
    {
        using (var fixture = new StoreFixture(disk, "/mp1"))
        {
            for (var i = 0; i < 20; i++)
            {
                await fixture.PutAsync($"n{i:d2}", "old", i);
            }
        }

        using var grown = new StoreFixture(disk, "/mp1", "/mp2", "/mp3");
        Assert.False(grown.Mountpaths.Settled);
        for (var i = 0; i < 20; i += 2)
        {
            Assert.Equal("old", await grown.ReadAsync($"n{i:d2}"));
            await grown.PutAsync($"n{i:d2}", "new", 100 + i);
            Assert.Equal("new", await grown.ReadAsync($"n{i:d2}"));
        }

        await grown.DeleteAsync("n01", 200);
        Assert.Equal("deleted", await grown.ReadAsync("n01"));
        Assert.Equal(Enumerable.Range(0, 20).Where(i => i != 1).Select(i => $"n{i:d2}"), grown.List());
    }

    [Fact]
    public void Names_are_placed_by_rendezvous_over_the_digests_of_cleaned_paths()
    {
        using var set = Open("/mp3/", "/mp1", "/mp2");
        Candidate[] candidates = [.. ((string[])["/mp1", "/mp2", "/mp3"]).Select(path => new Candidate(XxHash64Seeded.Hash(System.Text.Encoding.UTF8.GetBytes(path), 1103515245)))];
        var counts = new int[3];
        for (var i = 0; i < 300; i++)
        {
            var digest = StoreFixture.Name($"name{i}").Digest;
            var expected = Rendezvous.Owner(candidates, digest);
            counts[expected]++;
            Assert.Equal(set.All[expected], set.Place(digest));
        }

        Assert.All(counts, count => Assert.InRange(count, 60, 140));
    }

    [Fact]
    public void Filesystem_without_extended_attributes_is_refused_by_path()
    {
        var error = Assert.Throws<StoreException>(() => Open(new NoAttributes(disk), "/mp1")).Error;
        Assert.Equal(ErrorCode.Unsupported, error.Code);
        Assert.Contains("\"/mp1\" does not take extended attributes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Crash_while_a_mountpath_is_marked_for_the_first_time_never_prevents_the_next_start()
    {
        for (var cutAt = 1; ; cutAt++)
        {
            var fresh = new RecordingFileLayer();
            fresh.MakeDirectory("/mp1");
            fresh.MakeDirectory("/mp2");
            fresh.SyncFileSystem("/");
            var faulty = new FaultyFileLayer(fresh);
            faulty.Arm(cutAt, Errno.None, persistent: true);
            try
            {
                Open(faulty, "/mp1", "/mp2").Dispose();
            }
            catch (PowerCutException)
            {
                // What it left is looked at below.
            }

            foreach (var (_, files) in fresh.CrashStates(new Random(cutAt), exhaustiveUpTo: 6, samples: 20))
            {
                using var set = Open(files, "/mp1", "/mp2");
                Assert.Equal(2, set.All.Count);
            }

            if (faulty.Failed is null)
            {
                return;
            }
        }
    }

    private static MountpathSet Open(IFileLayer files, params string[] paths) =>
        MountpathSet.Open(files, new MountpathOptions { Paths = paths, TargetId = "target01", AllowSharedFilesystem = true });

    [Fact]
    public void Mountpath_of_another_cluster_is_refused_and_both_are_named()
    {
        using (var set = Open("/mp1", "/mp2"))
        {
            Assert.Equal(string.Empty, set.ClusterId);
            set.BindTo("clusterA");
            set.BindTo("clusterA");
            Assert.Equal(ErrorCode.Conflict, Assert.Throws<StoreException>(() => set.BindTo("clusterB")).Error.Code);
        }

        using (var same = MountpathSet.Open(disk, OfCluster("clusterA")))
        {
            Assert.Equal("clusterA", same.ClusterId);
        }

        using (var unknown = MountpathSet.Open(disk, OfCluster(string.Empty)))
        {
            Assert.Equal("clusterA", unknown.ClusterId);
        }

        var error = Assert.Throws<StoreException>(() => MountpathSet.Open(disk, OfCluster("clusterB"))).Error;
        Assert.Equal(ErrorCode.Conflict, error.Code);
        foreach (var part in (string[])["/mp1", "clusterA", "clusterB", "empty the directory"])
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Mountpaths_of_two_clusters_are_refused_together()
    {
        using (var first = Open("/mp1"))
        {
            first.BindTo("clusterA");
        }

        using (var second = Open("/mp2"))
        {
            second.BindTo("clusterB");
        }

        var error = Assert.Throws<StoreException>(() => MountpathSet.Open(disk, OfCluster(string.Empty) with { AllowMissing = true })).Error;
        Assert.Contains("clusterA", error.Message, StringComparison.Ordinal);
        Assert.Contains("clusterB", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Identity_file_of_the_first_form_is_read_and_gets_its_cluster_later()
    {
        string id;
        using (var set = Open("/mp1"))
        {
            id = set.All[0].Id.ToString();
        }

        byte[] old = [.. Convert.FromHexString(id), .. "target01"u8];
        Starling.Storage.Layout.SystemFile.Write(disk, "/mp1/.starling/identity", 1, old);
        using (var set = Open("/mp1"))
        {
            Assert.Equal(id, set.All[0].Id.ToString());
            Assert.Equal(string.Empty, set.ClusterId);
            set.BindTo("clusterA");
        }

        using (var set = Open("/mp1"))
        {
            Assert.Equal((id, "clusterA"), (set.All[0].Id.ToString(), set.ClusterId));
        }

        Starling.Storage.Layout.SystemFile.Write(disk, "/mp1/.starling/identity", 1, [.. old.AsSpan(0, 16), 0, 3, .. "whatever"u8]);
        Assert.Contains("start a newer build", Assert.Throws<StoreException>(() => Open("/mp1")).Message, StringComparison.Ordinal);
    }

    private static MountpathOptions OfCluster(string id) => new() { Paths = ["/mp1", "/mp2"], TargetId = "target01", AllowSharedFilesystem = true, ClusterId = id };

    private MountpathSet Open(params string[] paths) => Open(disk, paths);

    private void Swap(string left, string right)
    {
        disk.Rename(left, "/swap");
        disk.Rename(right, left);
        disk.Rename("/swap", right);
    }

    private void Copy(string from, string to)
    {
        var content = new byte[disk.Stat(from)!.Value.SizeBytes];
        disk.Open(from, FileOpenMode.Read).Read(content, 0);
        disk.Open(to, FileOpenMode.ReadWrite).Write(content, 0);
    }

    /// <summary>Refuses attributes as a filesystem without them does.</summary>
    private sealed class NoAttributes(RecordingFileLayer inner) : IFileLayer
    {
        public IOpenFile Open(string path, FileOpenMode mode)
        {
            var faulty = new FaultyFileLayer(inner);
            var file = faulty.Open(path, mode);
            faulty.Arm(1, Errno.EOPNOTSUPP, persistent: true);
            return file;
        }

        public IOpenFile? TryOpenRead(string path) => inner.TryOpenRead(path);

        public int GetAttribute(string path, string name, Span<byte> value) => throw new FileLayerException(Errno.EOPNOTSUPP, "getxattr", path);

        public void Rename(string from, string to) => inner.Rename(from, to);

        public bool Unlink(string path) => inner.Unlink(path);

        public bool MakeDirectory(string path) => inner.MakeDirectory(path);

        public bool RemoveDirectory(string path) => inner.RemoveDirectory(path);

        public void SyncDirectory(string path) => inner.SyncDirectory(path);

        public bool ReadDirectory(string path, DirectoryEntryVisitor visitor) => inner.ReadDirectory(path, visitor);

        public FileFacts? Stat(string path) => inner.Stat(path);

        public FileSystemFacts StatFileSystem(string path) => inner.StatFileSystem(path);

        public void SyncFileSystem(string path) => inner.SyncFileSystem(path);
    }
}
