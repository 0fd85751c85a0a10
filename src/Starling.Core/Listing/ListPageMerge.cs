using Starling.Core.Names;
using Starling.Core.Wire;

namespace Starling.Core.Listing;

/// <summary>Merges the pages of several targets into one.</summary>
public static class ListPageMerge
{
    /// <summary>
    /// Merges sorted pages. A name that several pages hold is one entry: the first that lies where it belongs, else the first. A page that carries a token
    /// may have further names behind it, so that nothing greater than that token is shown yet.
    /// </summary>
    /// <param name="pages">One page per target, each sorted by <see cref="Utf8Order"/>, none with more entries than the request asks for.</param>
    /// <param name="request">What the page has to show.</param>
    /// <param name="uuid">Id of the listing.</param>
    public static ListResultWire Merge(IReadOnlyList<ListResultWire> pages, ListRequest request, string uuid)
    {
        ArgumentNullException.ThrowIfNull(pages);
        ArgumentNullException.ThrowIfNull(request);
        var bound = Bound(pages);
        var heads = new PriorityQueue<int, (string Name, int Page)>(Comparer<(string Name, int Page)>.Create((x, y) =>
        {
            var order = Utf8Order.Instance.Compare(x.Name, y.Name);
            return order == 0 ? x.Page.CompareTo(y.Page) : order;
        }));
        var positions = new int[pages.Count];
        for (var page = 0; page < pages.Count; page++)
        {
            Advance(page);
        }

        var entries = new List<ListEntryWire>();
        var full = false;
        while (heads.TryDequeue(out var page, out _))
        {
            var entry = pages[page].Entries![positions[page] - 1];
            if (bound is not null && Utf8Order.Instance.Compare(entry.Name, bound) > 0)
            {
                break;
            }

            if (entries.Count > 0 && entries[^1].Name == entry.Name)
            {
                entries[^1] = IsMisplaced(entries[^1]) && !IsMisplaced(entry) ? entry : entries[^1];
            }
            else if (entries.Count == request.PageSize)
            {
                full = true;
                break;
            }
            else
            {
                entries.Add(entry);
            }

            Advance(page);
        }

        // A full page carries a token even if nothing follows. Without one, the token of the page that has more says how far this one got.
        var token = full || entries.Count == request.PageSize ? entries[^1].Name : bound ?? string.Empty;
        return new ListResultWire { Uuid = uuid, ContinuationToken = token, Entries = entries };

        void Advance(int page)
        {
            if (pages[page].Entries is { } list && positions[page] < list.Count)
            {
                heads.Enqueue(page, (list[positions[page]++].Name, page));
            }
        }
    }

    private static string? Bound(IReadOnlyList<ListResultWire> pages)
    {
        string? bound = null;
        foreach (var page in pages)
        {
            if (page.ContinuationToken.Length > 0 && (bound is null || Utf8Order.Instance.Compare(page.ContinuationToken, bound) < 0))
            {
                bound = page.ContinuationToken;
            }
        }

        return bound;
    }

    private static bool IsMisplaced(ListEntryWire entry) => (entry.Flags & EntryFlags.LocationMask) != 0;
}
