using System.Collections.Concurrent;
using System.Text;
using Starling.Cluster.Listing;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Gateway.Listing;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Gateway;

public sealed class ListMergeTests
{
    private readonly ClusterView view = new(At(Fold.Serving(2)));
    private readonly Parts parts = new();

    private readonly ManualTimers time = new();

    private ListMerge Merge => field ??= new ListMerge(view, parts, time);

    [Fact]
    public async Task B13_a_virtual_directory_that_ends_a_page_does_not_come_again_from_another_target()
    {
        parts.Names[Fold.Target(1)] = ["a/", "b/", "z"];
        parts.Names[Fold.Target(2)] = ["a/", "b/", "c"];
        Assert.Equal(["a/", "b/", "c", "z"], await AllAsync(pageSize: 1));
        Assert.Equal(["a/", "b/", "c", "z"], await AllAsync(pageSize: 3));
    }

    [Fact]
    public async Task B13_who_is_out_and_clean_is_not_asked_for_he_may_be_off_for_good()
    {
        var moved = Fold.Serving(3).Move((3, AdminState.Draining));
        var converged = Enumerable.Range(1, 3).Aggregate(moved, (state, target) => state.WithIntegers(target, moved.Newest.Number, moved.Newest.Number));
        Assert.True(converged.IsConverged);
        view.Publish(At(converged));
        parts.Names[Fold.Target(1)] = ["a"];
        parts.Names[Fold.Target(2)] = ["b"];
        Assert.Equal(["a", "b"], await AllAsync(pageSize: 10));
        Assert.Empty(parts.Asked(Fold.Target(3)));
    }

    [Fact]
    public async Task B12_what_waits_for_the_next_page_of_a_destroyed_bucket_is_not_shown_for_its_successor()
    {
        parts.Names[Fold.Target(1)] = ["a", "old"];
        var query = new ListQuery { Bucket = Fold.Bucket(), PageSize = 1 };
        var first = await Merge.PageAsync(query, CancellationToken.None);
        view.Publish(At(view.Current.State.Apply(new DestroyBucket(Fold.Bucket(), 1)).Apply(new CreateBucket(Fold.Bucket(), string.Empty, 6))));
        parts.Names[Fold.Target(1)] = ["a", "new"];
        var second = await Merge.PageAsync(query with { Uuid = first.Uuid, Token = first.Token }, CancellationToken.None);
        Assert.Equal(["new"], second.Entries.Select(NameOf));
    }

    [Fact]
    public async Task Trap12_a_page_that_is_exactly_full_carries_a_token_and_the_next_one_ends_the_listing()
    {
        parts.Names[Fold.Target(1)] = ["a", "b"];
        var query = new ListQuery { Bucket = Fold.Bucket(), PageSize = 2 };
        var full = await Merge.PageAsync(query, CancellationToken.None);
        Assert.Equal("b", full.Token);
        var last = await Merge.PageAsync(query with { Uuid = full.Uuid, Token = full.Token }, CancellationToken.None);
        Assert.Equal((0, string.Empty), (last.Entries.Count, last.Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Trap12_pages_of_any_size_over_any_number_of_targets_add_up_to_the_whole_and_tokens_grow(bool oneLevel)
    {
        var random = new Random(3);
        var names = Enumerable.Range(0, 300).Select(_ => string.Join('/', Enumerable.Range(0, 1 + random.Next(3)).Select(_ => (char)('a' + random.Next(4))))).Distinct().ToArray();
        foreach (var prefix in (string[])["", "a", "a/", "b/c"])
        {
            var expected = names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
                .Select(name => oneLevel && name.IndexOf('/', prefix.Length) is >= 0 and var slash ? name[..(slash + 1)] : name).Distinct().Order(StringComparer.Ordinal);
            foreach (var targets in (int[])[1, 3, 7])
            {
                view.Publish(At(Fold.Serving(targets)));
                parts.Names.Clear();
                foreach (var share in names.GroupBy(_ => random.Next(targets)))
                {
                    parts.Names[Fold.Target(1 + share.Key)] = [.. share];
                }

                Assert.Equal(expected, await AllAsync(() => 1 + random.Next(6), prefix, oneLevel));
            }
        }
    }

    [Fact]
    public async Task Trap12_ids_of_listings_are_those_of_the_client_or_long_enough_and_look_like_no_rebalance()
    {
        parts.Names[Fold.Target(1)] = ["a", "b"];
        var query = new ListQuery { Bucket = Fold.Bucket(), PageSize = 1 };
        Assert.Matches("^[a-z]{3}-[A-Za-z]{9}$", (await Merge.PageAsync(query, CancellationToken.None)).Uuid);
        Assert.Equal("8d6wTn4G1", (await Merge.PageAsync(query with { Uuid = "8d6wTn4G1" }, CancellationToken.None)).Uuid);
    }

    [Fact]
    public async Task Remembered_listings_stay_within_their_memory_and_a_forgotten_one_goes_on_at_its_token()
    {
        var names = Enumerable.Range(0, 100).Select(number => $"{number:000}{new string('n', 900)}").ToArray();
        parts.Names[Fold.Target(1)] = names;
        parts.Generous = true;
        var merge = new ListMerge(view, parts, time, maxHeldBytes: 150_000);
        var query = new ListQuery { Bucket = Fold.Bucket(), PageSize = 10 };
        var first = await merge.PageAsync(query, CancellationToken.None);
        var second = await merge.PageAsync(query, CancellationToken.None);
        var asked = parts.Fetches;

        // There is memory for one of them: the newer one goes on from memory, the older one asks its targets again.
        Assert.Equal(names[10..20], (await merge.PageAsync(query with { Uuid = second.Uuid, Token = second.Token }, CancellationToken.None)).Entries.Select(NameOf));
        Assert.Equal(asked, parts.Fetches);
        Assert.Equal(names[10..20], (await merge.PageAsync(query with { Uuid = first.Uuid, Token = first.Token }, CancellationToken.None)).Entries.Select(NameOf));
        Assert.True(parts.Fetches > asked, "the first listing was not forgotten");
    }

    [Fact]
    public async Task The_next_part_is_asked_for_while_the_client_reads_the_second_page_and_read_once()
    {
        parts.FrameSize = 2;
        parts.Names[Fold.Target(1)] = ["a", "b", "c", "d", "e", "f", "g"];
        var query = new ListQuery { Bucket = Fold.Bucket(), PageSize = 2 };
        var first = await Merge.PageAsync(query, CancellationToken.None);
        Assert.Equal([""], parts.Asked(Fold.Target(1)));
        var second = await Merge.PageAsync(query with { Uuid = first.Uuid, Token = first.Token }, CancellationToken.None);
        Assert.Equal(["", "b", "d"], parts.Asked(Fold.Target(1)));
        var third = await Merge.PageAsync(query with { Uuid = second.Uuid, Token = second.Token }, CancellationToken.None);
        Assert.Equal(["e", "f"], third.Entries.Select(NameOf));
        Assert.Equal(["", "b", "d", "f"], parts.Asked(Fold.Target(1)));
    }

    [Fact]
    public async Task A_part_that_was_asked_ahead_and_failed_is_asked_again_by_the_page_that_needs_it()
    {
        parts.FrameSize = 1;
        parts.Names[Fold.Target(1)] = ["a", "b", "c"];
        var query = new ListQuery { Bucket = Fold.Bucket(), PageSize = 1 };
        var first = await Merge.PageAsync(query, CancellationToken.None);
        parts.FailAfter = "b";
        var second = await Merge.PageAsync(query with { Uuid = first.Uuid, Token = first.Token }, CancellationToken.None);
        Assert.Equal(["b"], second.Entries.Select(NameOf));
        var failure = await Assert.ThrowsAsync<StoreException>(() => Merge.PageAsync(query with { Uuid = first.Uuid, Token = second.Token }, CancellationToken.None));
        Assert.Equal(ErrorCode.Unreachable, failure.Error.Code);
        parts.FailAfter = null;
        var third = await Merge.PageAsync(query with { Uuid = first.Uuid, Token = second.Token }, CancellationToken.None);
        Assert.Equal(["c"], third.Entries.Select(NameOf));
    }

    [Fact]
    public async Task B13_a_gateway_that_is_behind_its_targets_waits_for_their_epoch_and_does_not_miss_what_has_moved()
    {
        var moved = view.Current.State.Move((2, AdminState.Draining));
        parts.Epoch = moved.Newest.Number;
        parts.Names[Fold.Target(1)] = ["a"];
        parts.Names[Fold.Target(2)] = ["c"];
        var page = Merge.PageAsync(new ListQuery { Bucket = Fold.Bucket(), PageSize = 10 }, CancellationToken.None);
        await parts.Overtaken.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(page.IsCompleted);
        view.Publish(At(moved));
        Assert.Equal(["a", "c"], (await page).Entries.Select(NameOf));
    }

    [Fact]
    public async Task B13_a_part_asked_ahead_in_an_older_epoch_is_dropped_and_the_page_asked_again()
    {
        parts.FrameSize = 1;
        parts.Names[Fold.Target(1)] = ["a", "b", "moved"];
        var query = new ListQuery { Bucket = Fold.Bucket(), PageSize = 1 };
        var first = await Merge.PageAsync(query, CancellationToken.None);
        var second = await Merge.PageAsync(query with { Uuid = first.Uuid, Token = first.Token }, CancellationToken.None);
        view.Publish(At(view.Current.State.Move((2, AdminState.Draining))));
        parts.Names[Fold.Target(1)] = ["a", "b"];
        parts.Names[Fold.Target(2)] = ["c"];
        var third = await Merge.PageAsync(query with { Uuid = first.Uuid, Token = second.Token }, CancellationToken.None);
        Assert.Equal(["c"], third.Entries.Select(NameOf));
        Assert.True(parts.LastAhead.IsCancellationRequested);
    }

    [Fact]
    public async Task A_listing_whose_next_page_nobody_asks_for_is_forgotten_and_goes_on_from_its_token()
    {
        parts.FrameSize = 1;
        parts.Names[Fold.Target(1)] = ["a", "b", "c"];
        var query = new ListQuery { Bucket = Fold.Bucket(), PageSize = 1 };
        var first = await Merge.PageAsync(query, CancellationToken.None);
        var second = await Merge.PageAsync(query with { Uuid = first.Uuid, Token = first.Token }, CancellationToken.None);
        Assert.Equal(1, Merge.Remembered);
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(0, Merge.Remembered);
        Assert.True(parts.LastAhead.IsCancellationRequested);
        var third = await Merge.PageAsync(query with { Uuid = first.Uuid, Token = second.Token }, CancellationToken.None);
        Assert.Equal(["c"], third.Entries.Select(NameOf));
    }

    [Fact]
    public async Task A_page_that_is_cancelled_while_it_waits_for_a_part_asked_ahead_ends_and_the_listing_goes_on()
    {
        parts.FrameSize = 1;
        parts.Names[Fold.Target(1)] = ["a", "b", "c"];
        var query = new ListQuery { Bucket = Fold.Bucket(), PageSize = 1 };
        var first = await Merge.PageAsync(query, CancellationToken.None);
        parts.HangAfter = "b";
        var second = await Merge.PageAsync(query with { Uuid = first.Uuid, Token = first.Token }, CancellationToken.None);
        using var gone = new CancellationTokenSource();
        var waiting = Merge.PageAsync(query with { Uuid = first.Uuid, Token = second.Token }, gone.Token);
        Assert.False(waiting.IsCompleted);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.True(parts.LastAhead.IsCancellationRequested);
        parts.HangAfter = null;
        var third = await Merge.PageAsync(query with { Uuid = first.Uuid, Token = second.Token }, CancellationToken.None);
        Assert.Equal(["c"], third.Entries.Select(NameOf));
    }

    private static string NameOf(ListEntry entry) => Encoding.UTF8.GetString(entry.Name.Span);

    private static ClusterSnapshot At(ClusterState state) => new()
    {
        Node = new NodePublication { Self = new NodeIdentity(Fold.Gateway(1), new Incarnation(1), new SessionId(1)), State = state },
    };

    private Task<List<string>> AllAsync(int pageSize) => AllAsync(() => pageSize, string.Empty, oneLevel: true);

    private async Task<List<string>> AllAsync(Func<int> pageSize, string prefix, bool oneLevel)
    {
        var names = new List<string>();
        var query = new ListQuery { Bucket = Fold.Bucket(), Prefix = prefix, OneLevel = oneLevel };
        while (true)
        {
            var size = pageSize();
            var page = await Merge.PageAsync(query with { PageSize = size }, CancellationToken.None);
            Assert.InRange(page.Entries.Count, 0, size);
            names.AddRange(page.Entries.Select(NameOf));
            if (page.Token.Length == 0)
            {
                return names;
            }

            Assert.True(string.CompareOrdinal(page.Token, query.Token) > 0, $"token {page.Token} does not come after {query.Token}");
            query = query with { Uuid = page.Uuid, Token = page.Token };
        }
    }

    /// <summary>Targets that answer with what lies behind the cursor, as much of it as was asked for.</summary>
    private sealed class Parts : IListParts
    {
        private readonly ConcurrentQueue<(NodeId Target, string After)> asked = new();
        private int fetches;

        public SortedDictionary<NodeId, string[]> Names { get; } = [];

        /// <summary>Send all there is, however little was asked for.</summary>
        public bool Generous { get; set; }

        public int Fetches => Volatile.Read(ref fetches);

        public int FrameSize { get; set; } = int.MaxValue;

        /// <summary>The epoch that the targets have adopted; whoever asks under an older one is told so.</summary>
        public long Epoch { get; set; }

        public TaskCompletionSource Overtaken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string? FailAfter { get; set; }

        public string? HangAfter { get; set; }

        public CancellationToken LastAhead { get; private set; }

        public IEnumerable<string> Asked(NodeId target) => asked.Where(one => one.Target == target).Select(one => one.After);

        public async Task<ListFrame> FetchAsync(NodeId target, ListPart part, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref fetches);
            asked.Enqueue((target, part.After));
            LastAhead = cancellationToken.CanBeCanceled ? cancellationToken : LastAhead;
            if (part.After == HangAfter)
            {
                await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            }

            if (part.After == FailAfter)
            {
                throw new StoreException(ErrorCode.Unreachable, "gone", 1000);
            }

            if (part.Epoch < Epoch)
            {
                Overtaken.TrySetResult();
                return ListFrame.Stale;
            }

            var left = Names.GetValueOrDefault(target, []).Where(name => name.StartsWith(part.Prefix, StringComparison.Ordinal))
                .Select(name => part.OneLevel && name.IndexOf('/', part.Prefix.Length) is >= 0 and var slash ? name[..(slash + 1)] : name)
                .Distinct().Order(StringComparer.Ordinal).Where(name => string.CompareOrdinal(name, part.After) > 0).ToArray();
            var limit = Generous ? left.Length : Math.Min(part.Limit, FrameSize);
            return new ListFrame(
                [.. left.Take(limit).Select(name => new ListEntry(Encoding.UTF8.GetBytes(name), ListEntry.Present, -1, null))], IsEnd: left.Length <= limit);
        }
    }
}
