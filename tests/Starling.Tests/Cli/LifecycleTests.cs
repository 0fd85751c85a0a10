using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Starling.Core.Wire;
using Starling.Tests.Client;
using Xunit;

namespace Starling.Tests.Cli;

/// <summary>Taking nodes out and bringing them back, as operators type it and see it.</summary>
public sealed class LifecycleTests : IAsyncLifetime
{
    private readonly Dictionary<string, Func<HttpContext, Task>> answers = new(StringComparer.Ordinal);
    private readonly List<JsonNode> changes = [];
    private string rebalance = "g1";
    private FakeCluster cluster = null!;

    public async Task InitializeAsync()
    {
        cluster = await FakeCluster.StartAsync();
        cluster.Before = async (context, seen) =>
        {
            if (answers.TryGetValue($"{seen.Method} {seen.Path}", out var answer))
            {
                await answer(context);
                return true;
            }

            if (seen is not { Method: "PUT", Path: "/v1/cluster" })
            {
                return false;
            }

            changes.Add(JsonNode.Parse(seen.Text)!);
            await context.Response.WriteAsync(rebalance);
            return true;
        };
    }

    public async Task DisposeAsync() => await cluster.DisposeAsync();

    [Fact]
    public async Task Start_maintenance_names_the_rebalance_and_the_node()
    {
        (await CliRun.Of(cluster, "cluster add-remove-nodes start-maintenance t[ikht8083] --yes")).Prints("""
            Started rebalance "g1" (to monitor, run 'ais show rebalance').
            t[ikht8083] is now in maintenance mode
            """);
        var change = Assert.Single(changes);
        Assert.Equal("start-maintenance", (string?)change["action"]);
        Assert.Equal(
            """{"sid":"","sids":["ikht8083"],"skip_rebalance":false,"rm_user_data":false,"keep_initial_config":false,"no_shutdown":false}""", change["value"]!.ToJsonString());
    }

    [Fact]
    public async Task Several_nodes_go_in_one_request_however_they_are_separated_and_however_they_are_written()
    {
        (await CliRun.Of(cluster, "cluster add-remove-nodes start-maintenance ikht8083,t[nGkt8081] aBcp8081 -y")).Prints("""
            Started rebalance "g1" (to monitor, run 'ais show rebalance').
            t[ikht8083] is now in maintenance mode
            t[nGkt8081] is now in maintenance mode
            p[aBcp8081] is now in maintenance mode
            """);
        Assert.Equal("""["ikht8083","nGkt8081","aBcp8081"]""", Assert.Single(changes)["value"]!["sids"]!.ToJsonString());
    }

    [Theory]
    [InlineData("start-maintenance", 2, "Error: Incorrect 'ais cluster add-remove-nodes start-maintenance' usage: missing \"NODE_ID\" argument.")]
    [InlineData("start-maintenance ikht8083 t[ikht8083] -y", 2, "Error: Incorrect 'ais cluster add-remove-nodes start-maintenance' usage: t[ikht8083] is specified more than once.")]
    [InlineData("start-maintenance t[nobody] -y", 3, "Error: node \"t[nobody]\" does not exist (the cluster has 3 gateways and 3 targets; run 'ais show cluster' to see them)")]
    [InlineData("shutdown ikht8083 --rm-user-data -y", 2, "Error: Incorrect 'ais cluster add-remove-nodes shutdown' usage: option '--rm-user-data' is valid only for decommissioning.")]
    [InlineData("start-maintenance ikht8083 --no-shutdown -y", 2, "Error: Incorrect 'ais cluster add-remove-nodes start-maintenance' usage: unrecognized option '--no-shutdown'")]
    public async Task Wrong_requests_are_refused_before_anything_is_asked_of_the_cluster(string words, int code, string error)
    {
        var run = await CliRun.Of(cluster, "cluster add-remove-nodes " + words);
        Assert.Equal((code, string.Empty), (run.ExitCode, run.Out));
        Assert.StartsWith(error, run.Error, StringComparison.Ordinal);
        Assert.Empty(changes);
    }

    [Fact]
    public async Task Without_rebalance_it_says_what_is_at_stake_and_starts_none()
    {
        rebalance = string.Empty;

        var run = await CliRun.Of(cluster, "cluster add-remove-nodes start-maintenance t[ikht8083] --no-rebalance --yes");

        Assert.Equal((0, "To put everything in its place later, run 'ais start rebalance'.\nt[ikht8083] is now in maintenance mode\n"), (run.ExitCode, run.Out));
        Assert.Equal("Warning: '--no-rebalance' moves no data: what only t[ikht8083] holds is unavailable while it is away, and lost if its disks are lost\n", run.Error);
        Assert.True((bool?)Assert.Single(changes)["value"]!["skip_rebalance"]);
    }

    [Fact]
    public async Task Shutdown_says_how_to_come_back()
    {
        rebalance = "g47";
        (await CliRun.Of(cluster, "cluster add-remove-nodes shutdown t[ikht8083] -y")).Prints("""
            Started rebalance "g47" (to monitor, run 'ais show rebalance').
            t[ikht8083] is shutting down, please wait for cluster rebalancing to finish

            Note: the node is _not_ decommissioned: it remains in the cluster map and can be started again at any time,
                  then activated by 'ais cluster add-remove-nodes stop-maintenance'.
            """);
        Assert.Equal("shutdown-node", (string?)changes[0]["action"]);

        rebalance = string.Empty;
        Assert.StartsWith("p[aBcp8081] has been shut down\n", (await CliRun.Of(cluster, "cluster add-remove-nodes shutdown p[aBcp8081] -y")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_maintenance_brings_back()
    {
        cluster.Add("ikht8083", isTarget: true, SnodeWire.Maintenance | SnodeWire.MaintenancePostRebalance);
        rebalance = "g3";
        (await CliRun.Of(cluster, "cluster add-remove-nodes stop-maintenance t[ikht8083] --yes")).Prints("""
            Started rebalance "g3" (to monitor, run 'ais show rebalance').
            t[ikht8083] is now active
            """);

        rebalance = string.Empty;
        (await CliRun.Of(cluster, "cluster add-remove-nodes stop-maintenance t[nGkt8081] --yes")).Prints("t[nGkt8081] is active already, nothing to do");
    }

    [Fact]
    public async Task Decommission_passes_its_options_and_its_flags_may_stand_before_the_node()
    {
        rebalance = "g5";
        (await CliRun.Of(cluster, "cluster add-remove-nodes decommission --rm-user-data --keep-initial-config --no-shutdown t[ikht8083] -y")).Prints("""
            Started rebalance "g5" (to monitor, run 'ais show rebalance').
            t[ikht8083] is being decommissioned, please wait for cluster rebalancing to finish...
            """);
        Assert.Equal(
            """{"sid":"","sids":["ikht8083"],"skip_rebalance":false,"rm_user_data":true,"keep_initial_config":true,"no_shutdown":true}""", changes[0]["value"]!.ToJsonString());

        rebalance = string.Empty;
        var run = await CliRun.Of(cluster, "cluster add-remove-nodes decommission --no-rebalance t[ikht8083] -y");
        Assert.Equal("t[ikht8083] has been decommissioned (permanently removed from the cluster)\n", run.Out);
        Assert.Equal("Warning: '--no-rebalance' gives up what only t[ikht8083] holds: objects may be lost\n", run.Error);
    }

    [Fact]
    public async Task A_guard_is_overridden_by_its_name()
    {
        await CliRun.Of(cluster, "cluster add-remove-nodes start-maintenance t[ikht8083] --force=capacity,voters -y");
        Assert.Equal("""["capacity","voters"]""", Assert.Single(changes)["value"]!["force"]!.ToJsonString());
    }

    [Fact]
    public async Task Without_a_terminal_and_without_yes_nothing_happens_and_no_at_the_prompt_means_no()
    {
        Assert.Equal(2, (await CliRun.Of(cluster, "cluster add-remove-nodes start-maintenance t[ikht8083]")).ExitCode);
        var declined = await CliRun.Of(cluster, "cluster add-remove-nodes decommission t[ikht8083] --color never", input: "n\n", terminal: true);
        Assert.Equal(1, declined.ExitCode);
        Assert.Contains("which cannot be undone", declined.Error, StringComparison.Ordinal);
        Assert.EndsWith("Operation canceled.\n", declined.Error, StringComparison.Ordinal);
        Assert.Empty(changes);

        var agreed = await CliRun.Of(cluster, "cluster add-remove-nodes stop-maintenance t[ikht8083] --color never", input: "y\n", terminal: true);
        Assert.Equal((0, "Take t[ikht8083] out of maintenance mode? [Y/N]: "), (agreed.ExitCode, agreed.Error));
        Assert.Single(changes);
    }

    [Fact]
    public async Task A_busy_cluster_is_said_with_code_4()
    {
        answers["PUT /v1/cluster"] = context => context.ErrorAsync(
            409, "ErrBusy", "cluster membership start-maintenance is currently busy (rebalance[g1] is running), please try again");
        (await CliRun.Of(cluster, "cluster add-remove-nodes start-maintenance t[nGkt8081] -y"))
            .Fails(4, "Error: ErrBusy: cluster membership start-maintenance is currently busy (rebalance[g1] is running), please try again");
    }

    [Theory]
    [InlineData("safe", "out", 0, "safe", "")]
    [InlineData("unsafe", "draining", 4, "draining", "Note: 12 objects are left\n")]
    [InlineData("unsafe", "in", 4, "active", "Note: 12 objects are left\n")]
    [InlineData("unknown", "draining", 4, "unknown", "Note: 12 objects are left\n")]
    public async Task The_status_of_a_node_is_one_word_and_an_exit_code(string verdict, string state, int code, string word, string notes)
    {
        Verdict(verdict, state);
        var run = await CliRun.Of(cluster, "cluster node-status t[ikht8083]");
        Assert.Equal((code, word + "\n", notes), (run.ExitCode, run.Out, run.Error));
    }

    [Fact]
    public async Task Waiting_for_safe_ends_when_it_is_safe_and_says_in_between_why_not()
    {
        var asked = 0;
        answers["GET /v1/nodes"] = context => context.JsonAsync("""[{"id":"ikht8083","state":"draining"}]""");
        answers["GET /v1/nodes/ikht8083/safety"] = context => context.JsonAsync(
            ++asked == 1 ? """{"node":"ikht8083","verdict":"unsafe","reasons":["12 objects are left"],"names":["ikht8083"]}""" : """{"node":"ikht8083","verdict":"safe","reasons":[],"names":[]}""");

        var run = await CliRun.Of(cluster, "cluster node-status t[ikht8083] --wait-safe --timeout 1m");

        Assert.Equal((0, "safe\n", "Note: t[ikht8083] is not safe to power off yet: 12 objects are left\n"), (run.ExitCode, run.Out, run.Error));
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task Waiting_for_safe_in_vain_ends_with_7()
    {
        Verdict("unsafe", "draining");
        var run = await CliRun.Of(cluster, "cluster node-status t[ikht8083] --wait-safe --timeout 0s");
        Assert.Equal((7, "draining\n"), (run.ExitCode, run.Out));
        Assert.Equal(2, (await CliRun.Of(cluster, "cluster node-status t[ikht8083] --timeout 5")).ExitCode);
    }

    [Fact]
    public async Task A_node_that_is_no_member_any_more_is_removed_and_one_that_never_was_is_not_found()
    {
        answers["GET /v1/nodes/ikht8083/safety"] = context => context.ErrorAsync(404, string.Empty, "node ikht8083 is not a member of the cluster");
        (await CliRun.Of(cluster, "cluster node-status t[ikht8083]")).Prints("removed");
        Assert.Equal(3, (await CliRun.Of(cluster, "cluster node-status t[nobody]")).ExitCode);
    }

    [Fact]
    public async Task The_journal_is_a_table_and_JSON()
    {
        JournalEntryWire[] entries =
        [
            new() { Index = 7, Time = "2026-11-20T10:14:56Z", Who = "10.0.0.1", What = "start-maintenance t[ikht8083] (op7)", Why = "disk swap" },
            new() { Index = 12, What = "op7: drain" },
        ];
        answers["GET /v1/journal"] = context => context.JsonAsync(JsonSerializer.Serialize(entries, WireJson.Instance.JournalEntryWireArray));
        var time = DateTimeOffset.Parse("2026-11-20T10:14:56Z", System.Globalization.CultureInfo.InvariantCulture).ToLocalTime().ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);

        (await CliRun.Of(cluster, "show journal")).Prints($"""
            INDEX   TIME       WHO        WHAT                                  WHY
            7       {time}   10.0.0.1   start-maintenance t[ikht8083] (op7)   disk swap
            12      -          leader     op7: drain                            -
            """);
        Assert.Equal(7, (int?)JsonNode.Parse((await CliRun.Of(cluster, "show journal --json")).Out)![0]!["index"]);
    }

    [Fact]
    public async Task An_object_is_explained()
    {
        var explained = new ExplainWire
        {
            Object = "ais://nnn/a/b",
            Digest = "00ff",
            Epoch = 4,
            Owner = "nGkt8081",
            Owners = [new() { Epoch = 4, Owner = "nGkt8081", Why = "newest" }, new() { Epoch = 3, Owner = "ikht8083", Why = "not clean yet" }],
            Candidates = ["ikht8083"],
            Copies = [new() { Node = "ikht8083", State = "leftover", Key = "3.1.9", Size = 2048, Note = "handed over to nGkt8081" }, new() { Node = "nGkt8081", State = "live", Key = "3.1.9", Size = 2048, Checksum = "xxhash2:00aa", Version = "1", Mountpath = "/data/1" }],
            ServedBy = "nGkt8081",
            Answer = "the copy of nGkt8081",
        };
        answers["GET /v1/explain/nnn/a/b"] = context => context.JsonAsync(JsonSerializer.Serialize(explained, WireJson.Instance.ExplainWire));

        (await CliRun.Of(cluster, "object explain ais://nnn/a/b")).Prints("""
            ais://nnn/a/b
               Owner:      t[nGkt8081] (epoch 4, digest 00ff)
               Also asked: t[ikht8083]
               A GET now:  the copy of nGkt8081

            EPOCH   OWNER         WHY
            4       t[nGkt8081]   newest
            3       t[ikht8083]   not clean yet

            TARGET        STATE      SIZE      VERSION   CHECKSUM       KEY     MOUNTPATH   NOTE
            t[ikht8083]   leftover   2.00KiB   -         -              3.1.9   -           handed over to nGkt8081
            t[nGkt8081]   live       2.00KiB   1         xxhash2:00aa   3.1.9   /data/1     -
            """);
    }

    [Fact]
    public async Task An_operation_is_shown_with_what_blocks_it_and_taken_back_by_the_name_of_its_node()
    {
        var task = new TaskWire
        {
            TaskId = "7d9", Action = "decommission-node", Nodes = ["ikht8083"], Phase = "drain", Status = "failed", Progress = 41.7, RebalanceId = "g5",
            Blocked = new() { Reason = "silent", Text = "a receiver does not answer: start it", Names = ["nGkt8081"] },
        };
        answers["GET /v1/tasks"] = context => context.JsonAsync(JsonSerializer.Serialize([task], WireJson.Instance.TaskWireArray));
        answers["GET /v1/tasks/7d9"] = context => context.JsonAsync(JsonSerializer.Serialize(task, WireJson.Instance.TaskWire));
        answers["DELETE /v1/tasks/7d9"] = context => context.JsonAsync(JsonSerializer.Serialize(task with { RebalanceId = "g6" }, WireJson.Instance.TaskWire));

        (await CliRun.Of(cluster, "cluster task show")).Prints("""
            TASK ID   ACTION              NODES      PHASE   STATE     DONE   REB ID   STARTED
            7d9       decommission-node   ikht8083   drain   blocked   42%    g5       -
            decommission-node: a receiver does not answer: start it (nGkt8081)
            """);
        (await CliRun.Of(cluster, "cluster task cancel t[ikht8083] --yes")).Prints("'decommission-node' of ikht8083 is taken back (to monitor, run 'ais show rebalance g6')");
        (await CliRun.Of(cluster, "cluster task cancel t[nGkt8081] --yes")).Fails(3, "Error: no operation runs on t[nGkt8081], nothing to cancel (see 'ais cluster task show --all')");
    }

    [Fact]
    public async Task Missing_mountpaths_are_declared_lost_by_their_ids_and_only_when_there_are_any()
    {
        answers["GET /v1/nodes"] = context => context.JsonAsync("""[{"id":"ikht8083","state":"out","lost_mountpath_ids":["mp-1","mp-2"]},{"id":"nGkt8081","state":"in"}]""");
        answers["POST /v1/nodes/ikht8083/actions/declare_lost"] = context => context.JsonAsync("""{"status":"completed","task_id":""}""");
        (await CliRun.Of(cluster, "cluster declare-lost t[nGkt8081] -y")).Prints("t[nGkt8081] misses no mountpath, nothing to do");
        (await CliRun.Of(cluster, "cluster declare-lost t[ikht8083] -y")).Prints("2 mountpaths of t[ikht8083] are declared lost");
        Assert.Equal("""{"mountpath_ids":["mp-1","mp-2"]}""", cluster.Requests.Last().Text);
    }

    [Theory]
    [InlineData("__complete cluster add-remove-nodes shutdown ", "p[aBcp8081],p[qWmp8080],p[zYxp8082],t[cVnt8082],t[ikht8083],t[nGkt8081]")]
    [InlineData("__complete cluster add-remove-nodes stop-maintenance ", "t[ikht8083]")]
    [InlineData("__complete cluster add-remove-nodes start-maintenance t", "t[cVnt8082],t[nGkt8081]")]
    [InlineData("__complete cluster add-remove-nodes start-maintenance t[cVnt8082] t", "t[nGkt8081]")]
    public async Task Nodes_are_completed_as_they_make_sense(string words, string expected)
    {
        cluster.Add("ikht8083", isTarget: true, SnodeWire.Maintenance);
        var run = await CliRun.Of(cluster.Url, words.Split(' '));
        Assert.Equal(expected, string.Join(',', run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    private void Verdict(string verdict, string state)
    {
        var reasons = verdict == "safe" ? string.Empty : "\"12 objects are left\"";
        answers["GET /v1/nodes/ikht8083/safety"] = context => context.JsonAsync($$"""{"node":"ikht8083","verdict":"{{verdict}}","reasons":[{{reasons}}],"names":[]}""");
        answers["GET /v1/nodes"] = context => context.JsonAsync($$"""[{"id":"ikht8083","state":"{{state}}"}]""");
    }
}
