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

    /// <summary>Whether targets leave and come back after that.</summary>
    public bool Operations { get; init; } = true;
}

/// <summary>The story: real files in, readers and writers on, processes killed under them, the power cut, every byte compared.</summary>
internal sealed class TourCommand(TourStage stage)
{
    private readonly Supervisor supervisor = stage.Supervisor;
    private readonly TourOptions options = stage.Options;
    private readonly TextWriter output = stage.Output;
    private readonly CancellationToken cancellation = stage.Cancellation;
    private readonly Ledger ledger = stage.Ledger;
    private readonly TourClient client = stage.Client;

    /// <summary>Runs the tour on the playground in <paramref name="directory"/>; starts it when it does not run, and then stops it in the end.</summary>
    /// <returns>0 when the verdict is good, 1 when it is not.</returns>
    public static async Task<int> RunAsync(PlaygroundDirectory directory, StartRequest request, TourOptions options, TextWriter output, CancellationToken cancellation)
    {
        using var supervisor = await StartCommand.StartAsync(directory, request, output, cancellation);
        try
        {
            using var stage = new TourStage(supervisor, options, output, cancellation);
            try
            {
                return await new TourCommand(stage).RunAsync();
            }
            catch (PlaygroundException)
            {
                // What clients saw before may say why.
                foreach (var failure in stage.Acts.SelectMany(act => act.Failures.Select(failure => $"{act.Name}: {failure}")).Take(20))
                {
                    await output.WriteLineAsync("FAIL " + failure);
                }

                throw;
            }
        }
        finally
        {
            await supervisor.StopAllAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
        }
    }

    private async Task<int> RunAsync()
    {
        await PutTreeAsync();
        await PutSmallAsync();
        var load = new Load(client, ledger, ledger.LiveNames());
        await using (load)
        {
            load.Current = stage.Begin("readers and writers", mayWait: false);
            load.Start(readers: 4, writers: 4);
            await stage.LetRunAsync();
            if (options.Kills)
            {
                await KillLeaderAsync(load);
                await KillTargetAsync(load);
                await PowerCycleAsync(load);
                load.Current = stage.Begin("after the power cycle", mayWait: false);
                await stage.LetRunAsync();
            }

            if (options is { Operations: true, Sabotage: null })
            {
                await RemoveAsync(load);
            }
        }

        await stage.PrintAsync(load.Current);

        string? damaged = null;
        if (options.Sabotage == "early-verdict")
        {
            var act = stage.Begin("sabotage: early-verdict", mayWait: true);
            damaged = await new RemovalActs(stage, load).DestroyTooEarlyAsync(act);
            await stage.PrintAsync(act);

            // What is gone for ever need not be waited for long, and one name says it all.
            client.Patience = TimeSpan.FromSeconds(2);
            act = stage.Begin("read what was on it", mayWait: true);
            await client.VerifyAsync(damaged, ledger.Expected(damaged), act, cancellation);
            await stage.PrintAsync(act);
            return await VerdictAsync(0, damaged);
        }

        if (options.Sabotage is { } mode)
        {
            damaged = await Sabotage.ApplyAsync(mode, supervisor, client, ledger, stage.Begin("sabotage: " + mode, mayWait: false), cancellation);
        }

        var bytes = await CompareAsync();
        return await VerdictAsync(bytes, damaged);
    }

    private async Task RemoveAsync(Load load)
    {
        var targets = supervisor.Plan.Targets.Count();
        if (targets < RemovalActs.FewestTargets)
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"no target leaves: that takes {RemovalActs.FewestTargets} targets, this playground has {targets}"));
            return;
        }

        await new RemovalActs(stage, load).RunAsync();
    }

    private async Task PutTreeAsync()
    {
        var act = stage.Begin("put a directory tree", mayWait: false);
        await client.DestroyBucketAsync(TourClient.Bucket, act, cancellation);
        await client.CreateBucketAsync(TourClient.Bucket, act, cancellation);
        var source = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        var files = Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        if (files.Length > options.MaxFiles)
        {
            var step = files.Length / options.MaxFiles;
            files = [.. files.Where((_, i) => i % step == 0)];
        }

        await stage.ForEachAsync(files, async file =>
        {
            var name = "sdk/" + Path.GetRelativePath(source, file);
            var content = new FileContent(file);
            await client.PutAsync(name, content, act, cancellation);
            ledger.Put(name, content);
        });
        act.Note = string.Create(CultureInfo.InvariantCulture, $"{files.Length:N0} files of {source}");
        await stage.PrintAsync(act);
    }

    private async Task PutSmallAsync()
    {
        var act = stage.Begin("put small objects", mayWait: false);
        await stage.ForEachAsync(Enumerable.Range(0, options.SmallObjects), async i =>
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"small/{i % 100:00}/{i:000000}");
            var content = new SeededContent(i, 64 + (i * 7919 % 4033));
            await client.PutAsync(name, content, act, cancellation);
            ledger.Put(name, content);
        });
        act.Note = string.Create(CultureInfo.InvariantCulture, $"{options.SmallObjects:N0} objects");
        await stage.PrintAsync(act);
    }

    private async Task KillLeaderAsync(Load load)
    {
        await stage.PrintAsync(load.Current);
        var leader = await supervisor.LeaderAsync(cancellation) ?? throw new PlaygroundException("the cluster has no leader before the leader is to be killed");
        var act = stage.Begin($"kill leader {leader.DisplayName}", mayWait: false);
        load.Current = act;
        var outage = stage.Kill(leader);
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
        await stage.LetRunAsync();
        await stage.StartAgainAsync(leader, outage);
        await client.DestroyBucketAsync("tour-probe", act, cancellation);
        await stage.PrintAsync(act);
    }

    private async Task KillTargetAsync(Load load)
    {
        var target = supervisor.Plan.Targets.ElementAt(new Random(1).Next(supervisor.Plan.Targets.Count()));
        var act = await stage.TurnAsync(load, $"kill target {target.DisplayName}");
        var outage = stage.Kill(target);
        await Task.Delay(TimeSpan.FromSeconds(3), cancellation);
        var watch = Stopwatch.StartNew();
        await stage.StartAgainAsync(target, outage);
        act.Note = string.Create(CultureInfo.InvariantCulture, $"down for 3 s, healthy {watch.Elapsed.TotalSeconds:0.0} s after its start");
        await stage.LetRunAsync();
        await stage.PrintAsync(act);
    }

    private async Task PowerCycleAsync(Load load)
    {
        var act = await stage.TurnAsync(load, "power cycle");
        var nodes = supervisor.Plan.Nodes.ToArray();
        new Random(2).Shuffle(nodes);
        var down = nodes.Select(node => (Node: node, Outage: stage.Outages.Begin(node))).ToArray();
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
        await stage.StartAllAsync();
        foreach (var (_, outage) in down)
        {
            outage.End();
        }

        act.Note = string.Create(CultureInfo.InvariantCulture, $"{nodes.Length} processes killed in random order, all healthy {watch.Elapsed.TotalSeconds:0.0} s after their start");

        // Requests that the outage held up finish within their own deadline and belong to this act.
        await stage.LetRunAsync();
        await stage.PrintAsync(act);
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

    private async Task<long> CompareAsync()
    {
        var act = stage.Begin("compare everything", mayWait: false);
        var (bytes, live, listed) = await stage.CompareAsync(act);
        act.Note = string.Create(CultureInfo.InvariantCulture, $"objects {live:N0} = {listed:N0}");
        await stage.PrintAsync(act);
        return bytes;
    }

    private async Task<int> VerdictAsync(long bytes, string? damaged)
    {
        var failures = stage.Acts.SelectMany(act => act.Failures.Select(failure => $"{act.Name}: {failure}")
            .Concat(act.Passed || !act.Failures.IsEmpty ? [] : [$"{act.Name}: {act.Waited} requests had to wait although no target was down, the first: {act.FirstWait}"])).ToArray();
        await output.WriteLineAsync();
        if (failures.Length == 0)
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"objects {ledger.LiveNames().Length:N0}   bytes compared {StartCommand.FormatSize(bytes)}: identical   ({stage.Total.Elapsed.TotalSeconds:0} s)"));
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
}
