using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Starling.Storage.Files;

/// <summary>How a file is opened.</summary>
public enum FileOpenMode
{
    /// <summary>Existing file, reading only.</summary>
    Read,

    /// <summary>Existing file, reading and writing.</summary>
    ReadWrite,

    /// <summary>A new file for reading and writing; fails with EEXIST when it exists.</summary>
    CreateNew,

    /// <summary>Reading and writing; made when absent, kept as it is when present.</summary>
    OpenOrCreate,
}

/// <summary>Identity and size of a file.</summary>
/// <param name="Device">Device number of the filesystem.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="SizeBytes">Length, bytes.</param>
/// <param name="IsDirectory">True for a directory.</param>
public readonly record struct FileFacts(ulong Device, ulong Inode, long SizeBytes, bool IsDirectory)
{
    /// <summary>When content, attributes or name changed last by the wall clock, nanoseconds since 1970; 0 when the layer does not know.</summary>
    public long ChangedTimeNs { get; init; }
}

/// <summary>Capacity and kind of a filesystem.</summary>
/// <param name="TotalBytes">Size, bytes.</param>
/// <param name="AvailableBytes">What an ordinary user may still write, bytes.</param>
/// <param name="TotalInodes">Inodes; 0 when the filesystem has no fixed number.</param>
/// <param name="FreeInodes">Inodes left.</param>
/// <param name="ReadOnly">True when mounted read-only.</param>
public readonly record struct FileSystemFacts(long TotalBytes, long AvailableBytes, long TotalInodes, long FreeInodes, bool ReadOnly);

/// <summary>Receives the entries of a directory, in no particular order; "." and ".." are left out.</summary>
/// <param name="name">UTF-8 bytes of the entry's name; valid during the call only.</param>
/// <param name="isDirectory">True for a directory.</param>
public delegate void DirectoryEntryVisitor(ReadOnlySpan<byte> name, bool isDirectory);

/// <summary>
/// Every file operation that the store uses, and nothing else: the one seam at which tests record, fail and lose operations. Paths are absolute.
/// </summary>
/// <remarks>
/// Failures are <see cref="FileLayerException"/>s. "Absent" is a result and not a failure, because looking for what is not there is ordinary work.
/// A call interrupted by a signal is repeated; no other failure is ever retried here, least of all a failed flush.
/// </remarks>
public interface IFileLayer
{
    /// <summary>Result of <see cref="GetAttribute"/>: the file does not exist.</summary>
    const int FileAbsent = -2;

    /// <summary>Result of <see cref="GetAttribute"/>: the file exists, the attribute does not.</summary>
    const int AttributeAbsent = -1;

    /// <summary>Opens a file.</summary>
    IOpenFile Open(string path, FileOpenMode mode);

    /// <summary>Opens an existing file for reading; null when it does not exist.</summary>
    IOpenFile? TryOpenRead(string path);

    /// <summary>Reads an extended attribute into <paramref name="value"/>; its length, or <see cref="FileAbsent"/>, or <see cref="AttributeAbsent"/>.</summary>
    int GetAttribute(string path, string name, Span<byte> value);

    /// <summary>Renames, replacing what bears the new name.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file; false when it was absent.</summary>
    bool Unlink(string path);

    /// <summary>Makes one directory; false when it exists.</summary>
    bool MakeDirectory(string path);

    /// <summary>Removes an empty directory; false when it was absent.</summary>
    bool RemoveDirectory(string path);

    /// <summary>Flushes a directory: the entries made, renamed and removed in it survive a power cut afterwards.</summary>
    void SyncDirectory(string path);

    /// <summary>Visits the entries of a directory without touching their inodes; false when the directory does not exist.</summary>
    bool ReadDirectory(string path, DirectoryEntryVisitor visitor);

    /// <summary>Identity and size; null when absent.</summary>
    FileFacts? Stat(string path);

    /// <summary>Capacity of the filesystem that holds <paramref name="path"/>.</summary>
    FileSystemFacts StatFileSystem(string path);

    /// <summary>Flushes everything written to the filesystem that holds <paramref name="path"/>.</summary>
    void SyncFileSystem(string path);
}

/// <summary>An open file. Not safe for concurrent use, except for reads.</summary>
public interface IOpenFile : IDisposable
{
    /// <summary>The path under which it was opened.</summary>
    string Path { get; }

    /// <summary>The descriptor, for sendfile(2); null where there is none (in memory).</summary>
    SafeFileHandle? Descriptor { get; }

    /// <summary>Reads at an offset; 0 at the end of the file.</summary>
    int Read(Span<byte> buffer, long offset);

    /// <summary>Reads at an offset without blocking the caller; 0 at the end of the file.</summary>
    ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken);

    /// <summary>Writes all bytes at an offset.</summary>
    void Write(ReadOnlySpan<byte> data, long offset);

    /// <summary>Writes all segments at an offset with as few calls as possible.</summary>
    void Write(in ReadOnlySequence<byte> data, long offset);

    /// <summary>Sets the length, bytes.</summary>
    void SetLength(long lengthBytes);

    /// <summary>
    /// Flushes data and attributes. A failure is final: the pages may be marked clean although they were not written, so every later call on
    /// this file fails with the same error and the file must be given up.
    /// </summary>
    void Sync();

    /// <summary>
    /// Flushes everything written to the filesystem that holds the file (syncfs). The kernel reports writes that failed since this descriptor was opened,
    /// so keep one open for as long as failures matter. A failure is final for this file, as with <see cref="Sync"/>.
    /// </summary>
    void SyncFileSystem();

    /// <summary>Sets an extended attribute.</summary>
    void SetAttribute(string name, ReadOnlySpan<byte> value);

    /// <summary>Reads an extended attribute; its length, or <see cref="IFileLayer.AttributeAbsent"/>.</summary>
    int GetAttribute(string name, Span<byte> value);

    /// <summary>Takes an exclusive advisory lock that ends with this descriptor; false when somebody else holds it.</summary>
    bool TryLock();

    /// <summary>Identity and size.</summary>
    FileFacts Stat();
}
