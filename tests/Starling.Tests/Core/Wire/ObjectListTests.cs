using System.Buffers;
using System.Text;
using Starling.Core.Wire;
using Starling.Core.Wire.MessagePack;
using Xunit;

namespace Starling.Tests.Core.Wire;

public sealed class ObjectListTests
{
    private static byte[] Write(ListResultWire page)
    {
        var output = new ArrayBufferWriter<byte>();
        ObjectListWriter.Write(output, page);
        return output.WrittenSpan.ToArray();
    }

    [Fact]
    public void Trap11_the_golden_page_is_written_byte_for_byte() => Assert.Equal(
        "84A455554944A3616263B1436F6E74696E756174696F6E546F6B656EA0A7456E74726965739183A16EA161A17305A16640A5466C61677300",
        Convert.ToHexString(Write(new ListResultWire { Uuid = "abc", Entries = [new() { Name = "a", SizeBytes = 5, Flags = EntryFlags.Present }] })));

    [Fact]
    public void Every_member_and_every_length_survives_the_way_there_and_back()
    {
        var entries = new List<ListEntryWire>();
        foreach (var length in new[] { 0, 1, 31, 32, 255, 256, 65_535, 65_536 })
        {
            entries.Add(new ListEntryWire
            {
                Name = "é" + new string('n', length), Checksum = "cs", AccessTime = "20 Nov 26 21:00 UTC", Version = "7", Location = "t[x]:mp[/y]", Custom = "[k:v]",
                SizeBytes = length == 0 ? long.MaxValue : length * 1_000_003L, Copies = 2, Flags = ushort.MaxValue,
            });
        }

        entries.Add(new ListEntryWire { Name = "plain" });
        var page = new ListResultWire { Uuid = "abcdefghi", ContinuationToken = "plain", Entries = entries, Flags = 70_000 };
        Assert.True(ObjectListReader.TryRead(Write(page), out var read, out var error), error);
        Assert.Equal(entries, read.Entries!);
        Assert.Equal(("abcdefghi", "plain", 70_000U), (read.Uuid, read.ContinuationToken, read.Flags));
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
        var bytes = Write(new ListResultWire { Uuid = "abcdefghi", ContinuationToken = "b", Entries = [new() { Name = "a", SizeBytes = 70_000, Checksum = "x" }, new() { Name = "b", Flags = 64 }] });
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
        var output = new ArrayBufferWriter<byte>();
        ObjectListWriter.Begin(output, "u", "t", 1);
        ObjectListWriter.Entry(output, new ListEntryBytes { Name = Encoding.UTF8.GetBytes("ünï") });
        ObjectListWriter.End(output, 0);
        Assert.True(ObjectListReader.TryRead(output.WrittenSpan, out var page, out var error), error);
        Assert.Equal("ünï", page.Entries![0].Name);
    }
}
