using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.State;

namespace Starling.Protocol.Operations.Guards;

/// <summary>G2: a leader that goes hands over first; somebody must be there to take over.</summary>
internal static class Primary
{
    public const string Name = "primary";

    public static string? Refuse(GuardQuestion question)
    {
        var state = question.State;
        if (state.Leader is not { } leader || !question.Nodes.Contains(leader.Identity.Id))
        {
            return null;
        }

        var successor = state.Nodes.Values.Any(n => n.Role == NodeRole.Gateway && n.Electable && n.State == AdminState.In && !question.Nodes.Contains(n.Id)
            && question.Facts.Of(n.Id)?.Liveness == Liveness.Online);
        return successor ? null : $"node {leader.Identity.Id} is the current primary and no other electable gateway is online to take over";
    }
}
