using System.Buffers;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Mountpaths;

namespace Starling.Storage.Objects;

/// <summary>
/// One body on its way to the disk: a work file that nobody sees until <see cref="ObjectStore.CommitAsync(WriteSession, ObjectRecord, Durability, CancellationToken)"/>.
/// Disposing an uncommitted session removes the work file.
/// </summary>
public sealed class WriteSession : IDisposable
{
    internal WriteSession(ObjectName name, ulong bucketId, Mountpath mountpath, string checksumType)
    {
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

    /// <summary>Checksum of the bytes received so far, lower-case hexadecimal; empty for type <c>none</c>.</summary>
    public string ChecksumValue { get; private set; } = string.Empty;

    /// <summary>Appends to the body. Large pieces are best (64 KiB and more): each call is at least one system call.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        WriteAsync(new ReadOnlySequence<byte>(data), cancellationToken);

    /// <summary>Appends to the body, all segments with one gathering write.</summary>
    public ValueTask WriteAsync(in ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        BytesWritten += data.Length;
        return ValueTask.CompletedTask;
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

    /// <summary>Drops the body: the work file is removed.</summary>
    public void Abort()
    {
        BytesWritten = 0;
    }

    /// <summary>As <see cref="Abort"/> unless committed.</summary>
    public void Dispose() => Abort();
}
