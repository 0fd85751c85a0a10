using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;

namespace Starling.Protocol.Consensus;

/// <summary>Asking for votes, and giving them (rules A3 to A5).</summary>
internal sealed partial class Raft
{
    private const long RetryMinNs = 1_000_000_000;
    private const long RetrySpreadNs = 500_000_000;

    private readonly SortedSet<NodeId> votes = [];
    private NodeId lastLeader;
    private long heardLeaderNs;
    private long jitterNs;
    private long notBeforeNs;
    private long preVoteRound;
    private bool preVoting;

    /// <summary>How long no leader has been heard.</summary>
    private long SilenceNs => node.NowNs - heardLeaderNs;

    private int RankOf(NodeId candidate) => Ranks.Of(candidate, node.State, lastLeader, node.Settings.MaxRank);

    private void ElectionTick()
    {
        if (!IsVoter || node.Stopping || node.NowNs < notBeforeNs)
        {
            return;
        }

        var alone = Log.Voters.Members.Length == 1;
        var delay = alone ? 0 : node.Settings.ElectionNs + (RankOf(node.Self.Id) * node.Settings.RankStepNs) + jitterNs;
        if (SilenceNs < delay || FlushIsSlow)
        {
            return;
        }

        notBeforeNs = node.NowNs + RetryMinNs + node.Random.Next(RetrySpreadNs);
        jitterNs = node.Random.Next(node.Settings.JitterNs);
        if (alone)
        {
            Stand(transfer: false);
            return;
        }

        StartPreVote();
    }

    private void StartPreVote()
    {
        if (preVoting || Role == ConsensusRole.Candidate)
        {
            MarkSilentVotersFailing();
        }

        Role = ConsensusRole.Follower;
        preVoting = true;
        preVoteRound++;
        votes.Clear();
        votes.Add(node.Self.Id);
        node.ViewChanged = true;
        SendToVoters(new PreVoteRequest(Term + 1, Log.LastIndex, Log.LastTerm, preVoteRound));
    }

    /// <summary>Who did not answer the last round is asked over another member this time (rule A6).</summary>
    private void MarkSilentVotersFailing()
    {
        foreach (var voter in Log.Voters.Members)
        {
            if (!votes.Contains(voter.Id) && node.Book.Find(voter.Id) is { } peer)
            {
                peer.FailingUntilNs = Math.Max(peer.FailingUntilNs, node.NowNs + 1);
            }
        }
    }

    private void SendToVoters(Message message)
    {
        foreach (var voter in Log.Voters.Members)
        {
            if (voter != node.Self.Member)
            {
                node.Send(voter, message);
            }
        }
    }

    public void On(NodeIdentity from, PreVoteRequest request)
    {
        var granted = !IsLeader
            && request.Term > Term
            && IsUpToDate(request.LastIndex, request.LastTerm)
            && SilenceNs >= node.Settings.ElectionNs
            && RankOf(from.Id) * node.Settings.RankStepNs <= SilenceNs - node.Settings.ElectionNs;
        Respond(from, new PreVoteResponse(Term, granted, request.Round));
    }

    public void On(NodeIdentity from, PreVoteResponse response)
    {
        if (response.Term > Term)
        {
            preVoting = false;
            BecomeFollower(response.Term);
            return;
        }

        if (!preVoting || response.Round != preVoteRound || !response.Granted || !Log.Voters.Contains(from.Member))
        {
            return;
        }

        votes.Add(from.Id);
        if (votes.Count >= Log.Voters.Majority)
        {
            Stand(transfer: false);
        }
    }

    private void Stand(bool transfer)
    {
        preVoting = false;
        SetLeader(null);
        Role = ConsensusRole.Candidate;
        Term++;
        VotedFor = node.Self;
        WriteHardState();
        votes.Clear();
        node.ViewChanged = true;
        notBeforeNs = node.NowNs + RetryMinNs + node.Random.Next(RetrySpreadNs);
        var term = Term;
        var request = new VoteRequest(Term, Log.LastIndex, Log.LastTerm, transfer);
        node.Disk.Then(() =>
        {
            if (Term == term && Role == ConsensusRole.Candidate)
            {
                SendToVoters(request);
                CountVote(node.Self);
            }
        });
    }

    public void On(NodeIdentity from, VoteRequest request)
    {
        if (request.Term > Term)
        {
            // Whoever hears its leader lets nobody disturb it; a transfer is the leader's own wish.
            if (!request.Transfer && (IsLeader || SilenceNs < node.Settings.ElectionNs))
            {
                Respond(from, new VoteResponse(Term, false));
                return;
            }

            BecomeFollower(request.Term);
        }

        var granted = request.Term == Term && Role == ConsensusRole.Follower
            && (VotedFor is null || VotedFor == from) && IsUpToDate(request.LastIndex, request.LastTerm);
        if (granted && VotedFor is null)
        {
            VotedFor = from;
            WriteHardState();
        }

        if (granted)
        {
            preVoting = false;
            notBeforeNs = node.NowNs + RetryMinNs + node.Random.Next(RetrySpreadNs);
        }

        var response = new VoteResponse(Term, granted);
        node.Disk.Then(() => Respond(from, response));
    }

    public void On(NodeIdentity from, VoteResponse response)
    {
        if (response.Term > Term)
        {
            BecomeFollower(response.Term);
        }
        else if (response.Term == Term && response.Granted && Role == ConsensusRole.Candidate)
        {
            CountVote(from);
        }
    }

    public void On(NodeIdentity from, TimeoutNow request)
    {
        if (request.Term == Term && Leader == from && IsVoter && !IsLeader && !FlushIsSlow && !node.Stopping)
        {
            Stand(transfer: true);
        }
    }

    private void CountVote(NodeIdentity from)
    {
        if (!Log.Voters.Contains(from.Member))
        {
            return;
        }

        votes.Add(from.Id);
        if (votes.Count >= Log.Voters.Majority)
        {
            BecomeLeader();
        }
    }

    private bool IsUpToDate(long lastIndex, long lastTerm) =>
        lastTerm > Log.LastTerm || (lastTerm == Log.LastTerm && lastIndex >= Log.LastIndex);

    private void Respond(NodeIdentity to, Message message) => node.Send(to.Member, message);
}
