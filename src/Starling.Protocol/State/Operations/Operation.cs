using System.Collections.Immutable;
using System.Globalization;
using Starling.Core.Names;
using Starling.Protocol.Identity;

namespace Starling.Protocol.State.Operations;

/// <summary>One lifecycle operation as committed. Any leader continues it from this record alone (rule A17).</summary>
/// <param name="Id">Log index of the entry that started it.</param>
/// <param name="Kind">What it does.</param>
public sealed record Operation(long Id, OperationKind Kind)
{
    /// <summary>Its nodes with what is known of each, sorted by id.</summary>
    public ImmutableArray<OperationNode> Nodes { get; init; } = [];

    /// <summary>How it was asked for.</summary>
    public OperationOptions Options { get; init; } = OperationOptions.None;

    /// <summary>Who asked; for the record.</summary>
    public string RequestedBy { get; init; } = string.Empty;

    /// <summary>When it was asked for, nanoseconds since 1970 UTC, for display.</summary>
    public long CreatedNs { get; init; }

    /// <summary>Where it stands.</summary>
    public OperationPhase Phase { get; init; }

    /// <summary>Grows with every change of this record; commands name the one that they saw (rule A11).</summary>
    public long Version { get; init; } = 1;

    /// <summary>Log index of the newest change of <see cref="Phase"/>.</summary>
    public long PhaseIndex { get; init; }

    /// <summary>Number of its rebalance, <c>g</c> before it on the wire; 0: it has none.</summary>
    public long RebalanceId { get; init; }

    /// <summary>The epoch that was newest after its mark; 0 before.</summary>
    public long MarkEpoch { get; init; }

    /// <summary>Targets pass again that were clean before this log index; 0: who is clean need not.</summary>
    public long PassIndex { get; init; }

    /// <summary>Why it cannot go on, with the names of what blocks it (rule A19); null: nothing is in its way.</summary>
    public OperationBlock? Blocked { get; init; }

    /// <summary>How it ended, for display; empty while it runs.</summary>
    public string Ending { get; init; } = string.Empty;

    /// <summary>Its name in texts and paths.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"op{Id}");

    /// <summary>Whether it has ended.</summary>
    public bool IsFinished => Phase is OperationPhase.Done or OperationPhase.Cancelled;

    /// <summary>Whether it moves data: targets are to pass while it runs.</summary>
    public bool MovesData => RebalanceId != 0;

    /// <summary>Whether it can still be taken back: no permit to erase was given (rule A18).</summary>
    public bool MayBeCancelled => !IsFinished && Phase is not (OperationPhase.PermitErase or OperationPhase.Erased);

    /// <summary>The node of this id, or null.</summary>
    public OperationNode? Node(NodeId id)
    {
        foreach (var node in Nodes)
        {
            if (node.Id == id)
            {
                return node;
            }
        }

        return null;
    }

    /// <summary>Whether it concerns this node.</summary>
    public bool Names(NodeId id) => Node(id) is not null;

    /// <summary>Whether these are exactly its nodes, in whatever order.</summary>
    public bool NamesExactly(ImmutableArray<NodeId> ids) => ids.Length == Nodes.Length && ids.All(Names);

    /// <inheritdoc/>
    public bool Equals(Operation? other) => other is not null && Id == other.Id && Kind == other.Kind && Nodes.AsSpan().SequenceEqual(other.Nodes.AsSpan())
        && Options == other.Options && RequestedBy == other.RequestedBy && CreatedNs == other.CreatedNs && Phase == other.Phase && Version == other.Version
        && PhaseIndex == other.PhaseIndex && RebalanceId == other.RebalanceId && MarkEpoch == other.MarkEpoch && PassIndex == other.PassIndex
        && Blocked == other.Blocked && Ending == other.Ending;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Kind, Phase, Version);
}

/// <summary>One node of an operation: what it was before, and how far it is.</summary>
/// <param name="Id">The node.</param>
public sealed record OperationNode(NodeId Id)
{
    /// <summary>What a return restores.</summary>
    public NodeSnapshot Before { get; init; } = NodeSnapshot.None;

    /// <summary>The session that is told to stop (rule A18); none before the order.</summary>
    public SessionId StopSession { get; init; }

    /// <summary>The incarnation that may erase itself (rule A18); none before the permit.</summary>
    public Incarnation EraseIncarnation { get; init; }

    /// <summary>It has done what the operation wanted of it alone: stopped, removed or erased.</summary>
    public bool Ended { get; init; }
}

/// <summary>A node as it was when an operation began.</summary>
/// <param name="Epoch">The newest epoch then.</param>
/// <param name="State">Its administrative state.</param>
/// <param name="Electable">Whether it might lead.</param>
/// <param name="Voter">Whether it voted.</param>
/// <param name="Weight">Its share of names.</param>
/// <param name="MountpathIds">Its mountpaths, sorted.</param>
/// <param name="Labels">What it was labelled with, sorted; empty while nodes carry no labels.</param>
public sealed record NodeSnapshot(
    long Epoch, AdminState State, bool Electable, bool Voter, int Weight, ImmutableArray<string> MountpathIds, ImmutableArray<string> Labels)
{
    /// <summary>Nothing recorded.</summary>
    public static NodeSnapshot None { get; } = new(0, AdminState.Joining, false, false, 1, [], []);

    /// <inheritdoc/>
    public bool Equals(NodeSnapshot? other) => other is not null && Epoch == other.Epoch && State == other.State && Electable == other.Electable && Voter == other.Voter
        && Weight == other.Weight && MountpathIds.AsSpan().SequenceEqual(other.MountpathIds.AsSpan()) && Labels.AsSpan().SequenceEqual(other.Labels.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Epoch, State, Electable, Voter, Weight);
}
