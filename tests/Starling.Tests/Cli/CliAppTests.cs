using Starling.Cli;
using Starling.Cli.Commands;
using Starling.Cli.Output;
using Starling.Tests.Client;
using Xunit;

namespace Starling.Tests.Cli;

public sealed class CliAppTests : IAsyncLifetime
{
    private FakeCluster cluster = null!;

    public async Task InitializeAsync() => cluster = await FakeCluster.StartAsync();

    public async Task DisposeAsync() => await cluster.DisposeAsync();

    [Fact]
    public async Task An_unreachable_cluster_names_the_variable_to_set()
    {
        var url = StarlingClientTests.RefusingUrl();

        var run = await CliRun.Of(url, ["ls"]);

        run.Fails(5, $"""
            Error: AIStore cannot be reached at {url} ({url[7..]}: Connection refused)
            Make sure that the cluster runs, and set AIS_ENDPOINT to the URL of any gateway (several may be given, separated by commas)
            """);
    }

    [Fact]
    public async Task Of_several_endpoints_the_next_one_is_tried() =>
        (await CliRun.Of($"{StarlingClientTests.RefusingUrl()},{cluster.Url}", ["ls"])).Prints("No buckets in the cluster.");

    [Fact]
    public async Task The_endpoint_flag_wins_over_the_environment() =>
        (await CliRun.Of("http://127.0.0.1:1", ["ls", "--endpoint", cluster.Url])).Prints("No buckets in the cluster.");

    [Fact]
    public async Task A_cluster_that_starts_is_waited_for_eight_times()
    {
        var left = 8;
        cluster.Before = (context, _) =>
        {
            context.Response.StatusCode = left > 0 ? 503 : 200;
            return Task.FromResult(left-- > 0);
        };

        var run = await CliRun.Of(cluster, "ls");
        Assert.Equal((0, "No buckets in the cluster.\n", "(waiting for cluster to start ...)\n"), (run.ExitCode, run.Out, run.Error));

        left = 9;
        Assert.Equal(4, (await CliRun.Of(cluster, "ls")).ExitCode);
    }

    [Theory]
    [InlineData(401, "", 6, "Error: no\nSet AIS_AUTHN_TOKEN or AIS_AUTHN_TOKEN_FILE, or run 'ais auth login'\n")]
    [InlineData(403, "ErrBucketAccessDenied", 6, "Error: no\n")]
    [InlineData(409, "ErrBusy", 4, "Error: ErrBusy: no\n")]
    [InlineData(429, "ErrRateLimitFrontend", 4, "Error: no\n")]
    [InlineData(400, "", 1, "Error: no\n")]
    [InlineData(500, "", 1, "Error: no\n")]
    public async Task A_refusal_has_its_exit_code(int status, string typeCode, int exitCode, string error)
    {
        cluster.Before = async (context, _) =>
        {
            await context.ErrorAsync(status, typeCode, "no");
            return true;
        };

        var run = await CliRun.Of(cluster, "ls");

        Assert.Equal((exitCode, string.Empty, error), (run.ExitCode, run.Out, run.Error));
    }

    [Fact]
    public async Task An_interrupt_ends_a_command_with_130_and_without_noise()
    {
        using var interrupted = new CancellationTokenSource();
        cluster.Before = async (context, _) =>
        {
            await interrupted.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return true;
        };

        var run = await CliRun.Of(cluster.Url, ["ls"], cancellation: interrupted.Token);

        Assert.Equal((130, string.Empty, string.Empty), (run.ExitCode, run.Out, run.Error));
    }

    [Theory]
    [InlineData("bukcet", "unknown subcommand \"bukcet\". Did you mean: 'ais bucket'?", "ais")]
    [InlineData("delete", "unknown subcommand \"delete\"", "ais")]
    [InlineData("object delete ais://b/o", "unknown subcommand \"delete\". Did you mean: 'ais object rm'?", "ais object")]
    [InlineData("ais://nnn", "unknown subcommand \"ais://nnn\". Did you mean: 'ais ls ais://nnn'?", "ais")]
    [InlineData("cluster", "missing subcommand", "ais cluster")]
    [InlineData("ls --cuont-only", "unrecognized option '--cuont-only' (did you mean '--count-only'?)", "ais bucket ls")]
    [InlineData("ls --color pink", "invalid '--color pink': expecting one of auto, always, never", "ais bucket ls")]
    public async Task Typing_errors_are_answered_with_what_was_meant(string command, string error, string path)
    {
        var run = await CliRun.Of(cluster, command);
        Assert.Equal((2, $"Error: Incorrect '{path}' usage: {error}{(error.EndsWith('?') ? string.Empty : ".")}\nSee '{path} --help'\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task Help_has_the_known_layout_at_every_level()
    {
        (await CliRun.Of(cluster, "cluster --help")).Prints("""
            NAME:
               ais cluster - manage the cluster as a whole

            USAGE:
               ais cluster command [arguments...] [command options]

            COMMANDS:
               show               show nodes, their state, and a summary
               set-primary        hand the primary role to another gateway
               init               found a new cluster on an empty gateway; the other nodes join it
               add-remove-nodes   take nodes out of service, bring them back, remove them for good
               node-status        say whether a node may be powered off: code 0 when safe, 4 when not, 7 when '--timeout' has passed
               attest-off         attest that a node that does not answer is powered off, so that others may take over its names
               declare-lost       declare the mountpaths lost that a running target misses, because their disks were replaced
               shutdown           stop all nodes of the cluster; started again, they form the same cluster with all its data
               decommission       destroy the cluster: all nodes forget it and stop; cannot be undone
               task               show operations on nodes, take them back
               rebalance          start, stop and show rebalances

            OPTIONS:
               help, h   Show help
            """);
        (await CliRun.Of(cluster, "rmb -h")).Prints("""
            NAME:
               ais bucket rm - (alias: 'ais rmb') destroy buckets with everything in them

            USAGE:
               ais bucket rm BUCKET... | --all [command options]

            OPTIONS:
               all            Everything, including what is hidden by default
               ignore-error   Carry on after a failure
               yes,y          Answer all questions with yes
               help, h        Show help
            """);
        Assert.StartsWith("NAME:\n   ais - ", (await CliRun.Of(cluster, string.Empty)).Out, StringComparison.Ordinal);
        Assert.Matches("^version [0-9]+\\.[0-9]+\\.[0-9]+", (await CliRun.Of(cluster, "version")).Out);
    }

    [Fact]
    public void Every_command_and_alias_is_in_the_documentation()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "cli.md"));
        var paths = Leaves(CommandTree.Build(new Flags())).Select(command => command.Path).Concat(CommandTree.Aliases.Select(pair => $"ais {pair.Key}"));

        // The groups "ais show ...", "ais config show ..." and "ais job start|stop|wait ..." repeat commands that are documented under their own names.
        var missing = paths.Where(path => !text.Contains($"`{path}", StringComparison.Ordinal)
            && !path.StartsWith("ais job ", StringComparison.Ordinal) && !path.StartsWith("ais cluster show", StringComparison.Ordinal) && !path.StartsWith("ais config show", StringComparison.Ordinal) && !path.StartsWith("ais show config", StringComparison.Ordinal));
        Assert.Empty(missing);

        static IEnumerable<CliCommand> Leaves(CliCommand command) =>
            (command.Run is null ? [] : new[] { command }).Concat(command.Subcommands.OfType<CliCommand>().SelectMany(Leaves));
    }

    [Fact]
    public async Task Colours_appear_on_terminals_alone_and_never_against_the_users_will()
    {
        async Task<bool> Coloured(bool terminal, string? noColor = null, string? term = null, string color = "auto") =>
            (await CliRun.Of(cluster.Url, ["ls", "ais://x", "--color", color], terminal: terminal, variable: name => name switch { "NO_COLOR" => noColor, "TERM" => term, _ => null }))
            .Error.StartsWith("\u001b[91mError:\u001b[0m ", StringComparison.Ordinal);

        Assert.True(await Coloured(terminal: true));
        Assert.False(await Coloured(terminal: false));
        Assert.False(await Coloured(terminal: true, noColor: "1"));
        Assert.False(await Coloured(terminal: true, term: "dumb"));
        Assert.False(await Coloured(terminal: true, color: "never"));
        Assert.True(await Coloured(terminal: false, color: "always"));
    }

    [Theory]
    [InlineData("__complete clu", "cluster")]
    [InlineData("__complete cluster set-primary p[a", "p[aBcp8081]")]
    [InlineData("__complete cluster set-primary t", "")]
    [InlineData("__complete show cluster t[i", "t[ikht8083]")]
    [InlineData("__complete ls a", "ais://demo,ais://nnn")]
    [InlineData("__complete rmb ais://demo a", "ais://nnn")]
    [InlineData("__complete ls ais://nnn --co", "--count-only")]
    [InlineData("__complete config cluster re", "rebalance")]
    [InlineData("__complete put --num-workers 3 x ais://d", "ais://demo")]
    public async Task Completion_offers_commands_flags_nodes_buckets_and_sections(string command, string expected)
    {
        cluster.Buckets["demo"] = new();
        cluster.Buckets["nnn"] = new();

        var run = await CliRun.Of(cluster, command);

        Assert.Equal((0, expected, string.Empty), (run.ExitCode, run.Out.TrimEnd('\n').Replace('\n', ','), run.Error));
    }

    [Fact]
    public async Task Completion_without_a_cluster_is_silent()
    {
        var run = await CliRun.Of(StarlingClientTests.RefusingUrl(), ["__complete", "ls", ""]);
        Assert.Equal((0, string.Empty, string.Empty), (run.ExitCode, run.Out, run.Error));
    }

    [Theory]
    [InlineData("bash", "complete -o nosort -o bashdefault -o default -F _ais_complete ais")]
    [InlineData("zsh", "compdef _ais ais")]
    [InlineData("fish", "complete -c ais")]
    public async Task Completion_scripts_exist_for_three_shells(string shell, string line) =>
        Assert.Contains(line, (await CliRun.Of(cluster, $"completion {shell}")).Out, StringComparison.Ordinal);

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(377.4, "377.4µs")]
    [InlineData(12_345.6, "12.3456ms")]
    [InlineData(185_490.4, "185ms")]
    [InlineData(1_694_000, "1.69s")]
    [InlineData(1_698_000, "1.7s")]
    [InlineData(12_340_000, "12.3s")]
    [InlineData(60_000_000, "1m0s")]
    [InlineData(1_020_400_000, "17m0s")]
    [InlineData(7_384_000_000, "2h3m4s")]
    public void Durations_are_rounded_by_their_size(double microseconds, string expected) => Assert.Equal(expected, Durations.Format(TimeSpan.FromMicroseconds(microseconds)));

    [Theory]
    [InlineData("30", 30)]
    [InlineData("1m30s", 90)]
    [InlineData("1500ms", 1.5)]
    [InlineData("2h", 7200)]
    public void Durations_are_parsed_with_seconds_as_the_default(string text, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Durations.Parse(text, "--refresh"));

    [Theory]
    [InlineData("iec", 0, "0B")]
    [InlineData("iec", 959, "959B")]
    [InlineData("iec", 1024, "1.00KiB")]
    [InlineData("iec", 34_204_549, "32.62MiB")]
    [InlineData("si", 34_204_549, "34.20MB")]
    [InlineData("raw", 34_204_549, "34204549")]
    public void Sizes_are_written_in_the_units_asked_for(string units, long bytes, string expected) => Assert.Equal(expected, Units.Parse(units).Size(bytes));

    [Theory]
    [InlineData("1k", 1024)]
    [InlineData("64MiB", 67_108_864)]
    [InlineData("1.5g", 1_610_612_736)]
    [InlineData("7", 7)]
    public void Sizes_are_parsed_as_powers_of_1024(string text, long expected) => Assert.Equal(expected, Units.Default.ParseSize(text, "--x"));
}
