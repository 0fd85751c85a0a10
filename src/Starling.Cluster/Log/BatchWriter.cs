using Starling.Protocol.Consensus;

namespace Starling.Cluster.Log;

/// <summary>A thread of its own that flushes batches to the control log: everything that waits goes into one flush.</summary>
internal sealed class BatchWriter : IBatchWriter
{
    private const int MaxWaiting = 65_536;

    private readonly ControlLog log;

    // A monitor: its waiter sleeps at once, where a semaphore spins first.
    private readonly object gate = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<(long Token, PersistBatch Batch)> waiting = [];
    private bool started;
    private bool stopping;

    public BatchWriter(ControlLog log) => this.log = log;

    public void Start(Action<long> completed, Action<Exception> failed)
    {
        started = true;
        new Thread(() => Run(completed, failed)) { IsBackground = true, Name = "control-log" }.Start();
    }

    public void Enqueue(long token, PersistBatch batch)
    {
        lock (gate)
        {
            if (waiting.Count >= MaxWaiting)
            {
                throw new InvalidOperationException($"{MaxWaiting} batches wait for the disk of the control log: it does not answer");
            }

            waiting.Add((token, batch));
            Monitor.Pulse(gate);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            stopping = true;
            Monitor.Pulse(gate);
        }

        if (started)
        {
            await ended.Task;
        }

        log.Dispose();
    }

    private void Run(Action<long> completed, Action<Exception> failed)
    {
        try
        {
            while (Take() is { } batches)
            {
                log.Write(batches.ConvertAll(item => item.Batch));
                completed(batches[^1].Token);
            }
        }
        catch (Exception error)
        {
            // The edge of this thread: a failed flush is final for the log, and the loop is told.
            failed(error);
        }
        finally
        {
            ended.SetResult();
        }
    }

    /// <summary>Everything that waits, as soon as something does; null when the writer ends and nothing is left.</summary>
    private List<(long Token, PersistBatch Batch)>? Take()
    {
        lock (gate)
        {
            while (waiting.Count == 0)
            {
                if (stopping)
                {
                    return null;
                }

                Monitor.Wait(gate);
            }

            var taken = waiting;
            waiting = [];
            return taken;
        }
    }
}
