using Starling.Core.Errors;

namespace Starling.Cluster.Views;

/// <summary>Waits that end with the process only: background work that follows the committed state.</summary>
public static class ViewWaits
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(10);

    /// <summary>Waits until something holds, however long that takes.</summary>
    /// <param name="view">The committed state.</param>
    /// <param name="predicate">What is waited for.</param>
    /// <param name="what">The same in words, for messages.</param>
    /// <param name="cancellationToken">The process stops.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<ClusterSnapshot> ForeverAsync(IClusterView view, Func<ClusterSnapshot, bool> predicate, string what, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(view);
        while (true)
        {
            try
            {
                return await view.WaitForAsync(predicate, what, LookAgainAfter, cancellationToken);
            }
            catch (StoreException late) when (late.Error.Code == ErrorCode.Unavailable)
            {
                // Nothing changed for a while: look again.
            }
        }
    }
}
