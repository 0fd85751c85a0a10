using System.Globalization;
using Starling.Core.Names;

namespace Starling.Cluster.Listing;

/// <summary>What a gateway asks of one target for a listing.</summary>
public sealed record ListPart
{
    /// <summary>The path of the request between nodes, on the data network.</summary>
    public const string Path = "/intra/v1/list";

    /// <summary>The bucket.</summary>
    public required BucketName Bucket { get; init; }

    /// <summary>The listing's id: the target keeps its cursor under it between pages.</summary>
    public required string Cursor { get; init; }

    /// <summary>Names that begin with this.</summary>
    public string Prefix { get; init; } = string.Empty;

    /// <summary>Names greater than this; after a virtual directory, also greater than everything in it.</summary>
    public string After { get; init; } = string.Empty;

    /// <summary>Most entries to return.</summary>
    public int Limit { get; init; } = ListFrame.MaxEntries;

    /// <summary>Sizes are wanted.</summary>
    public bool WithSizes { get; init; }

    /// <summary>All attributes are wanted.</summary>
    public bool WithAttributes { get; init; }

    /// <summary>Direct children of the prefix only; deeper names become virtual directories.</summary>
    public bool OneLevel { get; init; }

    /// <summary>No virtual directories.</summary>
    public bool NoDirectories { get; init; }

    /// <summary>The target must have applied this index.</summary>
    public long SeenIndex { get; init; }

    /// <summary>The epoch under which, exactly, the part is to be answered (rule B13); a target that has adopted a newer one says that the asker is behind.</summary>
    public long Epoch { get; init; }

    /// <summary>Names may move under the epoch: the part is listed with keys and tombstones. Otherwise all that is live, and stale once anything moves.</summary>
    public bool IsMoving { get; init; }

    /// <summary>While names move: those that the target does not own under the epoch; else those that it owns.</summary>
    public bool IsForeign { get; init; }

    /// <summary>Path and query of the request.</summary>
    public string ToPathAndQuery()
    {
        Func<string, string> escape = Uri.EscapeDataString;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Path}?provider={Bucket.Provider}&namespace={escape(Bucket.Namespace)}&bucket={Bucket.Name}&cursor={escape(Cursor)}&prefix={escape(Prefix)}&after={escape(After)}&limit={Limit}&sizes={WithSizes}&attributes={WithAttributes}&onelevel={OneLevel}&nodirs={NoDirectories}&seen={SeenIndex}&epoch={Epoch}&moving={IsMoving}&foreign={IsForeign}");
    }
}
