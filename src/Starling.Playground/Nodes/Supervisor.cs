using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Starling.Core.Wire;

namespace Starling.Playground.Nodes;

/// <summary>What the nodes of a playground are asked and told as a whole.</summary>
internal sealed class Supervisor : IDisposable
{
    private static readonly string[] MemberMaps = ["pmap", "tmap"];
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromSeconds(5) }) { Timeout = TimeSpan.FromSeconds(5) };

    public Supervisor(PlaygroundDirectory directory, PlaygroundPlan plan, ToolPaths tools)
    {
        Directory = directory;
        Plan = plan;
        Processes = new NodeProcess(directory, plan, tools);
    }

    public PlaygroundDirectory Directory { get; }

    public PlaygroundPlan Plan { get; private set; }

    public NodeProcess Processes { get; }

    /// <summary>The playground has other targets from now on; the plan on the disk says so too.</summary>
    public void Change(PlaygroundPlan plan)
    {
        Directory.Save(plan);
        Plan = plan;
    }

    public void Dispose() => http.Dispose();

    /// <summary>Starts the nodes that do not run and waits until every node of the plan is ready and every gateway sees all of them.</summary>
    /// <exception cref="PlaygroundException">A node ended or did not come up; names it, its last log lines and the log's path.</exception>
    public async Task StartAllAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        foreach (var node in Plan.Nodes.Where(node => !Processes.IsRunning(node)))
        {
            Processes.Start(node);
        }

        await WaitHealthyAsync(timeout, cancellation);
    }

    public Task WaitHealthyAsync(TimeSpan timeout, CancellationToken cancellation) => WaitAsync(FirstUnhealthyAsync, timeout, cancellation);

    public Task WaitReadyAsync(NodePlan node, TimeSpan timeout, CancellationToken cancellation) =>
        WaitAsync(async token => await ReadinessAsync(node, token) is { } reason ? (node, reason) : null, timeout, cancellation);

    public async Task<int> CountHealthyAsync(CancellationToken cancellation)
    {
        var healthy = await Task.WhenAll(Plan.Nodes.Select(async node => await ReadinessAsync(node, cancellation) is null));
        return healthy.Count(ok => ok);
    }

    /// <summary>Display name of the leading gateway as the first gateway that answers sees it; null while there is none.</summary>
    public async Task<NodePlan?> LeaderAsync(CancellationToken cancellation)
    {
        foreach (var gateway in Plan.Gateways)
        {
            if (await SmapAsync(gateway, cancellation) is { } smap && Plan.Find(smap.Primary) is { } leader)
            {
                return leader;
            }
        }

        return null;
    }

    /// <summary>Why a node is not ready, or null when it is.</summary>
    public async Task<string?> ReadinessAsync(NodePlan node, CancellationToken cancellation)
    {
        try
        {
            using var response = await http.GetAsync($"{node.PublicUrl}/v1/health?readiness=true", cancellation);
            return response.IsSuccessStatusCode ? null : $"readiness answers {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellation)}".TrimEnd();
        }
        catch (HttpRequestException e)
        {
            return e.Message;
        }
        catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return "no answer within 5 s";
        }
    }

    /// <summary>Ends every process: first politely, then not.</summary>
    public async Task StopAllAsync(TimeSpan patience, CancellationToken cancellation)
    {
        var running = Plan.Nodes.Where(Processes.IsRunning).ToArray();
        foreach (var node in running)
        {
            Processes.Terminate(node);
        }

        await Task.WhenAll(running.Select(async node =>
        {
            if (!await Processes.WaitForExitAsync(node, patience, cancellation))
            {
                Processes.Kill(node);
                await Processes.WaitForExitAsync(node, TimeSpan.FromSeconds(5), cancellation);
            }
        }));
    }

    public string LogTail(NodePlan node)
    {
        var log = node.LogFile(Directory.Root);
        var lines = File.Exists(log) ? File.ReadLines(log).TakeLast(10).ToArray() : [];
        return $"\nLast lines of {log}:\n  {string.Join("\n  ", lines)}";
    }

    private async Task WaitAsync(Func<CancellationToken, Task<(NodePlan Node, string Reason)?>> firstLate, TimeSpan timeout, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        while (await firstLate(cancellation) is var (node, reason))
        {
            if (!Processes.IsRunning(node))
            {
                throw new PlaygroundException($"{node.DisplayName} ended while starting.{LogTail(node)}");
            }

            if (watch.Elapsed > timeout)
            {
                throw new PlaygroundException(string.Create(CultureInfo.InvariantCulture,
                    $"{node.DisplayName} is not healthy after {timeout.TotalSeconds:0} s: {reason}.{LogTail(node)}"));
            }

            await Task.Delay(100, cancellation);
        }
    }

    private async Task<(NodePlan Node, string Reason)?> FirstUnhealthyAsync(CancellationToken cancellation)
    {
        foreach (var node in Plan.Nodes)
        {
            if (await ReadinessAsync(node, cancellation) is { } reason)
            {
                return (node, reason);
            }
        }

        foreach (var gateway in Plan.Gateways)
        {
            var smap = await SmapAsync(gateway, cancellation);
            if (smap is null || smap.Primary.Length == 0)
            {
                return (gateway, "it sees no leader yet");
            }

            if (Plan.Nodes.FirstOrDefault(node => !smap.Members.Contains(node.Id)) is { } missing)
            {
                return (missing, $"{gateway.DisplayName} does not list it as a member yet");
            }

            if (Plan.Nodes.FirstOrDefault(node => smap.Unplaced.Contains(node.Id)) is { } unplaced && !await HadBucketsAsync(gateway, cancellation))
            {
                return (unplaced, $"to {gateway.DisplayName} it is not part of the placement yet");
            }
        }

        return null;
    }

    private async Task<SmapSummary?> SmapAsync(NodePlan gateway, CancellationToken cancellation)
    {
        try
        {
            using var response = await http.GetAsync($"{gateway.PublicUrl}/v1/daemon?what=smap", cancellation);
            if (!response.IsSuccessStatusCode)
            {
                return null;
            }

            using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellation));
            var primary = json.RootElement.TryGetProperty("proxy_si", out var si) && si.ValueKind == JsonValueKind.Object && si.TryGetProperty("daemon_id", out var id) ? id.GetString() : null;
            var members = MemberMaps
                .Where(map => json.RootElement.TryGetProperty(map, out var value) && value.ValueKind == JsonValueKind.Object)
                .SelectMany(map => json.RootElement.GetProperty(map).EnumerateObject().Select(node => node.Name));
            var unplaced = MemberMaps
                .Where(map => json.RootElement.TryGetProperty(map, out var value) && value.ValueKind == JsonValueKind.Object)
                .SelectMany(map => json.RootElement.GetProperty(map).EnumerateObject())
                .Where(node => node.Value.TryGetProperty("flags", out var flags) && (ulong.Parse(flags.ToString(), CultureInfo.InvariantCulture) & SnodeWire.Maintenance) != 0)
                .Select(node => node.Name);
            return new SmapSummary(primary ?? string.Empty, members.ToHashSet(StringComparer.Ordinal), unplaced.ToHashSet(StringComparer.Ordinal));
        }
        catch (HttpRequestException)
        {
            // Not reachable yet: the caller asks again until its deadline.
            return null;
        }
        catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Whether a bucket was ever created. Until then targets become part of the placement by themselves, and a first bucket has to wait for all of them.</summary>
    private async Task<bool> HadBucketsAsync(NodePlan gateway, CancellationToken cancellation)
    {
        using var response = await http.GetAsync($"{gateway.PublicUrl}/v1/daemon?what=bmd", cancellation);
        if (!response.IsSuccessStatusCode)
        {
            return false;
        }

        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellation));
        return long.Parse(json.RootElement.GetProperty("version").ToString(), CultureInfo.InvariantCulture) > 1;
    }

    private sealed record SmapSummary(string Primary, HashSet<string> Members, HashSet<string> Unplaced);
}
