using System.Collections.Immutable;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Codec;

/// <summary>Bytes of the commands about operations: tags 16 to 29, written from <see cref="State.FeatureLevels.Operations"/> on.</summary>
internal static class OperationCommandCodec
{
    public static byte? TagOf(Command command) => command switch
    {
        StartOperation => 16,
        AdvanceOperation => 17,
        BlockOperation => 18,
        CancelOperation => 19,
        CompleteDrain => 20,
        ReopenDrain => 21,
        DeclareLost => 22,
        AttestOff => 23,
        RemoveNode => 24,
        PermitErase => 25,
        ConfirmErased => 26,
        StopNode => 27,
        MarkClean => 28,
        RecordMountpaths => 29,
        _ => null,
    };

    public static void Write(CodecWriter writer, Command command)
    {
        switch (command)
        {
            case StartOperation c:
                writer.Byte((byte)c.Kind);
                writer.Nodes(c.Nodes);
                writer.Options(c.Options);
                writer.String(c.RequestedBy);
                writer.VarInt64(c.CreatedNs);
                WriteFacts(writer, c.Facts);
                break;
            case AdvanceOperation c:
                writer.VarInt64(c.Operation);
                writer.VarInt64(c.SeenVersion);
                writer.Byte((byte)c.To);
                writer.Ready(c.Ready);
                writer.Ready(c.Silent);
                break;
            case BlockOperation c:
                writer.VarInt64(c.Operation);
                writer.VarInt64(c.SeenVersion);
                writer.Block(c.Block);
                break;
            case CancelOperation c:
                writer.VarInt64(c.Operation);
                writer.String(c.By);
                break;
            case CompleteDrain c:
                writer.VarInt64(c.Operation);
                writer.VarInt64(c.SeenVersion);
                writer.Node(c.Node);
                writer.VarInt64(c.Epoch);
                writer.Ready(c.Heard);
                break;
            case MarkClean c:
                writer.Node(c.Id);
                writer.UInt128(c.Session.Value);
                writer.VarInt64(c.Epoch);
                writer.VarInt64(c.StartedIndex);
                writer.Nodes(c.Receivers);
                break;
            default:
                WriteNodeFields(writer, command);
                break;
        }
    }

    public static Command? Read(ref CodecReader reader, byte tag) => tag switch
    {
        16 => new StartOperation(reader.OperationKind(), reader.Nodes())
        {
            Options = reader.Options(),
            RequestedBy = reader.String(),
            CreatedNs = reader.VarInt64(),
            Facts = ReadFacts(ref reader),
        },
        17 => new AdvanceOperation(reader.VarInt64(), reader.VarInt64(), reader.OperationPhase()) { Ready = reader.Ready(), Silent = reader.Ready() },
        18 => new BlockOperation(reader.VarInt64(), reader.VarInt64(), reader.Block()),
        19 => new CancelOperation(reader.VarInt64(), reader.String()),
        20 => new CompleteDrain(reader.VarInt64(), reader.VarInt64(), reader.Node(), reader.VarInt64(), reader.Ready()),
        21 => new ReopenDrain(reader.Node(), new SessionId(reader.UInt128()), reader.Node()),
        22 => new DeclareLost(reader.Node(), new SessionId(reader.UInt128()), reader.VarInt64(), reader.Strings(), reader.String())
        {
            LeaseEnd = (PreviousSessionEnd)reader.Choice(3, "end of a lease"),
        },
        23 => new AttestOff(reader.Node(), new SessionId(reader.UInt128()), reader.String()),
        24 => new RemoveNode(reader.VarInt64(), reader.Node(), new Incarnation(reader.UInt128())),
        25 => new PermitErase(reader.VarInt64(), reader.Node(), new Incarnation(reader.UInt128())),
        26 => new ConfirmErased(reader.VarInt64(), reader.Node(), new Incarnation(reader.UInt128())),
        27 => new StopNode(reader.VarInt64(), reader.Node(), new SessionId(reader.UInt128())),
        28 => new MarkClean(reader.Node(), new SessionId(reader.UInt128()), reader.VarInt64()) { StartedIndex = reader.VarInt64(), Receivers = reader.Nodes() },
        29 => new RecordMountpaths(reader.Node(), new SessionId(reader.UInt128()), reader.Strings()),
        _ => null,
    };

    /// <summary>Targets with the sessions in which they were seen.</summary>
    public static void Ready(this CodecWriter writer, ImmutableArray<ReadyTarget> targets)
    {
        writer.Count(targets.Length);
        foreach (var target in targets)
        {
            writer.Node(target.Id);
            writer.UInt128(target.Session.Value);
        }
    }

    /// <summary>Targets with the sessions in which they were seen.</summary>
    public static ImmutableArray<ReadyTarget> Ready(this ref CodecReader reader)
    {
        var targets = ImmutableArray.CreateBuilder<ReadyTarget>();
        for (var left = reader.Count(); left > 0; left--)
        {
            targets.Add(new ReadyTarget(reader.Node(), new SessionId(reader.UInt128())));
        }

        return targets.DrainToImmutable();
    }

    private static void WriteNodeFields(CodecWriter writer, Command command)
    {
        switch (command)
        {
            case ReopenDrain c:
                writer.Node(c.Node);
                writer.UInt128(c.Session.Value);
                writer.Node(c.Receiver);
                break;
            case DeclareLost c:
                writer.Node(c.Target);
                writer.UInt128(c.Session.Value);
                writer.VarInt64(c.Epoch);
                writer.Strings(c.MountpathIds);
                writer.String(c.By);
                writer.Byte((byte)c.LeaseEnd);
                break;
            case AttestOff c:
                writer.Node(c.Node);
                writer.UInt128(c.Session.Value);
                writer.String(c.By);
                break;
            case RemoveNode c:
                writer.VarInt64(c.Operation);
                writer.Node(c.Node);
                writer.UInt128(c.Incarnation.Value);
                break;
            case PermitErase c:
                writer.VarInt64(c.Operation);
                writer.Node(c.Node);
                writer.UInt128(c.Incarnation.Value);
                break;
            case ConfirmErased c:
                writer.VarInt64(c.Operation);
                writer.Node(c.Node);
                writer.UInt128(c.Incarnation.Value);
                break;
            case RecordMountpaths c:
                writer.Node(c.Id);
                writer.UInt128(c.Session.Value);
                writer.Strings(c.Present);
                break;
            case StopNode c:
                writer.VarInt64(c.Operation);
                writer.Node(c.Node);
                writer.UInt128(c.Session.Value);
                break;
            default:
                throw new ArgumentException($"command {command.GetType().Name} has no encoding", nameof(command));
        }
    }

    private static void WriteFacts(CodecWriter writer, OperationFacts facts)
    {
        writer.VarInt64(facts.Epoch);
        writer.Count(facts.Nodes.Length);
        foreach (var fact in facts.Nodes)
        {
            writer.Node(fact.Id);
            writer.UInt128(fact.Session.Value);
            writer.Byte((byte)fact.Liveness);
            writer.VarInt64(fact.CapacityBytes);
            writer.VarInt64(fact.UsedBytes);
            writer.VarInt64(fact.Objects);
            writer.VarInt64(fact.Bytes);
            writer.Strings(fact.Jobs);
            writer.String(fact.Domain);
        }
    }

    private static OperationFacts ReadFacts(ref CodecReader reader)
    {
        var epoch = reader.VarInt64();
        var nodes = ImmutableArray.CreateBuilder<NodeFact>();
        for (var left = reader.Count(); left > 0; left--)
        {
            nodes.Add(new NodeFact(reader.Node(), new SessionId(reader.UInt128()), (Liveness)reader.Choice(4, "liveness"))
            {
                CapacityBytes = reader.VarInt64(),
                UsedBytes = reader.VarInt64(),
                Objects = reader.VarInt64(),
                Bytes = reader.VarInt64(),
                Jobs = reader.Strings(),
                Domain = reader.String(),
            });
        }

        return new OperationFacts(epoch, nodes.DrainToImmutable());
    }
}
