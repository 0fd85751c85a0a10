using Starling.Core.Errors;
using Starling.Server.Api.Native;
using Starling.Storage.Files;
using Starling.Tests.Cluster;
using Starling.Tests.Server.Api;
using Xunit;

namespace Starling.Tests.Server.Hosting;

/// <summary>A node with a damaged file or a disk that cannot be written does not start, names the path, and leaves everything as it was.</summary>
public sealed class DamagedFilesTests
{
    [Theory]
    [InlineData("node.id")]
    [InlineData("control/peers")]
    [InlineData("node-overrides")]
    public async Task FD7_a_damaged_file_of_the_data_directory_is_named_and_kept(string file)
    {
        await using var cluster = new TestCluster(gateways: 0, targets: 1, NativeNodeApi.CreateAsync);
        var plan = cluster.Plans[0];
        await (await TestCluster.StartAsync(plan, NativeNodeApi.CreateAsync)).DisposeAsync();
        var path = Path.Combine(plan.DataDirectory, file);
        await DamageAndRefuseAsync(path, File.Exists(path) ? await File.ReadAllBytesAsync(path) : new byte[100], () => TestCluster.StartAsync(plan, NativeNodeApi.CreateAsync));
        File.Delete(path);
        await (await TestCluster.StartAsync(plan, NativeNodeApi.CreateAsync)).DisposeAsync();
    }

    [Fact]
    public async Task FD7_every_damaged_system_file_of_a_mountpath_is_named_and_kept()
    {
        await using var cluster = new TestCluster(gateways: 0, targets: 1);
        var plan = cluster.Plans[0];
        await (await TestCluster.StartAsync(plan)).DisposeAsync();
        var files = plan.Mountpaths.SelectMany(path => Directory.GetFiles(Path.Combine(path, ".starling"))).Where(path => new FileInfo(path).Length > 0).ToArray();
        Assert.True(files.Length >= 4, string.Join(' ', files));
        foreach (var path in files)
        {
            var good = await File.ReadAllBytesAsync(path);
            await DamageAndRefuseAsync(path, (byte[])good.Clone(), () => TestCluster.StartAsync(plan));
            await File.WriteAllBytesAsync(path, good);
        }

        await (await TestCluster.StartAsync(plan)).DisposeAsync();
    }

    [Fact]
    public async Task A_read_only_mountpath_is_refused_by_name_when_the_node_starts()
    {
        await using var cluster = new TestCluster(gateways: 0, targets: 1);
        var faults = new MountpathFaults(new LinuxFileLayer()) { Error = Errno.EROFS, Calls = FaultyCall.All };
        var refusal = await Assert.ThrowsAsync<StoreException>(() => TestCluster.StartAsync(cluster.Plans[0], NativeNodeApi.CreateAsync, faults));
        Assert.Equal(ErrorCode.DiskFailure, refusal.Error.Code);
        Assert.Contains($"mountpath \"{cluster.Plans[0].Mountpaths[0]}\" is on a read-only filesystem", refusal.Message, StringComparison.Ordinal);
        faults.Heal();
        await (await TestCluster.StartAsync(cluster.Plans[0], NativeNodeApi.CreateAsync, faults)).DisposeAsync();
    }

    private static async Task DamageAndRefuseAsync(string path, byte[] content, Func<Task> start)
    {
        content[^1] ^= 1;
        await File.WriteAllBytesAsync(path, content);
        var refusal = await Assert.ThrowsAsync<StoreException>(start);
        Assert.Equal(ErrorCode.Corrupt, refusal.Error.Code);
        Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllBytesAsync(path));
    }
}
