using System.Globalization;
using Starling.Core.Wire;
using Starling.Protocol.State;

namespace Starling.Gateway.Lifecycle;

/// <summary>Rebalances in the shapes in which other clients of the native interface know jobs. Pure.</summary>
public static class RebalanceJobs
{
    /// <summary>The kind.</summary>
    public const string Kind = "rebalance";

    /// <summary>Why a rebalance was aborted, as clients know it.</summary>
    public const string UserAbort = "user abort";

    /// <summary>One target's account as a job snapshot.</summary>
    /// <param name="rebalance">Which.</param>
    /// <param name="target">What the target said.</param>
    /// <param name="control">Text for people.</param>
    /// <param name="all">What all targets said; empty where only one was asked. Who receives is not done before the last one that gives.</param>
    public static SnapWire Snap(RebalanceState rebalance, RebalanceTargetWire target, string control, IReadOnlyList<RebalanceTargetWire> all)
    {
        ArgumentNullException.ThrowIfNull(rebalance);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(all);
        var created = TaskProjection.TimeOf(rebalance.Operation?.CreatedNs ?? 0);
        var aborted = rebalance.Standing == RebalanceStanding.Aborted;

        // A pass that a newer epoch found under way goes on for the rebalance of that epoch, which began later than the pass.
        var began = target.Started != SnapWire.UnsetTime ? target.Started : created != SnapWire.UnsetTime ? created : TaskProjection.TimeOf(1);
        var started = Later(began, created);
        var last = (target.Answers && target.HandedOverObjects > 0) || IsCleanup(rebalance) ? target.Ended : all.Select(other => other.Ended).Append(target.Ended).Max(StringComparer.Ordinal)!;
        return new SnapWire
        {
            Id = rebalance.Id,
            Kind = Kind,
            StartTime = started,
            EndTime = rebalance.Standing == RebalanceStanding.Running && (target.Answers || target.Stage != RebalanceTargetWire.EndedStage) ? target.Ended : Later(last, started),
            ControlMessage = control.Length > 0 ? control : null,
            AbortError = aborted ? UserAbort : string.Empty,
            Error = ErrorOf(target),
            Aborted = aborted,
            Stats = new SnapStatsWire
            {
                LocalObjects = target.RemovedObjects,
                LocalBytes = target.RemovedBytes,
                SentObjects = target.SentObjects,
                SentBytes = target.SentBytes,
                ReceivedObjects = target.ReceivedObjects,
                ReceivedBytes = target.ReceivedBytes,
            },
        };
    }

    /// <summary>
    /// The targets whose accounts are shown: of a cleanup those that had something to clean up, as people know it, unless none had; of any other all.
    /// </summary>
    public static IEnumerable<RebalanceTargetWire> Shown(RebalanceState rebalance, IReadOnlyList<RebalanceTargetWire> targets)
    {
        ArgumentNullException.ThrowIfNull(rebalance);
        ArgumentNullException.ThrowIfNull(targets);
        return IsCleanup(rebalance) && targets.Any(target => target.CleanupVisits > 0) ? targets.Where(target => target.CleanupVisits > 0 || !target.Answers) : targets;
    }

    /// <summary>Whether it is one in cleanup mode.</summary>
    public static bool IsCleanup(RebalanceState rebalance) => rebalance?.Operation?.Options.Cleanup == true;

    /// <summary>The status of a rebalance over all targets.</summary>
    /// <param name="state">The committed state.</param>
    /// <param name="rebalance">Which.</param>
    /// <param name="targets">What the targets said; empty where nobody asked them.</param>
    public static JobStatusWire Status(ClusterState state, RebalanceState rebalance, IReadOnlyList<RebalanceTargetWire> targets)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(rebalance);
        ArgumentNullException.ThrowIfNull(targets);
        var running = rebalance.Standing == RebalanceStanding.Running;
        return new JobStatusWire
        {
            Kind = Kind,
            Uuid = rebalance.Id,
            Aborted = rebalance.Standing == RebalanceStanding.Aborted,
            EndTimeNs = running ? 0 : EndNs(rebalance, targets),
        };
    }

    // The end itself is not committed: the last of the targets' own ends, else the beginning, which is never 0 ("still running").
    private static long EndNs(RebalanceState rebalance, IReadOnlyList<RebalanceTargetWire> targets)
    {
        var ends = targets.Where(target => target.Ended != SnapWire.UnsetTime)
            .Select(target => DateTimeOffset.TryParse(target.Ended, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? (time - DateTimeOffset.UnixEpoch).Ticks * 100 : 0);
        return Math.Max(ends.DefaultIfEmpty(0).Max(), Math.Max(1, rebalance.Operation?.CreatedNs ?? 1));
    }

    // As text: both are UTC, year first; a whole second counts as later than a fraction of the same one.
    private static string Later(string one, string other) => string.CompareOrdinal(one, other) >= 0 ? one : other;

    private static string ErrorOf(RebalanceTargetWire target)
    {
        if (!target.Answers)
        {
            return target.Stage == RebalanceTargetWire.EndedStage ? string.Empty : $"target {target.Node} does not answer";
        }

        return target.ErrorCount == 0 ? string.Empty : string.Create(
            CultureInfo.InvariantCulture, $"{target.ErrorCount} errors: {string.Join("; ", target.Errors.Take(3).Select(error => $"{error.Subject}: {error.Message}"))}");
    }
}
