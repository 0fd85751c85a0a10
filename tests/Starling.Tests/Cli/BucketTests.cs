using System.Text.RegularExpressions;
using Starling.Tests.Client;
using Xunit;

namespace Starling.Tests.Cli;

public sealed class BucketTests : IAsyncLifetime
{
    private FakeCluster cluster = null!;

    public async Task InitializeAsync() => cluster = await FakeCluster.StartAsync();

    public async Task DisposeAsync() => await cluster.DisposeAsync();

    [Fact]
    public async Task Create_and_list_and_destroy()
    {
        (await CliRun.Of(cluster, "ls")).Prints("No buckets in the cluster.");
        (await CliRun.Of(cluster, "create ais://demo ais://nnn")).Prints("\"ais://demo\" created\n\"ais://nnn\" created");
        (await CliRun.Of(cluster, "ls")).Prints("""
            NAME         PRESENT
            ais://demo   yes
            ais://nnn    yes
            Total: [AIS buckets: 2] ========
            """);
        (await CliRun.Of(cluster, "ls ais: -H -F")).Prints("ais://demo   yes\nais://nnn    yes");
        (await CliRun.Of(cluster, "rmb ais://nnn")).Prints("\"ais://nnn\" destroyed");
        (await CliRun.Of(cluster, "rmb ais://nnn")).Fails(3, "Error: bucket \"ais://nnn\" does not exist (run 'ais ls' to see all, 'ais create ais://nnn' to create it)");
    }

    [Fact]
    public async Task Creating_twice_fails_unless_errors_are_ignored()
    {
        cluster.Buckets["nnn"] = new();

        (await CliRun.Of(cluster, "create ais://nnn")).Fails(1, "Error: bucket \"ais://nnn\" already exists");
        (await CliRun.Of(cluster, "bucket create ais://nnn --ignore-error")).Prints("Bucket \"ais://nnn\" already exists");
    }

    [Fact]
    public async Task Properties_at_creation_are_sent_with_their_types()
    {
        await CliRun.Of(cluster, "create ais://nnn --props mirror.enabled=true,mirror.copies=3");
        Assert.Equal("""{"value":{"mirror":{"enabled":true,"copies":3}},"action":"create-bck","name":""}""", cluster.Requests.Last().Text);
    }

    [Fact]
    public async Task Destroying_a_full_bucket_asks_and_no_means_no()
    {
        cluster.Buckets["nnn"] = new() { ["a"] = [1] };

        var declined = await CliRun.Of(cluster, "rmb ais://nnn", input: "\n", terminal: true);
        Assert.Equal((1, "Proceed to destroy ais://nnn? [Y/N]: Operation canceled.\n"), (declined.ExitCode, declined.Error));
        Assert.Equal(2, (await CliRun.Of(cluster, "rmb ais://nnn")).ExitCode);
        Assert.True(cluster.Buckets.ContainsKey("nnn"));
        Assert.Equal(0, (await CliRun.Of(cluster, "rmb ais://nnn", input: "y\n", terminal: true)).ExitCode);
        Assert.False(cluster.Buckets.ContainsKey("nnn"));
    }

    [Fact]
    public async Task Destroying_all_buckets_wants_the_word_whatever_yes_says()
    {
        cluster.Buckets["nnn"] = new();

        Assert.Equal(1, (await CliRun.Of(cluster, "rmb --all --yes", input: "y\n")).ExitCode);
        Assert.Single(cluster.Buckets);
        Assert.Equal(0, (await CliRun.Of(cluster, "rmb --all", input: "DELETE\n")).ExitCode);
        Assert.Empty(cluster.Buckets);
    }

    [Fact]
    public async Task Count_only_prints_the_one_line_of_the_documentation()
    {
        cluster.Buckets["nnn"] = new(Enumerable.Range(0, 12_345).Select(i => KeyValuePair.Create($"{i:D6}", Array.Empty<byte>())));

        var run = await CliRun.Of(cluster, "ls ais://nnn --count-only");

        Assert.Equal((0, string.Empty), (run.ExitCode, run.Error));
        Assert.Matches(new Regex("^Listed 12,345 names in [0-9.]+(µs|ms|s)\n$"), run.Out);
        Assert.Equal(2, cluster.Requests.Count(seen => seen.Text.Contains("\"flags\":\"16\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Objects_are_listed_with_size_and_a_footer_above_ten()
    {
        cluster.Buckets["nnn"] = new() { ["a"] = new byte[959], ["b/c"] = new byte[2048] };

        (await CliRun.Of(cluster, "ls ais://nnn")).Prints("""
            NAME   SIZE
            a      959B
            b/c    2.00KiB
            """);
        (await CliRun.Of(cluster, "ls ais://nnn/b/")).Prints("NAME   SIZE\nb/c    2.00KiB");
        (await CliRun.Of(cluster, "ls ais://nnn --prefix b --name-only -H")).Prints("b/c");
        (await CliRun.Of(cluster, "ls ais://nnn --props size,version")).Prints("""
            NAME   SIZE      VERSION
            a      959B      1
            b/c    2.00KiB   1
            """);
        (await CliRun.Of(cluster, "ls ais://nnn --all --limit 1")).Prints("NAME   SIZE   STATUS\na      959B   ok");
        (await CliRun.Of(cluster, "ls ais://nnn --prefix x")).Prints("No objects in ais://nnn");
        for (var i = 0; i < 10; i++)
        {
            cluster.Buckets["nnn"][$"d{i}"] = [];
        }

        Assert.EndsWith("\nListed 12 names\n", (await CliRun.Of(cluster, "ls ais://nnn")).Out, StringComparison.Ordinal);
        Assert.DoesNotContain("Listed", (await CliRun.Of(cluster, "ls ais://nnn --no-footers")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_are_counted_one_by_one()
    {
        cluster.Buckets["nnn"] = new() { ["a"] = [], ["b"] = [], ["c"] = [] };

        (await CliRun.Of(cluster, "ls ais://nnn --paged --page-size 2 -H")).Prints("""
            a   0B
            b   0B
            Page 1: 2 names
            c   0B
            Page 2: 1 names
            """);
        (await CliRun.Of(cluster, "ls ais://nnn --paged --page-size 2 --max-pages 1 --name-only -H")).Prints("a\nb\nPage 1: 2 names");
        (await CliRun.Of(cluster, "ls ais://nnn --start-after b --name-only -H")).Prints("c");
    }

    [Fact]
    public async Task A_summary_has_the_totals()
    {
        cluster.Buckets["nnn"] = new() { ["a"] = new byte[1024] };

        const string Expected = """
            NAME        PRESENT   OBJECTS   SIZE (apparent, objects, remote)   USAGE(%)
            ais://nnn   yes       1 0       4.00KiB 1.00KiB 0B                 1%
            """;
        (await CliRun.Of(cluster, "ls ais://nnn --summary")).Prints(Expected);
        (await CliRun.Of(cluster, "ls --summary")).Prints(Expected + "\nTotal: [AIS buckets: 1] ========");
    }

    [Fact]
    public async Task Listings_as_JSON_are_one_array()
    {
        cluster.Buckets["nnn"] = new() { ["a"] = [1, 2] };

        (await CliRun.Of(cluster, "ls ais://nnn --json")).Prints("""
            [
                {
                    "name": "a",
                    "size": 2,
                    "version": "1"
                }
            ]
            """);
        (await CliRun.Of(cluster, "ls --json")).Prints("""
            [
                {
                    "name": "nnn",
                    "provider": "ais",
                    "namespace": "@#"
                }
            ]
            """);
    }

    [Theory]
    [InlineData("ls ais:/nnn", "invalid bucket \"ais:/nnn\" (did you mean \"ais://nnn\"?).")]
    [InlineData("ls nnn", "invalid bucket \"nnn\": expecting provider://bucket, for example ais://nnn.")]
    [InlineData("ls cloud://nnn", "invalid backend provider \"cloud\".")]
    [InlineData("ls ais://n*n", "invalid bucket name \"n*n\": only letters, digits, '-', '_' and '.' are allowed.")]
    [InlineData("ls ais://nnn/a --prefix b", "prefix \"a\" in \"ais://nnn/a\" and '--prefix b' contradict each other: give one of them.")]
    [InlineData("ls ais://nnn --props nmae", "invalid property \"nmae\" in '--props': expecting some of name,size,checksum,atime,version,copies,custom,location,status, or all.")]
    [InlineData("ls ais://nnn --limit many", "invalid '--limit many': expecting a whole number from 0 to 9223372036854775807.")]
    [InlineData("ls ais://nnn --name-only --props size", "flags '--name-only' and '--props' are mutually exclusive.")]
    [InlineData("ls ais://nnn more", "too many arguments or unrecognized (misplaced?) option 'more'.")]
    public async Task Wrong_listings_say_what_is_wrong(string command, string error) =>
        (await CliRun.Of(cluster, command)).Fails(2, $"Error: Incorrect 'ais bucket ls' usage: {error}\nSee 'ais bucket ls --help'");

    [Fact]
    public async Task Listing_a_bucket_that_does_not_exist_is_not_an_empty_bucket() =>
        (await CliRun.Of(cluster, "ls ais://nnn")).Fails(3, "Error: bucket \"ais://nnn\" does not exist (run 'ais ls' to see all, 'ais create ais://nnn' to create it)");

    [Fact]
    public async Task Properties_are_shown_flat_compact_and_as_JSON()
    {
        cluster.Buckets["nnn"] = new();

        (await CliRun.Of(cluster, "bucket props show ais://nnn mirror")).Prints("""
            PROPERTY              VALUE
            mirror.copies         2
            mirror.burst_buffer   512
            mirror.enabled        false
            """);
        (await CliRun.Of(cluster, "show bucket ais://nnn --compact -H")).Prints("""
            provider             ais
            mirror.enabled       false
            versioning.enabled   true
            access               18446744073709551615
            created              1763672400000000000
            """);
        Assert.StartsWith("{\n    \"provider\": \"ais\"", (await CliRun.Of(cluster, "bucket show ais://nnn --json")).Out, StringComparison.Ordinal);
        Assert.Equal(3, (await CliRun.Of(cluster, "bucket show ais://absent")).ExitCode);
    }

    [Fact]
    public async Task Setting_properties_prints_each_change_and_sends_their_types()
    {
        cluster.Buckets["nnn"] = new();

        (await CliRun.Of(cluster, "bucket props set ais://nnn mirror.enabled=yes mirror.copies=3")).Prints("""
            "mirror.enabled" set to: "true" (was: "false")
            "mirror.copies" set to: "3" (was: "2")
            Bucket props successfully updated.
            """);
        Assert.Equal("""{"value":{"mirror":{"enabled":true,"copies":3}},"action":"set-bprops","name":""}""", cluster.Requests.Last().Text);
        (await CliRun.Of(cluster, "bucket props set ais://nnn mirror.copies=2")).Prints("Bucket \"ais://nnn\" already has the same values of props, nothing to do");
        (await CliRun.Of(cluster, "bucket props reset ais://nnn")).Prints("Bucket props successfully reset to cluster defaults");
    }

    [Theory]
    [InlineData("provider=s3", "property \"provider\" is readonly.")]
    [InlineData("miror.enabled=true", "unknown property \"miror.enabled\" (did you mean \"mirror.enabled\"?)")]
    [InlineData("mirror.enabled=perhaps", "invalid value of \"mirror.enabled\": expecting true or false, got \"perhaps\".")]
    public async Task Wrong_properties_say_what_is_wrong(string assignment, string error)
    {
        cluster.Buckets["nnn"] = new();

        var run = await CliRun.Of(cluster, $"bucket props set ais://nnn {assignment}");

        Assert.Equal((2, $"Error: Incorrect 'ais bucket props set' usage: {error}{(error.EndsWith(')') ? "." : string.Empty)}\nSee 'ais bucket props set --help'\n"), (run.ExitCode, run.Error));
        Assert.DoesNotContain(cluster.Requests, seen => seen.Method == "PATCH");
    }
}
