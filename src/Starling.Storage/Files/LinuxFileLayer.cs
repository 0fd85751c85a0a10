using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Starling.Core.Errors;

namespace Starling.Storage.Files;

/// <summary>The file layer of Linux: own system calls, so that every failure, that of a flush above all, reaches the caller with its number.</summary>
public sealed class LinuxFileLayer : IFileLayer
{
    private const int DirectoryBufferBytes = 128 << 10;
    private const int EntryHeaderBytes = 19;
    private const byte TypeUnknown = 0;
    private const byte TypeDirectory = 4;
    private const int ModeMask = 0xf000;
    private const int ModeDirectory = 0x4000;
    private const int CurrentDirectory = -100;

    /// <summary>Makes the layer after proving that a failed flush is reported here.</summary>
    /// <exception cref="StoreException">Internal: a flush that must fail did not; the store would lose data without noticing.</exception>
    public LinuxFileLayer()
    {
        SelfTest();
    }

    /// <inheritdoc/>
    public IOpenFile Open(string path, FileOpenMode mode)
    {
        var flags = mode switch
        {
            FileOpenMode.Read => LinuxCalls.ReadOnly,
            FileOpenMode.ReadWrite => LinuxCalls.ReadWrite,
            FileOpenMode.CreateNew => LinuxCalls.ReadWrite | LinuxCalls.Create | LinuxCalls.Exclusive,
            _ => LinuxCalls.ReadWrite | LinuxCalls.Create,
        };
        var descriptor = OpenDescriptor(path, flags, out var errno);
        return descriptor >= 0 ? Wrap(descriptor, path) : throw new FileLayerException(errno, "open", path);
    }

    /// <inheritdoc/>
    public IOpenFile? TryOpenRead(string path)
    {
        var descriptor = OpenDescriptor(path, LinuxCalls.ReadOnly, out var errno);
        if (descriptor >= 0)
        {
            return Wrap(descriptor, path);
        }

        return errno is Errno.ENOENT or Errno.ENOTDIR ? null : throw new FileLayerException(errno, "open", path);
    }

    /// <inheritdoc/>
    public unsafe int GetAttribute(string path, string name, Span<byte> value)
    {
        fixed (byte* start = value)
        {
            while (true)
            {
                var length = LinuxCalls.GetAttribute(path, name, start, value.Length);
                if (length >= 0)
                {
                    return (int)length;
                }

                switch (LinuxCalls.LastError)
                {
                    case Errno.EINTR: continue;
                    case Errno.ENODATA: return IFileLayer.AttributeAbsent;
                    case Errno.ENOENT or Errno.ENOTDIR: return IFileLayer.FileAbsent;
                    case var errno: throw new FileLayerException(errno, "getxattr", path);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Rename(string from, string to) => Check(LinuxCalls.Rename(from, to), "rename", to);

    /// <inheritdoc/>
    public bool Unlink(string path) => LinuxCalls.Unlink(path) == 0 || Expect(Errno.ENOENT, Errno.ENOTDIR, "unlink", path);

    /// <inheritdoc/>
    public bool MakeDirectory(string path) => LinuxCalls.MakeDirectory(path, 0x1ed) == 0 || Expect(Errno.EEXIST, Errno.EEXIST, "mkdir", path);

    /// <inheritdoc/>
    public bool RemoveDirectory(string path) => LinuxCalls.RemoveDirectory(path) == 0 || Expect(Errno.ENOENT, Errno.ENOTDIR, "rmdir", path);

    /// <inheritdoc/>
    public void SyncDirectory(string path) => WithDirectory(path, "fsync", LinuxCalls.SyncDescriptor);

    /// <inheritdoc/>
    public void SyncFileSystem(string path) => WithDirectory(path, "syncfs", LinuxCalls.SyncFileSystem);

    /// <inheritdoc/>
    public bool ReadDirectory(string path, DirectoryEntryVisitor visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        var descriptor = OpenDescriptor(path, LinuxCalls.ReadOnly | LinuxCalls.Directory, out var errno);
        if (descriptor < 0)
        {
            return errno is Errno.ENOENT or Errno.ENOTDIR ? false : throw new FileLayerException(errno, "open", path);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(DirectoryBufferBytes);
        try
        {
            int count;
            while ((count = ReadEntries(descriptor, buffer, path)) > 0)
            {
                VisitEntries(path, buffer.AsSpan(0, count), visitor);
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            _ = LinuxCalls.Close(descriptor);
        }
    }

    /// <inheritdoc/>
    public unsafe FileFacts? Stat(string path)
    {
        LinuxCalls.StatxBuffer buffer;
        if (LinuxCalls.Statx(CurrentDirectory, path, 0, LinuxCalls.StatxBasic, &buffer) != 0)
        {
            _ = Expect(Errno.ENOENT, Errno.ENOTDIR, "statx", path);
            return null;
        }

        return new FileFacts(((ulong)buffer.DeviceMajor << 32) | buffer.DeviceMinor, buffer.Inode, (long)buffer.Size, (buffer.Mode & ModeMask) == ModeDirectory)
        {
            ChangedTimeNs = (buffer.ChangedSeconds * 1_000_000_000) + buffer.ChangedNanoseconds,
        };
    }

    /// <inheritdoc/>
    public unsafe FileSystemFacts StatFileSystem(string path)
    {
        LinuxCalls.StatvfsBuffer buffer;
        Check(LinuxCalls.StatFileSystem(path, &buffer), "statvfs", path);
        return new FileSystemFacts(
            (long)(buffer.Blocks * buffer.FragmentSize),
            (long)(buffer.AvailableBlocks * buffer.FragmentSize),
            (long)buffer.Files,
            (long)buffer.FreeFiles,
            (buffer.Flags & LinuxCalls.MountReadOnly) != 0);
    }

    private static void SelfTest()
    {
        if (LinuxCalls.SyncDescriptor(-1) != -1 || LinuxCalls.LastError != Errno.EBADF)
        {
            throw new StoreException(ErrorCode.Internal, "self-test: fsync of a bad descriptor did not report EBADF; a failed flush would go unnoticed, so the store does not start");
        }
    }

    private static int OpenDescriptor(string path, int flags, out Errno errno)
    {
        while (true)
        {
            var descriptor = LinuxCalls.Open(path, flags | LinuxCalls.CloseOnExec, 0x1a4);
            errno = descriptor >= 0 ? Errno.None : LinuxCalls.LastError;
            if (errno != Errno.EINTR)
            {
                return descriptor;
            }
        }
    }

    private static LinuxOpenFile Wrap(int descriptor, string path) => new(new SafeFileHandle(descriptor, ownsHandle: true), path);

    private static void WithDirectory(string path, string operation, Func<int, int> call)
    {
        var descriptor = OpenDescriptor(path, LinuxCalls.ReadOnly | LinuxCalls.Directory, out var errno);
        if (descriptor < 0)
        {
            throw new FileLayerException(errno, "open", path);
        }

        try
        {
            while (call(descriptor) != 0)
            {
                if (LinuxCalls.LastError is not Errno.EINTR and var failure)
                {
                    throw new FileLayerException(failure, operation, path);
                }
            }
        }
        finally
        {
            _ = LinuxCalls.Close(descriptor);
        }
    }

    private static unsafe int ReadEntries(int descriptor, byte[] buffer, string path)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var count = LinuxCalls.ReadEntries(descriptor, start, buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                if (LinuxCalls.LastError is not Errno.EINTR and var errno)
                {
                    throw new FileLayerException(errno, "getdents64", path);
                }
            }
        }
    }

    private void VisitEntries(string path, ReadOnlySpan<byte> buffer, DirectoryEntryVisitor visitor)
    {
        while (!buffer.IsEmpty)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(buffer[16..]);
            var type = buffer[18];
            var name = buffer[EntryHeaderBytes..length];
            name = name[..name.IndexOf((byte)0)];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                visitor(name, type == TypeDirectory || (type == TypeUnknown && IsDirectory(path, name)));
            }

            buffer = buffer[length..];
        }
    }

    // Some filesystems do not tell the type in the entry; only there the inode is touched.
    private bool IsDirectory(string path, ReadOnlySpan<byte> name) =>
        Stat($"{path}/{System.Text.Encoding.UTF8.GetString(name)}") is { IsDirectory: true };

    private static bool Expect(Errno first, Errno second, string operation, string path)
    {
        var errno = LinuxCalls.LastError;
        return errno == first || errno == second ? false : throw new FileLayerException(errno, operation, path);
    }

    private static void Check(int result, string operation, string path)
    {
        if (result != 0)
        {
            throw new FileLayerException(LinuxCalls.LastError, operation, path);
        }
    }
}
