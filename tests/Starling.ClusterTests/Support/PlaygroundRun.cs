using System.Globalization;
using Starling.Playground.Nodes;

namespace Starling.ClusterTests.Support;

/// <summary>Runs the playground's own program as <c>./playground</c> does after its build.</summary>
internal static class PlaygroundRun
{
    public static string Program { get; } = Path.Combine(
        Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(ToolPaths.Find().Node)))!, "Starling.Playground", new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Name, "playground.dll");

    public static Task<ProcessRun> AtAsync(string folder, int port, params string[] arguments) =>
        ProcessRun.RunAsync("dotnet", ["exec", Program, "--dir", folder, "--port", port.ToString(CultureInfo.InvariantCulture), .. arguments]);

    /// <summary>Runs with a folder and ports of its own; whatever happens, nothing is left running and nothing on the disk.</summary>
    public static async Task<ProcessRun> RunAsync(string[] arguments)
    {
        var port = FreePorts.Find(12);
        var folder = Path.Combine(Path.GetTempPath(), $"starling-test-{Environment.ProcessId}-{port}");
        try
        {
            return await AtAsync(folder, port, arguments);
        }
        finally
        {
            await RemoveAsync(folder, port);
        }
    }

    public static async Task RemoveAsync(string folder, int port)
    {
        if (Directory.Exists(folder))
        {
            await AtAsync(folder, port, "stop", "--delete");
        }
    }
}
