using System.IO.Pipelines;
using System.Text;
using Starling.Cluster.Clocks;
using Starling.Cluster.Listing;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Node;
using Starling.Protocol.Objects;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;
using Starling.Storage.Files;
using Starling.Target.Listing;
using Starling.Target.Neighbors;
using Starling.Target.Objects;
using Starling.Tests.Protocol.State;
using Starling.Tests.Storage;
using Xunit;
using ObjectReader = Starling.Target.Objects.ObjectReader;

namespace Starling.Tests.Target;

/// <summary>The object services of one target over a disk in memory, with clock, lease and view in the test's hands.</summary>
public sealed class ObjectServicesTests : IDisposable
{
    private static readonly ClusterState Serving = Fold.Serving(1);

    private readonly RecordingFileLayer disk = new();
    private readonly FaultyFileLayer faulty;
    private readonly HandClock clock = new() { NowNs = 1_000_000_000, WallNs = 1_000_000_000 };
    private readonly LoopPulse pulse = new();
    private readonly HandView view;
    private readonly StoreFixture fixture;
    private readonly TargetNode node;

    public ObjectServicesTests()
    {
        disk.MakeDirectory("/mp1");
        disk.SyncFileSystem("/");
        faulty = new FaultyFileLayer(disk);
        fixture = new StoreFixture(faulty, "/mp1");
        pulse.LastTickNs = clock.NowNs;
        view = new HandView(At(1, leased: true));
        node = new TargetNode(view, null!, clock, fixture.Store, new NoNeighbors());
    }

    private static ObjectName Name => ObjectName.Parse(Fold.Bucket(), "dir/name");

    private static BucketEntry Bucket => Serving.FindBucket(Fold.Bucket())!;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task B5_a_put_whose_deadline_passed_while_it_waited_for_the_lock_changes_nothing()
    {
        var held = await node.Locks.LockExclusiveAsync(Name.Digest, CancellationToken.None);
        var put = PutAsync("late");
        clock.Advance(TargetNode.WaitMs + 1);
        pulse.LastTickNs = clock.NowNs;
        held.Dispose();
        var error = await Assert.ThrowsAsync<StoreException>(() => put);
        Assert.Equal(ErrorCode.Unavailable, error.Error.Code);
        Assert.Equal("absent", await ReadAsync());
    }

    [Fact]
    public async Task B3_a_lease_that_comes_between_the_decision_to_wait_and_the_wait_ends_it()
    {
        view.Publish(At(1, leased: false));
        view.AfterReads = 2;
        view.Next = At(1, leased: true);
        await PutAsync("body");
        Assert.Equal("body", await ReadAsync());
    }

    [Fact]
    public async Task B3_a_lease_that_a_late_tick_suspended_is_seen_to_hold_again_though_nothing_new_was_published()
    {
        clock.Advance(2_000);
        view.InVain = () => pulse.LastTickNs = clock.NowNs;
        await PutAsync("body");
        Assert.Equal("body", await ReadAsync());
        Assert.Equal(2, view.Waits);
    }

    [Fact]
    public async Task B3_a_superseded_process_waits_for_news_and_does_not_spin()
    {
        view.Publish(At(2, leased: true));
        var error = await Assert.ThrowsAsync<StoreException>(() => PutAsync("body"));
        Assert.Equal(ErrorCode.Unavailable, error.Error.Code);
        Assert.Equal(1, view.Waits);
    }

    [Fact]
    public async Task I7_after_a_failed_flush_the_same_content_is_written_and_flushed_again_before_it_is_acknowledged()
    {
        await PutAsync("body of an earlier object");
        faulty.FailNext("fsync directory", Errno.EIO);
        var unknown = await Assert.ThrowsAsync<StoreException>(() => PutAsync("body"));
        Assert.Equal(ErrorCode.UnknownOutcome, unknown.Error.Code);
        await PutAsync("body");
        foreach (var (state, files) in disk.CrashStates(new Random(1)))
        {
            using var after = new StoreFixture(files, "/mp1");
            Assert.True(after.Store.Lookup(Name, Bucket.Id).IsLiveObject && after.Store.Lookup(Name, Bucket.Id).Record!.SizeBytes == 4, state);
        }
    }

    [Fact]
    public async Task I8_a_damaged_object_is_neither_served_nor_absent_but_can_be_written_again_and_deleted()
    {
        foreach (var (how, lengthBytes) in ((string, int)[])[("put", 0), ("delete", 0), ("put", 3), ("put", 5)])
        {
            await PutAsync("body");
            using (var file = faulty.Open(PathOf(), FileOpenMode.ReadWrite))
            {
                file.SetLength(lengthBytes);
            }

            foreach (var withContent in (bool[])[true, false])
            {
                var damaged = await Assert.ThrowsAsync<StoreException>(() => new ObjectReader(node).ReadAsync(Name, Bucket, withContent, Conditions.None, CancellationToken.None).AsTask());
                Assert.Equal(ErrorCode.Corrupt, damaged.Error.Code);
            }

            Assert.Equal(ErrorCode.Corrupt, (await Assert.ThrowsAsync<StoreException>(() => PutAsync("body", Conditions.CreateIfAbsent))).Error.Code);
            if (how == "put")
            {
                await PutAsync("body");
                Assert.Equal("body", await ReadAsync());
            }
            else
            {
                await new ObjectDeleter(node).DeleteAsync(Name, Bucket, Conditions.None, CancellationToken.None);
                Assert.Equal("absent", await ReadAsync());
            }
        }
    }

    [Fact]
    public async Task I8_a_change_of_metadata_does_not_give_rotten_content_a_new_checksum()
    {
        await PutAsync("body");
        using (var file = faulty.Open(PathOf(), FileOpenMode.ReadWrite))
        {
            file.Write("bodx"u8, 0);
        }

        var error = await Assert.ThrowsAsync<StoreException>(
            () => new ObjectWriter(node).SetCustomAsync(Name, Bucket, _ => [new("key", "value")], CancellationToken.None));
        Assert.Equal(ErrorCode.Corrupt, error.Error.Code);
        Assert.Empty(fixture.Store.Lookup(Name, Bucket.Id).Record!.Custom);
    }

    [Fact]
    public async Task A_part_of_a_listing_ends_at_its_memory_and_the_next_goes_on_behind_it()
    {
        foreach (var name in (string[])["a", "b", "c", "d", "e"])
        {
            await PutAsync(name, name: name);
        }

        var lister = new BucketLister(node, maxFrameBytes: 100);
        var part = new ListPart { Bucket = Fold.Bucket(), Cursor = "listing-1", Epoch = Serving.Newest.Number };
        List<string> seen = [];
        ListFrame frame;
        do
        {
            frame = await lister.ListAsync(part, CancellationToken.None);
            Assert.InRange(frame.Entries.Count, 0, 2);
            seen.AddRange(frame.Entries.Select(entry => Encoding.UTF8.GetString(entry.Name.Span)));
            part = part with { After = seen[^1] };
        }
        while (!frame.IsEnd);
        Assert.Equal(["a", "b", "c", "d", "e"], seen);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task B13_a_part_of_a_listing_under_another_epoch_is_stale_and_never_what_happens_to_lie_here(long other)
    {
        await PutAsync("a", name: "a");
        var part = new ListPart { Bucket = Fold.Bucket(), Cursor = "listing-1", Epoch = Serving.Newest.Number + other };
        var frame = await new BucketLister(node).ListAsync(part, CancellationToken.None);
        Assert.True(frame.IsStale);
        Assert.Empty(frame.Entries);
    }

    private string PathOf() => disk.Journal.Last(line => line.StartsWith("rename ", StringComparison.Ordinal)).Split(' ')[^1];

    private async Task PutAsync(string body, Conditions? conditions = null, string? name = null) => await new ObjectWriter(node).PutAsync(
        new PutRequest { Name = name is null ? Name : ObjectName.Parse(Fold.Bucket(), name), Bucket = Bucket, Conditions = conditions ?? Conditions.None },
        PipeReader.Create(new MemoryStream(Encoding.UTF8.GetBytes(body))),
        CancellationToken.None);

    private async Task<string> ReadAsync()
    {
        try
        {
            var found = await new ObjectReader(node).ReadAsync(Name, Bucket, withContent: true, Conditions.None, CancellationToken.None);
            using var content = found.Content!;
            var body = new byte[content.SizeBytes];
            await content.ReadAsync(body, 0, CancellationToken.None);
            return Encoding.UTF8.GetString(body);
        }
        catch (StoreException error) when (error.Error.Code == ErrorCode.ObjectNotFound)
        {
            return "absent";
        }
    }

    private ClusterSnapshot At(int start, bool leased) => new()
    {
        Node = new NodePublication
        {
            Self = new(Fold.Target(1), Fold.IncarnationOf(Fold.Target(1)), Fold.SessionOf(Fold.Target(1), start)),
            State = Serving,
        },
        Lease = leased ? new LeaseView(new Lease(1, long.MaxValue, 0, 0), Serving.AppliedIndex, pulse, clock) : LeaseView.None,
    };

    private sealed class HandClock : IBootClock
    {
        public long NowNs { get; set; }

        public long WallNs { get; set; }

        public void Advance(long milliseconds)
        {
            NowNs += milliseconds * 1_000_000;
            WallNs += milliseconds * 1_000_000;
        }
    }

    /// <summary>Shows what the test says; a wait for what does not hold ends at once, as if the time were up.</summary>
    private sealed class HandView(ClusterSnapshot first) : IClusterView
    {
        private ClusterSnapshot current = first;

        public int Waits { get; private set; }

        /// <summary>After so many reads <see cref="Next"/> is shown.</summary>
        public int AfterReads { get; set; } = int.MaxValue;

        public ClusterSnapshot? Next { get; set; }

        /// <summary>What happens while something is waited for that does not come.</summary>
        public Action InVain { get; set; } = static () => { };

        public ClusterSnapshot Current => AfterReads-- > 0 ? current : current = Next ?? current;

        public void Publish(ClusterSnapshot snapshot) => current = snapshot;

        public Task<ClusterSnapshot> WaitForAsync(Func<ClusterSnapshot, bool> predicate, string what, TimeSpan timeout, CancellationToken cancellationToken)
        {
            Assert.True(++Waits < 10, "it spins");
            current = Next ?? current;
            if (predicate(current))
            {
                return Task.FromResult(current);
            }

            InVain();
            throw new StoreException(ErrorCode.Unavailable, $"waited in vain for {what}");
        }
    }
}
