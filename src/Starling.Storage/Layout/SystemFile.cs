using System.Buffers.Binary;
using Starling.Core.Errors;
using Starling.Core.Hashing;
using Starling.Storage.Files;

namespace Starling.Storage.Layout;

/// <summary>
/// Small metadata files: framed (magic, format version, kind, length, checksum) and replaced atomically. Whoever reads one gets what was written last and
/// flushed, or an error that names the file; never half a file.
/// </summary>
/// <remarks>Frame, little-endian: "STRLSYS1" | format version u16 | kind u16 | content length u32 | XXH64 of the content, seeded with the XXH64 (seed 0) of all before | content.</remarks>
public static class SystemFile
{
    /// <summary>Largest content, bytes.</summary>
    public const int MaxContentBytes = 64 << 20;

    private const int HeaderBytes = 24;
    private const ushort FormatVersion = 1;

    private static ReadOnlySpan<byte> Magic => "STRLSYS1"u8;

    /// <summary>Writes the file: work file beside it, flush, rename, flush of the directory. Afterwards it survives a power cut.</summary>
    /// <param name="files">The file layer.</param>
    /// <param name="path">Absolute path; its directory exists and is durable.</param>
    /// <param name="kind">What the file is for; a reader that expects another kind refuses it.</param>
    /// <param name="content">At most <see cref="MaxContentBytes"/>.</param>
    /// <exception cref="FileLayerException">The disk refused.</exception>
    public static void Write(IFileLayer files, string path, ushort kind, ReadOnlySpan<byte> content)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(path);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, MaxContentBytes);
        var frame = new byte[HeaderBytes + content.Length];
        Magic.CopyTo(frame);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(8), FormatVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(10), kind);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(12), (uint)content.Length);
        content.CopyTo(frame.AsSpan(HeaderBytes));
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(16), Checksum(frame));

        var work = path + ".new";
        files.Unlink(work);
        using (var file = files.Open(work, FileOpenMode.CreateNew))
        {
            file.Write(frame, 0);
            file.Sync();
        }

        files.Rename(work, path);
        files.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Reads the content; null when the file does not exist.</summary>
    /// <exception cref="StoreException">Corrupt: damaged, of another kind, or written by a newer version; the message names the file and the remedy.</exception>
    /// <exception cref="FileLayerException">The disk refused.</exception>
    public static byte[]? Read(IFileLayer files, string path, ushort kind)
    {
        ArgumentNullException.ThrowIfNull(files);
        using var file = files.TryOpenRead(path);
        if (file is null)
        {
            return null;
        }

        var size = file.Stat().SizeBytes;
        if (size is < HeaderBytes or > HeaderBytes + MaxContentBytes)
        {
            throw Damaged(path, $"its length of {size} bytes is impossible");
        }

        var frame = new byte[size];
        for (var at = 0; at < frame.Length;)
        {
            var count = file.Read(frame.AsSpan(at), at);
            at += count > 0 ? count : throw Damaged(path, "it ends early");
        }

        if (!frame.AsSpan(0, 8).SequenceEqual(Magic))
        {
            throw Damaged(path, "it does not begin with the mark of a system file");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(frame.AsSpan(8));
        if (version > FormatVersion)
        {
            throw new StoreException(ErrorCode.Corrupt, $"system file \"{path}\" has format version {version}, this build knows up to {FormatVersion}: start a newer build");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(12)) != frame.Length - HeaderBytes
            || BinaryPrimitives.ReadUInt64LittleEndian(frame.AsSpan(16)) != Checksum(frame))
        {
            throw Damaged(path, "its checksum does not match");
        }

        var found = BinaryPrimitives.ReadUInt16LittleEndian(frame.AsSpan(10));
        return found == kind ? frame[HeaderBytes..] : throw Damaged(path, $"it is of kind {found}, not {kind}");
    }

    private static ulong Checksum(ReadOnlySpan<byte> frame) =>
        XxHash64Seeded.Hash(frame[HeaderBytes..], XxHash64Seeded.Hash(frame[..16], 0));

    private static StoreException Damaged(string path, string why) =>
        new(ErrorCode.Corrupt, $"system file \"{path}\" is damaged: {why}; restore it from another copy, or move it away if this node may start afresh");
}
