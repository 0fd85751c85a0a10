using System.Threading.Tasks.Sources;

namespace Starling.Server.Hosting.Transport;

/// <summary>
/// One waiter for "the socket is readable" or "writable". A signal without a waiter is kept for the next one, so that an edge is never lost; it may be
/// out of date, so whoever waited tries the call again and waits again.
/// </summary>
internal sealed class ReadyGate : IValueTaskSource
{
    private const int Idle = 0;
    private const int Signalled = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> core;
    private int state;

    /// <summary>Completes with the next signal, on the thread that gives it. One waiter at a time.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref state, Idle, Signalled) == Signalled)
        {
            return ValueTask.CompletedTask;
        }

        core.Reset();
        return Interlocked.CompareExchange(ref state, Waiting, Idle) == Idle ? new ValueTask(this, core.Version) : TakeSignal();
    }

    /// <summary>Lets the waiter go on, or the next one.</summary>
    public void Signal()
    {
        while (true)
        {
            if (Interlocked.CompareExchange(ref state, Idle, Waiting) == Waiting)
            {
                core.SetResult(true);
                return;
            }

            if (Interlocked.CompareExchange(ref state, Signalled, Idle) != Waiting)
            {
                return;
            }
        }
    }

    void IValueTaskSource.GetResult(short token) => core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);

    private ValueTask TakeSignal()
    {
        Volatile.Write(ref state, Idle);
        return ValueTask.CompletedTask;
    }
}
