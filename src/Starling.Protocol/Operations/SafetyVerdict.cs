using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Operations;

/// <summary>Whether a node may be powered off and its disks destroyed.</summary>
public enum Safety
{
    /// <summary>It cannot be said: somebody who has to be heard is silent, or there is no leader.</summary>
    Unknown,

    /// <summary>No.</summary>
    Unsafe,

    /// <summary>Yes.</summary>
    Safe,
}

/// <summary>What the leader hears, as far as the verdict needs it.</summary>
/// <param name="Voters">The voter set in force at the leader (effective when appended).</param>
/// <param name="Heard">The processes that it heard within <see cref="SafetyVerdict.HeardWithinNs"/>, sorted by node.</param>
public sealed record Hearing(VoterSet Voters, ImmutableSortedDictionary<NodeId, SessionId> Heard)
{
    /// <summary>Whether the committed process of this member was heard lately.</summary>
    public bool Hears(NodeEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return Heard.TryGetValue(entry.Id, out var session) && session == entry.Session && session != SessionId.None;
    }
}

/// <summary>Safe to power off, or why not, or whose word is missing (rule A20). Computed anew at each question.</summary>
/// <param name="Safety">The verdict.</param>
/// <param name="Reasons">Why it is not safe, or what is not known; empty when safe.</param>
/// <param name="Names">The nodes that are the reason, sorted.</param>
public sealed record SafetyVerdict(Safety Safety, ImmutableArray<string> Reasons, ImmutableArray<NodeId> Names)
{
    /// <summary>Who was heard longer ago is silent, nanoseconds.</summary>
    public const long HeardWithinNs = 3_000_000_000;

    /// <summary>Nothing speaks against it.</summary>
    public static SafetyVerdict Safe { get; } = new(Safety.Safe, [], []);

    /// <summary>The answer where no leader answers.</summary>
    public static SafetyVerdict NoLeader { get; } = new(Safety.Unknown, ["the cluster has no leader that could say so; ask again"], []);

    /// <inheritdoc/>
    public bool Equals(SafetyVerdict? other) => other is not null && Safety == other.Safety && Reasons.AsSpan().SequenceEqual(other.Reasons.AsSpan())
        && Names.AsSpan().SequenceEqual(other.Names.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Safety, Reasons.Length, Names.Length);

    /// <summary>The verdict about a node.</summary>
    /// <param name="state">The leader's applied state, current by read-index.</param>
    /// <param name="node">The node.</param>
    /// <param name="hearing">What the leader hears.</param>
    public static SafetyVerdict Of(ClusterState state, NodeId node, Hearing hearing)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(hearing);
        if (state.Node(node) is not { } entry)
        {
            return new SafetyVerdict(Safety.Unknown, [$"node {node} is not a member of the cluster"], [node]);
        }

        if (!state.KnowsOperations)
        {
            return new SafetyVerdict(Safety.Unknown, ["not every member of the cluster knows operations yet: update them all first"], []);
        }

        var reasons = StandsAgainst(state, entry, hearing.Voters);
        if (entry.Role == NodeRole.Gateway)
        {
            return reasons.Count == 0 ? Safe : new SafetyVerdict(Safety.Unsafe, [.. reasons], [node]);
        }

        var names = new SortedSet<NodeId>();
        foreach (var receiver in entry.VerifiedBy)
        {
            if (LossSince(state, entry, receiver) is { } loss)
            {
                reasons.Add(loss);
                names.Add(receiver.Id);
            }
        }

        if (reasons.Count > 0)
        {
            names.Add(node);
            return new SafetyVerdict(Safety.Unsafe, [.. reasons], [.. names]);
        }

        foreach (var receiver in entry.VerifiedBy)
        {
            if (!DrainedSince(state, entry, receiver) && !hearing.Hears(state.Node(receiver.Id)!))
            {
                reasons.Add($"target {receiver.Id}, which received data of {node}, was not heard within 3 s");
                names.Add(receiver.Id);
            }
        }

        return reasons.Count == 0 ? Safe : new SafetyVerdict(Safety.Unknown, [.. reasons], [.. names]);
    }

    /// <summary>Receivers of this node's data that have to be heard for a verdict, sorted: those that have not been drained clean since.</summary>
    public static ImmutableArray<NodeId> MustBeHeard(ClusterState state, NodeEntry entry)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(entry);
        return [.. entry.VerifiedBy.Where(r => !DrainedSince(state, entry, r)).Select(r => r.Id)];
    }

    /// <summary>What the committed state alone says against it; empty when nothing does.</summary>
    /// <param name="state">The state.</param>
    /// <param name="entry">The node.</param>
    /// <param name="voters">The voters in force.</param>
    public static List<string> StandsAgainst(ClusterState state, NodeEntry entry, VoterSet voters)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(voters);
        var reasons = new List<string>();
        // By the newest configuration in the log or by the last committed one: until the change between them is committed, both count.
        if (voters.Members.Concat(state.Voters.Members).Any(voter => voter.Id == entry.Id))
        {
            reasons.Add($"node {entry.Id} votes: its vote is still needed");
        }

        if (entry.State is AdminState.In)
        {
            reasons.Add($"node {entry.Id} is in service");
        }

        if (entry.Role == NodeRole.Gateway || !entry.HoldsIntegers)
        {
            return reasons;
        }

        var newest = state.Newest.Number;
        if (entry.Fenced < newest)
        {
            reasons.Add($"target {entry.Id} may still commit under epoch {entry.Fenced}; the newest is {newest}");
        }

        if (entry.Clean < newest)
        {
            reasons.Add($"target {entry.Id} may hold what belongs elsewhere: clean as of epoch {entry.Clean}, the newest is {newest}");
        }

        if (entry.LostMountpathIds.Length > 0)
        {
            reasons.Add($"target {entry.Id} misses mountpaths {string.Join(", ", entry.LostMountpathIds)}");
        }

        return reasons;
    }

    /// <summary>Why what this receiver took over is in doubt; null when it is not.</summary>
    internal static string? LossSince(ClusterState state, NodeEntry entry, VerifiedReceiver receiver)
    {
        if (state.Losses.TryGetValue(receiver.Id, out var loss) && loss.Index > entry.CleanIndex)
        {
            return $"target {receiver.Id}, which received data of {entry.Id}, was declared lost since";
        }

        return state.Node(receiver.Id) is { } now && !DrainedSince(state, entry, receiver) && now.MountpathsDigest != receiver.MountpathsDigest
            ? $"target {receiver.Id}, which received data of {entry.Id}, has other mountpaths than then"
            : null;
    }

    /// <summary>Whether what this receiver took over is still with it, as far as anybody knows.</summary>
    internal static bool StillVouches(ClusterState state, NodeEntry entry, VerifiedReceiver receiver) =>
        !DrainedSince(state, entry, receiver) && LossSince(state, entry, receiver) is null;

    // A member that is gone without a declared loss was clean when it went (rule B0).
    private static bool DrainedSince(ClusterState state, NodeEntry entry, VerifiedReceiver receiver) => state.Node(receiver.Id) is not { } now
        || (now.State is not (AdminState.In or AdminState.Joining) && now.Clean == state.Newest.Number && now.CleanIndex > entry.CleanIndex);
}
