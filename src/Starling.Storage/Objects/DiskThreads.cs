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

    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(10);

    private readonly BlockingCollection<Action> queue = new(MaxQueued);
    private readonly Lock gate = new();
    private readonly List<Thread> threads = [];
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
        if (!TryAdd(() => Complete(done, work, cancellationToken)))
        {
            throw new StoreException(
                ErrorCode.Unavailable, queue.IsAddingCompleted ? "this target is stopping: try again" : $"{MaxQueued} commits wait for the disks already: try again", retryAfterMs: 1_000);
        }

        return done.Task;
    }

    /// <summary>
    /// Finishes what is queued and waits for it: when the caller then lets go of the mountpaths, another process may take them, and no rename of this one
    /// must come after that. A disk that hangs is not waited for longer than some seconds.
    /// </summary>
    public void Dispose()
    {
        queue.CompleteAdding();
        var deadline = Environment.TickCount64 + (long)EndWithin.TotalMilliseconds;
        Thread[] started;
        lock (gate)
        {
            started = [.. threads];
        }

        foreach (var thread in started)
        {
            thread.Join((int)Math.Max(0, deadline - Environment.TickCount64));
        }
    }

    private bool TryAdd(Action action)
    {
        try
        {
            return queue.TryAdd(action);
        }
        catch (InvalidOperationException) when (queue.IsAddingCompleted)
        {
            return false;
        }
    }

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

        var thread = new Thread(Work) { IsBackground = true, Name = $"disk-{number}" };
        lock (gate)
        {
            thread.Start();
            threads.Add(thread);
        }
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
