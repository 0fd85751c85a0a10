namespace Starling.Cluster.Views;

/// <summary>The node's newest snapshot, and a way to wait for a better one.</summary>
public interface IClusterView
{
    /// <summary>The newest snapshot; one volatile read.</summary>
    ClusterSnapshot Current { get; }

    /// <summary>The first snapshot, from the current one on, that satisfies the predicate. Predicates see every published snapshot or a later one.</summary>
    /// <param name="predicate">Cheap and pure.</param>
    /// <param name="what">What is waited for, for the message when it does not come: "a leader", "log index 17".</param>
    /// <param name="timeout">How long.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="Core.Errors.StoreException">Unavailable: it did not come in time; the message says what.</exception>
    Task<ClusterSnapshot> WaitForAsync(Func<ClusterSnapshot, bool> predicate, string what, TimeSpan timeout, CancellationToken cancellationToken);
}
