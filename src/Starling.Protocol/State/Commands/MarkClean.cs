using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;

namespace Starling.Protocol.State.Commands;

/// <summary>Records that a finished and verified pass left a target with nothing that belongs elsewhere as of an epoch (rule B9). Never goes down.</summary>
/// <param name="Id">The target.</param>
/// <param name="Session">The committed session that made the pass.</param>
/// <param name="Epoch">The epoch of the pass.</param>
public sealed record MarkClean(NodeId Id, SessionId Session, long Epoch) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (Refusals.NotThisSession(state, Id, Session) is { } refusal)
        {
            return refusal;
        }

        var entry = state.Node(Id)!;
        if (!entry.HoldsIntegers || Epoch > state.Newest.Number)
        {
            return new StoreError(ErrorCode.Conflict, $"target {Id} cannot be clean as of epoch {Epoch}: the newest is {state.Newest.Number}");
        }

        if (entry.Fenced < Epoch)
        {
            return new StoreError(ErrorCode.Conflict, $"target {Id} is fenced at epoch {entry.Fenced}, below {Epoch}: it may still commit under an older one");
        }

        return entry.LostMountpathIds.Length == 0
            ? null
            : new StoreError(ErrorCode.Conflict, $"target {Id} misses mountpaths {string.Join(", ", entry.LostMountpathIds)}: bring them back or declare them lost");
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var entry = state.Node(Id)!;
        return entry.Clean >= Epoch ? state : EpochChange.TrimChain(state.WithNodeQuietly(entry with { Clean = Epoch }));
    }
}
