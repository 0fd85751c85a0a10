using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Codec;

/// <summary>Bytes of commands: a tag that is never used again, the request id, the seen index, the fields.</summary>
public static class CommandCodec
{
    private const byte OriginTag = 255;
    private const byte AdmitWithLevelTag = 30;

    /// <summary>
    /// Longest encoding of a command that is taken into the log, bytes: many times what the largest change of the configuration or of a bucket needs. Bounds the
    /// log, which is read as a whole at every start.
    /// </summary>
    public const int MaxBytes = 64 << 10;

    /// <summary>The same for the start of an operation, which carries what the leader observed of every member, some 60 bytes each: enough for 10,000 of them.</summary>
    public const int MaxOperationBytes = 1 << 20;

    /// <summary>Why a command is too large for the log; null when it is not.</summary>
    public static StoreError? TooLarge(Command command)
    {
        var counter = new ByteCounter();
        Write(new CodecWriter(counter), command);
        var limit = command is StartOperation ? MaxOperationBytes : MaxBytes;
        return counter.CountBytes <= limit
            ? null
            : new StoreError(
                ErrorCode.TooLarge,
                $"this change takes {counter.CountBytes} bytes in the log of the cluster, {limit} are allowed; nothing was changed: shorten its values, or make it in several steps");
    }

    /// <summary>Writes one command.</summary>
    /// <exception cref="ArgumentException">The command has no encoding.</exception>
    public static void Write(CodecWriter writer, Command command)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(command);
        if (command.Origin is { } origin)
        {
            // A prefix, so that commands without it keep their bytes.
            writer.Byte(OriginTag);
            writer.String(origin.By);
            writer.VarInt64(origin.AtNs);
            writer.String(origin.Why);
        }

        writer.Byte(TagOf(command));
        writer.String(command.RequestId);
        writer.VarInt64(command.SeenIndex);
        if (command is not ISimulatedCommand)
        {
            WriteFields(writer, command);
        }
    }

    /// <summary>Reads one command.</summary>
    /// <exception cref="CodecException">The bytes are no command that this build knows.</exception>
    public static Command Read(ref CodecReader reader)
    {
        var tag = reader.Byte();
        Origin? origin = null;
        if (tag == OriginTag)
        {
            origin = new Origin(reader.String(), reader.VarInt64(), reader.String());
            tag = reader.Byte();
        }

        var requestId = reader.String();
        var seenIndex = reader.VarInt64();
        return ReadFields(ref reader, tag) with { RequestId = requestId, SeenIndex = seenIndex, Origin = origin };
    }

    private static byte TagOf(Command command) => command switch
    {
        FormCluster => 1,
        AdmitNode { FeatureLevel: 0 } => 2,
        AdmitNode => AdmitWithLevelTag,
        UpdateNodeAddresses => 3,
        CommitSession => 4,
        RecordStop => 5,
        ActivateTargets => 6,
        MarkFenced => 7,
        MarkClean { StartedIndex: 0, Receivers.IsEmpty: true } => 8,
        CreateBucket => 9,
        DestroyBucket => 10,
        SetBucketProps => 11,
        ResetBucketProps => 12,
        SetConfig => 13,
        ResetConfig => 14,
        SetFeatureLevel => 15,
        ISimulatedCommand => 0,
        _ => OperationCommandCodec.TagOf(command) ?? throw new ArgumentException($"command {command.GetType().Name} has no encoding", nameof(command)),
    };

    private static void WriteFields(CodecWriter writer, Command command)
    {
        switch (command)
        {
            case FormCluster c:
                writer.String(c.ClusterId);
                writer.VarInt64(c.CreatedNs);
                WriteMembers(writer, c.Members);
                writer.String(c.Config.Json);
                break;
            case AdmitNode c:
                WriteAdmission(writer, c);
                if (c.FeatureLevel != 0)
                {
                    writer.VarInt64(c.FeatureLevel);
                }

                break;
            case UpdateNodeAddresses c:
                writer.Member(c.Member);
                WriteKnown(writer, c.Seen);
                writer.Addresses(c.Addresses);
                break;
            case CommitSession c:
                writer.Member(c.Member);
                writer.UInt128(c.Session.Value);
                writer.UInt128(c.Previous.Value);
                writer.String(c.HostBootId);
                writer.LockFiles(c.LockFiles);
                writer.Strings(c.MountpathIds);
                writer.Byte((byte)c.PreviousEnd);
                break;
            case RecordStop c:
                writer.Node(c.Id);
                writer.UInt128(c.Session.Value);
                break;
            case ActivateTargets c:
                WriteActivation(writer, c);
                break;
            case MarkFenced c:
                writer.Node(c.Id);
                writer.UInt128(c.Session.Value);
                writer.VarInt64(c.Epoch);
                writer.Byte((byte)c.Ground);
                break;
            case MarkClean { StartedIndex: 0, Receivers.IsEmpty: true } c:
                writer.Node(c.Id);
                writer.UInt128(c.Session.Value);
                writer.VarInt64(c.Epoch);
                break;
            case SetConfig c:
                writer.String(c.PatchJson);
                writer.VarInt64(c.SeenVersion);
                break;
            case ResetConfig c:
                writer.VarInt64(c.SeenVersion);
                writer.String(c.Defaults.Json);
                break;
            case SetFeatureLevel c:
                writer.VarInt64(c.SeenLevel);
                writer.VarInt64(c.Level);
                writer.Nodes(c.Supporting);
                break;
            default:
                WriteBucketFields(writer, command);
                break;
        }
    }

    private static void WriteBucketFields(CodecWriter writer, Command command)
    {
        switch (command)
        {
            case CreateBucket c:
                writer.Bucket(c.Bucket);
                writer.String(c.PropsPatchJson);
                writer.VarInt64(c.CreatedNs);
                break;
            case DestroyBucket c:
                writer.Bucket(c.Bucket);
                writer.VarUInt64(c.BucketId);
                break;
            case SetBucketProps c:
                writer.Bucket(c.Bucket);
                writer.VarUInt64(c.BucketId);
                writer.String(c.PropsPatchJson);
                break;
            case ResetBucketProps c:
                writer.Bucket(c.Bucket);
                writer.VarUInt64(c.BucketId);
                break;
            default:
                OperationCommandCodec.Write(writer, command);
                break;
        }
    }

    private static Command ReadFields(ref CodecReader reader, byte tag) => tag switch
    {
        1 => new FormCluster(reader.String(), reader.VarInt64(), ReadMembers(ref reader)) { Config = new ClusterConfig(reader.String()) },
        2 => ReadAdmission(ref reader),
        3 => new UpdateNodeAddresses(reader.Member(), ReadKnown(ref reader), reader.Addresses()),
        4 => new CommitSession(reader.Member(), new SessionId(reader.UInt128()), new SessionId(reader.UInt128()))
        {
            HostBootId = reader.String(),
            LockFiles = reader.LockFiles(),
            MountpathIds = reader.Strings(),
            PreviousEnd = (PreviousSessionEnd)reader.Choice(3, "end of the previous session"),
        },
        5 => new RecordStop(reader.Node(), new SessionId(reader.UInt128())),
        6 => ReadActivation(ref reader),
        7 => new MarkFenced(reader.Node(), new SessionId(reader.UInt128()), reader.VarInt64(), (FenceGround)reader.Choice(3, "ground of a fence")),
        8 => new MarkClean(reader.Node(), new SessionId(reader.UInt128()), reader.VarInt64()),
        9 => new CreateBucket(reader.Bucket(), reader.String(), reader.VarInt64()),
        10 => new DestroyBucket(reader.Bucket(), reader.VarUInt64()),
        11 => new SetBucketProps(reader.Bucket(), reader.VarUInt64(), reader.String()),
        12 => new ResetBucketProps(reader.Bucket(), reader.VarUInt64()),
        13 => new SetConfig(reader.String(), reader.VarInt64()),
        14 => new ResetConfig(reader.VarInt64()) { Defaults = new ClusterConfig(reader.String()) },
        15 => new SetFeatureLevel(reader.Int32(), reader.Int32(), reader.Nodes()),
        AdmitWithLevelTag => ReadAdmission(ref reader) with { FeatureLevel = reader.Int32() },
        _ => OperationCommandCodec.Read(ref reader, tag) ?? throw reader.Error($"command tag {tag} is not known: it was written by a newer build"),
    };

    private static void WriteMembers(CodecWriter writer, ImmutableArray<FoundingMember> members)
    {
        writer.Count(members.Length);
        foreach (var member in members)
        {
            writer.Node(member.Id);
            writer.Byte((byte)member.Role);
            writer.UInt128(member.Incarnation.Value);
            writer.Addresses(member.Addresses);
            writer.Bool(member.Electable);
        }
    }

    private static ImmutableArray<FoundingMember> ReadMembers(ref CodecReader reader)
    {
        var members = ImmutableArray.CreateBuilder<FoundingMember>();
        for (var left = reader.Count(); left > 0; left--)
        {
            members.Add(new FoundingMember(
                reader.Node(),
                (NodeRole)reader.Choice(2, "role"),
                new Incarnation(reader.UInt128()),
                reader.Addresses(),
                reader.Bool()));
        }

        return members.DrainToImmutable();
    }

    private static void WriteKnown(CodecWriter writer, KnownNode known)
    {
        writer.UInt128(known.Incarnation.Value);
        writer.Addresses(known.Addresses);
        writer.Bool(known.StillAnswers);
    }

    private static KnownNode ReadKnown(ref CodecReader reader) => new(new Incarnation(reader.UInt128()), reader.Addresses(), reader.Bool());

    private static void WriteAdmission(CodecWriter writer, AdmitNode command)
    {
        writer.Node(command.Id);
        writer.Byte((byte)command.Role);
        writer.UInt128(command.Incarnation.Value);
        writer.Addresses(command.Addresses);
        writer.Bool(command.Electable);
        writer.VarInt64(command.Weight);
        writer.Bool(command.Known is not null);
        if (command.Known is { } known)
        {
            WriteKnown(writer, known);
        }
    }

    private static AdmitNode ReadAdmission(ref CodecReader reader) =>
        new(reader.Node(), (NodeRole)reader.Choice(2, "role"), new Incarnation(reader.UInt128()), reader.Addresses())
        {
            Electable = reader.Bool(),
            Weight = reader.Int32(),
            Known = reader.Bool() ? ReadKnown(ref reader) : null,
        };

    private static void WriteActivation(CodecWriter writer, ActivateTargets command)
    {
        writer.VarInt64(command.SeenEpoch);
        writer.Ready(command.Targets);
    }

    private static ActivateTargets ReadActivation(ref CodecReader reader) => new(reader.VarInt64(), reader.Ready());
}
