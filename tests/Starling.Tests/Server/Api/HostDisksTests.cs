using Starling.Server.Api.Native.Daemon;
using Xunit;

namespace Starling.Tests.Server.Api;

public sealed class HostDisksTests
{
    [Fact]
    public void Every_block_device_lies_on_disks_of_this_host()
    {
        var disks = Directory.GetFileSystemEntries("/sys/block").Select(Path.GetFileName).ToHashSet(StringComparer.Ordinal);
        foreach (var number in Directory.GetFileSystemEntries("/sys/dev/block").Select(Path.GetFileName))
        {
            Assert.All(HostDisks.Disks(number!), disk => Assert.Contains(disk, disks));
            Assert.NotEmpty(HostDisks.Disks(number!));
        }
    }

    [Fact]
    public void A_filesystem_without_a_block_device_has_no_disks() => Assert.Empty(HostDisks.Disks("0:1"));

    [Fact]
    public void The_source_and_type_of_a_mounted_filesystem_are_found_by_its_number()
    {
        var proc = Assert.Single(HostDisks.Mounts().Values, mount => mount.Type == "proc");
        Assert.NotEmpty(proc.Source);
        Assert.Equal("254:3", HostDisks.Number((254UL << 32) | 3));
    }
}
