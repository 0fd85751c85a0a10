using Starling.ClusterTests.Support;
using Starling.Playground.Nodes;
using Xunit;

namespace Starling.ClusterTests.Removal;

/// <summary>The two commands that end a cluster, typed at real processes.</summary>
public sealed class WholeClusterTests
{
    [Fact]
    public async Task A16_A18_a_cluster_that_was_shut_down_comes_back_with_every_object_and_a_decommissioned_one_leaves_nothing_behind()
    {
        await using var scene = await RemovalScene.StartAsync(targets: 2, objects: 60, gateways: 1);
        var (playground, nodes) = (scene.Playground, scene.Playground.Plan.Nodes);
        var before = await playground.ClusterIdAsync(playground.Gateways[0]);

        var outages = nodes.Select(scene.Outages.Begin).ToArray();
        var shutdown = await playground.AisAsync("cluster", "shutdown", "--yes");
        Assert.True(shutdown is { ExitCode: 0, Output: "Cluster successfully shut down\n" }, shutdown.All);
        await UntilGoneAsync(playground);
        Assert.All(nodes, node => Assert.Contains("to shut down, ordered by", File.ReadAllText(node.LogFile(playground.Directory.Root)), StringComparison.Ordinal));

        playground.Start([.. nodes]);
        await playground.HealthyAsync();
        foreach (var target in scene.Targets)
        {
            await scene.Operator.UntilOnlineAsync(target, CancellationToken.None);
        }

        Array.ForEach(outages, outage => outage.End());
        Assert.Equal(before, await playground.ClusterIdAsync(playground.Gateways[0]));
        await scene.VerifyAsync();

        var end = await playground.AisAsync("cluster", "decommission", "--rm-user-data", "--yes");
        Assert.True(end is { ExitCode: 0, Output: "Cluster successfully decommissioned\n" }, end.All);
        await UntilGoneAsync(playground);
        foreach (var node in nodes)
        {
            var data = node.DataDirectory(playground.Directory.Root);
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(data, "control")));
            Assert.False(File.Exists(Path.Combine(data, "node.id")), $"{node.DisplayName} is still a node of a cluster");
        }

        // What is left on the disks is the file that a process locks.
        Assert.All(
            scene.Targets.SelectMany(target => Directory.EnumerateFiles(target.Mountpath(playground.Directory.Root, 1), "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })),
            file => Assert.EndsWith("/.starling/lock", file, StringComparison.Ordinal));

        var alone = scene.Targets[0];
        playground.Start(alone);
        await TestPlayground.UntilAsync(async () => (await playground.ReasonAsync(alone)).Contains("no cluster reachable yet", StringComparison.Ordinal), $"{alone.DisplayName} to say that it has no cluster", said: () => playground.Supervisor.LogTail(alone));
        Assert.Empty(await playground.ClusterIdAsync(alone));
    }

    private static async Task UntilGoneAsync(TestPlayground playground)
    {
        foreach (var node in playground.Plan.Nodes)
        {
            await TestPlayground.UntilAsync(() => Task.FromResult(!playground.Supervisor.Processes.IsRunning(node)), $"{node.DisplayName} to end by itself", said: () => playground.Supervisor.LogTail(node));
        }
    }
}
