using Microsoft.Extensions.Logging;
using Starling.Cluster.Views;
using Starling.Protocol.Node;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State.Operations;
using Starling.Target.Objects;

namespace Starling.Target.Rebalance;

/// <summary>
/// Makes the passes of this target (rule B9): whenever the applied state wants one, and one at a time. A process that is killed goes on where its durable
/// cursor says; a pass that breaks off unexpectedly is said in the log and begun again.
/// </summary>
public sealed partial class PassDriver
{
    private readonly TargetNode node;
    private readonly IPassDisk disk;
    private readonly PassOptions options;
    private readonly Func<Input, bool> post;
    private readonly ILogger log;
    private readonly PassCounters counters = new();
    private PassStatus? status;
    private PassExecution? execution;
    private CleanupStatus? cleanup;
    private long cleaned;
    private double baselineMs;
    private long beganTicks;

    /// <summary>Makes the driver; it does nothing before <see cref="RunAsync"/>.</summary>
    /// <param name="node">This target.</param>
    /// <param name="disk">Its disks.</param>
    /// <param name="options">Limits and times.</param>
    /// <param name="post">Gives an input to the control loop; false when it is not taken, which is tried again.</param>
    /// <param name="log">Hears of passes.</param>
    public PassDriver(TargetNode node, IPassDisk disk, PassOptions options, Func<Input, bool> post, ILogger<PassDriver> log)
    {
        this.node = node;
        this.disk = disk;
        this.options = options;
        this.post = post;
        this.log = log;
    }

    /// <summary>The pass that runs; null: none.</summary>
    public PassStatus? Status => Volatile.Read(ref status);

    /// <summary>About how many records the pass that runs comes to; 0 while nobody has counted, or none runs.</summary>
    public long ToVisit => Volatile.Read(ref execution)?.ToVisit ?? 0;

    /// <summary>The cleanup that runs, or that came before the pass that runs; null: none did.</summary>
    public CleanupStatus? Cleanup => Volatile.Read(ref cleanup);

    /// <summary>When the newest pass of this process began, for display.</summary>
    public DateTimeOffset Began => new(Interlocked.Read(ref beganTicks), TimeSpan.Zero);

    /// <summary>What the passes of this process did.</summary>
    public PassTotals Totals => counters.Totals;

    /// <summary>Raised when a pass has ended, from the driver's own task.</summary>
    public event Action<PassStatus>? Ended;

    /// <summary>Raised when a cleanup was stopped, so that no pass follows it; from the driver's own task.</summary>
    public event Action<CleanupStatus>? CleanupAborted;

    /// <summary>Runs until cancelled; returns when nothing is under way any more.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await ViewWaits.ForeverAsync(node.View, IsWanted, "a pass to be made", cancellationToken);
                await RunOneAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The target stops.
        }
    }

    private bool IsWanted(ClusterSnapshot seen) => seen.Halted is null && seen.State.KnowsOperations && DrainPass.IsWanted(node.ViewOf(seen));

    private async Task RunOneAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (CleanupRun.Wanted(node.Now()) is not { } operation)
            {
                Volatile.Write(ref cleanup, null);
            }
            else if (operation.Id != cleaned && !await CleanAsync(operation, cancellationToken))
            {
                return;
            }

            var saved = await disk.LoadAsync(cancellationToken);

            // What the foreground took since the last pass, while nothing moved.
            baselineMs = options.ForegroundP99Ms() ?? baselineMs;
            counters.Began();
            Interlocked.Exchange(ref beganTicks, DateTimeOffset.UnixEpoch.Ticks + (node.Clock.WallNs / TimeSpan.NanosecondsPerTick));
            var one = new PassExecution(node, disk, options, counters, post, now => Volatile.Write(ref status, now), log, saved, baselineMs);
            Volatile.Write(ref execution, one);
            await one.RunAsync(cancellationToken);
            baselineMs = one.BaselineMs;
            if (Status is { } last)
            {
                Ended?.Invoke(last);
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogBroken(error);
            await Task.Delay(options.PauseAfterFailure, cancellationToken);
        }
        finally
        {
            Volatile.Write(ref status, null);
            Volatile.Write(ref execution, null);
        }
    }

    // The pass that follows ends the operation: who waits for it waits for the cleanup too.
    private async Task<bool> CleanAsync(Operation operation, CancellationToken cancellationToken)
    {
        var start = new CleanupStatus(operation.Id, operation.RebalanceId, operation.Options.CleanupForce) { Began = DateTimeOffset.UnixEpoch.AddTicks(node.Clock.WallNs / TimeSpan.NanosecondsPerTick) };
        Volatile.Write(ref cleanup, start);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var stopped = EndWhenUnwantedAsync(operation.Id, ending);
        try
        {
            var run = new CleanupRun(node, operation.Options, start, isDryRun: false, now => Volatile.Write(ref cleanup, now));
            var done = await run.RunAsync(ending.Token) with { IsRunning = false };
            Volatile.Write(ref cleanup, done);
            cleaned = operation.Id;
            LogCleaned(done.RebalanceId, done.Text, done.RemovedBytes);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var aborted = Cleanup! with { IsRunning = false, IsAborted = true };
            Volatile.Write(ref cleanup, null);
            LogCleaned(aborted.RebalanceId, aborted.Text, aborted.RemovedBytes);
            CleanupAborted?.Invoke(aborted);
            return false;
        }
        finally
        {
            await ending.CancelAsync();
            await stopped;
        }
    }

    private async Task EndWhenUnwantedAsync(long operation, CancellationTokenSource ending)
    {
        try
        {
            await ViewWaits.ForeverAsync(node.View, seen => CleanupRun.Wanted(node.ViewOf(seen))?.Id != operation, "the end of the cleanup", ending.Token);
            await ending.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "rebalance g{Rebalance}: {Counters}, {Bytes} bytes removed")]
    private partial void LogCleaned(long rebalance, string counters, long bytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "rebalance: the pass broke off and is begun again")]
    private partial void LogBroken(Exception error);
}
