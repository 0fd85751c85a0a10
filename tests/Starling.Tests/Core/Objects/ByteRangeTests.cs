using Starling.Core.Objects;
using Xunit;

namespace Starling.Tests.Core.Objects;

public sealed class ByteRangeTests
{
    [Theory]
    [InlineData("bytes=0-9", 100, "bytes 0-9/100", 10)]
    [InlineData("bytes=10-", 100, "bytes 10-99/100", 90)]
    [InlineData("bytes=-5", 100, "bytes 95-99/100", 5)]
    [InlineData("bytes=-500", 100, "bytes 0-99/100", 100)]
    [InlineData("bytes=90-1000", 100, "bytes 90-99/100", 10)]
    [InlineData("bytes=99-99", 100, "bytes 99-99/100", 1)]
    [InlineData("bytes=0-0", 1, "bytes 0-0/1", 1)]
    [InlineData("Bytes = 0-1", 100, null, 0)]
    [InlineData("BYTES=0-1", 100, "bytes 0-1/100", 2)]
    [InlineData(" bytes= 0 - 1 ", 100, "bytes 0-1/100", 2)]
    [InlineData("bytes=5-99999999999999999999999", 100, "bytes 5-99/100", 95)]
    [InlineData("bytes=100-", 100, null, 0)]
    [InlineData("bytes=100-200", 100, null, 0)]
    [InlineData("bytes=99999999999999999999999-", 100, null, 0)]
    [InlineData("bytes=-0", 100, null, 0)]
    [InlineData("bytes=0-", 0, null, 0)]
    [InlineData("bytes=-1", 0, null, 0)]
    [InlineData("bytes=0-1,4-5", 100, null, 0)]
    [InlineData("bytes=0-1,", 100, null, 0)]
    [InlineData("bytes=", 100, null, 0)]
    [InlineData("bytes=-", 100, null, 0)]
    [InlineData("bytes=5", 100, null, 0)]
    [InlineData("bytes=5-4", 100, null, 0)]
    [InlineData("bytes=a-b", 100, null, 0)]
    [InlineData("bytes=+1-2", 100, null, 0)]
    [InlineData("bytes=--1", 100, null, 0)]
    [InlineData("bytes=1-2-3", 100, null, 0)]
    [InlineData("items=0-1", 100, null, 0)]
    [InlineData("0-1", 100, null, 0)]
    public void Trap35_a_range_is_cut_to_the_object_or_refused(string header, long size, string? contentRange, long length)
    {
        var kind = ByteRange.Parse(header, size, out var range, out var error);
        Assert.Equal(contentRange is null ? RangeKind.Refused : RangeKind.Part, kind);
        Assert.Equal(contentRange is null, error is not null);
        if (contentRange is not null)
        {
            Assert.Equal((contentRange, length), (range.ContentRange(size), range.Length));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Without_a_header_it_is_the_whole_object(string? header)
    {
        Assert.Equal(RangeKind.Whole, ByteRange.Parse(header, 100, out var range, out _));
        Assert.Equal(new ByteRange(0, 100), range);
    }

    [Fact]
    public void What_cannot_be_satisfied_is_answered_with_the_size() => Assert.Equal("bytes */100", ByteRange.UnsatisfiedContentRange(100));
}
