using System.Buffers;
using Starling.Protocol.Codec;
using Starling.Protocol.Consensus;

namespace Starling.Cluster.Codec;

/// <summary>Contents of the frames of the control log: a checkpoint, or the batches of one flush.</summary>
internal static class BatchCodec
{
    private const ushort FormatVersion = 1;

    public static byte[] EncodeCheckpoint(RestoredState state)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        var writer = new CodecWriter(buffer);
        writer.UInt16(FormatVersion);
        writer.Snapshot(state.Snapshot);
        writer.HardState(state.HardState);
        writer.Bootstrap(state.Bootstrap);
        writer.Entries(state.Entries.AsSpan());
        return buffer.WrittenSpan.ToArray();
    }

    public static RestoredState DecodeCheckpoint(ReadOnlySpan<byte> bytes, Protocol.Identity.Incarnation incarnation)
    {
        var reader = new CodecReader(bytes, "checkpoint of the control log");
        reader.FormatVersion(FormatVersion);
        var state = new RestoredState
        {
            Incarnation = incarnation,
            Snapshot = reader.Snapshot(),
            HardState = reader.HardState(),
            Bootstrap = reader.Bootstrap(),
            Entries = reader.Entries(),
        };
        reader.End();
        return state;
    }

    /// <summary>Encodes batches that carry neither a snapshot nor an incarnation; those become checkpoints.</summary>
    public static byte[] EncodeBatches(IReadOnlyList<PersistBatch> batches)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        var writer = new CodecWriter(buffer);
        writer.UInt16(FormatVersion);
        writer.Count(batches.Count);
        foreach (var batch in batches)
        {
            writer.Bool(batch.HardState is not null);
            if (batch.HardState is { } hardState)
            {
                writer.HardState(hardState);
            }

            writer.VarInt64(batch.TruncateFrom);
            writer.Entries(batch.Entries.AsSpan());
            writer.Bool(batch.Bootstrap is not null);
            if (batch.Bootstrap is { } bootstrap)
            {
                writer.Bootstrap(bootstrap);
            }
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static List<PersistBatch> DecodeBatches(ReadOnlySpan<byte> bytes)
    {
        var reader = new CodecReader(bytes, "flush batch of the control log");
        reader.FormatVersion(FormatVersion);
        var batches = new List<PersistBatch>();
        for (var left = reader.Count(); left > 0; left--)
        {
            batches.Add(new PersistBatch
            {
                HardState = reader.Bool() ? reader.HardState() : null,
                TruncateFrom = reader.VarInt64(),
                Entries = reader.Entries(),
                Bootstrap = reader.Bool() ? reader.Bootstrap() : null,
            });
        }

        reader.End();
        return batches;
    }
}
