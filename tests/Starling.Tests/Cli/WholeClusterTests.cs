using System.Text.Json.Nodes;
using Starling.Tests.Client;
using Xunit;

namespace Starling.Tests.Cli;

/// <summary>Ending the whole cluster, as operators type it: what is asked before, what is said afterwards.</summary>
public sealed class WholeClusterTests : IAsyncLifetime
{
    private FakeCluster cluster = null!;

    private JsonNode[] Orders => [.. cluster.Requests.Where(request => request is { Method: "PUT", Path: "/v1/cluster" }).Select(request => JsonNode.Parse(request.Text)!)];

    public async Task InitializeAsync() => cluster = await FakeCluster.StartAsync();

    public async Task DisposeAsync() => await cluster.DisposeAsync();

    [Theory]
    [InlineData("shutdown --yes", "shutdown", null, "Cluster successfully shut down")]
    [InlineData("shutdown --yes --force=unreachable", "shutdown", """{"force":["unreachable"]}""", "Cluster successfully shut down")]
    [InlineData("decommission -y", "decommission", null, "Cluster successfully decommissioned")]
    [InlineData("decommission --rm-user-data --yes", "decommission", """{"rm_user_data":true}""", "Cluster successfully decommissioned")]
    public async Task With_yes_and_without_a_terminal_the_order_goes_out_at_once(string command, string action, string? value, string said)
    {
        (await CliRun.Of(cluster, $"cluster {command}", time: new ManualWindow())).Prints(said);
        var order = Assert.Single(Orders);
        Assert.Equal((action, value), ((string?)order["action"], order["value"]?.ToJsonString()));
    }

    [Theory]
    [InlineData("shutdown")]
    [InlineData("decommission")]
    [InlineData("decommission --rm-user-data")]
    public async Task Without_yes_and_without_a_terminal_it_is_refused_and_nobody_is_asked(string command)
    {
        var run = await CliRun.Of(cluster, $"cluster {command}", "Xk3aBcDeF\ny\n");
        Assert.Equal((2, string.Empty), (run.ExitCode, run.Out));
        Assert.Contains("standard input is not a terminal: say '--yes' to proceed", run.Error, StringComparison.Ordinal);
        Assert.Empty(cluster.Requests);
    }

    [Theory]
    [InlineData("y", true)]
    [InlineData("n", false)]
    [InlineData("", false)]
    public async Task A_shutdown_asks_with_the_cluster_and_its_primary_by_name(string answer, bool proceeds)
    {
        var run = await CliRun.Of(cluster, "cluster shutdown", answer + "\n", terminal: true);
        Assert.StartsWith("Shut down cluster Xk3aBcDeF (primary p[qWmp8080], gateways: 3, targets: 3)? [Y/N]: ", run.Error, StringComparison.Ordinal);
        Assert.Equal((proceeds ? 0 : 1, proceeds ? 1 : 0), (run.ExitCode, Orders.Length));
    }

    [Theory]
    [InlineData("Xk3aBcDeF", true)]
    [InlineData("y", false)]
    [InlineData("yes", false)]
    [InlineData("", false)]
    public async Task A_decommissioning_has_the_id_of_the_cluster_typed(string answer, bool proceeds)
    {
        var run = await CliRun.Of(cluster, "cluster decommission --rm-user-data", answer + "\n", terminal: true);
        Assert.Contains("about to decommission cluster Xk3aBcDeF (primary p[qWmp8080], gateways: 3, targets: 3) and to erase all its objects: this cannot be undone", run.Error, StringComparison.Ordinal);
        Assert.Contains("Type the id of the cluster (Xk3aBcDeF) to proceed: ", run.Error, StringComparison.Ordinal);
        Assert.Equal((proceeds ? 0 : 1, proceeds ? 1 : 0), (run.ExitCode, Orders.Length));
        Assert.Equal(proceeds ? "Cluster successfully decommissioned\n" : string.Empty, run.Out);
    }

    [Fact]
    public async Task On_a_terminal_yes_leaves_five_seconds_to_abort_before_everything_is_erased()
    {
        var window = new ManualWindow();
        var run = CliRun.Of(cluster, "cluster decommission --rm-user-data --yes", terminal: true, time: window);
        await window.Begun.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Empty(cluster.Requests);
        window.Close();
        var ended = await run;
        Assert.Equal((0, "Cluster successfully decommissioned\n"), (ended.ExitCode, ended.Out));
        Assert.Contains("in 5 seconds the cluster is decommissioned and all its objects are erased: press Ctrl-C to abort", ended.Error, StringComparison.Ordinal);
        Assert.Single(Orders);
    }

    [Fact]
    public async Task Aborted_within_the_five_seconds_nothing_is_sent()
    {
        var window = new ManualWindow();
        using var interrupt = new CancellationTokenSource();
        var run = CliRun.Of(cluster, "cluster decommission --rm-user-data --yes", terminal: true, time: window, cancellation: interrupt.Token);
        await window.Begun.WaitAsync(TimeSpan.FromSeconds(30));
        await interrupt.CancelAsync();
        Assert.Equal((130, string.Empty), ((await run).ExitCode, (await run).Out));
        Assert.Empty(cluster.Requests);
    }

    [Theory]
    [InlineData("shutdown --yes")]
    [InlineData("decommission --yes")]
    public async Task What_erases_no_object_goes_on_at_once_on_a_terminal_too(string command) =>
        Assert.Equal(0, (await CliRun.Of(cluster, $"cluster {command}", terminal: true, time: new ManualWindow())).ExitCode);

    [Fact]
    public async Task Nodes_that_could_not_be_told_are_named_with_a_code_of_its_own_and_nothing_is_called_successful()
    {
        const string Left = "5 of 6 other members took the order to shut down (or had ended); not told: t[ikht8083] (no answer within 4 s)";
        cluster.Before = async (context, seen) =>
        {
            if (seen.Method != "PUT")
            {
                return false;
            }

            await context.ErrorAsync(502, string.Empty, Left);
            return true;
        };
        (await CliRun.Of(cluster, "cluster shutdown --yes")).Fails(8, $"Error: {Left}");
        Assert.Single(Orders);
    }

    [Fact]
    public async Task Words_too_many_are_refused() => Assert.Equal(2, (await CliRun.Of(cluster, "cluster shutdown t[ikht8083] --yes")).ExitCode);

    /// <summary>The ordinary clock, but for a wait of five seconds: that one ends when the test says so.</summary>
    private sealed class ManualWindow : TimeProvider
    {
        private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Action close = () => { };

        public Task Begun => begun.Task;

        public void Close() => close();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != TimeSpan.FromSeconds(5))
            {
                return base.CreateTimer(callback, state, dueTime, period);
            }

            close = () => callback(state);
            begun.TrySetResult();
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
