using Starling.Core.Errors;
using Starling.Storage.Files;
using Starling.Storage.Layout;
using Xunit;

namespace Starling.Tests.Storage;

/// <summary>Framed metadata files: damage, versions, crashes, errors.</summary>
public sealed class SystemFileTests
{
    private const string Path = "/dir/file";

    [Fact]
    public void Content_comes_back_and_an_absent_file_is_null()
    {
        var disk = NewDisk();
        Assert.Null(SystemFile.Read(disk, Path, 5));
        SystemFile.Write(disk, Path, 5, "hello"u8);
        Assert.Equal("hello"u8.ToArray(), SystemFile.Read(disk, Path, 5)!);
        SystemFile.Write(disk, Path, 5, ""u8);
        Assert.Empty(SystemFile.Read(disk, Path, 5)!);
    }

    [Fact]
    public void FD7_Damage_of_any_byte_and_any_truncation_is_corrupt_and_names_file_and_remedy()
    {
        var disk = NewDisk();
        SystemFile.Write(disk, Path, 5, "hello"u8);
        var frame = new byte[disk.Stat(Path)!.Value.SizeBytes];
        disk.Open(Path, FileOpenMode.Read).Read(frame, 0);
        for (var at = 0; at < frame.Length; at++)
        {
            frame[at] ^= 0x10;
            AssertCorrupt(disk, frame);
            frame[at] ^= 0x10;
            AssertCorrupt(disk, frame[..at]);
        }
    }

    [Fact]
    public void Newer_version_and_other_kind_are_refused()
    {
        var disk = NewDisk();
        SystemFile.Write(disk, Path, 5, "hello"u8);
        Assert.Contains("of kind 5", Assert.Throws<StoreException>(() => SystemFile.Read(disk, Path, 6)).Message, StringComparison.Ordinal);
        disk.Open(Path, FileOpenMode.ReadWrite).Write([9], 8);
        Assert.Contains("format version 9", Assert.Throws<StoreException>(() => SystemFile.Read(disk, Path, 5)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void I5_I6_Crash_before_every_file_operation_leaves_the_old_or_the_new_content()
    {
        for (var cutAt = 1; ; cutAt++)
        {
            var disk = NewDisk();
            var faulty = new FaultyFileLayer(disk);
            SystemFile.Write(faulty, Path, 5, "old"u8);
            faulty.Arm(cutAt, Errno.None, persistent: true);
            var done = TryWrite(faulty);
            foreach (var (state, files) in disk.CrashStates(new Random(cutAt), exhaustiveUpTo: 12))
            {
                var read = System.Text.Encoding.UTF8.GetString(SystemFile.Read(files, Path, 5)!);
                Assert.True(read == "new" || (!done && read == "old"), $"cut before call {cutAt} ({faulty.Failed}), {state}: {read}");
            }

            if (done)
            {
                return;
            }
        }
    }

    [Theory]
    [InlineData(Errno.EIO)]
    [InlineData(Errno.ENOSPC)]
    public void I7_Any_failing_call_is_reported_and_the_old_content_stays_readable(Errno errno)
    {
        for (var failAt = 1; ; failAt++)
        {
            var faulty = new FaultyFileLayer(NewDisk());
            SystemFile.Write(faulty, Path, 5, "old"u8);
            faulty.Arm(failAt, errno, persistent: false);
            try
            {
                SystemFile.Write(faulty, Path, 5, "new"u8);
            }
            catch (FileLayerException failure)
            {
                Assert.Equal(errno, failure.Errno);
            }

            faulty.Disarm();
            var read = System.Text.Encoding.UTF8.GetString(SystemFile.Read(faulty, Path, 5)!);
            if (faulty.Failed is null)
            {
                Assert.Equal("new", read);
                return;
            }

            Assert.True(read == "old" || faulty.Failed.StartsWith("fsync directory", StringComparison.Ordinal), faulty.Failed);
            SystemFile.Write(faulty, Path, 5, "later"u8);
        }
    }

    private static bool TryWrite(IFileLayer files)
    {
        try
        {
            SystemFile.Write(files, Path, 5, "new"u8);
            return true;
        }
        catch (PowerCutException)
        {
            return false;
        }
    }

    private static void AssertCorrupt(RecordingFileLayer disk, byte[] frame)
    {
        using var file = disk.Open(Path, FileOpenMode.ReadWrite);
        file.SetLength(0);
        file.Write(frame, 0);
        var error = Assert.Throws<StoreException>(() => SystemFile.Read(disk, Path, 5)).Error;
        Assert.Equal(ErrorCode.Corrupt, error.Code);
        Assert.Contains(Path, error.Message, StringComparison.Ordinal);
    }

    private static RecordingFileLayer NewDisk()
    {
        var disk = new RecordingFileLayer();
        disk.MakeDirectory("/dir");
        disk.SyncFileSystem("/");
        return disk;
    }
}
