using System.Collections.Immutable;
using System.Globalization;
using Starling.Core.Errors;
using Starling.Protocol.Identity;

namespace Starling.Protocol.State.Commands;

/// <summary>Why the previous session of a target can hold no lease any more (rule B3).</summary>
public enum PreviousSessionEnd
{
    /// <summary>Not claimed: the state itself must show it (same lock files, stopped in order, or no session before).</summary>
    NotClaimed,

    /// <summary>The leader waited as rule B4 says since its last grant to that session.</summary>
    LeaseLapsed,

    /// <summary>An administrator attests that the old process is off.</summary>
    Attested,
}

/// <summary>A process of a member started: from here on only this session is leased (rule B3). Its log index is the <c>boot</c> of its record keys (rule B1).</summary>
/// <param name="Member">Whose.</param>
/// <param name="Session">The new session.</param>
/// <param name="Previous">The committed session that the proposer saw (compare-and-set).</param>
public sealed record CommitSession(Member Member, SessionId Session, SessionId Previous) : Command
{
    /// <summary>Boot id of the host.</summary>
    public string HostBootId { get; init; } = string.Empty;

    /// <summary>Lock files that the process holds, sorted; empty for gateways.</summary>
    public ImmutableArray<LockFile> LockFiles { get; init; } = [];

    /// <summary>Ids of the mountpaths that the process has, sorted; empty for gateways.</summary>
    public ImmutableArray<string> MountpathIds { get; init; } = [];

    /// <summary>What the leader knows of the previous session's lease.</summary>
    public PreviousSessionEnd PreviousEnd { get; init; }

    /// <inheritdoc/>
    public override bool AllowedToCaretaker => true;

    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (Refusals.NotThisIncarnation(state, Member) is { } refusal)
        {
            return refusal;
        }

        if (Session == SessionId.None)
        {
            return new StoreError(ErrorCode.Invalid, $"node {Member.Id}: session is empty: every process start makes one");
        }

        var entry = state.Node(Member.Id)!;
        if (entry.Session == Session)
        {
            return null;
        }

        if (entry.Session != Previous)
        {
            return new StoreError(ErrorCode.Conflict, $"node {Member.Id}: session {entry.Session} was committed meanwhile, not {Previous}: two processes of one id?");
        }

        return MayReplace(entry)
            ? null
            : new StoreError(ErrorCode.Unavailable, $"node {Member.Id}: its previous session may still hold a lease: wait until that has lapsed", RetryAfterMs: 5_000);
    }

    /// <summary>Whether the previous session is known to hold no lease, from the entry and this command alone (rule B3).</summary>
    public bool MayReplace(NodeEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry.Role == NodeRole.Gateway
            || entry.Session == SessionId.None
            || entry.StoppedInOrder
            || entry.AttestedOff
            || PreviousEnd != PreviousSessionEnd.NotClaimed
            || HoldsSameLocks(entry);
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var entry = state.Node(Member.Id)!;
        if (entry.Session == Session)
        {
            return state;
        }

        // An admitted target keeps every mountpath ever recorded (rule B10); one that holds nothing may come with any disks.
        var keeps = entry.HoldsIntegers && !(entry.State != AdminState.In && entry.Clean == state.Newest.Number);
        var recorded = keeps ? ImmutableArray.CreateRange(entry.MountpathIds.Union(MountpathIds, StringComparer.Ordinal).Order(StringComparer.Ordinal)) : MountpathIds;
        return state.WithNodeQuietly(entry with
        {
            Session = Session,
            SessionIndex = index,
            StoppedInOrder = false,
            AttestedOff = false,
            HostBootId = HostBootId,
            LockFiles = LockFiles,
            MountpathIds = recorded,
            LostMountpathIds = [.. recorded.Except(MountpathIds, StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        });
    }

    /// <inheritdoc/>
    public override string Result(ClusterState before, long index)
    {
        ArgumentNullException.ThrowIfNull(before);
        var entry = before.Node(Member.Id);
        return (entry?.Session == Session ? entry.SessionIndex : index).ToString(CultureInfo.InvariantCulture);
    }

    // The same files on the same boot of the same host: the kernel lets one process at a time hold them.
    // After a reboot, or on a clone of the disk elsewhere, equal numbers prove nothing.
    private bool HoldsSameLocks(NodeEntry entry) =>
        HostBootId.Length > 0 && HostBootId == entry.HostBootId && LockFiles.Length > 0 && LockFiles.AsSpan().SequenceEqual(entry.LockFiles.AsSpan());

    /// <inheritdoc/>
    public bool Equals(CommitSession? other) => other is not null && base.Equals(other) && Member == other.Member && Session == other.Session
        && Previous == other.Previous && HostBootId == other.HostBootId && PreviousEnd == other.PreviousEnd
        && LockFiles.AsSpan().SequenceEqual(other.LockFiles.AsSpan()) && MountpathIds.AsSpan().SequenceEqual(other.MountpathIds.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Member, Session, Previous);
}
