using System.Collections.Concurrent;
using Starling.Core.Errors;

namespace Starling.Storage.Objects;

/// <summary>
/// Threads that wait for flushes, so that the thread pool need not: many flushes in flight at once share one write of the filesystem's journal. The queue is
/// bounded; when it is full the request is refused and may be tried again.
/// </summary>
internal sealed class DiskThreads : IDisposable
{
    private const int MaxQueued = 4096;

    private readonly BlockingCollection<Action> queue = new(MaxQueued);
    private readonly int maxThreads;
    private int running;
    private int idle;

    /// <summary>Makes the queue; threads are started as work finds none idle.</summary>
    /// <param name="maxThreads">At most so many; with 0 the work runs where it is asked for.</param>
    public DiskThreads(int maxThreads)
    {
        this.maxThreads = maxThreads;
    }

    /// <summary>Runs <paramref name="work"/> on one of the threads; its failure is that of the task.</summary>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (maxThreads == 0)
        {
            Complete(done, work, cancellationToken);
            return done.Task;
        }

        StartIfNoneIsIdle();
        if (!queue.TryAdd(() => Complete(done, work, cancellationToken)))
        {
            throw new StoreException(ErrorCode.Unavailable, $"{MaxQueued} commits wait for the disks already: try again", retryAfterMs: 1_000);
        }

        return done.Task;
    }

    public void Dispose() => queue.CompleteAdding();

    private static void Complete<T>(TaskCompletionSource<T> done, Func<T> work, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            done.SetCanceled(cancellationToken);
            return;
        }

        // Whatever happens belongs to whoever awaits the task.
        var task = new Task<T>(work);
        task.RunSynchronously(TaskScheduler.Default);
        done.SetFromTask(task);
    }

    private void StartIfNoneIsIdle()
    {
        if (Volatile.Read(ref idle) > queue.Count || Volatile.Read(ref running) >= maxThreads)
        {
            return;
        }

        var number = Interlocked.Increment(ref running);
        if (number > maxThreads)
        {
            Interlocked.Decrement(ref running);
            return;
        }

        new Thread(Work) { IsBackground = true, Name = $"disk-{number}" }.Start();
    }

    private void Work()
    {
        Interlocked.Increment(ref idle);
        foreach (var action in queue.GetConsumingEnumerable())
        {
            Interlocked.Decrement(ref idle);
            action();
            Interlocked.Increment(ref idle);
        }
    }
}
