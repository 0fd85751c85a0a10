using Xunit;

namespace Starling.Tests.Cli;

public sealed class ConfigTests : IAsyncLifetime
{
    private FakeCluster cluster = null!;

    public async Task InitializeAsync() => cluster = await FakeCluster.StartAsync();

    public async Task DisposeAsync() => await cluster.DisposeAsync();

    [Fact]
    public async Task A_section_as_JSON_is_printed_exactly_as_the_documentation_shows_it() =>
        (await CliRun.Of(cluster, "config cluster rebalance --json")).Prints("""
            {
                "rebalance": {
                    "burst_buffer": 1024,
                    "dest_retry_time": "2m",
                    "enabled": true,
                    "compression": "never",
                    "bundle_multiplier": 2
                }
            }
            """);

    [Theory]
    [InlineData("config cluster rebalance")]
    [InlineData("config show cluster rebalance")]
    [InlineData("show config cluster rebalance")]
    [InlineData("show cluster config rebalance")]
    [InlineData("cluster show config rebalance")]
    public async Task A_section_is_a_table_of_dotted_names_whichever_way_it_is_asked_for(string command) =>
        (await CliRun.Of(cluster, command)).Prints("""
            PROPERTY                      VALUE
            rebalance.burst_buffer        1024
            rebalance.dest_retry_time     2m
            rebalance.enabled             true
            rebalance.compression         never
            rebalance.bundle_multiplier   2
            """);

    [Fact]
    public async Task One_value_can_be_asked_for() => (await CliRun.Of(cluster, "config cluster mirror.copies -H")).Prints("mirror.copies   2");

    [Theory]
    [InlineData("config cluster rebalance.enabled=false")]
    [InlineData("config cluster rebalance.enabled false")]
    [InlineData("config cluster {\"rebalance\":{\"enabled\":false}}")]
    public async Task A_set_shows_the_touched_sections_and_says_so(string command)
    {
        (await CliRun.Of(cluster, command)).Prints("""
            PROPERTY                      VALUE
            rebalance.burst_buffer        1024
            rebalance.dest_retry_time     2m
            rebalance.enabled             false
            rebalance.compression         never
            rebalance.bundle_multiplier   2

            Cluster config updated
            """);
        Assert.Contains("PUT /v1/cluster/set-config?rebalance.enabled=false", cluster.Requests.Select(seen => seen.Line));
    }

    [Fact]
    public async Task A_transient_set_says_so_to_the_server()
    {
        await CliRun.Of(cluster, "config cluster space.highwm=91 --transient");
        Assert.Contains("PUT /v1/cluster/set-config?space.highwm=91&transient=true", cluster.Requests.Select(seen => seen.Line));
    }

    [Fact]
    public async Task Wrong_names_are_answered_with_the_right_ones()
    {
        (await CliRun.Of(cluster, "config cluster rebalanse")).Fails(
            2, "Error: invalid section \"rebalanse\": expecting one of auth, checksum, features, mirror, rebalance, space");
        (await CliRun.Of(cluster, "config cluster rebalanse.enabled=true")).Fails(2, """
            Error: Incorrect 'ais config cluster' usage: invalid property name "rebalanse.enabled" (examples: rebalance.enabled).
            See 'ais config cluster --help'
            """);
        (await CliRun.Of(cluster, "config cluster rebalance.enable=true")).Fails(1, "Error: unknown property 'rebalance.enable'");
        (await CliRun.Of(cluster, "config cluster a=1 b")).Fails(2, """
            Error: Incorrect 'ais config cluster' usage: expecting KEY=VALUE, got "b", for example rebalance.enabled=false.
            See 'ais config cluster --help'
            """);
    }

    [Fact]
    public async Task A_node_has_local_and_inherited_configuration()
    {
        (await CliRun.Of(cluster, "config node t[cVnt8082] local")).Prints("""
            PROPERTY   VALUE
            confdir    /etc/ais
            """);
        (await CliRun.Of(cluster, "config node cVnt8082 inherited mirror")).Prints("""
            PROPERTY              VALUE   DEFAULT
            mirror.copies         2       -
            mirror.burst_buffer   512     -
            mirror.enabled        false   -
            """);
        Assert.Equal("cVnt8082", cluster.Requests.Last(seen => seen.Query == "?what=config").Headers["Ais-Node-Id"]);
    }

    [Fact]
    public async Task A_node_is_set_and_reset()
    {
        (await CliRun.Of(cluster, "config node cVnt8082 space.highwm=91")).Prints("""
            {
                "space.highwm": "91"
            }

            node t[cVnt8082] config updated
            """);
        (await CliRun.Of(cluster, "config reset cVnt8082")).Prints("node t[cVnt8082] config successfully reset to all defaults");
        (await CliRun.Of(cluster, "config reset cluster")).Prints("Cluster config successfully reset to all defaults");
        Assert.Equal(
            ["PUT /v1/reverse/daemon/set-config?space.highwm=91", "PUT /v1/reverse/daemon", "PUT /v1/cluster"],
            cluster.Requests.Where(seen => seen.Method == "PUT").Select(seen => seen.Line));
    }
}
