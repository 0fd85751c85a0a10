using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>
/// An administrator attests that a process is off (rules B3, B4, A19): it holds no lease, never gets one again, and commits under no epoch. Admissible at
/// any time. Attesting what is not true breaks every promise about its data.
/// </summary>
/// <param name="Node">The node.</param>
/// <param name="Session">The session that is off; attesting one says nothing of the next.</param>
/// <param name="By">Who attests, for the record.</param>
public sealed record AttestOff(NodeId Node, SessionId Session, string By) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return OperationChecks.NotKnown(state) ?? Refusals.NotThisSession(state, Node, Session);
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var entry = state.Node(Node)!;
        return state.WithNodeQuietly(entry with { AttestedOff = true, Fenced = entry.HoldsIntegers ? state.Newest.Number : entry.Fenced });
    }
}
