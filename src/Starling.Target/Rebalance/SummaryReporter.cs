using Starling.Cluster.Views;
using Starling.Protocol.Node;
using Starling.Protocol.Operations;
using Starling.Storage.Mountpaths;
using Starling.Target.Objects;

namespace Starling.Target.Rebalance;

/// <summary>Tells the leader how the pass of this target goes and what its disks hold: about once a second while a pass runs, seldom otherwise.</summary>
public sealed class SummaryReporter
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan QuietEvery = TimeSpan.FromSeconds(15);

    private readonly TargetNode node;
    private readonly PassDriver passes;
    private readonly Func<(long Objects, long Bytes)> counts;
    private readonly Func<Input, bool> post;

    /// <summary>Makes the reporter.</summary>
    /// <param name="node">This target.</param>
    /// <param name="passes">Its passes.</param>
    /// <param name="counts">How many objects it has, and their bytes, as far as known; asked for with every report, so cheap.</param>
    /// <param name="post">Gives an input to the control loop; one that is not taken is made up for by the next.</param>
    public SummaryReporter(TargetNode node, PassDriver passes, Func<(long Objects, long Bytes)> counts, Func<Input, bool> post)
    {
        this.node = node;
        this.passes = passes;
        this.counts = counts;
        this.post = post;
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var lastNs = long.MinValue / 2;
        PassSummary? last = null;
        try
        {
            await ViewWaits.ForeverAsync(node.View, seen => seen.State.KnowsOperations, "operations to be known", cancellationToken);
            using var timer = new PeriodicTimer(LookEvery);
            do
            {
                var isQuiet = passes.Status is null && last is { Epoch: 0 };
                if (isQuiet && node.Clock.NowNs - lastNs < QuietEvery.Ticks * TimeSpan.NanosecondsPerTick)
                {
                    continue;
                }

                var now = Take();
                if (now != last || isQuiet)
                {
                    post(new PassProgressed(now));
                    last = now;
                }

                lastNs = node.Clock.NowNs;
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The target stops.
        }
    }

    /// <summary>What the leader would be told now.</summary>
    public PassSummary Take()
    {
        var (objects, bytes) = counts();

        // Whatever else lies on the same filesystems neither moves nor makes room.
        var disks = PassSummary.None with { Objects = objects, Bytes = bytes, CapacityBytes = bytes + Available(node.Store.Mountpaths), UsedBytes = bytes };
        return passes.Status?.Summary(disks) ?? disks;
    }

    // Mountpaths on one filesystem have one space between them.
    private static long Available(MountpathSet mountpaths) =>
        mountpaths.All.GroupBy(mountpath => mountpath.LockDevice).Sum(same => same.First().TryCapacity()?.AvailableBytes ?? 0);
}
