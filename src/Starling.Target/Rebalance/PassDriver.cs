using Microsoft.Extensions.Logging;
using Starling.Cluster.Views;
using Starling.Protocol.Node;
using Starling.Protocol.Rebalance;
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

    /// <summary>When the newest pass of this process began, for display.</summary>
    public DateTimeOffset Began => new(Interlocked.Read(ref beganTicks), TimeSpan.Zero);

    /// <summary>What the passes of this process did.</summary>
    public PassTotals Totals => counters.Totals;

    /// <summary>Raised when a pass has ended, from the driver's own task.</summary>
    public event Action<PassStatus>? Ended;

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
            var saved = await disk.LoadAsync(cancellationToken);

            // What the foreground took since the last pass, while nothing moved.
            baselineMs = options.ForegroundP99Ms() ?? baselineMs;
            counters.Began();
            Interlocked.Exchange(ref beganTicks, DateTimeOffset.UnixEpoch.Ticks + (node.Clock.WallNs / TimeSpan.NanosecondsPerTick));
            var execution = new PassExecution(node, disk, options, counters, post, now => Volatile.Write(ref status, now), log, saved, baselineMs);
            await execution.RunAsync(cancellationToken);
            baselineMs = execution.BaselineMs;
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
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "rebalance: the pass broke off and is begun again")]
    private partial void LogBroken(Exception error);
}
