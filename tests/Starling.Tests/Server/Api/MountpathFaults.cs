using Starling.Storage.Files;

namespace Starling.Tests.Server.Api;

/// <summary>Lets new files under the mountpaths fail, as on a full or read-only disk; the node's own files stay well.</summary>
internal sealed class MountpathFaults(IFileLayer inner) : IFileLayer
{
    private volatile Errno error;

    /// <summary>What making a file in a mountpath fails with; none for nothing.</summary>
    public Errno Error
    {
        get => error;
        set => error = value;
    }

    public IOpenFile Open(string path, FileOpenMode mode) =>
        mode != FileOpenMode.Read && error != Errno.None && path.Contains("/mp", StringComparison.Ordinal) ? throw new FileLayerException(error, "open", path) : inner.Open(path, mode);

    public IOpenFile? TryOpenRead(string path) => inner.TryOpenRead(path);

    public int GetAttribute(string path, string name, Span<byte> value) => inner.GetAttribute(path, name, value);

    public void Rename(string from, string to) => inner.Rename(from, to);

    public bool Unlink(string path) => inner.Unlink(path);

    public bool MakeDirectory(string path) => inner.MakeDirectory(path);

    public bool RemoveDirectory(string path) => inner.RemoveDirectory(path);

    public void SyncDirectory(string path) => inner.SyncDirectory(path);

    public bool ReadDirectory(string path, DirectoryEntryVisitor visitor) => inner.ReadDirectory(path, visitor);

    public FileFacts? Stat(string path) => inner.Stat(path);

    public FileSystemFacts StatFileSystem(string path) => inner.StatFileSystem(path);

    public void SyncFileSystem(string path) => inner.SyncFileSystem(path);
}
