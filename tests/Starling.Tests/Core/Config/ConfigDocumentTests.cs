using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Core.Config;
using Starling.Core.Errors;
using Starling.Core.Wire;
using Xunit;

namespace Starling.Tests.Core.Config;

public sealed class ConfigDocumentTests
{
    /// <summary>Every section of the configuration as tools dereference it, in the order of the wire.</summary>
    private const string Golden =
        """
        {
            "distributed_sort":{"duplicated_records":"ignore","missing_shards":"ignore","ekm_malformed_line":"abort","ekm_missing_key":"abort","default_max_mem_usage":"80%","dsorter_mem_threshold":"100GB","compression":"never","bundle_multiplier":4,"burst_buffer":512,"call_timeout":"10m"},
            "write_policy":{"data":"immediate","md":"immediate"},
            "checksum":{"type":"xxhash2","validate_cold_get":false,"validate_warm_get":false,"validate_obj_move":false,"enable_read_range":false},
            "tcb":{"compression":"never","bundle_multiplier":2,"burst_buffer":512},
            "tco":{"compression":"never","bundle_multiplier":2,"burst_buffer":512},
            "arch":{"compression":"never","bundle_multiplier":2,"burst_buffer":512},
            "lso":{"compression":"never","bundle_multiplier":1,"burst_buffer":32,"walk_buffer":128,"idle_time":"20s","quiescent":"5s"},
            "rate_limit":{"backend":{"interval":"1m","max_tokens":1000,"enabled":false,"num_retries":3},"frontend":{"interval":"1m","max_tokens":1000,"enabled":false,"burst_size":375}},
            "keepalivetracker":{"proxy":{"name":"heartbeat","interval":"10s","factor":3},"target":{"name":"heartbeat","interval":"10s","factor":3},"num_retries":3,"retry_factor":4},
            "rebalance":{"compression":"never","bundle_multiplier":2,"burst_buffer":1024,"dest_retry_time":"2m","enabled":true},
            "log":{"level":"3","max_size":"64MiB","max_total":"512MiB","flush_time":"1m","stats_time":"3m","to_stderr":false},
            "ec":{"compression":"never","bundle_multiplier":2,"burst_buffer":512,"objsize_limit":262144,"data_slices":2,"parity_slices":2,"enabled":false,"disk_only":false},
            "get_batch":{"compression":"never","bundle_multiplier":2,"burst_buffer":512,"max_wait":"20s","warmup_workers":-1,"max_soft_errs":8,"max_gfn":5},
            "space":{"cleanupwm":65,"lowwm":75,"highwm":90,"out_of_space":95,"batch_size":32768,"dont_cleanup_time":"2h0m"},
            "transport":{"max_header":4096,"burst_buffer":1024,"idle_teardown":"4s","quiescent":"10s","lz4_block":"256KiB","lz4_frame_checksum":false},
            "disk":{"disk_util_low_wm":20,"disk_util_high_wm":80,"disk_util_max_wm":95,"iostat_time_long":"2s","iostat_time_short":"100ms","iostat_time_smooth":"8s"},
            "fshc":{"test_files":4,"error_limit":2,"io_err_limit":10,"io_err_time":"10s","enabled":true},
            "chunks":{"objsize_limit":"0B","max_monolithic_size":"1TiB","chunk_size":"1GiB"},
            "lru":{"dont_evict_time":"2h0m","capacity_upd_time":"10m","batch_size":32768,"enabled":false},
            "mirror":{"copies":2,"burst_buffer":512,"enabled":false},
            "periodic":{"stats_time":"10s","retry_sync_time":"2s","notif_time":"30s"},
            "client":{"client_timeout":"10s","client_long_timeout":"5m","list_timeout":"5m"},
            "downloader":{"timeout":"1h0m"},
            "auth":{"client_auth_required":false},
            "backend":{},
            "uuid":"",
            "lastupdate_time":"",
            "proxy":{"primary_url":"","original_url":"","discovery_url":"","non_electable":false},
            "net":{"l4":{"proto":"tcp","sndrcv_buf_size":131072},"http":{"server_crt":"server.crt","server_key":"server.key","client_ca_tls":"","client_auth_tls":0,"domain_tls":"","idle_conn_time":"6s","backend_idle_conn_time":"6s","idle_conns_per_host":32,"idle_conns":256,"write_buffer_size":0,"read_buffer_size":0,"use_https":false,"skip_verify":false,"chunked_transfer":true},"use_ipv6":false},
            "timeout":{"cplane_operation":"2s","max_keepalive":"5s","max_host_busy":"20s","startup_time":"1m","join_startup_time":"3m","send_file_time":"5m","ec_streams_time":"10m","object_md":"2h0m","cold_get_conflict":"5s"},
            "memsys":{"min_free":"2GiB","default_buf":"32KiB","to_gc":"4GiB","hk_time":"3m","min_pct_total":0,"min_pct_free":0},
            "features":"0",
            "config_version":"0",
            "versioning":{"enabled":true,"validate_warm_get":false,"synchronize":false},
            "resilver":{"enabled":true},
            "reads":{"refuse_stale":false},
            "pace":{"max_bytes_per_second":"0B","latency_percent":200,"latency_slack":"20ms"}
        }
        """;

    [Fact]
    public void Trap24_the_defaults_fill_every_section_in_the_order_of_the_wire() =>
        Assert.Equal(JsonNode.Parse(Golden)!.ToJsonString(), JsonNode.Parse(ConfigDocument.Default)!.ToJsonString());

    [Fact]
    public void The_configuration_of_a_node_holds_both_parts_on_one_level()
    {
        var json = JsonNode.Parse(JsonSerializer.Serialize(
            new NodeConfigWire { Mountpaths = new() { ["/ais/mp1"] = string.Empty }, ConfigDirectory = "/etc/ais" }, WireJson.Instance.NodeConfigWire))!.AsObject();
        Assert.Equal("{\"/ais/mp1\":\"\"}", json["fspaths"]!.ToJsonString());
        Assert.Equal("\"8080\"", json["host_net"]!["port"]!.ToJsonString());
        Assert.Equal("true", json["rebalance"]!["enabled"]!.ToJsonString());
    }

    [Theory]
    [InlineData("rebalance.enabled", "false", """{"rebalance":{"enabled":false}}""")]
    [InlineData("Rebalance.Enabled", "off", """{"rebalance":{"enabled":false}}""")]
    [InlineData("mirror.copies", "3", """{"mirror":{"copies":3}}""")]
    [InlineData("timeout.send_file_time", "90s", """{"timeout":{"send_file_time":"1m30s"}}""")]
    [InlineData("rate_limit.backend.interval", "60s", """{"rate_limit":{"backend":{"interval":"1m"}}}""")]
    [InlineData("features", "16", """{"features":"16"}""")]
    [InlineData("log.level", "4", """{"log":{"level":"4"}}""")]
    [InlineData("log.max_size", "128mb", """{"log":{"max_size":"128MiB"}}""")]
    [InlineData("rebalance.compression", "always", """{"rebalance":{"compression":"always"}}""")]
    [InlineData("auth.enabled", "true", """{"auth":{"client_auth_required":true}}""")]
    [InlineData("auth.cluster_key.ttl", "1h", """{"auth":{"intra_cluster":{"ttl":"1h0m"}}}""")]
    [InlineData("auth.cluster_key.enabled", "yes", """{"auth":{"intra_cluster":{"request_auth":true}}}""")]
    [InlineData("backend", "{\"aws\":{}}", """{"backend":{"aws":{}}}""")]
    public void Names_become_a_patch(string name, string value, string expected)
    {
        Assert.True(ConfigDocument.TryParseNames([KeyValuePair.Create(name, value)], out var patch, out var error), error);
        Assert.Equal(expected, patch);
        Assert.True(ConfigDocument.TryPatch(ConfigDocument.Default, patch, out _, out error), error);
    }

    [Theory]
    [InlineData("x", "1", "unknown property \"x\"")]
    [InlineData("rebalance.enabled.x", "1", "unknown property \"rebalance.enabled.x\"")]
    [InlineData("rebalance", "1", "unknown property \"rebalance\"")]
    [InlineData("uuid", "abc", "unknown property \"uuid\"")]
    [InlineData("config_version", "9", "unknown property \"config_version\"")]
    [InlineData("net.l4.proto", "udp", "unknown property \"net.l4.proto\"")]
    [InlineData("", "1", "unknown property \"\"")]
    [InlineData("rebalance.enabled", "maybe", "invalid value rebalance.enabled=maybe: expected true or false")]
    [InlineData("mirror.copies", "two", "invalid value mirror.copies=two: expected an integer")]
    [InlineData("features", "-1", "invalid value features=-1: expected an integer of 0 or more")]
    [InlineData("timeout.send_file_time", "5", "invalid value timeout.send_file_time=5: expected a duration, for example 10s or 1m30s")]
    [InlineData("log.max_size", "5PB", "invalid value log.max_size=5PB: expected a size, for example 64MiB")]
    public void Wrong_names_and_values_are_named(string name, string value, string expected)
    {
        Assert.False(ConfigDocument.TryParseNames([KeyValuePair.Create(name, value)], out _, out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void No_names_at_all_are_refused()
    {
        Assert.False(ConfigDocument.TryParseNames([], out _, out var error));
        Assert.Equal("no properties to update", error);
        Assert.False(ConfigDocument.TryPatch(string.Empty, """{"rebalance":null}""", out _, out error));
        Assert.Equal("no properties to update", error);
    }

    [Theory]
    [InlineData("""{"timeout":{"max_keepalive":"3s"}}""", "timeout.max_keepalive=3s")]
    [InlineData("""{"keepalivetracker":{"proxy":{"interval":"4s"}}}""", "keepalivetracker.proxy.interval=4s")]
    [InlineData("""{"space":{"lowwm":91}}""", "space.cleanupwm=65")]
    [InlineData("""{"space":{"out_of_space":101}}""", "out_of_space=101")]
    [InlineData("""{"mirror":{"copies":1}}""", "mirror.copies=1: must be from 2 to 32")]
    [InlineData("""{"mirror":{"copies":33}}""", "mirror.copies=33")]
    [InlineData("""{"ec":{"data_slices":0}}""", "ec.data_slices=0")]
    [InlineData("""{"ec":{"parity_slices":33}}""", "ec.parity_slices=33")]
    [InlineData("""{"lru":{"dont_evict_time":"59m"}}""", "lru.dont_evict_time=59m: must be at least 1h0m")]
    [InlineData("""{"rebalance":{"dest_retry_time":"11m"}}""", "rebalance.dest_retry_time=11m: must be from 1s to 10m")]
    [InlineData("""{"checksum":{"type":"sha3"}}""", "checksum.type=\"sha3\"")]
    [InlineData("""{"features":"268435456"}""", "features=268435456")]
    [InlineData("""{"rebalance":5}""", "invalid value rebalance=5")]
    [InlineData("""{"rebalance":{"enabled":[]}}""", "invalid value rebalance.enabled=[]")]
    [InlineData("""{"log":{"level":3}}""", "invalid value log.level=3: expected text")]
    [InlineData("""{"rebalance":{"x":1}}""", "unknown property \"rebalance.x\"")]
    [InlineData("""{"mirror":{"copies":99999999999}}""", "invalid JSON")]
    [InlineData("""{"mirror":{"copies":2,"copies":3}}""", "invalid JSON")]
    [InlineData("[]", "invalid JSON: an object is expected")]
    [InlineData("{", "invalid JSON")]
    public void A_patch_that_breaks_a_rule_is_refused_and_the_rule_is_named(string patch, string expected)
    {
        Assert.False(ConfigDocument.TryPatch(string.Empty, patch, out var next, out var error));
        Assert.Null(next);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_of_another_build_survive_a_change()
    {
        const string stored = """{"rebalance":{"enabled":true,"future":{"a":[1,2]}},"tomorrow":"x"}""";
        Assert.True(ConfigDocument.TryPatch(stored, """{"Rebalance":{"ENABLED":false}}""", out var next, out var error), error);
        Assert.Equal("""{"rebalance":{"enabled":false,"future":{"a":[1,2]}},"tomorrow":"x"}""", next);
        var rewritten = JsonNode.Parse(ConfigDocument.Write(ConfigDocument.Read(next)))!;
        Assert.Equal("[1,2]", rewritten["rebalance"]!["future"]!["a"]!.ToJsonString());
        Assert.Equal("\"x\"", rewritten["tomorrow"]!.ToJsonString());
    }

    [Fact]
    public void A_configuration_that_was_read_can_be_sent_back()
    {
        Assert.True(ConfigDocument.TryPatch(string.Empty, ConfigDocument.Default, out var next, out var error), error);
        Assert.Equal(Encoding.UTF8.GetByteCount(ConfigDocument.Default), Encoding.UTF8.GetByteCount(ConfigDocument.Write(ConfigDocument.Read(next))));
    }

    [Theory]
    [InlineData("""{"auth":{"client_auth_required":true}}""", true, ConfigScope.Cluster, ErrorCode.Unsupported)]
    [InlineData("""{"net":{"use_ipv6":true}}""", true, ConfigScope.Cluster, ErrorCode.Unsupported)]
    [InlineData("""{"memsys":{"min_free":"1GiB"}}""", true, ConfigScope.Node, ErrorCode.Unsupported)]
    [InlineData("""{"keepalivetracker":{"num_retries":4}}""", true, ConfigScope.Cluster, ErrorCode.Unsupported)]
    [InlineData("""{"timeout":{"max_keepalive":"6s"}}""", true, ConfigScope.Cluster, ErrorCode.Unsupported)]
    [InlineData("""{"timeout":{"cplane_operation":"1s"}}""", true, ConfigScope.Cluster, ErrorCode.Unsupported)]
    [InlineData("""{"timeout":{"send_file_time":"1m"}}""", true, ConfigScope.Cluster, null)]
    [InlineData("""{"rebalance":{"enabled":false}}""", true, ConfigScope.Cluster, ErrorCode.Invalid)]
    [InlineData("""{"features":"1"}""", true, ConfigScope.Cluster, ErrorCode.Invalid)]
    [InlineData("""{"rebalance":{"enabled":false}}""", false, ConfigScope.Cluster, null)]
    [InlineData("""{"rebalance":{"enabled":false}}""", false, ConfigScope.Node, ErrorCode.Invalid)]
    [InlineData("""{"log":{"level":"4"}}""", true, ConfigScope.Node, null)]
    public void Scope_and_persistence_decide_what_may_be_set(string patch, bool transient, ConfigScope scope, ErrorCode? expected) =>
        Assert.Equal(expected, ConfigScopeRules.Check(patch, transient, scope)?.Code);
}
