using Starling.Core.Errors;

namespace Starling.Cluster.Views;

/// <summary>Holds the newest snapshot and wakes those who wait for a better one.</summary>
public sealed class ClusterView : IClusterView
{
    private readonly Lock gate = new();
    private readonly List<Waiter> waiters = [];
    private ClusterSnapshot current;

    /// <summary>Starts with this snapshot.</summary>
    public ClusterView(ClusterSnapshot first) => current = first;

    /// <inheritdoc/>
    public ClusterSnapshot Current => Volatile.Read(ref current);

    /// <summary>Replaces the snapshot; one writer.</summary>
    public void Publish(ClusterSnapshot snapshot)
    {
        lock (gate)
        {
            Volatile.Write(ref current, snapshot);
            for (var i = waiters.Count - 1; i >= 0; i--)
            {
                if (waiters[i].Offer(snapshot))
                {
                    waiters.RemoveAt(i);
                }
            }
        }
    }

    /// <inheritdoc/>
    public async Task<ClusterSnapshot> WaitForAsync(
        Func<ClusterSnapshot, bool> predicate, string what, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        var waiter = new Waiter(predicate);
        lock (gate)
        {
            if (!waiter.Offer(current))
            {
                waiters.Add(waiter);
            }
        }

        try
        {
            return await waiter.Done.Task.WaitAsync(timeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            var seen = Current;
            throw new StoreException(ErrorCode.Unavailable, $"waited {timeout.TotalSeconds:0.#} s for {what}; {Describe(seen)}", 1000);
        }
        finally
        {
            lock (gate)
            {
                waiters.Remove(waiter);
            }
        }
    }

    private static string Describe(ClusterSnapshot seen)
    {
        if (seen.Halted is { } halted)
        {
            return $"node {seen.Self.Id} has stopped taking part in the cluster: {halted}";
        }

        var waiting = seen.Waiting is { } reason ? $"; it waits for {reason}" : string.Empty;
        return $"node {seen.Self.Id} is at log index {seen.AppliedIndex}, epoch {seen.Epoch}, term {seen.Node.Term}, leader {seen.Leader?.Value ?? "unknown"}{waiting}";
    }

    private sealed class Waiter(Func<ClusterSnapshot, bool> predicate)
    {
        public TaskCompletionSource<ClusterSnapshot> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>True when it waits no longer. A predicate that fails is its owner's error: whoever publishes goes on.</summary>
        public bool Offer(ClusterSnapshot snapshot)
        {
            try
            {
                return predicate(snapshot) && Done.TrySetResult(snapshot);
            }
            catch (Exception error)
            {
                return Done.TrySetException(error);
            }
        }
    }
}
