using Starling.Playground.Tour;
using Xunit;

namespace Starling.ClusterTests.Removal;

public sealed class MaintenanceTests
{
    [Fact]
    [Trait("Length", "Long")]
    public async Task A20_a_target_that_is_called_safe_may_be_powered_off_and_its_disks_destroyed_and_comes_back_empty()
    {
        await using var scene = await RemovalScene.StartAsync();
        var node = scene.Targets[0];
        Assert.Equal("unsafe", (await scene.Operator.SafetyAsync(node, CancellationToken.None)).Verdict);

        scene.StartLoad("maintenance");
        var reply = await scene.Operator.ChangeAsync("start-maintenance", node, CancellationToken.None);
        Assert.StartsWith("g", reply.RebalanceId, StringComparison.Ordinal);
        await scene.Operator.UntilSafeAsync(node, CancellationToken.None);
        var outage = await scene.KillAsync(node);
        scene.Destroy(node);

        var read = scene.Begin("read everything without it", mayWait: false);
        foreach (var name in scene.Ledger.LiveNames().Where(name => name.StartsWith("settled/", StringComparison.Ordinal)))
        {
            await scene.Client.VerifyAsync(name, scene.Ledger.Expected(name), read, CancellationToken.None);
        }

        scene.Begin("return, empty", mayWait: false);
        await scene.StartAgainAsync(node, outage);
        await scene.Operator.DeclareLostAsync(node, CancellationToken.None);
        await scene.Operator.ChangeAsync("stop-maintenance", node, CancellationToken.None);
        await scene.Operator.UntilStateAsync(node, "in", CancellationToken.None);
        await scene.Operator.UntilConvergedAsync(CancellationToken.None);
        await scene.VerifyAsync();
    }

    [Fact]
    [Trait("Length", "Long")]
    public async Task A_removal_interrupted_halfway_brings_the_node_back_into_service_at_once()
    {
        await using var scene = await RemovalScene.StartAsync(objects: 1_000);
        var node = scene.Targets[1];
        scene.StartLoad("interrupted maintenance");
        var removal = await scene.Operator.ChangeAsync("start-maintenance", node, CancellationToken.None);
        await scene.Operator.UntilAsync(
            async () => (await scene.Operator.RebalanceAsync(removal.RebalanceId, CancellationToken.None)).Targets.Any(target => target.Node == node.Id && target.HandedOverObjects > 0),
            "the first objects to be handed over", CancellationToken.None);

        await scene.Operator.ChangeAsync("stop-maintenance", node, CancellationToken.None);
        await scene.Operator.UntilStateAsync(node, "in", CancellationToken.None);
        Assert.Equal("cancelled", (await scene.Operator.UntilEndedAsync(removal.TaskId, CancellationToken.None)).Status);
        await scene.Operator.UntilConvergedAsync(CancellationToken.None);
        await scene.VerifyAsync();
    }

    [Fact]
    [Trait("Length", "Long")]
    public async Task What_changed_while_a_node_was_away_moves_and_the_rest_comes_back_where_it_lies()
    {
        await using var scene = await RemovalScene.StartAsync(objects: 300);
        var node = scene.Targets[2];
        await scene.Operator.ChangeAsync("start-maintenance", node, CancellationToken.None);
        await scene.Operator.UntilSafeAsync(node, CancellationToken.None);
        var away = scene.Begin("change while away", mayWait: false);
        for (var i = 0; i < 30; i++)
        {
            var name = $"settled/{i:00000}";
            if (i % 2 == 0)
            {
                await scene.Client.DeleteAsync(name, scene.Ledger.Expected(name), away, CancellationToken.None);
                scene.Ledger.Delete(name);
            }
            else
            {
                var content = new SeededContent(10_000 + i, 500);
                await scene.Client.PutAsync(name, content, away, CancellationToken.None);
                scene.Ledger.Put(name, content);
            }
        }

        var reply = await scene.Operator.ChangeAsync("stop-maintenance", node, CancellationToken.None);
        await scene.Operator.UntilConvergedAsync(CancellationToken.None);

        var account = (await scene.Operator.RebalanceAsync(reply.RebalanceId, CancellationToken.None)).Targets.Single(target => target.Node == node.Id);
        Assert.InRange(account.ReceivedObjects, 0, 30);
        Assert.True(account.RevivedObjects > 30, $"only {account.RevivedObjects} objects came back where they lay, {account.ReceivedObjects} were moved");
        await scene.VerifyAsync();
    }

    [Fact]
    public async Task The_command_line_takes_a_node_out_says_when_it_is_safe_and_brings_it_back()
    {
        await using var scene = await RemovalScene.StartAsync(objects: 100);
        var (playground, node) = (scene.Playground, scene.Targets[0]);
        var active = await playground.AisAsync("cluster", "node-status", node.DisplayName);
        Assert.True(active.ExitCode == 4 && active.Output.Trim() == "active", active.All);

        var start = await playground.AisAsync("cluster", "add-remove-nodes", "start-maintenance", node.DisplayName, "--yes", "--force=capacity");
        Assert.True(start.ExitCode == 0, start.All);
        Assert.Matches($"^Started rebalance \"g[0-9]+\" \\(to monitor, run 'ais show rebalance'\\)\\.\nt\\[{node.Id}\\] is now in maintenance mode\n$", start.Output);

        var safe = await playground.AisAsync("cluster", "node-status", node.DisplayName, "--wait-safe", "--timeout", "60");
        Assert.True(safe.ExitCode == 0 && safe.Output.Trim() == "safe", safe.All);
        var shown = await playground.AisAsync("show", "cluster", "target", "--color", "always");
        Assert.Contains("\u001b[96mmaintenance\u001b[0m", shown.Output, StringComparison.Ordinal);
        Assert.Contains($"t[{node.Id}][x]", shown.Output, StringComparison.Ordinal);

        var name = scene.Ledger.LiveNames()[0];
        var explained = await playground.AisAsync("object", "explain", TourClient.Cname(name));
        Assert.True(explained.ExitCode == 0 && explained.Output.Contains("Owner:", StringComparison.Ordinal), explained.All);
        var journal = await playground.AisAsync("show", "journal");
        Assert.True(journal.ExitCode == 0 && journal.Output.Contains(node.Id, StringComparison.Ordinal), journal.All);

        var stop = await playground.AisAsync("cluster", "add-remove-nodes", "stop-maintenance", node.DisplayName, "--yes");
        Assert.True(stop.ExitCode == 0 && stop.Output.EndsWith($"t[{node.Id}] is now active\n", StringComparison.Ordinal), stop.All);
        var wait = await playground.AisAsync("wait", "rebalance", "--timeout", "60");
        Assert.True(wait.ExitCode == 0, wait.All);
        await scene.VerifyAsync();
    }
}
