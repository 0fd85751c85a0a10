namespace Starling.Tests.Gateway;

/// <summary>A clock that stands still; its timers fire when a test says so.</summary>
internal sealed class ManualTimers : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<ManualTimer> timers = [];
    private long ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(callback, state);
        timer.Change(dueTime, period);
        lock (gate)
        {
            timers.Add(timer);
        }

        return timer;
    }

    /// <summary>Moves the clock and fires every timer that is set.</summary>
    public void Advance(TimeSpan by)
    {
        Interlocked.Add(ref ticks, by.Ticks);
        ManualTimer[] all;
        lock (gate)
        {
            all = [.. timers];
        }

        foreach (var timer in all)
        {
            timer.Fire();
        }
    }

    private sealed class ManualTimer(TimerCallback callback, object? state) : ITimer
    {
        private volatile bool isSet;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            isSet = dueTime != Timeout.InfiniteTimeSpan;
            return true;
        }

        public void Fire()
        {
            if (isSet)
            {
                callback(state);
            }
        }

        public void Dispose() => isSet = false;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
