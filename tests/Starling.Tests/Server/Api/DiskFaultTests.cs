using System.Net;
using Starling.Core.Wire;
using Starling.Storage.Files;
using Xunit;

namespace Starling.Tests.Server.Api;

[Collection(ApiClusterGroup.Name)]
public sealed class DiskFaultTests(ApiCluster cluster)
{
    [Fact]
    public async Task B10_a_failing_mountpath_is_an_alert_and_a_metric_and_the_node_keeps_running()
    {
        const string name = "disk-fault";
        await cluster.PutAsync("shared", name, [1, 2, 3]);
        var owner = cluster.OwnerOf("shared", name);
        await cluster.FlagsAsync(owner, flags => flags == NodeStateInfoWire.Healthy);
        (cluster.Faults.Calls, cluster.Faults.Error) = (FaultyCall.Write | FaultyCall.Sync, Errno.EIO);
        try
        {
            using var put = await cluster.ObjectAsync(HttpMethod.Put, "shared", name, [9]);
            Assert.Equal(HttpStatusCode.InternalServerError, put.StatusCode);
            Assert.Equal(NodeStateInfoWire.Healthy | NodeStateFlags.DiskFault, await cluster.FlagsAsync(owner, flags => flags != NodeStateInfoWire.Healthy));
            Assert.Equal((1, true), await MetricsAsync(owner));

            // It works on, with what works: reads do.
            using var get = await cluster.ObjectAsync(HttpMethod.Get, "shared", name);
            Assert.Equal([1, 2, 3], await get.Content.ReadAsByteArrayAsync());
            using var health = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Url(owner)}/v1/health?readiness=true");
            Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        }
        finally
        {
            cluster.Faults.Heal();
        }

        await cluster.FlagsAsync(owner, flags => flags == NodeStateInfoWire.Healthy);
        Assert.Equal((0, true), await MetricsAsync(owner));
        await cluster.AssertAliveAsync();
    }

    /// <summary>How many mountpaths are faulty, and whether any ever failed.</summary>
    private async Task<(int Faulty, bool Failed)> MetricsAsync(int node)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Url(node)}/metrics");
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n');
        return (
            lines.Count(line => line.StartsWith("starling_mountpath_faulty{", StringComparison.Ordinal) && line.EndsWith(" 1", StringComparison.Ordinal)),
            lines.Any(line => line.StartsWith("starling_mountpath_failures_total{", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal)));
    }
}
