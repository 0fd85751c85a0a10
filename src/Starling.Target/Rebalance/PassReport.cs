using System.Globalization;
using Starling.Core.Wire;
using Starling.Protocol.Rebalance;
using Starling.Target.Objects;

namespace Starling.Target.Rebalance;

/// <summary>What this target tells of its passes. The figures of a pass are remembered when it has ended, of the last few in this process.</summary>
public sealed class PassReport : IRebalanceReport
{
    private const int PastKept = 16;
    private const int ErrorsShown = 32;

    private readonly TargetNode node;
    private readonly PassDriver passes;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly LinkedList<RebalanceTargetWire> past = new();

    /// <summary>Makes the report.</summary>
    public PassReport(TargetNode node, PassDriver passes, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(passes);
        this.node = node;
        this.passes = passes;
        this.time = time;
        passes.Ended += Remember;
    }

    /// <inheritdoc/>
    public RebalanceTargetWire Current
    {
        get
        {
            if (passes.Status is { } status)
            {
                var elapsed = (time.GetUtcNow() - passes.Began).TotalSeconds;
                return Of(status) with
                {
                    ObjectsPerSecond = elapsed > 1 ? status.HandedOff / elapsed : 0,
                    BytesPerSecond = elapsed > 1 ? status.HandedOffBytes / elapsed : 0,
                };
            }

            lock (gate)
            {
                return past.First?.Value ?? new RebalanceTargetWire { Node = node.View.Current.Self.Id.Value };
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<RebalanceTargetWire> Past
    {
        get
        {
            lock (gate)
            {
                return [.. passes.Status is null ? past.Skip(1) : past];
            }
        }
    }

    private static string StageName(PassStage stage) => stage switch
    {
        PassStage.Waiting => "waiting",
        PassStage.AwaitingWrites => "awaiting-writes",
        PassStage.Flushing => "flushing",
        PassStage.Walking => "walking",
        PassStage.Verifying => "verifying",
        PassStage.Blocked => "blocked",
        PassStage.Reporting => "reporting",
        _ => "ended",
    };

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private void Remember(PassStatus last)
    {
        var ended = Of(last) with { Stage = "ended", Percent = 100, EtaSeconds = 0, Ended = Text(time.GetUtcNow()) };
        lock (gate)
        {
            past.AddFirst(ended);
            while (past.Count > PastKept)
            {
                past.RemoveLast();
            }
        }
    }

    // That of the newest operation that made the epoch of the pass or an earlier one; else the number that the newest epoch has.
    private long RebalanceOf(long epoch)
    {
        var state = node.View.Current.State;
        return state.Operations.Values.Concat(state.FinishedOperations).Where(operation => operation.MovesData && operation.MarkEpoch <= epoch)
            .Select(operation => operation.RebalanceId).DefaultIfEmpty(state.Versions.Rmd).Max();
    }

    private RebalanceTargetWire Of(PassStatus status) => new()
    {
        Node = node.View.Current.Self.Id.Value,
        RebalanceId = string.Create(CultureInfo.InvariantCulture, $"g{RebalanceOf(status.Epoch)}"),
        Epoch = status.Epoch,
        Stage = StageName(status.Stage),
        Visited = status.Visited,
        SentObjects = status.HandedOff,
        SentBytes = status.HandedOffBytes,
        VerifiedObjects = status.Verified,
        RevivedObjects = status.Revived,
        Started = Text(passes.Began),
        ErrorCount = status.ErrorCount,
        Errors = [.. status.Errors.Take(ErrorsShown).Select(error => new RebalanceErrorWire
        {
            Subject = error.Subject,
            Node = error.Other.IsNone ? string.Empty : error.Other.Value,
            Message = error.Error.Message,
        })],
    };
}
