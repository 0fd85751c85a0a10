using Starling.Protocol.Codec;
using Starling.Protocol.Node;
using Starling.Protocol.Operations;

namespace Starling.Cluster.Codec;

/// <summary>Bytes of the messages about operations: kinds 32 to 36, and 38.</summary>
internal static class OperationMessageCodec
{
    public static bool Write(CodecWriter writer, Message message)
    {
        switch (message)
        {
            case CleanReport m:
                writer.Byte(32);
                writer.VarInt64(m.Epoch);
                writer.VarInt64(m.StartedIndex);
                writer.Nodes(m.Receivers);
                writer.VarInt64(m.OpenUploads);
                return true;
            case SummaryReport m:
                writer.Byte(33);
                writer.Summary(m.Summary);
                return true;
            case EraseReport m:
                writer.Byte(34);
                writer.VarInt64(m.Operation);
                return true;
            case SafetyRequest m:
                writer.Byte(35);
                writer.VarInt64(m.Number);
                writer.Node(m.Subject);
                return true;
            case SafetyResponse m:
                writer.Byte(36);
                writer.VarInt64(m.Number);
                writer.Verdict(m.Verdict);
                return true;
            case MembershipEnded m:
                writer.Byte(38);
                writer.VarInt64(m.Operation);
                return true;
            default:
                return false;
        }
    }

    public static Message? Read(byte kind, ref CodecReader reader) => kind switch
    {
        32 => new CleanReport(reader.VarInt64(), reader.VarInt64(), reader.Nodes(), reader.Int32()),
        33 => new SummaryReport(reader.Summary()),
        34 => new EraseReport(reader.VarInt64()),
        35 => new SafetyRequest(reader.VarInt64(), reader.Node()),
        36 => new SafetyResponse(reader.VarInt64(), reader.Verdict()),
        38 => new MembershipEnded(reader.VarInt64()),
        _ => null,
    };
}
