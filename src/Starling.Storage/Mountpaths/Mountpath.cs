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

    internal Mountpath(IFileLayer files, string path, MountpathId id, FileFacts lockFile)
    {
        this.files = files;
        Path = path;
        Id = id;
        Digest = XxHash64Seeded.PlacementDigest(path);
        LockDevice = lockFile.Device;
        LockInode = lockFile.Inode;
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

    /// <summary>Present capacity.</summary>
    public FileSystemFacts Capacity() => files.StatFileSystem(Path);

    /// <inheritdoc/>
    public override string ToString() => Path;
}
