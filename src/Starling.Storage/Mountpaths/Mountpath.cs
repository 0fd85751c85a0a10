using System.Security.Cryptography;
using Starling.Core.Errors;
using Starling.Core.Hashing;
using Starling.Storage.Files;

namespace Starling.Storage.Mountpaths;

/// <summary>Identity of a mountpath: 128 random bits drawn on first use, kept in its identity file; survives a move to another path.</summary>
/// <param name="High">Upper 64 bits.</param>
/// <param name="Low">Lower 64 bits.</param>
public readonly record struct MountpathId(ulong High, ulong Low) : IComparable<MountpathId>
{
    /// <inheritdoc/>
    public int CompareTo(MountpathId other) => High == other.High ? Low.CompareTo(other.Low) : High.CompareTo(other.High);

    /// <summary>32 hexadecimal digits.</summary>
    public override string ToString() => $"{High:x16}{Low:x16}";

    /// <summary>Numeric order.</summary>
    public static bool operator <(MountpathId left, MountpathId right) => left.CompareTo(right) < 0;

    /// <summary>Numeric order.</summary>
    public static bool operator >(MountpathId left, MountpathId right) => left.CompareTo(right) > 0;

    /// <summary>Numeric order.</summary>
    public static bool operator <=(MountpathId left, MountpathId right) => left.CompareTo(right) <= 0;

    /// <summary>Numeric order.</summary>
    public static bool operator >=(MountpathId left, MountpathId right) => left.CompareTo(right) >= 0;
}

/// <summary>One directory on its own filesystem in which a target keeps objects.</summary>
public sealed class Mountpath
{
    private readonly IFileLayer files;
    private readonly IOpenFile lockFile;
    private FileLayerException? flushFailure;

    internal Mountpath(IFileLayer files, string path, MountpathId id, IOpenFile lockFile)
    {
        this.files = files;
        Path = path;
        Id = id;
        Digest = XxHash64Seeded.PlacementDigest(path);
        this.lockFile = lockFile;
        var facts = lockFile.Stat();
        LockDevice = facts.Device;
        LockInode = facts.Inode;
    }

    /// <summary>Cleaned absolute path.</summary>
    public string Path { get; }

    /// <summary>Identity, from the identity file.</summary>
    public MountpathId Id { get; }

    /// <summary>Placement digest of <see cref="Path"/>.</summary>
    public ulong Digest { get; }

    /// <summary>Device of the lock file that this process holds (rule B3).</summary>
    public ulong LockDevice { get; }

    /// <summary>Inode of the lock file that this process holds (rule B3).</summary>
    public ulong LockInode { get; }

    /// <summary>Present capacity; null when the disk does not say.</summary>
    public FileSystemFacts? TryCapacity()
    {
        try
        {
            return files.StatFileSystem(Path);
        }
        catch (FileLayerException)
        {
            // Whoever watches over the disks asks them more than this; a report goes on without.
            return null;
        }
    }

    /// <summary>
    /// Why nothing may be called absent here; null when the files that this process locked are still what stands at the path. A filesystem that was unmounted
    /// under a running process leaves an empty directory behind, in which every object seems to be missing (rule B10).
    /// </summary>
    public StoreError? Displaced()
    {
        try
        {
            return files.Stat(MountpathFiles.Lock(Path)) is { } facts && facts.Device == LockDevice && facts.Inode == LockInode
                ? null
                : new StoreError(
                    ErrorCode.Unavailable, $"mountpath \"{Path}\" ({Id}) is no longer what it was when this process started: mount its disk there again and restart the target", 5_000);
        }
        catch (FileLayerException failure)
        {
            return failure.ToStoreException().Error;
        }
    }

    /// <summary>Writes a few bytes through to the disk and reads them again; why that fails, or null.</summary>
    public StoreError? Probe()
    {
        if (Displaced() is { } displaced)
        {
            return displaced;
        }

        try
        {
            if (files.StatFileSystem(Path).ReadOnly)
            {
                return new StoreError(ErrorCode.DiskFailure, $"mountpath \"{Path}\" is read-only: repair its filesystem and remount it for writing");
            }

            var written = RandomNumberGenerator.GetBytes(4096);
            var read = new byte[written.Length];
            using var file = files.Open(MountpathFiles.Probe(Path), FileOpenMode.OpenOrCreate);
            file.Write(written, 0);
            file.Sync();
            return file.Read(read, 0) == read.Length && read.AsSpan().SequenceEqual(written)
                ? null
                : new StoreError(ErrorCode.DiskFailure, $"mountpath \"{Path}\" does not return what was written to it: replace its disk");
        }
        catch (FileLayerException failure)
        {
            return failure.IsDiskFailure ? failure.ToStoreException().Error : null;
        }
    }

    /// <summary>Flushes the filesystem through the descriptor that is open since the start; once that failed it fails for good.</summary>
    internal void FlushFileSystem()
    {
        if (flushFailure is not null)
        {
            throw flushFailure;
        }

        try
        {
            lockFile.SyncFileSystem();
        }
        catch (FileLayerException failure)
        {
            flushFailure = failure;
            throw;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
