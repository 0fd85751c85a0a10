using Starling.Client.Cluster;
using Starling.ClusterTests.Support;
using Xunit;

namespace Starling.ClusterTests.Removal;

/// <summary>What is asked of a cluster, rightly and wrongly, and what it answers.</summary>
public sealed class RequestTests
{
    [Fact]
    public async Task The_leader_itself_is_taken_out_after_it_has_handed_over()
    {
        await using var scene = await RemovalScene.StartAsync(objects: 50);
        var leader = await scene.Playground.LeaderAsync();
        scene.StartLoad("maintenance of the leader");
        await scene.Operator.ChangeAsync("start-maintenance", new MembershipChange([leader.Id]) { Force = ["primary"] }, CancellationToken.None);
        await scene.Operator.UntilSafeAsync(leader, CancellationToken.None);
        Assert.NotEqual(leader.Id, (await scene.Playground.LeaderAsync()).Id);

        scene.Begin("back again", mayWait: false);
        await scene.Operator.ChangeAsync("stop-maintenance", leader, CancellationToken.None);
        await scene.Operator.UntilStateAsync(leader, "in", CancellationToken.None);
        await scene.VerifyAsync();
    }

    [Fact]
    public async Task Wrong_and_conflicting_requests_are_refused_and_repeated_ones_change_nothing()
    {
        await using var scene = await RemovalScene.StartAsync(objects: 50);
        var (playground, one, other) = (scene.Playground, scene.Targets[0], scene.Targets[1]);

        var unknown = await playground.AisAsync("cluster", "add-remove-nodes", "start-maintenance", "t[nobody]", "--yes");
        Assert.True(unknown.ExitCode == 3, unknown.All);
        var back = await playground.AisAsync("cluster", "add-remove-nodes", "stop-maintenance", one.DisplayName, "--yes");
        Assert.True(back.ExitCode == 0 && back.Output == $"{one.DisplayName} is active already, nothing to do\n", back.All);

        // Two operators at the same time, through two gateways: one of them wins, the other one hears who is in the way.
        var both = await Task.WhenAll(
            playground.AisAsync("cluster", "add-remove-nodes", "start-maintenance", one.DisplayName, "--yes", "--force=capacity", "--endpoint", playground.Gateways[0].PublicUrl),
            playground.AisAsync("cluster", "add-remove-nodes", "start-maintenance", other.DisplayName, "--yes", "--force=capacity", "--endpoint", playground.Gateways[1].PublicUrl));
        var (winner, loser) = both[0].ExitCode == 0 ? (0, 1) : (1, 0);
        Assert.True(both[winner].ExitCode == 0, both[winner].All);
        Assert.True(both[loser].ExitCode == 4 && both[loser].Errors.Contains("ErrBusy", StringComparison.Ordinal), both[loser].All);

        var taken = winner == 0 ? one : other;
        var before = (await scene.Operator.TasksAsync(CancellationToken.None)).Single();
        var again = await playground.AisAsync("cluster", "add-remove-nodes", "start-maintenance", taken.DisplayName, "--yes", "--force=capacity");
        Assert.True(again.ExitCode == 0, again.All);
        Assert.Equal(before.TaskId, (await scene.Operator.TasksAsync(CancellationToken.None)).SingleOrDefault()?.TaskId ?? before.TaskId);

        var returned = await playground.AisAsync("cluster", "add-remove-nodes", "stop-maintenance", taken.DisplayName, "--yes");
        Assert.True(returned.ExitCode == 0, returned.All);
        await scene.Operator.UntilStateAsync(taken, "in", CancellationToken.None);
        await scene.VerifyAsync();
    }
}
