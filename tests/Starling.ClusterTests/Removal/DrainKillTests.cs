using Starling.Playground.Nodes;
using Xunit;

namespace Starling.ClusterTests.Removal;

/// <summary>SIGKILL while a node is drained: whoever it hits, the drain goes on and ends, and nothing is lost.</summary>
[Trait("Length", "Long")]
public sealed class DrainKillTests
{
    [Theory]
    [InlineData("leader")]
    [InlineData("source")]
    [InlineData("destination")]
    public async Task A17_a_drain_survives_the_kill_of_its(string whom)
    {
        await using var scene = await RemovalScene.StartAsync(objects: 600);
        var (source, destination) = (scene.Targets[0], scene.Targets[1]);
        scene.StartLoad("drain with a kill", mayWait: true);
        var reply = await scene.Operator.ChangeAsync("start-maintenance", source, CancellationToken.None);
        await scene.Operator.UntilAsync(
            async () => (await scene.Operator.RebalanceAsync(reply.RebalanceId, CancellationToken.None)).Targets.Any(target => target.Node == source.Id && target.HandedOverObjects > 0),
            "the first objects to be handed over", CancellationToken.None);

        NodePlan victim = whom switch { "leader" => await scene.Playground.LeaderAsync(), "source" => source, _ => destination };
        var outage = await scene.KillAsync(victim);
        await scene.StartAgainAsync(victim, outage);

        scene.Begin("until it is safe", mayWait: true);
        await scene.Operator.UntilSafeAsync(source, CancellationToken.None);
        await scene.KillAsync(source);
        scene.Destroy(source);
        await scene.VerifyAsync();
    }

    [Fact]
    public async Task A20_the_verdict_turns_back_when_a_receiver_dies()
    {
        await using var scene = await RemovalScene.StartAsync(objects: 100);
        var source = scene.Targets[0];
        await scene.Operator.ChangeAsync("start-maintenance", source, CancellationToken.None);
        await scene.Operator.UntilSafeAsync(source, CancellationToken.None);

        var outage = await scene.KillAsync(scene.Targets[1]);
        await scene.Operator.UntilAsync(
            async () => (await scene.Operator.SafetyAsync(source, CancellationToken.None)) is { Verdict: "unknown" } verdict && verdict.Names.Contains(scene.Targets[1].Id),
            "the verdict to turn back and name the receiver", CancellationToken.None);

        await scene.StartAgainAsync(scene.Targets[1], outage);
        await scene.Operator.UntilSafeAsync(source, CancellationToken.None);
        await scene.VerifyAsync();
    }
}
