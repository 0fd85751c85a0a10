using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Codec;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Consensus;

/// <summary>Leading: committing, confirming, stepping down, handing over (rules A2, A4, A5, A10).</summary>
internal sealed partial class Raft
{
    private const int RetryAfterMs = 500;

    private readonly Confirmations confirmations = new();
    private readonly VoterPlanner planner = new();
    private long noopIndex;
    private long lastHeartbeatNs;
    private long lastPlanNs;
    private bool broadcast;
    private bool electedSinceTick;
    private Member? transferTo;
    private long transferUntilNs;
    private long transferAgainNs;

    /// <summary>
    /// When this node was elected, not earlier than it was: the time of the first tick afterwards. Between ticks the known time stands still, and a
    /// process that was paused would otherwise count its waits from before the last grants of the leader before it (rule B4).
    /// </summary>
    public long ElectedNs { get; private set; }

    /// <summary>This term's no-op is committed and applied: from now on the leader serves.</summary>
    public bool IsReady => IsLeader && noopIndex > 0 && node.State.AppliedIndex >= noopIndex;

    /// <summary>It leads but takes no changes at the moment: its first entry is not committed yet, or it hands over.</summary>
    public bool IsChanging => IsLeader && (!IsReady || transferTo is not null);

    private bool IsCaretaker => node.Facts.Role == NodeRole.Target;

    private void BecomeLeader()
    {
        Role = ConsensusRole.Leader;
        ElectedNs = node.NowNs;
        electedSinceTick = true;
        lastHeartbeatNs = node.NowNs;
        lastPlanNs = node.NowNs;
        transferTo = null;
        transferAgainNs = 0;
        planner.Restart(node.NowNs);
        progress.Clear();
        noopIndex = Log.LastIndex + 1;
        AppendLocally(new LogEntry(noopIndex, Term, EntryKind.Noop, Leader: node.Self));
        FollowMembers();
        broadcast = true;
        node.ViewChanged = true;
        Leader = node.Self;
        lastLeader = node.Self.Id;
        events.LeaderChanged();
    }

    private void StopLeading()
    {
        noopIndex = 0;
        transferTo = null;
        confirmations.Fail();
        progress.Clear();
    }

    private void LeaderTick()
    {
        var now = node.NowNs;
        if (electedSinceTick)
        {
            electedSinceTick = false;
            ElectedNs = now;
        }

        if (!QuorumIsHeard())
        {
            BecomeFollower(Term);
            return;
        }

        if (transferTo is not null && now >= transferUntilNs)
        {
            transferTo = null;
            transferAgainNs = now + node.Settings.ElectionNs;
        }

        HandOverIfNeeded();
        foreach (var p in progress.Values)
        {
            Resend(p);
        }

        if (now - lastHeartbeatNs >= node.Settings.HeartbeatNs)
        {
            broadcast = true;
        }

        if (IsReady && transferTo is null && !node.Stopping && Log.VotersIndex <= CommitIndex && now - lastPlanNs >= node.Settings.HeartbeatNs / 2)
        {
            lastPlanNs = now;
            if (planner.Plan(new VoterSituation(node, this, progress.Values)) is { } next)
            {
                Append(new LogEntry(Log.LastIndex + 1, Term, EntryKind.Voters, Voters: next));
                FollowMembers();
                node.ViewChanged = true;
            }
        }
    }

    /// <summary>Whether a majority of the voters answered within E (rule A5).</summary>
    private bool QuorumIsHeard()
    {
        var heard = 0;
        foreach (var voter in Log.Voters.Members)
        {
            if (voter == node.Self.Member || (progress.TryGetValue(voter, out var p) && node.NowNs - p.HeardNs <= node.Settings.ElectionNs))
            {
                heard++;
            }
        }

        return heard >= Log.Voters.Majority;
    }

    private void LeaderFlush()
    {
        if (MaybeCommit())
        {
            broadcast = true;
            ApplyCommitted();
            FollowMembers();
        }

        if (!IsLeader)
        {
            return;
        }

        if (confirmations.StartRound(node.NowNs, node.Settings.HeartbeatNs))
        {
            broadcast = true;
        }

        foreach (var p in progress.Values)
        {
            Replicate(p);
        }

        if (broadcast)
        {
            broadcast = false;
            lastHeartbeatNs = node.NowNs;
            foreach (var p in progress.Values)
            {
                NoteSilence(p);
                node.Send(p.Member, new HeartbeatRequest(Term, Math.Min(CommitIndex, p.Match), p.Match, confirmations.Round));
            }
        }

        CompleteConfirmations();
        SendTransfer();
    }

    /// <summary>Commits what a majority has on its disks, by counting only entries of this term.</summary>
    private bool MaybeCommit()
    {
        var voters = Log.Voters.Members;
        Span<long> matches = stackalloc long[voters.Length];
        for (var i = 0; i < voters.Length; i++)
        {
            matches[i] = voters[i] == node.Self.Member ? node.Disk.DurableIndex : progress.TryGetValue(voters[i], out var p) ? p.Match : 0;
        }

        var reached = Quorum.ReachedByMajority(matches);
        if (reached <= CommitIndex || Log.TermAt(reached) != Term)
        {
            return false;
        }

        AdvanceCommit(reached);
        return true;
    }

    private void CompleteConfirmations()
    {
        if (!confirmations.Waiting)
        {
            return;
        }

        var voters = Log.Voters.Members;
        Span<long> rounds = stackalloc long[voters.Length];
        for (var i = 0; i < voters.Length; i++)
        {
            rounds[i] = voters[i] == node.Self.Member ? confirmations.Round : progress.TryGetValue(voters[i], out var p) ? p.AckedRound : 0;
        }

        confirmations.Complete(Quorum.ReachedByMajority(rounds));
    }

    /// <summary>Runs with the commit index of now once a majority has confirmed this leadership after now; with null when it has not (rule A10).</summary>
    public void Confirm(Action<long?> then)
    {
        if (!IsReady)
        {
            then(null);
            return;
        }

        confirmations.Add(CommitIndex, then);
    }

    private void Append(LogEntry entry) => AppendLocally(entry);

    /// <summary>Why a command cannot be taken now; null when it can.</summary>
    public StoreError? Refuse(Command command)
    {
        if (!IsLeader)
        {
            return new StoreError(ErrorCode.Unavailable, "this node does not lead; try again", RetryAfterMs);
        }

        if (!IsReady || transferTo is not null)
        {
            return new StoreError(ErrorCode.Unavailable, "leadership is changing; try again", RetryAfterMs);
        }

        if (IsCaretaker && !command.AllowedToCaretaker)
        {
            return new StoreError(ErrorCode.Unavailable, $"target {node.Self.Id} leads as a caretaker until a gateway has caught up; try again", 1000);
        }

        if (command is SetFeatureLevel { Level: > FeatureLevels.Highest } raise)
        {
            return new StoreError(ErrorCode.Invalid, $"feature level {raise.Level} is not known: this build knows {FeatureLevels.Highest}, use a newer one");
        }

        if (CommandCodec.TooLarge(command) is { } tooLarge)
        {
            return tooLarge;
        }

        return Log.LastIndex - CommitIndex >= node.Settings.MaxOutstanding || Log.SizeBetween(CommitIndex, Log.LastIndex) >= node.Settings.MaxOutstandingBytes
            ? new StoreError(ErrorCode.Busy, "too many changes are waiting to be committed; try again", RetryAfterMs)
            : null;
    }

    /// <summary>Appends a command that was not refused; returns its index. What the leader decides by its rules gets its clock for the journal.</summary>
    public long Propose(Command command)
    {
        var index = Log.LastIndex + 1;
        var dated = command.Origin is null && node.State.KnowsOperations ? command with { Origin = new Origin(string.Empty, node.WallNs, string.Empty) } : command;
        Append(new LogEntry(index, Term, EntryKind.Command, Command: dated));
        return index;
    }

    /// <summary>Begins to hand over to a voter; says why not.</summary>
    public StoreError? BeginTransfer(NodeId target)
    {
        if (!IsLeader)
        {
            return new StoreError(ErrorCode.Unavailable, "this node does not lead; try again", RetryAfterMs);
        }

        if (target == node.Self.Id)
        {
            return null;
        }

        if (transferTo is { } running && running.Id != target)
        {
            return new StoreError(ErrorCode.Busy, $"leadership is being handed over to {running.Id}; try again", 2000);
        }

        foreach (var p in progress.Values)
        {
            if (p.Id == target && Log.Voters.Contains(p.Member) && IsElectable(p.Member))
            {
                Transfer(p.Member);
                return null;
            }
        }

        return new StoreError(ErrorCode.Invalid, $"node {target} is not an electable voter: choose one of the gateways that vote");
    }

    // While a wiped gateway is replaced by itself both incarnations vote for a moment; only the present one can take over.
    private bool IsElectable(Member member) => node.State.Node(member.Id) is { Role: NodeRole.Gateway, Electable: true } entry && entry.Incarnation == member.Incarnation
        && !node.State.RolesAreOff(member.Id);

    private void Transfer(Member to)
    {
        transferTo = to;
        transferUntilNs = node.NowNs + node.Settings.ElectionNs;
    }

    private void SendTransfer()
    {
        if (transferTo is not { } to || !progress.TryGetValue(to, out var p) || p.Match < Log.LastIndex)
        {
            return;
        }

        if (node.NowNs - transferSentNs >= node.Settings.HeartbeatNs || transferSentTo != to)
        {
            transferSentNs = node.NowNs;
            transferSentTo = to;
            node.Send(to, new TimeoutNow(Term));
        }
    }

    private long transferSentNs;
    private Member transferSentTo;

    /// <summary>A stopping leader, one whose disk is slow, a caretaker and one that an operation takes out hand over (rules A4, A5, A16, A17).</summary>
    private void HandOverIfNeeded()
    {
        if (transferTo is not null || node.NowNs < transferAgainNs)
        {
            return;
        }

        var anybody = node.Stopping || FlushIsSlow;
        if (!anybody && !(IsReady && (IsCaretaker || node.State.RolesAreOff(node.Self.Id))))
        {
            return;
        }

        Progress? best = null;
        foreach (var p in progress.Values)
        {
            if (!Log.Voters.Contains(p.Member) || !p.Answered || node.NowNs - p.HeardNs > 2 * node.Settings.HeartbeatNs)
            {
                continue;
            }

            var electable = IsElectable(p.Member);
            if (!electable && !anybody)
            {
                continue;
            }

            // Who need not hurry hands over to one that has caught up; who must go takes the best there is.
            if (!anybody && p.Match < CommitIndex)
            {
                continue;
            }

            if (best is null || (electable && !IsElectable(best.Member)) || (electable == IsElectable(best.Member) && p.Match > best.Match))
            {
                best = p;
            }
        }

        if (best is not null)
        {
            Transfer(best.Member);
        }
    }
}
