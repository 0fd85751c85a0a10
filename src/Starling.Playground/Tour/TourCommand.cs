using System.Diagnostics;
using System.Globalization;
using Starling.Playground.Nodes;

namespace Starling.Playground.Tour;

/// <summary>How long the story is, and whether it must fail.</summary>
internal sealed record TourOptions(bool Quick, string? Sabotage, string? PowerCutScript)
{
    public int SmallObjects { get; init; } = Quick ? 3_000 : 20_000;

    public TimeSpan ActLength { get; init; } = TimeSpan.FromSeconds(Quick ? 4 : 15);

    public int MaxFiles { get; init; } = Quick ? 800 : int.MaxValue;

    /// <summary>Whether processes are killed; without, only objects are put, damaged and compared.</summary>
    public bool Kills { get; init; } = true;
}

/// <summary>The story: real files in, readers and writers on, processes killed under them, the power cut, every byte compared.</summary>
internal sealed class TourCommand(Supervisor supervisor, TourOptions options, TextWriter output, CancellationToken cancellation)
{
    private const int Parallel = 8;
    private static readonly TimeSpan HealthTimeout = TimeSpan.FromSeconds(90);
    private readonly Ledger ledger = new();
    private readonly Outages outages = new();
    private readonly List<ActRecord> acts = [];
    private readonly Stopwatch total = Stopwatch.StartNew();

    /// <summary>Runs the tour on the playground in <paramref name="directory"/>; starts it when it does not run, and then stops it in the end.</summary>
    /// <returns>0 when the verdict is good, 1 when it is not.</returns>
    public static async Task<int> RunAsync(PlaygroundDirectory directory, StartRequest request, TourOptions options, TextWriter output, CancellationToken cancellation)
    {
        using var supervisor = await StartCommand.StartAsync(directory, request, output, cancellation);
        try
        {
            return await new TourCommand(supervisor, options, output, cancellation).RunAsync();
        }
        finally
        {
            await supervisor.StopAllAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
        }
    }

    private async Task<int> RunAsync()
    {
        using var client = new TourClient(supervisor.Plan, outages);
        await PutTreeAsync(client);
        await PutSmallAsync(client);
        var load = new Load(client, ledger, ledger.LiveNames());
        await using (load)
        {
            load.Current = Begin("readers and writers", mayWait: false);
            load.Start(readers: 4, writers: 4);
            await Task.Delay(options.ActLength, cancellation);
            if (options.Kills)
            {
                await KillLeaderAsync(client, load);
                await KillTargetAsync(load);
                await PowerCycleAsync(load);
                load.Current = Begin("after the power cycle", mayWait: false);
                await Task.Delay(options.ActLength, cancellation);
            }
        }

        await PrintAsync(load.Current);

        string? damaged = null;
        if (options.Sabotage is { } mode)
        {
            damaged = await Sabotage.ApplyAsync(mode, supervisor, client, ledger, Begin("sabotage: " + mode, mayWait: false), cancellation);
        }

        var bytes = await CompareAsync(client);
        return await VerdictAsync(bytes, damaged);
    }

    private async Task PutTreeAsync(TourClient client)
    {
        var act = Begin("put a directory tree", mayWait: false);
        await client.DestroyBucketAsync(TourClient.Bucket, act, cancellation);
        await client.CreateBucketAsync(TourClient.Bucket, act, cancellation);
        var source = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        var files = Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        if (files.Length > options.MaxFiles)
        {
            var step = files.Length / options.MaxFiles;
            files = [.. files.Where((_, i) => i % step == 0)];
        }

        await ForEachAsync(files, async file =>
        {
            var name = "sdk/" + Path.GetRelativePath(source, file);
            var content = new FileContent(file);
            await client.PutAsync(name, content, act, cancellation);
            ledger.Put(name, content);
        });
        act.Note = string.Create(CultureInfo.InvariantCulture, $"{files.Length:N0} files of {source}");
        await PrintAsync(act);
    }

    private async Task PutSmallAsync(TourClient client)
    {
        var act = Begin("put small objects", mayWait: false);
        await ForEachAsync(Enumerable.Range(0, options.SmallObjects), async i =>
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"small/{i % 100:00}/{i:000000}");
            var content = new SeededContent(i, 64 + (i * 7919 % 4033));
            await client.PutAsync(name, content, act, cancellation);
            ledger.Put(name, content);
        });
        act.Note = string.Create(CultureInfo.InvariantCulture, $"{options.SmallObjects:N0} objects");
        await PrintAsync(act);
    }

    private async Task KillLeaderAsync(TourClient client, Load load)
    {
        await PrintAsync(load.Current);
        var leader = await supervisor.LeaderAsync(cancellation) ?? throw new PlaygroundException("the cluster has no leader before the leader is to be killed");
        var act = Begin($"kill leader {leader.DisplayName}", mayWait: false);
        load.Current = act;
        var outage = Kill(leader);
        var watch = Stopwatch.StartNew();
        while (!await client.TryCreateBucketAsync("tour-probe", cancellation))
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(30))
            {
                act.Fail("no bucket could be created within 30 s after the leader was killed");
                break;
            }

            await Task.Delay(20, cancellation);
        }

        var elapsed = watch.Elapsed;
        var successor = await supervisor.LeaderAsync(cancellation);
        act.Note = string.Create(CultureInfo.InvariantCulture, $"next bucket created after {elapsed.TotalSeconds:0.0} s, new leader {successor?.DisplayName ?? "none"}");
        await Task.Delay(options.ActLength, cancellation);
        await StartAgainAsync(leader, outage);
        await client.DestroyBucketAsync("tour-probe", act, cancellation);
        await PrintAsync(act);
    }

    private async Task KillTargetAsync(Load load)
    {
        var target = supervisor.Plan.Targets.ElementAt(new Random(1).Next(supervisor.Plan.Targets.Count()));
        var act = Begin($"kill target {target.DisplayName}", mayWait: true);
        load.Current = act;
        var outage = Kill(target);
        await Task.Delay(TimeSpan.FromSeconds(3), cancellation);
        var watch = Stopwatch.StartNew();
        await StartAgainAsync(target, outage);
        act.Note = string.Create(CultureInfo.InvariantCulture, $"down for 3 s, healthy {watch.Elapsed.TotalSeconds:0.0} s after its start");
        await Task.Delay(options.ActLength, cancellation);
        await PrintAsync(act);
    }

    private async Task PowerCycleAsync(Load load)
    {
        var act = Begin("power cycle", mayWait: true);
        load.Current = act;
        var nodes = supervisor.Plan.Nodes.ToArray();
        new Random(2).Shuffle(nodes);
        var down = nodes.Select(node => (Node: node, Outage: outages.Begin(node))).ToArray();
        await RunPowerCutScriptAsync("cut");
        foreach (var (node, _) in down)
        {
            supervisor.Processes.Kill(node);
        }

        foreach (var (node, _) in down)
        {
            await supervisor.Processes.WaitForExitAsync(node, TimeSpan.FromSeconds(5), cancellation);
        }

        await RunPowerCutScriptAsync("restore");
        var watch = Stopwatch.StartNew();
        await supervisor.StartAllAsync(HealthTimeout, cancellation);
        foreach (var (_, outage) in down)
        {
            outage.End();
        }

        act.Note = string.Create(CultureInfo.InvariantCulture, $"{nodes.Length} processes killed in random order, all healthy {watch.Elapsed.TotalSeconds:0.0} s after their start");

        // Requests that the outage held up finish within their own deadline and belong to this act.
        await Task.Delay(options.ActLength, cancellation);
        await PrintAsync(act);
    }

    /// <summary>With a real filesystem image: takes its power away, and mounts it again.</summary>
    private async Task RunPowerCutScriptAsync(string step)
    {
        if (options.PowerCutScript is null)
        {
            return;
        }

        using var process = Process.Start(options.PowerCutScript, [step]);
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0)
        {
            throw new PlaygroundException(string.Create(CultureInfo.InvariantCulture, $"'{options.PowerCutScript} {step}' ended with exit code {process.ExitCode}"));
        }
    }

    private async Task<long> CompareAsync(TourClient client)
    {
        var act = Begin("compare everything", mayWait: false);
        var live = ledger.LiveNames();
        var listed = await client.ListAsync(act, cancellation);
        foreach (var missing in live.Except(listed, StringComparer.Ordinal))
        {
            act.Fail($"{TourClient.Cname(missing)}: is not listed");
        }

        foreach (var extra in listed.Except(live, StringComparer.Ordinal))
        {
            act.Fail($"{TourClient.Cname(extra)}: is listed and must not exist");
        }

        long bytes = 0;
        await ForEachAsync(live, async name =>
        {
            var expected = ledger.Expected(name)!;
            await client.VerifyAsync(name, expected, act, cancellation);
            Interlocked.Add(ref bytes, expected.Bytes().Length);
        });
        await ForEachAsync(ledger.DeletedNames(), name => client.VerifyAsync(name, null, act, cancellation));
        act.Note = string.Create(CultureInfo.InvariantCulture, $"objects {live.Length:N0} = {listed.Count:N0}");
        await PrintAsync(act);
        return bytes;
    }

    private async Task<int> VerdictAsync(long bytes, string? damaged)
    {
        var failures = acts.SelectMany(act => act.Failures.Select(failure => $"{act.Name}: {failure}")
            .Concat(act.Passed || !act.Failures.IsEmpty ? [] : [$"{act.Name}: {act.Waited} requests had to wait although no target was down, the first: {act.FirstWait}"])).ToArray();
        await output.WriteLineAsync();
        if (failures.Length == 0)
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"objects {ledger.LiveNames().Length:N0}   bytes compared {StartCommand.FormatSize(bytes)}: identical   ({total.Elapsed.TotalSeconds:0} s)"));
            await output.WriteLineAsync("VERDICT: nothing lost, nobody noticed");
            return 0;
        }

        foreach (var failure in failures.Take(20))
        {
            await output.WriteLineAsync("FAIL " + failure);
        }

        if (failures.Length > 20)
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"... and {failures.Length - 20} more"));
        }

        await output.WriteLineAsync(damaged is null ? "VERDICT: FAIL" : $"VERDICT: FAIL (sabotaged: {TourClient.Cname(damaged)})");
        return 1;
    }

    private ActRecord Begin(string name, bool mayWait)
    {
        var act = new ActRecord(name, mayWait);
        if (acts.Count == 0)
        {
            output.WriteLine($"{"act",-30} {"requests",9} {"failed",7} {"cut",5} {"refused",8} {"waited",7}");
        }

        acts.Add(act);
        return act;
    }

    private Task PrintAsync(ActRecord act) => output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
        $"{act.Name,-30} {act.Requests,9:N0} {act.Failures.Count,7:N0} {act.Cut,5:N0} {act.Refused,8:N0} {act.Waited,7:N0}{(act.Note.Length == 0 ? string.Empty : $"   ({act.Note})")}"));

    private Outages.Outage Kill(NodePlan node)
    {
        var outage = outages.Begin(node);
        supervisor.Processes.Kill(node);
        return outage;
    }

    private async Task StartAgainAsync(NodePlan node, Outages.Outage outage)
    {
        await supervisor.Processes.WaitForExitAsync(node, TimeSpan.FromSeconds(5), cancellation);
        supervisor.Processes.Start(node);
        await supervisor.WaitReadyAsync(node, HealthTimeout, cancellation);
        outage.End();
    }

    private Task ForEachAsync<T>(IEnumerable<T> items, Func<T, Task> action) =>
        System.Threading.Tasks.Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellation }, async (item, _) => await action(item));
}
