using Starling.Core.Names;

namespace Starling.Gateway.Listing;

/// <summary>One page of a listing, as a client asks for it.</summary>
public sealed record ListQuery
{
    /// <summary>Largest page.</summary>
    public const int MaxPageSize = 10_000;

    /// <summary>The bucket.</summary>
    public required BucketName Bucket { get; init; }

    /// <summary>The listing's id; empty on the first page. Unknown ids are welcome: the token alone is enough.</summary>
    public string Uuid { get; init; } = string.Empty;

    /// <summary>Name of the last entry of the page before; empty from the beginning.</summary>
    public string Token { get; init; } = string.Empty;

    /// <summary>Only names greater than this.</summary>
    public string StartAfter { get; init; } = string.Empty;

    /// <summary>Only names that begin with this.</summary>
    public string Prefix { get; init; } = string.Empty;

    /// <summary>Entries per page, 1 to <see cref="MaxPageSize"/>.</summary>
    public int PageSize { get; init; } = MaxPageSize;

    /// <summary>Sizes are wanted.</summary>
    public bool WithSizes { get; init; }

    /// <summary>All attributes are wanted.</summary>
    public bool WithAttributes { get; init; }

    /// <summary>Direct children only.</summary>
    public bool OneLevel { get; init; }

    /// <summary>No virtual directories.</summary>
    public bool NoDirectories { get; init; }

    /// <summary>An answer without the targets that do not answer is welcome.</summary>
    public bool AllowPartial { get; init; }
}
