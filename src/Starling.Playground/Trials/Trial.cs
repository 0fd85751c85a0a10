using System.Globalization;
using Starling.Client.Cluster;
using Starling.Core.Wire;
using Starling.Playground.Nodes;
using Starling.Playground.Tour;

namespace Starling.Playground.Trials;

/// <summary>How long a trial is.</summary>
/// <param name="Objects">Objects in the cluster.</param>
/// <param name="Runs">Repetitions.</param>
internal sealed record TrialOptions(int Objects, int Runs)
{
    /// <summary>Settings of the cluster's configuration that hold during the trial, each NAME=VALUE.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];
}

/// <summary>A long run that is looked at by people: real processes, real disks, a table in the end, exit code 1 when something was lost.</summary>
internal abstract class Trial(TourStage stage, TrialOptions options)
{
    /// <summary>Size of the objects of most trials, bytes.</summary>
    protected const int SizeBytes = 1024;

    /// <summary>All trials by name; every one says what it proves.</summary>
    public static IReadOnlyDictionary<string, (string Text, TrialOptions Usual, Func<TourStage, TrialOptions, Trial> Make)> All { get; } =
        new SortedDictionary<string, (string, TrialOptions, Func<TourStage, TrialOptions, Trial>)>(StringComparer.Ordinal)
        {
            ["phases"] = ("the leader is killed in every phase of every operation", new(2_000, 1), (stage, options) => new PhaseTrial(stage, options)),
            ["drainkills"] = ("source and destinations are killed again and again during one drain", new(100_000, 10), (stage, options) => new DrainKillsTrial(stage, options)),
            ["verdict"] = ("disks are destroyed the moment a node is called safe", new(200, 200), (stage, options) => new VerdictTrial(stage, options)),
            ["interrupt"] = ("a removal is interrupted at half", new(100_000, 1), (stage, options) => new InterruptTrial(stage, options)),
            ["away"] = ("one percent changes while a node is away", new(200_000, 1), (stage, options) => new AwayTrial(stage, options)),
            ["resurrection"] = ("deletes during a drain and while a node is away, and a bucket made again", new(200, 100), (stage, options) => new ResurrectionTrial(stage, options)),
            ["drain"] = ("what a drain costs, beside a plain copy of the same files", new(504_797, 1), (stage, options) => new DrainCostTrial(stage, options)),
        };

    protected TourStage Stage { get; } = stage;

    protected TrialOptions Options { get; } = options;

    protected NodeOperations Operations => Stage.Operations;

    protected CancellationToken Cancellation => Stage.Cancellation;

    protected NodePlan[] Targets => [.. Stage.Supervisor.Plan.Targets];

    /// <summary>Runs a trial on a playground of its own, which is stopped in the end.</summary>
    public static async Task<int> RunAsync(string name, PlaygroundDirectory directory, StartRequest request, TrialOptions options, TextWriter output, CancellationToken cancellation)
    {
        using var supervisor = await StartCommand.StartAsync(directory, request, output, cancellation);
        try
        {
            using var stage = new TourStage(supervisor, new TourOptions(Quick: true, Sabotage: null, PowerCutScript: null), output, cancellation);
            foreach (var setting in options.Settings)
            {
                var equals = setting.IndexOf('=', StringComparison.Ordinal);
                await stage.Operations.ConfigureAsync(setting[..equals], setting[(equals + 1)..], cancellation);
            }

            await All[name].Make(stage, options).RunAsync();
            var failures = stage.Acts.SelectMany(act => act.Failures.Select(failure => $"{act.Name}: {failure}")).ToArray();
            foreach (var failure in failures.Take(20))
            {
                await output.WriteLineAsync("FAIL " + failure);
            }

            await output.WriteLineAsync(failures.Length == 0 ? "VERDICT: nothing lost" : "VERDICT: FAIL");
            return failures.Length == 0 ? 0 : 1;
        }
        finally
        {
            await supervisor.StopAllAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
        }
    }

    protected abstract Task RunAsync();

    protected Task SayAsync(FormattableString text) => Stage.Output.WriteLineAsync(text.ToString(CultureInfo.InvariantCulture));

    /// <summary>Fills the bucket with small objects.</summary>
    protected async Task PutAsync(int objects, int sizeBytes = SizeBytes)
    {
        var act = Stage.Begin("put", mayWait: false);
        await Stage.Client.CreateBucketAsync(TourClient.Bucket, act, Cancellation);
        await Stage.ForEachAsync(Enumerable.Range(0, objects), i => PutOneAsync(Name(i), new SeededContent(i, sizeBytes), act));
        act.Note = string.Create(CultureInfo.InvariantCulture, $"{objects:N0} objects of {sizeBytes} bytes");
        await Stage.PrintAsync(act);
    }

    protected static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"small/{i % 100:00}/{i:0000000}");

    protected async Task PutOneAsync(string name, Content content, ActRecord act)
    {
        await Stage.Client.PutAsync(name, content, act, Cancellation);
        Stage.Ledger.Put(name, content);
    }

    protected async Task DeleteOneAsync(string name, ActRecord act)
    {
        await Stage.Client.DeleteAsync(name, Stage.Ledger.Expected(name), act, Cancellation);
        Stage.Ledger.Delete(name);
    }

    /// <summary>Compares every name and every byte.</summary>
    protected async Task CompareAsync(string what = "compare everything")
    {
        var act = Stage.Begin(what, mayWait: true);
        var (bytes, live, listed) = await Stage.CompareAsync(act);
        act.Note = string.Create(CultureInfo.InvariantCulture, $"objects {live:N0} = {listed:N0}, {StartCommand.FormatSize(bytes)}");
        await Stage.PrintAsync(act);
    }

    protected Task<MembershipReply> ChangeAsync(string action, NodePlan node) => Operations.ChangeAsync(action, node, Cancellation);

    protected async Task ReturnAsync(NodePlan node)
    {
        await ChangeAsync("stop-maintenance", node);
        await Operations.UntilStateAsync(node, "in", Cancellation);
        await Operations.UntilConvergedAsync(Cancellation);
    }

    /// <summary>Starts a node whose process ended, and waits until the leader hears it.</summary>
    protected async Task StartAgainAsync(NodePlan node, Outages.Outage outage)
    {
        await Stage.Supervisor.Processes.WaitForExitAsync(node, TimeSpan.FromSeconds(10), Cancellation);
        Stage.Supervisor.Processes.Start(node);
        await Stage.Supervisor.WaitReadyAsync(node, TimeSpan.FromSeconds(90), Cancellation);
        await Operations.UntilOnlineAsync(node, Cancellation);
        outage.End();
    }

    /// <summary>The node's account in a rebalance.</summary>
    protected async Task<RebalanceTargetWire> AccountAsync(string rebalance, NodePlan node) =>
        (await Operations.RebalanceAsync(rebalance.Length > 0 ? rebalance : null, Cancellation)).Targets.FirstOrDefault(target => target.Node == node.Id) ?? new RebalanceTargetWire { Node = node.Id };

    /// <summary>What was handed over to the node in a rebalance: how much of it travelled, and how much it had already.</summary>
    protected async Task<(long Objects, long Bytes, long PresentObjects, long PresentBytes)> MovedAsync(string rebalance, NodePlan node)
    {
        var targets = (await Operations.RebalanceAsync(rebalance, Cancellation)).Targets;
        var to = targets.SelectMany(target => target.To).Where(peer => peer.Node == node.Id).ToArray();
        return (to.Sum(peer => peer.Objects), to.Sum(peer => peer.Bytes), targets.Sum(target => target.PresentObjects), targets.Sum(target => target.PresentBytes));
    }

    /// <summary>Bytes of content that the targets that run exchanged since they started, as their metrics say: pushed, and fetched.</summary>
    protected async Task<long> ExchangedBytesAsync()
    {
        using var http = new HttpClient();
        var sum = 0.0;
        foreach (var target in Targets)
        {
            foreach (var line in (await http.GetStringAsync(new Uri($"{target.PublicUrl}/metrics"), Cancellation)).Split('\n'))
            {
                var isCounted = line.StartsWith("starling_neighbor_bytes_total", StringComparison.Ordinal)
                    && ((line.Contains("\"push\"", StringComparison.Ordinal) && line.Contains("\"out\"", StringComparison.Ordinal))
                        || (line.Contains("\"content\"", StringComparison.Ordinal) && line.Contains("\"in\"", StringComparison.Ordinal)));
                sum += isCounted ? double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture) : 0;
            }
        }

        return (long)sum;
    }

    /// <summary>Takes what the mountpaths of a stopped node hold.</summary>
    protected void Destroy(NodePlan node)
    {
        for (var i = 1; i <= Stage.Supervisor.Plan.MountpathsPerTarget; i++)
        {
            var mountpath = node.Mountpath(Stage.Supervisor.Directory.Root, i);
            Directory.Delete(mountpath, recursive: true);
            Directory.CreateDirectory(mountpath);
        }
    }

    /// <summary>Waits until this share of the node's objects is handed over, or its pass has ended.</summary>
    protected async Task<RebalanceTargetWire> UntilPercentAsync(string rebalance, NodePlan node, double percent)
    {
        var account = new RebalanceTargetWire();
        await Operations.UntilAsync(
            async () => (account = await AccountAsync(rebalance, node)).Percent >= percent || account.Stage == "ended",
            string.Create(CultureInfo.InvariantCulture, $"{percent:0}% of {node.DisplayName} to be handed over"), Cancellation, () => $"{account.Stage} {account.Percent:0}%");
        return account;
    }
}
