using System.Net;
using Starling.ClusterTests.Support;
using Starling.Playground.Nodes;
using Xunit;

namespace Starling.ClusterTests.Faults;

/// <summary>A cluster is born once: whatever is started later, in whatever order and with whatever disks, joins it or waits.</summary>
public sealed class BirthTests
{
    [Fact]
    public async Task A9_W4_W22_a_power_cycle_with_one_replaced_disk_forms_no_second_cluster()
    {
        await using var playground = await TestPlayground.StartAsync(gateways: 3, targets: 1);
        var gateways = playground.Gateways;
        var cluster = await playground.ClusterIdAsync(gateways[0]);
        Assert.Equal(HttpStatusCode.OK, (await playground.CreateBucketAsync(gateways[0], "kept")).Status);
        await playground.KillAsync([.. playground.Plan.Nodes]);
        playground.Wipe(gateways[0]);

        // The empty disk comes up first and alone, then one old gateway by itself: neither may lead, and both say what they wait for.
        playground.Start(gateways[0]);
        await TestPlayground.UntilReachedAsync(async () => (await playground.ReasonAsync(gateways[0])).Contains("503", StringComparison.Ordinal), "the empty gateway to say what it waits for");
        Assert.Equal(string.Empty, await playground.ClusterIdAsync(gateways[0]));
        playground.Start(gateways[1]);
        await TestPlayground.UntilReachedAsync(async () => (await playground.ReasonAsync(gateways[1])).Contains("503", StringComparison.Ordinal), "a lonely gateway that is not ready");
        var (status, _) = await playground.CreateBucketAsync(gateways[0], "too-early");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);

        playground.Start(gateways[2], playground.Targets[0]);
        await playground.HealthyAsync();
        foreach (var gateway in gateways)
        {
            Assert.Equal(cluster, await playground.ClusterIdAsync(gateway));
            await TestPlayground.UntilReachedAsync(async () => await playground.BucketsAsync(gateway) is ["kept"], $"the bucket at {gateway.DisplayName}");
        }
    }

    [Fact]
    public async Task A9_two_halves_started_at_once_form_one_cluster()
    {
        // Four gateways, any three of which may form a cluster: the halves overlap and compete.
        await using var playground = new TestPlayground(gateways: 4, targets: 1);
        playground.Supervisor.Processes.Adjust = static (_, arguments) =>
        {
            var list = arguments.ToList();
            var expect = list.IndexOf("--bootstrap-expect");
            if (expect >= 0)
            {
                list[expect + 1] = "3";
            }

            return list;
        };
        playground.Start([.. playground.Plan.Nodes]);
        await playground.HealthyAsync();
        var clusters = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in playground.Plan.Nodes)
        {
            clusters.Add(await playground.ClusterIdAsync(node));
        }

        Assert.NotEmpty(Assert.Single(clusters));
    }

    [Fact]
    public async Task A9_W22_an_empty_gateway_that_may_form_a_cluster_joins_the_one_that_runs()
    {
        await using var playground = await TestPlayground.StartAsync(gateways: 1, targets: 1);
        var cluster = await playground.ClusterIdAsync(playground.Gateways[0]);
        var late = new NodePlan("lateGateway", NodeRole.Gateway, playground.SparePort(0));

        // The playground's own command line says --bootstrap-expect 1: alone, this gateway would form a cluster at once.
        playground.PrepareExtra(late).Start(late);
        await playground.ReadyAsync(late, running: false);
        Assert.Equal(cluster, await playground.ClusterIdAsync(late));
        Assert.Equal(HttpStatusCode.OK, (await playground.CreateBucketAsync(late, "through-the-late-one")).Status);
        Assert.Equal(["through-the-late-one"], await playground.BucketsAsync(playground.Gateways[0]));
    }

    [Fact]
    public async Task S14_S15_a_process_with_the_id_or_the_address_of_a_live_node_is_refused()
    {
        await using var playground = await TestPlayground.StartAsync(gateways: 1, targets: 1);
        var target = playground.Targets[0];
        var twin = target with { Port = playground.SparePort(0) };
        playground.PrepareExtra(twin).Start(twin);
        await TestPlayground.UntilReachedAsync(
            async () => await playground.ReasonAsync(twin) is var reason && reason.Contains($":{target.Port + NodePlan.ControlOffset}", StringComparison.Ordinal) && reason.Contains($":{twin.Port + NodePlan.ControlOffset}", StringComparison.Ordinal),
            "the newcomer with the id of a live target to be refused with both addresses");

        var folder = Path.Combine(playground.Directory.Root, "extra", "address");
        var squatter = await playground.NodeAsync(
            "--role", "gateway", "--id", "squatter", "--data", folder, "--public", $"localhost:{target.Port}", "--control", $"localhost:{playground.SparePort(1)}", "--data-net", $"localhost:{playground.SparePort(2)}",
            "--secret-file", playground.Directory.SecretFile, "--join", playground.Gateways[0].ControlUrl);
        Assert.Equal(2, squatter.ExitCode);
        Assert.Contains($"localhost:{target.Port}", squatter.Errors, StringComparison.Ordinal);
        await playground.HealthyAsync();
        Assert.Equal(HttpStatusCode.OK, (await playground.CreateBucketAsync(playground.Gateways[0], "unmoved")).Status);
    }
}
