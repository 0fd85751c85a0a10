using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;

namespace Starling.Protocol.State.Operations;

/// <summary>What the leader observed of one node when an operation was asked for (rule A11).</summary>
/// <param name="Id">The node.</param>
/// <param name="Session">Its committed session then.</param>
/// <param name="Liveness">Whether the leader heard it.</param>
public sealed record NodeFact(NodeId Id, SessionId Session, Liveness Liveness)
{
    /// <summary>Size of its disks, bytes; 0: not known.</summary>
    public long CapacityBytes { get; init; }

    /// <summary>Bytes in use on its disks.</summary>
    public long UsedBytes { get; init; }

    /// <summary>Objects that are visible there; -1: not known.</summary>
    public long Objects { get; init; } = -1;

    /// <summary>Their bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>Jobs there that must not run beside a change of membership, by name.</summary>
    public ImmutableArray<string> Jobs { get; init; } = [];

    /// <summary>Failure domain that the node is labelled with; empty while nodes carry no labels.</summary>
    public string Domain { get; init; } = string.Empty;

    /// <inheritdoc/>
    public bool Equals(NodeFact? other) => other is not null && Id == other.Id && Session == other.Session && Liveness == other.Liveness && CapacityBytes == other.CapacityBytes
        && UsedBytes == other.UsedBytes && Objects == other.Objects && Bytes == other.Bytes && Jobs.AsSpan().SequenceEqual(other.Jobs.AsSpan()) && Domain == other.Domain;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Session, Liveness, Objects);
}

/// <summary>What the leader observed when an operation was asked for; travels in the command, so that what was decided by is on record (rule A11).</summary>
/// <param name="Epoch">The newest epoch then.</param>
/// <param name="Nodes">The members, sorted by id.</param>
public sealed record OperationFacts(long Epoch, ImmutableArray<NodeFact> Nodes)
{
    /// <summary>Nothing observed: the leader fills it in.</summary>
    public static OperationFacts None { get; } = new(-1, []);

    /// <summary>What was observed of a node, or null.</summary>
    public NodeFact? Of(NodeId id) => Nodes.FirstOrDefault(n => n.Id == id);

    /// <inheritdoc/>
    public bool Equals(OperationFacts? other) => other is not null && Epoch == other.Epoch && Nodes.AsSpan().SequenceEqual(other.Nodes.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Epoch, Nodes.Length);
}
