using System.Globalization;
using Starling.Playground.Nodes;

namespace Starling.Playground;

/// <summary>What can be done to a playground that exists.</summary>
internal static class NodeCommands
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static async Task<int> StatusAsync(Supervisor supervisor, TextWriter output, CancellationToken cancellation)
    {
        using var _ = supervisor;
        var leader = await supervisor.LeaderAsync(cancellation);
        await output.WriteLineAsync($"{"NODE",-16} {"ROLE",-8} {"URL",-24} {"PID",-8} STATE");
        var unhealthy = 0;
        foreach (var node in supervisor.Plan.Nodes)
        {
            var pid = supervisor.Processes.ReadPid(node);
            var reason = pid is null ? "stopped" : await supervisor.ReadinessAsync(node, cancellation);
            unhealthy += reason is null ? 0 : 1;
            var state = (reason ?? "healthy") + (node == leader ? ", leader" : string.Empty);
            await output.WriteLineAsync($"{node.DisplayName,-16} {node.RoleName,-8} {node.PublicUrl,-24} {pid?.ToString(CultureInfo.InvariantCulture) ?? "-",-8} {state}");
        }

        return unhealthy == 0 ? 0 : 1;
    }

    public static async Task<int> StopAsync(Supervisor supervisor, string? name, bool delete, TextWriter output, CancellationToken cancellation)
    {
        using var _ = supervisor;
        if (name is not null)
        {
            if (delete)
            {
                throw new PlaygroundException("--delete removes the whole playground: leave NODE out");
            }

            return await StopOneAsync(supervisor, Find(supervisor, name), output, cancellation);
        }

        await supervisor.StopAllAsync(Patience, cancellation);
        if (delete)
        {
            supervisor.Directory.Delete();
        }

        await output.WriteLineAsync(delete ? $"All nodes stopped, {supervisor.Directory.Root} removed." : "All nodes stopped; the data is kept.");
        return 0;
    }

    public static async Task<int> KillAsync(Supervisor supervisor, string name, TextWriter output, CancellationToken cancellation)
    {
        using var _ = supervisor;
        var node = Find(supervisor, name);
        if (!supervisor.Processes.Kill(node))
        {
            throw new PlaygroundException($"{node.DisplayName} is not running");
        }

        await supervisor.Processes.WaitForExitAsync(node, Patience, cancellation);
        await output.WriteLineAsync($"{node.DisplayName} killed.");
        return 0;
    }

    public static async Task<int> StartAsync(Supervisor supervisor, string name, TextWriter output, CancellationToken cancellation)
    {
        using var _ = supervisor;
        var node = Find(supervisor, name);
        if (supervisor.Processes.IsRunning(node))
        {
            throw new PlaygroundException($"{node.DisplayName} runs already");
        }

        supervisor.Processes.Start(node);
        return await WaitReadyAsync(supervisor, node, output, cancellation);
    }

    public static async Task<int> RestartAsync(Supervisor supervisor, string name, TextWriter output, CancellationToken cancellation)
    {
        using var _ = supervisor;
        var node = Find(supervisor, name);
        if (supervisor.Processes.IsRunning(node))
        {
            await StopOneAsync(supervisor, node, output, cancellation);
        }

        supervisor.Processes.Start(node);
        return await WaitReadyAsync(supervisor, node, output, cancellation);
    }

    private static async Task<int> StopOneAsync(Supervisor supervisor, NodePlan node, TextWriter output, CancellationToken cancellation)
    {
        if (!supervisor.Processes.Terminate(node))
        {
            throw new PlaygroundException($"{node.DisplayName} is not running");
        }

        if (!await supervisor.Processes.WaitForExitAsync(node, Patience, cancellation))
        {
            throw new PlaygroundException($"{node.DisplayName} did not exit within {Patience.TotalSeconds:0} s; './playground kill {node.Id}' ends it.{supervisor.LogTail(node)}");
        }

        await output.WriteLineAsync($"{node.DisplayName} stopped.");
        return 0;
    }

    private static async Task<int> WaitReadyAsync(Supervisor supervisor, NodePlan node, TextWriter output, CancellationToken cancellation)
    {
        await supervisor.WaitReadyAsync(node, TimeSpan.FromSeconds(60), cancellation);
        await output.WriteLineAsync($"{node.DisplayName} is healthy.");
        return 0;
    }

    private static NodePlan Find(Supervisor supervisor, string name) => supervisor.Plan.Find(name)
        ?? throw new PlaygroundException($"there is no node \"{name}\"; there are {string.Join(", ", supervisor.Plan.Nodes.Select(node => node.DisplayName))}");
}
