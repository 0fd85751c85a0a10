using Starling.Core.Names;
using Starling.Loader.Options;
using Starling.Loader.Report;
using Xunit;

namespace Starling.Tests.Loader;

public sealed class OutputTests
{
    private static readonly string[] SeedCommand =
        ["-bucket=ais://nnn", "-pctput=100", "-duration=3m", "-numworkers=4", "-maxsize", "1k", "-minsize", "1k", "-cleanup=false", "-quiet", "-epochs", "7"];

    [Fact]
    public void The_documented_command_line_prints_the_documented_configuration()
    {
        var options = LoaderOptions.Parse(SeedCommand);
        var expected = """
            {
               "proxy": "http://localhost:8080",
               "bucket": "ais://nnn",
               "duration": "3m0s",
               "# workers": 4,
               "stats interval": "10s",
               "% PUT": 100,
               "minimum object size (bytes)": 1024,
               "maximum object size (bytes)": 1024,
               "name-getter": "random non-unique",
               "reader-type": "sg",
               "cleanup": false
            }
            """;
        Assert.Equal(expected, RuntimeConfiguration.Format(options, new Uri("http://localhost:8080"), BucketName.Parse("ais", null, "nnn"), "random non-unique"));
    }

    [Fact]
    public void The_table_has_the_documented_columns()
    {
        var output = new StringWriter { NewLine = "\n" };
        var table = new TablePrinter(output, percentiles: false);
        table.Heading();
        var interval = new StatsSlice(99_826, 102_221_824, 0, 269_811, 369_751, 185_490_123, 0, 0, 0, 0);
        var total = new StatsSlice(205_378, 210_307_072, 0, 0, 0, 0, 0, 0, 0, 0);
        table.Interval(new DateTime(2026, 1, 1, 10, 13, 44, DateTimeKind.Local), "PUT", interval, total, 4, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20));
        Assert.Equal(
            "Time      OP    Count                   Size (Total)            Latency (min, avg, max)                 Throughput (Avg)        Errors (Total)\n" +
            "10:13:44  PUT   99,826 (205,378 4 0)    97.5MiB (200.6MiB)      269.811µs  369.751µs  185.490ms         9.75MiB/s (10.03MiB/s)  -\n",
            output.ToString());
    }

    [Theory]
    [InlineData(1, 9_999, true)]
    [InlineData(3, 30_001, true)]
    [InlineData(3, 29_995, true)]
    [InlineData(3, 29_000, false)]
    [InlineData(1, 1, false)]
    public void An_interval_with_which_the_run_ends_gets_its_line_and_one_cut_short_does_not(long number, int endedMs, bool isComplete) =>
        Assert.Equal(isComplete, Reporter.IsComplete(number, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(endedMs)));

    [Theory]
    [InlineData("-bucket=ais://b", "-pctput=100", "-cleanup")]
    [InlineData("-bucket=ais://b", "-cleanup=maybe", "-cleanup")]
    [InlineData("-pctput=101", "-cleanup=true", "-pctput")]
    [InlineData("-nosuchflag=1", "-cleanup=true", "-nosuchflag")]
    [InlineData("-duration=10", "-cleanup=true", "-duration")]
    public void Wrong_flags_are_refused_by_name(string first, string second, string named)
    {
        var error = Assert.Throws<UsageException>(() => LoaderOptions.Parse([first, second]));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_size_pulls_the_other_along()
    {
        var options = LoaderOptions.Parse(["-maxsize", "1k", "-cleanup=false"]);
        Assert.Equal((1024, 1024), (options.MinSizeBytes, options.MaxSizeBytes));
    }

    [Fact]
    public void Percentiles_are_within_two_percent()
    {
        var histogram = new LatencyHistogram();
        for (var i = 1; i <= 100_000; i++)
        {
            histogram.Add(i * 1000L);
        }

        foreach (var percent in new[] { 50.0, 90, 99, 99.9 })
        {
            Assert.InRange(histogram.Percentile(percent), percent * 1_000_000 * 0.98, percent * 1_000_000 * 1.02);
        }
    }
}
