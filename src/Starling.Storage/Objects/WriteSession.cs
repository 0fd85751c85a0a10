using System.Buffers;
using Starling.Core.Errors;
using Starling.Core.Hashing;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;

namespace Starling.Storage.Objects;

/// <summary>
/// One body on its way to the disk: a work file that nobody sees until <see cref="ObjectStore.CommitAsync(WriteSession, ObjectRecord, Durability, CancellationToken)"/>.
/// Disposing an uncommitted session removes the work file. For one writer at a time.
/// </summary>
public sealed class WriteSession : IDisposable
{
    private readonly ObjectStore store;
    private readonly IOpenFile file;
    private readonly IncrementalChecksum checksum;
    private string? checksumValue;
    private bool finished;

    internal WriteSession(ObjectStore store, ObjectName name, ulong bucketId, Mountpath mountpath, IOpenFile file, string checksumType, IncrementalChecksum checksum)
    {
        this.store = store;
        this.file = file;
        this.checksum = checksum;
        Name = name;
        BucketId = bucketId;
        Mountpath = mountpath;
        ChecksumType = checksumType;
    }

    /// <summary>The name that the body is meant for.</summary>
    public ObjectName Name { get; }

    /// <summary>The bucket's id.</summary>
    public ulong BucketId { get; }

    /// <summary>Where the work file lies.</summary>
    public Mountpath Mountpath { get; }

    /// <summary>Algorithm of the incremental checksum, as on the wire.</summary>
    public string ChecksumType { get; }

    /// <summary>Bytes received so far.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Checksum of the body, lower-case hexadecimal; empty for type <c>none</c>. Asking for it ends the body: nothing may be written afterwards.</summary>
    public string ChecksumValue => checksumValue ??= checksum.FinishHex();

    internal IOpenFile File => file;

    /// <summary>Appends to the body. Large pieces are best (64 KiB and more): each call is at least one system call.</summary>
    /// <exception cref="StoreException">OutOfSpace or DiskFailure; the session is of no use afterwards.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        WriteAsync(new ReadOnlySequence<byte>(data), cancellationToken);

    /// <summary>Appends to the body, all segments with one gathering write.</summary>
    /// <exception cref="StoreException">OutOfSpace or DiskFailure; the session is of no use afterwards.</exception>
    public ValueTask WriteAsync(in ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(finished, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (checksumValue is not null)
        {
            throw new InvalidOperationException($"the body of {Name} has ended: its checksum was asked for");
        }

        try
        {
            // A write goes to the page cache: it costs a copy, not a wait, so it runs on the caller's thread.
            file.Write(data, BytesWritten);
        }
        catch (FileLayerException failure)
        {
            Abort();
            throw store.Report(Mountpath, failure);
        }

        foreach (var segment in data)
        {
            checksum.Append(segment.Span);
        }

        BytesWritten += data.Length;
        return ValueTask.CompletedTask;
    }

    /// <summary>Reads what was written so far, at an offset; 0 at the end.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(finished, this);
        try
        {
            return await file.ReadAsync(buffer, offset, cancellationToken);
        }
        catch (FileLayerException failure)
        {
            throw store.Report(Mountpath, failure);
        }
    }

    /// <summary>A live object record with this session's name, size and checksum; the caller adds version and custom metadata.</summary>
    /// <param name="key">The order key, drawn under the name lock.</param>
    /// <param name="timeNs">Wall clock, nanoseconds since 1970.</param>
    public ObjectRecord NewRecord(RecordKey key, long timeNs) => new()
    {
        Key = key,
        Kind = RecordKind.Object,
        Uname = Name.Uname,
        SizeBytes = BytesWritten,
        ChecksumType = ChecksumType,
        ChecksumValue = ChecksumValue,
        WrittenTimeNs = timeNs,
        AccessTimeNs = timeNs,
    };

    /// <summary>Drops the body: the work file is removed. Does nothing after a commit.</summary>
    public void Abort()
    {
        if (!finished)
        {
            Finish();
            store.RemoveWorkFile(Mountpath, file.Path);
        }
    }

    /// <summary>As <see cref="Abort"/> unless committed.</summary>
    public void Dispose() => Abort();

    /// <summary>Closes the work file without removing it: it bears its name now.</summary>
    internal void Finish()
    {
        finished = true;
        file.Dispose();
        checksum.Dispose();
    }

    internal void RequireOpen() => ObjectDisposedException.ThrowIf(finished, this);
}
