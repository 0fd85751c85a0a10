using Starling.Protocol.Identity;
using Starling.Storage.Files;

namespace Starling.Cluster.Log;

/// <summary>
/// A file of flushed frames under one incarnation. The first frame is a checkpoint: it comes into being with the file, which is renamed into place after
/// its flush. Every later frame is one flush batch, written and flushed before the next one begins.
/// </summary>
/// <remarks>
/// Little-endian. Header: "STRLCTLG" | format version u16 | 0 u16 | 0 u32 | incarnation 16 bytes | XXH64 of all before.
/// Frame: mark u32 | length u32 | number u64 | XXH64 of content, seeded by the XXH64 of the 16 bytes before and the incarnation | content.
/// The seed makes sure that bytes inside a content, whoever chose them, are never taken for a frame.
/// </remarks>
internal sealed class FrameFile : IDisposable
{
    public const ushort FormatVersion = 1;

    private readonly IFileLayer files;
    private readonly string path;
    private readonly IOpenFile file;
    private readonly ulong seed;
    private ulong nextNumber;

    private FrameFile(IFileLayer files, string path, IOpenFile file, Incarnation incarnation, ulong nextNumber, long sizeBytes)
    {
        this.files = files;
        this.path = path;
        this.file = file;
        Incarnation = incarnation;
        seed = FrameFormat.Seed(incarnation);
        this.nextNumber = nextNumber;
        SizeBytes = sizeBytes;
    }

    public Incarnation Incarnation { get; }

    public long SizeBytes { get; private set; }

    /// <summary>Makes the file anew with a checkpoint, replacing what was there; durable when it returns.</summary>
    public static FrameFile Create(IFileLayer files, string path, Incarnation incarnation, ReadOnlySpan<byte> checkpoint)
    {
        var work = path + ".new";
        files.Unlink(work);
        var frame = FrameFormat.Frame(checkpoint, 0, FrameFormat.Seed(incarnation));
        var file = files.Open(work, FileOpenMode.CreateNew);
        try
        {
            file.Write(FrameFormat.Header(incarnation), 0);
            file.Write(frame, FrameFormat.HeaderBytes);
            file.Sync();
            files.Rename(work, path);
            files.SyncDirectory(Path.GetDirectoryName(path)!);
            return new FrameFile(files, path, file, incarnation, 1, FrameFormat.HeaderBytes + frame.Length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file that was read as usable; what follows its last good frame is cut off, durably.</summary>
    public static FrameFile Continue(IFileLayer files, string path, FrameFileContent content)
    {
        var file = files.Open(path, FileOpenMode.ReadWrite);
        try
        {
            if (file.Stat().SizeBytes != content.ValidBytes)
            {
                file.SetLength(content.ValidBytes);
            }

            // Also when nothing was cut: a frame that was read may have been written by a process that died before its flush.
            file.Sync();

            // And the name: that process may have died between the rename of a new file and the flush of its directory. A power cut would then bring
            // back the file before it, and with it forget every vote written from here on.
            files.SyncDirectory(Path.GetDirectoryName(path)!);
            return new FrameFile(files, path, file, content.Incarnation, (ulong)content.Frames.Count, content.ValidBytes);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Size of the file with one more flush batch.</summary>
    public long SizeWith(ReadOnlySpan<byte> content) => SizeBytes + FrameFormat.FrameHeaderBytes + content.Length;

    /// <summary>Writes one flush batch behind all earlier ones; durable when it returns. After a failure the file must not be used any more.</summary>
    public void Append(ReadOnlySpan<byte> content)
    {
        var frame = FrameFormat.Frame(content, nextNumber, seed);
        file.Write(frame, SizeBytes);
        file.Sync();
        nextNumber++;
        SizeBytes += frame.Length;
    }

    /// <summary>Replaces the file by one with this checkpoint; the old one ends its life here.</summary>
    public FrameFile Replace(Incarnation incarnation, ReadOnlySpan<byte> checkpoint)
    {
        var next = Create(files, path, incarnation, checkpoint);
        Dispose();
        return next;
    }

    public void Dispose() => file.Dispose();
}
