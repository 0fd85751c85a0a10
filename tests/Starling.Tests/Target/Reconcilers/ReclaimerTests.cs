using Microsoft.Extensions.Logging.Abstractions;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.State;
using Starling.Storage.Objects;
using Starling.Target.Reconcilers;
using Starling.Tests.Protocol.State;
using Starling.Tests.Storage;
using Starling.Tests.Target.Rebalance;
using Xunit;
using static Starling.Tests.Protocol.Rebalance.TransferScript;

namespace Starling.Tests.Target.Reconcilers;

/// <summary>What is removed from real files for good, and above all what is not.</summary>
public sealed class ReclaimerTests : IDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromHours(2);
    private static readonly ClusterState Before = Fold.Serving(3) with { FeatureLevel = FeatureLevels.Operations };

    /// <summary>Target 1 has handed over everything, and proven it.</summary>
    private static readonly ClusterState Clean = Before.Move((1, AdminState.Draining)).WithIntegers(1, 2, 2);

    private readonly ScratchDirectory scratch = new();
    private readonly ShiftedTime time = new();
    private readonly HandTarget target;
    private double usedPercent = 50;

    public ReclaimerTests() => target = new HandTarget(1, Before, scratch.Path);

    private static ObjectName[] Names { get; } = [.. Enumerable.Range(0, 300).Select(i => ObjectName.Parse(Fold.Bucket(), $"dir{i % 3}/n-{i:000}"))
        .Where(name => Before.Newest.OwnerOf(name.Digest) == Fold.Target(1)).Take(20)];

    public void Dispose()
    {
        target.Dispose();
        scratch.Dispose();
    }

    [Fact]
    public async Task B11_a_verified_leftover_goes_after_the_reclaim_delay_and_not_before()
    {
        await LeaveAsync(verified: true);
        var reclaimer = New();
        HandTarget.Show(Clean, target);
        time.Shift = Delay - TimeSpan.FromMinutes(1);
        await reclaimer.RunOnceAsync(CancellationToken.None);
        Assert.All(Names, name => Assert.EndsWith("verified", target.Look(name), StringComparison.Ordinal));

        time.Shift = Delay + TimeSpan.FromMinutes(1);
        await reclaimer.RunOnceAsync(CancellationToken.None);
        Assert.All(Names, name => Assert.Equal("nothing", target.Look(name)));
        Assert.Equal(new ReclaimTally(2, Names.Length, Names.Length * 4, 0, 0), reclaimer.Tally);
        Assert.Empty(Directory.GetFiles(scratch.Path, "*n-*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task B11_when_the_disks_fill_it_goes_at_once_and_the_configured_delay_counts()
    {
        await LeaveAsync(verified: true);
        var reclaimer = New();
        HandTarget.Show(Clean, target);
        usedPercent = 90;
        await reclaimer.RunOnceAsync(CancellationToken.None);
        Assert.Equal(0, reclaimer.Tally.Objects);
        usedPercent = 91;
        await reclaimer.RunOnceAsync(CancellationToken.None);
        Assert.Equal(Names.Length, reclaimer.Tally.Objects);

        await LeaveAsync(verified: true, sequence: 100);
        usedPercent = 50;
        HandTarget.Show(Configured("""{"space":{"dont_cleanup_time":"10m"}}"""), target);
        time.Shift = TimeSpan.FromMinutes(9);
        await reclaimer.RunOnceAsync(CancellationToken.None);
        Assert.Equal(Names.Length, reclaimer.Tally.Objects);
        time.Shift = TimeSpan.FromMinutes(11);
        await reclaimer.RunOnceAsync(CancellationToken.None);
        Assert.Equal(2 * Names.Length, reclaimer.Tally.Objects);
    }

    [Theory]
    [InlineData("unverified")]
    [InlineData("not clean")]
    [InlineData("receiver lost")]
    [InlineData("receiver misses a mountpath")]
    [InlineData("session not committed")]
    public async Task B11_what_may_still_be_needed_is_never_removed_however_old_it_is_and_however_full_the_disks_are(string why)
    {
        await LeaveAsync(verified: why != "unverified");
        var state = why switch
        {
            "not clean" => Before.Move((1, AdminState.Draining)),
            "receiver lost" => Lose(Clean, 2, 2),
            "receiver misses a mountpath" => Clean with { Nodes = Clean.Nodes.SetItem(Fold.Target(2), Clean.Nodes[Fold.Target(2)] with { LostMountpathIds = ["target02-a"] }) },
            "session not committed" => Clean with { Nodes = Clean.Nodes.SetItem(target.Id, Clean.Nodes[target.Id] with { Session = Fold.SessionOf(target.Id, 9) }) },
            _ => Clean,
        };
        HandTarget.Show(state, target);
        (time.Shift, usedPercent) = (TimeSpan.FromDays(400), 99);
        var reclaimer = New();
        await reclaimer.RunOnceAsync(CancellationToken.None);
        Assert.All(Names, name => Assert.StartsWith("leftover of 2", target.Look(name), StringComparison.Ordinal));
        Assert.Equal(new ReclaimTally(1, 0, 0, 0, 0), reclaimer.Tally);
    }

    [Fact]
    public async Task B11_tombstones_go_in_a_converged_cluster_live_objects_never_and_what_a_live_record_replaced_at_once()
    {
        await LeaveAsync(verified: false);
        await target.PutAsync(Names[0], "back", sequence: 50);
        await target.PutAsync(Names[1], "gone", sequence: 51);
        var bucketId = Before.FindBucket(Fold.Bucket())!.Id;
        var tombstone = new ObjectRecord { Key = new RecordKey(bucketId, 1, 1, 52), Kind = RecordKind.Tombstone, Uname = Names[1].Uname };
        await target.Node.Store.CommitTombstoneAsync(Names[1], tombstone, Durability.Durable, CancellationToken.None);
        var reclaimer = New();
        HandTarget.Show(Before.Move((1, AdminState.Draining)), target);
        await reclaimer.RunOnceAsync(CancellationToken.None);
        Assert.Equal(("live", "tombstone"), (target.Look(Names[0]), target.Look(Names[1])));
        Assert.Equal((2, 0), (reclaimer.Tally.Objects, reclaimer.Tally.Tombstones));

        HandTarget.Show(Before, target);
        await reclaimer.RunOnceAsync(CancellationToken.None);
        Assert.Equal(("live", "nothing"), (target.Look(Names[0]), target.Look(Names[1])));
        Assert.Equal(1, reclaimer.Tally.Tombstones);
        Assert.All(Names.Skip(2), name => Assert.StartsWith("leftover of 2", target.Look(name), StringComparison.Ordinal));
    }

    private static ClusterState Configured(string patch) => Clean with { Config = new ClusterConfig(patch), AppliedIndex = Clean.AppliedIndex + 1 };

    private Reclaimer New() => new(target.Node, time, TimeSpan.FromSeconds(1), NullLogger<Reclaimer>.Instance, _ => usedPercent);

    private async Task LeaveAsync(bool verified, long sequence = 1)
    {
        foreach (var name in Names)
        {
            await target.PutAsync(name, "body", sequence: sequence);
            var key = target.Head(name).Key;
            var mark = new LeftoverMark(2, Fold.Target(2), Verified: false) { Index = 1 };
            Assert.True(await target.Node.Store.MarkLeftoverAsync(name, key, mark, CancellationToken.None));
            Assert.True(!verified || await target.Node.Store.MarkVerifiedAsync(name, key, mark, CancellationToken.None));
        }
    }

    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }
}
