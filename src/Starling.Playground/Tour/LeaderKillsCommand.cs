using System.Diagnostics;
using System.Globalization;
using Starling.Playground.Nodes;

namespace Starling.Playground.Tour;

/// <summary>How often the leader is killed, and what is asked of the cluster.</summary>
internal sealed record LeaderKillsOptions(int Kills)
{
    /// <summary>The next bucket must be created within this time after the leader was killed.</summary>
    public TimeSpan Allowed { get; init; } = TimeSpan.FromSeconds(5);

    public int Objects { get; init; } = 500;
}

/// <summary>Kills the leader again and again while readers and writers go on: metadata must change again soon, and data requests must not notice.</summary>
internal sealed class LeaderKillsCommand(Supervisor supervisor, LeaderKillsOptions options, TextWriter output, CancellationToken cancellation)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Ledger ledger = new();
    private readonly Outages outages = new();
    private readonly List<TimeSpan> times = [];
    private readonly List<ActRecord> acts = [];

    /// <summary>Runs on the playground in <paramref name="directory"/>, which is started when it does not run and stopped in the end.</summary>
    /// <returns>0 when every time was within the bound and no request failed or had to wait, else 1.</returns>
    public static async Task<int> RunAsync(PlaygroundDirectory directory, StartRequest request, LeaderKillsOptions options, TextWriter output, CancellationToken cancellation)
    {
        using var supervisor = await StartCommand.StartAsync(directory, request, output, cancellation);
        try
        {
            return await new LeaderKillsCommand(supervisor, options, output, cancellation).RunAsync();
        }
        finally
        {
            await supervisor.StopAllAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
        }
    }

    private async Task<int> RunAsync()
    {
        using var client = new TourClient(supervisor.Plan, outages);
        await PutAsync(client);
        await output.WriteLineAsync($"{"kill",4} {"leader",-14} {"next bucket",12} {"new leader",-14} {"requests",9} {"failed",7} {"cut",5} {"refused",8} {"waited",7}");
        var load = new Load(client, ledger, ledger.LiveNames());
        await using (load)
        {
            load.Current = Begin("before the first kill");
            load.Start(readers: 3, writers: 3);
            for (var kill = 1; kill <= options.Kills; kill++)
            {
                await KillAsync(kill, client, load);
            }
        }

        return await VerdictAsync(client);
    }

    private async Task PutAsync(TourClient client)
    {
        var act = Begin("put");
        await client.DestroyBucketAsync(TourClient.Bucket, act, cancellation);
        await client.CreateBucketAsync(TourClient.Bucket, act, cancellation);
        for (var i = 0; i < options.Objects; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"settled/{i:0000}");
            var content = new SeededContent(i, 64 + (i * 7919 % 4033));
            await client.PutAsync(name, content, act, cancellation);
            ledger.Put(name, content);
        }
    }

    private async Task KillAsync(int number, TourClient client, Load load)
    {
        var leader = await supervisor.LeaderAsync(cancellation) ?? throw new PlaygroundException("the cluster has no leader before the leader is to be killed");
        var act = Begin(string.Create(CultureInfo.InvariantCulture, $"kill {number}"));
        load.Current = act;
        var outage = outages.Begin(leader);
        supervisor.Processes.Kill(leader);
        var watch = Stopwatch.StartNew();
        var bucket = string.Create(CultureInfo.InvariantCulture, $"after-kill-{number}-{Guid.NewGuid():N}");
        while (!await client.TryCreateBucketAsync(bucket, cancellation))
        {
            if (watch.Elapsed > Patience)
            {
                act.Fail(string.Create(CultureInfo.InvariantCulture, $"no bucket could be created within {Patience.TotalSeconds:0} s"));
                break;
            }

            await Task.Delay(20, cancellation);
        }

        var elapsed = watch.Elapsed;
        times.Add(elapsed);
        var successor = await supervisor.LeaderAsync(cancellation);
        await supervisor.Processes.WaitForExitAsync(leader, TimeSpan.FromSeconds(5), cancellation);
        supervisor.Processes.Start(leader);
        await supervisor.WaitHealthyAsync(Patience, cancellation);
        outage.End();
        await client.DestroyBucketAsync(bucket, act, cancellation);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{number,4} {leader.DisplayName,-14} {elapsed.TotalSeconds,10:0.00} s {successor?.DisplayName ?? "none",-14} {act.Requests,9:N0} {act.Failures.Count,7:N0} {act.Cut,5:N0} {act.Refused,8:N0} {act.Waited,7:N0}"));
    }

    private async Task<int> VerdictAsync(TourClient client)
    {
        var act = Begin("compare everything");
        foreach (var name in ledger.LiveNames())
        {
            await client.VerifyAsync(name, ledger.Expected(name), act, cancellation);
        }

        foreach (var name in ledger.DeletedNames())
        {
            await client.VerifyAsync(name, null, act, cancellation);
        }

        var failures = acts.SelectMany(one => one.Failures.Select(failure => $"{one.Name}: {failure}"))
            .Concat(acts.Where(one => one.Waited > 0).Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Name}: {one.Waited} requests had to wait; the first: {one.FirstWait}")))
            .Concat(times.Select((time, i) => (Time: time, Number: i + 1)).Where(pair => pair.Time > options.Allowed)
                .Select(pair => string.Create(CultureInfo.InvariantCulture, $"kill {pair.Number}: the next bucket was created only after {pair.Time.TotalSeconds:0.00} s"))).ToArray();
        var sorted = times.Order().ToArray();
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{times.Count} kills: next bucket after {sorted[0].TotalSeconds:0.00} s at best, {sorted[sorted.Length / 2].TotalSeconds:0.00} s median, {sorted[^1].TotalSeconds:0.00} s at worst; {acts.Sum(one => one.Requests):N0} requests"));
        foreach (var failure in failures.Take(20))
        {
            await output.WriteLineAsync("FAIL " + failure);
        }

        await output.WriteLineAsync(failures.Length == 0 ? "VERDICT: nobody noticed" : "VERDICT: FAIL");
        return failures.Length == 0 ? 0 : 1;
    }

    private ActRecord Begin(string name)
    {
        var act = new ActRecord(name, mayWait: false);
        acts.Add(act);
        return act;
    }
}
