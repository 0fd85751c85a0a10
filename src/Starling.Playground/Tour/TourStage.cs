using System.Diagnostics;
using System.Globalization;
using Starling.Playground.Nodes;

namespace Starling.Playground.Tour;

/// <summary>What all acts of the tour share: the nodes, the ledger of what was acknowledged, the client, and the table.</summary>
internal sealed class TourStage(Supervisor supervisor, TourOptions options, TextWriter output, CancellationToken cancellation) : IDisposable
{
    private const int Parallel = 8;
    private static readonly TimeSpan HealthTimeout = TimeSpan.FromSeconds(90);
    private readonly List<ActRecord> acts = [];

    public Supervisor Supervisor { get; } = supervisor;

    public TourOptions Options { get; } = options;

    public TextWriter Output { get; } = output;

    public CancellationToken Cancellation { get; } = cancellation;

    public Ledger Ledger { get; } = new();

    public Outages Outages { get; } = new();

    public Stopwatch Total { get; } = Stopwatch.StartNew();

    public IReadOnlyList<ActRecord> Acts => acts;

    public TourClient Client => field ??= new TourClient(Supervisor.Plan, Outages);

    public NodeOperations Operations => field ??= new NodeOperations(Supervisor.Plan);

    public void Dispose()
    {
        Client.Dispose();
        Operations.Dispose();
    }

    public ActRecord Begin(string name, bool mayWait)
    {
        var act = new ActRecord(name, mayWait);
        if (acts.Count == 0)
        {
            Output.WriteLine($"{"act",-34} {"requests",9} {"failed",7} {"cut",5} {"refused",8} {"waited",7}");
        }

        acts.Add(act);
        return act;
    }

    /// <summary>Begins an act that takes targets away, and waits until no request of the act before is under way: what has to wait from now on belongs to this one.</summary>
    public async Task<ActRecord> TurnAsync(Load load, string name)
    {
        var act = Begin(name, mayWait: true);
        await load.EnterAsync(act, Cancellation);
        return act;
    }

    /// <summary>Prints the line of an act, and what went wrong first: the verdict repeats it, but by then it may be long ago.</summary>
    public async Task PrintAsync(ActRecord act)
    {
        await Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{act.Name,-34} {act.Requests,9:N0} {act.Failures.Count,7:N0} {act.Cut,5:N0} {act.Refused,8:N0} {act.Waited,7:N0}{(act.Note.Length == 0 ? string.Empty : $"   ({act.Note})")}"));
        foreach (var failure in act.Failures.Take(3))
        {
            await Output.WriteLineAsync($"   {Total.Elapsed:mm\\:ss} {failure}");
        }

        if (!act.MayWait && act.FirstWait is { } wait)
        {
            await Output.WriteLineAsync($"   {Total.Elapsed:mm\\:ss} had to wait: {wait}");
        }
    }

    /// <summary>Ends a process as a crash would; broken connections to it are excused until the outage ends.</summary>
    public Outages.Outage Kill(NodePlan node)
    {
        var outage = Outages.Begin(node);
        Supervisor.Processes.Kill(node);
        return outage;
    }

    public async Task StartAgainAsync(NodePlan node, Outages.Outage outage)
    {
        await Supervisor.Processes.WaitForExitAsync(node, TimeSpan.FromSeconds(5), Cancellation);
        Supervisor.Processes.Start(node);
        await Supervisor.WaitReadyAsync(node, HealthTimeout, Cancellation);
        outage.End();
    }

    public Task StartAllAsync() => Supervisor.StartAllAsync(HealthTimeout, Cancellation);

    /// <summary>Lets the load run for a while.</summary>
    public Task LetRunAsync() => Task.Delay(Options.ActLength, Cancellation);

    /// <summary>Reads what every name must hold, and every deleted one; returns how many bytes were compared, and how many names the bucket lists.</summary>
    public async Task<(long Bytes, int Live, int Listed)> CompareAsync(ActRecord act)
    {
        var live = Ledger.LiveNames();
        var listed = await Client.ListAsync(act, Cancellation);
        foreach (var missing in live.Except(listed, StringComparer.Ordinal))
        {
            act.Fail($"{TourClient.Cname(missing)}: is not listed");
        }

        foreach (var extra in listed.Except(live, StringComparer.Ordinal))
        {
            act.Fail($"{TourClient.Cname(extra)}: is listed and must not exist");
        }

        return (await ReadAsync(live, Ledger.DeletedNames(), act), live.Length, listed.Count);
    }

    /// <summary>Reads and compares names nobody writes to meanwhile, and looks whether deleted ones are still gone; returns how many bytes were compared.</summary>
    public async Task<long> ReadAsync(string[] names, string[] deleted, ActRecord act)
    {
        long bytes = 0;
        await ForEachAsync(names, async name =>
        {
            var expected = Ledger.Expected(name)!;
            await Client.VerifyAsync(name, expected, act, Cancellation);
            Interlocked.Add(ref bytes, expected.Bytes().Length);
        });
        await ForEachAsync(deleted, name => Client.VerifyAsync(name, null, act, Cancellation));
        return bytes;
    }

    public Task ForEachAsync<T>(IEnumerable<T> items, Func<T, Task> action) =>
        System.Threading.Tasks.Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = Cancellation }, async (item, _) => await action(item));
}
