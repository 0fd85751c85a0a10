using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Starling.Client;
using Starling.Client.Buckets;
using Starling.Core.Names;
using Starling.Playground.Nodes;

namespace Starling.Playground.Bench;

/// <summary>What is measured and for how long.</summary>
internal sealed record BenchOptions(string OutputFile, int Rounds, int SecondsPerRun, int ListedObjects, int Port, string Only);

/// <summary>
/// Measures the system by <c>aisloader</c>: interleaved rounds of nginx, straight to the target, and through the gateway, so that ratios inside one run mean something
/// on a noisy machine.
/// </summary>
internal sealed class BenchCommand(BenchOptions options, ToolPaths tools, TextWriter output, CancellationToken cancellation)
{
    private static readonly Size[] AllSizes = [new("1KiB", 1 << 10, 2_000, 32), new("1MiB", 1 << 20, 200, 8), new("64MiB", 1 << 26, 6, 4)];
    private static readonly string[] Durabilities = ["buffered", "durable"];
    private const int ListingWarmUps = 5;
    private static readonly TimeSpan IdleSettling = TimeSpan.FromSeconds(90);
    private readonly SortedDictionary<string, List<Sample>> samples = new(StringComparer.Ordinal);
    private readonly StringBuilder report = new();

    private Size[] Sizes => options.Only == "get" ? AllSizes[..2] : AllSizes;

    public static async Task<int> RunAsync(BenchOptions options, TextWriter output, CancellationToken cancellation)
    {
        if (!NginxServer.IsInstalled)
        {
            throw new PlaygroundException("nginx is not installed: the comparison needs it ('apt-get install nginx-light')");
        }

        var root = Directory.CreateTempSubdirectory("starling-bench-").FullName;
        try
        {
            await new BenchCommand(options, ToolPaths.Find(), output, cancellation).MeasureAsync(root);
            return 0;
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private async Task MeasureAsync(string root)
    {
        report.AppendLine("# Benchmarks").AppendLine();
        report.AppendLine(CultureInfo.InvariantCulture, $"Written by `./dev bench --rounds {options.Rounds} --seconds {options.SecondsPerRun} --objects {options.ListedObjects}` on {Environment.ProcessorCount} cores, load generator on the same cores.");
        report.AppendLine("The machine is noisy: trust ratios inside a table, not digits. Every figure is the median of interleaved rounds, the spread is lowest to highest.").AppendLine();
        if (options.Only is "" or "get" or "requests" or "listing")
        {
            await CompareAsync(root);
        }

        if (options.Only is "" or "idle")
        {
            await IdleAsync(root);
        }

        await File.WriteAllTextAsync(options.OutputFile, report.ToString(), cancellation);
        await output.WriteLineAsync($"Written to {options.OutputFile}");
    }

    private async Task CompareAsync(string root)
    {
        var directory = new PlaygroundDirectory(Path.Combine(root, "pair"));
        using var cluster = await StartCommand.StartAsync(directory, new StartRequest(options.Port, 1, 1, 2, Detach: true), output, cancellation);
        await using var nginx = NginxServer.Start(Path.Combine(root, "nginx"), options.Port + 500);
        try
        {
            var leader = await cluster.LeaderAsync(cancellation);
            var endpoint = cluster.Plan.Gateways.First().PublicUrl;
            if (options.Only != "listing")
            {
                await RequestsAsync(cluster, nginx, endpoint);
            }

            if (options.Only is "" or "listing")
            {
                await ListingAsync(cluster, endpoint);
            }

            var elected = (await cluster.LeaderAsync(cancellation))?.Id != leader?.Id;
            report.AppendLine(CultureInfo.InvariantCulture, $"Elections during the run: {(elected ? "the leader changed" : "none; the leader stayed")}.").AppendLine();
        }
        finally
        {
            await cluster.StopAllAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
        }
    }

    private async Task RequestsAsync(Supervisor cluster, NginxServer nginx, string endpoint)
    {
        foreach (var size in Sizes)
        {
            await PrepareAsync(cluster, nginx, endpoint, size);
        }

        foreach (var size in Sizes)
        {
            // The runtime compiles what runs often while it runs; nginx was compiled before. This round is not counted.
            await GetRoundAsync(cluster, nginx, endpoint, size);
            await PutsUnlessGetAsync(cluster, nginx, endpoint, size);
        }

        samples.Clear();
        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var size in Sizes)
            {
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"round {round} of {options.Rounds}, {size.Name}"));
                await GetRoundAsync(cluster, nginx, endpoint, size);
                await PutsUnlessGetAsync(cluster, nginx, endpoint, size);
            }
        }

        Tables();
    }

    private Task PutsUnlessGetAsync(Supervisor cluster, NginxServer nginx, string endpoint, Size size) =>
        options.Only == "get" ? Task.CompletedTask : PutRoundAsync(cluster, nginx, endpoint, size);

    private async Task PrepareAsync(Supervisor cluster, NginxServer nginx, string endpoint, Size size)
    {
        await CreateBucketAsync(endpoint, Bucket(size, "get"), "buffered");
        await LoadAsync(cluster, endpoint, ["-bucket=ais://" + Bucket(size, "get"), "-pctput=100", "-duration=5m", $"-maxputs={size.Objects}", "-randomname=false", "-numworkers=4", .. size.Range]);
        nginx.Fill(Bucket(size, "get"), [.. Enumerable.Range(0, size.Objects).Select(LoaderRun.Name)], size.Bytes);
        foreach (var durability in Durabilities)
        {
            await CreateBucketAsync(endpoint, Bucket(size, durability), durability);
        }

        nginx.Fill(Bucket(size, "put"), [], size.Bytes);
    }

    private async Task GetRoundAsync(Supervisor cluster, NginxServer nginx, string endpoint, Size size)
    {
        string[] get = ["-bucket=ais://" + Bucket(size, "get"), "-pctput=0", Duration, size.WorkersFlag];
        await MeasureAsync($"GET {size.Name} 1 nginx, sendfile", NginxUrl(nginx), get, nginx.CpuSeconds);
        await MeasureAsync($"GET {size.Name} 2 straight to the target", endpoint, [.. get, "-direct"], () => Cpu(cluster));
        await MeasureAsync($"GET {size.Name} 3 through the gateway", endpoint, get, () => Cpu(cluster));
    }

    private async Task PutRoundAsync(Supervisor cluster, NginxServer nginx, string endpoint, Size size)
    {
        string[] put = ["-pctput=100", "-skiplist", Duration, size.WorkersFlag, $"-subdir={Guid.NewGuid():N}", .. size.Range];
        await MeasureAsync($"PUT {size.Name} 1 nginx, DAV", NginxUrl(nginx), ["-bucket=ais://" + Bucket(size, "put"), .. put], nginx.CpuSeconds);
        for (var i = 0; i < Durabilities.Length; i++)
        {
            string[] ours = ["-bucket=ais://" + Bucket(size, Durabilities[i]), .. put];
            await MeasureAsync($"PUT {size.Name} {(2 * i) + 2} {Durabilities[i]}, straight to the target", endpoint, [.. ours, "-direct"], () => Cpu(cluster));
            await MeasureAsync($"PUT {size.Name} {(2 * i) + 3} {Durabilities[i]}, through the gateway", endpoint, ours, () => Cpu(cluster));
        }

        if (size.Bytes >= 1 << 20)
        {
            await EmptyAsync(nginx, endpoint, size);
        }
    }

    // What large bodies leave behind would fill the disk in a few rounds. Small ones stay: removing many files slows the file system down for the next to write.
    private async Task EmptyAsync(NginxServer nginx, string endpoint, Size size)
    {
        nginx.Empty(Bucket(size, "put"));
        using var client = new StarlingClient(new StarlingClientOptions { Endpoints = [new Uri(endpoint)] });
        foreach (var durability in Durabilities)
        {
            await client.Buckets.DestroyAsync(BucketName.Parse("ais", null, Bucket(size, durability)), cancellation);
            await CreateBucketAsync(endpoint, Bucket(size, durability), durability);
        }
    }

    private string Duration => string.Create(CultureInfo.InvariantCulture, $"-duration={options.SecondsPerRun}s");

    private static string NginxUrl(NginxServer nginx) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{nginx.Port}");

    private static string Bucket(Size size, string purpose) => $"bench-{size.Name.ToLowerInvariant()}-{purpose}";

    private static double Cpu(Supervisor cluster) => cluster.Plan.Nodes.Sum(node => cluster.Processes.ReadPid(node) is { } pid ? ProcessFacts.CpuSeconds(pid) : 0);

    private async Task MeasureAsync(string row, string endpoint, string[] arguments, Func<double> serverCpu)
    {
        var sample = await LoaderRun.RunAsync(tools, endpoint, arguments, serverCpu, cancellation);
        if (!samples.TryGetValue(row, out var list))
        {
            samples[row] = list = [];
        }

        list.Add(sample);
    }

    private Task<Sample> LoadAsync(Supervisor cluster, string endpoint, string[] arguments) => LoaderRun.RunAsync(tools, endpoint, arguments, () => Cpu(cluster), cancellation);

    private void Tables()
    {
        foreach (var group in samples.GroupBy(row => string.Join(' ', row.Key.Split(' ')[..2])).OrderBy(group => group.Key.StartsWith("PUT", StringComparison.Ordinal)).ThenBy(group => Array.FindIndex(Sizes, size => group.Key.EndsWith(" " + size.Name, StringComparison.Ordinal))))
        {
            var baseline = Median(group.First().Value, sample => sample.OperationsPerSecond);
            report.AppendLine(CultureInfo.InvariantCulture, $"## {group.Key}").AppendLine();
            report.AppendLine("| server | operations/s (spread) | ratio to nginx | MiB/s | p99 ms | server CPU s per 100,000 operations | per GiB | errors |");
            report.AppendLine("|---|---|---|---|---|---|---|---|");
            foreach (var (name, list) in group)
            {
                var operations = Median(list, sample => sample.OperationsPerSecond);
                report.AppendLine(CultureInfo.InvariantCulture,
                    $"| {name[(group.Key.Length + 3)..]} | {operations:0} ({list.Min(sample => sample.OperationsPerSecond):0}-{list.Max(sample => sample.OperationsPerSecond):0}) | {operations / baseline:0.00} | {Median(list, sample => sample.BytesPerSecond) / (1 << 20):0.0} | {Median(list, sample => sample.P99Ms):0.00} | {Median(list, sample => sample.ServerCpuSeconds / sample.Operations * 100_000):0.0} | {Median(list, sample => sample.ServerCpuSeconds / sample.Bytes * (1 << 30)):0.00} | {list.Sum(sample => sample.Errors)} |");
            }

            report.AppendLine();
        }
    }

    private async Task ListingAsync(Supervisor cluster, string endpoint)
    {
        const string bucket = "bench-listing";
        await CreateBucketAsync(endpoint, bucket, "buffered");
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"putting {options.ListedObjects:N0} objects to list"));
        var put = await LoadAsync(cluster, endpoint,
            ["-bucket=ais://" + bucket, "-pctput=100", "-skiplist", "-direct", "-duration=30m", $"-maxputs={options.ListedObjects}", "-randomname=false", "-numworkers=32", "-minsize=1", "-maxsize=1"]);
        var rates = new List<double>();
        long listed = 0;
        for (var warmUp = 0; warmUp < ListingWarmUps; warmUp++)
        {
            await CountAsync(endpoint, bucket);
        }

        var target = cluster.Plan.Nodes.First(node => node.Role == NodeRole.Target).PublicUrl;
        var readBefore = await EntriesReadAsync(target);
        for (var round = 0; round < options.Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            listed = await CountAsync(endpoint, bucket);
            rates.Add(listed / watch.Elapsed.TotalSeconds);
        }

        var reads = (await EntriesReadAsync(target) - readBefore) / options.Rounds;
        report.AppendLine("## Listing").AppendLine();
        report.AppendLine(CultureInfo.InvariantCulture, $"{listed:N0} names listed (of {put.Operations:N0} put), names only, pages of 10,000 through the gateway: {Median(rates, rate => rate):N0} names/s ({rates.Min():N0}-{rates.Max():N0}).");
        report.AppendLine(CultureInfo.InvariantCulture, $"Directory entries read per listing: {reads:N0}, {reads / listed:0.000} per name.").AppendLine();
    }

    private async Task<double> EntriesReadAsync(string target)
    {
        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri($"{target}/metrics"), cancellation);
        var line = text.Split('\n').First(line => line.StartsWith("starling_list_directory_entries_total", StringComparison.Ordinal));
        return double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }

    private async Task<long> CountAsync(string endpoint, string bucket)
    {
        using var client = new StarlingClient(new StarlingClientOptions { Endpoints = [new Uri(endpoint)] });
        long count = 0;
        await foreach (var page in client.Buckets.ListPagesAsync(BucketName.Parse("ais", null, bucket), new ListOptions { Properties = "name" }, cancellation))
        {
            count += page.Entries.Count;
        }

        return count;
    }

    private async Task IdleAsync(string root)
    {
        var directory = new PlaygroundDirectory(Path.Combine(root, "nine"));
        using var cluster = await StartCommand.StartAsync(directory, new StartRequest(options.Port + 20, 3, 6, 2, Detach: true), output, cancellation);
        try
        {
            // The runtime compiles what runs often in the background for about a minute after a start; that is no cost of being idle.
            await Task.Delay(IdleSettling, cancellation);
            var before = Cpu(cluster);
            var watch = Stopwatch.StartNew();
            await Task.Delay(TimeSpan.FromSeconds(30), cancellation);
            var percent = (Cpu(cluster) - before) / watch.Elapsed.TotalSeconds * 100;
            var memory = cluster.Plan.Nodes.ToLookup(node => node.Role, node => ProcessFacts.PssBytes(cluster.Processes.ReadPid(node)!.Value) / (double)(1 << 20));
            report.AppendLine("## Idle").AppendLine();
            report.AppendLine(CultureInfo.InvariantCulture, $"A cluster of nine, {IdleSettling.TotalSeconds:0} s after its start, over 30 s: {percent:0.0} % of one core altogether. Memory (PSS): gateway {memory[NodeRole.Gateway].Max():0} MiB, target {memory[NodeRole.Target].Max():0} MiB at most.").AppendLine();
        }
        finally
        {
            await cluster.StopAllAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
        }
    }

    private async Task CreateBucketAsync(string endpoint, string bucket, string durability)
    {
        using var client = new StarlingClient(new StarlingClientOptions { Endpoints = [new Uri(endpoint)] });
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(100, cancellation))
        {
            try
            {
                await client.Buckets.CreateAsync(BucketName.Parse("ais", null, bucket), new JsonObject { ["durability"] = durability }, cancellation);
                return;
            }
            catch (ApiException notYet) when (notYet.Status == 503 && watch.Elapsed < TimeSpan.FromSeconds(15))
            {
                // A target that has just started takes part some moments later.
            }
        }
    }

    private static double Median<T>(IReadOnlyCollection<T> list, Func<T, double> value)
    {
        var sorted = list.Select(value).Order().ToArray();
        return sorted.Length == 0 ? 0 : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private sealed record Size(string Name, int Bytes, int Objects, int Workers)
    {
        public string WorkersFlag => string.Create(CultureInfo.InvariantCulture, $"-numworkers={Workers}");

        public string[] Range => [string.Create(CultureInfo.InvariantCulture, $"-minsize={Bytes}"), string.Create(CultureInfo.InvariantCulture, $"-maxsize={Bytes}")];
    }
}
