using System.Text.Json.Nodes;
using Starling.Client.Cluster;
using Starling.Client.Jobs;

namespace Starling.Cli.Commands.Show;

/// <summary>A node of the map with what it said of itself, or why it said nothing.</summary>
internal sealed record NodeReport(MapNode Node, JsonNode? Json, NodeStatus? Status, string? Error)
{
    /// <summary>The newest rebalance in which the node took part; null when none is known.</summary>
    public JobSnapshot? Rebalance { get; init; } = Status?.Rebalance;

    /// <summary>For how long the end of a rebalance is shown.</summary>
    private static readonly TimeSpan ShowFinished = TimeSpan.FromMinutes(5);

    /// <summary>One word: online, maintenance, decommission, unreachable.</summary>
    public string State => Error is not null ? "unreachable"
        : Status is { Status.Length: > 0 } ? Status.Status
        : (Node.Flags & 8) != 0 ? "decommission"
        : Node.IsInactive ? "maintenance"
        : "online";

    public static NodeStatus? Read(JsonNode? json) => json is null ? null : NodeStatus.From(json);

    /// <summary>The REBALANCE cell; a dash when there is nothing worth a column.</summary>
    public string RebalanceCell(DateTimeOffset now) => Rebalance is not { } rebalance ? "-"
        : rebalance.IsRunning ? $"running({rebalance.Id}){(rebalance.Error.Length > 0 ? $" with errors: \"{Short(rebalance.Error)}\"" : string.Empty)}"
        : rebalance.IsAborted ? rebalance.AbortError.Contains("user", StringComparison.Ordinal) ? $"user-abort({rebalance.Id})" : $"aborted({rebalance.Id}): \"{Short(rebalance.AbortError)}\""
        : rebalance.End is { } end && now - end < ShowFinished ? $"finished({rebalance.Id})"
        : "-";

    /// <summary>True while data may still have to leave the node.</summary>
    public bool IsDraining => Rebalance is { IsRunning: true } || (Node.IsInactive && (Node.Flags & 16) == 0);

    private static string Short(string text) => text.Length <= 40 ? text : text[..37] + "...";
}
