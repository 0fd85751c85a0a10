using Starling.Core.Errors;
using Starling.Storage.Files;

namespace Starling.Storage.Mountpaths;

/// <summary>A mountpath that this target had at its last start.</summary>
/// <param name="Id">Identity.</param>
/// <param name="Path">The path at which it was.</param>
public sealed record RecordedMountpath(MountpathId Id, string Path);

/// <summary>What <see cref="MountpathSet.Open"/> needs.</summary>
public sealed record MountpathOptions
{
    /// <summary>Absolute paths, at least one; each at most 255 bytes, not nested, not "/".</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>The target whose mountpaths these are; a mountpath of another one is refused.</summary>
    public required string TargetId { get; init; }

    /// <summary>Development only: several mountpaths on one filesystem.</summary>
    public bool AllowSharedFilesystem { get; init; }

    /// <summary>Start although a recorded mountpath is missing; it is then listed in <see cref="MountpathSet.Missing"/> (rule B10).</summary>
    public bool AllowMissing { get; init; }
}

/// <summary>The mountpaths of one target, locked for this process. Which of them keeps a name is decided by rendezvous over their paths.</summary>
public sealed class MountpathSet : IDisposable
{
    private MountpathSet(IFileLayer files, IReadOnlyList<Mountpath> all, IReadOnlyList<RecordedMountpath> missing)
    {
        Files = files;
        All = all;
        Missing = missing;
    }

    /// <summary>The file layer on which the mountpaths live.</summary>
    public IFileLayer Files { get; }

    /// <summary>All present mountpaths, by path.</summary>
    public IReadOnlyList<Mountpath> All { get; }

    /// <summary>Recorded at an earlier start and not here now.</summary>
    public IReadOnlyList<RecordedMountpath> Missing { get; }

    /// <summary>Checks, locks and, on first use, marks the mountpaths.</summary>
    /// <exception cref="StoreException">A path breaks a rule or belongs to somebody else; the message names the path and the remedy.</exception>
    public static MountpathSet Open(IFileLayer files, MountpathOptions options) =>
        throw new StoreException(ErrorCode.Unsupported, $"mountpaths of {options?.TargetId} on {files}: not built yet");

    /// <summary>The mountpath that keeps a name.</summary>
    /// <param name="nameDigest">Placement digest of the uname.</param>
    public Mountpath Place(ulong nameDigest) => All[(int)(nameDigest % (ulong)All.Count)];

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
