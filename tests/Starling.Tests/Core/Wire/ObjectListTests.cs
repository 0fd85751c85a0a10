using System.Text;
using Starling.Cluster.Listing;
using Starling.Core.Wire.MessagePack;
using Starling.Gateway.Listing;
using Starling.Server.Api.Native.Buckets;
using Xunit;

namespace Starling.Tests.Core.Wire;

/// <summary>Pages of names in msgpack: written as gateways do, read as clients do.</summary>
public sealed class ObjectListTests
{
    private static readonly ListProps Everything = ListProps.Of("name,size,version,checksum,atime,location,custom,copies", nameOnly: false, nameSize: false, cached: false);

    private static byte[] Write(string uuid, string token, ListProps props, params ListEntry[] entries) =>
        new ListPageFormat(props, string.Empty).Msgpack(new ListPage(uuid, token, entries, IsPartial: false)).ToArray();

    private static ListEntry Entry(string name, ushort flags = ListEntry.Present, long sizeBytes = -1, ListAttributes? attributes = null) =>
        new(Encoding.UTF8.GetBytes(name), flags, sizeBytes, attributes);

    [Fact]
    public void Trap11_the_golden_page_is_written_byte_for_byte() => Assert.Equal(
        "84A455554944A3616263B1436F6E74696E756174696F6E546F6B656EA0A7456E74726965739183A16EA161A17305A16640A5466C61677300",
        Convert.ToHexString(Write("abc", string.Empty, Everything with { Copies = false }, Entry("a", sizeBytes: 5))));

    [Fact]
    public void Every_member_and_every_length_survives_the_way_there_and_back()
    {
        long[] sizes = [1, 127, 128, 255, 256, 65_535, 65_536, uint.MaxValue, uint.MaxValue + 1L, long.MaxValue];
        int[] lengths = [0, 14, 15, 16, 29, 30, 31, 32, 253, 254, 255, 256, 1_022];
        var attributes = new ListAttributes("cs", "7", 1_795_208_400_000_000_000, "t[x]:mp[/y]", "[k:v]");
        var entries = sizes.Select((size, at) => Entry($"{at}", sizeBytes: size, flags: ushort.MaxValue, attributes: attributes))
            .Concat(lengths.Select(length => Entry("é" + new string('n', length)))).ToArray();
        Assert.True(ObjectListReader.TryRead(Write("abcdefghi", "plain", Everything, entries), out var read, out var error), error);
        Assert.Equal(("abcdefghi", "plain"), (read.Uuid, read.ContinuationToken));
        Assert.Equal(entries.Select(entry => (Encoding.UTF8.GetString(entry.Name.Span), Math.Max(0, entry.SizeBytes), entry.Flags)), read.Entries!.Select(entry => (entry.Name, entry.SizeBytes, entry.Flags)));
        var first = read.Entries![0];
        Assert.Equal(("cs", "20 Nov 26 21:00 UTC", "7", "t[x]:mp[/y]", "[k:v]"), (first.Checksum, first.AccessTime, first.Version, first.Location, first.Custom));
        Assert.Equal((0, 1), (first.Copies, read.Entries[^1].Copies));
    }

    [Theory]
    [InlineData("80", 0)]
    [InlineData("81A7456E7472696573C0", 0)]
    [InlineData("82A7456E747269657391DE0002A17801A16EA161A5466C61677300", 1)]
    [InlineData("82A5466C616773CD0000A7456E74726965739182A173D300000000000000FFA16EA161", 1)]
    [InlineData("82A1789281A17892C3CB0000000000000000D7FF0000000000000000A7456E74726965739181A16EA161", 1)]
    public void Keys_come_in_any_order_and_unknown_ones_are_skipped(string hex, int expected)
    {
        Assert.True(ObjectListReader.TryRead(Convert.FromHexString(hex), out var page, out var error), error);
        Assert.Equal(expected, page.Entries!.Count);
    }

    [Fact]
    public void A_page_cut_off_anywhere_or_with_any_byte_changed_is_read_or_refused_but_never_throws()
    {
        var attributes = new ListAttributes("x", string.Empty, 0, string.Empty, string.Empty);
        var bytes = Write("abcdefghi", "b", Everything with { AccessTime = false }, Entry("a", sizeBytes: 70_000, attributes: attributes), Entry("b"));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(ObjectListReader.TryRead(bytes.AsSpan(0, length), out _, out var error));
            Assert.StartsWith("invalid msgpack", error, StringComparison.Ordinal);
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            for (var value = 0; value < 256; value++)
            {
                var changed = bytes.ToArray();
                changed[i] = (byte)value;
                Assert.Equal(ObjectListReader.TryRead(changed, out var page, out var error), error is null && page is not null);
            }
        }
    }

    [Theory]
    [InlineData("DFFFFFFFFF")]
    [InlineData("81A7456E7472696573DDFFFFFFFF")]
    [InlineData("81A455554944DBFFFFFFFF")]
    [InlineData("81A178C9FFFFFFFF01")]
    public void What_is_only_announced_allocates_nothing(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        ObjectListReader.TryRead(bytes, out _, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(ObjectListReader.TryRead(bytes, out _, out var error));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_096);
        Assert.Contains("invalid msgpack", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_without_end_is_refused()
    {
        var bytes = new byte[100_000];
        bytes[0] = 0x81;
        bytes[1] = 0xa1;
        bytes[2] = (byte)'x';
        bytes.AsSpan(3).Fill(0x91);
        Assert.False(ObjectListReader.TryRead(bytes, out _, out var error));
        Assert.Contains("nested deeper", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_string_that_is_not_UTF8_is_refused()
    {
        Assert.False(ObjectListReader.TryRead(Convert.FromHexString("81A455554944A1FF"), out _, out var error));
        Assert.Contains("not UTF-8", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_of_names_are_written_as_they_are()
    {
        Assert.True(ObjectListReader.TryRead(Write("u", "t", Everything, Entry("ünï")), out var page, out var error), error);
        Assert.Equal("ünï", page.Entries![0].Name);
    }
}
