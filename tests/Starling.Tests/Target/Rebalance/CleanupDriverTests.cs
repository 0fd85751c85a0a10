using System.Collections.Concurrent;
using Starling.Core.Names;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;
using Starling.Storage.Objects;
using Starling.Target.Rebalance;
using Starling.Tests.Protocol.State;
using Starling.Tests.Storage;
using Xunit;

namespace Starling.Tests.Target.Rebalance;

/// <summary>Cleanup mode over real files: what each copy comes to, and that a cleanup that is stopped stops.</summary>
public sealed class CleanupDriverTests : IAsyncDisposable
{
    private static readonly ClusterState Converged = Fold.Serving(2) with { FeatureLevel = FeatureLevels.Operations };
    private readonly ScratchDirectory scratch = new();
    private readonly HandTarget one;
    private readonly HandTarget two;
    private readonly ConcurrentQueue<Input> told = new();
    private readonly SemaphoreSlim reported = new(0);
    private readonly CancellationTokenSource ending = new();
    private readonly PassDriver driver;
    private readonly Task running;

    public CleanupDriverTests()
    {
        one = new HandTarget(1, Converged, Directory.CreateDirectory(scratch.Path + "/one").FullName);
        two = new HandTarget(2, Converged, Directory.CreateDirectory(scratch.Path + "/two").FullName);
        HandTarget.Connect(one, two);
        driver = one.NewDriver(new PassOptions { ReportEvery = TimeSpan.FromMilliseconds(50) }, input =>
        {
            told.Enqueue(input);
            reported.Release();
            return true;
        });
        running = driver.RunAsync(ending.Token);
    }

    private static ObjectName[] Names { get; } = [.. Enumerable.Range(0, 100).Select(i => ObjectName.Parse(Fold.Bucket(), $"dir{i % 3}/n-{i:000}"))
        .Where(name => Converged.Newest.OwnerOf(name.Digest) == Fold.Target(2)).Take(12)];

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await running;
        ending.Dispose();
        reported.Dispose();
        one.Dispose();
        two.Dispose();
        scratch.Dispose();
    }

    [Theory]
    [InlineData(false, "cleanup done visits=12 loads=12 removed=9 keep-peer-missing=2 keep-diverged=1", 36)]
    [InlineData(true, "cleanup-force done visits=12 loads=12 removed=9 removed-diverged=1 keep-peer-missing=2", 40)]
    public async Task Every_copy_is_counted_by_what_its_owner_holds_and_a_pass_proves_the_end(bool force, string counters, long removedBytes)
    {
        await LeaveAsync();

        // The owner has something newer, nothing at all, or something older.
        await two.PutAsync(Names[0], "more", sequence: 100);
        await ForgetAsync(Names[1]);
        await ForgetAsync(Names[2]);
        await two.PutAsync(Names[2], "less", sequence: 1);
        HandTarget.Show(Asked(new OperationOptions { Cleanup = true, CleanupForce = force }), one, two);
        Assert.True(await reported.WaitAsync(HandTarget.Patience), "no report came");
        Assert.Equal((counters, removedBytes), (driver.Cleanup!.Text, driver.Cleanup.RemovedBytes));
        Assert.Equal(force ? "nothing" : "leftover of 1 at target02, verified", one.Look(Names[0]));
        Assert.All(Names[1..3], name => Assert.Equal("leftover of 1 at target02, verified", one.Look(name)));
        Assert.All(Names[3..], name => Assert.Equal(("nothing", "live"), (one.Look(name), two.Look(name))));
        Assert.Equal(0, one.BytesTravelled);
    }

    [Fact]
    public async Task A_scope_limits_it_and_a_silent_owner_is_an_error_by_name()
    {
        await LeaveAsync();
        var isAsked = false;
        one.BeforeVerify = () =>
        {
            isAsked = true;
            return Task.FromException(new Starling.Core.Errors.StoreException(Starling.Core.Errors.ErrorCode.Unreachable, "it is silent"));
        };
        HandTarget.Show(Asked(new OperationOptions { Cleanup = true, Scope = Fold.Bucket().UnamePrefix + "dir1/" }), one, two);
        Assert.True(await reported.WaitAsync(HandTarget.Patience), "no report came");
        var inScope = Names.Count(name => name.Name.StartsWith("dir1/", StringComparison.Ordinal));
        Assert.True(isAsked);
        Assert.Equal($"cleanup done visits={inScope} loads={inScope} removed=0 err-head={inScope}", driver.Cleanup!.Text);
        Assert.All(driver.Cleanup.Errors, error => Assert.Equal((two.Id, Starling.Core.Errors.ErrorCode.Unreachable), (error.Other, error.Error.Code)));
        Assert.Equal(inScope, driver.Cleanup.Errors.Length);
    }

    [Fact]
    public async Task A_cleanup_that_is_stopped_removes_nothing_more_and_is_told_as_aborted()
    {
        await LeaveAsync();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource<CleanupStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        driver.CleanupAborted += status => aborted.TrySetResult(status);
        one.BeforeVerify = () =>
        {
            asked.TrySetResult();
            return new TaskCompletionSource().Task.WaitAsync(ending.Token);
        };
        HandTarget.Show(Asked(new OperationOptions { Cleanup = true }), one, two);
        await asked.Task.WaitAsync(HandTarget.Patience);
        HandTarget.Show(Converged with { AppliedIndex = 1001 }, one, two);
        var status = await aborted.Task.WaitAsync(HandTarget.Patience);
        Assert.StartsWith("cleanup aborted", status.Text, StringComparison.Ordinal);
        Assert.All(Names, name => Assert.Equal("leftover of 1 at target02, verified", one.Look(name)));
        Assert.Empty(told);
    }

    private static ClusterState Asked(OperationOptions options)
    {
        var operation = new Operation(1000, OperationKind.Rebalance) { Options = options, Phase = OperationPhase.Drain, RebalanceId = 24, MarkEpoch = 1, PassIndex = 1000 };
        return Converged with { AppliedIndex = 1000, Operations = Converged.Operations.Add(operation.Id, operation) };
    }

    private async Task ForgetAsync(ObjectName name) =>
        Assert.True(await two.Node.Store.ForgetAsync(name, Converged.FindBucket(Fold.Bucket())!.Id, Starling.Core.Objects.Durability.Durable, CancellationToken.None));

    private async Task LeaveAsync()
    {
        for (var i = 0; i < Names.Length; i++)
        {
            await one.PutAsync(Names[i], "body", sequence: i + 10);
            await two.PutAsync(Names[i], "body", sequence: i + 10);
            var mark = new LeftoverMark(1, two.Id, Verified: false) { Index = 1 };
            Assert.True(await one.Node.Store.MarkLeftoverAsync(Names[i], one.Head(Names[i]).Key, mark, CancellationToken.None));
            Assert.True(await one.Node.Store.MarkVerifiedAsync(Names[i], one.Head(Names[i]).Key, mark, CancellationToken.None));
        }
    }
}
