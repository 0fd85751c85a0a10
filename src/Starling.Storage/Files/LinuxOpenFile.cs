using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Starling.Storage.Files;

/// <summary>An open file of Linux. After a failed flush it refuses everything: what the kernel then says of its pages cannot be trusted.</summary>
internal sealed class LinuxOpenFile(SafeFileHandle handle, string path) : IOpenFile
{
    private const int MaxSegments = 64;
    private const int ModeMask = 0xf000;
    private const int ModeDirectory = 0x4000;
    private const int EmptyPath = 0x1000;

    private Errno flushFailure;

    public string Path { get; } = path;

    public SafeFileHandle? Descriptor => handle;

    public unsafe int Read(Span<byte> buffer, long offset)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var count = LinuxCalls.Read(handle, start, buffer.Length, offset);
                if (count >= 0)
                {
                    return (int)count;
                }

                ThrowUnlessInterrupted("pread");
            }
        }
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        // What lies in the page cache is copied at once; only a read that would wait for the disk goes to the thread pool.
        var count = TryReadCached(buffer.Span, offset);
        return count >= 0 ? new ValueTask<int>(count) : ReadSlowlyAsync(buffer, offset, cancellationToken);
    }

    public unsafe void Write(ReadOnlySpan<byte> data, long offset)
    {
        RefuseAfterFailedFlush("pwrite");
        fixed (byte* start = data)
        {
            for (long done = 0; done < data.Length;)
            {
                var count = LinuxCalls.Write(handle, start + done, (nint)(data.Length - done), offset + done);
                if (count < 0)
                {
                    ThrowUnlessInterrupted("pwrite");
                    continue;
                }

                done += count;
            }
        }
    }

    public void Write(in ReadOnlySequence<byte> data, long offset)
    {
        if (data.IsSingleSegment)
        {
            Write(data.FirstSpan, offset);
            return;
        }

        RefuseAfterFailedFlush("pwritev");
        var rest = data;
        while (!rest.IsEmpty)
        {
            var count = WriteSome(rest, offset);
            rest = rest.Slice(count);
            offset += count;
        }
    }

    public void SetLength(long lengthBytes)
    {
        RefuseAfterFailedFlush("ftruncate");
        while (LinuxCalls.Truncate(handle, lengthBytes) != 0)
        {
            ThrowUnlessInterrupted("ftruncate");
        }
    }

    public void Sync()
    {
        RefuseAfterFailedFlush("fsync");
        while (LinuxCalls.Sync(handle) != 0)
        {
            if (LinuxCalls.LastError is not Errno.EINTR and var errno)
            {
                flushFailure = errno;
                throw new FileLayerException(errno, "fsync", Path);
            }
        }
    }

    public void SyncFileSystem()
    {
        RefuseAfterFailedFlush("syncfs");
        while (LinuxCalls.SyncFileSystem(handle) != 0)
        {
            if (LinuxCalls.LastError is not Errno.EINTR and var errno)
            {
                flushFailure = errno;
                throw new FileLayerException(errno, "syncfs", Path);
            }
        }
    }

    public unsafe void SetAttribute(string name, ReadOnlySpan<byte> value)
    {
        RefuseAfterFailedFlush("fsetxattr");
        fixed (byte* start = value)
        {
            while (LinuxCalls.SetAttribute(handle, name, start, value.Length, 0) != 0)
            {
                ThrowUnlessInterrupted("fsetxattr");
            }
        }
    }

    public unsafe int GetAttribute(string name, Span<byte> value)
    {
        fixed (byte* start = value)
        {
            while (true)
            {
                var length = LinuxCalls.GetAttribute(handle, name, start, value.Length);
                if (length >= 0)
                {
                    return (int)length;
                }

                if (LinuxCalls.LastError == Errno.ENODATA)
                {
                    return IFileLayer.AttributeAbsent;
                }

                ThrowUnlessInterrupted("fgetxattr");
            }
        }
    }

    public bool TryLock()
    {
        while (LinuxCalls.Lock(handle, LinuxCalls.LockExclusiveNonBlocking) != 0)
        {
            if (LinuxCalls.LastError == Errno.EAGAIN)
            {
                return false;
            }

            ThrowUnlessInterrupted("flock");
        }

        return true;
    }

    public unsafe FileFacts Stat()
    {
        var added = false;
        try
        {
            handle.DangerousAddRef(ref added);
            LinuxCalls.StatxBuffer buffer;
            if (LinuxCalls.Statx((int)handle.DangerousGetHandle(), string.Empty, EmptyPath, LinuxCalls.StatxBasic, &buffer) != 0)
            {
                throw new FileLayerException(LinuxCalls.LastError, "statx", Path);
            }

            return new FileFacts(((ulong)buffer.DeviceMajor << 32) | buffer.DeviceMinor, buffer.Inode, (long)buffer.Size, (buffer.Mode & ModeMask) == ModeDirectory)
        {
            ChangedTimeNs = (buffer.ChangedSeconds * 1_000_000_000) + buffer.ChangedNanoseconds,
        };
        }
        finally
        {
            if (added)
            {
                handle.DangerousRelease();
            }
        }
    }

    public void Dispose() => handle.Dispose();

    private unsafe int TryReadCached(Span<byte> buffer, long offset)
    {
        fixed (byte* start = buffer)
        {
            var segment = new LinuxCalls.Segment { Start = start, Length = buffer.Length };
            return (int)LinuxCalls.ReadVector(handle, &segment, 1, offset, LinuxCalls.DontWait);
        }
    }

    private async ValueTask<int> ReadSlowlyAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        try
        {
            return await RandomAccess.ReadAsync(handle, buffer, offset, cancellationToken);
        }
        catch (IOException exception)
        {
            // The runtime keeps the number to itself; a read that failed is a disk that refused.
            throw new FileLayerException(Errno.EIO, "pread", Path, exception);
        }
    }

    private unsafe int WriteSome(in ReadOnlySequence<byte> data, long offset)
    {
        var segments = stackalloc LinuxCalls.Segment[MaxSegments];
        var pins = ArrayPool<MemoryHandle>.Shared.Rent(MaxSegments);
        var used = 0;
        try
        {
            foreach (var memory in data)
            {
                if (memory.IsEmpty)
                {
                    continue;
                }

                if (used == MaxSegments)
                {
                    break;
                }

                pins[used] = memory.Pin();
                segments[used] = new LinuxCalls.Segment { Start = (byte*)pins[used].Pointer, Length = memory.Length };
                used++;
            }

            while (true)
            {
                var count = LinuxCalls.WriteVector(handle, segments, used, offset);
                if (count >= 0)
                {
                    return (int)count;
                }

                ThrowUnlessInterrupted("pwritev");
            }
        }
        finally
        {
            for (var i = 0; i < used; i++)
            {
                pins[i].Dispose();
            }

            ArrayPool<MemoryHandle>.Shared.Return(pins, clearArray: true);
        }
    }

    private void RefuseAfterFailedFlush(string operation)
    {
        if (flushFailure != Errno.None)
        {
            throw new FileLayerException(flushFailure, $"{operation} after a failed fsync", Path);
        }
    }

    private void ThrowUnlessInterrupted(string operation)
    {
        if (LinuxCalls.LastError is not Errno.EINTR and var errno)
        {
            throw new FileLayerException(errno, operation, Path);
        }
    }
}
