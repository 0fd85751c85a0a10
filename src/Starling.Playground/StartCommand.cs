using System.Diagnostics;
using System.Globalization;
using Starling.Playground.Nodes;

namespace Starling.Playground;

/// <summary>How large the playground is and where it listens.</summary>
internal sealed record StartRequest(int Port, int Gateways, int Targets, int Mountpaths, bool Detach);

/// <summary>Starts a playground, or the nodes of an existing one that do not run, and says how to use it.</summary>
internal static class StartCommand
{
    private static readonly TimeSpan HealthTimeout = TimeSpan.FromSeconds(90);

    public static async Task<int> RunAsync(PlaygroundDirectory directory, StartRequest request, TextWriter output, CancellationToken cancellation)
    {
        using var supervisor = await StartAsync(directory, request, output, cancellation);
        await PrintUsageAsync(supervisor, output);
        if (request.Detach)
        {
            return 0;
        }

        await output.WriteLineAsync("Ctrl-C stops the nodes and keeps the data.");
        try
        {
            await Task.Delay(Timeout.Infinite, cancellation);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how this command ends.
        }

        await supervisor.StopAllAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
        await output.WriteLineAsync("All nodes stopped.");
        return 0;
    }

    /// <summary>Starts everything and returns when it is healthy; on failure nothing is left running.</summary>
    public static async Task<Supervisor> StartAsync(PlaygroundDirectory directory, StartRequest request, TextWriter output, CancellationToken cancellation)
    {
        var tools = ToolPaths.Find();
        var plan = directory.Exists
            ? directory.Load()
            : PlaygroundPlan.Create(request.Gateways, request.Targets, request.Mountpaths, request.Port, new Random());
        var supervisor = new Supervisor(directory, plan, tools);
        RefuseBusyPorts(supervisor);
        directory.Save(plan);
        directory.WriteTools(tools);

        var label = string.Create(CultureInfo.InvariantCulture, $"Starting {plan.Gateways.Count()} gateways, {plan.Targets.Count()} targets ");
        await output.WriteAsync(label.PadRight(33, '.') + " ");
        await output.FlushAsync(cancellation);
        var watch = Stopwatch.StartNew();
        try
        {
            await supervisor.StartAllAsync(HealthTimeout, cancellation);
            var healthy = await supervisor.CountHealthyAsync(cancellation);
            var leader = await supervisor.LeaderAsync(cancellation);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{healthy} of {plan.Nodes.Count} healthy ({watch.Elapsed.TotalSeconds:0.0} s)   leader {leader?.DisplayName ?? "none"}"));
            return supervisor;
        }
        catch (Exception)
        {
            await output.WriteLineAsync("failed");
            await supervisor.StopAllAsync(TimeSpan.FromSeconds(5), CancellationToken.None);
            supervisor.Dispose();
            throw;
        }
    }

    private static void RefuseBusyPorts(Supervisor supervisor)
    {
        var idle = supervisor.Plan.Nodes.Where(node => !supervisor.Processes.IsRunning(node));
        if (Ports.FirstBusy(idle.SelectMany(node => node.Ports)) is { } busy)
        {
            var existing = supervisor.Directory.Exists;
            throw new PlaygroundException(string.Create(CultureInfo.InvariantCulture,
                $"port {busy} is in use by another program ('ss -ltnp sport = :{busy}' shows which): stop it, or {(existing ? "remove this playground with './playground stop --delete' and start one with another --port" : "choose another first port with --port")}"));
        }
    }

    private static async Task PrintUsageAsync(Supervisor supervisor, TextWriter output)
    {
        var endpoint = supervisor.Plan.Gateways.First().PublicUrl;
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, supervisor.Directory.Root);
        var shown = relative.StartsWith("..", StringComparison.Ordinal) ? supervisor.Directory.Root : "./" + relative;
        var bin = relative.StartsWith("..", StringComparison.Ordinal) ? supervisor.Directory.Bin : $"$PWD/{relative}/bin";
        await output.WriteLineAsync($"Endpoint   {endpoint}      Data  {shown} ({FormatSize(supervisor.Directory.SizeBytes())})");
        await output.WriteLineAsync("Try:");
        await output.WriteLineAsync($"  export AIS_ENDPOINT={endpoint} PATH=\"{bin}:$PATH\"");
        await output.WriteLineAsync("  ais show cluster");
        await output.WriteLineAsync("  ais create ais://demo && ais put ./docs ais://demo --recursive --yes && ais ls ais://demo");
        await output.WriteLineAsync("Stop: ./playground stop   Remove all: ./playground stop --delete   Story: ./playground --tour");
    }

    internal static string FormatSize(long sizeBytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double value = sizeBytes;
        var unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }
}
