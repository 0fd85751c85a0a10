using System.Net;
using Starling.ClusterTests.Support;
using Xunit;

namespace Starling.ClusterTests.Faults;

/// <summary>What a gateway does that was cut off from the majority, and what becomes of answers that were given before.</summary>
public sealed class MinorityTests
{
    [Fact]
    public async Task W1_W5_a_leader_without_its_majority_changes_nothing_removes_nobody_and_what_was_acknowledged_stays()
    {
        await using var playground = await TestPlayground.StartAsync(gateways: 3, targets: 1);
        var leader = await playground.LeaderAsync();
        var others = playground.Gateways.Where(gateway => gateway != leader).ToArray();
        Assert.Equal(HttpStatusCode.OK, (await playground.CreateBucketAsync(leader, "acknowledged")).Status);
        var before = await playground.SmapAsync(leader);

        // Both other voters are gone the moment after the answer.
        await playground.KillAsync(others);
        var (status, text) = await playground.CreateBucketAsync(leader, "by-a-minority");
        Assert.True(status == HttpStatusCode.ServiceUnavailable, $"{(int)status} {text}");
        Assert.Equal(["acknowledged"], await playground.BucketsAsync(leader));
        var alone = await playground.SmapAsync(leader);
        foreach (var map in new[] { "pmap", "tmap" })
        {
            Assert.Equal(Ids(before, map), Ids(alone, map));
        }

        // The two that were down elect without the old leader: the acknowledged bucket is among what they have.
        await playground.KillAsync(leader);
        playground.Start(others);
        await TestPlayground.UntilReachedAsync(async () => await playground.Supervisor.LeaderAsync(CancellationToken.None) is { } next && others.Contains(next), "one of the two others to lead");
        await TestPlayground.UntilReachedAsync(async () => (await playground.BucketsAsync(others[0])).Contains("acknowledged"), "the acknowledged bucket");
        Assert.Equal(HttpStatusCode.OK, (await playground.CreateBucketAsync(others[1], "by-a-majority")).Status);

        playground.Start(leader);
        await playground.HealthyAsync();
        Assert.Contains("by-a-majority", await playground.BucketsAsync(leader));
    }

    private static string[] Ids(System.Text.Json.JsonElement smap, string map) => [.. smap.GetProperty(map).EnumerateObject().Select(node => node.Name).Order(StringComparer.Ordinal)];
}
