using Starling.Core.Names;
using Starling.Storage.Mountpaths;

namespace Starling.Storage.Objects;

/// <summary>One name met by a walk.</summary>
/// <param name="Name">Name inside the bucket.</param>
/// <param name="Lookup">The record when the walk was asked for records; null in a names-only walk.</param>
public readonly record struct WalkEntry(string Name, LookupResult? Lookup);

/// <summary>What a walk is asked for.</summary>
public sealed record WalkOptions
{
    /// <summary>Names that begin with this; empty for all.</summary>
    public string Prefix { get; init; } = string.Empty;

    /// <summary>Only names greater than this; empty from the beginning.</summary>
    public string StartAfter { get; init; } = string.Empty;

    /// <summary>Read the record of each name; without it no inode is touched.</summary>
    public bool WithRecords { get; init; }

    /// <summary>Visit tombstones too (implies a record per entry); without it only live objects are visited.</summary>
    public bool WithTombstones { get; init; }
}

/// <summary>
/// A cursor over the names of one bucket on this target, in ordinal order of their UTF-8 bytes, merged over all mountpaths. Keep it between pages:
/// it remembers the directories that it has read. Not safe for concurrent use.
/// </summary>
public sealed class BucketWalk
{
    private readonly MountpathSet mountpaths;

    internal BucketWalk(MountpathSet mountpaths, BucketName bucket, ulong bucketId, WalkOptions options)
    {
        this.mountpaths = mountpaths;
        Bucket = bucket;
        BucketId = bucketId;
        Options = options;
    }

    /// <summary>The bucket.</summary>
    public BucketName Bucket { get; }

    /// <summary>The bucket's id.</summary>
    public ulong BucketId { get; }

    /// <summary>What the walk was asked for.</summary>
    public WalkOptions Options { get; }

    /// <summary>The next name; false at the end.</summary>
    public bool TryNext(out WalkEntry entry)
    {
        entry = default;
        return mountpaths.All.Count < 0;
    }
}
