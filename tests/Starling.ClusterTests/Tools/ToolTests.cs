using System.Globalization;
using System.Text.RegularExpressions;
using Starling.ClusterTests.Support;
using Xunit;

namespace Starling.ClusterTests.Tools;

/// <summary>One cluster for all tests of this class: none of them harms it.</summary>
public sealed class ToolCluster : IAsyncLifetime
{
    internal TestPlayground Playground { get; private set; } = null!;

    public async Task InitializeAsync() => Playground = await TestPlayground.StartAsync(gateways: 2, targets: 3, mountpaths: 2);

    public async Task DisposeAsync() => await Playground.DisposeAsync();
}

/// <summary>The programs that users run, against real processes: what the documentation shows is what they print.</summary>
public sealed partial class ToolTests(ToolCluster cluster) : IClassFixture<ToolCluster>
{
    private TestPlayground Playground => cluster.Playground;

    [Fact]
    public async Task The_rebalance_section_is_shown_as_documented()
    {
        var run = await Playground.AisAsync("config", "cluster", "rebalance", "--json");
        Assert.True(run.ExitCode == 0, run.All);
        const string documented = """
            {
                "rebalance": {
                    "burst_buffer": 1024,
                    "dest_retry_time": "2m",
                    "enabled": true,
                    "compression": "never",
                    "bundle_multiplier": 2
                }
            }
            """;
        Assert.Equal(documented, run.Output.TrimEnd());
    }

    [Fact]
    public async Task The_load_generator_prints_the_documented_blocks_and_the_listing_counts_what_it_wrote()
    {
        var run = await Playground.LoaderAsync(
            "-bucket=ais://nnn", "-pctput=100", "-duration=3s", "-numworkers=4", "-maxsize", "1k", "-minsize", "1k", "-cleanup=false", "-quiet", "-epochs", "7", "-statsinterval=1");
        Assert.True(run.ExitCode == 0, run.All);
        var configuration = $$"""
            Runtime configuration:
            {
               "proxy": "{{Playground.Gateways[0].PublicUrl}}",
               "bucket": "ais://nnn",
               "duration": "3s",
               "# workers": 4,
               "stats interval": "1s",
               "% PUT": 100,
               "minimum object size (bytes)": 1024,
               "maximum object size (bytes)": 1024,
               "name-getter": "random non-unique",
               "reader-type": "sg",
               "cleanup": false
            }
            """;
        Assert.Contains(configuration, run.Output, StringComparison.Ordinal);
        Assert.Contains("\nTime      OP    Count                   Size (Total)            Latency (min, avg, max)                 Throughput (Avg)        Errors (Total)\n", run.Output, StringComparison.Ordinal);
        Assert.Matches(IntervalLine(), run.Output);
        var total = TotalLine().Match(run.Output);
        Assert.True(total.Success, run.All);

        var listed = await Playground.AisAsync("ls", "ais://nnn", "--count-only");
        Assert.True(listed.ExitCode == 0, listed.All);
        var count = CountLine().Match(listed.Output);
        Assert.True(count.Success, listed.All);
        Assert.Equal(total.Groups["count"].Value, count.Groups["count"].Value);
        Assert.True(int.Parse(count.Groups["count"].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) > 0);
    }

    [Theory]
    [InlineData("-verifyhash")]
    [InlineData("-direct")]
    [InlineData("-randomproxy")]
    [InlineData("-verify-count")]
    public async Task The_load_generator_writes_and_reads_without_an_error(string option)
    {
        var bucket = "-bucket=ais://loader" + option.Replace("-", string.Empty, StringComparison.Ordinal);
        var write = await Playground.LoaderAsync(bucket, "-pctput=100", "-duration=1s", "-numworkers=2", "-minsize=1k", "-maxsize=64k", "-cleanup=false", "-quiet", "-statsinterval=0", option);
        Assert.True(write.ExitCode == 0, write.All);
        Assert.Matches(TotalLine(), write.Output);
        var read = await Playground.LoaderAsync(bucket, "-pctput=0", "-duration=1s", "-numworkers=2", "-cleanup=true", "-quiet", "-statsinterval=0", option);
        Assert.True(read.ExitCode == 0, read.All);
        var line = TotalGetLine().Match(read.Output);
        Assert.True(line.Success, read.All);
        Assert.Equal("-", line.Groups["errors"].Value.Trim());
    }

    [GeneratedRegex(@"^\d\d:\d\d:\d\d  PUT   [\d,]+ \([\d,]+ \d+ \d+\) +[\d.]+[KMG]?i?B \([\d.]+[KMG]?i?B\) +[\d.]+(µs|ms|s) +[\d.]+(µs|ms|s) +[\d.]+(µs|ms|s) +[\d.]+[KMG]?i?B/s \([\d.]+[KMG]?i?B/s\) +-\s*$", RegexOptions.Multiline)]
    private static partial Regex IntervalLine();

    [GeneratedRegex(@"^\d\d:\d\d:\d\d  PUT   (?<count>[\d,]+) +[\d.]+[KMG]?i?B +[\d.]+(µs|ms|s) +[\d.]+(µs|ms|s) +[\d.]+(µs|ms|s) +[\d.]+[KMG]?i?B/s +-\s*$", RegexOptions.Multiline)]
    private static partial Regex TotalLine();

    [GeneratedRegex(@"^\d\d:\d\d:\d\d  GET   (?<count>[\d,]+) +[\d.]+[KMG]?i?B +[\d.]+(µs|ms|s) +[\d.]+(µs|ms|s) +[\d.]+(µs|ms|s) +[\d.]+[KMG]?i?B/s +(?<errors>\S+)\s*$", RegexOptions.Multiline)]
    private static partial Regex TotalGetLine();

    [GeneratedRegex(@"^Listed (?<count>[\d,]+) names in [\d.]+(ms|s)\s*$")]
    private static partial Regex CountLine();
}
