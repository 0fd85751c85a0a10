using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Starling.Core.Wire;
using Starling.Tests.Client;
using Xunit;

namespace Starling.Tests.Cli;

/// <summary>Starting, stopping, awaiting and watching rebalances.</summary>
public sealed class RebalanceCommandTests : IAsyncLifetime
{
    private readonly List<JsonNode> changes = [];
    private string answer = "g24";
    private FakeCluster cluster = null!;

    public async Task InitializeAsync()
    {
        cluster = await FakeCluster.StartAsync();
        cluster.Before = async (context, seen) =>
        {
            if (seen is not { Method: "PUT", Path: "/v1/cluster" })
            {
                return false;
            }

            changes.Add(JsonNode.Parse(seen.Text)!);
            await context.Response.WriteAsync(answer);
            return true;
        };
    }

    public async Task DisposeAsync() => await cluster.DisposeAsync();

    [Fact]
    public async Task Starting_by_hand_names_the_rebalance()
    {
        (await CliRun.Of(cluster, "start rebalance")).Prints("Started rebalance[g24]. To monitor the progress, run 'ais show rebalance'");
        Assert.Equal("rebalance", (string?)Assert.Single(changes)["value"]!["Kind"]);
    }

    [Fact]
    public async Task A_bucket_and_a_prefix_limit_it_and_are_warned_of()
    {
        var run = await CliRun.Of(cluster, "cluster rebalance start ais://nnn/a/b");
        Assert.Equal("Warning: ais://nnn and names that begin with \"a/b\": put on record; what else is out of its place moves too, since a target is proven clean as a whole\n", run.Error);
        Assert.Equal(("nnn", "a/b"), ((string?)changes[0]["value"]!["Bck"]!["name"], (string?)changes[0]["name"]));

        Assert.Equal(2, (await CliRun.Of(cluster, "start rebalance ais://nnn/a --prefix b")).ExitCode);
        Assert.Equal(2, (await CliRun.Of(cluster, "start rebalance --prefix b")).ExitCode);
        Assert.Single(changes);
    }

    [Fact]
    public async Task Cleanup_mode_is_announced_and_has_its_own_columns()
    {
        (await CliRun.Of(cluster, "start rebalance --cleanup")).Prints("Started rebalance[g24] (cleanup mode). To monitor the progress, run 'ais show rebalance'");
        Assert.Equal(16, (int?)changes[0]["value"]!["flags"]);
        await CliRun.Of(cluster, "start rebalance --cleanup --force");
        Assert.True((bool?)changes[1]["value"]!["Force"]);

        cluster.Snapshots = $$"""
            {"cVnt8082":[{{Snap("g24", 6120, 6_270_488, "flags:cleanup; t[cVnt8082]:cleanup visits=6120 loads=6120 removed=6120")}}],
             "nGkt8081":[{{Snap("g24", 6077, 6_217_005, "flags:cleanup; t[nGkt8081]:cleanup visits=6077 loads=6077 removed=6077")}}]}
            """;
        (await CliRun.Of(cluster, "show rebalance")).Prints($"""
            REB ID   NODE       REMOVED OBJECTS   REMOVED BYTES   START      END   STATE
            g24      cVnt8082   6120              5.98MiB         {Start}   -     Running
            g24      nGkt8081   6077              5.93MiB         {Start}   -     Running
            g24: 12197 objects removed (total size 11.9MiB)
            """);
        Assert.StartsWith("""
            rebalance[g24] (ctl:
              flags:cleanup; t[cVnt8082]:cleanup visits=6120 loads=6120 removed=6120
              flags:cleanup; t[nGkt8081]:cleanup visits=6077 loads=6077 removed=6077
            )
            """.ReplaceLineEndings("\n"), (await CliRun.Of(cluster, "show job")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Jobs_stand_in_the_order_in_which_they_began_whoever_took_part_in_them()
    {
        var earlier = Snap("g23", 1, 1024).Replace("10:14:56", "10:13:56", StringComparison.Ordinal);
        cluster.Snapshots = $$"""{"cVnt8082":[{{Snap("g24", 1, 1024)}}], "nGkt8081":[{{Snap("g24", 1, 1024)}}, {{earlier}}]}""";

        var lines = (await CliRun.Of(cluster, "show job")).Out.Split('\n');

        Assert.Equal(["rebalance[g23]", "rebalance[g24]"], lines.Where(line => line.StartsWith("rebalance[", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("--force", "'--force' is only valid with '--cleanup'")]
    [InlineData("--cleanup --latest", "flags '--cleanup' and '--latest' are mutually exclusive")]
    [InlineData("--cleanup --sync", "flags '--cleanup' and '--sync' are mutually exclusive")]
    public async Task Combinations_that_make_no_sense_are_refused(string flags, string why)
    {
        (await CliRun.Of(cluster, "start rebalance " + flags)).Fails(2, $"Error: Incorrect 'ais start rebalance' usage: {why}.\nSee 'ais start rebalance --help'");
        Assert.Empty(changes);
    }

    [Fact]
    public async Task Cleanup_does_not_start_while_a_rebalance_runs()
    {
        cluster.Snapshots = $$"""{"cVnt8082":[{{Snap("g23", 0, 0)}}]}""";
        (await CliRun.Of(cluster, "start rebalance --cleanup")).Fails(4, "Error: cannot 'start rebalance --cleanup': \"g23\" is currently running");
        Assert.Empty(changes);
    }

    [Fact]
    public async Task A_rebalance_that_nobody_knows_is_not_found()
    {
        cluster.Snapshots = $$"""{"cVnt8082":[{{Snap("g23", 0, 0)}}]}""";
        (await CliRun.Of(cluster, "show rebalance g99")).Fails(3, "Error: rebalance g99 is not known: 'ais show rebalance --all' shows those that are");
    }

    [Fact]
    public async Task A_dry_run_says_so()
    {
        answer = """{"scope":"","epoch":4,"targets":[{"node":"cVnt8082","clean":4,"may_hold_misplaced":false},{"node":"nGkt8081","clean":3,"may_hold_misplaced":true}]}""";
        (await CliRun.Of(cluster, "start rebalance --dry-run")).Prints("""
            [DRY RUN] t[cVnt8082] has everything in its place
            [DRY RUN] t[nGkt8081] may hold objects that belong elsewhere
            """);
        Assert.Contains(cluster.Requests, request => request is { Method: "PUT", Path: "/v1/cluster" } && request.Query.Contains("dry_run=true", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stopping_names_what_was_stopped_and_nothing_is_no_error_but_by_the_command_of_the_cluster()
    {
        (await CliRun.Of(cluster, "stop rebalance")).Prints("No running rebalance jobs, nothing to do");
        (await CliRun.Of(cluster, "cluster rebalance stop")).Fails(1, "Error: rebalance is not running");

        cluster.Snapshots = $$"""{"cVnt8082":[{{Snap("g7", 0, 0)}}],"nGkt8081":[{{Snap("g7", 0, 0)}}]}""";
        (await CliRun.Of(cluster, "stop rebalance")).Prints("Stopped rebalance[g7]");
        (await CliRun.Of(cluster, "stop rebalance[g7]")).Prints("Stopped rebalance[g7]");
        Assert.All(changes, change => Assert.Equal(("stop", "g7"), ((string?)change["action"], (string?)change["value"]!["ID"])));

        cluster.Snapshots = $$"""{"cVnt8082":[{{Snap("g7", 0, 0, ended: true)}}]}""";
        (await CliRun.Of(cluster, "stop g7")).Prints("rebalance[g7] already finished, nothing to do");
    }

    [Fact]
    public async Task Waiting_ends_with_the_job_with_its_errors_or_with_patience()
    {
        (await CliRun.Of(cluster, "wait rebalance")).Prints("No running rebalance jobs, nothing to wait for");
        cluster.Snapshots = $$"""{"cVnt8082":[{{Snap("g7", 0, 0)}}]}""";
        var late = await CliRun.Of(cluster, "wait rebalance --timeout 0s");
        Assert.Equal((7, "Waiting for rebalance[g7] ...\n"), (late.ExitCode, late.Out));
        Assert.Equal("Error: timed out waiting for rebalance[g7]: it still runs after 0s; wait on with 'ais wait rebalance g7'\n", late.Error);

        var asked = 0;
        var before = cluster.Before;
        cluster.Before = (context, seen) =>
        {
            cluster.Snapshots = context.Request.Query["what"] == "qryxstats" && ++asked == 2 ? $$"""{"cVnt8082":[{{Snap("g7", 0, 0, ended: true)}}]}""" : cluster.Snapshots;
            return before(context, seen);
        };
        (await CliRun.Of(cluster, "wait rebalance --timeout 1m")).Prints("Waiting for rebalance[g7] ...\nDone.");
    }

    [Fact]
    public async Task Rows_of_a_target_that_leaves_are_hidden_unless_asked_for()
    {
        cluster.Add("ikht8083", isTarget: true, SnodeWire.Maintenance);
        cluster.Snapshots = $$"""{"cVnt8082":[{{Snap("g1", 0, 0)}}],"ikht8083":[{{Snap("g1", 0, 0)}}]}""";
        Assert.DoesNotContain("ikht8083", (await CliRun.Of(cluster, "show rebalance")).Out, StringComparison.Ordinal);
        Assert.Contains("ikht8083", (await CliRun.Of(cluster, "show rebalance --all")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verbose_says_how_far_how_fast_between_whom_and_what_is_in_the_way()
    {
        cluster.Snapshots = $$"""{"cVnt8082":[{{Snap("g1", 0, 0)}}]}""";
        var details = new RebalanceWire
        {
            Id = "g1", Action = "start-maintenance", Percent = 41.6, EtaSeconds = 95,
            Blocked = new() { Text = "no space at t[nGkt8081]", Names = ["nGkt8081"] },
            Targets =
            [
                new()
                {
                    Node = "cVnt8082", Stage = "walking", Percent = 41.6, EtaSeconds = 95, ObjectsPerSecond = 1234, BytesPerSecond = 1 << 20, VerifiedObjects = 7, RevivedObjects = 1,
                    To = [new() { Node = "nGkt8081", Objects = 12, Bytes = 4096 }], Errors = [new() { Subject = "ais://nnn/x", Node = "nGkt8081", Message = "out of space" }], ErrorCount = 3,
                },
                new() { Node = "ikht8083", Answers = false },
            ],
        };
        var before = cluster.Before;
        cluster.Before = async (context, seen) =>
        {
            if (seen.Path != "/v1/rebalance/g1")
            {
                return await before(context, seen);
            }

            await context.JsonAsync(JsonSerializer.Serialize(details, WireJson.Instance.RebalanceWire));
            return true;
        };

        Assert.EndsWith("""

            g1 (start-maintenance): 42%, about 1m35s left
               blocked: no space at t[nGkt8081] (nGkt8081)
               t[cVnt8082]: walking, 42%, about 1m35s left, 1234 objects/s, 1.00MiB/s, 7 verified, 1 revived
                  to t[nGkt8081] 12 (4.00KiB)
                  error: ais://nnn/x at t[nGkt8081]: out of space
                  ... 2 more errors
               t[ikht8083]: does not answer

            """.ReplaceLineEndings("\n"), (await CliRun.Of(cluster, "show rebalance --verbose")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Startable_jobs_are_offered_in_the_order_that_people_know()
    {
        var run = await CliRun.Of(cluster.Url, ["__complete", "start", ""]);
        Assert.Equal(
            "prefetch,blob-download,download,dsort,lru,etl,rebalance,resilver,cleanup,mirror,ec-encode,rechunk,warm-up-metadata,copy-bck,move-bck",
            string.Join(',', run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        (await CliRun.Of(cluster, "start resilver")).Fails(1, "Error: job 'resilver' is not offered by this version");
        (await CliRun.Of(cluster, "space-cleanup")).Fails(1, "Error: job 'cleanup' is not offered by this version: 'ais start rebalance --cleanup' removes what rebalances left behind");
    }

    [Fact]
    public async Task Help_of_rebalance_has_the_layout_that_people_know()
    {
        var lines = (await CliRun.Of(cluster, "start rebalance --help")).Out.Split('\n');
        Assert.Equal(["NAME:", "   ais start rebalance - Rebalance ais cluster", "", "USAGE:", "   ais start rebalance [BUCKET[/PREFIX]] [command options]", "", "OPTIONS:"], lines[..7]);
        var options = lines[7..].Where(line => line.Length > 3 && line[3] != ' ').Select(line => line[3..].Split("   ")[0]).ToArray();
        Assert.Equal(["cleanup", "dry-run", "force,f", "latest", "prefix", "sync", "help, h"], options);
        Assert.Contains(lines, line => line.StartsWith("             ", StringComparison.Ordinal) && line.Contains("refused while a rebalance runs", StringComparison.Ordinal));
    }

    private static string Start => DateTimeOffset.Parse("2026-11-20T10:14:56Z", CultureInfo.InvariantCulture).ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Snap(string id, long objects, long bytes, string control = "", bool ended = false) => $$"""
        {"id":"{{id}}","kind":"rebalance","ctlmsg":"{{control}}","start-time":"2026-11-20T10:14:56Z","end-time":"{{(ended ? "2026-11-20T10:15:56Z" : "0001-01-01T00:00:00Z")}}",
         "stats":{"loc-objs":"{{objects}}","loc-bytes":"{{bytes}}","out-objs":"0","out-bytes":"0","in-objs":"0","in-bytes":"0"},"aborted":false}
        """;
}
