using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Starling.Storage.Files;

namespace Starling.Tests.Storage;

/// <summary>The process died: nothing after this reaches the disk.</summary>
internal sealed class PowerCutException() : Exception("the power was cut");

/// <summary>Passes calls on, counts them, and fails the n-th one, once or from then on; or cuts the power there.</summary>
internal sealed class FaultyFileLayer(IFileLayer inner) : IFileLayer
{
    /// <summary>Calls since the last <see cref="Arm"/>.</summary>
    public int CallCount { get; private set; }

    /// <summary>What the failing call was, once it happened.</summary>
    public string? Failed { get; private set; }

    private string? failOperation;

    private int FailAt { get; set; }

    private Errno Error { get; set; }

    private bool Persistent { get; set; }

    /// <summary>From now on the n-th call (from 1) fails; with <see cref="Errno.None"/> the power is cut before it.</summary>
    public void Arm(int failAt, Errno error, bool persistent)
    {
        (CallCount, Failed, FailAt, Error, Persistent) = (0, null, failAt, error, persistent);
    }

    /// <summary>The next call of this kind fails, once.</summary>
    public void FailNext(string operation, Errno error) => (failOperation, Error) = (operation, error);

    /// <summary>No call fails any more.</summary>
    public void Disarm() => FailAt = int.MaxValue;

    public IOpenFile Open(string path, FileOpenMode mode)
    {
        Call("open", path);
        return new OpenFile(this, inner.Open(path, mode));
    }

    public IOpenFile? TryOpenRead(string path)
    {
        Call("open", path);
        return inner.TryOpenRead(path) is { } file ? new OpenFile(this, file) : null;
    }

    public int GetAttribute(string path, string name, Span<byte> value)
    {
        Call("getxattr", path);
        return inner.GetAttribute(path, name, value);
    }

    public void Rename(string from, string to)
    {
        Call("rename", to);
        inner.Rename(from, to);
    }

    public bool Unlink(string path)
    {
        Call("unlink", path);
        return inner.Unlink(path);
    }

    public bool MakeDirectory(string path)
    {
        Call("mkdir", path);
        return inner.MakeDirectory(path);
    }

    public bool RemoveDirectory(string path)
    {
        Call("rmdir", path);
        return inner.RemoveDirectory(path);
    }

    public void SyncDirectory(string path)
    {
        Call("fsync directory", path);
        inner.SyncDirectory(path);
    }

    public void SyncFileSystem(string path)
    {
        Call("syncfs", path);
        inner.SyncFileSystem(path);
    }

    public bool ReadDirectory(string path, DirectoryEntryVisitor visitor)
    {
        Call("getdents64", path);
        return inner.ReadDirectory(path, visitor);
    }

    public FileFacts? Stat(string path)
    {
        Call("statx", path);
        return inner.Stat(path);
    }

    public FileSystemFacts StatFileSystem(string path)
    {
        Call("statvfs", path);
        return inner.StatFileSystem(path);
    }

    private void Call(string operation, string path)
    {
        CallCount++;
        if (operation == failOperation)
        {
            failOperation = null;
            throw new FileLayerException(Error, operation, path);
        }

        if (FailAt == 0 || CallCount < FailAt || (CallCount > FailAt && !Persistent))
        {
            return;
        }

        Failed ??= $"{operation} {path}";
        throw Error == Errno.None ? new PowerCutException() : new FileLayerException(Error, operation, path);
    }

    private sealed class OpenFile(FaultyFileLayer layer, IOpenFile inner) : IOpenFile
    {
        public string Path => inner.Path;

        public SafeFileHandle? Descriptor => inner.Descriptor;

        public int Read(Span<byte> buffer, long offset)
        {
            layer.Call("pread", Path);
            return inner.Read(buffer, offset);
        }

        public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
        {
            layer.Call("pread", Path);
            return inner.ReadAsync(buffer, offset, cancellationToken);
        }

        public void Write(ReadOnlySpan<byte> data, long offset)
        {
            layer.Call("pwrite", Path);
            inner.Write(data, offset);
        }

        public void Write(in ReadOnlySequence<byte> data, long offset)
        {
            layer.Call("pwritev", Path);
            inner.Write(data, offset);
        }

        public void SetLength(long lengthBytes)
        {
            layer.Call("ftruncate", Path);
            inner.SetLength(lengthBytes);
        }

        public void Sync()
        {
            layer.Call("fsync", Path);
            inner.Sync();
        }

        public void SyncFileSystem()
        {
            layer.Call("syncfs", Path);
            inner.SyncFileSystem();
        }

        public void SetAttribute(string name, ReadOnlySpan<byte> value)
        {
            layer.Call("fsetxattr", Path);
            inner.SetAttribute(name, value);
        }

        public int GetAttribute(string name, Span<byte> value)
        {
            layer.Call("fgetxattr", Path);
            return inner.GetAttribute(name, value);
        }

        public bool TryLock() => inner.TryLock();

        public FileFacts Stat()
        {
            layer.Call("fstat", Path);
            return inner.Stat();
        }

        public void Dispose() => inner.Dispose();
    }
}
