using Starling.Core.Wire;

namespace Starling.Target.Rebalance;

/// <summary>What this target can tell of its passes; read by anybody at any time, cheap.</summary>
public interface IRebalanceReport
{
    /// <summary>The pass that runs, or the newest that ran; figures of a target that never made one are zero. Rates and the time that is left included.</summary>
    RebalanceTargetWire Current { get; }

    /// <summary>Passes that ended before the current one in this process, newest first; bounded.</summary>
    IReadOnlyList<RebalanceTargetWire> Past { get; }
}

/// <summary>A target that makes no passes.</summary>
public sealed class NoRebalanceReport : IRebalanceReport
{
    /// <inheritdoc/>
    public RebalanceTargetWire Current => new();

    /// <inheritdoc/>
    public IReadOnlyList<RebalanceTargetWire> Past => [];
}
