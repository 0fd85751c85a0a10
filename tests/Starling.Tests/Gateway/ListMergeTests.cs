using System.Text;
using Starling.Cluster.Listing;
using Starling.Cluster.Views;
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

    private ListMerge Merge => field ??= new ListMerge(view, parts);

    [Fact]
    public async Task B13_a_virtual_directory_that_ends_a_page_does_not_come_again_from_another_target()
    {
        parts.Names[Fold.Target(1)] = ["a/", "b/", "z"];
        parts.Names[Fold.Target(2)] = ["a/", "b/", "c"];
        Assert.Equal(["a/", "b/", "c", "z"], await AllAsync(pageSize: 1));
        Assert.Equal(["a/", "b/", "c", "z"], await AllAsync(pageSize: 3));
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

    private static string NameOf(ListEntry entry) => Encoding.UTF8.GetString(entry.Name.Span);

    private static ClusterSnapshot At(ClusterState state) => new()
    {
        Node = new NodePublication { Self = new NodeIdentity(Fold.Gateway(1), new Incarnation(1), new SessionId(1)), State = state },
    };

    private async Task<List<string>> AllAsync(int pageSize)
    {
        var names = new List<string>();
        var query = new ListQuery { Bucket = Fold.Bucket(), PageSize = pageSize, OneLevel = true };
        while (true)
        {
            var page = await Merge.PageAsync(query, CancellationToken.None);
            names.AddRange(page.Entries.Select(NameOf));
            if (page.Token.Length == 0)
            {
                return names;
            }

            query = query with { Uuid = page.Uuid, Token = page.Token };
        }
    }

    /// <summary>Targets that answer with everything behind the cursor at once.</summary>
    private sealed class Parts : IListParts
    {
        public SortedDictionary<NodeId, string[]> Names { get; } = [];

        public Task<ListFrame> FetchAsync(NodeId target, ListPart part, CancellationToken cancellationToken)
        {
            var after = Names.GetValueOrDefault(target, []).Where(name => string.CompareOrdinal(name, part.After) > 0);
            return Task.FromResult(new ListFrame([.. after.Select(name => new ListEntry(Encoding.UTF8.GetBytes(name), ListEntry.Present, -1, null))], IsEnd: true));
        }
    }
}
