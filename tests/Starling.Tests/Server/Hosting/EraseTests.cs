using Starling.Core.Names;
using Starling.Protocol.State.Operations;
using Starling.Server.Api.Native;
using Starling.Storage.Files;
using Starling.Tests.Storage;
using Xunit;

namespace Starling.Tests.Server.Hosting;

/// <summary>What a node removes when it has the permit.</summary>
public sealed class EraseTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public async Task A18_Objects_go_only_when_the_permit_says_so_and_the_identity_of_mountpaths_with_them_unless_it_is_to_stay(bool removeUserData, bool keepInitialConfig)
    {
        using var scratch = new ScratchDirectory();
        var path = scratch.Make("mp1");
        using var fixture = new StoreFixture(new LinuxFileLayer(), path);
        await fixture.PutAsync("dir/name", "body", 1);
        var permit = new ErasePermit(NodeId.Parse("target01"), default, 3, 4, removeUserData, keepInitialConfig, NoShutdown: false);
        await NativeNodeApi.EraseAsync(fixture.Store, permit, CancellationToken.None);
        Assert.Equal(removeUserData ? "absent" : "body", await fixture.ReadAsync("dir/name"));
        Assert.Equal(removeUserData ? 0 : 1, fixture.Store.ListBucketsOnDisk().Count);
        Assert.Equal(!removeUserData || keepInitialConfig, File.Exists(path + "/.starling/identity"));
    }
}
