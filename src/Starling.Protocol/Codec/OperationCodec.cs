using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Operations;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Codec;

/// <summary>Bytes of operations and of what belongs to them, as extensions of the writer.</summary>
public static class OperationWriters
{
    /// <summary>Node ids in their order.</summary>
    public static void Nodes(this CodecWriter writer, ImmutableArray<NodeId> nodes)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Count(nodes.Length);
        foreach (var node in nodes)
        {
            writer.Node(node);
        }
    }

    /// <summary>How an operation was asked for.</summary>
    public static void Options(this CodecWriter writer, OperationOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(options);
        writer.Byte((byte)((options.NoRebalance ? 1 : 0) | (options.Cleanup ? 2 : 0) | (options.CleanupForce ? 4 : 0)));
        writer.Bool(options.RemoveUserData);
        writer.Bool(options.KeepInitialConfig);
        writer.Bool(options.NoShutdown);
        writer.Strings(options.Force);
        if (options.Cleanup)
        {
            writer.String(options.Scope);
        }
    }

    /// <summary>An obstacle, or that there is none.</summary>
    public static void Block(this CodecWriter writer, OperationBlock? block)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Bool(block is not null);
        if (block is not null)
        {
            writer.Byte((byte)block.Reason);
            writer.String(block.Text);
            writer.Strings(block.Names);
        }
    }

    /// <summary>A whole operation.</summary>
    public static void Operation(this CodecWriter writer, Operation operation)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(operation);
        writer.VarInt64(operation.Id);
        writer.Byte((byte)operation.Kind);
        writer.Count(operation.Nodes.Length);
        foreach (var node in operation.Nodes)
        {
            writer.Node(node.Id);
            writer.VarInt64(node.Before.Epoch);
            writer.Byte((byte)node.Before.State);
            writer.Bool(node.Before.Electable);
            writer.Bool(node.Before.Voter);
            writer.VarInt64(node.Before.Weight);
            writer.Strings(node.Before.MountpathIds);
            writer.Strings(node.Before.Labels);
            writer.UInt128(node.StopSession.Value);
            writer.UInt128(node.EraseIncarnation.Value);
            writer.Bool(node.Ended);
        }

        writer.Options(operation.Options);
        writer.String(operation.RequestedBy);
        writer.VarInt64(operation.CreatedNs);
        writer.Byte((byte)operation.Phase);
        writer.VarInt64(operation.Version);
        writer.VarInt64(operation.PhaseIndex);
        writer.VarInt64(operation.RebalanceId);
        writer.VarInt64(operation.MarkEpoch);
        writer.VarInt64(operation.PassIndex);
        writer.Block(operation.Blocked);
        writer.String(operation.Ending);
    }

    /// <summary>A declared loss.</summary>
    public static void Loss(this CodecWriter writer, DeclaredLoss loss)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(loss);
        writer.Node(loss.Target);
        writer.VarInt64(loss.Index);
        writer.VarInt64(loss.Epoch);
        writer.Strings(loss.MountpathIds);
        writer.String(loss.By);
    }

    /// <summary>A permit.</summary>
    public static void Permit(this CodecWriter writer, ErasePermit permit)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(permit);
        writer.Node(permit.Node);
        writer.UInt128(permit.Incarnation.Value);
        writer.VarInt64(permit.Operation);
        writer.VarInt64(permit.Index);
        writer.Bool(permit.RemoveUserData);
        writer.Bool(permit.KeepInitialConfig);
        writer.Bool(permit.NoShutdown);
    }

    /// <summary>A target's summary.</summary>
    public static void Summary(this CodecWriter writer, PassSummary summary)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(summary);
        writer.VarInt64(summary.Epoch);
        writer.VarInt64(summary.VisitedObjects);
        writer.VarInt64(summary.MovedObjects);
        writer.VarInt64(summary.MovedBytes);
        writer.VarInt64(summary.VerifiedObjects);
        writer.Bool(summary.Verifying);
        writer.VarInt64(summary.Objects);
        writer.VarInt64(summary.Bytes);
        writer.VarInt64(summary.CapacityBytes);
        writer.VarInt64(summary.UsedBytes);
        writer.VarInt64(summary.ErrorCount);
        writer.Strings(summary.ErrorNames);
        writer.Nodes(summary.FullReceivers);
        writer.Nodes(summary.SilentReceivers);
        writer.Strings(summary.Jobs);
    }

    /// <summary>Committed changes in their order.</summary>
    public static void Journal(this CodecWriter writer, ImmutableList<JournalEntry> journal)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(journal);
        writer.Count(journal.Count);
        foreach (var entry in journal)
        {
            writer.VarInt64(entry.Index);
            writer.VarInt64(entry.AtNs);
            writer.String(entry.By);
            writer.String(entry.What);
            writer.String(entry.Why);
        }
    }

    /// <summary>A verdict.</summary>
    public static void Verdict(this CodecWriter writer, SafetyVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(verdict);
        writer.Byte((byte)verdict.Safety);
        writer.Strings(verdict.Reasons);
        writer.Nodes(verdict.Names);
    }
}

/// <summary>The same values as extensions of the reader.</summary>
public static class OperationReaders
{
    private const int Kinds = 7;
    private const int Phases = 13;
    private const int BlockReasons = 8;

    /// <summary>Node ids in their order.</summary>
    public static ImmutableArray<NodeId> Nodes(this ref CodecReader reader)
    {
        var nodes = ImmutableArray.CreateBuilder<NodeId>();
        for (var left = reader.Count(); left > 0; left--)
        {
            nodes.Add(reader.Node());
        }

        return nodes.DrainToImmutable();
    }

    /// <summary>How an operation was asked for.</summary>
    public static OperationOptions Options(this ref CodecReader reader)
    {
        var bits = reader.Choice(8, "options of an operation");
        var options = new OperationOptions
        {
            NoRebalance = (bits & 1) != 0,
            Cleanup = (bits & 2) != 0,
            CleanupForce = (bits & 4) != 0,
            RemoveUserData = reader.Bool(),
            KeepInitialConfig = reader.Bool(),
            NoShutdown = reader.Bool(),
            Force = reader.Strings(),
        };
        return options.Cleanup ? options with { Scope = reader.String() } : options;
    }

    /// <summary>An obstacle, or null.</summary>
    public static OperationBlock? Block(this ref CodecReader reader) =>
        reader.Bool() ? new OperationBlock((BlockReason)reader.Choice(BlockReasons, "reason of a block"), reader.String(), reader.Strings()) : null;

    /// <summary>The kind of an operation.</summary>
    public static OperationKind OperationKind(this ref CodecReader reader) => (OperationKind)reader.Choice(Kinds, "kind of an operation");

    /// <summary>The phase of an operation.</summary>
    public static OperationPhase OperationPhase(this ref CodecReader reader) => (OperationPhase)reader.Choice(Phases, "phase of an operation");

    /// <summary>A whole operation.</summary>
    public static Operation Operation(this ref CodecReader reader) => new(reader.VarInt64(), reader.OperationKind())
    {
        Nodes = ReadNodes(ref reader),
        Options = reader.Options(),
        RequestedBy = reader.String(),
        CreatedNs = reader.VarInt64(),
        Phase = reader.OperationPhase(),
        Version = reader.VarInt64(),
        PhaseIndex = reader.VarInt64(),
        RebalanceId = reader.VarInt64(),
        MarkEpoch = reader.VarInt64(),
        PassIndex = reader.VarInt64(),
        Blocked = reader.Block(),
        Ending = reader.String(),
    };

    /// <summary>A declared loss.</summary>
    public static DeclaredLoss Loss(this ref CodecReader reader) => new(reader.Node(), reader.VarInt64(), reader.VarInt64(), reader.Strings(), reader.String());

    /// <summary>A permit.</summary>
    public static ErasePermit Permit(this ref CodecReader reader) =>
        new(reader.Node(), new Incarnation(reader.UInt128()), reader.VarInt64(), reader.VarInt64(), reader.Bool(), reader.Bool(), reader.Bool());

    /// <summary>A target's summary.</summary>
    public static PassSummary Summary(this ref CodecReader reader) => new()
    {
        Epoch = reader.VarInt64(),
        VisitedObjects = reader.VarInt64(),
        MovedObjects = reader.VarInt64(),
        MovedBytes = reader.VarInt64(),
        VerifiedObjects = reader.VarInt64(),
        Verifying = reader.Bool(),
        Objects = reader.VarInt64(),
        Bytes = reader.VarInt64(),
        CapacityBytes = reader.VarInt64(),
        UsedBytes = reader.VarInt64(),
        ErrorCount = reader.VarInt64(),
        ErrorNames = reader.Strings(),
        FullReceivers = reader.Nodes(),
        SilentReceivers = reader.Nodes(),
        Jobs = reader.Strings(),
    };

    /// <summary>A verdict.</summary>
    public static SafetyVerdict Verdict(this ref CodecReader reader) => new((Safety)reader.Choice(3, "verdict"), reader.Strings(), reader.Nodes());

    /// <summary>Committed changes in their order.</summary>
    public static ImmutableList<JournalEntry> Journal(this ref CodecReader reader)
    {
        var journal = ImmutableList.CreateBuilder<JournalEntry>();
        for (var left = reader.Count(); left > 0; left--)
        {
            journal.Add(new JournalEntry(reader.VarInt64(), reader.VarInt64(), reader.String(), reader.String(), reader.String()));
        }

        return journal.ToImmutable();
    }

    private static ImmutableArray<OperationNode> ReadNodes(ref CodecReader reader)
    {
        var nodes = ImmutableArray.CreateBuilder<OperationNode>();
        for (var left = reader.Count(); left > 0; left--)
        {
            var id = reader.Node();
            nodes.Add(new OperationNode(id)
            {
                Before = new NodeSnapshot(
                    reader.VarInt64(), (AdminState)reader.Choice(5, "administrative state"), reader.Bool(), reader.Bool(), reader.Int32(), reader.Strings(), reader.Strings()),
                StopSession = new SessionId(reader.UInt128()),
                EraseIncarnation = new Incarnation(reader.UInt128()),
                Ended = reader.Bool(),
            });
        }

        return nodes.DrainToImmutable();
    }
}
