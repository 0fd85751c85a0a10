using Microsoft.Extensions.Logging.Abstractions;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Server.Hosting;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;
using Starling.Tests.Storage;
using Xunit;

namespace Starling.Tests.Server.Hosting;

/// <summary>A first start that is cut off anywhere is simply repeated.</summary>
public sealed class FirstStartTests
{
    private static readonly string[] Paths = ["/mp1", "/mp2"];

    [Theory]
    [InlineData("")]
    [InlineData("target01")]
    public void A_power_cut_before_every_file_operation_of_a_first_start_is_followed_by_a_start_under_the_same_id(string given)
    {
        var states = 0;
        for (var cutAt = 1; ; cutAt++)
        {
            Assert.True(cutAt < 500, "the start does not end");
            var disk = NewDisk();
            var faulty = new FaultyFileLayer(disk);
            faulty.Arm(cutAt, Errno.None, persistent: true);
            var first = Start(faulty, given, "drawnOne");
            foreach (var (state, files) in disk.CrashStates(new Random(cutAt), exhaustiveUpTo: 5, samples: 10))
            {
                var context = $"cut before call {cutAt} ({faulty.Failed}), {state}";
                var second = Start(files, given, "drawnTwo");
                Assert.True(second is { LogWasLost: false }, context);
                Assert.True(first is null || first.Id == second!.Id, $"{context}: {first?.Id} became {second!.Id}");
                CheckMarks(files, second!.Id, context);
                states++;
            }

            if (faulty.Failed is null)
            {
                break;
            }
        }

        Assert.True(states > 200, $"only {states} states were looked at");
    }

    [Fact]
    public void A_cut_between_two_lists_of_mountpaths_leaves_none_that_does_not_know_of_the_others()
    {
        var calls = 0;
        for (var cutAt = 1; ; cutAt++)
        {
            var disk = NewDisk();
            disk.MakeDirectory("/mp3");
            Start(disk, "target01", "unused");
            disk.SyncFileSystem("/");
            var after = disk.Crash(_ => RecordingFileLayer.Fate.Kept);
            var faulty = new FaultyFileLayer(after);
            faulty.Arm(cutAt, Errno.None, persistent: true);
            Start(faulty, "target01", "unused", "/mp3");
            var crashed = after.Crash(_ => RecordingFileLayer.Fate.Kept);
            Start(crashed, "target01", "unused", "/mp3");
            foreach (var path in (string[])["/mp1", "/mp2", "/mp3"])
            {
                Assert.Equal(3, MountpathFiles.ReadVolume(crashed, path)?.Members.Count);
            }

            calls = cutAt;
            if (faulty.Failed is null)
            {
                break;
            }
        }

        Assert.True(calls > 20, $"only {calls} calls were cut");
    }

    [Fact]
    public void A_first_start_that_was_refused_may_be_tried_under_another_id()
    {
        var disk = new RecordingFileLayer();
        disk.MakeDirectory("/data");
        Assert.Throws<Starling.Core.Errors.StoreException>(() => Start(disk, "target01", "unused"));
        disk.MakeDirectory("/mp1");
        disk.MakeDirectory("/mp2");
        Assert.Equal("target02", Start(disk.Crash(_ => RecordingFileLayer.Fate.Kept), "target02", "unused")?.Id);
    }

    private static RecordingFileLayer NewDisk()
    {
        var disk = new RecordingFileLayer();
        disk.MakeDirectory("/data");
        disk.MakeDirectory("/mp1");
        disk.MakeDirectory("/mp2");
        disk.SyncFileSystem("/");
        return disk;
    }

    /// <summary>What the mountpaths and the directory say of themselves after a start that went well.</summary>
    private static void CheckMarks(RecordingFileLayer files, string id, string context)
    {
        foreach (var path in Paths)
        {
            Assert.True(MountpathFiles.ReadIdentity(files, path)?.TargetId == id, context);
            Assert.True(MountpathFiles.ReadVolume(files, path)?.Members.Count == 2, context);
        }

        Assert.Null(files.Stat("/data/node.id.first"));
        Assert.NotNull(files.Stat("/data/node.id"));
    }

    /// <summary>Opens everything that a target keeps, as its process does; null when the power was cut.</summary>
    private static Started? Start(IFileLayer files, string given, string drawn, params string[] more)
    {
        try
        {
            using var directory = DataDirectory.Open(files, "/data");
            var id = directory.TakeId(given.Length == 0 ? default : NodeId.Parse(given), () => NodeId.Parse(drawn));
            var options = new MountpathOptions { Paths = [.. Paths, .. more], TargetId = id.Value, AllowSharedFilesystem = true };
            var disks = NodeDisks.Open(files, directory, id, options, () => new Incarnation(7), NullLogger.Instance);
            using var mountpaths = disks.Mountpaths!;
            using var log = disks.Log;
            return new Started(id.Value, disks.Restored.LogWasLost);
        }
        catch (PowerCutException)
        {
            return null;
        }
    }

    private sealed record Started(string Id, bool LogWasLost);
}
