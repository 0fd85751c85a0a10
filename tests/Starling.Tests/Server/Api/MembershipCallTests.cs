using System.Net;
using System.Text.Json;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;
using Xunit;

namespace Starling.Tests.Server.Api;

/// <summary>Changes of membership as clients of the native interface send them, on real nodes in this process.</summary>
public sealed class MembershipCallTests(LifecycleCluster cluster) : IClassFixture<LifecycleCluster>, IAsyncLifetime
{
    private NodeId Target(int n) => cluster.Targets[n].Id;

    private NodeId Gateway(int n) => cluster.Gateways[n].Id;

    /// <summary>Whatever the test before left.</summary>
    public Task InitializeAsync() => cluster.RestoreAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task T1_an_unknown_node_refuses_the_whole_batch()
    {
        var answer = await cluster.ActAsync("start-maintenance", $$"""{"sid":"","sids":["{{Target(0)}}","nosuchnode"],"skip_rebalance":false}""");
        Assert.Equal((HttpStatusCode.NotFound, "errNodeNotFound"), (answer.Status, answer.Code));
        Assert.Contains("nosuchnode", answer.Message, StringComparison.Ordinal);
        Assert.True(cluster.State.Operations.IsEmpty);
        Assert.Equal(AdminState.In, cluster.State.Node(Target(0))!.State);
    }

    [Theory]
    [InlineData("start-maintenance", """{"sid":"","sids":[]}""", "missing node IDs")]
    [InlineData("start-maintenance", "null", "value")]
    [InlineData("start-maintenance", """{"sid":"target00","sids":["target01"]}""", "not both")]
    [InlineData("start-maintenance", """{"sids":["target00","target00"]}""", "named twice")]
    [InlineData("start-maintenance", """{"sids":["no good id"]}""", "sids")]
    [InlineData("start-maintenance", """{"sids":"target00"}""", "sids")]
    [InlineData("start-maintenance", """{"sids":[7]}""", "sids")]
    [InlineData("start-maintenance", """{"sid":"target00","skip_rebalance":"perhaps"}""", "skip_rebalance")]
    [InlineData("start-maintenance", """{"sid":"target00","rm_user_data":true}""", "rm_user_data")]
    [InlineData("shutdown-node", """{"sid":"target00","no_shutdown":true}""", "no_shutdown")]
    [InlineData("start-maintenance", """{"sid":"target00","force":["no-such-guard"]}""", "no-such-guard")]
    [InlineData("start-maintenance", """{"sid":"target00","force":7}""", "force")]
    [InlineData("rm-unsafe", """{"sid":"target00"}""", "skip_rebalance")]
    public async Task Bad_input_is_named_and_changes_nothing(string action, string value, string named)
    {
        var answer = await cluster.ActAsync(action, value, gateway: cluster.Follower());
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(named, answer.Message, StringComparison.Ordinal);
        Assert.True(cluster.State.Operations.IsEmpty);
    }

    [Fact]
    public async Task T3_T4_T12_a_target_goes_out_and_comes_back_by_any_gateway()
    {
        var other = cluster.Follower();
        var started = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(1)}}"}""", gateway: other);
        Assert.True(started is { Status: HttpStatusCode.OK, Rebalance: > 0, TaskId.Length: 36 }, started.Text);
        await cluster.SeenAsync(state => state.Operations.IsEmpty && state.Node(Target(1))!.State == AdminState.Out, "the target out", other);
        await cluster.SeenAsync(state => state.Operations.IsEmpty && state.Node(Target(1))!.State == AdminState.Out, "the target out");

        var map = await cluster.GetAsync("/v1/daemon?what=smap");
        Assert.Equal(SnodeWire.Maintenance | SnodeWire.MaintenancePostRebalance, map.GetProperty("tmap").GetProperty(Target(1).Value).GetProperty("flags").GetUInt64());
        foreach (var gateway in (int[])[0, 1, 2])
        {
            var verdict = await cluster.GetAsync($"/v1/nodes/{Target(1)}/safety", gateway: gateway);
            Assert.Equal("safe", verdict.GetProperty("verdict").GetString());
            Assert.Equal("unsafe", (await cluster.GetAsync($"/v1/nodes/{Target(0)}/safety", gateway: gateway)).GetProperty("verdict").GetString());
            var node = (await cluster.GetAsync("/v1/nodes", gateway: gateway)).EnumerateArray().Single(one => one.GetProperty("id").GetString() == Target(1).Value);
            Assert.Equal(("out", "safe", "online"), (node.GetProperty("state").GetString(), node.GetProperty("safety").GetString(), node.GetProperty("liveness").GetString()));
            var task = await cluster.GetAsync($"/v1/tasks/{started.TaskId}", gateway: gateway);
            Assert.Equal(("completed", "start-maintenance", started.Text), (task.GetProperty("status").GetString(), task.GetProperty("action").GetString(), task.GetProperty("rebalance_id").GetString()));
        }

        var back = await cluster.ActAsync("stop-maintenance", $$"""{"sids":["{{Target(1)}}"]}""");
        Assert.True(back.Status == HttpStatusCode.OK && back.Rebalance > started.Rebalance, back.Text);
        await cluster.RestoreAsync();
        map = await cluster.GetAsync("/v1/daemon?what=smap");
        Assert.Equal(0UL, map.GetProperty("tmap").GetProperty(Target(1).Value).GetProperty("flags").GetUInt64());
    }

    [Fact]
    public async Task T6_without_rebalance_the_target_is_out_at_once_and_not_called_safe()
    {
        var answer = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(2)}}","skip_rebalance":true}""");
        Assert.Equal((HttpStatusCode.OK, string.Empty), (answer.Status, answer.Text));
        await cluster.SeenAsync(state => state.Operations.IsEmpty, "the operation over");
        Assert.Equal(AdminState.Out, cluster.State.Node(Target(2))!.State);
        var verdict = await cluster.GetAsync($"/v1/nodes/{Target(2)}/safety");
        Assert.Equal("unsafe", verdict.GetProperty("verdict").GetString());
        Assert.NotEqual(0, verdict.GetProperty("reasons").GetArrayLength());
        var map = await cluster.GetAsync("/v1/daemon?what=smap");
        Assert.Equal(SnodeWire.Maintenance, map.GetProperty("tmap").GetProperty(Target(2).Value).GetProperty("flags").GetUInt64());
        await cluster.RestoreAsync();
    }

    [Fact]
    public async Task T7_T14_what_is_so_already_is_no_error_and_starts_nothing()
    {
        var idle = await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{Target(0)}}"}""");
        Assert.Equal((HttpStatusCode.OK, string.Empty, string.Empty), (idle.Status, idle.Text, idle.TaskId));
        await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(0)}}"}""");
        await cluster.SeenAsync(state => state.Operations.IsEmpty && state.Node(Target(0))!.State == AdminState.Out, "the target out");
        var again = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(0)}}"}""");
        Assert.Equal((HttpStatusCode.OK, string.Empty, string.Empty), (again.Status, again.Text, again.TaskId));
        await cluster.RestoreAsync();
    }

    [Fact]
    public async Task Two_operators_at_two_gateways_get_the_same_operation_or_the_busy_error_that_clients_know()
    {
        cluster.HoldPasses = true;
        var first = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(0)}}"}""", gateway: 0);
        var same = await cluster.ActAsync("start-maintenance", $$"""{"sids":["{{Target(0)}}"]}""", gateway: 1);
        Assert.Equal((HttpStatusCode.OK, first.Text, first.TaskId), (same.Status, same.Text, same.TaskId));

        var other = await cluster.ActAsync("shutdown-node", $$"""{"sid":"{{Target(1)}}"}""", gateway: 2);
        Assert.Equal((HttpStatusCode.Conflict, "ErrBusy"), (other.Status, other.Code));
        Assert.StartsWith($"cluster membership \"shutdown-node\" is currently busy (rebalance[{first.Text}] is running", other.Message, StringComparison.Ordinal);
        Assert.EndsWith("please try again", other.Message, StringComparison.Ordinal);

        var differently = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(0)}}","skip_rebalance":true}""", gateway: 1);
        Assert.Equal(HttpStatusCode.Conflict, differently.Status);
        Assert.Contains("other options", differently.Message, StringComparison.Ordinal);

        var running = await cluster.GetAsync("/v1/cluster?what=running_all", """{"kind":"","show_active":true}""", gateway: 2);
        Assert.Equal([$"rebalance[{first.Text}]"], running.EnumerateArray().Select(one => one.GetString()!));
        await cluster.RestoreAsync();
    }

    [Fact]
    public async Task A_request_repeated_after_its_answer_was_lost_gets_the_operation_that_it_began_even_when_that_has_ended()
    {
        var first = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(1)}}"}""", requestId: "asked-once");
        await cluster.SeenAsync(state => state.Operations.IsEmpty && state.Node(Target(1))!.State == AdminState.Out, "the target out");
        await cluster.RestoreAsync();
        var repeated = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(1)}}"}""", requestId: "asked-once", gateway: 2);
        Assert.Equal((HttpStatusCode.OK, first.TaskId, first.Text), (repeated.Status, repeated.TaskId, repeated.Text));
        Assert.True(cluster.State.Operations.IsEmpty);
        Assert.Equal(AdminState.In, cluster.State.Node(Target(1))!.State);
    }

    [Fact]
    public async Task S33_a_removal_is_interrupted_while_its_rebalance_runs_and_the_node_is_back_in_service()
    {
        cluster.HoldPasses = true;
        var started = await cluster.ActAsync("decommission-node", $$"""{"sid":"{{Target(2)}}"}""");
        Assert.True(started.Rebalance > 0, started.Text);
        var flags = (await cluster.GetAsync("/v1/daemon?what=smap")).GetProperty("tmap").GetProperty(Target(2).Value).GetProperty("flags").GetUInt64();
        Assert.Equal(SnodeWire.Decommission, flags);
        Assert.Equal("unsafe", (await cluster.GetAsync($"/v1/nodes/{Target(2)}/safety")).GetProperty("verdict").GetString());

        var back = await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{Target(2)}}"}""", gateway: 1);
        Assert.True(back.Status == HttpStatusCode.OK && back.Rebalance > started.Rebalance, back.Text);
        await cluster.SeenAsync(state => state.Node(Target(2))!.State == AdminState.In, "the target in");
        var first = await cluster.GetAsync($"/v1/tasks/{started.TaskId}");
        Assert.Equal(("cancelled", "taken back"), (first.GetProperty("status").GetString(), first.GetProperty("ending").GetString()));
        var status = await cluster.GetAsync("/v1/cluster?what=status", $$"""{"id":"{{started.Text}}","kind":"rebalance"}""");
        Assert.True(status.GetProperty("aborted").GetBoolean() && status.GetProperty("end_time").GetInt64() > 0);
        await cluster.RestoreAsync();
    }

    [Fact]
    public async Task T2_the_leader_hands_over_before_it_goes_and_gateways_go_without_rebalance()
    {
        var leader = cluster.Leader().Id;
        var asked = cluster.Follower();
        var answer = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{leader}}","force":["voters"]}""", gateway: asked);
        Assert.True(answer is { Status: HttpStatusCode.OK, Text: "" }, answer.Text);
        await cluster.SeenAsync(state => state.Operations.IsEmpty && state.Node(leader)!.State == AdminState.Out, "the former leader out", asked);
        Assert.NotEqual(leader, cluster.State.Leader!.Identity.Id);
        Assert.Contains((await cluster.GetAsync("/v1/journal", gateway: asked)).EnumerateArray(), entry => entry.GetProperty("why").GetString()!.Contains("voters", StringComparison.Ordinal));
        await cluster.RestoreAsync();
    }

    [Fact]
    public async Task Several_nodes_go_in_one_operation_with_one_rebalance_or_not_at_all()
    {
        var before = cluster.State.Versions.Rmd;
        var answer = await cluster.ActAsync("start-maintenance", $"{{{LifecycleCluster.Sids(Target(0), Target(1))}}}");
        Assert.Equal($"g{before + 1}", answer.Text);
        await cluster.SeenAsync(state => state.Operations.IsEmpty, "the operation over");
        Assert.All([Target(0), Target(1)], id => Assert.Equal(AdminState.Out, cluster.State.Node(id)!.State));
        Assert.Equal(before + 1, cluster.State.Versions.Rmd);
        await cluster.RestoreAsync();
    }

    [Fact]
    public async Task G1_the_last_targets_do_not_go_while_there_are_buckets()
    {
        var answer = await cluster.ActAsync("start-maintenance", $"{{{LifecycleCluster.Sids(Target(0), Target(1), Target(2))}}}", gateway: cluster.Follower());
        Refused(answer, "last-target");
    }

    [Fact]
    public async Task G2_the_primary_does_not_go_when_nobody_can_take_over()
    {
        var answer = await cluster.ActAsync("start-maintenance", $"{{{LifecycleCluster.Sids(Gateway(0), Gateway(1), Gateway(2))}}}", gateway: cluster.Follower());
        Refused(answer, "primary");
    }

    [Fact]
    public async Task G3_a_majority_of_the_voters_stays()
    {
        var answer = await cluster.ActAsync("shutdown-node", $"{{{LifecycleCluster.Sids(Gateway(0), Gateway(1), Gateway(2))},\"force\":[\"primary\"]}}");
        Refused(answer, "voters");
    }

    [Fact]
    public async Task G6_an_erasure_coded_bucket_keeps_as_many_targets_as_it_needs()
    {
        using var created = await cluster.SendAsync(HttpMethod.Post, "/v1/buckets/sliced", """{"action":"create-bck","name":"","value":{"ec":{"enabled":true,"data_slices":1,"parity_slices":1}}}""");
        if (!created.IsSuccessStatusCode)
        {
            // Buckets are not erasure-coded by this version: the guard waits for them.
            Assert.Equal(HttpStatusCode.NotImplemented, created.StatusCode);
            return;
        }

        var answer = await cluster.ActAsync("start-maintenance", $"{{{LifecycleCluster.Sids(Target(0))}}}");
        using var destroyed = await cluster.SendAsync(HttpMethod.Delete, "/v1/buckets/sliced", """{"action":"destroy-bck","name":"","value":null}""");
        Refused(answer, "ec");
    }

    private void Refused(LifecycleCluster.Answer answer, string guard)
    {
        Assert.Equal(HttpStatusCode.PreconditionFailed, answer.Status);
        Assert.StartsWith($"guard {guard}:", answer.Message, StringComparison.Ordinal);
        Assert.Contains($"--force={guard}", answer.Message, StringComparison.Ordinal);
        Assert.True(cluster.State.Operations.IsEmpty);
        Assert.All(cluster.State.Nodes.Values, node => Assert.Equal(AdminState.In, node.State));
    }
}
