using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Starling.ClusterTests.Support;
using Starling.Playground.Nodes;
using Xunit;

namespace Starling.ClusterTests.Playground;

public sealed class CommandTests : IAsyncLifetime
{
    private readonly int port = FreePorts.Find(12);

    private string Folder => Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"starling-test-{Environment.ProcessId}-{port}"));

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => PlaygroundRun.RemoveAsync(Folder, port);

    [Fact]
    public async Task A_busy_port_is_named_and_nothing_is_started()
    {
        using var squatter = new TcpListener(IPAddress.Loopback, port + 1 + NodePlan.ControlOffset);
        squatter.Start();
        var run = await RunAsync("--gateways", "2", "--targets", "1", "--detach");
        Assert.True(run.ExitCode == 2, run.All);
        Assert.Contains($"port {port + 1 + NodePlan.ControlOffset} is in use", run.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Folder, "run")), "nothing may have been started");
    }

    [Theory]
    [InlineData("--port must be between", "--port", "99999")]
    [InlineData("--targets must be between", "--targets", "0")]
    [InlineData("'nosuch'", "nosuch")]
    [InlineData("'--nosuch'", "--nosuch")]
    public async Task What_is_not_understood_is_named_in_one_line_with_the_way_to_the_help(string says, params string[] arguments)
    {
        var run = await ProcessRun.RunAsync("dotnet", ["exec", PlaygroundRun.Program, "--dir", Folder, .. arguments]);
        Assert.True(run.ExitCode == 2, run.All);
        Assert.All(run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.StartsWith("playground: ", line, StringComparison.Ordinal));
        Assert.Contains(says, run.Errors, StringComparison.Ordinal);
        Assert.Contains("./playground --help", run.Errors, StringComparison.Ordinal);
        Assert.Equal(string.Empty, run.Output);
    }

    [Fact]
    public async Task A_node_that_cannot_start_is_shown_with_its_log_and_nothing_is_left_running()
    {
        var plan = PlaygroundPlan.Create(1, 2, 1, port, new Random(1));
        var place = new PlaygroundDirectory(Folder);
        place.Save(plan);
        var broken = plan.Targets.Last();
        var obstacle = Path.Combine(broken.DataDirectory(Folder), "control");
        await File.WriteAllTextAsync(obstacle, "not a directory");
        using var supervisor = new Supervisor(place, plan, ToolPaths.Find());
        var run = await RunAsync("--detach");
        Assert.True(run.ExitCode == 2, run.All);
        Assert.Contains(broken.DisplayName, run.Errors, StringComparison.Ordinal);
        Assert.Contains(broken.LogFile(Folder), run.Errors, StringComparison.Ordinal);
        Assert.Contains(obstacle, run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(plan.Nodes, supervisor.Processes.IsRunning);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_used_is_an_error_that_names_it()
    {
        Directory.CreateDirectory(Folder);
        var obstacle = Path.Combine(Folder, "log");
        await File.WriteAllTextAsync(obstacle, "not a directory");
        var run = await RunAsync("--gateways", "1", "--targets", "1", "--detach");
        Directory.Delete(Folder, recursive: true);
        Assert.True(run.ExitCode == 2, run.All);
        Assert.StartsWith("playground: ", run.Errors, StringComparison.Ordinal);
        Assert.Contains(obstacle, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nodes_are_killed_started_stopped_and_restarted_by_name_and_delete_leaves_nothing()
    {
        Succeeds(await RunAsync("--gateways", "1", "--targets", "2", "--mountpaths", "2", "--detach"), "3 of 3 healthy");
        var plan = new PlaygroundDirectory(Folder).Load();
        var target = plan.Targets.First();
        Succeeds(await RunAsync("status"), target.DisplayName);
        Succeeds(await RunAsync("kill", target.Id), "killed");
        var status = await RunAsync("status");
        Assert.True(status.ExitCode == 1, status.All);
        Assert.Contains("stopped", Line(status, target.DisplayName), StringComparison.Ordinal);
        var again = await RunAsync("kill", target.DisplayName);
        Assert.True(again.ExitCode == 2, again.All);
        Assert.Contains("is not running", again.Errors, StringComparison.Ordinal);
        Succeeds(await RunAsync("start", target.DisplayName), "is healthy");
        var running = await RunAsync("start", target.DisplayName);
        Assert.True(running.ExitCode == 2, running.All);
        Assert.Contains("runs already", running.Errors, StringComparison.Ordinal);
        Succeeds(await RunAsync("restart", target.Port.ToString(CultureInfo.InvariantCulture)), "is healthy");
        Succeeds(await RunAsync("stop", target.Id), "stopped");
        Succeeds(await RunAsync("start", target.Id), "is healthy");
        var nobody = await RunAsync("kill", "nobody");
        Assert.True(nobody.ExitCode == 2, nobody.All);
        Assert.Contains(target.DisplayName, nobody.Errors, StringComparison.Ordinal);

        Succeeds(await RunAsync("stop"), "the data is kept");
        Succeeds(await RunAsync("--detach"), "3 of 3 healthy");
        using (var supervisor = new Supervisor(new PlaygroundDirectory(Folder), plan, ToolPaths.Find()))
        {
            Assert.All(plan.Nodes, node => Assert.True(supervisor.Processes.IsRunning(node)));
            Succeeds(await RunAsync("stop", "--delete"), "removed");
            Assert.False(Directory.Exists(Folder));
            Assert.Null(Ports.FirstBusy(plan.Nodes.SelectMany(node => node.Ports)));
        }

        var none = await RunAsync("status");
        Assert.True(none.ExitCode == 2, none.All);
        Assert.Contains("there is no playground", none.Errors, StringComparison.Ordinal);
    }

    private static void Succeeds(ProcessRun run, string says)
    {
        Assert.True(run.ExitCode == 0, run.All);
        Assert.Contains(says, run.Output, StringComparison.Ordinal);
    }

    private static string Line(ProcessRun run, string start) => run.Output.Split('\n').Single(line => line.StartsWith(start, StringComparison.Ordinal));

    private Task<ProcessRun> RunAsync(params string[] arguments) => PlaygroundRun.AtAsync(Folder, port, arguments);
}
