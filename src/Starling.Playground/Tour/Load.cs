using System.Collections.Concurrent;
using System.Globalization;
using Starling.Playground.Nodes;

namespace Starling.Playground.Tour;

/// <summary>Readers and writers that run while the acts happen. Each writer owns its names, so that what a name must hold is never in doubt.</summary>
internal sealed class Load(TourClient client, Ledger ledger, string[] settledNames) : IAsyncDisposable
{
    private const int NamesPerWriter = 200;
    private const int MaxSizeBytes = 32 * 1024;
    private static readonly TimeSpan EnterWithin = TimeSpan.FromMinutes(2);
    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> workers = [];
    private readonly ConcurrentDictionary<int, ActRecord> underWay = new();
    private volatile ActRecord? current;

    /// <summary>The act that requests are counted for from now on.</summary>
    public ActRecord Current
    {
        get => current ?? throw new InvalidOperationException("no act has begun");
        set => current = value;
    }

    /// <summary>Counts for this act from now on, and waits until nothing is under way that began in an earlier one: what the act does must not hit it.</summary>
    /// <exception cref="PlaygroundException">Requests of an earlier act did not end in time.</exception>
    public async Task EnterAsync(ActRecord act, CancellationToken cancellation)
    {
        current = act;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(EnterWithin);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        try
        {
            while (!underWay.Values.All(one => ReferenceEquals(one, act)))
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            var earlier = underWay.Values.First(one => !ReferenceEquals(one, act)).Name;
            throw new PlaygroundException($"waited {EnterWithin.TotalSeconds:0} s in vain for the requests of '{earlier}' to end");
        }
    }

    public void Start(int readers, int writers)
    {
        for (var i = 0; i < readers; i++)
        {
            workers.Add(ReadAsync(workers.Count, new Random(1000 + i)));
        }

        for (var i = 0; i < writers; i++)
        {
            workers.Add(WriteAsync(workers.Count, i, new Random(2000 + i)));
        }
    }

    /// <summary>Lets requests under way finish and ends the workers.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(workers);
        stopping.Dispose();
    }

    private ActRecord Begin(int worker) => underWay[worker] = Current;

    private async Task ReadAsync(int worker, Random random)
    {
        await Task.Yield();
        while (!stopping.IsCancellationRequested)
        {
            var name = settledNames[random.Next(settledNames.Length)];
            await client.VerifyAsync(name, ledger.Expected(name), Begin(worker), CancellationToken.None);
        }

        underWay.TryRemove(worker, out _);
    }

    private async Task WriteAsync(int worker, int writer, Random random)
    {
        await Task.Yield();
        while (!stopping.IsCancellationRequested)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"live/{writer}/{random.Next(NamesPerWriter):000}");
            switch (random.Next(10))
            {
                case < 6:
                    var content = new SeededContent(random.Next(), random.Next(MaxSizeBytes));
                    await client.PutAsync(name, content, Begin(worker), CancellationToken.None);
                    ledger.Put(name, content);
                    break;
                case < 8:
                    await client.VerifyAsync(name, ledger.Expected(name), Begin(worker), CancellationToken.None);
                    break;
                default:
                    await client.DeleteAsync(name, ledger.Expected(name), Begin(worker), CancellationToken.None);
                    ledger.Delete(name);
                    break;
            }
        }

        underWay.TryRemove(worker, out _);
    }
}
