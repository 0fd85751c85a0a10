using Starling.Core.Errors;
using Starling.Protocol.Identity;

namespace Starling.Protocol.State.Commands;

/// <summary>A member listens somewhere else. Addresses are gossip: the new ones count only if the old ones no longer answer as that id (rule A8).</summary>
/// <param name="Member">Who.</param>
/// <param name="Seen">The addresses that the leader saw, and whether somebody other than the mover still answers there.</param>
/// <param name="Addresses">The new ones.</param>
public sealed record UpdateNodeAddresses(Member Member, KnownNode Seen, NodeAddresses Addresses) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (Refusals.NotThisIncarnation(state, Member) is { } refusal)
        {
            return refusal;
        }

        var entry = state.Node(Member.Id)!;
        if (entry.Addresses == Addresses)
        {
            return null;
        }

        if (Seen.Incarnation != entry.Incarnation || Seen.Addresses != entry.Addresses)
        {
            return new StoreError(ErrorCode.Conflict, $"node {Member.Id} moved meanwhile to {entry.Addresses.Control}: report the new addresses again");
        }

        return Seen.StillAnswers
            ? new StoreError(ErrorCode.Conflict, $"node {Member.Id} still answers at {entry.Addresses.Control}; the one at {Addresses.Control} is somebody else: stop one of the two")
            : null;
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var entry = state.Node(Member.Id)!;
        return entry.Addresses == Addresses ? state : state.WithNode(entry with { Addresses = Addresses });
    }
}
