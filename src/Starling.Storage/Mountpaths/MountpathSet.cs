using System.Buffers.Binary;
using System.Security.Cryptography;
using Starling.Core.Errors;
using Starling.Core.Hashing;
using Starling.Core.Placement;
using Starling.Storage.Files;
using Starling.Storage.Objects;

namespace Starling.Storage.Mountpaths;

/// <summary>A mountpath that this target had at an earlier start.</summary>
/// <param name="Id">Identity.</param>
/// <param name="Path">The path at which it was.</param>
public sealed record RecordedMountpath(MountpathId Id, string Path);

/// <summary>What <see cref="MountpathSet.Open(IFileLayer, MountpathOptions)"/> needs.</summary>
public sealed record MountpathOptions
{
    /// <summary>Absolute paths, at least one; each at most 255 bytes, not nested, not "/".</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>The target whose mountpaths these are; a mountpath of another one is refused.</summary>
    public required string TargetId { get; init; }

    /// <summary>The cluster that the target belongs to; empty while it is not known. A mountpath of another cluster is refused.</summary>
    public string ClusterId { get; init; } = string.Empty;

    /// <summary>Development only: several mountpaths on one filesystem.</summary>
    public bool AllowSharedFilesystem { get; init; }

    /// <summary>Start although a recorded mountpath is missing; it is then listed in <see cref="MountpathSet.Missing"/> (rule B10).</summary>
    public bool AllowMissing { get; init; }
}

/// <summary>
/// The mountpaths of one target, locked for this process. Which of them keeps a name is decided by rendezvous over their paths, missing ones included:
/// a name whose place is a missing mountpath is neither written elsewhere nor answered as absent.
/// </summary>
public sealed class MountpathSet : IDisposable
{
    private const string ProbeAttribute = "user.starling.probe";

    private readonly Candidate[] candidates;
    private readonly IReadOnlyList<IOpenFile> locks;

    private MountpathSet(
        IFileLayer files, MountpathOptions options, IReadOnlyList<Mountpath> all, IReadOnlyList<RecordedMountpath> missing, bool settled, string clusterId, IReadOnlyList<IOpenFile> locks)
    {
        TargetId = options.TargetId;
        ClusterId = clusterId;
        Files = files;
        All = all;
        Missing = missing;
        Settled = settled;
        this.locks = locks;
        candidates =
        [
            .. all.Select(mountpath => new Candidate(mountpath.Digest)),
            .. missing.Select(mountpath => new Candidate(XxHash64Seeded.PlacementDigest(mountpath.Path))),
        ];
    }

    /// <summary>The target whose mountpaths these are.</summary>
    public string TargetId { get; }

    /// <summary>The cluster whose objects they hold; empty: they do not say.</summary>
    public string ClusterId { get; private set; }

    /// <summary>The file layer on which the mountpaths live.</summary>
    public IFileLayer Files { get; }

    /// <summary>All present mountpaths, by path.</summary>
    public IReadOnlyList<Mountpath> All { get; }

    /// <summary>Recorded at an earlier start and not here now.</summary>
    public IReadOnlyList<RecordedMountpath> Missing { get; }

    /// <summary>False once a mountpath was added after the first start: a name may then lie on any mountpath, so look-ups ask them all.</summary>
    public bool Settled { get; }

    /// <summary>Checks, locks and, on first use, marks the mountpaths. Nothing is written before every given path has been read and checked.</summary>
    /// <exception cref="StoreException">A path breaks a rule or belongs to somebody else; the message names the path and the remedy.</exception>
    public static MountpathSet Open(IFileLayer files, MountpathOptions options)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(options);
        var locks = new List<IOpenFile>();
        try
        {
            return Open(files, options, locks);
        }
        catch (Exception exception)
        {
            locks.ForEach(file => file.Dispose());
            if (exception is FileLayerException failure)
            {
                throw failure.ToStoreException();
            }

            throw;
        }
    }

    /// <summary>The mountpath that keeps a name.</summary>
    /// <param name="nameDigest">Placement digest of the uname.</param>
    /// <exception cref="StoreException">Unavailable: the name's mountpath is missing.</exception>
    public Mountpath Place(ulong nameDigest)
    {
        var index = Rendezvous.Owner(candidates, nameDigest);
        if (index < All.Count)
        {
            return All[index];
        }

        var lost = Missing[index - All.Count];
        throw new StoreException(
            ErrorCode.Unavailable, $"the mountpath \"{lost.Path}\" ({lost.Id}) that keeps this name is missing: mount it again, or declare it lost", retryAfterMs: 5_000);
    }

    /// <summary>Records on every mountpath whose objects it holds, durably. Nothing is written where that stands already.</summary>
    /// <exception cref="StoreException">Conflict: they belong to another cluster. DiskFailure or OutOfSpace.</exception>
    public void BindTo(string clusterId)
    {
        ArgumentException.ThrowIfNullOrEmpty(clusterId);
        try
        {
            foreach (var mountpath in All)
            {
                var identity = MountpathFiles.ReadIdentity(Files, mountpath.Path) ?? new Identity(mountpath.Id, TargetId, string.Empty);
                RequireCluster(mountpath.Path, identity.ClusterId, clusterId);
                if (identity.ClusterId.Length == 0)
                {
                    MountpathFiles.WriteIdentity(Files, mountpath.Path, identity with { ClusterId = clusterId });
                }
            }
        }
        catch (FileLayerException failure)
        {
            throw failure.ToStoreException();
        }

        ClusterId = clusterId;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in locks)
        {
            file.Dispose();
        }
    }

    private static MountpathSet Open(IFileLayer files, MountpathOptions options, List<IOpenFile> locks)
    {
        var paths = MountpathPaths.Clean(options.Paths);
        var present = paths.Where(path => files.Stat(path) is not null).ToArray();
        MountpathPaths.CheckFilesystems(files, present, options.AllowSharedFilesystem);

        var identities = present.Select(path => MountpathFiles.ReadIdentity(files, path)).ToList();
        var volumes = present.Select(path => (Path: path, Volume: MountpathFiles.ReadVolume(files, path))).ToList();
        var recorded = volumes.Select(one => one.Volume).MaxBy(volume => volume?.Generation ?? -1);
        var missing = FindMissing(paths, present, identities, recorded, options);
        var clusterId = FindCluster(present, identities, options.ClusterId);
        var all = new List<Mountpath>();
        for (var i = 0; i < present.Length; i++)
        {
            if (missing.All(lost => lost.Path != present[i]))
            {
                all.Add(Take(files, present[i], identities[i], options.TargetId, locks));
            }
        }

        if (all.Count == 0)
        {
            throw new StoreException(ErrorCode.Invalid, $"no mountpath of target {options.TargetId} is present: {string.Join(", ", paths)}");
        }

        var behind = volumes.Where(one => one.Volume?.Generation != recorded?.Generation && all.Exists(taken => taken.Path == one.Path)).Select(one => one.Path).ToList();
        var settled = Record(files, all, missing, recorded, behind);
        return new MountpathSet(files, options, all, missing, settled, clusterId, locks);
    }

    /// <summary>The cluster whose objects the mountpaths hold; refuses those of two.</summary>
    private static string FindCluster(string[] present, List<Identity?> identities, string expected)
    {
        var found = expected;
        for (var i = 0; i < present.Length; i++)
        {
            if (identities[i] is { ClusterId.Length: > 0 } identity)
            {
                RequireCluster(present[i], identity.ClusterId, found);
                found = identity.ClusterId;
            }
        }

        return found;
    }

    private static void RequireCluster(string path, string found, string expected)
    {
        if (found.Length > 0 && expected.Length > 0 && found != expected)
        {
            throw new StoreException(
                ErrorCode.Conflict,
                $"mountpath \"{path}\" holds objects of cluster {found}, this target belongs to cluster {expected}: give the disk back to that cluster, or empty the directory before it is used here");
        }
    }

    /// <summary>What was recorded and is not here; refuses strangers, clones and disks that changed places.</summary>
    private static List<RecordedMountpath> FindMissing(string[] paths, string[] present, List<Identity?> identities, Volume? recorded, MountpathOptions options)
    {
        var seen = new SortedDictionary<MountpathId, string>();
        for (var i = 0; i < present.Length; i++)
        {
            if (identities[i] is not { } identity)
            {
                continue;
            }

            if (identity.TargetId != options.TargetId)
            {
                throw new StoreException(
                    ErrorCode.Invalid, $"mountpath \"{present[i]}\" belongs to target {identity.TargetId}, not to {options.TargetId}: give it back, or empty it before it is used here");
            }

            if (!seen.TryAdd(identity.Id, present[i]))
            {
                throw new StoreException(ErrorCode.Invalid, $"mountpaths \"{seen[identity.Id]}\" and \"{present[i]}\" carry the same identity {identity.Id}: one is a copy; remove it");
            }

            if (recorded?.Members.FirstOrDefault(member => member.Id == identity.Id) is { } known && known.Path != present[i])
            {
                throw new StoreException(
                    ErrorCode.Invalid, $"mountpath \"{present[i]}\" was at \"{known.Path}\" before: mount it there again, since names are placed by path");
            }
        }

        var missing = recorded?.Members.Where(member => !seen.ContainsKey(member.Id)).ToList() ?? [];
        if (missing.Count > 0 && !options.AllowMissing)
        {
            throw new StoreException(
                ErrorCode.Invalid, $"mountpath \"{missing[0].Path}\" ({missing[0].Id}) of target {options.TargetId} is missing: mount its disk, or allow a missing mountpath and declare it lost");
        }

        var unknown = paths.Except(present).FirstOrDefault(path => missing.All(lost => lost.Path != path));
        return unknown is null ? missing : throw new StoreException(ErrorCode.Invalid, $"mountpath \"{unknown}\" does not exist: make the directory or mount its disk");
    }

    private static Mountpath Take(IFileLayer files, string path, Identity? identity, string targetId, List<IOpenFile> locks)
    {
        files.MakeDirectory(MountpathFiles.System(path));
        files.SyncDirectory(path);
        var file = files.Open(MountpathFiles.Lock(path), FileOpenMode.OpenOrCreate);
        locks.Add(file);
        if (!file.TryLock())
        {
            throw new StoreException(ErrorCode.Busy, $"mountpath \"{path}\" is in use by another process: stop it first");
        }

        ProbeAttributes(file, path);
        if (identity is null)
        {
            Span<byte> random = stackalloc byte[16];
            RandomNumberGenerator.Fill(random);
            identity = new Identity(new MountpathId(BinaryPrimitives.ReadUInt64BigEndian(random), BinaryPrimitives.ReadUInt64BigEndian(random[8..])), targetId, string.Empty);
            MountpathFiles.WriteIdentity(files, path, identity);
        }

        return new Mountpath(files, path, identity.Id, file);
    }

    private static void ProbeAttributes(IOpenFile file, string path)
    {
        try
        {
            var probe = new byte[RecordCodec.MaxBytes];
            file.SetAttribute(ProbeAttribute, probe);
            if (file.GetAttribute(ProbeAttribute, probe) == probe.Length)
            {
                return;
            }
        }
        catch (FileLayerException failure) when (!(failure.Errno is Errno.EIO or Errno.EROFS))
        {
            throw new StoreException(
                new StoreError(
                    ErrorCode.Unsupported,
                    $"mountpath \"{path}\" does not take extended attributes of {RecordCodec.MaxBytes} bytes ({failure.Errno}): use ext4 (4 KiB blocks) or xfs, mounted with user_xattr"),
                failure);
        }

        throw new StoreException(ErrorCode.Unsupported, $"mountpath \"{path}\" does not return extended attributes as they were set: use ext4 or xfs");
    }

    /// <summary>Writes the list wherever it is not the newest: a crash may have kept it from some, and each must know of all.</summary>
    private static bool Record(IFileLayer files, List<Mountpath> all, List<RecordedMountpath> missing, Volume? recorded, List<string> behind)
    {
        var members = all.Select(mountpath => new RecordedMountpath(mountpath.Id, mountpath.Path)).Concat(missing).OrderBy(member => member.Id).ToList();
        var grown = recorded is not null && members.Count > recorded.Members.Count;
        if (recorded is not null && !grown && recorded.Members.OrderBy(member => member.Id).SequenceEqual(members))
        {
            foreach (var path in behind)
            {
                MountpathFiles.WriteVolume(files, path, recorded);
            }

            return recorded.Settled;
        }

        var volume = new Volume((recorded?.Generation ?? 0) + 1, recorded is null || (recorded.Settled && !grown), members);
        foreach (var mountpath in all)
        {
            MountpathFiles.WriteVolume(files, mountpath.Path, volume);
        }

        return volume.Settled;
    }
}
