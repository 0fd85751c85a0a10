using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;

namespace Starling.Protocol.State.Commands;

/// <summary>Why a target can no longer commit under an older epoch (rule B4).</summary>
public enum FenceGround
{
    /// <summary>Its committed session reported that it has adopted the epoch.</summary>
    Reported,

    /// <summary>Every lease that could have been granted before the epoch has ended.</summary>
    LeaseLapsed,

    /// <summary>An administrator attests that it is off.</summary>
    Attested,
}

/// <summary>Records that a target never again passes the commit check under an epoch below this one (rule B4). Never goes down.</summary>
/// <param name="Id">The target.</param>
/// <param name="Session">The committed session that this was observed of; a superseded one does not count.</param>
/// <param name="Epoch">The epoch.</param>
/// <param name="Ground">Why.</param>
public sealed record MarkFenced(NodeId Id, SessionId Session, long Epoch, FenceGround Ground) : Command
{
    /// <inheritdoc/>
    public override bool AllowedToCaretaker => true;

    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (Refusals.NotMember(state, Id) is { } refusal)
        {
            return refusal;
        }

        var entry = state.Node(Id)!;
        if (!entry.HoldsIntegers)
        {
            return new StoreError(ErrorCode.Conflict, $"node {Id} was never part of placement: there is nothing to fence");
        }

        if (entry.Session != Session)
        {
            return new StoreError(ErrorCode.Conflict, $"target {Id}: session {Session} was superseded by {entry.Session}: what it reports does not count");
        }

        return Epoch <= state.Newest.Number ? null : new StoreError(ErrorCode.Conflict, $"epoch {Epoch} is not committed, the newest is {state.Newest.Number}");
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var entry = state.Node(Id)!;
        return entry.Fenced >= Epoch ? state : state.WithNodeQuietly(entry with { Fenced = Epoch });
    }
}
