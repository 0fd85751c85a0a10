using Starling.Core.Names;
using Starling.Core.Wire;

namespace Starling.Gateway.Lifecycle;

/// <summary>Asks targets how their passes go.</summary>
public interface IRebalanceReports
{
    /// <summary>What a target says; current pass first, then those that ended. Null: it does not answer in time.</summary>
    Task<IReadOnlyList<RebalanceTargetWire>?> AskAsync(NodeId target, CancellationToken cancellationToken);
}
