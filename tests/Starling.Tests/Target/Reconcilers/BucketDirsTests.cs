using Microsoft.Extensions.Logging.Abstractions;
using Starling.Core.Names;
using Starling.Protocol.State;
using Starling.Target.Objects;
using Starling.Target.Reconcilers;
using Starling.Tests.Protocol.State;
using Starling.Tests.Storage;
using Starling.Tests.Target.Rebalance;
using Xunit;

namespace Starling.Tests.Target.Reconcilers;

/// <summary>What a target brings along from another life is set aside before anybody is served.</summary>
public sealed class BucketDirsTests : IDisposable
{
    private static readonly ClusterState Serving = Fold.Serving(2);
    private static readonly ObjectName Name = ObjectName.Parse(Fold.Bucket(), "dir/name");
    private readonly ScratchDirectory scratch = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task B0_what_a_target_brings_along_from_before_its_admission_is_set_aside_before_it_serves_and_what_it_stores_since_stays()
    {
        // A life of this target in which an object was stored.
        var gate = new QuarantineGate();
        using (var first = new HandTarget(1, Serving, scratch.Path, gate))
        {
            Assert.False(first.Node.Now().IsCommittedSession);
            await ReconciledAsync(first);
            await first.PutAsync(Name, "old");
            Assert.Equal("live", first.Look(Name));
        }

        // The same member after a restart: nothing happens to it.
        using (var again = new HandTarget(1, Serving, scratch.Path, new QuarantineGate()))
        {
            await ReconciledAsync(again);
            Assert.Equal("live", again.Look(Name));
        }

        // It was removed and is admitted anew.
        var anew = Serving with { Nodes = Serving.Nodes.SetItem(Fold.Target(1), Serving.Nodes[Fold.Target(1)] with { JoinedIndex = Serving.AppliedIndex }) };
        using var second = new HandTarget(1, anew, scratch.Path, new QuarantineGate());
        Assert.False(second.Node.Now().IsCommittedSession);
        Assert.Equal("live", second.Look(Name));
        await ReconciledAsync(second);
        Assert.Equal("nothing", second.Look(Name));
        Assert.Equal((1, Name.Uname), (second.Node.Store.ListQuarantined(10, CancellationToken.None).Count, second.Node.Store.ListQuarantined(10, CancellationToken.None).First[0].Record.Uname));
        await second.PutAsync(Name, "new", sequence: 2);
        Assert.Equal("live", second.Look(Name));
    }

    [Fact]
    public async Task B0_a_target_that_is_given_up_while_its_process_runs_is_closed_at_once_and_opens_when_its_data_is_aside()
    {
        using var target = new HandTarget(1, Serving, scratch.Path, new QuarantineGate());
        await ReconciledAsync(target);
        await target.PutAsync(Name, "old");
        var write = target.Node.InFlight.Enter(1);
        var index = Serving.AppliedIndex + 1;
        var lost = Serving with { Losses = Serving.Losses.Add(Fold.Target(1), new(Fold.Target(1), index, 1, [], "test")), AppliedIndex = index };
        HandTarget.Show(lost, target);
        Assert.False(target.Node.Now().IsCommittedSession);
        using var ending = new CancellationTokenSource();
        var running = new BucketDirs(target.Node, NullLogger<BucketDirs>.Instance).RunAsync(ending.Token);
        Assert.Equal("live", target.Look(Name));
        target.Node.InFlight.Leave(write);
        await UntilAsync(() => target.Node.Now().IsCommittedSession);
        Assert.Equal("nothing", target.Look(Name));
        await ending.CancelAsync();
        await running;
    }

    private static async Task ReconciledAsync(HandTarget target)
    {
        using var ending = new CancellationTokenSource();
        var running = new BucketDirs(target.Node, NullLogger<BucketDirs>.Instance).RunAsync(ending.Token);
        await UntilAsync(() => target.Node.Now().IsCommittedSession && target.Node.Store.ListBucketsOnDisk().Count > 0);
        await ending.CancelAsync();
        await running;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var deadline = new CancellationTokenSource(HandTarget.Patience);
        while (!condition())
        {
            await timer.WaitForNextTickAsync(deadline.Token);
        }
    }
}
