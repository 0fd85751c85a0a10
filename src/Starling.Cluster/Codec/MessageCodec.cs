using System.Collections.Immutable;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Codec;
using Starling.Protocol.Consensus;
using Starling.Protocol.Membership;
using Starling.Protocol.Node;
using Starling.Protocol.Ownership;

namespace Starling.Cluster.Codec;

/// <summary>
/// Bytes of messages: a number for the kind, then the fields in the order of the record. Numbers are never used again for something else.
/// </summary>
internal static class MessageCodec
{
    public static void Write(CodecWriter writer, Message message)
    {
        if (!WriteConsensus(writer, message) && !WriteLeader(writer, message) && !WriteBootstrap(writer, message)
            && !OperationMessageCodec.Write(writer, message))
        {
            throw new NotSupportedException($"no bytes are defined for {message.GetType().Name}");
        }
    }

    /// <exception cref="CodecException">Unknown kind, or damaged.</exception>
    public static Message Read(ref CodecReader reader)
    {
        var kind = reader.Byte();
        return ReadConsensus(kind, ref reader) ?? ReadLeader(kind, ref reader) ?? ReadBootstrap(kind, ref reader)
            ?? OperationMessageCodec.Read(kind, ref reader)
            ?? throw reader.Error($"message kind {kind} is not known: it may come from a newer build");
    }

    private static bool WriteConsensus(CodecWriter writer, Message message)
    {
        switch (message)
        {
            case PreVoteRequest m:
                writer.Byte(1);
                writer.VarInt64(m.Term);
                writer.VarInt64(m.LastIndex);
                writer.VarInt64(m.LastTerm);
                writer.VarInt64(m.Round);
                return true;
            case PreVoteResponse m:
                writer.Byte(2);
                writer.VarInt64(m.Term);
                writer.Bool(m.Granted);
                writer.VarInt64(m.Round);
                return true;
            case VoteRequest m:
                writer.Byte(3);
                writer.VarInt64(m.Term);
                writer.VarInt64(m.LastIndex);
                writer.VarInt64(m.LastTerm);
                writer.Bool(m.Transfer);
                return true;
            case VoteResponse m:
                writer.Byte(4);
                writer.VarInt64(m.Term);
                writer.Bool(m.Granted);
                return true;
            case AppendRequest m:
                writer.Byte(5);
                writer.VarInt64(m.Term);
                writer.VarInt64(m.PreviousIndex);
                writer.VarInt64(m.PreviousTerm);
                writer.Entries(m.Entries.AsSpan());
                writer.VarInt64(m.CommitIndex);
                writer.VarInt64(m.Acknowledged);
                writer.VarInt64(m.Round);
                return true;
            case AppendResponse m:
                writer.Byte(6);
                writer.VarInt64(m.Term);
                writer.Bool(m.Success);
                writer.VarInt64(m.Index);
                writer.VarInt64(m.Round);
                writer.VarInt64(m.LastIndex);
                return true;
            case HeartbeatRequest m:
                writer.Byte(7);
                writer.VarInt64(m.Term);
                writer.VarInt64(m.CommitIndex);
                writer.VarInt64(m.Acknowledged);
                writer.VarInt64(m.Round);
                return true;
            case HeartbeatResponse m:
                writer.Byte(8);
                writer.VarInt64(m.Term);
                writer.VarInt64(m.Round);
                writer.VarInt64(m.LastIndex);
                return true;
            case TimeoutNow m:
                writer.Byte(9);
                writer.VarInt64(m.Term);
                return true;
            case SnapshotRequest m:
                writer.Byte(10);
                writer.VarInt64(m.Term);
                writer.VarInt64(m.Index);
                writer.VarInt64(m.IndexTerm);
                writer.Voters(m.Voters);
                writer.VarInt64(m.Number);
                writer.VarInt64(m.Count);
                WritePart(writer, m.Part);
                return true;
            case SnapshotResponse m:
                writer.Byte(11);
                writer.VarInt64(m.Term);
                writer.VarInt64(m.Index);
                writer.VarInt64(m.NextNumber);
                return true;
            default:
                return false;
        }
    }

    private static Message? ReadConsensus(byte kind, ref CodecReader reader) => kind switch
    {
        1 => new PreVoteRequest(reader.VarInt64(), reader.VarInt64(), reader.VarInt64(), reader.VarInt64()),
        2 => new PreVoteResponse(reader.VarInt64(), reader.Bool(), reader.VarInt64()),
        3 => new VoteRequest(reader.VarInt64(), reader.VarInt64(), reader.VarInt64(), reader.Bool()),
        4 => new VoteResponse(reader.VarInt64(), reader.Bool()),
        5 => new AppendRequest(reader.VarInt64(), reader.VarInt64(), reader.VarInt64(), reader.Entries(), reader.VarInt64(), reader.VarInt64(), reader.VarInt64()),
        6 => new AppendResponse(reader.VarInt64(), reader.Bool(), reader.VarInt64(), reader.VarInt64(), reader.VarInt64()),
        7 => new HeartbeatRequest(reader.VarInt64(), reader.VarInt64(), reader.VarInt64(), reader.VarInt64()),
        8 => new HeartbeatResponse(reader.VarInt64(), reader.VarInt64(), reader.VarInt64()),
        9 => new TimeoutNow(reader.VarInt64()),
        10 => new SnapshotRequest(reader.VarInt64(), reader.VarInt64(), reader.VarInt64(), reader.Voters(), reader.Int32(), reader.Int32(), ReadPart(ref reader)),
        11 => new SnapshotResponse(reader.VarInt64(), reader.VarInt64(), reader.Int32()),
        _ => null,
    };

    private static bool WriteLeader(CodecWriter writer, Message message)
    {
        switch (message)
        {
            case ProposeRequest m:
                writer.Byte(12);
                writer.VarInt64(m.Number);
                writer.VarInt64(m.Term);
                CommandCodec.Write(writer, m.Command);
                return true;
            case ProposeResponse m:
                writer.Byte(13);
                writer.VarInt64(m.Number);
                writer.VarInt64(m.Index);
                writer.VarInt64(m.Term);
                writer.Error(m.Error);
                return true;
            case ReadIndexRequest m:
                writer.Byte(14);
                writer.VarInt64(m.Number);
                return true;
            case ReadIndexResponse m:
                writer.Byte(15);
                writer.VarInt64(m.Number);
                writer.VarInt64(m.Index ?? -1);
                return true;
            case TransferRequest m:
                writer.Byte(16);
                writer.VarInt64(m.Number);
                writer.Node(m.Target);
                return true;
            case TransferResponse m:
                writer.Byte(17);
                writer.VarInt64(m.Number);
                writer.Error(m.Error);
                return true;
            case JoinRequest m:
                // A process that supports nothing new says so in the words of builds that did not know of levels.
                writer.Byte(m.FeatureLevel == 0 ? (byte)18 : (byte)37);
                writer.Identity(m.Identity);
                writer.Facts(m.Facts);
                if (m.FeatureLevel != 0)
                {
                    writer.VarInt64(m.FeatureLevel);
                    writer.VarInt64(m.Answers);
                }

                return true;
            case JoinResponse m:
                writer.Byte(m.Question == 0 ? (byte)19 : (byte)39);
                writer.Bool(m.Accepted);
                writer.String(m.Reason);
                writer.Strings(m.Addresses);
                if (m.Question != 0)
                {
                    writer.VarInt64(m.Question);
                }

                return true;
            case ProbeRequest m:
                writer.Byte(20);
                writer.VarInt64(m.Number);
                writer.Node(m.Expected);
                return true;
            case ProbeResponse m:
                writer.Byte(21);
                writer.VarInt64(m.Number);
                return true;
            case IndirectProbeRequest m:
                writer.Byte(22);
                writer.VarInt64(m.Number);
                writer.Node(m.Subject);
                writer.String(m.Address);
                return true;
            case IndirectProbeResponse m:
                writer.Byte(23);
                writer.VarInt64(m.Number);
                writer.Node(m.Subject);
                return true;
            case LeaseRequest m:
                writer.Byte(24);
                writer.VarInt64(m.Number);
                return true;
            case LeaseResponse m:
                writer.Byte(25);
                writer.VarInt64(m.Number);
                writer.Bool(m.Granted);
                writer.VarInt64(m.Index);
                return true;
            default:
                return false;
        }
    }

    private static Message? ReadLeader(byte kind, ref CodecReader reader) => kind switch
    {
        12 => new ProposeRequest(reader.VarInt64(), reader.VarInt64(), CommandCodec.Read(ref reader)),
        13 => new ProposeResponse(reader.VarInt64(), reader.VarInt64(), reader.VarInt64(), reader.Error()),
        14 => new ReadIndexRequest(reader.VarInt64()),
        15 => new ReadIndexResponse(reader.VarInt64(), Optional(reader.VarInt64())),
        16 => new TransferRequest(reader.VarInt64(), reader.Node()),
        17 => new TransferResponse(reader.VarInt64(), reader.Error()),
        18 => new JoinRequest(reader.Identity(), reader.Facts()),
        19 => new JoinResponse(reader.Bool(), reader.String(), reader.Strings()),
        20 => new ProbeRequest(reader.VarInt64(), reader.Node()),
        21 => new ProbeResponse(reader.VarInt64()),
        22 => new IndirectProbeRequest(reader.VarInt64(), reader.Node(), reader.String()),
        23 => new IndirectProbeResponse(reader.VarInt64(), reader.Node()),
        24 => new LeaseRequest(reader.VarInt64()),
        37 => new JoinRequest(reader.Identity(), reader.Facts()) { FeatureLevel = reader.Int32(), Answers = reader.VarInt64() },
        39 => new JoinResponse(reader.Bool(), reader.String(), reader.Strings()) { Question = reader.VarInt64() },
        25 => new LeaseResponse(reader.VarInt64(), reader.Bool(), reader.VarInt64()),
        _ => null,
    };

    private static bool WriteBootstrap(CodecWriter writer, Message message)
    {
        switch (message)
        {
            case DiscoverRequest m:
                writer.Byte(26);
                writer.Facts(m.Facts);
                writer.VarInt64(m.Expect);
                writer.Bool(m.Free);
                writer.Strings(m.Known);
                return true;
            case DiscoverResponse m:
                writer.Byte(27);
                writer.Facts(m.Facts);
                writer.VarInt64(m.Expect);
                writer.Bool(m.Free);
                writer.Strings(m.Known);
                return true;
            case ConsentRequest m:
                writer.Byte(28);
                writer.Proposal(m.Proposal);
                return true;
            case ConsentResponse m:
                writer.Byte(29);
                writer.UInt128(m.ProposalId);
                writer.Bool(m.Granted);
                writer.String(m.Reason);
                return true;
            case ProposalStatusRequest m:
                writer.Byte(30);
                writer.UInt128(m.ProposalId);
                return true;
            case ProposalStatus m:
                writer.Byte(31);
                writer.UInt128(m.ProposalId);
                writer.Byte((byte)m.Phase);
                return true;
            default:
                return false;
        }
    }

    private static Message? ReadBootstrap(byte kind, ref CodecReader reader) => kind switch
    {
        26 => new DiscoverRequest(reader.Facts(), reader.Int32(), reader.Bool(), reader.Strings()),
        27 => new DiscoverResponse(reader.Facts(), reader.Int32(), reader.Bool(), reader.Strings()),
        28 => new ConsentRequest(reader.Proposal()),
        29 => new ConsentResponse(reader.UInt128(), reader.Bool(), reader.String()),
        30 => new ProposalStatusRequest(reader.UInt128()),
        31 => new ProposalStatus(reader.UInt128(), (BootstrapPhase)reader.Choice(4, "phase")),
        _ => null,
    };

    private static void WritePart(CodecWriter writer, SnapshotPart part)
    {
        if (part.State is not null)
        {
            throw new NotSupportedException("a snapshot that travels as an object has no bytes: give the node a snapshot codec");
        }

        writer.Bytes(part.Bytes.AsSpan());
    }

    private static SnapshotPart ReadPart(ref CodecReader reader) => new(ImmutableArray.Create(reader.Bytes()), null);

    private static long? Optional(long value) => value < 0 ? null : value;
}
