using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Starling.Core.Wire;
using Xunit;

namespace Starling.Tests.Core.Wire;

/// <summary>The JSON of the native API: what clients compare, and what they may send.</summary>
public sealed class WireJsonTests
{
    private static readonly WireJson Json = WireJson.Instance;

    private static T Read<T>(string text, JsonTypeInfo<T> type)
        where T : class
    {
        Assert.True(WireJson.TryRead(Encoding.UTF8.GetBytes(text), type, out var value, out var error), error);
        return value;
    }

    [Fact]
    public void A_node_is_written_with_its_keys_in_the_order_of_the_wire() => Assert.Equal(
        """
        {"public_net":{"node_ip_addr":"10.0.0.1","daemon_port":"8081","direct_url":"http://10.0.0.1:8081"},"intra_data_net":{"node_ip_addr":"10.0.0.1","daemon_port":"10081","direct_url":"http://10.0.0.1:10081"},"intra_control_net":{"node_ip_addr":"10.0.0.1","daemon_port":"9081","direct_url":"http://10.0.0.1:9081"},"daemon_type":"target","daemon_id":"t1abcdef","flags":0,"id_digest":7720052064988704631}
        """.Trim(),
        JsonSerializer.Serialize(
            new SnodeWire
            {
                Public = new() { Host = "10.0.0.1", Port = "8081", Url = "http://10.0.0.1:8081" },
                Data = new() { Host = "10.0.0.1", Port = "10081", Url = "http://10.0.0.1:10081" },
                Control = new() { Host = "10.0.0.1", Port = "9081", Url = "http://10.0.0.1:9081" },
                Type = "target",
                Id = "t1abcdef",
                IdDigest = 7720052064988704631,
            },
            Json.SnodeWire));

    [Fact]
    public void Trap05_versions_sizes_and_counters_are_text_while_flags_and_digests_are_numbers()
    {
        Assert.Contains("\"version\":\"12\"", JsonSerializer.Serialize(new SmapWire { Version = 12 }, Json.SmapWire), StringComparison.Ordinal);
        Assert.Contains("\"version\":\"7\"", JsonSerializer.Serialize(new BmdWire { Version = 7 }, Json.BmdWire), StringComparison.Ordinal);
        Assert.Contains("\"version\":3", JsonSerializer.Serialize(new RmdWire { Version = 3 }, Json.RmdWire), StringComparison.Ordinal);
        Assert.Contains("\"flags\":\"2048\"", JsonSerializer.Serialize(new ListMessageWire { Flags = ListFlags.NoRecursion }, Json.ListMessageWire), StringComparison.Ordinal);
        Assert.Contains(
            "\"name\":\"a\",\"size\":\"5\",\"flags\":64",
            JsonSerializer.Serialize(new ListResultWire { Entries = [new() { Name = "a", SizeBytes = 5, Flags = EntryFlags.Present }] }, Json.ListResultWire), StringComparison.Ordinal);
        var status = JsonSerializer.Serialize(
            new NodeStatusWire
            {
                SmapVersion = "12",
                Tracker = new() { ["get.n"] = new() { Value = 10 } },
                Capacity = new() { Mountpaths = new() { ["/mp1"] = new() { UsedBytes = 123, AvailableBytes = 456, UsedPercent = 21, FileSystem = new() { Device = "/dev/sda1", Type = "xfs", Id = [1, 2] } } } },
            },
            Json.NodeStatusWire);
        Assert.Contains("\"tracker\":{\"get.n\":{\"v\":\"10\"}}", status, StringComparison.Ordinal);
        Assert.Contains("\"fs\":{\"Fs\":\"/dev/sda1\",\"FsType\":\"xfs\",\"FsID\":[1,2]},\"disks\":[],\"used\":\"123\",\"avail\":\"456\",\"pct_used\":21", status, StringComparison.Ordinal);
        Assert.Contains("\"flags\":6", status, StringComparison.Ordinal);
        Assert.Contains("\"smap_version\":\"12\"", status, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(18446744073709551615)]
    [InlineData(16654091803042660972)]
    [InlineData(9007199254740993)]
    public void Trap06_all_64_bits_of_a_digest_survive(ulong digest)
    {
        var text = JsonSerializer.Serialize(new SnodeWire { IdDigest = digest }, Json.SnodeWire);
        Assert.Contains($"\"id_digest\":{digest}}}", text, StringComparison.Ordinal);
        Assert.Equal(digest, Read(text, Json.SnodeWire).IdDigest);
    }

    [Fact]
    public void Trap07_capitalised_keys_are_written_as_they_are()
    {
        Assert.Contains("\"Primary\":{\"pub_url\":", JsonSerializer.Serialize(new NodeStateInfoWire(), Json.NodeStateInfoWire), StringComparison.Ordinal);
        Assert.Contains("{\"One\":1.5,\"Five\":0,\"Fifteen\":0}", JsonSerializer.Serialize(new MemCpuInfoWire { LoadAverage = new() { One = 1.5 } }, Json.MemCpuInfoWire), StringComparison.Ordinal);
        Assert.Contains("\"AllDiskStats\":{\"sda\":{\"RBps\":1,\"Ravg\":0,\"WBps\":0,\"Wavg\":0,\"Util\":0}}",
            JsonSerializer.Serialize(new TargetDiskWire { Disks = new() { ["sda"] = new() { ReadBytesPerSecond = 1 } } }, Json.TargetDiskWire), StringComparison.Ordinal);
        Assert.Equal(
            "{\"ID\":\"\",\"Kind\":\"rebalance\",\"DaemonID\":\"\",\"Bck\":null,\"Buckets\":null,\"Timeout\":0,\"Force\":false,\"OnlyRunning\":false}",
            JsonSerializer.Serialize(new JobArgumentsWire { Kind = "rebalance" }, Json.JobArgumentsWire));
    }

    [Fact]
    public void Trap07_keys_are_read_without_regard_to_case_unknown_ones_are_ignored_and_null_is_absent()
    {
        var query = Read("""{"ID":"g7","Kind":"rebalance","DaemonID":"","Bck":null,"Buckets":null,"whatever":{"x":[1]}}""", Json.QueryMessageWire);
        Assert.Equal(("g7", "rebalance"), (query.Id, query.Kind));
        var message = Read("""{"Action":"list","NAME":null,"value":null}""", Json.ActionMessageWire);
        Assert.Equal(("list", true), (message.Action, message.Value is null));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"public_net":null,"intra_data_net":null,"intra_control_net":null,"daemon_type":null,"daemon_id":null,"pub_extra":null,"flags":null,"id_digest":null}""")]
    public void Trap07_a_node_of_which_nothing_is_said_has_empty_parts_and_no_nulls(string text) => Assert.Equal(new SnodeWire(), Read(text, Json.SnodeWire));

    [Fact]
    public void Trap05_text_and_numbers_are_both_read()
    {
        Assert.Equal(12, Read("""{"version":"12"}""", Json.SmapWire).Version);
        Assert.Equal(12, Read("""{"version":12}""", Json.SmapWire).Version);
        Assert.Equal(0, Read("""{"version":""}""", Json.SmapWire).Version);
        Assert.Equal(4UL, Read("""{"flags":"4"}""", Json.SnodeWire).Flags);
        Assert.Equal(100, Read("""{"pagesize":"100"}""", Json.ListMessageWire).PageSize);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"flags":"x"}""")]
    [InlineData("""{"flags":-1}""")]
    [InlineData("""{"id_digest":18446744073709551616}""")]
    [InlineData("""{"public_net":"http://x"}""")]
    [InlineData("""{"daemon_id":5}""")]
    [InlineData("\"\\ud800\"")]
    public void Malformed_JSON_is_an_error_with_a_reason(string text)
    {
        Assert.False(WireJson.TryRead(Encoding.UTF8.GetBytes(text), Json.SnodeWire, out var value, out var error));
        Assert.Null(value);
        Assert.StartsWith("invalid JSON: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_without_end_is_an_error() => Assert.False(
        WireJson.TryRead(Encoding.UTF8.GetBytes("{\"value\":" + new string('[', 100_000)), Json.ActionMessageWire, out _, out _));

    [Fact]
    public void Error_texts_are_not_escaped_for_HTML() => Assert.Equal(
        """{"tcode":"ErrBckNotFound","message":"bucket \"ais://<b>&'c'\" does not exist","method":"GET","url_path":"/v1/buckets/abc","remote_addr":"10.0.0.5:43210","caller":"","node":"p[kWQp8080]","status":404}""",
        JsonSerializer.Serialize(
            new ErrorWire
            {
                TypeCode = "ErrBckNotFound", Message = "bucket \"ais://<b>&'c'\" does not exist", Method = "GET", UrlPath = "/v1/buckets/abc",
                RemoteAddress = "10.0.0.5:43210", Node = "p[kWQp8080]", Status = 404,
            },
            Json.ErrorWire));

    [Theory]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("true", true)]
    [InlineData("True", true)]
    [InlineData("TRUE", true)]
    [InlineData("t", true)]
    [InlineData("T", true)]
    [InlineData("y", true)]
    [InlineData("yes", true)]
    [InlineData("on", true)]
    [InlineData("1", true)]
    [InlineData("false", false)]
    [InlineData("False", false)]
    [InlineData("n", false)]
    [InlineData("no", false)]
    [InlineData("off", false)]
    [InlineData("0", false)]
    [InlineData("maybe", false)]
    [InlineData("2", false)]
    public void Trap27_booleans_of_queries(string? value, bool expected) => Assert.Equal(expected, WireBoolean.IsTrue(value));
}
