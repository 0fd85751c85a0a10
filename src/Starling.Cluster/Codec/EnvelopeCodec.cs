using System.Buffers;
using Starling.Protocol.Codec;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;

namespace Starling.Cluster.Codec;

/// <summary>Bytes of envelopes: one request between nodes carries a list of them.</summary>
internal static class EnvelopeCodec
{
    /// <summary>From format 2 on every envelope says what its sender supports; format 1 is written while there is nothing to say.</summary>
    private const ushort FormatVersion = 2;

    public static byte[] Encode(IReadOnlyList<Envelope> envelopes)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        var writer = new CodecWriter(buffer);
        var version = envelopes.Any(envelope => envelope.FeatureLevel != 0) ? FormatVersion : (ushort)1;
        writer.UInt16(version);
        writer.Count(envelopes.Count);
        foreach (var envelope in envelopes)
        {
            Write(writer, envelope, version);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="CodecException">Not envelopes, or of a newer format.</exception>
    public static List<Envelope> Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new CodecReader(bytes, "control messages");
        var version = reader.FormatVersion(FormatVersion);
        var envelopes = new List<Envelope>();
        for (var left = reader.Count(); left > 0; left--)
        {
            envelopes.Add(Read(ref reader, version));
        }

        reader.End();
        return envelopes;
    }

    private static void Write(CodecWriter writer, Envelope envelope, ushort version)
    {
        writer.String(envelope.ClusterId);
        writer.Identity(envelope.From);
        writer.String(envelope.FromAddress);
        writer.Node(envelope.To);
        writer.UInt128(envelope.ToIncarnation.Value);
        writer.VarInt64(envelope.Epoch);
        writer.VarInt64(envelope.AppliedIndex);
        writer.Bool(envelope.Relay);
        writer.Bool(envelope.Relayed);
        if (version >= 2)
        {
            writer.VarInt64(envelope.FeatureLevel);
        }

        MessageCodec.Write(writer, envelope.Message);
    }

    private static Envelope Read(ref CodecReader reader, ushort version)
    {
        var (cluster, from, address) = (reader.String(), reader.Identity(), reader.String());
        var (to, incarnation) = (reader.Node(), new Incarnation(reader.UInt128()));
        var (epoch, applied) = (reader.VarInt64(), reader.VarInt64());
        var (relay, relayed) = (reader.Bool(), reader.Bool());
        var level = version >= 2 ? reader.Int32() : 0;
        return new Envelope(cluster, from, address, to, incarnation, epoch, applied, MessageCodec.Read(ref reader), relay, relayed) { FeatureLevel = level };
    }
}
