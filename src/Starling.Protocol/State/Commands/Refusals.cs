using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;

namespace Starling.Protocol.State.Commands;

/// <summary>Refusals that several commands share.</summary>
internal static class Refusals
{
    public static StoreError? NotFormed(ClusterState state) => state.IsFormed
        ? null
        : new StoreError(ErrorCode.Unavailable, "the cluster is not formed yet: run 'ais cluster init' once, or start the gateways with --bootstrap-expect");

    public static StoreError? NotMember(ClusterState state, NodeId id) => state.Node(id) is null
        ? new StoreError(ErrorCode.NodeNotFound, $"node {id} is not a member of the cluster: let it join first")
        : null;

    public static StoreError? NotThisIncarnation(ClusterState state, Member member)
    {
        var entry = state.Node(member.Id);
        if (entry is null)
        {
            return NotMember(state, member.Id);
        }

        return entry.Incarnation == member.Incarnation
            ? null
            : new StoreError(ErrorCode.Conflict, $"node {member.Id} is a member as incarnation {entry.Incarnation}, not {member.Incarnation}: let it join again");
    }

    public static StoreError? NotThisSession(ClusterState state, NodeId id, SessionId session)
    {
        var entry = state.Node(id);
        if (entry is null)
        {
            return NotMember(state, id);
        }

        return entry.Session == session && session != SessionId.None
            ? null
            : new StoreError(ErrorCode.Conflict, $"node {id}: session {session} was superseded by {entry.Session}: what it reports does not count");
    }
}
