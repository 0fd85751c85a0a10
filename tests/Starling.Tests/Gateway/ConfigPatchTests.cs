using Starling.Core.Errors;
using Starling.Cluster.Listing;
using Starling.Gateway.Cluster;
using Xunit;

namespace Starling.Tests.Gateway;

public sealed class ConfigPatchTests
{
    [Fact]
    public void Dotted_names_become_a_tree()
    {
        Assert.Equal("""{"rebalance":{"enabled":false}}""", ConfigService.PatchOf([new("rebalance.enabled", "false")]));
        Assert.Equal("no properties to update", Assert.Throws<StoreException>(() => ConfigService.PatchOf([])).Message);
        Assert.Contains("unknown property \"nosuch.name\"", Assert.Throws<StoreException>(() => ConfigService.PatchOf([new("nosuch.name", "1")])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_listing_frame_survives_the_wire_and_damage_is_noticed()
    {
        var frame = new ListFrame(
            [
                new ListEntry("a"u8.ToArray(), ListEntry.Present, 5, new ListAttributes("cs", "1", 9, "t[x]:mp[/y]", "[k:v]")),
                new ListEntry("dir/"u8.ToArray(), ListEntry.Directory, -1, null),
            ],
            IsEnd: true);
        var bytes = frame.Encode();
        var back = ListFrame.Decode(bytes);
        Assert.True(back.IsEnd);
        Assert.Equal(frame.Entries.Select(Show), back.Entries.Select(Show));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(ErrorCode.Corrupt, Assert.Throws<StoreException>(() => ListFrame.Decode(bytes.AsMemory(0, length))).Error.Code);
        }

        static string Show(ListEntry entry) => $"{System.Text.Encoding.UTF8.GetString(entry.Name.Span)} {entry.Flags} {entry.SizeBytes} {entry.Attributes}";
    }
}
