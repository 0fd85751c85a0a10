using Starling.Core.Wire;
using Xunit;

namespace Starling.Tests.Core.Wire;

public sealed class UnitsTests
{
    [Theory]
    [InlineData("0s", "0s")]
    [InlineData("0", "0s")]
    [InlineData("5m0s", "5m")]
    [InlineData("1h", "1h0m")]
    [InlineData("2h0m0s", "2h0m")]
    [InlineData("90s", "1m30s")]
    [InlineData("500ms", "500ms")]
    [InlineData("1h0m1s", "1h0m1s")]
    [InlineData("60s", "1m")]
    [InlineData("1.5h", "1h30m")]
    [InlineData(".5s", "500ms")]
    [InlineData("1500us", "1.5ms")]
    [InlineData("1µs", "1µs")]
    [InlineData("12ns", "12ns")]
    [InlineData("-90s", "-1m30s")]
    [InlineData("+3m", "3m")]
    [InlineData("1h15m30.918s", "1h15m30.918s")]
    [InlineData("24h", "24h0m")]
    [InlineData("2562047h47m16.854775807s", "2562047h47m16.854775807s")]
    public void Trap10_durations_are_read_as_Go_does_and_written_shortened(string text, string expected)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(expected, duration.ToString());
        Assert.Equal(duration, GoDuration.Parse(duration.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData(".s")]
    [InlineData("5 s")]
    [InlineData("5d")]
    [InlineData("1e3s")]
    [InlineData("2562048h")]
    [InlineData("99999999999999999999s")]
    public void Trap10_what_Go_refuses_is_refused(string? text)
    {
        Assert.False(GoDuration.TryParse(text, out _));
        Assert.Contains("invalid duration", Assert.Throws<FormatException>(() => GoDuration.Parse(text!)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", "0B")]
    [InlineData("0B", "0B")]
    [InlineData("64MiB", "64MiB")]
    [InlineData("64mb", "64MiB")]
    [InlineData("64m", "64MiB")]
    [InlineData("64Mi", "64MiB")]
    [InlineData("1024", "1KiB")]
    [InlineData("1GB", "1GiB")]
    [InlineData("1 tib", "1TiB")]
    [InlineData("1.5GiB", "1536MiB")]
    [InlineData("1500", "1500B")]
    [InlineData("262144", "256KiB")]
    public void Sizes_are_binary_whatever_the_unit_and_lose_nothing(string text, string expected)
    {
        Assert.True(SizeIec.TryParse(text, out var size));
        Assert.Equal(expected, size.ToString());
        Assert.Equal(size, SizeIec.Parse(size.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("-1KiB")]
    [InlineData("5PB")]
    [InlineData("5 kx")]
    [InlineData("1.2.3")]
    [InlineData("9999999999TiB")]
    public void What_is_no_size_is_refused(string? text) => Assert.False(SizeIec.TryParse(text, out _));
}
