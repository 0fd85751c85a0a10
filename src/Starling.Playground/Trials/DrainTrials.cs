using System.Diagnostics;
using System.Globalization;
using Starling.Core.Wire;
using Starling.Playground.Bench;
using Starling.Playground.Nodes;
using Starling.Playground.Tour;

namespace Starling.Playground.Trials;

/// <summary>One drain, its source and its destinations killed in turn; in the end the source's disks are destroyed.</summary>
internal sealed class DrainKillsTrial(TourStage stage, TrialOptions options) : Trial(stage, options)
{
    private const string Pace = "pace.max_bytes_per_second";
    private const int SecondsPerKill = 12;

    protected override async Task RunAsync()
    {
        await PutAsync(Options.Objects);
        var source = Targets[0];
        var act = Stage.Begin("drain under kills", mayWait: true);

        // Slow enough that every kill meets it under way.
        await Operations.ConfigureAsync(Pace, string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1024, (long)Options.Objects * SizeBytes / Targets.Length / (SecondsPerKill * Options.Runs))}B"), Cancellation);
        var watch = Stopwatch.StartNew();
        var reply = await ChangeAsync("start-maintenance", source);
        await SayAsync($"{"kill",4} {"node",-14} {"at",6} {"handed over since its start",28}");
        for (var kill = 1; kill <= Options.Runs; kill++)
        {
            var account = await UntilPercentAsync(reply.RebalanceId, source, 95.0 * kill / (Options.Runs + 1));
            var victim = kill % 2 == 1 ? source : Targets[1 + (kill / 2 % (Targets.Length - 1))];
            await SayAsync($"{kill,4} {victim.DisplayName,-14} {account.Percent,5:0}% {account.HandedOverObjects,28:N0}");
            if (account.Stage == "ended")
            {
                act.Fail($"kill {kill} came after the drain had ended");
            }

            await StartAgainAsync(victim, Stage.Kill(victim));
        }

        await Operations.ConfigureAsync(Pace, "0B", Cancellation);
        await Operations.UntilSafeAsync(source, Cancellation);
        await SayAsync($"safe after {watch.Elapsed.TotalSeconds:0} s");
        Stage.Kill(source);
        await Stage.Supervisor.Processes.WaitForExitAsync(source, TimeSpan.FromSeconds(10), Cancellation);
        Destroy(source);
        await CompareAsync();
    }
}

/// <summary>Again and again: a node is taken out, its disks are destroyed the moment it is called safe, everything is read, it comes back empty.</summary>
internal sealed class VerdictTrial(TourStage stage, TrialOptions options) : Trial(stage, options)
{
    protected override async Task RunAsync()
    {
        await PutAsync(Options.Objects);
        for (var run = 1; run <= Options.Runs; run++)
        {
            var node = Targets[run % Targets.Length];
            var act = Stage.Begin($"run {run}: {node.DisplayName}", mayWait: true);
            for (var i = 0; i < 20; i++)
            {
                await PutOneAsync(Name((run * 131 + i) % Options.Objects), new SeededContent((run * 1000) + i, 700), act);
            }

            await ChangeAsync("start-maintenance", node);
            await Operations.UntilSafeAsync(node, Cancellation);
            var outage = Stage.Kill(node);
            await Stage.Supervisor.Processes.WaitForExitAsync(node, TimeSpan.FromSeconds(10), Cancellation);
            Destroy(node);
            await Stage.CompareAsync(act);
            await Stage.PrintAsync(act);
            await StartAgainAsync(node, outage);
            await Operations.DeclareLostAsync(node, Cancellation);
            await ReturnAsync(node);
        }
    }
}

/// <summary>A removal interrupted at half: how soon the node serves again, and how much moves back.</summary>
internal sealed class InterruptTrial(TourStage stage, TrialOptions options) : Trial(stage, options)
{
    protected override async Task RunAsync()
    {
        await PutAsync(Options.Objects);
        var node = Targets[0];
        var removal = await ChangeAsync("start-maintenance", node);
        var half = await UntilPercentAsync(removal.RebalanceId, node, 50);
        var act = Stage.Begin("change during the drain", mayWait: false);
        var changed = Options.Objects / 1000;
        for (var i = 0; i < changed; i++)
        {
            await PutOneAsync(Name(i), new SeededContent(1_000_000 + i, 1024), act);
        }

        var watch = Stopwatch.StartNew();
        var back = await ChangeAsync("stop-maintenance", node);
        await Operations.UntilStateAsync(node, "in", Cancellation);
        var inService = watch.Elapsed;
        await Operations.UntilConvergedAsync(Cancellation);
        var account = await AccountAsync(back.RebalanceId, node);
        var moved = await MovedAsync(back.RebalanceId, node);
        await SayAsync($"interrupted at {half.Percent:0}% ({half.HandedOverObjects:N0} objects); in service after {inService.TotalSeconds:0.00} s; all in place after {watch.Elapsed.TotalSeconds:0.0} s");
        await SayAsync($"changed {changed:N0} objects; sent back {moved.Objects:N0} ({moved.Bytes:N0} bytes), received {account.ReceivedObjects:N0}; {moved.PresentObjects:N0} ({moved.PresentBytes:N0} bytes) were there already, revived {account.RevivedObjects:N0}");
        if (inService > TimeSpan.FromSeconds(2))
        {
            act.Fail($"in service only after {inService.TotalSeconds:0.00} s");
        }

        if (moved.Bytes > changed * SizeBytes)
        {
            act.Fail($"{moved.Bytes} bytes were sent back, {changed * SizeBytes} had changed");
        }

        await CompareAsync();
    }
}

/// <summary>One percent of all objects changes while a node is away: what moves when it is back.</summary>
internal sealed class AwayTrial(TourStage stage, TrialOptions options) : Trial(stage, options)
{
    protected override async Task RunAsync()
    {
        await PutAsync(Options.Objects);
        var node = Targets[0];
        await ChangeAsync("start-maintenance", node);
        await Operations.UntilSafeAsync(node, Cancellation);
        var outage = Stage.Kill(node);
        var act = Stage.Begin("change while away", mayWait: false);
        await Stage.ForEachAsync(Enumerable.Range(0, Options.Objects / 100), i => PutOneAsync(Name(i * 100), new SeededContent(2_000_000 + i, 1024), act));
        await Stage.PrintAsync(act);
        await StartAgainAsync(node, outage);
        var watch = Stopwatch.StartNew();
        var before = await ExchangedBytesAsync();
        var back = await ChangeAsync("stop-maintenance", node);
        await Operations.UntilConvergedAsync(Cancellation);
        var elapsed = watch.Elapsed;
        var exchanged = await ExchangedBytesAsync() - before;
        var account = await AccountAsync(back.RebalanceId, node);
        var moved = await MovedAsync(back.RebalanceId, node);
        var all = Math.Max(1, moved.Bytes + moved.PresentBytes);
        await SayAsync($"back in {elapsed.TotalSeconds:0.0} s: sent {moved.Objects:N0} ({moved.Bytes:N0} bytes), received {account.ReceivedObjects:N0}; {moved.PresentObjects:N0} ({moved.PresentBytes:N0} bytes) were there already, revived {account.RevivedObjects:N0}");
        await SayAsync($"{100.0 * moved.Bytes / all:0.00}% of the bytes sent; all targets exchanged {exchanged:N0} bytes of content meanwhile, {100.0 * exchanged / all:0.00}%");
        if (Math.Max(moved.Bytes, exchanged) > 0.011 * all)
        {
            act.Fail($"{Math.Max(moved.Bytes, exchanged)} bytes travelled, at most 1.1% of {all} may");
        }

        await CompareAsync();
    }
}

/// <summary>Deletes during a drain, deletes while a node is away, a bucket made again while a node is away: nothing comes back.</summary>
internal sealed class ResurrectionTrial(TourStage stage, TrialOptions options) : Trial(stage, options)
{
    private const string Again = "again";

    protected override async Task RunAsync()
    {
        await PutAsync(Options.Objects);
        for (var run = 1; run <= Options.Runs; run++)
        {
            var node = Targets[run % Targets.Length];
            var act = Stage.Begin($"run {run}: {node.DisplayName}", mayWait: true);
            await Stage.Client.CreateBucketAsync(Again, act, Cancellation);
            for (var i = 0; i < 30; i++)
            {
                await PutOneAsync(Name(i), new SeededContent((run * 100) + i, 500), act);
                await Stage.Client.PutAsync($"old/{i}", new SeededContent(i, 300), act, Cancellation, Again);
            }

            await ChangeAsync("start-maintenance", node);
            for (var i = 0; i < 10; i++)
            {
                await DeleteOneAsync(Name(i), act);
            }

            await Operations.UntilSafeAsync(node, Cancellation);
            var outage = Stage.Kill(node);
            for (var i = 10; i < 20; i++)
            {
                await DeleteOneAsync(Name(i), act);
            }

            await Stage.Client.DestroyBucketAsync(Again, act, Cancellation);
            await Stage.Client.CreateBucketAsync(Again, act, Cancellation);
            await StartAgainAsync(node, outage);
            await ReturnAsync(node);
            await Stage.CompareAsync(act);
            for (var i = 0; i < 30; i++)
            {
                await Stage.Client.VerifyAsync($"old/{i}", null, act, Cancellation, Again);
            }

            await Stage.Client.DestroyBucketAsync(Again, act, Cancellation);
            await Stage.PrintAsync(act);
        }
    }
}

/// <summary>One drain at size, of objects that <c>aisloader</c> put: how fast, beside a plain copy of the same files, and what clients see before, during and after.</summary>
internal sealed class DrainCostTrial(TourStage stage, TrialOptions options) : Trial(stage, options)
{
    private const int Readers = 8;
    private static readonly TimeSpan QuietWindow = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestDrain = TimeSpan.FromMinutes(60);

    protected override async Task RunAsync()
    {
        Operations.Patience = LongestDrain;
        await LoadAsync();
        var node = Targets[0];
        var copy = await CopyAsync(node);
        var before = await ReadAsync("read before", () => Task.Delay(QuietWindow, Cancellation));
        var watch = Stopwatch.StartNew();
        TimeSpan elapsed = default;
        RebalanceTargetWire account = new();
        var during = await ReadAsync("read during the drain", async () =>
        {
            var reply = await ChangeAsync("start-maintenance", node);
            await Operations.UntilSafeAsync(node, Cancellation);
            elapsed = watch.Elapsed;
            account = await AccountAsync(reply.RebalanceId, node);
        });
        var after = await ReadAsync("read after", () => Task.Delay(QuietWindow, Cancellation));
        var objects = account.HandedOverObjects;
        var cpu = during.CpuSeconds - (during.TimesMs.Length * before.CpuSeconds / before.TimesMs.Length);
        await SayAsync($"drain of {objects:N0} objects, {account.SentBytes:N0} bytes sent: safe after {elapsed.TotalSeconds:0.0} s, {objects / elapsed.TotalSeconds:0} objects/s, {account.SentBytes / elapsed.TotalSeconds / (1 << 20):0.0} MiB/s");
        await SayAsync($"CPU of all nodes: {during.CpuSeconds:0.0} s with the readers' requests, {cpu:0.0} s without what as many requests cost before, {1e6 * cpu / objects:0} µs per object");
        await SayAsync($"plain copy of its files, flushed: {copy.TotalSeconds:0.0} s (ratio {elapsed / copy:0.00})");
        await SayAsync($"GET, {Readers} readers, p50/p99 in ms and GET/s: before {before}, during {during}, after {after}");
        await CompareAsync();
    }

    /// <summary>Puts by the load generator, as a user would, and learns from a first read what every object must hold from now on.</summary>
    private async Task LoadAsync()
    {
        var put = Stage.Begin("put by aisloader", mayWait: false);
        await Stage.Client.CreateBucketAsync(TourClient.Bucket, put, Cancellation);
        var sample = await LoaderRun.RunAsync(
            ToolPaths.Find(), Stage.Supervisor.Plan.Gateways.First().PublicUrl,
            [
                "-bucket=ais://" + TourClient.Bucket, "-pctput=100", "-duration=2h", $"-maxputs={Options.Objects}", "-randomname=false",
                $"-numworkers={Readers}", $"-minsize={SizeBytes}", $"-maxsize={SizeBytes}",
            ],
            CpuSeconds, Cancellation);
        put.Note = string.Create(CultureInfo.InvariantCulture, $"{sample.Operations:N0} objects of {SizeBytes} bytes, {sample.Errors} errors, {sample.OperationsPerSecond:0} objects/s");
        if (sample.Errors > 0)
        {
            put.Fail($"aisloader counted {sample.Errors} errors");
        }

        await Stage.PrintAsync(put);
        var read = Stage.Begin("read what was put", mayWait: false);
        await Stage.ForEachAsync(Enumerable.Range(0, Options.Objects), async i =>
        {
            var name = LoaderRun.Name(i);
            if (await Stage.Client.ReadAsync(name, read, Cancellation) is { } bytes)
            {
                Stage.Ledger.Put(name, new ReadContent(bytes));
            }
        });
        await Stage.PrintAsync(read);
    }

    /// <summary>Reads and compares objects at random until the work is done.</summary>
    private async Task<Reads> ReadAsync(string name, Func<Task> work)
    {
        var act = Stage.Begin(name, mayWait: false);
        var cpu = CpuSeconds();
        var watch = Stopwatch.StartNew();
        var done = work();
        var readers = Enumerable.Range(0, Readers).Select(async reader =>
        {
            var times = new List<double>();
            var random = new Random(reader);
            while (!done.IsCompleted)
            {
                var one = LoaderRun.Name(random.Next(Options.Objects));
                var began = Stopwatch.GetTimestamp();
                await Stage.Client.VerifyAsync(one, Stage.Ledger.Expected(one), act, Cancellation);
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }

            return times;
        }).ToArray();
        await done;
        double[] all = [.. (await Task.WhenAll(readers)).SelectMany(times => times)];
        var elapsed = watch.Elapsed;
        Array.Sort(all);
        await Stage.PrintAsync(act);
        return new Reads(all, elapsed, CpuSeconds() - cpu);
    }

    /// <summary>How long <c>cp -a</c> needs for the files of one target, written through to the disk.</summary>
    private async Task<TimeSpan> CopyAsync(NodePlan node)
    {
        var root = Stage.Supervisor.Directory.Root;
        var to = Path.Combine(root, "copy");
        var watch = Stopwatch.StartNew();
        using var process = Process.Start("/bin/sh", ["-c", "cp -a \"$0\" \"$1\" && sync -f \"$1\"", Path.Combine(root, "mountpaths", node.Id), to]);
        await process.WaitForExitAsync(Cancellation);
        var elapsed = watch.Elapsed;
        Directory.Delete(to, recursive: true);
        return elapsed;
    }

    private double CpuSeconds() => Stage.Supervisor.Plan.Nodes
        .Select(node => Stage.Supervisor.Processes.ReadPid(node) is { } pid ? NodeProcess.ReadStat(pid) : null)
        .Sum(stat => stat is null ? 0 : (long.Parse(stat[11], CultureInfo.InvariantCulture) + long.Parse(stat[12], CultureInfo.InvariantCulture)) / 100.0);

    /// <param name="TimesMs">How long every read took, sorted, milliseconds.</param>
    /// <param name="Elapsed">How long the readers ran.</param>
    /// <param name="CpuSeconds">What all nodes used meanwhile.</param>
    private sealed record Reads(double[] TimesMs, TimeSpan Elapsed, double CpuSeconds)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"{TimesMs[TimesMs.Length / 2]:0.0}/{TimesMs[(int)(TimesMs.Length * 0.99)]:0.0} at {TimesMs.Length / Elapsed.TotalSeconds:0}");
    }
}
