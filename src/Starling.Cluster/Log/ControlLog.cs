using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Starling.Cluster.Codec;
using Starling.Core.Errors;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Codec;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Storage.Files;

namespace Starling.Cluster.Log;

/// <summary>
/// What a node must never forget: hard state, bootstrap record, snapshot and log entries. One file: a checkpoint, and behind it one frame per flush. A
/// snapshot, a new incarnation, or a file that has grown large makes a new file, renamed over the old one: at every moment exactly one is valid.
/// </summary>
internal sealed class ControlLog : IDisposable
{
    private const long MaxFileBytes = 64 << 20;

    private readonly List<LogEntry> entries;
    private readonly long maxFileBytes;
    private readonly long reopenBytes;
    private readonly string path;
    private FrameFile file;
    private RestoredState kept;
    private long checkpointBytes;

    private ControlLog(FrameFile file, string path, RestoredState restored, long maxFileBytes, long reopenBytes)
    {
        this.file = file;
        this.path = path;
        this.maxFileBytes = maxFileBytes;
        this.reopenBytes = reopenBytes;
        kept = restored with { Entries = [] };
        entries = [.. restored.Entries];
    }

    public Incarnation Incarnation => file.Incarnation;

    public long SizeBytes => file.SizeBytes;

    /// <summary>Opens the log, or begins a new one under a new incarnation when there is none or when something that had been flushed is gone (rule A7).</summary>
    /// <param name="files">The file layer.</param>
    /// <param name="path">Absolute path of the log; its directory exists.</param>
    /// <param name="hadLog">Whether this directory held a log before: its absence then is a loss, not a beginning.</param>
    /// <param name="draw">Draws a new incarnation.</param>
    /// <param name="log">Hears what was found.</param>
    /// <param name="restored">What the core starts from.</param>
    /// <param name="maxFileBytes">The file is written anew when it grows beyond this, bytes.</param>
    /// <param name="reopenBytes">The file never grows beyond this, bytes: a larger one would not be read again.</param>
    /// <exception cref="StoreException">A newer build wrote it: refused, and left as it is.</exception>
    public static ControlLog Open(
        IFileLayer files,
        string path,
        bool hadLog,
        Func<Incarnation> draw,
        ILogger log,
        out RestoredState restored,
        long maxFileBytes = MaxFileBytes,
        long reopenBytes = FrameFileContent.MaxFileBytes)
    {
        var content = FrameFileContent.Read(files, path);
        if (content.Problem.Length > 0)
        {
            log.LogWarning("control log {Path}: {Problem}", path, content.Problem);
        }

        if (content.Condition == LogCondition.Usable)
        {
            restored = Fold(content, path);
            return new ControlLog(FrameFile.Continue(files, path, content), path, restored, maxFileBytes, reopenBytes);
        }

        var incarnation = draw();
        restored = RestoredState.Fresh(incarnation) with { LogWasLost = hadLog || content.Condition == LogCondition.Lost };
        if (restored.LogWasLost)
        {
            log.LogError("control log {Path} is lost: this node is now incarnation {Incarnation} and has no vote until the leader admits it", path, incarnation);
        }

        if (content.Condition == LogCondition.Lost)
        {
            files.Rename(path, path + ".damaged");
        }

        return new ControlLog(FrameFile.Create(files, path, incarnation, BatchCodec.EncodeCheckpoint(restored)), path, restored, maxFileBytes, reopenBytes);
    }

    /// <summary>Makes the batches durable, in order, with one flush for as many as possible.</summary>
    /// <exception cref="FileLayerException">The disk refused; the log must not be used any more.</exception>
    /// <exception cref="StoreException">TooLarge: even written anew it could not be read again. The file on the disk stays as it was before the batch.</exception>
    public void Write(IReadOnlyList<PersistBatch> batches)
    {
        var from = 0;
        for (var i = 0; i < batches.Count; i++)
        {
            if (batches[i].Snapshot is null && batches[i].NewIncarnation is null)
            {
                continue;
            }

            Append(batches, from, i);
            Apply(batches[i]);
            Rewrite(batches[i].NewIncarnation ?? file.Incarnation);
            from = i + 1;
        }

        Append(batches, from, batches.Count);
    }

    public void Dispose() => file.Dispose();

    private void Append(IReadOnlyList<PersistBatch> batches, int from, int to)
    {
        if (from == to)
        {
            return;
        }

        var part = batches.Skip(from).Take(to - from).ToArray();
        foreach (var batch in part)
        {
            Apply(batch);
        }

        // A checkpoint that is large itself must not be written anew with every flush.
        var content = BatchCodec.EncodeBatches(part);
        if (file.SizeWith(content) > Math.Min(Math.Max(maxFileBytes, 2 * checkpointBytes), reopenBytes))
        {
            Rewrite(file.Incarnation);
        }
        else
        {
            file.Append(content);
        }
    }

    private void Rewrite(Incarnation incarnation)
    {
        var checkpoint = BatchCodec.EncodeCheckpoint(kept with { Entries = [.. entries] });
        var sizeBytes = FrameFormat.HeaderBytes + FrameFormat.FrameHeaderBytes + (long)checkpoint.Length;
        if (sizeBytes > reopenBytes)
        {
            throw new StoreException(
                ErrorCode.TooLarge,
                $"control log \"{path}\" would need {sizeBytes} bytes, {reopenBytes} can be read again at a start: it is left as it was; make the settings of the cluster or its buckets fewer through another member, then restart this node");
        }

        file = file.Replace(incarnation, checkpoint);
        checkpointBytes = file.SizeBytes;
    }

    private void Apply(PersistBatch batch)
    {
        if (batch.NewIncarnation is { } incarnation)
        {
            kept = RestoredState.Fresh(incarnation);
            entries.Clear();
        }

        kept = Apply(kept, entries, batch);
    }

    /// <summary>The state after a batch; the entries are changed in place. The order is that of the batch's properties.</summary>
    private static RestoredState Apply(RestoredState state, List<LogEntry> entries, PersistBatch batch)
    {
        if (batch.Snapshot is { } snapshot)
        {
            state = state with { Snapshot = snapshot };
            entries.RemoveAll(entry => entry.Index < batch.KeepFrom);
        }

        if (batch.TruncateFrom > 0)
        {
            entries.RemoveAll(entry => entry.Index >= batch.TruncateFrom);
        }

        entries.AddRange(batch.Entries);
        return state with { HardState = batch.HardState ?? state.HardState, Bootstrap = batch.Bootstrap ?? state.Bootstrap };
    }

    private static RestoredState Fold(FrameFileContent content, string path)
    {
        try
        {
            var state = BatchCodec.DecodeCheckpoint(content.Frames[0], content.Incarnation);
            var entries = new List<LogEntry>(state.Entries);
            foreach (var frame in content.Frames.Skip(1))
            {
                foreach (var batch in BatchCodec.DecodeBatches(frame))
                {
                    state = Apply(state, entries, batch);
                }
            }

            return state with { Entries = entries.ToImmutableArray() };
        }
        catch (CodecException error)
        {
            // The checksum is right, so these bytes were written like this: by a build that knows more, or by a bug. Either way they are not ours to drop.
            throw new StoreException(new StoreError(ErrorCode.Corrupt, $"control log \"{path}\" cannot be understood: {error.Message}"), error);
        }
    }
}
