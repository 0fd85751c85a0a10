using System.Text.Json;
using Starling.ClusterTests.Support;
using Starling.Playground.Tour;
using Xunit;

namespace Starling.ClusterTests.Faults;

public sealed class RestartUnderLoad
{
    [Fact]
    public async Task A16_restarting_every_node_in_turn_with_SIGTERM_changes_no_membership_and_fails_no_request()
    {
        await using var playground = await TestPlayground.StartAsync(gateways: 3, targets: 3);
        var outages = new Outages();
        using var client = playground.Client(outages);
        var ledger = new Ledger();
        var putting = new ActRecord("put", mayWait: false);
        await client.CreateBucketAsync(TourClient.Bucket, putting, CancellationToken.None);
        for (var i = 0; i < 100; i++)
        {
            var content = new SeededContent(i, 100 + i);
            await client.PutAsync($"settled/{i}", content, putting, CancellationToken.None);
            ledger.Put($"settled/{i}", content);
        }

        Assert.Empty(putting.Failures);
        var before = Members(await playground.SmapAsync(playground.Gateways[0]));
        var load = new Load(client, ledger, ledger.LiveNames());
        var acts = new List<ActRecord>();
        await using (load)
        {
            foreach (var node in playground.Plan.Nodes)
            {
                // The names of a target that restarts have to wait for it; those of a gateway never do.
                var act = new ActRecord("restart " + node.DisplayName, mayWait: node.RoleName == "target");
                acts.Add(act);
                await load.EnterAsync(act, CancellationToken.None);
                if (acts.Count == 1)
                {
                    load.Start(readers: 3, writers: 3);
                }

                var outage = outages.Begin(node);
                await playground.TerminateAsync(node);
                playground.Start(node);
                await playground.HealthyAsync();
                outage.End();
            }
        }

        Assert.All(acts, act => Assert.True(act.Passed, $"{act.Name}: {string.Join("\n", act.Failures)}; waited {act.Waited}: {act.FirstWait}"));
        Assert.All(acts, act => Assert.True(act.Requests > 0, act.Name));
        Assert.Equal(before, Members(await playground.SmapAsync(playground.Gateways[0])));
        var compare = new ActRecord("compare", mayWait: false);
        foreach (var name in ledger.LiveNames())
        {
            await client.VerifyAsync(name, ledger.Expected(name), compare, CancellationToken.None);
        }

        Assert.Empty(compare.Failures);
    }

    /// <summary>Everything that the map says of membership and placement: ids, roles, addresses and flags but for the role in the information centre, which moves with the leader.</summary>
    private static string[] Members(JsonElement smap) =>
    [
        .. new[] { "pmap", "tmap" }.SelectMany(map => smap.GetProperty(map).EnumerateObject()
            .Select(node => $"{map} {node.Name} {node.Value.GetProperty("public_net")} {node.Value.GetProperty("daemon_type")} {Flags(node.Value) & ~2UL}"))
            .Order(StringComparer.Ordinal),
        "cluster " + smap.GetProperty("uuid"),
    ];

    private static ulong Flags(JsonElement node) => node.TryGetProperty("flags", out var flags) ? ulong.Parse(flags.ToString(), System.Globalization.CultureInfo.InvariantCulture) : 0;
}
