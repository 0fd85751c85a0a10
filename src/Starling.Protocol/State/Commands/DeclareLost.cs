using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>
/// What a target held, or what some of its lost mountpaths held, is gone: an explicit command that leaves a record (rules B0, B10). A whole target must be
/// inactive, fenced at the newest epoch, and unable to hold a lease.
/// </summary>
/// <param name="Target">Whose data.</param>
/// <param name="Session">Its committed session as the proposer saw it; none when it never had one.</param>
/// <param name="Epoch">The newest epoch as the proposer saw it.</param>
/// <param name="MountpathIds">Lost mountpaths, sorted; empty: the whole target.</param>
/// <param name="By">Who said so, for the record.</param>
public sealed record DeclareLost(NodeId Target, SessionId Session, long Epoch, ImmutableArray<string> MountpathIds, string By) : Command
{
    /// <summary>What the leader knows of the session's lease; only <see cref="PreviousSessionEnd.LeaseLapsed"/> is a claim of its own.</summary>
    public PreviousSessionEnd LeaseEnd { get; init; }

    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if ((OperationChecks.NotKnown(state) ?? Refusals.NotMember(state, Target)) is { } refusal)
        {
            return refusal;
        }

        var entry = state.Node(Target)!;
        if (!entry.HoldsIntegers)
        {
            return new StoreError(ErrorCode.Conflict, $"node {Target} holds nothing that could be lost");
        }

        if (entry.Session != Session || state.Newest.Number != Epoch)
        {
            return new StoreError(ErrorCode.Conflict, $"target {Target} or the placement changed meanwhile (session {entry.Session}, epoch {state.Newest.Number}): look again");
        }

        return MountpathIds.IsEmpty ? RefuseWhole(state, entry) : RefuseMountpaths(entry);
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var entry = state.Node(Target)!;
        // Joining again it is new; a mountpath lost later replaces the record of this loss, and what is in quarantine stays there.
        var after = MountpathIds.IsEmpty
            ? entry with { Fenced = NodeEntry.NeverActive, Clean = NodeEntry.NeverActive, CleanIndex = 0, VerifiedBy = [], LostMountpathIds = [], MountpathIds = [], JoinedIndex = index }
            : entry with
            {
                MountpathIds = entry.MountpathIds.RemoveRange(MountpathIds, StringComparer.Ordinal),
                LostMountpathIds = entry.LostMountpathIds.RemoveRange(MountpathIds, StringComparer.Ordinal),
            };
        var next = state.WithNodeQuietly(after);
        return EpochChange.TrimChain(next with { Losses = next.Losses.SetItem(Target, new DeclaredLoss(Target, index, next.Newest.Number, MountpathIds, By)) });
    }

    /// <inheritdoc/>
    public bool Equals(DeclareLost? other) => other is not null && base.Equals(other) && Target == other.Target && Session == other.Session && Epoch == other.Epoch
        && MountpathIds.AsSpan().SequenceEqual(other.MountpathIds.AsSpan()) && By == other.By && LeaseEnd == other.LeaseEnd;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Target, Session, Epoch);

    private StoreError? RefuseWhole(ClusterState state, NodeEntry entry)
    {
        if (entry.State == AdminState.In)
        {
            return new StoreError(ErrorCode.Conflict, $"target {Target} is in service: take it out first");
        }

        if (entry.Fenced < state.Newest.Number)
        {
            return new StoreError(ErrorCode.Conflict, $"target {Target} may still commit under epoch {entry.Fenced}: wait, or attest that it is off");
        }

        return entry.StoppedInOrder || entry.AttestedOff || entry.Session == SessionId.None || LeaseEnd == PreviousSessionEnd.LeaseLapsed
            ? null
            : new StoreError(ErrorCode.Conflict, $"target {Target} may still hold a lease: wait until it has lapsed, or attest that it is off");
    }

    private StoreError? RefuseMountpaths(NodeEntry entry)
    {
        var present = MountpathIds.FirstOrDefault(id => !entry.LostMountpathIds.Contains(id, StringComparer.Ordinal));
        return present is null ? null : new StoreError(ErrorCode.Conflict, $"mountpath {present} of target {Target} is not missing");
    }
}
