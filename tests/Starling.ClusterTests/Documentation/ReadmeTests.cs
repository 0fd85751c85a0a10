using System.Globalization;
using System.Text.RegularExpressions;
using Starling.ClusterTests.Support;
using Xunit;

namespace Starling.ClusterTests.Documentation;

/// <summary>The first block of the README is run as it is printed there; only folder and port are replaced, so that a playground of the user's is left alone.</summary>
public sealed partial class ReadmeTests
{
    private readonly int port = FreePorts.Find(12);

    private string Folder => Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"starling-test-{Environment.ProcessId}-{port}"));

    [Fact]
    public async Task The_first_block_works_as_printed()
    {
        var root = FindRoot();
        var block = FirstConsoleBlock(await File.ReadAllLinesAsync(Path.Combine(root, "README.md")));
        Assert.StartsWith("$ ", block[0], StringComparison.Ordinal);
        var printed = block[1..];
        var tries = printed.SkipWhile(line => line != "Try:").Skip(1).TakeWhile(line => line.StartsWith("  ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(3, tries.Length);
        try
        {
            var start = await ShellAsync(root, block[0][2..] + $" --dir {Folder} --port {port}");
            Assert.True(start.ExitCode == 0, start.All);
            var said = start.Output.TrimEnd().Split('\n').Select(Normalize).ToArray();
            Assert.Equal(printed.Select(Shape), said.Select(Shape));

            var use = await ShellAsync(root, string.Join('\n', ["set -e", .. tries.Select(Localize)]));
            Assert.True(use.ExitCode == 0, use.All);
            Assert.Contains("p[", use.Output, StringComparison.Ordinal);
            Assert.Contains("9 online", use.Output, StringComparison.Ordinal);
            Assert.Contains("\"ais://demo\" created", use.Output, StringComparison.Ordinal);
            foreach (var file in Directory.EnumerateFiles(Path.Combine(root, "docs"), "*", SearchOption.AllDirectories))
            {
                Assert.Contains(Path.GetRelativePath(Path.Combine(root, "docs"), file), use.Output, StringComparison.Ordinal);
            }
        }
        finally
        {
            var stop = await ShellAsync(root, $"./playground --dir {Folder} stop --delete");
            Assert.True(stop.ExitCode == 0, stop.All);
        }

        Assert.False(Directory.Exists(Folder));
    }

    private static string[] FirstConsoleBlock(string[] lines) =>
        [.. lines.SkipWhile(line => !line.StartsWith("```", StringComparison.Ordinal)).Skip(1).TakeWhile(line => !line.StartsWith("```", StringComparison.Ordinal))];

    private static Task<ProcessRun> ShellAsync(string root, string script) => ProcessRun.RunAsync("/bin/bash", ["-c", script], folder: root);

    /// <summary>What the README says, for the folder and the port of this test.</summary>
    private string Localize(string line) => line
        .Replace("$PWD/.playground", Folder, StringComparison.Ordinal)
        .Replace("localhost:8080", string.Create(CultureInfo.InvariantCulture, $"localhost:{port}"), StringComparison.Ordinal);

    private string Normalize(string line) => line
        .Replace(Folder + "/bin", "$PWD/.playground/bin", StringComparison.Ordinal)
        .Replace(Folder, "./.playground", StringComparison.Ordinal)
        .Replace(string.Create(CultureInfo.InvariantCulture, $"localhost:{port}"), "localhost:8080", StringComparison.Ordinal);

    /// <summary>A line without what differs from run to run: times, sizes, the leader's letters.</summary>
    private static string Shape(string line) => Leader().Replace(Size().Replace(Seconds().Replace(line, "N s"), "(N)"), "p[ID]");

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

    [GeneratedRegex(@"\d+(\.\d)? s\b")]
    private static partial Regex Seconds();

    [GeneratedRegex(@"\([\d.]+ [KMG]?i?B\)")]
    private static partial Regex Size();

    [GeneratedRegex(@"p\[\w+\]")]
    private static partial Regex Leader();
}
