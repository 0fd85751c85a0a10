using System.Net;
using Starling.ClusterTests.Support;
using Starling.Playground.Nodes;
using Xunit;

namespace Starling.ClusterTests.Faults;

/// <summary>What becomes of a cluster whose voters die, forget, or are copied. Three gateways and two targets are the five voters of these clusters.</summary>
public sealed class VoterTests
{
    [Fact]
    public async Task A4_when_only_targets_are_up_to_date_the_cluster_comes_back_and_a_gateway_leads_in_the_end()
    {
        await using var playground = await TestPlayground.StartAsync(gateways: 3, targets: 2);
        var cluster = await FiveVotersAsync(playground);
        var gateways = playground.Gateways;
        await CreateAsync(playground, gateways[2], "before");

        // Two gateways sleep through what the third and the targets commit; then the third dies with its disk.
        await playground.KillAsync(gateways[0], gateways[1]);
        await CreateAsync(playground, gateways[2], "only-the-targets-keep-it");
        await playground.KillAsync(gateways[2]);
        playground.Wipe(gateways[2]);
        playground.Start(gateways[0], gateways[1]);
        await LedByAsync(playground, gateways[0], gateways[1]);
        Assert.Equal(["before", "only-the-targets-keep-it"], await playground.BucketsAsync(gateways[0]));

        // A7 besides: the wiped one comes back under its id, as another incarnation.
        playground.Start(gateways[2]);
        await playground.HealthyAsync();
        foreach (var gateway in gateways)
        {
            Assert.Equal(cluster, await playground.ClusterIdAsync(gateway));
            await TestPlayground.UntilReachedAsync(async () => (await playground.BucketsAsync(gateway)).Length == 2, $"both buckets at {gateway.DisplayName}");
        }

        await CreateAsync(playground, gateways[2], "after");
    }

    [Fact]
    public async Task A7_a_wiped_leader_comes_back_as_another_incarnation_and_votes_again()
    {
        await using var playground = await TestPlayground.StartAsync(gateways: 3, targets: 2);
        var cluster = await FiveVotersAsync(playground);
        await CreateAsync(playground, playground.Gateways[0], "kept");
        var wiped = await playground.LeaderAsync();
        await playground.KillAsync(wiped);
        playground.Wipe(wiped);
        playground.Start(wiped);
        await playground.HealthyAsync();
        Assert.Equal(cluster, await playground.ClusterIdAsync(wiped));
        Assert.Equal(["kept"], await playground.BucketsAsync(wiped));

        // It counts as a voter again: with two other voters gone, the majority of five needs it.
        await VotersAsync(playground, 5);
        await playground.KillAsync(playground.Targets);
        await CreateAsync(playground, wiped, "with-the-new-incarnation");
    }

    [Fact]
    public async Task A7_A8_a_cloned_disk_is_refused_while_the_original_runs_and_the_cluster_does_not_notice()
    {
        await using var playground = await TestPlayground.StartAsync(gateways: 3, targets: 2);
        await FiveVotersAsync(playground);
        await CreateAsync(playground, playground.Gateways[0], "kept");
        foreach (var original in new[] { playground.Gateways[1], playground.Targets[0] })
        {
            await playground.TerminateAsync(original);
            var clone = original with { Port = playground.SparePort(original.Role == NodeRole.Gateway ? 0 : 1) };
            var copied = playground.PrepareExtra(clone, dataOf: original);
            playground.Start(original);
            await playground.HealthyAsync();
            copied.Start(clone);
            await RefusedAsync(playground, original, clone, copied);
            await playground.HealthyAsync();
            var smap = await playground.SmapAsync(playground.Gateways[0]);
            var map = smap.GetProperty(original.Role == NodeRole.Gateway ? "pmap" : "tmap");
            Assert.Equal(original.PublicUrl, map.GetProperty(original.Id).GetProperty("public_net").GetProperty("direct_url").GetString());
            await CreateAsync(playground, playground.Gateways[0], "beside-the-clone-of-a-" + original.RoleName);
            Assert.NotEmpty(await playground.ReasonAsync(clone));
        }
    }

    /// <summary>A cloned gateway is told who has its id; a cloned target does not even start with disks that lie elsewhere than they did.</summary>
    private static Task RefusedAsync(TestPlayground playground, NodePlan original, NodePlan clone, NodeProcess process) => original.Role == NodeRole.Gateway
        ? TestPlayground.UntilReachedAsync(
            async () => await playground.ReasonAsync(clone) is var reason && reason.Contains($":{original.Port + NodePlan.ControlOffset}", StringComparison.Ordinal) && reason.Contains($":{clone.Port + NodePlan.ControlOffset}", StringComparison.Ordinal),
            $"the clone of {original.DisplayName} to say whom it met",
            said: () => playground.TailOfExtra(clone))
        : TestPlayground.UntilAsync(
            () => Task.FromResult(!process.IsRunning(clone) && playground.TailOfExtra(clone).Contains(original.Mountpath(playground.Directory.Root, 1), StringComparison.Ordinal)),
            $"the clone of {original.DisplayName} to end and to say where its disk was before",
            said: () => playground.TailOfExtra(clone));

    private static async Task<string> FiveVotersAsync(TestPlayground playground)
    {
        await VotersAsync(playground, 5);
        return await playground.ClusterIdAsync(playground.Gateways[0]);
    }

    private static async Task VotersAsync(TestPlayground playground, int count) =>
        await TestPlayground.UntilReachedAsync(async () => await playground.MetricAsync(playground.Gateways[0], "starling_raft_voters") == count, $"{count} voters");

    private static async Task LedByAsync(TestPlayground playground, params NodePlan[] gateways) =>
        await TestPlayground.UntilReachedAsync(async () => await playground.Supervisor.LeaderAsync(CancellationToken.None) is { } leader && gateways.Contains(leader), "a gateway that leads");

    /// <summary>Creates a bucket; while nobody leads, the answer is 503 and it is tried again.</summary>
    private static async Task CreateAsync(TestPlayground playground, NodePlan gateway, string bucket)
    {
        var last = string.Empty;
        await TestPlayground.UntilReachedAsync(
            async () =>
            {
                var (status, text) = await playground.CreateBucketAsync(gateway, bucket);
                last = text;
                Assert.True(status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable or HttpStatusCode.Conflict, $"{(int)status} {text}");
                return status is HttpStatusCode.OK or HttpStatusCode.Conflict;
            },
            $"bucket {bucket} through {gateway.DisplayName}; last answer: {last}");
    }
}
