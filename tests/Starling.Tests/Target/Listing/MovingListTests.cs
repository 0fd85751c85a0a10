using System.Text;
using Starling.Cluster.Listing;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Gateway.Listing;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Target.Listing;
using Starling.Target.Objects;
using Starling.Tests.Protocol.State;
using Starling.Tests.Target.Neighbors;
using Xunit;

namespace Starling.Tests.Target.Listing;

/// <summary>Listings while names move: the gateway's merge over the listers of real stores.</summary>
public sealed class MovingListTests : IDisposable
{
    private readonly NeighborWorld world = new(3);
    private readonly ClusterView gateway;
    private readonly Parts parts;
    private readonly ListMerge merge;

    public MovingListTests()
    {
        gateway = new ClusterView(world.SnapshotOf(1, world.State, leased: false));
        parts = new Parts(world);
        merge = new ListMerge(gateway, parts, TimeProvider.System);
    }

    public void Dispose()
    {
        merge.Dispose();
        world.Dispose();
    }

    [Theory]
    [InlineData(1), InlineData(3), InlineData(7), InlineData(100)]
    public async Task B13_every_name_is_listed_once_wherever_it_lies_and_what_was_deleted_since_is_hidden(int pageSize)
    {
        var after = world.Draining();
        var names = Enumerable.Range(0, 40).Select(i => ObjectName.Parse(Fold.Bucket(), $"d{i % 4}/n{i:00}")).ToArray();
        foreach (var name in names)
        {
            await world[Number(world.State.Newest.OwnerOf(name.Digest))].PutAsync(name, name.Name);
        }

        Publish(after);
        var moved = names.Where(name => after.Epoch(1)!.OwnerOf(name.Digest) == world[1].Id).ToArray();
        Assert.InRange(moved.Length, 4, 36);
        SortedSet<string> expected = new(names.Select(name => name.Name), StringComparer.Ordinal);
        for (var i = 0; i < moved.Length; i++)
        {
            var owner = world[Number(after.Newest.OwnerOf(moved[i].Digest))];
            var head = RecordHeads.Of(world[1].RecordOf(moved[i])!);
            switch (i % 4)
            {
                case 0:
                    // Handed over, and let go of.
                    Assert.Equal(PushAnswerKind.Held, (await world[1].Neighbors.PushAsync(owner.Id, new PushRequest(moved[i], head, world[1].Id, 2, after.AppliedIndex), TimeSpan.FromSeconds(20), CancellationToken.None)).Kind);
                    Assert.True(await world[1].Store.MarkLeftoverAsync(moved[i], head.Key, 2, owner.Id, CancellationToken.None));
                    break;
                case 1:
                    await owner.PutAsync(moved[i], "newer, at the new owner");
                    break;
                case 2:
                    Assert.True((await new ObjectDeleter(owner.Node).DeleteAsync(moved[i], world.Bucket, Conditions.None, CancellationToken.None)).IsNone);
                    expected.Remove(moved[i].Name);
                    break;
            }
        }

        Assert.Equal(expected, await AllAsync(new ListQuery { Bucket = Fold.Bucket(), PageSize = pageSize, WithAttributes = true }));
        Assert.Equal(expected.Where(name => name.StartsWith("d1/", StringComparison.Ordinal)), await AllAsync(new ListQuery { Bucket = Fold.Bucket(), PageSize = pageSize, Prefix = "d1/" }));
        Assert.Equal(expected.Select(name => name[..3]).Distinct(), await AllAsync(new ListQuery { Bucket = Fold.Bucket(), PageSize = pageSize, OneLevel = true }));
        Assert.All(parts.Asked, part => Assert.Equal((2L, true), (part.Epoch, part.IsMoving)));
    }

    [Fact]
    public async Task B13_who_may_hold_something_is_asked_before_the_owners_and_their_silence_is_no_page()
    {
        Publish(world.Draining());
        var query = new ListQuery { Bucket = Fold.Bucket() };
        await merge.PageAsync(query, CancellationToken.None);
        Assert.Equal([true, false, false], parts.Asked.Select(part => part.IsForeign));

        parts.Silent = world[1].Id;
        Assert.Equal(ErrorCode.Unreachable, (await Assert.ThrowsAsync<StoreException>(() => merge.PageAsync(query, CancellationToken.None))).Error.Code);
        Assert.True((await merge.PageAsync(query with { AllowPartial = true }, CancellationToken.None)).IsPartial);
    }

    [Fact]
    public async Task B13_a_target_under_a_newer_epoch_says_nothing_and_the_page_is_asked_again_when_the_gateway_has_it()
    {
        var second = world.Draining();
        var name = Fold.NameOwnedBy(second, (1, 1), (2, 2));
        await world[1].PutAsync(name, "body");
        Publish(second);
        var third = second.Move((1, AdminState.In));
        world.Publish(third with { AppliedIndex = second.AppliedIndex + 1 });
        var page = merge.PageAsync(new ListQuery { Bucket = Fold.Bucket() }, CancellationToken.None);
        Assert.False(page.IsCompleted);
        await parts.FirstStale.Task.WaitAsync(TimeSpan.FromSeconds(20));
        gateway.Publish(world.SnapshotOf(1, world.State, leased: false));
        Assert.Equal([name.Name], (await page).Entries.Select(NameOf));
    }

    [Fact]
    public async Task B13_in_a_converged_cluster_nobody_is_asked_for_what_it_does_not_own()
    {
        var name = Fold.NameOwnedBy(world.State, (1, 1));
        await world[1].PutAsync(name, "body");
        Assert.Equal([name.Name], await AllAsync(new ListQuery { Bucket = Fold.Bucket() }));
        Assert.All(parts.Asked, part => Assert.Equal((false, false), (part.IsMoving, part.IsForeign)));
    }

    [Fact]
    public void Frames_keep_keys_tombstones_and_staleness()
    {
        var frame = new ListFrame(
            [
                new ListEntry("a"u8.ToArray(), ListEntry.Present, 5, null) { Key = new ListedKey(new RecordKey(1, 2, 3, 4), IsTombstone: true) },
                new ListEntry("b/"u8.ToArray(), ListEntry.Directory, -1, null),
                new ListEntry("c"u8.ToArray(), ListEntry.Present, 5, new ListAttributes("cs", "1", 9, "t", "k")) { Key = new ListedKey(new RecordKey(ulong.MaxValue, 2, 3, 4), IsTombstone: false) },
            ],
            IsEnd: false) { IsStale = true };
        var bytes = frame.Encode();
        var back = ListFrame.Decode(bytes);
        Assert.Equal((false, true), (back.IsEnd, back.IsStale));
        Assert.Equal(frame.Entries.Select(entry => (NameOf(entry), entry.Key, entry.Attributes, entry.Flags)), back.Entries.Select(entry => (NameOf(entry), entry.Key, entry.Attributes, entry.Flags)));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(ErrorCode.Corrupt, Assert.Throws<StoreException>(() => ListFrame.Decode(bytes.AsMemory(0, length))).Error.Code);
        }
    }

    private void Publish(ClusterState state)
    {
        world.Publish(state);
        gateway.Publish(world.SnapshotOf(1, state, leased: false));
    }

    private async Task<List<string>> AllAsync(ListQuery query)
    {
        List<string> all = [];
        do
        {
            var page = await merge.PageAsync(query, CancellationToken.None);
            Assert.InRange(page.Entries.Count, 0, query.PageSize);
            all.AddRange(page.Entries.Select(NameOf));
            query = query with { Uuid = page.Uuid, Token = page.Token };
        }
        while (query.Token.Length > 0);
        return all;
    }

    private static string NameOf(ListEntry entry) => Encoding.UTF8.GetString(entry.Name.Span);

    private static int Number(NodeId target) => target.Value[^1] - '0';

    private sealed class Parts(NeighborWorld world) : IListParts
    {
        private readonly List<BucketLister> listers = [.. world.Targets.Select(target => new BucketLister(target.Node))];

        public List<ListPart> Asked { get; } = [];

        public NodeId Silent { get; set; }

        public TaskCompletionSource FirstStale { get; } = new();

        public async Task<ListFrame> FetchAsync(NodeId target, ListPart part, CancellationToken cancellationToken)
        {
            if (target == Silent)
            {
                throw new StoreException(ErrorCode.Unreachable, "gone", 1000);
            }

            lock (Asked)
            {
                Asked.Add(part);
            }

            var frame = ListFrame.Decode((await listers[Number(target) - 1].ListAsync(part, cancellationToken)).Encode());
            if (frame.IsStale)
            {
                FirstStale.TrySetResult();
            }

            return frame;
        }
    }
}
