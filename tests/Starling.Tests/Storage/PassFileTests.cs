using System.Text;
using Starling.Core.Errors;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;
using Xunit;

namespace Starling.Tests.Storage;

/// <summary>The progress of passes on every mountpath: whole, newest, and never given up for a damaged copy.</summary>
public sealed class PassFileTests
{
    [Fact]
    public void B9_Crash_before_every_file_operation_leaves_the_old_or_the_new_progress_and_what_was_saved_stays()
    {
        for (var cutAt = 1; ; cutAt++)
        {
            Assert.True(cutAt < 100, "it does not end");
            var disk = NewDisk();
            var faulty = new FaultyFileLayer(disk);
            using var fixture = new StoreFixture(faulty, "/mp1", "/mp2");
            var file = new PassFile(fixture.Mountpaths);
            file.Save("old"u8);
            faulty.Arm(cutAt, Errno.None, persistent: true);
            var done = TrySave(file);
            foreach (var (state, files) in disk.CrashStates(new Random(cutAt), exhaustiveUpTo: 10))
            {
                using var after = new StoreFixture(files, "/mp1", "/mp2");
                var read = Encoding.UTF8.GetString(new PassFile(after.Mountpaths).Load()!);
                Assert.True(read == "new" || (!done && read == "old"), $"cut before call {cutAt} ({faulty.Failed}), {state}: {read}");
            }

            if (done)
            {
                return;
            }
        }
    }

    [Fact]
    public void A_damaged_copy_does_not_count_while_another_is_there_and_is_an_error_when_none_is()
    {
        var disk = NewDisk();
        using var fixture = new StoreFixture(disk, "/mp1", "/mp2");
        var file = new PassFile(fixture.Mountpaths);
        Assert.Null(file.Load());
        file.Save("saved"u8);
        Damage(disk, "/mp1/.starling/pass");
        Assert.Equal("saved", Encoding.UTF8.GetString(new PassFile(fixture.Mountpaths).Load()!));
        Damage(disk, "/mp2/.starling/pass");
        var error = Assert.Throws<StoreException>(() => new PassFile(fixture.Mountpaths).Load()).Error;
        Assert.Equal(ErrorCode.Corrupt, error.Code);
        Assert.Contains("/.starling/pass", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_saved_after_every_copy_was_damaged_is_newer_than_a_copy_on_a_mountpath_that_was_away()
    {
        var disk = NewDisk();
        using (var fixture = new StoreFixture(disk, "/mp1", "/mp2"))
        {
            var file = new PassFile(fixture.Mountpaths);
            for (var i = 0; i < 5; i++)
            {
                file.Save("old"u8);
            }
        }

        using (var alone = MountpathSet.Open(disk, new MountpathOptions { Paths = ["/mp1"], TargetId = "target01", AllowMissing = true }))
        {
            Damage(disk, "/mp1/.starling/pass");
            var file = new PassFile(alone);
            Assert.Throws<StoreException>(() => file.Load());
            file.Save("new"u8);
        }

        using var both = new StoreFixture(disk, "/mp1", "/mp2");
        Assert.Equal("new", Encoding.UTF8.GetString(new PassFile(both.Mountpaths).Load()!));
    }

    private static void Damage(RecordingFileLayer disk, string path)
    {
        using var file = disk.Open(path, FileOpenMode.ReadWrite);
        file.Write("x"u8, 30);
    }

    private static bool TrySave(PassFile file)
    {
        try
        {
            file.Save("new"u8);
            return true;
        }
        catch (PowerCutException)
        {
            return false;
        }
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
