namespace Starling.Client.Buckets;

/// <summary>One name of a listing. Properties that were not asked for are empty or zero.</summary>
public readonly record struct ListedObject(string Name)
{
    /// <summary>Size in bytes.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Checksum, value only.</summary>
    public string Checksum { get; init; } = string.Empty;

    /// <summary>Last access as the server formats it.</summary>
    public string AccessTime { get; init; } = string.Empty;

    /// <summary>Version.</summary>
    public string Version { get; init; } = string.Empty;

    /// <summary>Node and mountpath, for example <c>t[kOHt8086]:mp[/data/1]</c>.</summary>
    public string Location { get; init; } = string.Empty;

    /// <summary>Custom metadata as the server formats it.</summary>
    public string Custom { get; init; } = string.Empty;

    /// <summary>Number of copies.</summary>
    public int Copies { get; init; }

    /// <summary>Flag bits: 0-4 location status, 64 present in the cluster, 256 virtual directory, 8192 chunked.</summary>
    public int Flags { get; init; }

    /// <summary>True for a virtual directory, whose name ends in a slash.</summary>
    public bool IsDirectory => (Flags & 256) != 0;
}

/// <summary>One page of a listing.</summary>
/// <param name="Uuid">Identity of the listing; goes into the request for the next page.</param>
/// <param name="ContinuationToken">Goes into the request for the next page; empty on the last one.</param>
/// <param name="Entries">The names, in byte order.</param>
public sealed record ListedPage(string Uuid, string ContinuationToken, IReadOnlyList<ListedObject> Entries);

/// <summary>What to list.</summary>
public sealed record ListOptions
{
    /// <summary>Only names that begin with this; empty lists all.</summary>
    public string Prefix { get; init; } = string.Empty;

    /// <summary>Properties wanted, comma-separated, for example <c>name,size</c>.</summary>
    public string Properties { get; init; } = "name,size";

    /// <summary>Flag bits of the request: 16 name only, 32 name and size, 2048 no recursion, 8192 no directories.</summary>
    public ulong Flags { get; init; } = 32;

    /// <summary>Names per page; 0 leaves it to the server.</summary>
    public int PageSize { get; init; }

    /// <summary>Only names greater than this.</summary>
    public string StartAfter { get; init; } = string.Empty;

    /// <summary>Most names in all; 0 has no limit.</summary>
    public long Limit { get; init; }
}
