using Starling.Protocol.Identity;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Operations.Guards;

/// <summary>G5: a node that goes for good without handing over takes along what only it holds.</summary>
internal static class Redundancy
{
    public const string Name = "redundancy";

    public static string? Refuse(GuardQuestion question)
    {
        // A dead node is removed in the knowledge of the loss; one that only goes away for a while loses nothing.
        if (question.Kind != OperationKind.Decommission || !question.Options.NoRebalance || question.State.NextBucketId == 1)
        {
            return null;
        }

        foreach (var id in question.Nodes)
        {
            var entry = question.State.Node(id)!;
            if (entry.Role != NodeRole.Target || !entry.HoldsIntegers || (!entry.IsActiveTarget && entry.Clean == question.State.Newest.Number))
            {
                continue;
            }

            // What it counted is of a while ago, and it may take an object in this very moment: none counted is no proof that none is there.
            return question.Facts.Of(id) is { Objects: > 0 } fact
                ? $"target {id} holds {fact.Objects} objects ({fact.Bytes} bytes) that no other target has; without rebalance they are lost"
                : $"it is not known what target {id} holds alone; without rebalance that is lost";
        }

        return null;
    }
}
