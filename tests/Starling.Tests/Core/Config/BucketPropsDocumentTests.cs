using System.Text.Json.Nodes;
using Starling.Core.Config;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Core.Wire;
using Xunit;

namespace Starling.Tests.Core.Config;

public sealed class BucketPropsDocumentTests
{
    private static readonly BucketName Bucket = BucketName.Parse("ais", null, "b");

    private static string Create(string patch = "", string config = "")
    {
        Assert.True(BucketPropsDocument.TryCreate(config, Bucket, patch, bucketId: 3, createdNs: 1763672400000000000, out var json, out var error), error);
        return json;
    }

    [Fact]
    public void A_new_bucket_has_every_property_in_the_order_of_the_wire() => Assert.Equal(
        JsonNode.Parse(
            """
            {"backend_bck":{"name":"","provider":"","namespace":{"uuid":"","name":""}},"write_policy":{"data":"immediate","md":"immediate"},"provider":"ais","Renamed":"",
             "checksum":{"type":"xxhash2","validate_cold_get":false,"validate_warm_get":false,"validate_obj_move":false,"enable_read_range":false},
             "extra":{"aws":{},"gcp":{},"oci":{}},
             "rate_limit":{"backend":{"interval":"1m","max_tokens":1000,"enabled":false,"num_retries":3},"frontend":{"interval":"1m","max_tokens":1000,"enabled":false,"burst_size":375}},
             "ec":{"compression":"never","bundle_multiplier":2,"burst_buffer":512,"objsize_limit":262144,"data_slices":2,"parity_slices":2,"enabled":false,"disk_only":false},
             "chunks":{"objsize_limit":"0B","max_monolithic_size":"1TiB","chunk_size":"1GiB"},"mirror":{"copies":2,"burst_buffer":512,"enabled":false},
             "lru":{"dont_evict_time":"2h0m","capacity_upd_time":"10m","batch_size":32768,"enabled":false},
             "access":"18446744073709551615","features":"0","bid":"9223372036854775811","created":"1763672400000000000",
             "versioning":{"enabled":true,"validate_warm_get":false,"synchronize":false},"durability":"durable"}
            """)!.ToJsonString(),
        Create());

    [Fact]
    public void A_new_bucket_inherits_from_the_cluster_but_is_never_evicted_when_it_is_the_clusters_own()
    {
        var props = BucketPropsDocument.Read(Create(config: """{"checksum":{"type":"md5"},"lru":{"enabled":true},"features":"17","versioning":{"enabled":false}}"""));
        Assert.Equal(("md5", false, 16UL, false), (props.Checksum.Type, props.Lru.Enabled, props.Features, props.Versioning.Enabled));
    }

    [Theory]
    [InlineData("""{"checksum":{"type":"sha256"}}""", "checksum.type", "sha256")]
    [InlineData("""{"mirror":{"enabled":true}}""", "mirror.copies", "2")]
    [InlineData("""{"mirror":{"copies":1}}""", "mirror.enabled", "false")]
    [InlineData("""{"access":"3"}""", "access", "3")]
    [InlineData("""{"Access":3,"unheard":null}""", "access", "3")]
    [InlineData("""{"durability":"buffered"}""", "durability", "buffered")]
    [InlineData("""{"backend_bck":{"name":"none"}}""", "backend_bck.name", "")]
    [InlineData("""{"backend_bck":{"name":"x","provider":"aws"}}""", "backend_bck.provider", "aws")]
    [InlineData("""{"extra":{"custom":"c"}}""", "extra.custom", "c")]
    [InlineData("""{"bid":"7","created":"1","provider":"aws","Renamed":"x"}""", "bid", "9223372036854775811")]
    public void A_change_applies(string patch, string name, string expected)
    {
        Assert.True(BucketPropsDocument.TryPatch(Create(), patch, activeTargets: 3, out var next, out var error), error);
        JsonNode? node = JsonNode.Parse(next);
        foreach (var part in name.Split('.'))
        {
            node = node![part];
        }

        Assert.Equal(expected, node!.ToString());
    }

    [Theory]
    [InlineData("{}", """{"checksum":{"type":""}}""", "checksum.type=\"\"")]
    [InlineData("{}", """{"checksum":{"type":"sha3"}}""", "checksum.type=\"sha3\"")]
    [InlineData("{}", """{"mirror":{"copies":33}}""", "mirror.copies=33")]
    [InlineData("{}", """{"mirror":{"enabled":true},"chunks":{"objsize_limit":"1MiB"}}""", "exclude each other")]
    [InlineData("{}", """{"durability":"sometimes"}""", "durability=\"sometimes\"")]
    [InlineData("{}", """{"access":"everything"}""", "invalid value access=\"everything\"")]
    [InlineData("{}", """{"features":"1"}""", "features=1")]
    [InlineData("{}", """{"ec":{"enabled":true}}""", "not enough targets")]
    [InlineData("{}", """{"unheard":1}""", "unknown property \"unheard\"")]
    [InlineData("{}", """{"backend_bck":{"name":"x","provider":"ais"}}""", "a remote bucket is expected")]
    [InlineData("""{"ec":{"enabled":true}}""", """{"ec":{"data_slices":3}}""", "disable erasure coding first")]
    [InlineData("""{"ec":{"enabled":true}}""", """{"ec":{"objsize_limit":1}}""", "use force")]
    [InlineData("{}", "[]", "invalid JSON")]
    public void A_change_that_breaks_a_rule_is_refused_and_the_rule_is_named(string before, string patch, string expected)
    {
        Assert.False(BucketPropsDocument.TryPatch(Create(before), patch, activeTargets: 3, out _, out var error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Force_overrides_what_can_be_overridden() =>
        Assert.True(BucketPropsDocument.TryPatch(Create("""{"ec":{"enabled":true}}"""), """{"ec":{"objsize_limit":1},"force":true}""", activeTargets: 3, out _, out var error), error);

    [Fact]
    public void Custom_text_is_limited_to_128_characters()
    {
        Assert.True(BucketPropsDocument.TryPatch(Create(), $$$"""{"extra":{"custom":"{{{new string('x', 128)}}}"}}""", 3, out _, out _));
        Assert.False(BucketPropsDocument.TryPatch(Create(), $$$"""{"extra":{"custom":"{{{new string('x', 129)}}}"}}""", 3, out _, out var error));
        Assert.Contains("extra.custom", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_of_another_build_survive_a_change()
    {
        Assert.True(BucketPropsDocument.TryPatch("""{"mirror":{"future":1},"tomorrow":2}""", """{"mirror":{"copies":3}}""", 3, out var next, out var error), error);
        Assert.Equal("""{"mirror":{"future":1,"copies":3},"tomorrow":2}""", next);
    }

    [Fact]
    public void Settings_are_parsed_once()
    {
        var settings = BucketSettings.Parse(Create("""{"durability":"durable-local","checksum":{"type":"none"},"mirror":{"enabled":true,"copies":3},"access":"1"}"""));
        Assert.Equal((Durability.DurableLocal, 3, true), (settings.Durability, settings.Copies, settings.VersioningEnabled));
        Assert.True(settings.Permits(AccessBits.Get | AccessBits.ListObjects | AccessBits.Patch));
        Assert.False(settings.Permits(AccessBits.Put));
        Assert.True(BucketSettings.Parse("{}").Permits(AccessBits.Put));
    }

    [Fact]
    public void Names_become_a_patch()
    {
        Assert.True(BucketPropsDocument.TryParseNames([KeyValuePair.Create("mirror.enabled", "true"), KeyValuePair.Create("checksum.type", "md5")], out var patch, out var error), error);
        Assert.Equal("""{"mirror":{"enabled":true},"checksum":{"type":"md5"}}""", patch);
        Assert.False(BucketPropsDocument.TryParseNames([KeyValuePair.Create("bid", "5")], out _, out error));
        Assert.Equal("unknown property \"bid\"", error);
    }
}
