using System.Collections.Immutable;
using System.Text;
using Starling.Core.Hashing;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State;

/// <summary>One committed member. Liveness is not here (rule A15).</summary>
/// <param name="Id">Its name; the integers, the mountpath ids and the administrative state belong to it, whatever the incarnation (rule B0).</param>
/// <param name="Role">Gateway or target.</param>
/// <param name="Incarnation">Its control log (rule A7).</param>
/// <param name="Addresses">Where it listens; gossip, not identity (rule A8).</param>
public sealed record NodeEntry(NodeId Id, NodeRole Role, Incarnation Incarnation, NodeAddresses Addresses)
{
    /// <summary>Value of <see cref="Fenced"/> and <see cref="Clean"/> of a node that was never active in an epoch.</summary>
    public const long NeverActive = -1;

    /// <summary>Whether a gateway may become the ordinary leader; false for targets.</summary>
    public bool Electable { get; init; }

    /// <summary>Administrative state, changed by commands only.</summary>
    public AdminState State { get; init; } = AdminState.Joining;

    /// <summary>Share of names relative to other targets, at least 1.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>The committed session (rule B3); none until the first.</summary>
    public SessionId Session { get; init; }

    /// <summary>Log index at which <see cref="Session"/> was committed: the <c>boot</c> of its record keys. 0 without a session.</summary>
    public long SessionIndex { get; init; }

    /// <summary>The committed session reported that it stops in order: it holds no lease any more.</summary>
    public bool StoppedInOrder { get; init; }

    /// <summary>An administrator attests that the committed session's process is off (rule B4): it holds no lease and never gets one again.</summary>
    public bool AttestedOff { get; init; }

    /// <summary>Boot id of the host that the session runs on.</summary>
    public string HostBootId { get; init; } = string.Empty;

    /// <summary>Lock files that the session holds, sorted.</summary>
    public ImmutableArray<LockFile> LockFiles { get; init; } = [];

    /// <summary>Every mountpath id that belongs to the node, sorted.</summary>
    public ImmutableArray<string> MountpathIds { get; init; } = [];

    /// <summary>Recorded mountpaths that the committed session does not have, sorted (rule B10): while there are any, absent is <i>unknown</i>.</summary>
    public ImmutableArray<string> LostMountpathIds { get; init; } = [];

    /// <summary>Never passes the commit check below this epoch again (rule B4); <see cref="NeverActive"/> before its first epoch.</summary>
    public long Fenced { get; init; } = NeverActive;

    /// <summary>Proven to hold nothing that belongs elsewhere as of this epoch; <see cref="NeverActive"/> before its first epoch.</summary>
    public long Clean { get; init; } = NeverActive;

    /// <summary>Log index of the newest pass that was found clean; 0: none was.</summary>
    public long CleanIndex { get; init; }

    /// <summary>Targets outside of placement: who answered the verification of that pass, sorted (rule A20).</summary>
    public ImmutableArray<VerifiedReceiver> VerifiedBy { get; init; } = [];

    /// <summary>Log index at which the id was admitted.</summary>
    public long JoinedIndex { get; init; }

    /// <summary>The member as consensus counts it.</summary>
    public Member Member => new(Id, Incarnation);

    /// <summary>The running process: member and committed session.</summary>
    public NodeIdentity Identity => new(Id, Incarnation, Session);

    /// <summary>Whether it is a target that belonged to an epoch at some time and was not declared lost since (rule B0).</summary>
    public bool HoldsIntegers => Role == NodeRole.Target && Clean != NeverActive;

    /// <summary>Digest of <see cref="MountpathIds"/> without the lost ones.</summary>
    public ulong MountpathsDigest => XxHash64Seeded.Hash(Encoding.UTF8.GetBytes(string.Join('\n', MountpathIds.Except(LostMountpathIds, StringComparer.Ordinal))), 0);

    /// <summary>Whether placement may choose it: an admitted target in state <c>in</c>.</summary>
    public bool IsActiveTarget => Role == NodeRole.Target && State == AdminState.In;

    /// <inheritdoc/>
    public bool Equals(NodeEntry? other) => other is not null
        && Id == other.Id && Role == other.Role && Incarnation == other.Incarnation && Addresses == other.Addresses
        && Electable == other.Electable && State == other.State && Weight == other.Weight
        && Session == other.Session && SessionIndex == other.SessionIndex && StoppedInOrder == other.StoppedInOrder
        && HostBootId == other.HostBootId && LockFiles.AsSpan().SequenceEqual(other.LockFiles.AsSpan())
        && MountpathIds.AsSpan().SequenceEqual(other.MountpathIds.AsSpan()) && LostMountpathIds.AsSpan().SequenceEqual(other.LostMountpathIds.AsSpan())
        && Fenced == other.Fenced && Clean == other.Clean && JoinedIndex == other.JoinedIndex && AttestedOff == other.AttestedOff
        && CleanIndex == other.CleanIndex && VerifiedBy.AsSpan().SequenceEqual(other.VerifiedBy.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Incarnation, Session, State, Fenced, Clean);
}
