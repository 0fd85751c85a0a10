using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;

namespace Starling.Protocol.State.Commands;

/// <summary>A session stops in order: it has finished its requests and gives up its lease. Neither membership nor placement changes (rule A16).</summary>
/// <param name="Id">Whose.</param>
/// <param name="Session">Which; a report about a superseded session does not count (rule A18).</param>
public sealed record RecordStop(NodeId Id, SessionId Session) : Command
{
    /// <summary>The end of a session is as much a matter of sessions as its beginning, which a caretaker commits (rule A4).</summary>
    public override bool AllowedToCaretaker => true;

    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return Refusals.NotThisSession(state, Id, Session);
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var entry = state.Node(Id)!;
        return entry.StoppedInOrder ? state : state.WithNodeQuietly(entry with { StoppedInOrder = true });
    }
}
