using System.Diagnostics.CodeAnalysis;
using Starling.Core.Names;
using Starling.Core.Wire;

namespace Starling.Core.Listing;

/// <summary>What one page of a listing has to show, checked. The semantics of listings live here, without any I/O, for targets and gateways alike.</summary>
public sealed class ListRequest
{
    /// <summary>The most entries that a page may hold, and how many it holds when the client does not say.</summary>
    public const int MaxPageSize = 10_000;

    private readonly string properties;
    private readonly ulong flags;

    private ListRequest(ListMessageWire message, int pageSize, string prefix, string after)
    {
        properties = message.Props ?? string.Empty;
        flags = message.Flags;
        PageSize = pageSize;
        Prefix = prefix;
        After = after;
        Uuid = message.Uuid ?? string.Empty;
        TimeFormat = message.TimeFormat ?? string.Empty;
        SkippedDirectory = IsNonRecursive && after.EndsWith('/') ? after : string.Empty;
    }

    /// <summary>Entries per page, 1 to <see cref="MaxPageSize"/>.</summary>
    public int PageSize { get; }

    /// <summary>Names must begin with it; may be empty.</summary>
    public string Prefix { get; }

    /// <summary>Names must be greater than it; may be empty.</summary>
    public string After { get; }

    /// <summary>Id of the listing; empty on the first page, or unknown: the token alone is enough.</summary>
    public string Uuid { get; }

    /// <summary>Go layout of times; empty for RFC 822.</summary>
    public string TimeFormat { get; }

    /// <summary>The page before ended with this virtual directory: everything in it has been shown. Empty when it did not.</summary>
    public string SkippedDirectory { get; }

    /// <summary>One level of virtual directories instead of all names below.</summary>
    public bool IsNonRecursive => Has(ListFlags.NoRecursion);

    /// <summary>Virtual directories are left out.</summary>
    public bool HidesDirectories => Has(ListFlags.NoDirectories);

    /// <summary>Names only.</summary>
    public bool IsNameOnly => Has(ListFlags.NameOnly) || properties == "name";

    /// <summary>Whether an entry shows this property (<c>size</c>, <c>checksum</c>, <c>atime</c>, ...).</summary>
    public bool Shows(string property) => !IsNameOnly && (properties.Length == 0
        ? property is "size" || (property is "checksum" or "atime" && Has(ListFlags.Cached) && !Has(ListFlags.NameSize))
        : properties.Contains(property, StringComparison.Ordinal));

    /// <summary>Whether the flag was asked for.</summary>
    public bool Has(ulong flag) => (flags & flag) != 0;

    /// <summary>Checks a client's message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="isOwnBucket">True for a bucket of the cluster itself, false for a remote one.</param>
    /// <param name="request">The result.</param>
    /// <param name="error">What is refused and why.</param>
    public static bool TryCreate(ListMessageWire message, bool isOwnBucket, [NotNullWhen(true)] out ListRequest? request, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(message);
        request = null;
        error = message.PageSize < 0 ? $"invalid pagesize {message.PageSize}: must be 0 for the default, or more"
            : isOwnBucket && (message.Flags & ListFlags.NotCached) != 0 ? "invalid flag not-cached: an ais bucket has nothing outside of the cluster"
            : isOwnBucket && (message.Flags & ListFlags.Difference) != 0 ? "invalid flag diff: an ais bucket has nothing to be compared with"
            : !isOwnBucket && !string.IsNullOrEmpty(message.StartAfter) ? "start_after is not supported for remote buckets: use a prefix"
            : null;
        if (error is not null)
        {
            return false;
        }

        var prefix = message.Prefix ?? string.Empty;
        prefix = prefix.EndsWith('*') ? prefix[..^1] : prefix;
        var (token, start) = (message.ContinuationToken ?? string.Empty, message.StartAfter ?? string.Empty);
        var after = Utf8Order.Instance.Compare(token, start) > 0 ? token : start;
        request = new ListRequest(message, message.PageSize == 0 ? MaxPageSize : (int)Math.Min(message.PageSize, MaxPageSize), prefix, after);
        return true;
    }
}
