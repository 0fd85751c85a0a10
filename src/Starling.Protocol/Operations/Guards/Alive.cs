using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Operations.Guards;

/// <summary>G10: what only a target holds is given up when it will not come back, not while it answers.</summary>
internal static class Alive
{
    public const string Name = "alive";

    public static string? Refuse(GuardQuestion question)
    {
        if (question.Kind != OperationKind.RemoveDead)
        {
            return null;
        }

        foreach (var id in question.Nodes)
        {
            if (question.State.Node(id) is { Role: NodeRole.Target, HoldsIntegers: true } && question.Facts.Of(id)?.Liveness == Liveness.Online)
            {
                return $"target {id} answers, and what only it holds would be given up: decommission it, or stop it for good first";
            }
        }

        return null;
    }
}
