using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Starling.Playground.Nodes;

/// <summary>Starts, watches and ends the process of one node. A process is known by pid and start time, so that a reused pid is never touched.</summary>
internal sealed partial class NodeProcess(PlaygroundDirectory directory, PlaygroundPlan plan, ToolPaths tools)
{
    public const int SigTerm = 15;
    public const int SigStop = 19;
    private const int SigKill = 9;

    /// <summary>Changes the command line of a node before it is started, for tests; null: none.</summary>
    public Func<NodePlan, IEnumerable<string>, IEnumerable<string>>? Adjust { get; set; }

    public bool IsRunning(NodePlan node) => ReadPid(node) is not null;

    /// <summary>The pid of the node's running process, or null.</summary>
    public int? ReadPid(NodePlan node)
    {
        var file = node.PidFile(directory.Root);
        if (!File.Exists(file))
        {
            return null;
        }

        var parts = File.ReadAllText(file).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return parts.Length == 2 && int.TryParse(parts[0], CultureInfo.InvariantCulture, out var pid) && StartTime(pid) == parts[1] ? pid : null;
    }

    public void Start(NodePlan node)
    {
        var log = node.LogFile(directory.Root);

        // The shell redirects and then becomes the node; setsid keeps the terminal's Ctrl-C and hang-up away from it.
        var info = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        info.ArgumentList.Add("-c");
        info.ArgumentList.Add("exec >>\"$0\" 2>&1 </dev/null; if command -v setsid >/dev/null; then exec setsid \"$@\"; else exec \"$@\"; fi");
        info.ArgumentList.Add(log);
        foreach (var argument in Adjust?.Invoke(node, Arguments(node)) ?? Arguments(node))
        {
            info.ArgumentList.Add(argument);
        }

        using var process = Process.Start(info) ?? throw new PlaygroundException($"cannot start {node.DisplayName}");
        var startTime = StartTime(process.Id) ?? throw new PlaygroundException($"{node.DisplayName} ended at once; see {log}");
        File.WriteAllText(node.PidFile(directory.Root), string.Create(CultureInfo.InvariantCulture, $"{process.Id} {startTime}"));
    }

    /// <summary>Asks the process to finish its requests and exit.</summary>
    public bool Terminate(NodePlan node) => Signal(node, SigTerm);

    /// <summary>Ends the process at once, as a crash would.</summary>
    public bool Kill(NodePlan node) => Signal(node, SigKill);

    /// <summary>Waits until the process is gone.</summary>
    public async Task<bool> WaitForExitAsync(NodePlan node, TimeSpan timeout, CancellationToken cancellation)
    {
        var deadline = Stopwatch.GetTimestamp() + (long)(timeout.TotalSeconds * Stopwatch.Frequency);
        while (IsRunning(node))
        {
            if (Stopwatch.GetTimestamp() > deadline)
            {
                return false;
            }

            await Task.Delay(20, cancellation);
        }

        return true;
    }

    private IEnumerable<string> Arguments(NodePlan node)
    {
        var gateways = plan.Gateways.ToArray();
        yield return "dotnet";
        yield return "exec";
        yield return tools.Node;
        foreach (var (name, value) in new[]
        {
            ("--role", node.RoleName), ("--id", node.Id), ("--data", node.DataDirectory(directory.Root)),
            ("--public", Address(node.Port)), ("--control", Address(node.Port + NodePlan.ControlOffset)), ("--data-net", Address(node.Port + NodePlan.DataOffset)),
            ("--secret-file", directory.SecretFile),
        })
        {
            yield return name;
            yield return value;
        }

        foreach (var gateway in gateways.Where(gateway => gateway.Id != node.Id))
        {
            yield return "--join";
            yield return gateway.ControlUrl;
        }

        if (node.Role == NodeRole.Gateway)
        {
            yield return "--bootstrap-expect";
            yield return gateways.Length.ToString(CultureInfo.InvariantCulture);
            yield break;
        }

        for (var i = 1; i <= plan.MountpathsPerTarget; i++)
        {
            yield return "--mountpath";
            yield return node.Mountpath(directory.Root, i);
        }

        yield return "--dev-shared-filesystem";
    }

    private static string Address(int port) => string.Create(CultureInfo.InvariantCulture, $"localhost:{port}");

    private bool Signal(NodePlan node, int signal) => ReadPid(node) is { } pid && Signal(pid, signal);

    /// <summary>Sends a signal; false when there is no such process.</summary>
    public static bool Signal(int pid, int signal) => KillProcess(pid, signal) == 0;

    private static string? StartTime(int pid) => ReadStat(pid) is { } stat && stat[0] != "Z" ? stat[19] : null;

    /// <summary>The fields of /proc/PID/stat from the third (state) on; the second, the name, may hold blanks and is skipped.</summary>
    public static string[]? ReadStat(int pid)
    {
        try
        {
            var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            // The process is gone: that is the answer.
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillProcess(int pid, int signal);
}
