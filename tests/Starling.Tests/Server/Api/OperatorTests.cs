using System.Net;
using System.Text.Json;
using Starling.Core.Names;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;
using Xunit;

namespace Starling.Tests.Server.Api;

/// <summary>Operators who err, who work at the same time at different gateways, and who ask again because an answer was lost.</summary>
public sealed class OperatorTests(LifecycleCluster cluster) : IClassFixture<LifecycleCluster>, IAsyncLifetime
{
    private static readonly string[] Actions = ["start-maintenance", "stop-maintenance", "shutdown-node", "decommission-node", "rm-unsafe"];

    private NodeId Target(int n) => cluster.Targets[n].Id;

    public Task InitializeAsync() => cluster.RestoreAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_unknown_node_is_404_by_every_action_through_every_gateway_and_changes_nothing()
    {
        var versions = cluster.State.Versions;
        foreach (var (action, gateway) in Actions.SelectMany(action => Enumerable.Range(0, 3).Select(gateway => (action, gateway))))
        {
            var answer = await cluster.ActAsync(action, """{"sid":"nosuchnode","skip_rebalance":true}""", gateway: gateway);
            Assert.Equal((HttpStatusCode.NotFound, "errNodeNotFound"), (answer.Status, answer.Code));
        }

        foreach (var action in (string[])["maintenance_on", "maintenance_off", "shutdown", "decommission", "remove", "attest_off"])
        {
            using var answer = await cluster.SendAsync(HttpMethod.Post, $"/v1/nodes/nosuchnode/actions/{action}", "{}", gateway: cluster.Follower());
            Assert.True(answer.StatusCode == HttpStatusCode.NotFound, $"{action}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }

        Assert.Equal((versions, true), (cluster.State.Versions, cluster.State.Operations.IsEmpty));
    }

    [Fact]
    public async Task Of_conflicting_requests_at_the_same_time_one_is_accepted_and_the_others_hear_who_is_in_the_way()
    {
        cluster.HoldPasses = true;
        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(n => cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(n)}}"}""", gateway: n)));
        var winner = Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        var operation = (await cluster.SeenAsync(state => state.Operations.Count == 1 && state.Operations.Values.Single().RebalanceId > 0, "one operation that is marked")).State.Operations.Values.Single();
        Assert.Equal($"g{operation.RebalanceId}", winner.Text);
        Assert.All(answers.Where(answer => answer != winner), loser =>
        {
            Assert.Equal((HttpStatusCode.Conflict, "ErrBusy"), (loser.Status, loser.Code));
            Assert.Contains(operation.Name, loser.Message, StringComparison.Ordinal);
        });
        Assert.Equal([operation.Nodes.Single().Id], cluster.State.Nodes.Values.Where(node => node.State != AdminState.In).Select(node => node.Id));
    }

    [Fact]
    public async Task The_same_request_of_two_operators_at_the_same_time_is_one_operation_whatever_interface_they_use()
    {
        cluster.HoldPasses = true;
        var node = Target(1);
        var native = Enumerable.Range(0, 3).Select(gateway => cluster.ActAsync("start-maintenance", $$"""{"sid":"{{node}}"}""", gateway: gateway)).ToArray();
        var tasks = Enumerable.Range(0, 3).Select(gateway => cluster.SendAsync(HttpMethod.Post, $"/v1/nodes/{node}/actions/maintenance_on", gateway: gateway)).ToArray();
        var ids = (await Task.WhenAll(native)).Select(answer => answer.TaskId).ToList();
        foreach (var sent in tasks)
        {
            using var answer = await sent;
            ids.Add(JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync()).GetProperty("task_id").GetString()!);
        }

        Assert.Single(ids.Distinct());
        Assert.Single((await cluster.SeenAsync(state => !state.Operations.IsEmpty, "the operation")).State.Operations);
    }

    [Fact]
    public async Task One_takes_out_while_another_one_brings_back_and_what_they_were_told_is_what_is()
    {
        var node = Target(2);
        for (var round = 0; round < 4; round++)
        {
            var outward = cluster.ActAsync("start-maintenance", $$"""{"sid":"{{node}}"}""", gateway: round % 3);
            var inward = cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{node}}"}""", gateway: (round + 1) % 3);
            var (away, back) = (await outward, await inward);

            // A return that comes while the node leaves takes the removal back, one that comes when it is out brings it in; one that came first had nothing to do.
            Assert.True(away.Status == HttpStatusCode.OK && back.Status is HttpStatusCode.OK, $"{away.Text} {back.Text}");
            await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty, "nothing running");
            Assert.Equal(back.TaskId.Length == 0 ? AdminState.Out : AdminState.In, cluster.State.Node(node)!.State);
            await cluster.RestoreAsync();
        }
    }

    [Fact]
    public async Task A_repeated_return_does_not_undo_what_another_operator_did_since()
    {
        var node = $$"""{"sid":"{{Target(0)}}","skip_rebalance":true}""";
        await cluster.ActAsync("start-maintenance", node);
        await cluster.SeenAsync(state => state.Operations.IsEmpty && state.Node(Target(0))!.State == AdminState.Out, "the target out");
        var first = await cluster.ActAsync("stop-maintenance", node, requestId: "back-once");
        await cluster.SeenAsync(state => state.Operations.IsEmpty && state.Node(Target(0))!.State == AdminState.In, "the target in");
        await cluster.ActAsync("start-maintenance", node, gateway: 1);
        await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty && now.State.Node(Target(0))!.State == AdminState.Out, "the target out again");

        var repeated = await cluster.ActAsync("stop-maintenance", node, requestId: "back-once", gateway: 2);
        Assert.Equal((HttpStatusCode.OK, first.TaskId), (repeated.Status, repeated.TaskId));
        Assert.Equal((AdminState.Out, true), (cluster.State.Node(Target(0))!.State, cluster.State.Operations.IsEmpty));
    }

    [Fact]
    public async Task A_refusal_is_repeated_too_and_a_new_request_is_judged_anew()
    {
        cluster.HoldPasses = true;
        await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(0)}}"}""");
        var refused = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(1)}}"}""", requestId: "too-early");
        Assert.Equal(HttpStatusCode.Conflict, refused.Status);
        await cluster.RestoreAsync();
        var repeated = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(1)}}"}""", requestId: "too-early", gateway: 1);
        Assert.Equal((HttpStatusCode.Conflict, AdminState.In), (repeated.Status, cluster.State.Node(Target(1))!.State));
        var anew = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(1)}}"}""", gateway: 1);
        Assert.True(anew.Status == HttpStatusCode.OK, anew.Text);
    }

    [Theory]
    [InlineData("start-maintenance", "maintenance_on")]
    [InlineData("decommission-node", "decommission")]
    public async Task A_request_whose_answer_was_lost_with_the_leader_is_repeated_and_done_once(string action, string task)
    {
        cluster.HoldPasses = true;
        var (node, leader, id) = (Target(1), cluster.Leader().Id, $"lost-{action}");
        var asked = cluster.ActAsync(action, $$"""{"sid":"{{node}}"}""", requestId: id, gateway: cluster.Follower());
        await cluster.Nodes.CrashAsync(leader);
        LifecycleCluster.Answer? first = null;
        try
        {
            first = await asked;
        }
        catch (HttpRequestException)
        {
            // Cut off: whoever asked knows nothing.
        }

        await cluster.Nodes.WaitForLeaderAsync();
        var repeated = await cluster.ActAsync(action, $$"""{"sid":"{{node}}"}""", requestId: id, gateway: 1);
        Assert.True(repeated is { Status: HttpStatusCode.OK, Rebalance: > 0 }, $"{first?.Text} {repeated.Text}");
        Assert.True(first is not { Status: HttpStatusCode.OK } || first.TaskId == repeated.TaskId, $"{first?.TaskId} {repeated.TaskId}");
        var state = (await cluster.SeenAsync(state => state.Operation(TaskOf(state)) is not null, "the operation", gateway: 1)).State;
        Assert.Single(state.FinishedOperations.Concat(state.Operations.Values), one => one.Id >= TaskOf(state));
        var shown = await cluster.GetAsync($"/v1/nodes/{node}/actions/{task}", gateway: 1);
        Assert.Equal(repeated.TaskId, shown.GetProperty("task_id").GetString());

        using var cancelled = await cluster.SendAsync(HttpMethod.Delete, $"/v1/tasks/{repeated.TaskId}", gateway: 1);
        Assert.Equal(HttpStatusCode.OK, cancelled.StatusCode);
        await cluster.StartAsync(leader);

        long TaskOf(ClusterState now) => Starling.Gateway.Lifecycle.TaskNames.Find(now, repeated.TaskId)?.Id ?? -1;
    }

    [Fact]
    public async Task Cancelling_twice_through_two_gateways_is_one_cancellation()
    {
        cluster.HoldPasses = true;
        var started = await cluster.ActAsync("shutdown-node", $$"""{"sid":"{{Target(0)}}"}""");
        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(gateway => cluster.SendAsync(HttpMethod.Delete, $"/v1/tasks/{started.TaskId}", gateway: gateway)));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        await cluster.SeenAsync(state => state.Node(Target(0))!.State == AdminState.In, "the target in");
        Assert.Equal(OperationPhase.Cancelled, Starling.Gateway.Lifecycle.TaskNames.Find(cluster.State, started.TaskId)!.Phase);
        Assert.False(cluster.Targets[0].View.Current.Node.StopOrdered);
        Array.ForEach(answers, answer => answer.Dispose());
    }
}
