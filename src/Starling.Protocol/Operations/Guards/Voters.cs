using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.State;

namespace Starling.Protocol.Operations.Guards;

/// <summary>G3: the voters that remain healthy keep a majority of the committed set, nodes that are out or silent counted as lost, and an electable gateway stays.</summary>
internal static class Voters
{
    public const string Name = "voters";

    public static string? Refuse(GuardQuestion question)
    {
        var state = question.State;
        var takesGateway = question.Nodes.Any(id => state.Node(id)!.Role == NodeRole.Gateway);
        if (takesGateway && !state.Nodes.Values.Any(n => n.Role == NodeRole.Gateway && n.Electable && IsHealthy(question, n)))
        {
            return "no electable gateway that is in and online would be left";
        }

        var voters = state.Voters.Members;
        if (!voters.Any(v => question.Nodes.Contains(v.Id)))
        {
            return null;
        }

        var healthy = voters.Count(v => state.Node(v.Id) is { } entry && entry.Member == v && IsHealthy(question, entry));
        return healthy * 2 > voters.Length
            ? null
            : $"{healthy} of {voters.Length} voters would be left in and online, a majority is {(voters.Length / 2) + 1}";
    }

    private static bool IsHealthy(GuardQuestion question, NodeEntry entry) =>
        !question.Nodes.Contains(entry.Id) && entry.State == AdminState.In && question.Facts.Of(entry.Id)?.Liveness == Liveness.Online;
}
