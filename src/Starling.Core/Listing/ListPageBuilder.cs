using Starling.Core.Names;

namespace Starling.Core.Listing;

/// <summary>What becomes of a name that a walk offers to a page.</summary>
public enum ListVerdict
{
    /// <summary>It is an entry of the page.</summary>
    Entry,

    /// <summary>Its virtual directory is an entry of the page; the walk may go on behind that directory.</summary>
    Directory,

    /// <summary>It is not part of the page; go on.</summary>
    Skip,

    /// <summary>The page is full, or no later name can belong to the listing; stop.</summary>
    Stop,
}

/// <summary>Decides, for names that are offered in the order of <see cref="Utf8Order"/>, what belongs on a page. One builder per page; not thread safe.</summary>
/// <param name="request">What the page has to show.</param>
public sealed class ListPageBuilder(ListRequest request)
{
    private string lastDirectory = request.SkippedDirectory;

    /// <summary>Entries on the page so far.</summary>
    public int Count { get; private set; }

    /// <summary>Name of the last entry; empty while there is none.</summary>
    public string LastName { get; private set; } = string.Empty;

    /// <summary>Where the next page begins: after a full page always, even if nothing follows; empty otherwise.</summary>
    public string ContinuationToken => Count >= request.PageSize ? LastName : string.Empty;

    /// <summary>Offers the next name.</summary>
    /// <param name="name">The name; greater than all names offered before.</param>
    /// <param name="entryName">Name of the entry: the name itself, or its virtual directory with a slash at the end; empty when there is no entry.</param>
    public ListVerdict Offer(string name, out string entryName)
    {
        ArgumentNullException.ThrowIfNull(name);
        entryName = string.Empty;
        if (Count >= request.PageSize)
        {
            return ListVerdict.Stop;
        }

        if (!name.StartsWith(request.Prefix, StringComparison.Ordinal))
        {
            return Utf8Order.Instance.Compare(name, request.Prefix) > 0 ? ListVerdict.Stop : ListVerdict.Skip;
        }

        if (Utf8Order.Instance.Compare(name, request.After) <= 0)
        {
            return ListVerdict.Skip;
        }

        var slash = request.IsNonRecursive ? name.IndexOf('/', request.Prefix.Length) : -1;
        if (slash < 0)
        {
            Take(entryName = name);
            return ListVerdict.Entry;
        }

        var directory = name[..(slash + 1)];
        if (directory == lastDirectory || Utf8Order.Instance.Compare(directory, request.After) <= 0)
        {
            return ListVerdict.Skip;
        }

        lastDirectory = directory;
        if (request.HidesDirectories)
        {
            return ListVerdict.Skip;
        }

        Take(entryName = directory);
        return ListVerdict.Directory;
    }

    private void Take(string name)
    {
        LastName = name;
        Count++;
    }
}
