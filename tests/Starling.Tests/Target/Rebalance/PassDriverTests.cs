using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Node;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Storage.Files;
using Starling.Storage.Layout;
using Starling.Storage.Objects;
using Starling.Target.Rebalance;
using Starling.Tests.Protocol.State;
using Starling.Tests.Storage;
using Xunit;

namespace Starling.Tests.Target.Rebalance;

/// <summary>Whole passes over real files: what moves, what is told, what a process that dies leaves for the next one.</summary>
public sealed class PassDriverTests : IAsyncDisposable
{
    private const int Count = 300;
    private static readonly ClusterState Before = Knowing(Fold.Serving(2));
    private static readonly ClusterState Draining = Before.Move((1, AdminState.Draining)) with { AppliedIndex = Before.AppliedIndex + 1 };
    private readonly ScratchDirectory scratch = new();
    private readonly HandTarget one;
    private readonly HandTarget two;
    private readonly ConcurrentQueue<Input> told = new();
    private readonly SemaphoreSlim reported = new(0);
    private readonly CancellationTokenSource ending = new();
    private PassDriver? driver;
    private PassOptions options = new() { ReportEvery = TimeSpan.FromMilliseconds(50), PaceEvery = TimeSpan.FromMilliseconds(20) };
    private Task running = Task.CompletedTask;

    public PassDriverTests()
    {
        one = new HandTarget(1, Before, Directory.CreateDirectory(scratch.Path + "/one").FullName);
        two = new HandTarget(2, Before, Directory.CreateDirectory(scratch.Path + "/two").FullName);
        HandTarget.Connect(one, two);
    }

    private static ObjectName[] Names { get; } = [.. Enumerable.Range(0, Count * 4).Select(i => ObjectName.Parse(Fold.Bucket(), $"dir{i % 7}/object-{i:0000}"))
        .Where(name => Before.Newest.OwnerOf(name.Digest) == Fold.Target(1)).Take(Count)];

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

    [Fact]
    public async Task B9_a_pass_hands_everything_over_verifies_it_and_tells_the_leader_until_the_state_shows_it()
    {
        await FillAsync();
        driver = Start();
        HandTarget.Show(Draining, one, two);
        var report = await ReportAsync();
        Assert.Equal(2, report.Epoch);
        Assert.Equal(two.Id, Assert.Single(report.Receivers));
        foreach (var name in Names)
        {
            Assert.Equal($"leftover of 2 at {two.Id}, verified", one.Look(name));
            Assert.Equal(name == Names[5] ? "tombstone" : "live", two.Look(name));
        }

        Assert.Equal((PassStage.Reporting, Count), (driver.Status!.Stage, driver.ToVisit));
        Assert.Equal((Count, Count, 0, 0), (driver.Totals.Objects, driver.Totals.Verified, driver.Totals.Errors, driver.Totals.InFlight));

        // Nobody heard it: it is told again, and the state ends it.
        await ReportAsync();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        driver.Ended += _ => ended.TrySetResult();
        HandTarget.Show(Clean(report), one, two);
        await ended.Task.WaitAsync(HandTarget.Patience);
    }

    [Fact]
    public async Task Both_sides_of_a_pass_tell_the_same_of_what_changed_hands_and_what_came_back_where_it_lay()
    {
        await FillAsync();
        Start();
        HandTarget.Show(Draining, one, two);
        var report = await ReportAsync();
        var receiving = two.NewDriver(options, _ => true);
        var bytes = Names.Sum(name => two.Head(name).SizeBytes);

        var sent = new PassReport(one.Node, driver!, TimeProvider.System).Current;
        var taken = new PassReport(two.Node, receiving, TimeProvider.System).Current;
        Assert.Equal((Count, bytes, 0L, 99d), (sent.SentObjects, sent.SentBytes, sent.ReceivedObjects, sent.Percent));
        Assert.Equal((0L, 0L, Count), (sent.PresentObjects, sent.PresentBytes, sent.HandedOverObjects));
        var to = Assert.Single(sent.To);
        Assert.Equal((two.Id.Value, Count, bytes), (to.Node, to.Objects, to.Bytes));
        var from = Assert.Single(taken.From);
        Assert.Equal((one.Id.Value, Count, bytes), (from.Node, from.Objects, from.Bytes));
        Assert.Equal((Count, bytes, 0L), (taken.ReceivedObjects, taken.ReceivedBytes, taken.RevivedObjects));

        // The first target comes back: nothing travels, everything is where it was.
        HandTarget.Show(Clean(report).Move((1, AdminState.In)) with { AppliedIndex = report.StartedIndex + 2 }, one, two);
        var receiver = receiving.RunAsync(ending.Token);
        await UntilAsync(() => receiving.Status is { Stage: PassStage.Reporting });
        var back = new PassReport(two.Node, receiving, TimeProvider.System).Current;
        await ending.CancelAsync();
        await receiver;
        Assert.Equal((0L, 0L, Count, bytes), (back.SentObjects, back.SentBytes, back.PresentObjects, back.PresentBytes));
        Assert.Empty(back.To);
        Assert.Equal((0, 0, Count, bytes), (receiving.Totals.Objects, receiving.Totals.Bytes, receiving.Totals.Present, receiving.Totals.PresentBytes));
        Assert.Equal((Count, 0), (one.Node.Traffic.ByEpoch[3].Revived, one.Node.Traffic.ByEpoch[3].From.Count));
    }

    [Theory]
    [InlineData(PassStage.Flushing, 10, 0, 0, 0)]
    [InlineData(PassStage.Walking, 50, 0, 0, 45)]
    [InlineData(PassStage.Walking, 500, 0, 0, 90)]
    [InlineData(PassStage.Verifying, 100, 40, 20, 94.5)]
    [InlineData(PassStage.Reporting, 100, 40, 40, 99)]
    public void A_pass_says_how_far_it_is_and_never_that_it_is_through_before_its_end(PassStage stage, long visited, long handedOff, long verified, double percent)
    {
        var status = new PassStatus(2, stage, visited, handedOff, 0, verified, 0, 0, []);
        Assert.Equal(percent, PassReport.Percent(status, toVisit: 100));
        Assert.InRange(PassReport.Percent(status, toVisit: 0), 0, percent);
    }

    [Fact]
    public async Task B9_a_process_that_dies_in_the_middle_goes_on_where_its_durable_cursor_says_and_moves_nothing_twice()
    {
        await FillAsync();
        var moved = 0;
        var third = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        one.Wire = bytes =>
        {
            if (Interlocked.Increment(ref moved) == Count / 3)
            {
                third.TrySetResult();
            }

            return bytes;
        };
        Start();
        HandTarget.Show(Draining, one, two);
        await third.Task.WaitAsync(HandTarget.Patience);
        await ending.CancelAsync();
        await running;
        Assert.Equal(0, one.Node.InFlight.Count);
        var stillLive = Names.Count(name => one.Look(name) == "live");
        var travelled = one.BytesTravelled;
        Assert.InRange(stillLive, 1, Count - 1);

        using var again = new CancellationTokenSource();
        running = NewDriver().RunAsync(again.Token);
        var report = await ReportAsync();
        await again.CancelAsync();
        Assert.Equal(two.Id, Assert.Single(report.Receivers));
        Assert.All(Names, name => Assert.Equal($"leftover of 2 at {two.Id}, verified", one.Look(name)));
        Assert.InRange(one.BytesTravelled - travelled, 1, stillLive);
    }

    [Fact]
    public async Task B8_what_cannot_be_moved_is_listed_by_name_the_walk_goes_on_and_it_is_tried_again()
    {
        await FillAsync();
        var broken = 0;
        var isHealed = false;
        one.Wire = bytes => !Volatile.Read(ref isHealed) && bytes.Length == 3 && Interlocked.Increment(ref broken) > 0 ? [.. bytes[..^1], (byte)'?'] : bytes;
        driver = Start();
        HandTarget.Show(Draining, one, two);
        await UntilAsync(() => driver.Status?.Stage == PassStage.Blocked);
        Assert.Equal(broken, driver.Status!.ErrorCount);
        Assert.All(driver.Status.Errors, error => Assert.Equal(ErrorCode.ChecksumMismatch, error.Error.Code));
        Assert.Contains(driver.Status.Errors, error => error.Subject == Names[1].Cname);
        Assert.Equal(Count - broken, Names.Count(name => one.Look(name) != "live"));
        Assert.Empty(told);
        Volatile.Write(ref isHealed, true);
        await ReportAsync();
        Assert.All(Names, name => Assert.Equal($"leftover of 2 at {two.Id}, verified", one.Look(name)));
    }

    [Fact]
    public async Task B9_a_pass_waits_for_a_write_that_began_under_an_earlier_epoch()
    {
        await FillAsync();
        var mark = one.Node.InFlight.Enter(1);
        driver = Start();
        HandTarget.Show(Draining, one, two);
        await UntilAsync(() => driver.Status?.Stage == PassStage.AwaitingWrites);
        Assert.Equal(0, one.BytesTravelled);
        one.Node.InFlight.Leave(mark);
        await ReportAsync();
    }

    [Fact]
    public async Task The_pace_follows_the_foreground_down_to_one_hand_over_at_a_time_and_up_again()
    {
        await FillAsync();
        double? latencyMs = 5;
        options = options with { ForegroundP99Ms = () => latencyMs };
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        one.BeforeBytes = () => gate.Task;
        driver = Start();
        HandTarget.Show(Draining, one, two);
        await UntilAsync(() => driver.Totals.Window >= 8);
        latencyMs = 500;
        await UntilAsync(() => driver.Totals.Window == 1);
        latencyMs = null;
        await UntilAsync(() => driver.Totals.Window == 64);
        gate.SetResult();
        await ReportAsync();
    }

    [Fact]
    public async Task Burst_buffer_bounds_the_hand_overs_at_once()
    {
        await FillAsync();
        options = options with { ForegroundP99Ms = () => null };
        var (now, most) = (0, 0);
        one.BeforeBytes = async () =>
        {
            most = Math.Max(most, Interlocked.Increment(ref now));
            await Task.Yield();
            Interlocked.Decrement(ref now);
        };
        driver = Start();
        HandTarget.Show(Configured("""{"rebalance":{"burst_buffer":32}}"""), one, two);
        await ReportAsync();
        Assert.InRange(most, 1, 4);
        Assert.InRange(driver.Totals.Window, 1, 2);
    }

    [Fact]
    public async Task A_hard_cap_holds_the_pass_back_until_it_is_lifted_in_the_middle_of_it()
    {
        await FillAsync();
        driver = Start();
        HandTarget.Show(Configured("""{"pace":{"max_bytes_per_second":"1B"}}"""), one, two);
        await UntilAsync(() => driver.Totals.Objects >= 1);
        Assert.InRange(driver.Totals.Objects, 1, Count / 2);
        HandTarget.Show(Configured("""{"pace":{"max_bytes_per_second":"0B"}}""", later: 1), one, two);
        await ReportAsync();
        Assert.Equal(Count, driver.Totals.Objects);
    }

    private static ClusterState Configured(string json, int later = 0) =>
        Draining with { Config = new ClusterConfig(json), AppliedIndex = Draining.AppliedIndex + later };

    [Fact]
    public async Task A_disk_that_refuses_a_flush_or_a_page_blocks_the_pass_and_proves_nothing()
    {
        await FillAsync();
        one.Faulty.FailNext("syncfs", Errno.EIO);
        driver = Start();
        HandTarget.Show(Draining, one, two);
        await UntilAsync(() => driver.Status?.Stage == PassStage.Blocked);
        Assert.Empty(told);
        Assert.NotEmpty(driver.Status!.Errors);
    }

    [Fact]
    public async Task A20_a_pass_whose_progress_cannot_be_read_begins_anew_and_counts_on_everybody_who_may_have_vouched()
    {
        // What an earlier pass verified is not asked about again: who vouched for it stood in the progress alone.
        var state = Knowing(Fold.Serving(3));
        var name = Names.First(n => state.Newest.OwnerOf(n.Digest) == one.Id);
        HandTarget.Show(state, one, two);
        var progress = new PassProgress(2, state.AppliedIndex, ImmutableSortedDictionary<string, MountpathProgress>.Empty, [Fold.Target(3)]);
        var disk = new StorePassDisk(one.Node.Store, NullLogger<StorePassDisk>.Instance);
        Assert.Equal(default, await disk.LoadAsync(CancellationToken.None));
        Assert.Null(await disk.SaveAsync(progress, CancellationToken.None));
        Assert.Equal(new SavedPass(progress, IsLost: false), await disk.LoadAsync(CancellationToken.None));
        foreach (var mountpath in one.Node.Store.Mountpaths.All)
        {
            await File.WriteAllTextAsync(mountpath.Path + "/.starling/pass", "damaged");
        }

        Assert.Equal(new SavedPass(null, IsLost: true), await new StorePassDisk(one.Node.Store, NullLogger<StorePassDisk>.Instance).LoadAsync(CancellationToken.None));
        driver = Start();
        var draining = state.Move((1, AdminState.Draining)) with { AppliedIndex = state.AppliedIndex + 1 };
        HandTarget.Show(draining, one, two);
        var report = await ReportAsync();
        Assert.Equal([two.Id, Fold.Target(3)], report.Receivers.ToArray());
        Assert.Equal("nothing", one.Look(name));
    }

    [Fact]
    public async Task B9_a_damaged_record_of_a_name_that_the_target_keeps_does_not_stop_its_pass_and_one_that_moves_is_named()
    {
        await FillAsync();

        // Back with another weight: nothing advances by itself.
        var away = Before.Move((1, AdminState.Draining));
        var back = (away with { Nodes = away.Nodes.SetItem(one.Id, away.Nodes[one.Id] with { Weight = 2 }) }).Move((1, AdminState.In));
        back = back with { AppliedIndex = Before.AppliedIndex + 2 };
        Spoil(Names[0]);
        driver = Start();
        HandTarget.Show(back, one, two);
        await ReportAsync();
        Assert.Equal(0, driver.Status!.ErrorCount);
        Assert.Equal($"error {ErrorCode.Corrupt}", one.Look(Names[0]));

        HandTarget.Show(back.WithIntegers(1, 3, 3).Move((1, AdminState.Draining)) with { AppliedIndex = back.AppliedIndex + 1 }, one, two);
        await UntilAsync(() => driver.Status?.Stage == PassStage.Blocked);
        Assert.Equal(Names[0].Cname, Assert.Single(driver.Status!.Errors).Subject);
    }

    private void Spoil(ObjectName name)
    {
        var bucketId = Before.FindBucket(Fold.Bucket())!.Id;
        var store = one.Node.Store;
        using var file = store.Mountpaths.Files.Open(Fqn.Place(store.Mountpaths.Place(name.Digest).Path, name, bucketId).File(Slot.Object), FileOpenMode.ReadWrite);
        file.SetAttribute(RecordCodec.AttributeName, "nonsense"u8);
    }

    private static ClusterState Knowing(ClusterState state) => state with { FeatureLevel = FeatureLevels.Operations };

    private static ClusterState Clean(PassFinished report) => Draining.WithIntegers(1, 2, 2) with { AppliedIndex = report.StartedIndex + 1 };

    private async Task FillAsync()
    {
        for (var i = 0; i < Count; i++)
        {
            await one.PutAsync(Names[i], i.ToString(System.Globalization.CultureInfo.InvariantCulture).PadLeft(i % 5 == 1 ? 3 : 4, '0'), sequence: i + 1);
        }

        // One of them is deleted: its tombstone moves like an object.
        var bucketId = Before.FindBucket(Fold.Bucket())!.Id;
        var tombstone = new ObjectRecord { Key = new RecordKey(bucketId, 1, 1, Count + 1), Kind = RecordKind.Tombstone, Uname = Names[5].Uname };
        await one.Node.Store.CommitTombstoneAsync(Names[5], tombstone, Durability.Durable, CancellationToken.None);
    }

    private PassDriver NewDriver() => driver = one.NewDriver(options, input =>
    {
        told.Enqueue(input);
        reported.Release();
        return true;
    });

    private PassDriver Start()
    {
        var made = NewDriver();
        running = made.RunAsync(ending.Token);
        return made;
    }

    private async Task<PassFinished> ReportAsync()
    {
        Assert.True(await reported.WaitAsync(HandTarget.Patience), $"no report came: {driver?.Status} {driver?.Totals} {driver?.Status?.Errors.FirstOrDefault()}");
        Assert.True(told.TryDequeue(out var input));
        return Assert.IsType<PassFinished>(input);
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
