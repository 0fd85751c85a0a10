using Starling.Loader.Options;
using Xunit;

namespace Starling.Tests.Loader;

public sealed class UnitsTests
{
    [Theory]
    [InlineData(260_466, "260.466µs")]
    [InlineData(377_380, "377.38µs")]
    [InlineData(7_007_000, "7.007ms")]
    [InlineData(185_490_731, "185.490ms")]
    [InlineData(1_500_000_000, "1.5s")]
    [InlineData(2_000_000, "2ms")]
    [InlineData(999, "999ns")]
    public void Latencies_are_cut_off_at_three_decimals_and_never_padded(long nanoseconds, string expected) => Assert.Equal(expected, Units.Latency(nanoseconds));

    [Theory]
    [InlineData("3m", "3m0s")]
    [InlineData("10s", "10s")]
    [InlineData("90s", "1m30s")]
    [InlineData("1h", "1h0m0s")]
    [InlineData("0s", "0s")]
    [InlineData("250ms", "250ms")]
    [InlineData("1h30m5s", "1h30m5s")]
    public void Durations_print_as_Go_prints_them(string text, string expected) => Assert.Equal(expected, Units.GoDuration(Units.ParseDuration(text)));

    [Fact]
    public void A_duration_without_unit_is_refused() => Assert.Contains("unit", Assert.Throws<UsageException>(() => Units.ParseDuration("10")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("1k", 1024)]
    [InlineData("1KiB", 1024)]
    [InlineData("4kb", 4096)]
    [InlineData("2m", 2 << 20)]
    [InlineData("1g", 1 << 30)]
    [InlineData("17", 17)]
    public void Sizes_are_binary_whatever_the_suffix(string text, long expected) => Assert.Equal(expected, Units.ParseSize(text));

    [Theory]
    [InlineData(108_085_248, 1, "103.1MiB")]
    [InlineData(10_811_000, 2, "10.31MiB")]
    [InlineData(0, 1, "0B")]
    [InlineData(1023, 1, "1023B")]
    public void Sizes_print_with_fixed_decimals(long size, int decimals, string expected) => Assert.Equal(expected, Units.Size(size, decimals));
}
