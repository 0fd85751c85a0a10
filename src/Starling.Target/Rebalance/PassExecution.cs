using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Node;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Target.Neighbors;
using Starling.Target.Objects;

namespace Starling.Target.Rebalance;

/// <summary>
/// Carries out one pass (rule B9): the inputs one after the other, the effects beside each other. How many run at once is the pass's own decision: hand-overs
/// up to its window, one page per mountpath, one batch per mountpath and owner.
/// </summary>
internal sealed partial class PassExecution
{
    // More than can be under way at once; whoever finds it full waits, and nobody waits for a writer.
    private const int InputsAtMost = 1024;
    private const long CapMeasureNs = 10_000_000_000;
    private const long CapPieceNs = 200_000_000;
    private static readonly TimeSpan WritesEvery = TimeSpan.FromMilliseconds(10);

    private readonly TargetNode node;
    private readonly IPassDisk disk;
    private readonly PassOptions given;
    private (ClusterConfig Config, PassOptions Options)? configured;
    private readonly PassCounters counters;
    private readonly Func<Input, bool> post;
    private readonly Action<PassStatus> show;
    private readonly ILogger log;
    private readonly DrainPass pass;
    private readonly Channel<PassInput> inputs = Channel.CreateBounded<PassInput>(new BoundedChannelOptions(InputsAtMost) { SingleReader = true });
    private readonly ConcurrentDictionary<Task, bool> running = new();

    // By mountpath, what the page at hand told of its names: bucket id and size. A page is worked off before the next one is read.
    private readonly ConcurrentDictionary<string, Dictionary<string, (ulong BucketId, long SizeBytes)>> pages = new(StringComparer.Ordinal);
    private readonly TransferPort port;
    private readonly Lock capGate = new();
    private readonly ConcurrentDictionary<string, long> toVisit = new(StringComparer.Ordinal);
    private PaceState pace;
    private PassStage stage;
    private long capStartNs;
    private long capBytes;

    public PassExecution(
        TargetNode node, IPassDisk disk, PassOptions options, PassCounters counters, Func<Input, bool> post, Action<PassStatus> show, ILogger log, SavedPass saved, double baselineMs)
    {
        this.node = node;
        this.disk = disk;
        given = options;
        this.counters = counters;
        this.post = post;
        this.show = show;
        this.log = log;
        pace = PaceState.Start(baselineMs);
        pass = new DrainPass(disk.Mountpaths, saved.Progress, pace.MaxInFlight, saved.IsLost);
        port = new TransferPort { Push = node.Neighbors.PushAsync };
        counters.Paced(pace.MaxInFlight);
    }

    // The configuration counts from the moment in which it is applied, in the middle of a pass too.
    private PassOptions Options
    {
        get
        {
            var config = node.View.Current.State.Config;
            lock (capGate)
            {
                if (configured is not { } known || !ReferenceEquals(known.Config, config))
                {
                    configured = known = (config, given.As(config.Settings()));
                }

                return known.Options;
            }
        }
    }

    /// <summary>What the foreground takes undisturbed, as far as this pass learned it, milliseconds.</summary>
    public double BaselineMs => pace.BaselineMs;

    /// <summary>About how many records this pass comes to, of the mountpaths on which it has begun.</summary>
    public long ToVisit => toVisit.Values.Sum();

    /// <summary>Runs the pass to its end; nothing of it is under way afterwards.</summary>
    /// <exception cref="OperationCanceledException">The target stops.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            Start(WatchViewAsync, ending);
            Start(PaceAsync, ending);
            await foreach (var input in inputs.Reader.ReadAllAsync(ending.Token))
            {
                foreach (var effect in pass.Step(input))
                {
                    if (effect is not PassEffect.End)
                    {
                        Start(token => CarryOutAsync(effect, token), ending);
                    }
                }

                Show();
                if (pass.IsEnded)
                {
                    break;
                }
            }
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(running.Keys);
        }
    }

    private void Show()
    {
        var status = pass.Status;
        show(status);
        if (status.Stage != stage)
        {
            LogStage(status.Epoch, status.Stage, status.Visited, status.HandedOff, status.Verified, status.ErrorCount);
            stage = status.Stage;
            if (stage == PassStage.Blocked && status.Errors is [var first, ..])
            {
                LogBlocked(status.Epoch, status.ErrorCount, first.Subject, first.Error.Message);
            }
        }
    }

    private void Start(Func<CancellationToken, Task> work, CancellationTokenSource ending)
    {
        var task = Task.Run(async () =>
        {
            try
            {
                await work(ending.Token);
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                // The pass is over.
            }
            catch (Exception error)
            {
                // Ends the pass, not the process: the driver says so and begins another one from the progress on the disk.
                inputs.Writer.TryComplete(error);
            }
        });
        running.TryAdd(task, true);
        _ = task.ContinueWith(done => running.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task CarryOutAsync(PassEffect effect, CancellationToken cancellationToken)
    {
        if (effect is PassEffect.ReportClean report)
        {
            await ReportAsync(report.Progress, cancellationToken);
            return;
        }

        PassInput input = effect switch
        {
            PassEffect.AwaitWrites wait => await AwaitWritesAsync(wait.Epoch, cancellationToken),
            PassEffect.Flush flush => new PassInput.Flushed(flush.Mountpath, await disk.FlushAsync(flush.Mountpath, cancellationToken)),

            // Not cancelled: the next pass must not find a write of this one under way.
            PassEffect.SaveProgress save => new PassInput.ProgressSaved(await disk.SaveAsync(save.Progress, CancellationToken.None)),
            PassEffect.ReadPage read => await ReadPageAsync(read, cancellationToken),
            PassEffect.HandOff handOff => await HandOffAsync(handOff, cancellationToken),
            PassEffect.AskBatch ask => await AskAsync(ask, cancellationToken),
            PassEffect.Mark mark => await MarkAsync(mark, cancellationToken),
            PassEffect.RetryLater retry => await RetryAsync(retry.DelayMs, cancellationToken),
            _ => throw new NotSupportedException($"a pass asked for {effect.GetType().Name}, which this driver does not know"),
        };
        await inputs.Writer.WriteAsync(input, cancellationToken);
    }

    private async Task<PassInput> AwaitWritesAsync(long epoch, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(WritesEvery);
        while (!node.InFlight.HasNoneBelow(epoch))
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }

        return new PassInput.WritesFinished();
    }

    private async Task<PassInput> ReadPageAsync(PassEffect.ReadPage read, CancellationToken cancellationToken)
    {
        if (read.Kind == WalkKind.Live && !toVisit.ContainsKey(read.Mountpath))
        {
            toVisit[read.Mountpath] = await disk.CountAsync(read.Mountpath, read.Cursor, cancellationToken);
        }

        var result = await disk.ReadPageAsync(read, cancellationToken);
        if (result is not PassInput.Page page)
        {
            return result;
        }

        // What belongs to a destroyed bucket counts nowhere any more, and its directories are on their way out (rule B12).
        var state = node.View.Current.State;
        var counting = page with { Records = [.. page.Records.Where(walked => !Forgetting.IsObsolete(state, walked.Record.Head.Key))] };
        pages[read.Mountpath] = counting.Records.ToDictionary(
            walked => walked.Name.Uname, walked => (walked.Record.Head.Key.BucketId, walked.Record.Head.SizeBytes), StringComparer.Ordinal);

        return counting;
    }

    private async Task<PassInput> HandOffAsync(PassEffect.HandOff handOff, CancellationToken cancellationToken)
    {
        var (bucketId, sizeBytes) = pages[handOff.Mountpath][handOff.Name.Uname];
        await KeepCapAsync(sizeBytes, cancellationToken);
        var within = Options.HandOffWithin + TimeSpan.FromSeconds(sizeBytes / (double)Options.SlowestBytesPerSecond);
        var end = await TransferAsync(handOff.Name, bucketId, new HandOffPlan(handOff.Name), within, cancellationToken);
        return new PassInput.HandOffEnded(handOff.Mountpath, handOff.Name, end);
    }

    private async Task<PassInput> MarkAsync(PassEffect.Mark mark, CancellationToken cancellationToken)
    {
        var plan = new VerifyMarkPlan(mark.Name, mark.Leftover, mark.Answer);
        return new PassInput.MarkEnded(mark.Mountpath, mark.Name, await TransferAsync(mark.Name, mark.Leftover.Head.Key.BucketId, plan, Options.MarkWithin, cancellationToken));
    }

    private async Task<TransferAction> TransferAsync(ObjectName name, ulong bucketId, ITransferPlan plan, TimeSpan within, CancellationToken cancellationToken)
    {
        counters.Entered();
        var end = new TransferAction(TransferActionKind.Done) { Outcome = TransferOutcome.None };
        try
        {
            end = await TransferRun.RunAsync(node, name, bucketId, plan, port, within, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // One record that nobody foresaw is named among the errors; the walk goes on.
            LogUnexpected(error, name.Cname);
            end = end with { Outcome = TransferOutcome.Failed, Error = new StoreError(ErrorCode.Internal, $"{name.Cname}: {error.Message}; the log of this target has the details") };
        }
        finally
        {
            counters.Left(end);
        }

        return end;
    }

    private async Task<PassInput> AskAsync(PassEffect.AskBatch ask, CancellationToken cancellationToken)
    {
        var reply = await node.Neighbors.VerifyAsync(ask.Owner, new VerifyQuestion(ask.Items, ask.Epoch, ask.AppliedIndex), Options.VerifyWithin, cancellationToken);
        return new PassInput.BatchAnswered(ask.Batch, reply.Answers, reply.Error);
    }

    private static async Task<PassInput> RetryAsync(int delayMs, CancellationToken cancellationToken)
    {
        await Task.Delay(delayMs, cancellationToken);
        return new PassInput.Retry();
    }

    // That it was accepted is seen in the applied state, which ends the pass.
    private async Task ReportAsync(PassProgress progress, CancellationToken cancellationToken)
    {
        while (true)
        {
            post(new PassFinished(progress.Epoch, progress.StartedIndex, progress.Receivers, OpenUploads: 0));
            await Task.Delay(Options.ReportEvery, cancellationToken);
        }
    }

    private async Task WatchViewAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = node.View.Current;
            await inputs.Writer.WriteAsync(new PassInput.ViewChanged(node.ViewOf(seen)), cancellationToken);
            await ViewWaits.ForeverAsync(node.View, next => !ReferenceEquals(next.State, seen.State), "a change of the committed state", cancellationToken);
        }
    }

    private async Task PaceAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Options.PaceEvery);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var next = Pacer.Next(pace, new PaceSample(Options.ForegroundP99Ms()), Options.Pace);
            if (next.MaxInFlight != pace.MaxInFlight)
            {
                counters.Paced(next.MaxInFlight);
                await inputs.Writer.WriteAsync(new PassInput.Pace(next.MaxInFlight), cancellationToken);
            }

            pace = next;
        }
    }

    // In pieces, so that a cap that is lifted lets go of those who wait.
    private async Task KeepCapAsync(long sizeBytes, CancellationToken cancellationToken)
    {
        while (CapDelayNs(sizeBytes) is > 0 and var delayNs)
        {
            await Task.Delay(TimeSpan.FromTicks(Math.Min(delayNs, CapPieceNs) / TimeSpan.NanosecondsPerTick), cancellationToken);
        }
    }

    /// <summary>How long to wait before the cap is looked at again; 0: the bytes are counted and may go.</summary>
    private long CapDelayNs(long sizeBytes)
    {
        var limits = Options.Pace;
        if (limits.MaxBytesPerSecond <= 0)
        {
            return 0;
        }

        lock (capGate)
        {
            var now = node.Clock.NowNs;
            var delayNs = Pacer.DelayNs(capBytes, now - capStartNs, limits);
            if (delayNs > 0)
            {
                return delayNs;
            }

            if (now - capStartNs > CapMeasureNs)
            {
                capStartNs = now;
                capBytes = 0;
            }

            capBytes += sizeBytes;
            return 0;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "rebalance: pass for epoch {Epoch} is {Stage}: {Visited} records visited, {Moved} handed over, {Verified} verified, {Errors} errors")]
    private partial void LogStage(long epoch, PassStage stage, long visited, long moved, long verified, long errors);

    [LoggerMessage(Level = LogLevel.Warning, Message = "rebalance: pass for epoch {Epoch} met {Errors} errors and tries again later; the first: {Subject}: {Reason}")]
    private partial void LogBlocked(long epoch, long errors, string subject, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "rebalance: {Name} could not be moved")]
    private partial void LogUnexpected(Exception error, string name);
}
