using System.Buffers;
using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Codec;

/// <summary>Bytes of a whole committed state: snapshots in the control log and on the wire. Equal states have equal bytes.</summary>
public static class StateCodec
{
    /// <summary>The newest format that is written and read. It is written once every member reads it (<see cref="FeatureLevels.Operations"/>).</summary>
    public const ushort FormatVersion = 2;

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
        var version = state.KnowsOperations ? FormatVersion : (ushort)1;
        writer.UInt16(version);
        writer.String(state.ClusterId);
        writer.VarInt64(state.CreatedNs);
        writer.VarInt64(state.AppliedIndex);
        writer.VarInt64(state.AppliedTerm);
        writer.VarInt64(state.FeatureLevel);
        writer.Count(state.Nodes.Count);
        foreach (var node in state.Nodes.Values)
        {
            WriteNode(writer, node, version);
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
        if (version >= 2)
        {
            WriteOperations(writer, state);
        }
    }

    /// <summary>Reads a state.</summary>
    /// <exception cref="CodecException">The bytes are no state, or of a newer format.</exception>
    public static ClusterState Read(ref CodecReader reader)
    {
        var version = reader.FormatVersion(FormatVersion);
        var state = new ClusterState
        {
            ClusterId = reader.String(),
            CreatedNs = reader.VarInt64(),
            AppliedIndex = reader.VarInt64(),
            AppliedTerm = reader.VarInt64(),
            FeatureLevel = ReadLevel(ref reader),
            Nodes = ReadNodes(ref reader, version),
            Voters = reader.Voters(),
            Leader = reader.Bool() ? new LeaderInfo(reader.Identity(), reader.VarInt64(), reader.Bool()) : null,
            Epochs = ReadEpochs(ref reader),
            Buckets = ReadBuckets(ref reader),
            NextBucketId = reader.VarUInt64(),
            Config = new ClusterConfig(reader.Document()),
            Versions = new MetadataVersions(reader.VarInt64(), reader.VarInt64(), reader.VarInt64(), reader.VarInt64()),
            Requests = ReadRequests(ref reader),
        };
        return version >= 2 ? ReadOperations(ref reader, state) : state;
    }

    private static int ReadLevel(ref CodecReader reader)
    {
        var level = reader.Int32();
        return level <= FeatureLevels.Highest ? level : throw reader.Error($"feature level {level} is newer than this build knows ({FeatureLevels.Highest}): use a newer build");
    }

    private static void WriteNode(CodecWriter writer, NodeEntry node, ushort version)
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
        if (version >= 2)
        {
            writer.Bool(node.AttestedOff);
            writer.VarInt64(node.CleanIndex);
            writer.Count(node.VerifiedBy.Length);
            foreach (var receiver in node.VerifiedBy)
            {
                writer.Node(receiver.Id);
                writer.UInt64(receiver.MountpathsDigest);
            }
        }
    }

    private static ImmutableSortedDictionary<NodeId, NodeEntry> ReadNodes(ref CodecReader reader, ushort version)
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
            nodes[node.Id] = version < 2 ? node : node with { AttestedOff = reader.Bool(), CleanIndex = reader.VarInt64(), VerifiedBy = ReadReceivers(ref reader) };
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

    private static ImmutableArray<VerifiedReceiver> ReadReceivers(ref CodecReader reader)
    {
        var receivers = ImmutableArray.CreateBuilder<VerifiedReceiver>();
        for (var left = reader.Count(); left > 0; left--)
        {
            receivers.Add(new VerifiedReceiver(reader.Node(), reader.UInt64()));
        }

        return receivers.DrainToImmutable();
    }

    private static void WriteOperations(CodecWriter writer, ClusterState state)
    {
        writer.Count(state.Operations.Count);
        foreach (var operation in state.Operations.Values)
        {
            writer.Operation(operation);
        }

        writer.Count(state.FinishedOperations.Count);
        foreach (var operation in state.FinishedOperations)
        {
            writer.Operation(operation);
        }

        writer.Count(state.Losses.Count);
        foreach (var loss in state.Losses.Values)
        {
            writer.Loss(loss);
        }

        writer.Count(state.ErasePermits.Count);
        foreach (var permit in state.ErasePermits.Values)
        {
            writer.Permit(permit);
        }

        writer.VarInt64(state.QuietThrough);
        writer.Journal(state.Journal);
    }

    private static ClusterState ReadOperations(ref CodecReader reader, ClusterState state)
    {
        var running = ImmutableSortedDictionary.CreateBuilder<long, Operation>();
        for (var left = reader.Count(); left > 0; left--)
        {
            var operation = reader.Operation();
            running[operation.Id] = operation;
        }

        var finished = ImmutableList.CreateBuilder<Operation>();
        for (var left = reader.Count(); left > 0; left--)
        {
            finished.Add(reader.Operation());
        }

        var losses = ImmutableSortedDictionary.CreateBuilder<NodeId, DeclaredLoss>();
        for (var left = reader.Count(); left > 0; left--)
        {
            var loss = reader.Loss();
            losses[loss.Target] = loss;
        }

        var permits = ImmutableSortedDictionary.CreateBuilder<Member, ErasePermit>();
        for (var left = reader.Count(); left > 0; left--)
        {
            var permit = reader.Permit();
            permits[new Member(permit.Node, permit.Incarnation)] = permit;
        }

        return state with
        {
            Operations = running.ToImmutable(),
            FinishedOperations = finished.ToImmutable(),
            Losses = losses.ToImmutable(),
            ErasePermits = permits.ToImmutable(),
            QuietThrough = reader.VarInt64(),
            Journal = reader.Journal(),
        };
    }
}
