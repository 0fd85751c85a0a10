using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Starling.Client;
using Starling.Client.Buckets;
using Starling.Core.Names;
using Starling.Loader.Names;
using Starling.Loader.Options;
using Starling.Loader.Report;
using Starling.Loader.Work;
using UnreachableException = Starling.Client.UnreachableException;

namespace Starling.Loader;

/// <summary>The load generator, callable in process: no console, no environment of its own.</summary>
internal sealed class LoaderApp(TextWriter output, TextWriter error, Func<string, string?> environment)
{
    private static readonly string[] HelpWords = ["usage", "help"];

    /// <summary>Runs to the end.</summary>
    /// <returns>0; 1 for a wrong command line, a run that could not go on, or with -strict any error.</returns>
    public async Task<int> RunAsync(string[] arguments, CancellationToken interrupted)
    {
        if (arguments.Length == 0 || (arguments.Length == 1 && HelpWords.Contains(arguments[0])))
        {
            await output.WriteAsync(LoaderOptions.UsageText());
            return 0;
        }

        try
        {
            var options = arguments is ["version"] ? LoaderOptions.Parse(["-version"]) : LoaderOptions.Parse(arguments);
            if (options.Usage)
            {
                await output.WriteAsync(LoaderOptions.UsageText());
                return 0;
            }

            if (options.Version)
            {
                await output.WriteLineAsync($"version {typeof(LoaderApp).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}");
                return 0;
            }

            return await RunAsync(options, interrupted);
        }
        catch (UsageException e)
        {
            await error.WriteLineAsync($"aisloader: {e.Message}");
        }
        catch (Exception e) when (e is ApiException or UnreachableException or TimeoutException or IOException)
        {
            await error.WriteLineAsync($"aisloader: {e.Message}");
        }

        return 1;
    }

    private async Task<int> RunAsync(LoaderOptions options, CancellationToken interrupted)
    {
        if (!options.Quiet)
        {
            await output.WriteAsync(options.Dump());
        }

        if (!options.DurationGiven && options.Duration != LoaderOptions.Unlimited)
        {
            await output.WriteLineAsync($"Duration not specified - running for {Units.GoDuration(options.Duration)}");
        }

        var endpoints = Endpoints(options);
        using var client = Open(options, endpoints);
        var bucket = ParseBucket(options);
        if (options.Duration == TimeSpan.Zero)
        {
            return options.Cleanup == true && !options.DryRun ? await CleanUpAsync(client, bucket) : 0;
        }

        var isNew = !options.DryRun && await EnsureBucketAsync(client, bucket, options, interrupted);
        var existing = isNew || options.SkipList || options.DryRun ? [] : await ListAsync(client, bucket, options, interrupted);
        var random = new Random(unchecked((int)(options.Seed == 0 ? Stopwatch.GetTimestamp() : options.Seed)));
        var names = NamePool.Create(existing, options.PutPercent > 0, isNew || options.SkipList, options.Epochs > 0, options.ShuffleMax, random);
        await output.WriteLineAsync("Runtime configuration:");
        await output.WriteLineAsync(RuntimeConfiguration.Format(options, client.Endpoint, bucket, names.Label));
        await output.WriteLineAsync();
        if (options.DryRun)
        {
            return 0;
        }

        if (options.Cleanup == true)
        {
            await output.WriteLineAsync($"BEWARE: cleanup is enabled, bucket {bucket.Cname} will be destroyed upon termination!");
        }

        var clients = options.RandomGateway ? await OpenAllAsync(options, client, interrupted) : [client];
        try
        {
            var owners = options.Direct ? await OwnerMap.LoadAsync(client, interrupted) : null;
            var putNames = new PutNames(options.SubDirectory, options.SubDirectories, options.RandomName, options.LoaderCount, options.LoaderId, random);
            using var workload = new Workload(options, clients, owners, bucket, names, putNames, random);
            return await DriveAsync(options, client, bucket, workload, existing.Length, interrupted);
        }
        finally
        {
            foreach (var other in clients.Where(other => other != client))
            {
                other.Dispose();
            }
        }
    }

    private async Task<int> DriveAsync(LoaderOptions options, StarlingClient client, BucketName bucket, Workload workload, int existing, CancellationToken interrupted)
    {
        var reporter = new Reporter(options, workload, output);
        var watch = Stopwatch.StartNew();
        await using (interrupted.Register(() => workload.Stop(new StopReason("interrupted", IsError: false))))
        {
            var run = workload.RunAsync();
            await Task.WhenAll(run, reporter.RunAsync());
        }

        await reporter.FinishAsync(watch.Elapsed);
        var code = 0;
        if (workload.Stopped is { IsError: true } stopped)
        {
            await error.WriteLineAsync($"aisloader: {stopped.Text}");
            code = 1;
        }

        if (options.Strict && reporter.TotalErrors > 0)
        {
            await error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"aisloader: {reporter.TotalErrors} requests failed"));
            code = 1;
        }

        if (options.VerifyCount && !await VerifyCountAsync(client, bucket, options, existing + workload.CreatedNames))
        {
            code = 1;
        }

        if (options.Cleanup == true)
        {
            await CleanUpAsync(client, bucket);
        }

        await output.WriteLineAsync($"Actual run duration: {Units.GoDuration(watch.Elapsed)}");
        return code;
    }

    private async Task<bool> VerifyCountAsync(StarlingClient client, BucketName bucket, LoaderOptions options, long expected)
    {
        var listed = await CountAsync(client, bucket, options, CancellationToken.None);
        await output.WriteLineAsync($"Verify count: listed {Units.Count(listed)} names, expected {Units.Count(expected)}: {(listed == expected ? "ok" : "MISMATCH")}");
        return listed == expected;
    }

    private static StarlingClient Open(LoaderOptions options, IReadOnlyList<Uri> endpoints) => new(new StarlingClientOptions
    {
        Endpoints = endpoints,
        UserAgent = "aisloader",
        ObjectTimeout = options.Timeout == TimeSpan.Zero ? TimeSpan.FromDays(1) : options.Timeout,
        MaxConnectionsPerNode = Math.Max(options.Workers, 16),
    });

    private static async Task<StarlingClient[]> OpenAllAsync(LoaderOptions options, StarlingClient client, CancellationToken cancellation)
    {
        var map = await client.Cluster.GetMapAsync(cancellation);
        return [.. map.Gateways.Where(gateway => !gateway.IsInactive).Select(gateway => Open(options, [new Uri(gateway.PublicUrl)]))];
    }

    private IReadOnlyList<Uri> Endpoints(LoaderOptions options)
    {
        var fromEnvironment = environment("AIS_ENDPOINT");
        if (string.IsNullOrEmpty(fromEnvironment))
        {
            return [new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{options.Ip}:{options.Port}"))];
        }

        return options.Ip == "localhost"
            ? StarlingClientOptions.ParseEndpoints(fromEnvironment)
            : throw new UsageException($"both AIS_ENDPOINT={fromEnvironment} and -ip={options.Ip} are given: use one of them");
    }

    private BucketName ParseBucket(LoaderOptions options)
    {
        var text = options.Bucket;
        if (text.Length == 0)
        {
            text = new Random().GetString("abcdefghijklmnopqrstuvwxyz", 8);
            output.WriteLine($"New bucket name \"{text}\"");
        }

        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        var provider = scheme < 0 ? options.Provider : text[..scheme];
        var rest = (scheme < 0 ? text : text[(scheme + 3)..]).TrimEnd('/');
        string? @namespace = null;
        if (rest.Length > 0 && rest[0] is '@' or '#' && rest.IndexOf('/', StringComparison.Ordinal) is var slash and > 0)
        {
            @namespace = rest[0] == '#' ? "@" + rest[..slash] : rest[..slash];
            rest = rest[(slash + 1)..];
        }

        return BucketName.TryParse(provider, @namespace, rest, out var bucket, out var problem) ? bucket : throw new UsageException($"-bucket: {problem}");
    }

    private static async Task<bool> EnsureBucketAsync(StarlingClient client, BucketName bucket, LoaderOptions options, CancellationToken cancellation)
    {
        if (await client.Buckets.ExistsAsync(bucket, cancellation))
        {
            return false;
        }

        if (options.PutPercent < 100)
        {
            throw new UsageException($"bucket {bucket.Cname} does not exist: new bucket, expecting 100% PUT");
        }

        await client.Buckets.CreateAsync(bucket, cancellation: cancellation);
        return true;
    }

    private async Task<string[]> ListAsync(StarlingClient client, BucketName bucket, LoaderOptions options, CancellationToken cancellation)
    {
        var names = new List<string>();
        await foreach (var page in client.Buckets.ListPagesAsync(bucket, NamesOnly(options), cancellation))
        {
            names.AddRange(page.Entries.Select(entry => entry.Name));
        }

        await output.WriteLineAsync($"Found {Units.Count(names.Count)} existing object{(names.Count == 1 ? string.Empty : "s")}");
        await output.WriteLineAsync();
        return [.. names];
    }

    private static async Task<long> CountAsync(StarlingClient client, BucketName bucket, LoaderOptions options, CancellationToken cancellation)
    {
        long count = 0;
        await foreach (var page in client.Buckets.ListPagesAsync(bucket, NamesOnly(options), cancellation))
        {
            count += page.Entries.Count;
        }

        return count;
    }

    private static ListOptions NamesOnly(LoaderOptions options) => new() { Properties = "name", Prefix = options.SubDirectory.Length == 0 ? string.Empty : options.SubDirectory + "/" };

    private async Task<int> CleanUpAsync(StarlingClient client, BucketName bucket)
    {
        await output.WriteLineAsync($"{Now()} Cleaning up...");
        if (await client.Buckets.ExistsAsync(bucket, CancellationToken.None))
        {
            await client.Buckets.DestroyAsync(bucket, CancellationToken.None);
        }

        await output.WriteLineAsync($"{Now()} Done");
        return 0;
    }

    private static string Now() => DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
}
