using System.Buffers.Binary;
using Starling.Core.Errors;
using Starling.Core.Hashing;
using Starling.Protocol.Identity;
using Starling.Storage.Files;

namespace Starling.Cluster.Log;

/// <summary>In which condition a control log was found (rule A7).</summary>
internal enum LogCondition
{
    /// <summary>There is no file.</summary>
    Missing,

    /// <summary>Whole, or only the last flush batch is bad, which an ordinary crash leaves behind: usable.</summary>
    Usable,

    /// <summary>Something that had been flushed is gone: the log is lost, and with it the incarnation.</summary>
    Lost,
}

/// <summary>What was read from a <see cref="FrameFile"/>.</summary>
internal sealed record FrameFileContent
{
    /// <summary>A file is read as a whole: one that is larger is refused, and none is written that would be.</summary>
    public const long MaxFileBytes = 1 << 30;

    public required LogCondition Condition { get; init; }

    /// <summary>What is wrong; empty when nothing is.</summary>
    public string Problem { get; init; } = string.Empty;

    public Incarnation Incarnation { get; init; }

    public IReadOnlyList<byte[]> Frames { get; init; } = [];

    /// <summary>Length up to the end of the last good frame.</summary>
    public long ValidBytes { get; init; }

    /// <summary>Reads the file and decides in which condition it is.</summary>
    /// <exception cref="StoreException">Corrupt: a newer build wrote it; it is left as it is.</exception>
    public static FrameFileContent Read(IFileLayer files, string path)
    {
        if (ReadAll(files, path) is not { } bytes)
        {
            return new FrameFileContent { Condition = LogCondition.Missing };
        }

        if (bytes.Length < FrameFormat.HeaderBytes || !bytes.AsSpan(0, 8).SequenceEqual(FrameFormat.Magic))
        {
            return Lost("its header is missing");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        if (XxHash64Seeded.Hash(bytes.AsSpan(0, 32), 0) != BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(32)))
        {
            return Lost("its header is damaged");
        }

        if (version > FrameFile.FormatVersion)
        {
            throw new StoreException(
                ErrorCode.Corrupt, $"control log \"{path}\" has format version {version}, this build knows up to {FrameFile.FormatVersion}: start a newer build");
        }

        return ReadFrames(bytes, new Incarnation(BinaryPrimitives.ReadUInt128LittleEndian(bytes.AsSpan(16))));
    }

    private static FrameFileContent ReadFrames(byte[] bytes, Incarnation incarnation)
    {
        var seed = FrameFormat.Seed(incarnation);
        var frames = new List<byte[]>();
        var at = FrameFormat.HeaderBytes;
        while (at < bytes.Length && FrameFormat.TryRead(bytes.AsSpan(at), seed, out var number, out var content) && number == (ulong)frames.Count)
        {
            frames.Add(content.ToArray());
            at += FrameFormat.FrameHeaderBytes + content.Length;
        }

        if (frames.Count == 0)
        {
            return Lost("its checkpoint is damaged");
        }

        if (LaterFrame(bytes, at, seed) is { } later)
        {
            return Lost($"flush batch {frames.Count} at offset {at} is damaged, although a later one at offset {later} is whole");
        }

        return new FrameFileContent
        {
            Condition = LogCondition.Usable,
            Problem = at == bytes.Length ? string.Empty : $"the last {bytes.Length - at} bytes were an unfinished flush batch and are cut off",
            Incarnation = incarnation,
            Frames = frames,
            ValidBytes = at,
        };
    }

    /// <summary>Offset of a whole frame anywhere behind the good part, or null.</summary>
    private static int? LaterFrame(byte[] bytes, int from, ulong seed)
    {
        Span<byte> mark = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(mark, FrameFormat.FrameMark);
        for (var at = from; at < bytes.Length;)
        {
            var next = bytes.AsSpan(at).IndexOf(mark);
            if (next < 0)
            {
                return null;
            }

            at += next;
            if (FrameFormat.TryRead(bytes.AsSpan(at), seed, out _, out _))
            {
                return at;
            }

            at++;
        }

        return null;
    }

    private static byte[]? ReadAll(IFileLayer files, string path)
    {
        using var file = files.TryOpenRead(path);
        if (file is null)
        {
            return null;
        }

        var size = file.Stat().SizeBytes;
        if (size > MaxFileBytes)
        {
            throw new StoreException(ErrorCode.Corrupt, $"control log \"{path}\" has {size} bytes, more than it ever has: this is not a control log");
        }

        var bytes = new byte[size];
        var at = 0;
        while (at < bytes.Length && file.Read(bytes.AsSpan(at), at) is > 0 and var count)
        {
            at += count;
        }

        return at == bytes.Length ? bytes : bytes[..at];
    }

    private static FrameFileContent Lost(string problem) => new() { Condition = LogCondition.Lost, Problem = problem };
}
