using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Mountpaths;

namespace Starling.Storage.Objects;

/// <summary>How much of what lies on a mountpath, or on all of them.</summary>
/// <param name="Objects">Objects that are visible.</param>
/// <param name="Bytes">Their content, bytes.</param>
/// <param name="Tombstones">Names that are deleted and not forgotten yet.</param>
/// <param name="UnverifiedLeftovers">Records that were handed over and not verified yet.</param>
/// <param name="UnverifiedBytes">Their content, bytes.</param>
/// <param name="VerifiedLeftovers">Records that were handed over and verified, to be reclaimed some day.</param>
/// <param name="VerifiedBytes">Their content, bytes.</param>
/// <param name="Quarantined">Objects, tombstones and leftovers that were set aside.</param>
/// <param name="Unreadable">Names whose record cannot be read.</param>
public readonly record struct DiskCounts(
    long Objects,
    long Bytes,
    long Tombstones,
    long UnverifiedLeftovers,
    long UnverifiedBytes,
    long VerifiedLeftovers,
    long VerifiedBytes,
    long Quarantined,
    long Unreadable)
{
    /// <summary>Both together.</summary>
    public static DiskCounts operator +(in DiskCounts left, in DiskCounts right) => new(
        left.Objects + right.Objects,
        left.Bytes + right.Bytes,
        left.Tombstones + right.Tombstones,
        left.UnverifiedLeftovers + right.UnverifiedLeftovers,
        left.UnverifiedBytes + right.UnverifiedBytes,
        left.VerifiedLeftovers + right.VerifiedLeftovers,
        left.VerifiedBytes + right.VerifiedBytes,
        left.Quarantined + right.Quarantined,
        left.Unreadable + right.Unreadable);

    /// <summary>Both together; the named form of the operator.</summary>
    public static DiskCounts Add(in DiskCounts left, in DiskCounts right) => left + right;

    /// <summary>One record, or minus one.</summary>
    internal static DiskCounts Of(ObjectRecord record, int sign) => record switch
    {
        { State: RecordState.Leftover, Leftover.Verified: true } => new(0, 0, 0, 0, 0, sign, sign * record.SizeBytes, 0, 0),
        { State: RecordState.Leftover } => new(0, 0, 0, sign, sign * record.SizeBytes, 0, 0, 0, 0),
        { State: RecordState.Quarantined } => new(0, 0, 0, 0, 0, 0, 0, sign, 0),
        { Kind: RecordKind.Tombstone } => new(0, 0, sign, 0, 0, 0, 0, 0, 0),
        _ => new(sign, sign * record.SizeBytes, 0, 0, 0, 0, 0, 0, 0),
    };
}

/// <summary>
/// The newest count of each mountpath, kept up to date with what changes hands. What clients write and delete is in it from the next count on: whether a put
/// made a name or replaced one is not known without a look at the disk that nothing else needs. Estimates for people and pacing; nothing is decided by them.
/// </summary>
public sealed class DiskCensus
{
    private readonly MountpathSet mountpaths;
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, DiskCounts> counted = new(StringComparer.Ordinal);

    internal DiskCensus(MountpathSet mountpaths) => this.mountpaths = mountpaths;

    /// <summary>All present mountpaths together; null until each was counted once. Cheap.</summary>
    public DiskCounts? Total
    {
        get
        {
            lock (gate)
            {
                return counted.Count < mountpaths.All.Count ? null : counted.Values.Aggregate(default(DiskCounts), static (sum, one) => sum + one);
            }
        }
    }

    /// <summary>One mountpath; null until it was counted once. Cheap.</summary>
    public DiskCounts? Of(Mountpath mountpath)
    {
        ArgumentNullException.ThrowIfNull(mountpath);
        lock (gate)
        {
            return counted.TryGetValue(mountpath.Path, out var counts) ? counts : null;
        }
    }

    internal void Set(Mountpath mountpath, in DiskCounts counts)
    {
        lock (gate)
        {
            counted[mountpath.Path] = counts;
        }
    }

    /// <summary>A record became another one; null: there was, or is, none.</summary>
    internal void Changed(ObjectName name, ObjectRecord? before, ObjectRecord? after)
    {
        var path = mountpaths.Place(name.Digest).Path;
        lock (gate)
        {
            if (counted.TryGetValue(path, out var counts))
            {
                counted[path] = counts + (before is null ? default : DiskCounts.Of(before, -1)) + (after is null ? default : DiskCounts.Of(after, 1));
            }
        }
    }
}
