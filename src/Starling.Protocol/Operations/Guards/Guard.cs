using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Operations.Guards;

/// <summary>What a guard judges.</summary>
/// <param name="State">The state at which the command is applied.</param>
/// <param name="Kind">What is asked for.</param>
/// <param name="Nodes">Of which nodes; members all of them.</param>
/// <param name="Options">How.</param>
/// <param name="Facts">What the leader observed.</param>
public sealed record GuardQuestion(ClusterState State, OperationKind Kind, ImmutableArray<NodeId> Nodes, OperationOptions Options, OperationFacts Facts)
{
    /// <summary>Targets that stay active when these nodes have gone.</summary>
    public ImmutableArray<NodeId> Remaining => [.. State.Newest.Targets.Where(t => !Nodes.Contains(t))];

    /// <summary>Targets of the request that are active now.</summary>
    public ImmutableArray<NodeId> Leaving => [.. State.Newest.Targets.Where(t => Nodes.Contains(t))];
}

/// <summary>The guards of operations that take nodes out, in the order in which they are asked; each can be overridden by its name, which goes on record.</summary>
public static class GuardList
{
    private static readonly ImmutableArray<(string Name, Func<GuardQuestion, string?> Refuse)> All =
    [
        (LastTarget.Name, LastTarget.Refuse),
        (Primary.Name, Primary.Refuse),
        (Voters.Name, Voters.Refuse),
        (Capacity.Name, Capacity.Refuse),
        (Redundancy.Name, Redundancy.Refuse),
        (ErasureCoding.Name, ErasureCoding.Refuse),
        (Jobs.Name, Jobs.Refuse),
        (FailureDomain.Name, FailureDomain.Refuse),
        (DownNodes.Name, DownNodes.Refuse),
        (Alive.Name, Alive.Refuse),
    ];

    /// <summary>The names that <c>--force</c> knows.</summary>
    public static ImmutableArray<string> Names { get; } = [.. All.Select(g => g.Name)];

    /// <summary>The first refusal that is not overridden; null when every guard agrees. Pure.</summary>
    public static StoreError? Refuse(GuardQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        foreach (var (name, refuse) in All)
        {
            if (!question.Options.Forces(name) && refuse(question) is { } text)
            {
                return new StoreError(ErrorCode.PreconditionFailed, $"guard {name}: {text} (--force={name} overrides it)");
            }
        }

        return null;
    }
}
