using System.Buffers;
using System.Text;
using Starling.Core.Errors;
using Starling.Storage.Files;
using Xunit;

namespace Starling.Tests.Storage;

/// <summary>Facts about the real filesystem and our own system calls on it.</summary>
public sealed class LinuxFileLayerTests : IDisposable
{
    private readonly ScratchDirectory scratch = new();
    private readonly LinuxFileLayer files = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Failed_flush_is_reported_with_its_errno_and_path()
    {
        // The kernel refuses to flush such a file with EINVAL: the cheapest real failure of fsync.
        using var file = files.Open("/proc/self/comm", FileOpenMode.Read);
        var failure = Assert.Throws<FileLayerException>(file.Sync);
        Assert.Equal(Errno.EINVAL, failure.Errno);
        Assert.Equal("/proc/self/comm", failure.Path);
        Assert.Contains("fsync", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void I7_failed_flush_is_final_for_the_file()
    {
        using var file = files.Open("/proc/self/comm", FileOpenMode.ReadWrite);
        Assert.Throws<FileLayerException>(file.Sync);
        Assert.Throws<FileLayerException>(() => file.Write("x"u8, 0));
        var again = Assert.Throws<FileLayerException>(file.Sync);
        Assert.Contains("after a failed fsync", again.Operation, StringComparison.Ordinal);
    }

    [Fact]
    public void Directory_can_be_flushed_and_a_missing_one_is_an_error()
    {
        files.SyncDirectory(scratch.Path);
        Assert.Equal(Errno.ENOENT, Assert.Throws<FileLayerException>(() => files.SyncDirectory(scratch.Path + "/none")).Errno);
    }

    [Fact]
    public void Attribute_survives_rename_and_is_told_apart_from_absent_attribute_and_absent_file()
    {
        var (first, second) = (scratch.Path + "/a", scratch.Path + "/b");
        using (var file = files.Open(first, FileOpenMode.CreateNew))
        {
            Assert.Equal(IFileLayer.AttributeAbsent, file.GetAttribute("user.starling", new byte[8]));
            file.SetAttribute("user.starling", "12345"u8);
            file.Sync();
        }

        files.Rename(first, second);
        var buffer = new byte[8];
        Assert.Equal(5, files.GetAttribute(second, "user.starling", buffer));
        Assert.Equal("12345"u8.ToArray(), buffer[..5]);
        Assert.Equal(IFileLayer.AttributeAbsent, files.GetAttribute(second, "user.other", buffer));
        Assert.Equal(IFileLayer.FileAbsent, files.GetAttribute(first, "user.starling", buffer));
        Assert.Equal(IFileLayer.FileAbsent, files.GetAttribute(second + "/below", "user.starling", buffer));
        Assert.Equal(Errno.ERANGE, Assert.Throws<FileLayerException>(() => files.GetAttribute(second, "user.starling", new byte[3])).Errno);
    }

    [Fact]
    public async Task Gathering_write_of_many_segments_reads_back_the_same()
    {
        var random = new Random(7);
        Piece? first = null, last = null;
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[random.Next(0, 900)];
            random.NextBytes(bytes);
            last = last is null ? first = new Piece(bytes) : last.Append(bytes);
        }

        var body = new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
        using var file = files.Open(scratch.Path + "/body", FileOpenMode.CreateNew);
        file.Write("head"u8, 0);
        file.Write(body, 4);
        var read = new byte[body.Length + 10];
        Assert.Equal(body.Length, await file.ReadAsync(read, 4, CancellationToken.None));
        Assert.Equal(body.ToArray(), read[..(int)body.Length]);
        Assert.Equal(body.Length + 4, file.Stat().SizeBytes);
        Assert.Equal(0, await file.ReadAsync(read, body.Length + 4, CancellationToken.None));
    }

    [Fact]
    public void Directory_is_read_in_full_with_types()
    {
        var expected = new SortedDictionary<string, bool>(StringComparer.Ordinal);
        for (var i = 0; i < 3000; i++)
        {
            var name = $"name-{i}-{new string('x', i % 200)}";
            using var file = files.Open($"{scratch.Path}/{name}", FileOpenMode.CreateNew);
            expected[name] = false;
        }

        Assert.True(files.MakeDirectory(scratch.Path + "/ünder"));
        Assert.False(files.MakeDirectory(scratch.Path + "/ünder"));
        expected["ünder"] = true;
        var found = new SortedDictionary<string, bool>(StringComparer.Ordinal);
        Assert.True(files.ReadDirectory(scratch.Path, (name, isDirectory) => found.Add(Encoding.UTF8.GetString(name), isDirectory)));
        found.Remove("probe");
        Assert.Equal(expected, found);
        Assert.False(files.ReadDirectory(scratch.Path + "/none", (_, _) => { }));
    }

    [Fact]
    public void Lock_excludes_a_second_descriptor_and_ends_with_the_first()
    {
        using var second = files.Open(scratch.Path + "/lock", FileOpenMode.OpenOrCreate);
        using (var first = files.Open(scratch.Path + "/lock", FileOpenMode.OpenOrCreate))
        {
            Assert.True(first.TryLock());
            Assert.False(second.TryLock());
            Assert.Equal(first.Stat().Inode, second.Stat().Inode);
        }

        Assert.True(second.TryLock());
    }

    [Fact]
    public void Absent_files_are_results_and_existing_ones_are_not_made_again()
    {
        Assert.Null(files.TryOpenRead(scratch.Path + "/none"));
        Assert.Null(files.Stat(scratch.Path + "/none"));
        Assert.False(files.Unlink(scratch.Path + "/none"));
        Assert.False(files.RemoveDirectory(scratch.Path + "/none"));
        Assert.Equal(Errno.EEXIST, Assert.Throws<FileLayerException>(() => files.Open(scratch.Path + "/probe", FileOpenMode.CreateNew)).Errno);
        Assert.True(files.StatFileSystem(scratch.Path).TotalBytes > files.StatFileSystem(scratch.Path).AvailableBytes);
        Assert.False(files.StatFileSystem(scratch.Path).ReadOnly);
        Assert.True(files.StatFileSystem("/proc").TotalBytes == 0);
    }

    [Theory]
    [InlineData(Errno.ENOSPC, ErrorCode.OutOfSpace)]
    [InlineData(Errno.EDQUOT, ErrorCode.OutOfSpace)]
    [InlineData(Errno.EIO, ErrorCode.DiskFailure)]
    [InlineData(Errno.EROFS, ErrorCode.DiskFailure)]
    public void Errors_of_the_system_become_codes_of_the_store(Errno errno, ErrorCode code) =>
        Assert.Equal(code, new FileLayerException(errno, "pwrite", "/disk/file").ToStoreException().Error.Code);

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(byte[] bytes) => Memory = bytes;

        public Piece Append(byte[] bytes)
        {
            var next = new Piece(bytes) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
