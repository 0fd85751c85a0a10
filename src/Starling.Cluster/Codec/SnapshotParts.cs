using System.Collections.Immutable;
using Starling.Protocol.Codec;
using Starling.Protocol.Consensus;
using Starling.Protocol.State;

namespace Starling.Cluster.Codec;

/// <summary>Cuts an encoded state into parts for the wire and joins them again.</summary>
internal sealed class SnapshotParts : ISnapshotCodec
{
    public const int PartBytes = 256 * 1024;

    public ImmutableArray<SnapshotPart> Split(ClusterState state)
    {
        var bytes = StateCodec.Encode(state);
        var parts = ImmutableArray.CreateBuilder<SnapshotPart>();
        for (var at = 0; at < bytes.Length || at == 0; at += PartBytes)
        {
            var length = Math.Min(PartBytes, bytes.Length - at);
            parts.Add(new SnapshotPart(ImmutableArray.Create(bytes, at, length), null));
        }

        return parts.DrainToImmutable();
    }

    public ClusterState? Join(ImmutableArray<SnapshotPart> parts)
    {
        var bytes = new byte[parts.Sum(part => (long)part.Bytes.Length)];
        var at = 0;
        foreach (var part in parts)
        {
            part.Bytes.CopyTo(bytes, at);
            at += part.Bytes.Length;
        }

        try
        {
            return StateCodec.Decode(bytes);
        }
        catch (CodecException)
        {
            // Damaged on the way: the core asks for it again.
            return null;
        }
    }
}
