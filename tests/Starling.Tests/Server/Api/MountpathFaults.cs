using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Starling.Storage.Files;

namespace Starling.Tests.Server.Api;

/// <summary>Which calls fail.</summary>
[Flags]
internal enum FaultyCall
{
    Open = 1,
    Write = 2,
    SetAttribute = 4,
    Sync = 8,
    Rename = 16,
    SyncDirectory = 32,

    /// <summary>Unlink, and making and removing directories.</summary>
    Entries = 64,
    All = 127,
}

/// <summary>Lets changes under the mountpaths fail, as on a full, broken or read-only disk; reads and the node's own files stay well.</summary>
internal sealed class MountpathFaults(IFileLayer inner) : IFileLayer
{
    private volatile Errno error;
    private volatile FaultyCall calls = FaultyCall.Open;

    /// <summary>What the failing calls fail with; none for nothing.</summary>
    public Errno Error
    {
        get => error;
        set => error = value;
    }

    /// <summary>The failing calls.</summary>
    public FaultyCall Calls
    {
        get => calls;
        set => calls = value;
    }

    /// <summary>Nothing fails any more.</summary>
    public void Heal() => (Error, Calls) = (Errno.None, FaultyCall.Open);

    public IOpenFile Open(string path, FileOpenMode mode)
    {
        if (mode == FileOpenMode.Read)
        {
            return inner.Open(path, mode);
        }

        Check(FaultyCall.Open, "open", path);
        return IsOfMountpath(path) ? new OpenFile(this, inner.Open(path, mode)) : inner.Open(path, mode);
    }

    public IOpenFile? TryOpenRead(string path) => inner.TryOpenRead(path);

    public int GetAttribute(string path, string name, Span<byte> value) => inner.GetAttribute(path, name, value);

    public void Rename(string from, string to)
    {
        Check(FaultyCall.Rename, "rename", to);
        inner.Rename(from, to);
    }

    public bool Unlink(string path)
    {
        Check(FaultyCall.Entries, "unlink", path);
        return inner.Unlink(path);
    }

    public bool MakeDirectory(string path)
    {
        Check(FaultyCall.Entries, "mkdir", path);
        return inner.MakeDirectory(path);
    }

    public bool RemoveDirectory(string path)
    {
        Check(FaultyCall.Entries, "rmdir", path);
        return inner.RemoveDirectory(path);
    }

    public void SyncDirectory(string path)
    {
        Check(FaultyCall.SyncDirectory, "fsync directory", path);
        inner.SyncDirectory(path);
    }

    public bool ReadDirectory(string path, DirectoryEntryVisitor visitor) => inner.ReadDirectory(path, visitor);

    public FileFacts? Stat(string path) => inner.Stat(path);

    public FileSystemFacts StatFileSystem(string path)
    {
        var facts = inner.StatFileSystem(path);
        return facts with { ReadOnly = facts.ReadOnly || (error == Errno.EROFS && IsOfMountpath(path)) };
    }

    public void SyncFileSystem(string path)
    {
        Check(FaultyCall.Sync, "syncfs", path);
        inner.SyncFileSystem(path);
    }

    private static bool IsOfMountpath(string path) => path.Contains("/mp", StringComparison.Ordinal) || path.Contains("-mp", StringComparison.Ordinal);

    private void Check(FaultyCall call, string name, string path)
    {
        var now = error;
        if (now != Errno.None && (calls & call) != 0 && IsOfMountpath(path))
        {
            throw new FileLayerException(now, name, path);
        }
    }

    private sealed class OpenFile(MountpathFaults layer, IOpenFile inner) : IOpenFile
    {
        public string Path => inner.Path;

        public SafeFileHandle? Descriptor => inner.Descriptor;

        public int Read(Span<byte> buffer, long offset) => inner.Read(buffer, offset);

        public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken) => inner.ReadAsync(buffer, offset, cancellationToken);

        public void Write(ReadOnlySpan<byte> data, long offset)
        {
            layer.Check(FaultyCall.Write, "pwrite", Path);
            inner.Write(data, offset);
        }

        public void Write(in ReadOnlySequence<byte> data, long offset)
        {
            layer.Check(FaultyCall.Write, "pwritev", Path);
            inner.Write(data, offset);
        }

        public void SetLength(long lengthBytes)
        {
            layer.Check(FaultyCall.Write, "ftruncate", Path);
            inner.SetLength(lengthBytes);
        }

        public void Sync()
        {
            layer.Check(FaultyCall.Sync, "fsync", Path);
            inner.Sync();
        }

        public void SyncFileSystem() => inner.SyncFileSystem();

        public void SetAttribute(string name, ReadOnlySpan<byte> value)
        {
            layer.Check(FaultyCall.SetAttribute, "fsetxattr", Path);
            inner.SetAttribute(name, value);
        }

        public int GetAttribute(string name, Span<byte> value) => inner.GetAttribute(name, value);

        public bool TryLock() => inner.TryLock();

        public FileFacts Stat() => inner.Stat();

        public void Dispose() => inner.Dispose();
    }
}
