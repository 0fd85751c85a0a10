using System.Net;
using System.Text.Json;
using Starling.Core.Names;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.State;
using Xunit;

namespace Starling.Tests.Server.Api;

/// <summary>Actions with tasks, rebalances as jobs, the journal.</summary>
public sealed class TaskCallTests(LifecycleCluster cluster) : IClassFixture<LifecycleCluster>, IAsyncLifetime
{
    private NodeId Target(int n) => cluster.Targets[n].Id;

    /// <summary>Whatever the test before left.</summary>
    public Task InitializeAsync() => cluster.RestoreAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Maintenance_goes_on_and_off_by_task_and_activations_do_not_stack()
    {
        cluster.HoldPasses = true;
        var (status, first) = await PostAsync(Target(0), "maintenance_on", """{"keep_slave_shards":true}""");
        Assert.Equal((HttpStatusCode.Accepted, "queued"), (status, Text(first, "status")));
        var (_, second) = await PostAsync(Target(0), "maintenance_on", null, gateway: 1);
        Assert.Equal(Text(first, "task_id"), Text(second, "task_id"));
        var shown = await cluster.GetAsync($"/v1/nodes/{Target(0)}/actions/maintenance_on", gateway: 2);
        Assert.Equal(Text(first, "task_id"), Text(shown, "task_id"));
        Assert.Contains(Text(shown, "status"), (string[])["queued", "running"]);

        cluster.HoldPasses = false;
        await cluster.SeenAsync(state => state.Operations.IsEmpty && state.Node(Target(0))!.State == AdminState.Out, "the target out");
        shown = await cluster.GetAsync($"/v1/nodes/{Target(0)}/actions/maintenance_on");
        Assert.Equal(("completed", 100d), (Text(shown, "status"), shown.GetProperty("progress").GetDouble()));
        var snapshot = (await cluster.GetAsync($"/v1/nodes/{Target(0)}/snapshots"))[0];
        Assert.StartsWith("maintenance_mode_", Text(snapshot, "name"), StringComparison.Ordinal);
        Assert.Equal(2, snapshot.GetProperty("mountpath_ids").GetArrayLength());

        var (missing, _) = await PostAsync(Target(0), "maintenance_off", """{"snapshot_name":"maintenance_mode_1999-01-01_00-00-00"}""");
        Assert.Equal(HttpStatusCode.NotFound, missing);
        Assert.Equal(AdminState.Out, cluster.State.Node(Target(0))!.State);
        var (off, task) = await PostAsync(Target(0), "maintenance_off", $$"""{"snapshot_name":"{{Text(snapshot, "name")}}","skip_shards_restore":true}""");
        Assert.Equal(HttpStatusCode.Accepted, off);
        await cluster.SeenAsync(state => state.Node(Target(0))!.State == AdminState.In && state.Operations.IsEmpty, "the target in");
        shown = await cluster.GetAsync($"/v1/nodes/{Target(0)}/actions/maintenance_off");
        Assert.Equal((Text(task, "task_id"), "completed", string.Empty), (Text(shown, "task_id"), Text(shown, "status"), Text(shown, "rebalance_id")));
        var (nothing, done) = await PostAsync(Target(0), "maintenance_off", null);
        Assert.Equal((HttpStatusCode.OK, "completed"), (nothing, Text(done, "status")));
        await cluster.RestoreAsync();
    }

    [Fact]
    public async Task A_task_is_taken_back_and_what_has_ended_is_not()
    {
        cluster.HoldPasses = true;
        var (_, started) = await PostAsync(Target(1), "decommission", """{"rm_user_data":true,"reason":"broken fan","requested_by":"night shift"}""");
        var id = Text(started, "task_id");
        await cluster.SeenAsync(state => state.Node(Target(1))!.State == AdminState.Draining, "the target draining");
        using (var cancelled = await cluster.SendAsync(HttpMethod.Delete, $"/v1/tasks/{id}", gateway: 1))
        {
            Assert.Equal(HttpStatusCode.OK, cancelled.StatusCode);
        }

        await cluster.SeenAsync(state => state.Node(Target(1))!.State == AdminState.In, "the target in");
        cluster.HoldPasses = false;
        await cluster.RestoreAsync();
        using (var again = await cluster.SendAsync(HttpMethod.Delete, $"/v1/tasks/{id}"))
        {
            Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        }

        using var unknown = await cluster.SendAsync(HttpMethod.Delete, "/v1/tasks/op999999");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        var journal = await cluster.GetAsync("/v1/journal");
        var entry = journal.EnumerateArray().Single(one => Text(one, "why") == "broken fan");
        Assert.StartsWith("night shift at ", Text(entry, "who"), StringComparison.Ordinal);
        Assert.Contains("decommission-node", Text(entry, "what"), StringComparison.Ordinal);
        var last = journal.EnumerateArray().Last().GetProperty("index").GetInt64();
        Assert.Empty((await cluster.GetAsync($"/v1/journal?after={last}")).EnumerateArray());
        Assert.Single((await cluster.GetAsync("/v1/journal?limit=1")).EnumerateArray());
    }

    [Theory]
    [InlineData("POST", "/v1/nodes/nosuchnode/actions/maintenance_on", null, HttpStatusCode.NotFound, "nosuchnode")]
    [InlineData("GET", "/v1/nodes/nosuchnode/actions/maintenance_on", null, HttpStatusCode.NotFound, "nosuchnode")]
    [InlineData("GET", "/v1/nodes/nosuchnode/safety", null, HttpStatusCode.NotFound, "nosuchnode")]
    [InlineData("POST", "/v1/nodes/target00/actions/explode", null, HttpStatusCode.BadRequest, "explode")]
    [InlineData("POST", "/v1/nodes/target00/actions/maintenance_on", "[1]", HttpStatusCode.BadRequest, "object")]
    [InlineData("POST", "/v1/nodes/target00/actions/maintenance_off", """{"skip_shards_restore":"perhaps"}""", HttpStatusCode.BadRequest, "skip_shards_restore")]
    [InlineData("POST", "/v1/nodes/target00/actions/declare_lost", """{}""", HttpStatusCode.BadRequest, "mountpath_ids")]
    [InlineData("POST", "/v1/nodes/target00/actions/declare_lost", """{"mountpath_ids":["never-seen"]}""", HttpStatusCode.Conflict, "never-seen")]
    [InlineData("POST", "/v1/nodes/target00/actions/attest_off", """{"session":"abc"}""", HttpStatusCode.Conflict, "superseded")]
    [InlineData("POST", "/v1/nodes/target00/actions/attest_off", """{"session":"no hex"}""", HttpStatusCode.BadRequest, "session")]
    [InlineData("GET", "/v1/tasks/op1?wait=900s", null, HttpStatusCode.BadRequest, "wait")]
    [InlineData("GET", "/v1/tasks/00000000-0000-0000-0000-000000000000", null, HttpStatusCode.NotFound, "task")]
    [InlineData("GET", "/v1/journal?limit=0", null, HttpStatusCode.BadRequest, "limit")]
    [InlineData("GET", "/v1/rebalance/seven", null, HttpStatusCode.BadRequest, "seven")]
    [InlineData("GET", "/v1/rebalance/g987654", null, HttpStatusCode.NotFound, "g987654")]
    public async Task Bad_input_is_named(string method, string path, string? body, HttpStatusCode expected, string named)
    {
        using var answer = await cluster.SendAsync(new HttpMethod(method), path, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"{answer.StatusCode} {text}");
        Assert.Contains(named, JsonSerializer.Deserialize<JsonElement>(text).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rebalance_is_a_job_that_starts_shows_stops_and_ends_as_clients_expect()
    {
        cluster.HoldPasses = true;
        const string Arguments = """{"ID":"","Kind":"rebalance","DaemonID":"","Bck":{"name":"","provider":"","namespace":{"uuid":"","name":""}},"Buckets":null,"Timeout":0,"Force":false,"OnlyRunning":false}""";
        var started = await cluster.ActAsync("start", Arguments);
        Assert.True(started is { Status: HttpStatusCode.OK, Rebalance: > 0 }, started.Text);
        var status = await cluster.GetAsync("/v1/cluster?what=status", $$"""{"ID":"{{started.Text}}","Kind":"rebalance","DaemonID":"","Bck":null,"Buckets":null}""", gateway: 1);
        Assert.Equal((started.Text, 0L, false), (Text(status, "uuid"), status.GetProperty("end_time").GetInt64(), status.GetProperty("aborted").GetBoolean()));
        var snaps = await cluster.GetAsync("/v1/cluster?what=qryxstats", """{"kind":"rebalance","show_active":true}""", gateway: 2);
        Assert.Equal(3, snaps.EnumerateObject().Count());
        Assert.All(snaps.EnumerateObject(), target =>
        {
            var snap = Assert.Single(target.Value.EnumerateArray());
            Assert.Equal((started.Text, "rebalance", "0001-01-01T00:00:00Z", "0"), (Text(snap, "id"), Text(snap, "kind"), Text(snap, "end-time"), snap.GetProperty("stats").GetProperty("out-objs").GetString()));
        });
        var whole = await cluster.GetAsync("/v1/rebalance");
        Assert.Equal((started.Text, "running", 3), (Text(whole, "id"), Text(whole, "state"), whole.GetProperty("targets").GetArrayLength()));

        var stopped = await cluster.ActAsync("stop", $$"""{"ID":"{{started.Text}}","Kind":"rebalance"}""");
        Assert.Equal((HttpStatusCode.OK, string.Empty), (stopped.Status, stopped.Text));
        status = await cluster.GetAsync("/v1/cluster?what=status", $$"""{"id":"{{started.Text}}","kind":""}""");
        Assert.True(status.GetProperty("aborted").GetBoolean() && status.GetProperty("end_time").GetInt64() > 0);
        var snapshot = (await cluster.GetAsync("/v1/cluster?what=qryxstats", $$"""{"id":"{{started.Text}}","kind":"rebalance"}""")).EnumerateObject().First().Value[0];
        Assert.Equal((true, "user abort"), (snapshot.GetProperty("aborted").GetBoolean(), Text(snapshot, "abort-err")));

        cluster.HoldPasses = false;
        var second = await cluster.ActAsync("start", Arguments);
        await cluster.SeenAsync(state => state.Operations.IsEmpty, "the rebalance over");
        status = await cluster.GetAsync("/v1/cluster?what=status", $$"""{"id":"{{second.Text}}"}""");
        Assert.True(!status.GetProperty("aborted").GetBoolean() && status.GetProperty("end_time").GetInt64() > 0);
        var all = await cluster.GetAsync("/v1/cluster?what=status_all", """{"kind":"rebalance"}""");
        Assert.Equal([second.Text, started.Text], all.EnumerateArray().Select(one => Text(one, "uuid")).Take(2));
        await cluster.GetAsync("/v1/cluster?what=status", """{"id":"g987654","kind":"rebalance"}""", HttpStatusCode.NotFound);
        Assert.Empty((await cluster.GetAsync("/v1/cluster?what=running_all", "{}")).EnumerateArray());
        await cluster.RestoreAsync();
    }

    [Fact]
    public async Task S36_a_rebalance_that_serves_a_removal_is_stopped_by_force_only_and_then_taken_back()
    {
        cluster.HoldPasses = true;
        var started = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(2)}}"}""");
        var refused = await cluster.ActAsync("stop", $$"""{"ID":"{{started.Text}}","Kind":"rebalance"}""");
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("stop-maintenance", refused.Message, StringComparison.Ordinal);
        var forced = await cluster.ActAsync("stop", $$"""{"ID":"{{started.Text}}","Kind":"rebalance","Force":true}""");
        Assert.Equal(HttpStatusCode.OK, forced.Status);
        await cluster.SeenAsync(state => state.Node(Target(2))!.State == AdminState.In, "the target in");
        await cluster.RestoreAsync();
    }

    [Fact]
    public async Task A_rebalance_that_targets_make_by_themselves_is_stopped_too_and_started_again_by_hand()
    {
        cluster.HoldPasses = true;
        var away = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(2)}}","skip_rebalance":true}""");
        Assert.True(away.Status == HttpStatusCode.OK, away.Text);
        await cluster.SeenAsync(state => state.Operations.IsEmpty && state.Node(Target(2))!.State == AdminState.Out, "the target out");
        var back = await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{Target(2)}}"}""");
        Assert.True(back.Status == HttpStatusCode.OK, back.Text);
        Assert.NotNull(RebalanceState.Running(cluster.State));

        // The operation is one that only asks for what targets do anyway.
        var stopped = await cluster.ActAsync("stop", """{"Kind":"rebalance"}""");
        Assert.True(stopped.Status == HttpStatusCode.OK, stopped.Text);
        await cluster.SeenAsync(state => state.Operations.IsEmpty && RebalanceState.Running(state) is null && state.Node(Target(2))!.State == AdminState.In, "no rebalance running");
        Assert.False(cluster.State.IsConverged);
        Assert.Empty((await cluster.GetAsync("/v1/cluster?what=running_all", "{}")).EnumerateArray());

        cluster.HoldPasses = false;
        var started = await cluster.ActAsync("start", """{"Kind":"rebalance"}""");
        Assert.True(started.Status == HttpStatusCode.OK, started.Text);
        await cluster.SeenAsync(state => state.Operations.IsEmpty && state.IsConverged, "everything in its place");
        await cluster.RestoreAsync();
    }

    [Theory]
    [InlineData("""{"Kind":"rebalance","Bck":{"name":"nosuch","provider":"ais"}}""", HttpStatusCode.NotFound, "ais://nosuch")]
    [InlineData("""{"Kind":"rebalance","Bck":{"name":"shared","provider":"moon"}}""", HttpStatusCode.BadRequest, "Bck")]
    [InlineData("""{"Kind":"rebalance","flags":2}""", HttpStatusCode.BadRequest, "remote backend")]
    [InlineData("""{"Kind":"rebalance","flags":"many"}""", HttpStatusCode.BadRequest, "flags")]
    [InlineData("""{"Kind":"rebalance","flags":20}""", HttpStatusCode.BadRequest, "cleanup")]
    [InlineData("""{"Kind":"no-such-kind"}""", HttpStatusCode.BadRequest, "no-such-kind")]
    public async Task What_cannot_be_rebalanced_is_refused_by_name(string value, HttpStatusCode expected, string named)
    {
        var answer = await cluster.ActAsync("start", value);
        Assert.True(answer.Status == expected, $"{answer.Status} {answer.Text}");
        Assert.Contains(named, answer.Message, StringComparison.Ordinal);
        Assert.True(cluster.State.Operations.IsEmpty);
    }

    [Fact]
    public async Task While_rebalance_is_disabled_none_starts_and_a_removal_moves_nothing()
    {
        try
        {
            await ConfigAsync("rebalance.enabled=false");
            var start = await cluster.ActAsync("start", """{"Kind":"rebalance"}""");
            Assert.Equal((HttpStatusCode.BadRequest, true), (start.Status, start.Message.StartsWith("rebalance is disabled", StringComparison.Ordinal)));
            var away = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(0)}}"}""");
            Assert.Equal((HttpStatusCode.OK, string.Empty), (away.Status, away.Text));
            await cluster.SeenAsync(state => state.Operations.IsEmpty, "the operation over");
        }
        finally
        {
            await ConfigAsync("rebalance.enabled=true");
        }

        await cluster.RestoreAsync();
    }

    [Fact]
    public async Task A_dry_run_starts_nothing_and_says_who_may_hold_what_belongs_elsewhere()
    {
        using var answer = await cluster.SendAsync(HttpMethod.Put, "/v1/cluster?dry_run=true", """{"action":"start","name":"a/b","value":{"Kind":"rebalance","Bck":{"name":"shared","provider":"ais"}}}""");
        var plan = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        Assert.Equal(("ais://shared/a/b", 3), (Text(plan, "scope"), plan.GetProperty("targets").GetArrayLength()));
        Assert.True(cluster.State.Operations.IsEmpty);
    }

    private async Task ConfigAsync(string setting)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Put, $"/v1/cluster/set-config?{setting}");
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<(HttpStatusCode Status, JsonElement Json)> PostAsync(NodeId node, string action, string? body, int gateway = 0)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Post, $"/v1/nodes/{node}/actions/{action}", body, gateway: gateway);
        return (answer.StatusCode, JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync()));
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
