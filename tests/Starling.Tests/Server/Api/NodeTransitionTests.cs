using System.Net;
using Starling.Core.Names;
using Starling.Protocol.Membership;
using Starling.Protocol.State;
using Starling.Tests.Cluster;
using Xunit;

namespace Starling.Tests.Server.Api;

/// <summary>What requests do from every state of a node, at real gateways. The numbers are those of docs/lifecycle-coverage.md.</summary>
public sealed class NodeTransitionTests(LifecycleCluster cluster) : IClassFixture<LifecycleCluster>, IAsyncLifetime
{
    private NodeId Target(int n) => cluster.Targets[n].Id;

    public Task InitializeAsync() => cluster.RestoreAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task T8_S29_maintenance_again_without_a_finished_rebalance_leaves_the_map_alone_and_the_node_unsafe()
    {
        var node = Target(0);
        var asked = $$"""{"sid":"{{node}}","skip_rebalance":true}""";
        await cluster.ActAsync("start-maintenance", asked);
        await cluster.SeenAsync(state => state.Operations.IsEmpty && state.Node(node)!.State == AdminState.Out, "the target out");
        var (epoch, versions) = (cluster.State.Newest.Number, cluster.State.Versions);
        var again = await cluster.ActAsync("start-maintenance", asked, gateway: cluster.Follower());
        Assert.Equal((HttpStatusCode.OK, string.Empty, string.Empty), (again.Status, again.Text, again.TaskId));
        Assert.Equal((epoch, versions), (cluster.State.Newest.Number, cluster.State.Versions));
        Assert.Equal("unsafe", (await cluster.GetAsync($"/v1/nodes/{node}/safety")).GetProperty("verdict").GetString());

        // With a rebalance what was left behind leaves it after all.
        var moved = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{node}}"}""");
        Assert.True(moved is { Status: HttpStatusCode.OK, Rebalance: > 0 }, moved.Text);
        await cluster.SeenAsync(state => state.Operations.IsEmpty, "the rebalance over");
        Assert.Equal("safe", (await cluster.GetAsync($"/v1/nodes/{node}/safety")).GetProperty("verdict").GetString());
        Assert.Equal(epoch, cluster.State.Newest.Number);
    }

    [Fact]
    public async Task T8_S30_an_idle_node_and_an_active_one_go_by_one_rebalance_and_both_finish()
    {
        await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(0)}}","skip_rebalance":true}""");
        await cluster.SeenAsync(state => state.Operations.IsEmpty && state.Node(Target(0))!.State == AdminState.Out, "the first target out");
        var rebalances = cluster.State.Versions.Rmd;
        var both = await cluster.ActAsync("start-maintenance", $"{{{LifecycleCluster.Sids(Target(0), Target(1))}}}");
        Assert.True(both.Text == $"g{rebalances + 1}", both.Text);
        await cluster.SeenAsync(state => state.Operations.IsEmpty, "the operation over");
        foreach (var node in (NodeId[])[Target(0), Target(1)])
        {
            Assert.Equal("safe", (await cluster.GetAsync($"/v1/nodes/{node}/safety")).GetProperty("verdict").GetString());
        }

        Assert.Equal(rebalances + 1, cluster.State.Versions.Rmd);
    }

    [Fact]
    public async Task T10_T11_T13_what_is_being_decommissioned_is_busy_for_all_but_the_same_and_the_inverse()
    {
        cluster.HoldPasses = true;
        var node = Target(1);
        var first = await cluster.ActAsync("decommission-node", $$"""{"sid":"{{node}}"}""");
        foreach (var action in (string[])["start-maintenance", "shutdown-node"])
        {
            var refused = await cluster.ActAsync(action, $$"""{"sid":"{{node}}"}""", gateway: 1);
            Assert.Equal((HttpStatusCode.Conflict, "ErrBusy"), (refused.Status, refused.Code));
            Assert.Contains(first.Text, refused.Message, StringComparison.Ordinal);
        }

        var again = await cluster.ActAsync("decommission-node", $$"""{"sid":"{{node}}"}""", gateway: 2);
        Assert.Equal((HttpStatusCode.OK, first.TaskId), (again.Status, again.TaskId));
        var back = await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{node}}"}""", gateway: 1);
        Assert.True(back.Status == HttpStatusCode.OK && back.Rebalance > first.Rebalance, back.Text);
        await cluster.SeenAsync(state => state.Node(node)!.State == AdminState.In, "the target in");
    }

    [Fact]
    public async Task T15_T16_T17_stopping_crashing_and_starting_again_change_neither_membership_nor_placement()
    {
        var (stopped, crashed) = (Target(0), Target(1));
        var (epoch, rebalances) = (cluster.State.Newest.Number, cluster.State.Versions.Rmd);
        await cluster.Nodes.StopAsync(stopped);
        await cluster.Nodes.CrashAsync(crashed);
        await cluster.Leader().View.WaitForAsync(
            now => !now.IsLeading || now.Liveness.Any(member => member.Id == crashed && member.Control != Liveness.Online), "the leader to miss the crashed target", TestCluster.Patience, CancellationToken.None);
        await cluster.SeenAsync(state => state.Node(stopped)!.StoppedInOrder, "the stop on record");
        Assert.All([stopped, crashed], node => Assert.Equal(AdminState.In, cluster.State.Node(node)!.State));
        Assert.Equal((epoch, 3, rebalances), (cluster.State.Newest.Number, cluster.State.Newest.Targets.Length, cluster.State.Versions.Rmd));

        foreach (var node in (NodeId[])[stopped, crashed])
        {
            var again = await cluster.StartAsync(node);
            Assert.Equal(AdminState.In, again.View.Current.State.Node(node)!.State);
        }

        Assert.Equal((epoch, rebalances, true), (cluster.State.Newest.Number, cluster.State.Versions.Rmd, cluster.State.Operations.IsEmpty));
    }

    [Fact]
    public async Task T17_a_target_that_starts_again_overtakes_no_request_that_comes_at_that_moment()
    {
        var node = Target(2);
        await cluster.Nodes.CrashAsync(node);
        var starting = cluster.StartAsync(node);
        for (var round = 0; round < 6 || !starting.IsCompleted; round++)
        {
            var away = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(0)}}","skip_rebalance":true}""", gateway: round % 3);
            Assert.True(away.Status == HttpStatusCode.OK, away.Text);
            await cluster.SeenAsync(state => state.Operations.IsEmpty, "the target out");
            var back = await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{Target(0)}}","skip_rebalance":true}""", gateway: round % 3);
            Assert.True(back.Status == HttpStatusCode.OK, back.Text);
            await cluster.SeenAsync(state => state.Operations.IsEmpty, "the target in");
        }

        await starting;
    }
}
