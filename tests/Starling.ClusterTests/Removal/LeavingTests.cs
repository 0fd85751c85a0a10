using Starling.Client.Cluster;
using Starling.ClusterTests.Support;
using Starling.Playground.Nodes;
using Xunit;

namespace Starling.ClusterTests.Removal;

/// <summary>Every way of leaving and coming back by itself; the tour goes them one after the other.</summary>
[Trait("Length", "Long")]
public sealed class LeavingTests
{
    [Fact]
    public async Task A18_a_node_that_was_shut_down_comes_back_in_two_steps()
    {
        await using var scene = await RemovalScene.StartAsync();
        var node = scene.Targets[0];
        scene.StartLoad("shutdown");
        var outage = scene.Outages.Begin(node);
        await scene.Operator.ChangeAsync("shutdown-node", node, CancellationToken.None);
        await TestPlayground.UntilAsync(() => Task.FromResult(!scene.Playground.Supervisor.Processes.IsRunning(node)), $"{node.DisplayName} to stop by itself");

        scene.Begin("started again", mayWait: false);
        await scene.StartAgainAsync(node, outage);
        Assert.True(scene.Playground.Supervisor.Processes.IsRunning(node));
        Assert.Equal("out", await scene.Operator.StateAsync(node, CancellationToken.None));

        scene.Begin("returned", mayWait: false);
        await scene.Operator.ChangeAsync("stop-maintenance", node, CancellationToken.None);
        await scene.Operator.UntilConvergedAsync(CancellationToken.None);
        Assert.Equal("in", await scene.Operator.StateAsync(node, CancellationToken.None));
        await scene.VerifyAsync();
    }

    [Fact]
    public async Task A_decommissioned_node_is_erased_stopped_and_no_member_any_more()
    {
        await using var scene = await RemovalScene.StartAsync();
        var node = scene.Targets[1];
        scene.StartLoad("decommission");
        scene.Outages.Begin(node);
        var reply = await scene.Operator.ChangeAsync("decommission-node", new MembershipChange([node.Id]) { RemoveUserData = true }, CancellationToken.None);
        var task = await scene.Operator.UntilEndedAsync(reply.TaskId, CancellationToken.None);

        Assert.Equal("completed", task.Status);
        Assert.Empty(await scene.Operator.StateAsync(node, CancellationToken.None));
        await TestPlayground.UntilAsync(() => Task.FromResult(!scene.Playground.Supervisor.Processes.IsRunning(node)), $"{node.DisplayName} to stop by itself");
        var left = Directory.EnumerateFiles(node.Mountpath(scene.Playground.Directory.Root, 1), "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        Assert.True(left < 64, $"{left} bytes are left on the erased node");
        await scene.VerifyAsync();
    }

    [Fact]
    public async Task A_new_target_joins_a_cluster_with_data_and_takes_its_share()
    {
        await using var scene = await RemovalScene.StartAsync();
        var node = new NodePlan($"new{scene.Playground.SparePort(0)}", NodeRole.Target, scene.Playground.SparePort(0));
        scene.StartLoad("join");
        var processes = scene.Playground.PrepareExtra(node);
        processes.Start(node);
        await scene.Operator.UntilStateAsync(node, "in", CancellationToken.None);
        await scene.Operator.UntilConvergedAsync(CancellationToken.None);

        var moved = (await scene.Operator.RebalanceAsync(null, CancellationToken.None)).Targets.Single(target => target.Node == node.Id);
        Assert.True(moved.Objects > 0, "the new target holds nothing");
        await scene.VerifyAsync();
    }
}
