using Starling.Core.Listing;
using Starling.Core.Names;
using Starling.Core.Wire;
using Xunit;

namespace Starling.Tests.Core.Listing;

public sealed class ListingTests
{
    private static readonly string[] Names = ["a", "a-b", "a/1", "a/2", "a/sub/x", "a/sub/y", "a/sub2/z", "a0", "b", "b/c/d", "é"];

    private static ListRequest Request(ListMessageWire message)
    {
        Assert.True(ListRequest.TryCreate(message, isOwnBucket: true, out var request, out var error), error);
        return request;
    }

    private static ListResultWire Page(IEnumerable<string> names, ListMessageWire message)
    {
        var builder = new ListPageBuilder(Request(message));
        var entries = new List<ListEntryWire>();
        foreach (var name in names.Order(Utf8Order.Instance))
        {
            var verdict = builder.Offer(name, out var entry);
            if (verdict == ListVerdict.Stop)
            {
                break;
            }

            if (verdict != ListVerdict.Skip)
            {
                entries.Add(new ListEntryWire { Name = entry, Flags = verdict == ListVerdict.Directory ? EntryFlags.Directory : EntryFlags.Present });
            }
        }

        return new ListResultWire { Entries = entries, ContinuationToken = builder.ContinuationToken };
    }

    private static ListMessageWire Message(string prefix = "", long pageSize = 0, string token = "", string after = "", ulong flags = 0) =>
        new() { Prefix = prefix, PageSize = pageSize, ContinuationToken = token, StartAfter = after, Flags = flags };

    private static string Text(ListResultWire page) => string.Join(' ', page.Entries!.Select(entry => entry.Name));

    [Theory]
    [InlineData("", "", "a a-b a/1 a/2 a/sub/x a/sub/y a/sub2/z a0 b b/c/d é")]
    [InlineData("a/", "", "a/1 a/2 a/sub/x a/sub/y a/sub2/z")]
    [InlineData("a*", "", "a a-b a/1 a/2 a/sub/x a/sub/y a/sub2/z a0")]
    [InlineData("", "a0", "b b/c/d é")]
    [InlineData("b", "a0", "b b/c/d")]
    [InlineData("nothing", "", "")]
    public void Prefix_and_start(string prefix, string after, string expected) => Assert.Equal(expected, Text(Page(Names, Message(prefix, after: after))));

    [Theory]
    [InlineData("", "a a-b a/ a0 b b/ é")]
    [InlineData("a/", "a/1 a/2 a/sub/ a/sub2/")]
    [InlineData("a/sub", "a/sub/ a/sub2/")]
    [InlineData("a/sub/", "a/sub/x a/sub/y")]
    public void Trap13_without_recursion_a_virtual_directory_is_one_entry_with_a_slash_at_the_end(string prefix, string expected)
    {
        var page = Page(Names, Message(prefix, flags: ListFlags.NoRecursion));
        Assert.Equal(expected, Text(page));
        Assert.All(page.Entries!, entry => Assert.Equal(entry.Name.EndsWith('/'), (entry.Flags & EntryFlags.Directory) != 0));
    }

    [Fact]
    public void Trap13_virtual_directories_can_be_left_out() =>
        Assert.Equal("a/1 a/2", Text(Page(Names, Message("a/", flags: ListFlags.NoRecursion | ListFlags.NoDirectories))));

    [Fact]
    public void Trap12_a_page_that_is_exactly_full_carries_a_token_and_the_next_one_ends_the_listing()
    {
        var page = Page(Names, Message(pageSize: Names.Length));
        Assert.Equal("é", page.ContinuationToken);
        var last = Page(Names, Message(pageSize: Names.Length, token: page.ContinuationToken));
        Assert.Equal((0, string.Empty), (last.Entries!.Count, last.ContinuationToken));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(ListFlags.NoRecursion)]
    [InlineData(ListFlags.NoRecursion | ListFlags.NoDirectories)]
    public void Trap12_pages_of_any_size_over_any_number_of_targets_add_up_to_the_whole_and_tokens_grow(ulong flags)
    {
        var random = new Random(3);
        var names = Enumerable.Range(0, 300).Select(_ => string.Join('/', Enumerable.Range(0, 1 + random.Next(3)).Select(_ => "" + (char)('a' + random.Next(4))))).Distinct().ToArray();
        foreach (var prefix in new[] { "", "a", "a/", "b/c" })
        {
            var expected = Text(Page(names, Message(prefix, flags: flags)));
            foreach (var targets in new[] { 1, 3, 7 })
            {
                var split = names.GroupBy(_ => random.Next(targets)).Select(group => group.ToArray()).ToArray();
                var (token, found) = (string.Empty, new List<string>());
                do
                {
                    var message = Message(prefix, 1 + random.Next(6), token, flags: flags);
                    var page = ListPageMerge.Merge(split.Select(part => Page(part, message)).ToArray(), Request(message), "abcdefghi");
                    Assert.True(page.Entries!.Count <= message.PageSize);
                    Assert.True(page.ContinuationToken.Length == 0 || Utf8Order.Instance.Compare(page.ContinuationToken, token) > 0);
                    found.AddRange(page.Entries.Select(entry => entry.Name));
                    token = page.ContinuationToken;
                }
                while (token.Length > 0);
                Assert.Equal(expected, string.Join(' ', found));
            }
        }
    }

    [Fact]
    public void Of_two_entries_with_one_name_the_one_that_lies_where_it_belongs_is_shown()
    {
        ListResultWire Holding(ushort flags) => new() { Entries = [new() { Name = "x", Flags = flags }] };
        var merged = ListPageMerge.Merge([Holding(65), Holding(64)], Request(Message()), "abcdefghi");
        Assert.Equal(64, Assert.Single(merged.Entries!).Flags);
    }

    [Fact]
    public void Nothing_greater_than_the_token_of_a_page_that_goes_on_is_shown()
    {
        ListResultWire Holding(string token, params string[] names) => new() { ContinuationToken = token, Entries = names.Select(name => new ListEntryWire { Name = name }).ToList() };
        var merged = ListPageMerge.Merge([Holding("d/", "a/", "d/"), Holding("", "a/", "z")], Request(Message(pageSize: 3)), "abcdefghi");
        Assert.Equal(("a/ d/", "d/"), (Text(merged), merged.ContinuationToken));
    }

    [Theory]
    [InlineData(0, 10_000)]
    [InlineData(7, 7)]
    [InlineData(99_999, 10_000)]
    public void Page_sizes_are_bounded(long asked, int expected) => Assert.Equal(expected, Request(Message(pageSize: asked)).PageSize);

    [Fact]
    public void What_a_kind_of_bucket_cannot_do_is_refused()
    {
        Assert.False(ListRequest.TryCreate(Message(flags: ListFlags.NotCached), isOwnBucket: true, out _, out var error));
        Assert.Contains("not-cached", error, StringComparison.Ordinal);
        Assert.False(ListRequest.TryCreate(Message(flags: ListFlags.Difference), isOwnBucket: true, out _, out _));
        Assert.False(ListRequest.TryCreate(Message(after: "x"), isOwnBucket: false, out _, out _));
        Assert.False(ListRequest.TryCreate(Message(pageSize: -1), isOwnBucket: true, out _, out _));
    }

    [Theory]
    [InlineData("", 0UL, "size")]
    [InlineData("", ListFlags.Cached, "size checksum atime")]
    [InlineData("name", 0UL, "")]
    [InlineData("name,size", 0UL, "size")]
    [InlineData("name,checksum,version", 0UL, "checksum version")]
    [InlineData("name,size,atime", ListFlags.NameOnly, "")]
    public void Properties_that_are_shown(string props, ulong flags, string expected)
    {
        var request = Request(new ListMessageWire { Props = props, Flags = flags });
        Assert.Equal(expected, string.Join(' ', new[] { "size", "checksum", "atime", "version" }.Where(request.Shows)));
    }
}
