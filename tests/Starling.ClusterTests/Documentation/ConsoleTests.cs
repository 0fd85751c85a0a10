using System.Text.RegularExpressions;
using Starling.ClusterTests.Support;
using Xunit;

namespace Starling.ClusterTests.Documentation;

/// <summary>Every console block of a page is typed into a cluster whose nodes have the names of the page; what comes must look as it is printed there.</summary>
public sealed partial class ConsoleTests
{
    private static readonly string[] Lifecycle = ["start-maintenance", "stop-maintenance", "shutdown", "decommission"];

    [Fact]
    [Trait("Length", "Long")]
    public async Task Nodes_leave_and_come_back_on_the_console_as_printed()
    {
        string[] names = ["qWmp8080", "saLt8081", "lJjt8082", "yCut8083", "pAXt8084", "nZDt8085", "kOHt8086"];
        await using var playground = await TestPlayground.StartAsync(gateways: 1, targets: 6, names: names);
        await TypeAsync(playground, Path.Combine("docs", "operations", "console.md"));
    }

    private static async Task TypeAsync(TestPlayground playground, string page)
    {
        var steps = ConsolePage.Read(await File.ReadAllLinesAsync(Path.Combine(FindRoot(), page)));
        Assert.NotEmpty(steps);
        var told = new List<string>();
        var last = 0;
        long? listed = null;
        foreach (var step in steps)
        {
            if (step.Command == "echo $?")
            {
                Assert.True(Assert.Single(step.Printed) == last.ToString(System.Globalization.CultureInfo.InvariantCulture), $"the last command ended with {last}\n{string.Join("\n", told)}");
                continue;
            }

            var (code, output, errors) = await RunAsync(playground, step.Command);
            last = code;
            told.Add($"$ {step.Command}\n{output}{errors}({code})");
            Colours(step.Command, output);
            var said = Escape().Replace(output, string.Empty).TrimEnd().Split('\n').Where(line => line.Length > 0);
            var aside = step.Printed.Where(line => line.StartsWith("Warning:", StringComparison.Ordinal)).ToArray();
            var difference = ConsolePage.Difference([.. step.Printed.Where(line => line.Length > 0 && !aside.Contains(line))], [.. said]);
            Assert.True(difference is null, $"'{step.Command}': {difference}\n\n{string.Join("\n", told)}");
            Assert.All(aside, line => Assert.Contains(line, errors, StringComparison.Ordinal));
            if (ConsolePage.Listed(output) is { } count)
            {
                // Nobody writes after the load: whatever happens to nodes, the number of names stays.
                Assert.True(count > 0 && (listed ?? count) == count, $"{listed} names became {count}\n{string.Join("\n", told)}");
                listed = count;
            }
        }
    }

    /// <summary>What the page says of colours: red while data has to leave a node, not red when it may be switched off.</summary>
    private static void Colours(string command, string output)
    {
        if (!IsTable(command))
        {
            return;
        }

        foreach (var line in output.Split('\n').Where(line => line.Contains("[x]", StringComparison.Ordinal)))
        {
            Assert.Equal(line.Contains("running(", StringComparison.Ordinal), RedState().IsMatch(line));
        }
    }

    private static bool IsTable(string command) => command.StartsWith("ais show cluster", StringComparison.Ordinal);

    private static async Task<(int Code, string Output, string Errors)> RunAsync(TestPlayground playground, string command)
    {
        var words = ConsolePage.Words(command);
        if (words is ["./playground", "start", var name])
        {
            var node = playground.Plan.Find(name)!;
            await TestPlayground.UntilAsync(() => Task.FromResult(!playground.Supervisor.Processes.IsRunning(node)), $"{name} to stop by itself");
            playground.Start(node);
            await playground.ReadyAsync(node);
            return (0, string.Empty, string.Empty);
        }

        Assert.Contains(words[0], (string[])["ais", "aisloader"]);
        if (IsTable(command))
        {
            words = [.. words, "--color", "always"];
        }
        else if (words.Intersect(Lifecycle).Any())
        {
            // The disks of all these targets are one, of which each of them reports the use of all; a full one must not fail this test.
            words = [.. words, words.Contains("--no-rebalance") ? "--force=capacity,redundancy" : "--force=capacity"];
        }

        var run = words[0] == "ais" ? await playground.AisAsync(words[1..]) : await playground.LoaderAsync(words[1..]);
        return (run.ExitCode, run.Output, run.Errors);
    }

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Starling.slnx")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"no Starling.slnx above {AppContext.BaseDirectory}");
    }

    [GeneratedRegex("\u001b\\[[0-9;]*m")]
    private static partial Regex Escape();

    [GeneratedRegex("\u001b\\[91m(maintenance|decommission)")]
    private static partial Regex RedState();
}
