using System.Globalization;
using Starling.ClusterTests.Support;
using Starling.Playground.Nodes;
using Starling.Playground.Tour;
using Xunit;

namespace Starling.ClusterTests.Removal;

/// <summary>A cluster with some objects in it, readers and writers on it, and an operator beside it.</summary>
internal sealed class RemovalScene : IAsyncDisposable
{
    private readonly List<ActRecord> acts = [];
    private Load? load;

    private RemovalScene(TestPlayground playground)
    {
        Playground = playground;
        Client = playground.Client(Outages);
        Operator = new NodeOperations(playground.Plan) { Patience = TimeSpan.FromSeconds(60) };
    }

    public TestPlayground Playground { get; }

    public Outages Outages { get; } = new();

    public Ledger Ledger { get; } = new();

    public TourClient Client { get; }

    public NodeOperations Operator { get; }

    public NodePlan[] Targets => Playground.Targets;

    /// <summary>Starts nodes that know operations and puts objects.</summary>
    public static async Task<RemovalScene> StartAsync(int targets = 3, int objects = 300, int gateways = 3)
    {
        var scene = new RemovalScene(await TestPlayground.StartAsync(gateways, targets));
        try
        {
            var act = scene.Begin("put", mayWait: false);
            await scene.Client.CreateBucketAsync(TourClient.Bucket, act, CancellationToken.None);
            await Parallel.ForEachAsync(Enumerable.Range(0, objects), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, cancellation) =>
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"settled/{i:00000}");
                var content = new SeededContent(i, 64 + (i * 7919 % 8000));
                await scene.Client.PutAsync(name, content, act, cancellation);
                scene.Ledger.Put(name, content);
            });
            scene.Check();
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Requests are counted for this from now on.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="mayWait">A node is down, so that requests may have to wait for it.</param>
    public ActRecord Begin(string name, bool mayWait)
    {
        var act = new ActRecord(name, mayWait);
        acts.Add(act);
        if (load is not null)
        {
            load.Current = act;
        }

        return act;
    }

    public void StartLoad(string name, bool mayWait = false, int readers = 2, int writers = 2)
    {
        load = new Load(Client, Ledger, Ledger.LiveNames()) { Current = acts[^1] };
        Begin(name, mayWait);
        load.Start(readers, writers);
    }

    /// <summary>Ends a process as a crash does; broken connections to it are excused from now on until it is started again.</summary>
    public async Task<Outages.Outage> KillAsync(NodePlan node)
    {
        var outage = Outages.Begin(node);
        await Playground.KillAsync(node);
        return outage;
    }

    public async Task StartAgainAsync(NodePlan node, Outages.Outage outage)
    {
        Playground.Start(node);
        await Playground.ReadyAsync(node);
        await Operator.UntilOnlineAsync(node, CancellationToken.None);
        outage.End();
    }

    /// <summary>Takes everything that the node's mountpaths hold.</summary>
    public void Destroy(NodePlan node)
    {
        Assert.False(Playground.Supervisor.Processes.IsRunning(node), $"{node.DisplayName} still runs");
        for (var i = 1; i <= Playground.Plan.MountpathsPerTarget; i++)
        {
            var mountpath = node.Mountpath(Playground.Directory.Root, i);
            Directory.Delete(mountpath, recursive: true);
            Directory.CreateDirectory(mountpath);
        }
    }

    /// <summary>Ends the load, then reads every name and compares: nothing lost, nothing back, nothing changed; no act failed or made anybody wait.</summary>
    public async Task VerifyAsync()
    {
        if (load is not null)
        {
            await load.DisposeAsync();
            load = null;
        }

        var compare = Begin("compare", mayWait: false);
        Assert.Equal(Ledger.LiveNames(), (await Client.ListAsync(compare, CancellationToken.None)).Order(StringComparer.Ordinal));
        await Parallel.ForEachAsync(
            Ledger.LiveNames().Concat(Ledger.DeletedNames()), new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (name, cancellation) => await Client.VerifyAsync(name, Ledger.Expected(name), compare, cancellation));
        Check();
    }

    public async ValueTask DisposeAsync()
    {
        if (load is not null)
        {
            await load.DisposeAsync();
        }

        Client.Dispose();
        Operator.Dispose();
        await Playground.DisposeAsync();
    }

    private void Check() =>
        Assert.All(acts, act => Assert.True(act.Passed, $"{act.Name}: {string.Join("\n", act.Failures.Take(10))}; waited {act.Waited}: {act.FirstWait}"));
}
