using Starling.Protocol.State;

namespace Starling.Protocol.Operations.Guards;

/// <summary>G8: never more than one failure domain out at a time. Nodes without a label are not judged.</summary>
internal static class FailureDomain
{
    public const string Name = "failure-domain";

    public static string? Refuse(GuardQuestion question)
    {
        var domains = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var fact in question.Facts.Nodes)
        {
            var away = question.State.Node(fact.Id) is { State: AdminState.Draining or AdminState.Out };
            if (fact.Domain.Length > 0 && (away || question.Nodes.Contains(fact.Id)))
            {
                domains.Add(fact.Domain);
            }
        }

        return domains.Count <= 1 ? null : $"nodes of failure domains {string.Join(", ", domains)} would be away at the same time";
    }
}
