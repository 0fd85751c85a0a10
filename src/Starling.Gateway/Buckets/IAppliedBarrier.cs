using Starling.Protocol.State;

namespace Starling.Gateway.Buckets;

/// <summary>Waits until all targets have applied a state, or no lease granted before can be valid any more (rule B4's wait).</summary>
public interface IAppliedBarrier
{
    /// <summary>Waits.</summary>
    /// <param name="state">The state; its applied index is what counts, its members are who is asked.</param>
    /// <param name="cancellationToken">The client went away.</param>
    Task WaitAsync(ClusterState state, CancellationToken cancellationToken);
}
