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

    // A monitor, because its waiters sleep at once: a blocking collection spins first, and with sixteen threads that was a tenth of what a profile of a drain showed.
    private readonly object gate = new();
    private readonly Queue<Action> queue = new();
    private readonly List<Thread> threads = [];
    private readonly int maxThreads;
    private int idle;
    private bool ending;

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

        lock (gate)
        {
            if (ending || queue.Count >= MaxQueued)
            {
                throw new StoreException(
                    ErrorCode.Unavailable, ending ? "this target is stopping: try again" : $"{MaxQueued} commits wait for the disks already: try again", retryAfterMs: 1_000);
            }

            queue.Enqueue(() => Complete(done, work, cancellationToken));
            if (idle < queue.Count && threads.Count < maxThreads)
            {
                StartOne();
            }
            else
            {
                Monitor.Pulse(gate);
            }
        }

        return done.Task;
    }

    /// <summary>
    /// Finishes what is queued and waits for it: when the caller then lets go of the mountpaths, another process may take them, and no rename of this one
    /// must come after that. A disk that hangs is not waited for longer than some seconds.
    /// </summary>
    public void Dispose()
    {
        Thread[] started;
        lock (gate)
        {
            ending = true;
            started = [.. threads];
            Monitor.PulseAll(gate);
        }

        var deadline = Environment.TickCount64 + (long)EndWithin.TotalMilliseconds;
        foreach (var thread in started)
        {
            thread.Join((int)Math.Max(0, deadline - Environment.TickCount64));
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

    private void StartOne()
    {
        var thread = new Thread(Work) { IsBackground = true, Name = $"disk-{threads.Count + 1}" };
        thread.Start();
        threads.Add(thread);
    }

    private void Work()
    {
        while (Take() is { } action)
        {
            action();
        }
    }

    private Action? Take()
    {
        lock (gate)
        {
            while (queue.Count == 0)
            {
                if (ending)
                {
                    return null;
                }

                idle++;
                Monitor.Wait(gate);
                idle--;
            }

            return queue.Dequeue();
        }
    }
}
