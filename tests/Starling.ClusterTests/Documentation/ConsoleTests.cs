using System.Text.RegularExpressions;
using Starling.ClusterTests.Support;
using Xunit;

namespace Starling.ClusterTests.Documentation;

/// <summary>Every console block of a page is typed into a cluster whose nodes have the names of the page; what comes must look as it is printed there.</summary>
public sealed partial class ConsoleTests
{
    private const string Question = "[Y/N]: ";
    private const string Tab = " <TAB-TAB>";

    [Fact]
    [Trait("Length", "Long")]
    public async Task Nodes_leave_and_come_back_on_the_console_as_printed()
    {
        string[] names = ["qWmp8080", "saLt8081", "lJjt8082", "yCut8083", "pAXt8084", "nZDt8085", "kOHt8086"];
        await using var playground = await TestPlayground.StartAsync(gateways: 1, targets: 6, names: names);

        // The disks of all these targets are one, of which each of them reports the use of all; a full one must not fail this test.
        var watermarks = await playground.AisAsync("config", "cluster", "space.highwm=99", "space.out_of_space=100");
        Assert.True(watermarks.ExitCode == 0, watermarks.All);
        await TypeAsync(playground, Path.Combine("docs", "operations", "console.md"));
    }

    private static async Task TypeAsync(TestPlayground playground, string page)
    {
        var steps = ConsolePage.Read(await File.ReadAllLinesAsync(Path.Combine(FindRoot(), page)));
        Assert.NotEmpty(steps);
        string[] setup = [$"ais() {{ dotnet exec {playground.Tools.Cli} \"$@\"; }}", $"aisloader() {{ dotnet exec {playground.Tools.Loader} \"$@\"; }}", "source <(ais completion bash)"];
        var root = playground.Directory.Root;
        var folder = Directory.CreateDirectory(Path.Combine(root, "user")).FullName;
        var environment = new Dictionary<string, string> { ["AIS_ENDPOINT"] = playground.Gateways[0].PublicUrl, ["HOME"] = root };
        await using var terminal = await TerminalSession.StartAsync(folder, Path.Combine(root, "shell"), setup, environment);
        var told = new List<string>();
        var ids = new Dictionary<string, string>();
        long? listed = null;
        foreach (var step in steps)
        {
            var said = await RunAsync(playground, terminal, step with { Command = ConsolePage.WithIds(step.Command, ids) });
            var lines = Lines(said);
            told.Add($"$ {step.Command}\n{string.Join('\n', lines)}");
            var difference = ConsolePage.Difference([.. step.Printed.Where(line => line.Length > 0)], lines);
            Assert.True(difference is null, $"'{step.Command}': {difference}\n\n{string.Join("\n", told)}");
            Colours(step.Command, said);
            foreach (var (onPage, here) in ConsolePage.Started(step.Printed).Zip(ConsolePage.Started(lines)))
            {
                Assert.True(ids.TryAdd(onPage, here), $"the page starts {onPage} twice");
            }

            if (ConsolePage.Listed(string.Join('\n', lines)) is { } count)
            {
                // Nobody writes after the load: whatever happens to nodes, the number of names stays.
                Assert.True(count > 0 && (listed ?? count) == count, $"{listed} names became {count}\n{string.Join("\n", told)}");
                listed = count;
            }
        }
    }

    private static async Task<string> RunAsync(TestPlayground playground, TerminalSession terminal, ConsoleStep step)
    {
        if (step.Command.Split(' ') is ["./playground", "start", var name])
        {
            var node = playground.Plan.Find(name)!;
            await TestPlayground.UntilAsync(() => Task.FromResult(!playground.Supervisor.Processes.IsRunning(node)), $"{name} to stop by itself");
            playground.Start(node);
            await playground.ReadyAsync(node);
            return string.Empty;
        }

        if (step.Command.EndsWith(Tab, StringComparison.Ordinal))
        {
            return await terminal.CompleteAsync(step.Command[..^(Tab.Length - 1)]);
        }

        await terminal.TypeAsync(step.Command);
        for (var i = 0; i < step.Printed.Length; i++)
        {
            var line = step.Printed[i];
            if (line == ConsolePage.Interrupted)
            {
                string[] before = [.. step.Printed[..i].Where(line => line.Length > 0), ConsolePage.Anything];
                await terminal.ReadAsync(() => ConsolePage.Difference(before, Lines(terminal.Seen)) is null, $"what stands before Ctrl-C after '{step.Command}'");
                await terminal.SendAsync(TerminalSession.Interrupt);
            }
            else if (line.IndexOf(Question, StringComparison.Ordinal) is >= 0 and var at)
            {
                await terminal.ReadAsync(() => TerminalSession.Plain(terminal.Seen).EndsWith(Question, StringComparison.Ordinal), $"a question after '{step.Command}'");
                await terminal.SendAsync(line[(at + Question.Length)..] + "\r");
            }
        }

        return (await terminal.EndAsync()).Said;
    }

    /// <summary>What is seen, line by line; what comes after Ctrl-C in its line stands in a line of its own.</summary>
    private static string[] Lines(string said) =>
        [.. TerminalSession.Plain(said).Replace(ConsolePage.Interrupted, $"{ConsolePage.Interrupted}\n", StringComparison.Ordinal).Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];

    /// <summary>What the page says of colours: red while data has to leave a node, not red when it may be switched off.</summary>
    private static void Colours(string command, string said)
    {
        if (!command.StartsWith("ais show cluster", StringComparison.Ordinal))
        {
            return;
        }

        // A table that is repeated shows how it begins and ends too: red before the node says that its data moves, and until it is on record that nothing is left.
        var isRepeated = command.Contains("--refresh", StringComparison.Ordinal);
        foreach (var line in said.Split('\n').Where(line => line.Contains("t[", StringComparison.Ordinal) && line.Contains("[x]", StringComparison.Ordinal)))
        {
            var (isRunning, isRed) = (line.Contains("running(", StringComparison.Ordinal), RedState().IsMatch(line));
            Assert.True(isRed == isRunning || (isRed && isRepeated), $"'{command}': {line}");
        }
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

    [GeneratedRegex("\u001b\\[91m(maintenance|decommission)")]
    private static partial Regex RedState();
}
