using Microsoft.Extensions.Logging.Abstractions;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Protocol.Identity;
using Starling.Server.Hosting;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;
using Starling.Tests.Storage;
using Xunit;

namespace Starling.Tests.Server.Hosting;

/// <summary>A node leaves a cluster that ends: orders that meet each other, and a power cut anywhere.</summary>
public sealed class ClusterEndTests
{
    private const string Cluster = "8d6wTn4G1";
    private static readonly string[] Paths = ["/mp1", "/mp2"];
    private static readonly EndOrderWire Shutdown = new() { ClusterId = Cluster, OrderedBy = "one" };
    private static readonly EndOrderWire Keep = Shutdown with { Decommission = true, OrderedBy = "another" };
    private static readonly EndOrderWire Erase = Keep with { RemoveUserData = true };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_power_cut_before_every_file_operation_is_followed_by_a_start_that_finishes_and_belongs_to_no_cluster(bool removeUserData)
    {
        var states = 0;
        for (var cutAt = 1; ; cutAt++)
        {
            Assert.True(cutAt < 1000, "it does not end");
            var disk = await MemberAsync();
            var faulty = new FaultyFileLayer(disk);
            faulty.Arm(cutAt, Errno.None, persistent: true);
            var carried = Run(faulty, removeUserData ? Erase : Keep);
            foreach (var (state, files) in disk.CrashStates(new Random(cutAt), exhaustiveUpTo: 1, samples: 2))
            {
                var context = $"cut before call {cutAt} ({faulty.Failed}), {state}";
                using (var directory = DataDirectory.Open(files, "/data"))
                {
                    var isOrdered = directory.ReadEnd() is not null;
                    Assert.True(isOrdered || !carried || files.Stat("/data/control/control.log") is null, context);
                    if (!isOrdered && files.Stat("/data/control/control.log") is not null)
                    {
                        // The order was never taken: nothing was touched.
                        Assert.NotNull(directory.ReadId());
                        Assert.All(Paths, path => Assert.Equal(Cluster, MountpathFiles.ReadIdentity(files, path)?.ClusterId));
                        continue;
                    }
                }

                CheckFresh(files, removeUserData, context);
                states++;
            }

            if (faulty.Failed is null)
            {
                break;
            }
        }

        Assert.True(states > 150, $"only {states} states were looked at");
    }

    [Fact]
    public async Task A_shutdown_may_become_a_decommissioning_and_never_the_other_way_round()
    {
        var disk = await MemberAsync();
        using var directory = DataDirectory.Open(disk, "/data");
        var stops = new List<string>();
        var end = new ClusterEnd(directory, stops.Add, NullLogger.Instance);
        end.Take(Shutdown);
        Assert.Null(directory.ReadEnd());
        using (end.HandOut(Keep))
        {
            // A gateway that tells the others to be decommissioned may be needed again.
            Assert.Contains("this gateway is decommissioning the cluster", Assert.Throws<StoreException>(() => end.Take(Shutdown)).Message, StringComparison.Ordinal);
        }

        end.HandOut(Shutdown).Dispose();
        end.HandedOut(Shutdown);
        end.Take(Shutdown);
        end.HandedOut(Keep);
        Assert.Throws<StoreException>(() => end.Take(Shutdown));
        end.Take(Keep);
        Assert.Equal(Keep, directory.ReadEnd());
        end.Take(Erase);
        end.Take(Keep);
        Assert.Equal(Erase, directory.ReadEnd());
        var refused = Assert.Throws<StoreException>(() => end.Take(Shutdown));
        Assert.Equal(ErrorCode.Conflict, refused.Error.Code);
        Assert.Contains("being decommissioned already, as ordered by another", refused.Message, StringComparison.Ordinal);
        Assert.Throws<StoreException>(() => end.HandOut(Shutdown));
        Assert.Empty(stops);
        end.Begin(Erase);
        Assert.Equal("its cluster ends: to be decommissioned and erase its objects, ordered by another", Assert.Single(stops));
    }

    [Fact]
    public async Task An_order_that_cannot_be_written_down_is_not_taken()
    {
        var faulty = new FaultyFileLayer(await MemberAsync());
        using var directory = DataDirectory.Open(faulty, "/data");
        faulty.FailNext("fsync", Errno.EIO);
        Assert.Equal(ErrorCode.DiskFailure, Assert.Throws<StoreException>(() => directory.WriteEnd(Erase)).Error.Code);
        Assert.Null(directory.ReadEnd());
    }

    /// <summary>A target that is a member of a cluster and holds an object.</summary>
    private static async Task<RecordingFileLayer> MemberAsync()
    {
        var disk = new RecordingFileLayer();
        foreach (var path in (string[])["/data", .. Paths])
        {
            disk.MakeDirectory(path);
        }

        disk.SyncFileSystem("/");
        using (var directory = DataDirectory.Open(disk, "/data"))
        {
            directory.TakeId(NodeId.Parse("target01"), () => NodeId.Parse("unused"));
            var opened = Open(disk, directory);
            opened.Mountpaths!.BindTo(Cluster);
            opened.Mountpaths.Dispose();
            opened.Log.Dispose();
            directory.WritePeers(["http://10.0.0.1:9080"]);
        }

        using (var fixture = new StoreFixture(disk, Paths))
        {
            await fixture.PutAsync("dir/name", "body", 1);
            Assert.Equal("body", await fixture.ReadAsync("dir/name"));
        }

        return disk.Crash(_ => RecordingFileLayer.Fate.Kept);
    }

    /// <summary>Takes the order and carries it out; false when the power was cut.</summary>
    private static bool Run(IFileLayer files, EndOrderWire order)
    {
        try
        {
            using var directory = DataDirectory.Open(files, "/data");
            new ClusterEnd(directory, _ => { }, NullLogger.Instance).Take(order);
            using var mountpaths = MountpathSet.Open(files, Options);
            ClusterEnd.Carry(directory, () => mountpaths, NullLogger.Instance);
            return true;
        }
        catch (PowerCutException)
        {
            return false;
        }
    }

    private static void CheckFresh(RecordingFileLayer files, bool removeUserData, string context)
    {
        using var directory = DataDirectory.Open(files, "/data");
        Assert.Equal("target01", directory.TakeId(default, () => NodeId.Parse("another1")).Value);
        MountpathSet? opened = null;
        ClusterEnd.Carry(directory, () => opened = MountpathSet.Open(files, Options), NullLogger.Instance);
        opened?.Dispose();
        Assert.Null(directory.ReadEnd());
        Assert.True(directory.ReadId() is null && directory.ReadPeers().IsEmpty, context);
        Assert.True(files.Stat("/data/control/control.log") is null, context);
        foreach (var path in Paths)
        {
            Assert.True(removeUserData ? MountpathFiles.ReadIdentity(files, path) is null : MountpathFiles.ReadIdentity(files, path) is { ClusterId: "", TargetId: "target01" }, context);
        }

        using (var store = new StoreFixture(files, Paths))
        {
            Assert.Empty(store.Store.ListBucketsOnDisk());
            Assert.Equal(removeUserData ? 0 : 1, store.Store.ListQuarantined(10, CancellationToken.None).Count);

            // In another cluster the log begins anew: nothing stored there is ever taken for old.
            Assert.Empty(store.Store.SetAside(2));
        }

        // A start like the first one: it may found or join any cluster.
        var next = Open(files, directory);
        Assert.False(next.Restored.LogWasLost, context);
        Assert.Equal(string.Empty, next.Mountpaths!.ClusterId);
        next.Mountpaths.Dispose();
        next.Log.Dispose();
    }

    private static NodeDisks Open(IFileLayer files, DataDirectory directory) =>
        NodeDisks.Open(files, directory, NodeId.Parse("target01"), Options, () => new Incarnation(7), NullLogger.Instance);

    private static MountpathOptions Options => new() { Paths = [.. Paths], TargetId = "target01", AllowSharedFilesystem = true };
}
