using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Client;
using Starling.Client.Cluster;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Gateway.Routing;
using Starling.Loader.Work;
using Starling.Protocol.Objects;
using Starling.Protocol.State;
using Starling.Tests.Client;
using Starling.Tests.Protocol.Objects;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Server.Api;

/// <summary>A target on its way out owns nothing from the moment it is committed so: for gateways and for clients that compute owners themselves.</summary>
public sealed class MaintenanceTests
{
    public static TheoryData<AdminState, ulong> StatesOnTheWayOut => new()
    {
        { AdminState.Draining, SnodeWire.Maintenance },
        { AdminState.Out, SnodeWire.Maintenance | SnodeWire.MaintenancePostRebalance },
        { AdminState.Leaving, SnodeWire.Decommission },
    };

    [Theory]
    [MemberData(nameof(StatesOnTheWayOut))]
    public async Task Trap21_a_target_on_its_way_out_is_flagged_and_chosen_by_neither_gateways_nor_clients(AdminState to, ulong flags)
    {
        var before = Fold.Serving(3);
        var after = before.Move((2, to));
        if (to == AdminState.Out)
        {
            // Its pass has ended: nothing is left behind, which is what the second flag says.
            after = after.WithIntegers(2, after.Newest.Number, after.Newest.Number);
        }

        var json = JsonSerializer.Serialize(after.Views.Smap, WireJson.Instance.SmapWire);
        var map = ClusterMap.From(JsonNode.Parse(json));
        Assert.Equal(flags, map.Find(Fold.Target(2).Value)!.Flags);
        Assert.Equal([Fold.Target(2).Value], map.Targets.Where(target => target.IsInactive).Select(target => target.Id));

        await using var fake = await FakeNode.StartAsync((context, _) => context.JsonAsync(json));
        using var client = new StarlingClient(new StarlingClientOptions { Endpoints = [new Uri(fake.Url)] });
        var owners = await OwnerMap.LoadAsync(client, CancellationToken.None);
        var moved = 0;
        foreach (var text in Enumerable.Range(0, 300).Select(n => $"object-{n}"))
        {
            var name = ObjectName.Parse(Fold.Bucket(), text);
            var chosen = ObjectRouter.Route(new RouteRequest(name), after, []).Owner!;
            Assert.NotEqual(Fold.Target(2), chosen.Id);
            Assert.Equal(new Uri(chosen.Addresses.Public), owners.Owner(Fold.Bucket(), text));
            moved += before.Newest.OwnerOf(name.Digest) == Fold.Target(2) ? 1 : 0;
        }

        Assert.True(moved > 0, "no name belonged to the target before: nothing was proven");
    }

    [Fact]
    public void Trap21_a_read_at_the_new_owner_asks_the_previous_one_before_it_says_absent()
    {
        var after = Fold.Serving(3).Move((2, AdminState.Draining));
        var name = Fold.NameOwnedBy(after, (1, 2), (2, 1));
        var script = new PlanScript(new GetPlan(name, 1, Conditions.None), after, Fold.Target(1)).Start(PlanActionKind.LookUp).Looked(null, PlanActionKind.AskCandidates);
        Assert.Contains(Fold.Target(2), script.Last.Nodes);
    }
}
