using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Core.Wire;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Tests.Protocol.Codec;
using Xunit;

namespace Starling.Tests.Protocol.State;

public class ViewTests
{
    private static ClusterState Small()
    {
        var gateway = new FoundingMember(Fold.Gateway(1), NodeRole.Gateway, Fold.IncarnationOf(Fold.Gateway(1)), new NodeAddresses("http://10.0.0.1:8080", "http://10.0.0.1:9080/", "http://[::1]:10080"));
        return ClusterState.Empty.Apply(new FormCluster("8d6wTn4G1", 1_763_672_400_123_456_789, [gateway])).Lead(Fold.Gateway(1), term: 1);
    }

    [Fact]
    public void The_smap_as_clients_read_it()
    {
        var actual = JsonSerializer.Serialize(Small().Views.Smap, WireJson.Instance.SmapWire);
        var node = """
            {"public_net":{"node_ip_addr":"10.0.0.1","daemon_port":"8080","direct_url":"http://10.0.0.1:8080"},
             "intra_data_net":{"node_ip_addr":"::1","daemon_port":"10080","direct_url":"http://[::1]:10080"},
             "intra_control_net":{"node_ip_addr":"10.0.0.1","daemon_port":"9080","direct_url":"http://10.0.0.1:9080"},
             "daemon_type":"proxy","daemon_id":"gateway1","flags":2,"id_digest":DIGEST}
            """.Replace("DIGEST", Fold.Gateway(1).Digest.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        AssertJson("{\"pmap\":{\"gateway1\":" + node + "},\"proxy_si\":" + node + ",\"tmap\":{},\"uuid\":\"8d6wTn4G1\",\"creation_time\":\"2025-11-20 21:00:00\",\"version\":\"101\"}", actual);
    }

    [Fact]
    public void A4_without_a_gateway_that_leads_the_smap_has_no_primary()
    {
        var state = Fold.Serving(1);
        Assert.Null(state.Views.Smap.Primary);
        Assert.Equal("gateway1", state.Lead(Fold.Gateway(1), term: 1).Views.Smap.Primary?.Id);
        Assert.Null(state.Lead(Fold.Gateway(1), term: 1).Lead(Fold.Target(1), term: 2).Views.Smap.Primary);
    }

    [Fact]
    public void Flags_say_who_may_lead_who_keeps_job_status_and_who_is_outside_of_placement()
    {
        var state = Fold.Formed(gateways: 5).Joined(1, 2, 3, 4);
        state = state.Apply(Fold.Activation(state, 1, 2, 3)).Lead(Fold.Gateway(5), term: 1).Move((1, AdminState.Draining), (2, AdminState.Out));
        var smap = state.Views.Smap;

        Assert.Equal("gateway1:2 gateway2:2 gateway3:0 gateway4:0 gateway5:2", string.Join(' ', smap.Gateways!.Values.Select(n => $"{n.Id}:{n.Flags}")));
        Assert.Equal("target01:4 target02:20 target03:0 target04:4", string.Join(' ', smap.Targets!.Values.Select(n => $"{n.Id}:{n.Flags}")));
        Assert.Equal(["target03"], state.Views.Rmd.TargetIds!);

        var quiet = Fold.Formed().Apply(new AdmitNode(Fold.Gateway(2), NodeRole.Gateway, Fold.IncarnationOf(Fold.Gateway(2)), Fold.AddressesOf(Fold.Gateway(2))) { Electable = false });
        Assert.Equal(SnodeWire.NonElectable, quiet.Views.Smap.Gateways!["gateway2"].Flags);
    }

    [Fact]
    public void Trap21_a_target_leaves_the_placement_that_clients_compute_when_it_is_marked_not_when_its_data_has_moved()
    {
        var before = Fold.Serving(3);
        var name = Fold.NameOwnedBy(before, (1, 2));
        var state = before.Move((2, AdminState.Draining));

        // Both maintenance flags make clients skip it; the new owner still knows whom to ask before it says "not found".
        Assert.NotEqual(0UL, state.Views.Smap.Targets!["target02"].Flags);
        var successor = state.Newest.OwnerOf(name.Digest);
        Assert.NotEqual(Fold.Target(2), successor);
        Assert.Equal([Fold.Target(2)], Starling.Protocol.Ownership.Candidates.Of(state, successor, name.Digest, -1).ToArray());
    }

    [Fact]
    public void The_bmd_lists_buckets_by_provider_and_namespace()
    {
        var spaced = Starling.Core.Names.BucketName.Parse("ais", "@#ns1", "other");
        var state = Fold.Serving(1).Apply(new CreateBucket(spaced, """{"access":"7"}""", 9)).WithUnknownSettings();
        var actual = JsonSerializer.Serialize(state.Views.Bmd, WireJson.Instance.BmdWire);

        using var parsed = JsonDocument.Parse(actual);
        var ais = parsed.RootElement.GetProperty("providers").GetProperty("ais");
        Assert.Equal("3", parsed.RootElement.GetProperty("version").GetString());
        Assert.Equal("9223372036854775809", ais.GetProperty("@#").GetProperty("demo").GetProperty("bid").GetString());
        var other = ais.GetProperty("@#ns1").GetProperty("other");
        Assert.Equal(("7", "9", "ais"), (other.GetProperty("access").GetString(), other.GetProperty("created").GetString(), other.GetProperty("provider").GetString()));
        Assert.True(other.GetProperty("unknown").GetProperty("kept").GetBoolean());
    }

    [Fact]
    public void The_configuration_carries_the_cluster_its_version_and_its_primary()
    {
        var state = Small().WithUnknownSettings().Apply(new SetConfig("""{"rebalance":{"enabled":false}}""", 0));
        using var parsed = JsonDocument.Parse(state.Views.ConfigJson);
        var root = parsed.RootElement;

        Assert.Equal("8d6wTn4G1", root.GetProperty("uuid").GetString());
        Assert.Equal("2", root.GetProperty("config_version").GetString());
        Assert.Equal("http://10.0.0.1:9080", root.GetProperty("proxy").GetProperty("primary_url").GetString());
        Assert.Equal("http://10.0.0.1:9080", root.GetProperty("proxy").GetProperty("original_url").GetString());
        Assert.False(root.GetProperty("rebalance").GetProperty("enabled").GetBoolean());
        Assert.True(root.GetProperty("unknown").GetProperty("kept").GetBoolean());
    }

    [Fact]
    public void A_stored_configuration_without_a_section_is_shown_with_its_defaults()
    {
        var state = Small() with { Config = new ClusterConfig("""{"lru":{"enabled":true}}""") };
        using var parsed = JsonDocument.Parse(state.Views.ConfigJson);
        Assert.True(parsed.RootElement.GetProperty("lru").GetProperty("enabled").GetBoolean());
        Assert.Equal(JsonValueKind.Object, parsed.RootElement.GetProperty("space").ValueKind);
        Assert.Equal(JsonValueKind.Object, parsed.RootElement.GetProperty("auth").ValueKind);
    }

    [Fact]
    public void After_a_reset_the_configuration_is_shown_as_on_the_first_day()
    {
        var first = Small();
        var reset = first.Apply(new SetConfig("""{"lru":{"enabled":true},"log":{"level":"5"}}""", 0)).WithUnknownSettings().Apply(new ResetConfig(0));
        var (before, after) = (JsonNode.Parse(first.Views.ConfigJson)!, JsonNode.Parse(reset.Views.ConfigJson)!);
        Assert.NotEqual(before["config_version"]!.ToString(), after["config_version"]!.ToString());
        after["config_version"] = before["config_version"]!.DeepClone();
        AssertJson(before.ToJsonString(), after.ToJsonString());
    }

    [Fact]
    public void Views_are_computed_once_per_state_and_never_taken_over_by_the_next()
    {
        var state = Small();
        Assert.Same(state.Views.Smap, state.Views.Smap);
        Assert.Equal(102, state.Apply(Fold.Admission(Fold.Target(1))).Views.Smap.Version);
        Assert.Equal(101, state.Views.Smap.Version);
        Assert.Equal("g2", $"g{Fold.Active(1).Views.Rmd.Version}");
    }

    private static void AssertJson(string expected, string actual)
    {
        using var left = JsonDocument.Parse(expected);
        using var right = JsonDocument.Parse(actual);
        Assert.True(JsonElement.DeepEquals(left.RootElement, right.RootElement), $"expected {expected}\nactual   {actual}");
    }
}
