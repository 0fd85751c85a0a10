using System.Text.Json.Nodes;
using Starling.Core.Wire;
using Starling.Tests.Client;
using Xunit;

namespace Starling.Tests.Cli;

public sealed class ShowClusterTests : IAsyncLifetime
{
    private FakeCluster cluster = null!;

    public async Task InitializeAsync() => cluster = await FakeCluster.StartAsync();

    public async Task DisposeAsync() => await cluster.DisposeAsync();

    [Fact]
    public async Task A_quiet_cluster_shows_both_tables_without_empty_columns_and_the_summary()
    {
        var run = await CliRun.Of(cluster, "show cluster");

        run.Prints($"""
            PROXY            MEM USED(%)   MEM AVAIL   SYS CPU(%)   UPTIME
            p[aBcp8081]      0.41%         27.90GiB    6%           2h14m0s
            p[qWmp8080][P]   0.41%         27.90GiB    6%           2h14m0s
            p[zYxp8082]      0.41%         27.90GiB    6%           2h14m0s

            TARGET        MEM USED(%)   MEM AVAIL   CAP USED(%)   CAP AVAIL    SYS CPU(%)   UPTIME
            t[cVnt8082]   0.41%         27.90GiB    18%           1000.00GiB   6%           2h14m0s
            t[ikht8083]   0.41%         27.90GiB    18%           1000.00GiB   6%           2h14m0s
            t[nGkt8081]   0.41%         27.90GiB    18%           1000.00GiB   6%           2h14m0s

            Cluster:
               CLI Endpoint:     {cluster.Url}
               Proxies:          3 (all electable)
               Targets:          3 (total disks: 6)
               Capacity:         used 660.00GiB (18%), available 2.93TiB
               Cluster Map:      version 14, UUID Xk3aBcDeF, primary p[qWmp8080]
               Software:         5.0.0
               Deployment:       dev
               Status:           6 online
               Rebalance:        n/a
               Authentication:   disabled
            """);
    }

    [Fact]
    public async Task Disks_and_filesystems_that_targets_on_one_host_share_count_once()
    {
        foreach (var id in cluster.Targets.Keys)
        {
            MountpathCapacityWire On(string disk, int number) => new()
            {
                FileSystem = new FileSystemWire { Device = $"/dev/{disk}1", Type = "ext4", Id = [number, 0] },
                Disks = [disk],
                UsedBytes = 1UL << 30,
                AvailableBytes = 3UL << 30,
            };
            var capacity = cluster.Status[id].Capacity! with { Mountpaths = new() { [$"/{id}/1"] = On("sda", 1), [$"/{id}/2"] = On("sda", 1), [$"/{id}/3"] = On("sdb", 2) } };
            cluster.Status[id] = cluster.Status[id] with { Capacity = capacity };
        }

        var run = await CliRun.Of(cluster, "show cluster");
        Assert.Contains("Targets:          3 (total disks: 2)", run.Out, StringComparison.Ordinal);
        Assert.Contains("Capacity:         used 2.00GiB (25%), available 6.00GiB", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_disks_that_have_a_name_mountpaths_are_counted()
    {
        foreach (var id in cluster.Targets.Keys)
        {
            cluster.Status[id] = cluster.Status[id] with { Capacity = cluster.Status[id].Capacity! with { Mountpaths = new() { ["/tmpfs"] = new() } } };
        }

        Assert.Contains("Targets:          3 (total mountpaths: 3)", (await CliRun.Of(cluster, "show cluster")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_that_drains_is_marked_and_red_and_turns_cyan_when_it_is_safe()
    {
        cluster.Add("ikht8083", isTarget: true, SnodeWire.Maintenance);
        var running = new SnapWire { Id = "g47", Kind = "rebalance", StartTime = "2026-11-20T21:00:00Z" };
        foreach (var id in cluster.Targets.Keys)
        {
            cluster.Status[id] = cluster.Status[id] with { Rebalance = running };
        }

        cluster.Status["ikht8083"] = new NodeStatusWire { Status = "maintenance", Rebalance = running };

        (await CliRun.Of(cluster, "show cluster target")).Prints("""
            TARGET           MEM USED(%)   MEM AVAIL   CAP USED(%)   CAP AVAIL    SYS CPU(%)   REBALANCE      UPTIME    STATUS
            t[cVnt8082]      0.41%         27.90GiB    18%           1000.00GiB   6%           running(g47)   2h14m0s   online
            t[ikht8083][x]   -             -           -             -            -            running(g47)   -         maintenance
            t[nGkt8081]      0.41%         27.90GiB    18%           1000.00GiB   6%           running(g47)   2h14m0s   online
            """);
        Assert.Contains("\u001b[91mmaintenance\u001b[0m", (await CliRun.Of(cluster, "show cluster target --color always")).Out, StringComparison.Ordinal);

        cluster.Add("ikht8083", isTarget: true, SnodeWire.Maintenance | SnodeWire.MaintenancePostRebalance);
        Assert.Contains("\u001b[96mmaintenance\u001b[0m", (await CliRun.Of(cluster, "show cluster target --color always")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_that_is_off_is_shown_with_the_rebalance_that_the_jobs_know_of()
    {
        cluster.Add("ikht8083", isTarget: true, SnodeWire.Maintenance | SnodeWire.MaintenancePostRebalance);
        var end = DateTimeOffset.UtcNow.AddMinutes(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        cluster.Snapshots = $$"""
            {"ikht8083":[{"id":"g4","kind":"rebalance","start-time":"2026-11-20T10:14:56Z","end-time":"2026-11-20T10:15:56Z","aborted":false},
              {"id":"g5","kind":"rebalance","start-time":"{{end}}","end-time":"{{end}}","aborted":false}]}
            """;

        Assert.Matches("t\\[ikht8083\\]\\[x\\] .* finished\\(g5\\) .* maintenance\n", (await CliRun.Of(cluster, "show cluster target")).Out);
    }

    [Fact]
    public async Task The_REBALANCE_column_knows_finished_aborted_and_long_past()
    {
        var now = DateTimeOffset.UtcNow;
        string Ago(int minutes) => now.AddMinutes(-minutes).ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", System.Globalization.CultureInfo.InvariantCulture);
        cluster.Status["cVnt8082"] = cluster.Status["cVnt8082"] with { Rebalance = new SnapWire { Id = "g5", StartTime = Ago(9), EndTime = Ago(1) } };
        cluster.Status["ikht8083"] = cluster.Status["ikht8083"] with { Rebalance = new SnapWire { Id = "g5", StartTime = Ago(9), EndTime = Ago(1), Aborted = true, AbortError = "user abort" } };
        cluster.Status["nGkt8081"] = cluster.Status["nGkt8081"] with { Rebalance = new SnapWire { Id = "g4", StartTime = Ago(90), EndTime = Ago(60) } };

        var lines = (await CliRun.Of(cluster, "show cluster target")).Out.Split('\n');

        Assert.Contains("finished(g5)", lines[1], StringComparison.Ordinal);
        Assert.Contains("user-abort(g5)", lines[2], StringComparison.Ordinal);
        Assert.DoesNotContain("g4", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_marked_and_the_others_are_still_shown()
    {
        cluster.Before = async (context, seen) =>
        {
            if (seen.Headers["Ais-Node-Id"] != "ikht8083")
            {
                return false;
            }

            await context.StatusAsync(502);
            return true;
        };

        var run = await CliRun.Of(cluster, "show cluster target");

        Assert.Equal(8, run.ExitCode);
        Assert.Equal("Warning: t[ikht8083]: the gateway cannot reach it (look at 'ais show log t[ikht8083]', or at the log on its machine)\n", run.Error);
        Assert.Matches("t\\[ikht8083\\]( +-){6} +unreachable\n", run.Out);
        Assert.Matches("t\\[nGkt8081\\].* online\n", run.Out);
    }

    [Fact]
    public async Task Alerts_versions_and_unelectable_gateways_get_their_marks()
    {
        cluster.Add("zYxp8082", isTarget: false, SnodeWire.NonElectable);
        cluster.Status["aBcp8081"] = cluster.Status["aBcp8081"] with { Version = "5.1.0", Cluster = new NodeStateInfoWire { Flags = 6 | 4096 | 512 } };

        (await CliRun.Of(cluster, "show cluster proxy --no-headers")).Prints("""
            p[aBcp8081]        0.41%   27.90GiB   6%   2h14m0s   5.1.0   OOM,low-memory
            p[qWmp8080][P]     0.41%   27.90GiB   6%   2h14m0s   5.0.0   ok
            p[zYxp8082][n/e]   0.41%   27.90GiB   6%   2h14m0s   5.0.0   ok
            """);
    }

    [Fact]
    public async Task One_node_is_shown_alone_by_bare_id_and_by_display_name()
    {
        const string Expected = """
            TARGET        MEM USED(%)   MEM AVAIL   CAP USED(%)   CAP AVAIL    SYS CPU(%)   LOAD AVERAGE    UPTIME
            t[cVnt8082]   0.41%         27.90GiB    18%           1000.00GiB   6%           [1.2 0.9 0.8]   2h14m0s
            """;
        (await CliRun.Of(cluster, "show cluster cVnt8082 --verbose")).Prints(Expected);
        (await CliRun.Of(cluster, "show cluster -v t[cVnt8082]")).Prints(Expected);
    }

    [Fact]
    public async Task Units_are_iec_si_or_raw_and_nothing_else()
    {
        Assert.Contains("29.96GB", (await CliRun.Of(cluster, "show cluster target --units si")).Out, StringComparison.Ordinal);
        Assert.Contains("29957396890", (await CliRun.Of(cluster, "show cluster target --units raw")).Out, StringComparison.Ordinal);
        (await CliRun.Of(cluster, "show cluster --units furlongs")).Fails(2, """
            Error: Incorrect 'ais show cluster' usage: invalid '--units furlongs': expecting one of iec (KiB, MiB, ...), si (KB, MB, ...), raw (bytes).
            See 'ais show cluster --help'
            """);
    }

    [Fact]
    public async Task Smap_lists_gateways_then_targets_then_the_summary() =>
        (await CliRun.Of(cluster, "show cluster smap")).Prints("""
            NODE             TYPE     PUBLIC URL             INTRA CONTROL URL       INTRA DATA URL
            p[aBcp8081]      proxy    http://10.0.0.1:8081   http://10.0.0.1:18081   http://10.0.0.1:28081
            p[qWmp8080][P]   proxy    http://10.0.0.1:8080   http://10.0.0.1:18080   http://10.0.0.1:28080
            p[zYxp8082]      proxy    http://10.0.0.1:8082   http://10.0.0.1:18082   http://10.0.0.1:28082

            t[cVnt8082]      target   http://10.0.0.1:8082   http://10.0.0.1:18082   http://10.0.0.1:28082
            t[ikht8083]      target   http://10.0.0.1:8083   http://10.0.0.1:18083   http://10.0.0.1:28083
            t[nGkt8081]      target   http://10.0.0.1:8081   http://10.0.0.1:18081   http://10.0.0.1:28081

            Primary Proxy: qWmp8080
            Summary: proxies(3), targets(3), cluster map(v14), cluster ID("Xk3aBcDeF")
            """);

    [Fact]
    public async Task Bmd_lists_buckets_with_version_and_uuid()
    {
        cluster.Buckets["nnn"] = new();

        (await CliRun.Of(cluster, "show cluster bmd")).Prints("""
            PROVIDER   NAMESPACE   NAME   BACKEND   COPIES   EC   CREATED
            ais        -           nnn    -         1        -    2025-11-20 21:00:00

            Version: 7
            UUID: Xk3aBcDeF
            """);
    }

    [Fact]
    public async Task Json_is_one_document_with_four_blanks()
    {
        var run = await CliRun.Of(cluster, "show cluster smap --json");

        Assert.StartsWith("{\n    \"pmap\"", run.Out, StringComparison.Ordinal);
        Assert.Equal("14", (string)JsonNode.Parse(run.Out)!["version"]!);
        var whole = JsonNode.Parse((await CliRun.Of(cluster, "show cluster --json")).Out)!;
        Assert.Equal(6, whole["status"]!.AsObject().Count);
    }

    [Fact]
    public async Task Reports_repeat_under_a_line_as_often_as_asked()
    {
        var run = await CliRun.Of(cluster, "show cluster smap --refresh 1 --count 2 --no-headers");

        Assert.Contains("\n" + new string('-', 16) + "\n", run.Out, StringComparison.Ordinal);
        Assert.Equal(2, run.Out.Split("Primary Proxy: qWmp8080").Length - 1);
    }

    [Fact]
    public async Task An_unknown_node_or_type_is_answered_with_what_to_type()
    {
        (await CliRun.Of(cluster, "show cluster tagret")).Fails(2, """
            Error: Incorrect 'ais show cluster' usage: expecting a valid NODE_ID or node type ("proxy" or "target"), got "tagret".
            See 'ais show cluster --help'
            """);
        (await CliRun.Of(cluster, "show cluster target cVnt8083")).Fails(3, """
            Error: node "cVnt8083" does not exist (the cluster has 0 gateways and 3 targets; run 'ais show cluster' to see them)
            Did you mean cVnt8082?
            """);
    }

    [Fact]
    public async Task Log_prints_the_nodes_log() => (await CliRun.Of(cluster, "show log t[cVnt8082] --severity w")).Prints("I 10:00:00 started");

    [Fact]
    public async Task Set_primary_asks_the_cluster_and_refuses_what_cannot_lead()
    {
        cluster.Add("zYxp8082", isTarget: false, SnodeWire.NonElectable);

        (await CliRun.Of(cluster, "cluster set-primary p[aBcp8081]")).Prints("p[aBcp8081] is now a new primary");
        Assert.Equal("aBcp8081", cluster.Primary);
        (await CliRun.Of(cluster, "cluster set-primary aBcp8081")).Prints("p[aBcp8081] is primary already, nothing to do");
        (await CliRun.Of(cluster, "cluster set-primary zYxp8082")).Fails(1, "Error: p[zYxp8082] is non-electable");
        (await CliRun.Of(cluster, "cluster set-primary t[cVnt8082]")).Fails(1, "Error: t[cVnt8082] is not a proxy");
        Assert.Equal("aBcp8081", cluster.Primary);
    }

    [Fact]
    public async Task Init_sends_the_action_and_asks_before_it_discards()
    {
        (await CliRun.Of(cluster, "cluster init")).Prints("Cluster successfully initialized");
        Assert.Equal("""{"value":{"discard_pending":false},"action":"init","name":""}""", cluster.Requests.Last().Text);

        var unattended = await CliRun.Of(cluster, "cluster init --discard-pending");
        Assert.Equal(2, unattended.ExitCode);
        Assert.Contains("--yes", unattended.Error, StringComparison.Ordinal);
        var declined = await CliRun.Of(cluster, "cluster init --discard-pending", input: "maybe\nn\n", terminal: true);
        Assert.Equal(1, declined.ExitCode);
        Assert.Contains("Invalid input! Choose 'Y' for 'Yes' or 'N' for 'No'", declined.Error, StringComparison.Ordinal);
        Assert.EndsWith("Operation canceled.\n", declined.Error, StringComparison.Ordinal);
        Assert.Single(cluster.Requests);

        Assert.Equal(0, (await CliRun.Of(cluster, "cluster init --discard-pending --yes")).ExitCode);
        Assert.Contains("\"discard_pending\":true", cluster.Requests.Last().Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_running_is_said_in_words()
    {
        (await CliRun.Of(cluster, "show rebalance")).Prints("Global rebalance is not running. Use '--all' to show history, '--help' for details.");
        (await CliRun.Of(cluster, "show job")).Prints("No running jobs. Use '--all' to show all, '--all' <TAB-TAB> to select, '--help' for details.");
    }

    [Fact]
    public async Task A_running_rebalance_is_shown_in_the_columns_that_people_know()
    {
        cluster.Snapshots = """
            {"lJjt8082":[{"id":"g1","kind":"rebalance","start-time":"2026-11-20T10:14:56Z","end-time":"0001-01-01T00:00:00Z",
              "stats":{"loc-objs":"0","loc-bytes":"0","out-objs":"0","out-bytes":"0","in-objs":"33404","in-bytes":"34204549"},"aborted":false}],
             "nZDt8085":[]}
            """;
        var start = DateTimeOffset.Parse("2026-11-20T10:14:56Z", System.Globalization.CultureInfo.InvariantCulture).ToLocalTime().ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);

        (await CliRun.Of(cluster, "show rebalance")).Prints($"""
            REB ID   NODE       OBJECTS RECV   SIZE RECV   OBJECTS SENT   SIZE SENT   START      END   STATE
            g1       lJjt8082   33404          32.62MiB    0              0B          {start}   -     Running
            """);
        (await CliRun.Of(cluster, "show job rebalance")).Prints($"""
            rebalance[g1]
            NODE       ID   KIND        TX OBJECTS   TX BYTES   RX OBJECTS   RX BYTES   START      END   STATE
            lJjt8082   g1   rebalance   -            -          33404        32.62MiB   {start}   -     Running
            """);
    }
}
