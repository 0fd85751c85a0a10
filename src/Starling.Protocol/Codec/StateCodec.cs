using System.Buffers;
using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Codec;

/// <summary>Bytes of a whole committed state: snapshots in the control log and on the wire. Equal states have equal bytes.</summary>
public static class StateCodec
{
    /// <summary>The format that is written, and the newest that is read.</summary>
    public const ushort FormatVersion = 1;

    /// <summary>Encodes a state.</summary>
    public static byte[] Encode(ClusterState state)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        Write(new CodecWriter(buffer), state);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Decodes a state that fills the bytes.</summary>
    /// <exception cref="CodecException">The bytes are no state, or of a newer format.</exception>
    public static ClusterState Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new CodecReader(bytes, "snapshot");
        var state = Read(ref reader);
        reader.End();
        return state;
    }

    /// <summary>Writes a state, its format version first.</summary>
    public static void Write(CodecWriter writer, ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(state);
        writer.UInt16(FormatVersion);
        writer.String(state.ClusterId);
        writer.VarInt64(state.CreatedNs);
        writer.VarInt64(state.AppliedIndex);
        writer.VarInt64(state.AppliedTerm);
        writer.VarInt64(state.FeatureLevel);
        writer.Count(state.Nodes.Count);
        foreach (var node in state.Nodes.Values)
        {
            WriteNode(writer, node);
        }

        writer.Voters(state.Voters);
        writer.Bool(state.Leader is not null);
        if (state.Leader is { } leader)
        {
            writer.Identity(leader.Identity);
            writer.VarInt64(leader.Term);
            writer.Bool(leader.IsGateway);
        }

        WriteEpochs(writer, state.Epochs);
        writer.Count(state.Buckets.Count);
        foreach (var bucket in state.Buckets.Values)
        {
            writer.VarUInt64(bucket.Id);
            writer.Bucket(bucket.Name);
            writer.String(bucket.Props.Json);
            writer.VarInt64(bucket.CreatedNs);
        }

        writer.VarUInt64(state.NextBucketId);
        writer.String(state.Config.Json);
        writer.VarInt64(state.Versions.Smap);
        writer.VarInt64(state.Versions.Bmd);
        writer.VarInt64(state.Versions.Rmd);
        writer.VarInt64(state.Versions.Conf);
        WriteRequests(writer, state.Requests);
    }

    /// <summary>Reads a state.</summary>
    /// <exception cref="CodecException">The bytes are no state, or of a newer format.</exception>
    public static ClusterState Read(ref CodecReader reader)
    {
        reader.FormatVersion(FormatVersion);
        return new ClusterState
        {
            ClusterId = reader.String(),
            CreatedNs = reader.VarInt64(),
            AppliedIndex = reader.VarInt64(),
            AppliedTerm = reader.VarInt64(),
            FeatureLevel = reader.Int32(),
            Nodes = ReadNodes(ref reader),
            Voters = reader.Voters(),
            Leader = reader.Bool() ? new LeaderInfo(reader.Identity(), reader.VarInt64(), reader.Bool()) : null,
            Epochs = ReadEpochs(ref reader),
            Buckets = ReadBuckets(ref reader),
            NextBucketId = reader.VarUInt64(),
            Config = new ClusterConfig(reader.Document()),
            Versions = new MetadataVersions(reader.VarInt64(), reader.VarInt64(), reader.VarInt64(), reader.VarInt64()),
            Requests = ReadRequests(ref reader),
        };
    }

    private static void WriteNode(CodecWriter writer, NodeEntry node)
    {
        writer.Node(node.Id);
        writer.Byte((byte)node.Role);
        writer.UInt128(node.Incarnation.Value);
        writer.Addresses(node.Addresses);
        writer.Bool(node.Electable);
        writer.Byte((byte)node.State);
        writer.VarInt64(node.Weight);
        writer.UInt128(node.Session.Value);
        writer.VarInt64(node.SessionIndex);
        writer.Bool(node.StoppedInOrder);
        writer.String(node.HostBootId);
        writer.LockFiles(node.LockFiles);
        writer.Strings(node.MountpathIds);
        writer.Strings(node.LostMountpathIds);
        writer.VarInt64(node.Fenced);
        writer.VarInt64(node.Clean);
        writer.VarInt64(node.JoinedIndex);
    }

    private static ImmutableSortedDictionary<NodeId, NodeEntry> ReadNodes(ref CodecReader reader)
    {
        var nodes = ImmutableSortedDictionary.CreateBuilder<NodeId, NodeEntry>();
        for (var left = reader.Count(); left > 0; left--)
        {
            var node = new NodeEntry(reader.Node(), (NodeRole)reader.Choice(2, "role"), new Incarnation(reader.UInt128()), reader.Addresses())
            {
                Electable = reader.Bool(),
                State = (AdminState)reader.Choice(5, "administrative state"),
                Weight = reader.Int32(),
                Session = new SessionId(reader.UInt128()),
                SessionIndex = reader.VarInt64(),
                StoppedInOrder = reader.Bool(),
                HostBootId = reader.String(),
                LockFiles = reader.LockFiles(),
                MountpathIds = reader.Strings(),
                LostMountpathIds = reader.Strings(),
                Fenced = reader.VarInt64(),
                Clean = reader.VarInt64(),
                JoinedIndex = reader.VarInt64(),
            };
            nodes[node.Id] = node;
        }

        return nodes.ToImmutable();
    }

    private static void WriteEpochs(CodecWriter writer, ImmutableArray<PlacementEpoch> epochs)
    {
        writer.Count(epochs.Length);
        foreach (var epoch in epochs)
        {
            writer.VarInt64(epoch.Number);
            writer.Count(epoch.Targets.Length);
            for (var i = 0; i < epoch.Targets.Length; i++)
            {
                writer.Node(epoch.Targets[i]);
                writer.VarInt64(epoch.Weights[i]);
            }
        }
    }

    private static ImmutableArray<PlacementEpoch> ReadEpochs(ref CodecReader reader)
    {
        var epochs = ImmutableArray.CreateBuilder<PlacementEpoch>();
        for (var left = reader.Count(); left > 0; left--)
        {
            var number = reader.VarInt64();
            if (epochs.Count > 0 && number != epochs[^1].Number + 1)
            {
                throw reader.Error($"epoch {number} follows epoch {epochs[^1].Number}");
            }

            epochs.Add(ReadEpoch(ref reader, number));
        }

        return epochs.Count > 0 ? epochs.DrainToImmutable() : throw reader.Error("there is no epoch");
    }

    private static PlacementEpoch ReadEpoch(ref CodecReader reader, long number)
    {
        var targets = ImmutableArray.CreateBuilder<NodeId>();
        var weights = ImmutableArray.CreateBuilder<int>();
        for (var left = reader.Count(); left > 0; left--)
        {
            var id = reader.Node();
            if (targets.Count > 0 && targets[^1] >= id)
            {
                throw reader.Error($"epoch {number}: targets are not sorted at {id}");
            }

            targets.Add(id);
            weights.Add(reader.Int32());
        }

        return new PlacementEpoch(number, targets.DrainToImmutable(), weights.DrainToImmutable());
    }

    private static ImmutableSortedDictionary<BucketName, BucketEntry> ReadBuckets(ref CodecReader reader)
    {
        var buckets = ImmutableSortedDictionary.CreateBuilder<BucketName, BucketEntry>();
        for (var left = reader.Count(); left > 0; left--)
        {
            var entry = new BucketEntry(reader.VarUInt64(), reader.Bucket(), new BucketProps(reader.Document()), reader.VarInt64());
            buckets[entry.Name] = entry;
        }

        return buckets.ToImmutable();
    }

    private static void WriteRequests(CodecWriter writer, RequestMemory requests)
    {
        writer.VarInt64(requests.ForgottenThrough);
        writer.Count(requests.Count);
        foreach (var (id, outcome) in requests.OldestFirst())
        {
            writer.String(id);
            writer.VarInt64(outcome.Index);
            writer.Error(outcome.Error);
            writer.String(outcome.Result);
        }
    }

    private static RequestMemory ReadRequests(ref CodecReader reader)
    {
        var forgottenThrough = reader.VarInt64();
        var remembered = new List<KeyValuePair<string, CommandOutcome>>();
        for (var left = reader.Count(); left > 0; left--)
        {
            remembered.Add(new(reader.String(), new CommandOutcome(reader.VarInt64(), reader.Error(), reader.String())));
        }

        return RequestMemory.Restore(remembered, forgottenThrough);
    }
}
