using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>
/// A running target says which mountpaths it has now: one was lost, came back, or was added (rule B10). Whoever counted on the old ones sees it in the state
/// (rule A20).
/// </summary>
/// <param name="Id">The target.</param>
/// <param name="Session">Its committed session.</param>
/// <param name="Present">Ids of the mountpaths that it has, sorted.</param>
public sealed record RecordMountpaths(NodeId Id, SessionId Session, ImmutableArray<string> Present) : Command
{
    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if ((OperationChecks.NotKnown(state) ?? Refusals.NotThisSession(state, Id, Session)) is { } refusal)
        {
            return refusal;
        }

        return state.Node(Id)!.Role == NodeRole.Target ? null : new StoreError(ErrorCode.Invalid, $"node {Id} is a gateway: it has no mountpaths");
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var entry = state.Node(Id)!;
        return IsShown(entry) ? state : state.WithNodeQuietly(entry with
        {
            MountpathIds = [.. entry.MountpathIds.Union(Present, StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            LostMountpathIds = [.. entry.MountpathIds.Except(Present, StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        });
    }

    /// <summary>Whether the entry says so already.</summary>
    internal bool IsShown(NodeEntry entry) => entry.Session == Session && entry.MountpathIds.Except(entry.LostMountpathIds, StringComparer.Ordinal).Order(StringComparer.Ordinal).SequenceEqual(Present, StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool Equals(RecordMountpaths? other) => other is not null && base.Equals(other) && Id == other.Id && Session == other.Session && Present.AsSpan().SequenceEqual(other.Present.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Id, Session, Present.Length);
}
