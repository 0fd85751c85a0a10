using Microsoft.Extensions.Logging;
using Starling.Core.Errors;
using Starling.Storage.Objects;

namespace Starling.Target.Rebalance;

/// <summary>
/// Counts what lies on the disks again and again, so seldom that it takes at most a small part of the time: counts follow hand-overs by themselves, what
/// clients write and delete is in them from the next count on.
/// </summary>
public sealed partial class CensusKeeper
{
    /// <summary>A count may take one part in so many of the time.</summary>
    private const int Share = 200;

    private static readonly TimeSpan AtMost = TimeSpan.FromHours(1);

    private readonly ObjectStore store;
    private readonly TimeProvider time;
    private readonly TimeSpan atLeast;
    private readonly ILogger log;

    /// <summary>Makes the keeper.</summary>
    /// <param name="store">The disks.</param>
    /// <param name="time">The clock.</param>
    /// <param name="atLeast">The shortest pause between two counts.</param>
    /// <param name="log">Hears of disks that cannot be counted.</param>
    public CensusKeeper(ObjectStore store, TimeProvider time, TimeSpan atLeast, ILogger<CensusKeeper> log)
    {
        this.store = store;
        this.time = time;
        this.atLeast = atLeast;
        this.log = log;
    }

    /// <summary>Visible objects and their bytes by the newest count; zero until the first is done. Cheap.</summary>
    public (long Objects, long Bytes) Live => store.Census.Total is { } total ? (total.Objects, total.Bytes) : default;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var began = time.GetTimestamp();
                foreach (var mountpath in store.Mountpaths.All)
                {
                    try
                    {
                        await store.CountAsync(mountpath, cancellationToken);
                    }
                    catch (StoreException error)
                    {
                        // The count before stands; whoever watches over the disks says more.
                        LogUncounted(mountpath.Path, error.Error.Message);
                    }
                }

                await Task.Delay(PauseAfter(time.GetElapsedTime(began)), time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The target stops.
        }
    }

    /// <summary>How long to wait after a count that took so long.</summary>
    internal TimeSpan PauseAfter(TimeSpan took) => TimeSpan.FromTicks(Math.Clamp(took.Ticks * Share, atLeast.Ticks, Math.Max(atLeast.Ticks, AtMost.Ticks)));

    [LoggerMessage(Level = LogLevel.Warning, Message = "mountpath {Mountpath} could not be counted: {Reason}")]
    private partial void LogUncounted(string mountpath, string reason);
}
