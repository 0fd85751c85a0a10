using Starling.Cluster.Views;
using Starling.Core.Errors;

namespace Starling.Target.Rebalance;

/// <summary>Waits that end with the process only: background work that follows the committed state.</summary>
internal static class ViewWaits
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(10);

    public static async Task<ClusterSnapshot> ForeverAsync(IClusterView view, Func<ClusterSnapshot, bool> predicate, string what, CancellationToken cancellationToken)
    {
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
