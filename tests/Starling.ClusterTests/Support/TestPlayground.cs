using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Starling.Playground.Nodes;
using Starling.Playground.Tour;

namespace Starling.ClusterTests.Support;

/// <summary>A cluster of real processes in a folder of its own; disposing it ends every process and removes the folder.</summary>
internal sealed class TestPlayground : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly List<(NodeProcess Processes, NodePlan Node)> extra = [];
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(20) };

    public TestPlayground(int gateways, int targets, int mountpaths = 1, string[]? names = null)
    {
        Port = FreePorts.Find(gateways + targets + Spare);
        Directory = new PlaygroundDirectory(Path.Combine(Path.GetTempPath(), $"starling-test-{Environment.ProcessId}-{Port}"));
        Plan = PlaygroundPlan.Create(gateways, targets, mountpaths, Port, new Random(Port));
        Plan = Plan with { Nodes = [.. Plan.Nodes.Select((node, i) => node with { Id = names?[i] ?? node.Id })] };
        Directory.Save(Plan);
        Tools = ToolPaths.Find();
        Supervisor = new Supervisor(Directory, Plan, Tools);
    }

    /// <summary>Ports kept free above the plan's own, for nodes that a test adds.</summary>
    public const int Spare = 3;

    public int Port { get; }

    public PlaygroundDirectory Directory { get; }

    public PlaygroundPlan Plan { get; }

    public ToolPaths Tools { get; }

    public Supervisor Supervisor { get; }

    public NodePlan[] Gateways => [.. Plan.Gateways];

    public NodePlan[] Targets => [.. Plan.Targets];

    /// <param name="gateways">How many.</param>
    /// <param name="targets">How many.</param>
    /// <param name="mountpaths">Of each target.</param>
    /// <param name="names">Ids of the nodes, gateways first; null: any.</param>
    public static async Task<TestPlayground> StartAsync(int gateways, int targets, int mountpaths = 1, string[]? names = null)
    {
        var playground = new TestPlayground(gateways, targets, mountpaths, names);
        try
        {
            await playground.Supervisor.StartAllAsync(Patience, CancellationToken.None);
            return playground;
        }
        catch
        {
            await playground.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Plan.Nodes)
        {
            Supervisor.Processes.Kill(node);
        }

        foreach (var node in Plan.Nodes)
        {
            await Supervisor.Processes.WaitForExitAsync(node, TimeSpan.FromSeconds(10), CancellationToken.None);
        }

        foreach (var (processes, node) in extra)
        {
            processes.Kill(node);
            await processes.WaitForExitAsync(node, TimeSpan.FromSeconds(10), CancellationToken.None);
        }

        Supervisor.Dispose();
        http.Dispose();
        Directory.Delete();
    }

    /// <summary>Prepares a node that is not of the plan, in a folder of its own below the playground's; once started it is ended with the rest.</summary>
    /// <param name="node">Id, role and port; the id may be that of a node of the plan.</param>
    /// <param name="dataOf">A stopped node whose disk it starts with, byte by byte; null: empty directories.</param>
    public NodeProcess PrepareExtra(NodePlan node, NodePlan? dataOf = null)
    {
        var folder = new PlaygroundDirectory(Path.Combine(Directory.Root, "extra", node.Port.ToString(CultureInfo.InvariantCulture)));
        folder.Save(Plan with { Nodes = [node] });
        File.Copy(Directory.SecretFile, folder.SecretFile, overwrite: true);
        if (dataOf is not null)
        {
            CopyTree(dataOf.DataDirectory(Directory.Root), node.DataDirectory(folder.Root));
            for (var i = 1; node.Role == NodeRole.Target && i <= Plan.MountpathsPerTarget; i++)
            {
                CopyTree(dataOf.Mountpath(Directory.Root, i), node.Mountpath(folder.Root, i));
            }
        }

        var processes = new NodeProcess(folder, Plan, Tools);
        extra.Add((processes, node));
        return processes;
    }

    /// <summary>Why a node is not ready; empty when it is.</summary>
    public async Task<string> ReasonAsync(NodePlan node) => await Supervisor.ReadinessAsync(node, CancellationToken.None) ?? string.Empty;

    /// <summary>What an extra node said last, for messages of failing tests.</summary>
    public string TailOfExtra(NodePlan node)
    {
        var log = node.LogFile(Path.Combine(Directory.Root, "extra", node.Port.ToString(CultureInfo.InvariantCulture)));
        return File.Exists(log) ? string.Join("\n", File.ReadLines(log).TakeLast(10)) : "nothing";
    }

    /// <summary>The present value of a gauge of a node.</summary>
    public async Task<double> MetricAsync(NodePlan node, string name)
    {
        var text = await http.GetStringAsync($"{node.PublicUrl}/metrics");
        var line = text.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is ' ' or '{')
            ?? throw new InvalidOperationException($"{node.DisplayName} has no metric {name}");
        return double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture);
    }

    /// <summary>A port of this cluster's range that no node of the plan uses.</summary>
    public int SparePort(int number) => Port + Plan.Nodes.Count + number;

    private static void CopyTree(string from, string to)
    {
        // cp keeps extended attributes, in which a target keeps what it knows of its objects and of the disk.
        using var copy = Process.Start("cp", ["-a", from + "/.", to]);
        if (!copy.WaitForExit(TimeSpan.FromSeconds(30)) || copy.ExitCode != 0)
        {
            throw new InvalidOperationException($"cannot copy {from} to {to}");
        }
    }

    public async Task KillAsync(params NodePlan[] nodes)
    {
        foreach (var node in nodes)
        {
            Supervisor.Processes.Kill(node);
        }

        foreach (var node in nodes)
        {
            await UntilAsync(() => Task.FromResult(!Supervisor.Processes.IsRunning(node)), $"{node.DisplayName} to be gone");
        }
    }

    public async Task TerminateAsync(NodePlan node)
    {
        Supervisor.Processes.Terminate(node);
        await UntilAsync(() => Task.FromResult(!Supervisor.Processes.IsRunning(node)), $"{node.DisplayName} to end after SIGTERM");
    }

    public void Start(params NodePlan[] nodes)
    {
        foreach (var node in nodes)
        {
            Supervisor.Processes.Start(node);
        }
    }

    /// <summary>Waits until a node is ready.</summary>
    /// <param name="node">The node.</param>
    /// <param name="running">Whether it is one of the plan, whose end ends the wait.</param>
    public Task ReadyAsync(NodePlan node, bool running = true) => running
        ? Supervisor.WaitReadyAsync(node, Patience, CancellationToken.None)
        : UntilAsync(async () => (await ReasonAsync(node)).Length == 0, $"{node.DisplayName} to be ready", said: () => TailOfExtra(node));

    public Task HealthyAsync() => Supervisor.WaitHealthyAsync(Patience, CancellationToken.None);

    public async Task<NodePlan> LeaderAsync()
    {
        NodePlan? leader = null;
        await UntilAsync(async () => (leader = await Supervisor.LeaderAsync(CancellationToken.None)) is not null && Supervisor.Processes.IsRunning(leader), "a leader that runs");
        return leader!;
    }

    /// <summary>Takes what a node has on its disk besides its mountpaths.</summary>
    public void Wipe(NodePlan node)
    {
        var data = node.DataDirectory(Directory.Root);
        System.IO.Directory.Delete(data, recursive: true);
        System.IO.Directory.CreateDirectory(data);
    }

    public async Task<JsonElement> SmapAsync(NodePlan node)
    {
        using var json = JsonDocument.Parse(await http.GetStringAsync($"{node.PublicUrl}/v1/daemon?what=smap"));
        return json.RootElement.Clone();
    }

    /// <summary>Id of the cluster as a node knows it; empty while it knows none.</summary>
    public async Task<string> ClusterIdAsync(NodePlan node)
    {
        using var response = await http.GetAsync($"{node.PublicUrl}/v1/daemon?what=smap");
        if (!response.IsSuccessStatusCode)
        {
            return string.Empty;
        }

        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("uuid").GetString() ?? string.Empty;
    }

    public async Task<(HttpStatusCode Status, string Text)> CreateBucketAsync(NodePlan gateway, string bucket)
    {
        using var body = new StringContent("""{"action":"create-bck","name":"","value":null}""", Encoding.UTF8, "application/json");
        using var response = await http.PostAsync($"{gateway.PublicUrl}/v1/buckets/{bucket}?provider=ais", body);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task<string[]> BucketsAsync(NodePlan gateway)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{gateway.PublicUrl}/v1/buckets?provider=ais")
        {
            Content = new StringContent("""{"action":"list","name":"","value":null}""", Encoding.UTF8, "application/json"),
        };
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{gateway.DisplayName} answered {(int)response.StatusCode} to the list of buckets: {text}");
        }

        using var json = JsonDocument.Parse(text);
        return [.. json.RootElement.EnumerateArray().Select(bucket => bucket.GetProperty("name").GetString()!).Order(StringComparer.Ordinal)];
    }

    public Task<HttpResponseMessage> GetAsync(string url) => http.GetAsync(url);

    /// <summary>A client that knows all gateways, as the tour's.</summary>
    public TourClient Client(Outages outages) => new(Plan, outages);

    public Task<ProcessRun> AisAsync(params string[] arguments) => ToolAsync(Tools.Cli, arguments);

    public Task<ProcessRun> LoaderAsync(params string[] arguments) => ToolAsync(Tools.Loader, arguments);

    public Task<ProcessRun> NodeAsync(params string[] arguments) => ToolAsync(Tools.Node, arguments);

    /// <summary>Waits for a condition; says after a minute what it waited for.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what, TimeSpan? patience = null, Func<string>? said = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > (patience ?? Patience))
            {
                throw new TimeoutException($"waited {watch.Elapsed.TotalSeconds:0} s in vain for {what}{(said is null ? string.Empty : "; it said last:\n" + said())}");
            }

            await Task.Delay(50);
        }
    }

    /// <summary>As <see cref="UntilAsync"/>; a node that cannot be reached yet counts as "not yet".</summary>
    public static Task UntilReachedAsync(Func<Task<bool>> condition, string what, TimeSpan? patience = null, Func<string>? said = null) => UntilAsync(
        async () =>
        {
            try
            {
                return await condition();
            }
            catch (HttpRequestException)
            {
                return false;
            }
        },
        what,
        patience,
        said);

    private Task<ProcessRun> ToolAsync(string tool, string[] arguments) =>
        ProcessRun.RunAsync("dotnet", ["exec", tool, .. arguments], new Dictionary<string, string> { ["AIS_ENDPOINT"] = Gateways[0].PublicUrl, ["HOME"] = Directory.Root });
}
