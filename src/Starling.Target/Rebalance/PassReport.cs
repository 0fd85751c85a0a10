using System.Globalization;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Protocol.Rebalance;
using Starling.Storage.Objects;
using Starling.Target.Objects;

namespace Starling.Target.Rebalance;

/// <summary>What this target tells of its passes. The figures of a pass are remembered when it has ended, of the last few in this process.</summary>
public sealed class PassReport : IRebalanceReport
{
    private const int PastKept = 16;
    private const int ErrorsShown = 32;
    private const double WalkPercent = 90;
    private const double EtaAfterPercent = 5;
    private const double EtaAfterSeconds = 2;

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
        passes.CleanupAborted += aborted => Remember(Of(aborted));
    }

    /// <inheritdoc/>
    public RebalanceTargetWire Current => All()[0];

    /// <inheritdoc/>
    public IReadOnlyList<RebalanceTargetWire> Past => [.. All().Skip(1)];

    // The pass that runs first. A target that only takes over makes no pass of its own.
    private List<RebalanceTargetWire> All()
    {
        List<RebalanceTargetWire> accounts = [];
        if (passes.Status is { } status)
        {
            accounts.Add(Running(status));
        }
        else if (passes.Cleanup is { IsRunning: true } cleaning)
        {
            accounts.Add(Of(cleaning));
        }

        var runs = accounts.Count;

        lock (gate)
        {
            accounts.AddRange(past);
        }

        foreach (var (epoch, _) in node.Traffic.ByEpoch)
        {
            var name = RebalanceWire.IdOf(RebalanceOf(epoch));
            if (!accounts.Exists(account => account.RebalanceId == name))
            {
                accounts.Add(new RebalanceTargetWire { Node = Self, RebalanceId = name, Epoch = epoch });
            }
        }

        if (accounts.Count == 0)
        {
            accounts.Add(new RebalanceTargetWire { Node = Self });
        }

        return [.. accounts.Take(runs).Concat(accounts.Skip(runs).OrderByDescending(account => account.Epoch)).Select(Complete)];
    }

    private string Self => node.View.Current.Self.Id.Value;

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

    private RebalanceTargetWire Running(PassStatus status)
    {
        var seconds = (time.GetUtcNow() - passes.Began).TotalSeconds;
        var percent = Percent(status, passes.ToVisit);
        return Of(status) with
        {
            Percent = percent,
            EtaSeconds = seconds >= EtaAfterSeconds && percent >= EtaAfterPercent ? (long)Math.Ceiling(seconds * (100 - percent) / percent) : -1,
            ObjectsPerSecond = seconds > 1 ? status.HandedOff / seconds : 0,
            BytesPerSecond = seconds > 1 ? status.SentBytes / seconds : 0,
        };
    }

    /// <summary>How far a pass is since this process began it: the walk is most of it, verification the rest; 0 while nobody has counted what it will come to.</summary>
    internal static double Percent(PassStatus status, long toVisit) => status.Stage switch
    {
        PassStage.Waiting or PassStage.AwaitingWrites or PassStage.Flushing => 0,
        PassStage.Walking or PassStage.Blocked => toVisit == 0 ? 0 : WalkPercent * Math.Min(1, status.Visited / (double)toVisit),
        PassStage.Verifying => WalkPercent + ((99 - WalkPercent) * Math.Min(1, status.Verified / (double)Math.Max(1, status.HandedOff))),
        _ => 99,
    };

    // What was taken over belongs to the passes of others: it is counted by epoch, whatever the pass of this target did meanwhile.
    private RebalanceTargetWire Complete(RebalanceTargetWire account)
    {
        var traffic = node.Traffic.ByEpoch.Where(epoch => RebalanceWire.IdOf(RebalanceOf(epoch.Key)) == account.RebalanceId).Aggregate(EpochTraffic.None, (sum, epoch) => sum.With(epoch.Value));
        var live = node.Store.Census.Total ?? default;
        return account with
        {
            ReceivedObjects = traffic.From.Values.Sum(one => one.Objects),
            ReceivedBytes = traffic.From.Values.Sum(one => one.Bytes),
            RevivedObjects = traffic.Revived,
            Objects = live.Objects,
            Bytes = live.Bytes,
            To = Peers(traffic.To),
            From = Peers(traffic.From),
        };
    }

    private static RebalancePeerWire[] Peers(IEnumerable<KeyValuePair<NodeId, PeerTraffic>> traffic) =>
        [.. traffic.Select(one => new RebalancePeerWire { Node = one.Key.Value, Objects = one.Value.Objects, Bytes = one.Value.Bytes })];

    private void Remember(PassStatus last) => Remember(Of(last));

    private void Remember(RebalanceTargetWire last)
    {
        var ended = last with { Stage = "ended", Percent = 100, EtaSeconds = 0, Ended = Text(time.GetUtcNow()) };
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
        return state.Operations.Values.Concat(state.FinishedOperations).Where(operation => operation.MovesData && !operation.Options.Cleanup && operation.MarkEpoch <= epoch)
            .Select(operation => operation.RebalanceId).DefaultIfEmpty(state.Versions.Rmd).Max();
    }

    // The pass that follows a cleanup is part of the same rebalance.
    private RebalanceTargetWire Of(PassStatus status) => With(
        new RebalanceTargetWire
        {
            Node = Self,
            RebalanceId = RebalanceWire.IdOf(passes.Cleanup?.RebalanceId ?? RebalanceOf(status.Epoch)),
            Epoch = status.Epoch,
            Stage = StageName(status.Stage),
            Visited = status.Visited,
            SentObjects = status.Sent,
            SentBytes = status.SentBytes,
            PresentObjects = status.HandedOff - status.Sent,
            PresentBytes = status.HandedOffBytes - status.SentBytes,
            VerifiedObjects = status.Verified,
            Started = Text(passes.Cleanup?.Began ?? passes.Began),
            ErrorCount = status.ErrorCount,
            Errors = [.. status.Errors.Take(ErrorsShown).Select(WireOf)],
        },
        passes.Cleanup);

    private RebalanceTargetWire Of(CleanupStatus cleanup) => With(
        new RebalanceTargetWire
        {
            Node = Self,
            RebalanceId = RebalanceWire.IdOf(cleanup.RebalanceId),
            Epoch = node.View.Current.State.Newest.Number,
            Stage = "cleaning",
            Started = Text(cleanup.Began),
        },
        cleanup);

    private static RebalanceTargetWire With(RebalanceTargetWire account, CleanupStatus? cleanup) => cleanup is null ? account : account with
    {
        RemovedObjects = cleanup.Removed,
        RemovedBytes = cleanup.RemovedBytes,
        CleanupVisits = cleanup.Visits,
        Cleanup = $"t[{account.Node}]:{cleanup.Text}",
        ErrorCount = account.ErrorCount + cleanup.ErrorCount,
        Errors = [.. account.Errors.Concat(cleanup.Errors.Select(WireOf)).Take(ErrorsShown)],
    };

    private static RebalanceErrorWire WireOf(PassError error) => new()
    {
        Subject = error.Subject,
        Node = error.Other.IsNone ? string.Empty : error.Other.Value,
        Message = error.Error.Message,
    };
}
