using Starling.Protocol.Identity;

namespace Starling.Protocol.Consensus;

/// <summary>The leader's way of bringing the log to voters and learners alike.</summary>
internal sealed partial class Raft
{
    private readonly SortedList<Member, Progress> progress = [];

    /// <summary>What the leader knows of one member; null when it does not lead or does not replicate to it.</summary>
    public Progress? ProgressOf(Member member) => progress.GetValueOrDefault(member);

    /// <summary>Replicates to every member of the applied state and to every voter of the log.</summary>
    private void FollowMembers()
    {
        foreach (var entry in node.State.Nodes.Values)
        {
            Add(entry.Member);
        }

        foreach (var voter in Log.Voters.Members)
        {
            Add(voter);
        }

        for (var i = progress.Count - 1; i >= 0; i--)
        {
            var member = progress.Keys[i];
            if (node.State.Node(member.Id)?.Member != member && !Log.Voters.Contains(member))
            {
                progress.RemoveAt(i);
            }
        }
    }

    private void Add(Member member)
    {
        if (member != node.Self.Member && !progress.ContainsKey(member))
        {
            progress.Add(member, new Progress(member, Math.Max(Log.LastIndex, 1), node.NowNs));
        }
    }

    private void Replicate(Progress p)
    {
        switch (p.Mode)
        {
            case ProgressMode.Probe when p.Inflight == 0:
                SendAppend(p);
                break;
            case ProgressMode.Replicate:
                while (p.Mode == ProgressMode.Replicate && p.Inflight < node.Settings.MaxInflight && p.Next <= Log.LastIndex)
                {
                    SendAppend(p);
                }

                break;
            case ProgressMode.Snapshot when p.Inflight == 0:
                SendPart(p);
                break;
            default:
                break;
        }
    }

    /// <summary>
    /// What was not answered in time is tried again from the last acknowledged entry. The count alone does not tell: an answer that came twice, by a relay too,
    /// is counted twice, and stands for another that was lost.
    /// </summary>
    private void Resend(Progress p)
    {
        var isAnswered = p.Inflight == 0 && (p.Mode != ProgressMode.Replicate || p.Match >= p.Next - 1);
        if (isAnswered || node.NowNs - p.SentNs < node.Settings.ResendNs)
        {
            return;
        }

        if (p.Mode == ProgressMode.Snapshot)
        {
            // A silent receiver gives up its place; it resumes with the same part when it is heard again.
            p.Inflight = 0;
            return;
        }

        p.Probe(p.Mode == ProgressMode.Probe ? p.Next : p.Match + 1);
    }

    private void SendAppend(Progress p)
    {
        var previous = p.Next - 1;
        var previousTerm = Log.TermAt(previous);
        if (previousTerm < 0 || p.Next < Log.FirstIndex)
        {
            BeginSnapshot(p);
            return;
        }

        var entries = Log.Slice(p.Next, node.Settings.MaxAppendEntries, node.Settings.MaxAppendBytes);
        p.SentNs = node.NowNs;
        p.Inflight++;
        if (p.Mode == ProgressMode.Replicate)
        {
            p.Next += entries.Length;
        }

        node.Send(p.Member, new AppendRequest(Term, previous, previousTerm, entries, CommitIndex, p.Match, confirmations.Round));
    }

    private void BeginSnapshot(Progress p)
    {
        p.Mode = ProgressMode.Snapshot;
        p.Inflight = 0;
        SendPart(p);
    }

    private void SendPart(Progress p)
    {
        if (InstallsRunning(p) >= node.Settings.MaxInstalls)
        {
            return;
        }

        if (p.Installing is null)
        {
            p.Installing = Log.Snapshot;
            p.Parts = node.Codec.Split(Log.Snapshot.State);
            p.NextPart = 0;
        }

        p.SentNs = node.NowNs;
        p.Inflight = 1;
        var snapshot = p.Installing;
        node.Send(p.Member, new SnapshotRequest(Term, snapshot.Index, snapshot.Term, snapshot.Voters, p.NextPart, p.Parts.Length, p.Parts[p.NextPart]));
    }

    private int InstallsRunning(Progress except)
    {
        var running = 0;
        foreach (var p in progress.Values)
        {
            running += p != except && p.Mode == ProgressMode.Snapshot && p.Inflight > 0 ? 1 : 0;
        }

        return running;
    }

    private Progress? Heard(NodeIdentity from, long term)
    {
        if (term > Term)
        {
            BecomeFollower(term);
            return null;
        }

        if (!IsLeader || term < Term || !progress.TryGetValue(from.Member, out var p))
        {
            return null;
        }

        p.Heard(node.NowNs, node.Settings.SuspectNs);
        return p;
    }

    /// <summary>Acknowledgements that stay away: the next messages take a hop (rule A6).</summary>
    private void NoteSilence(Progress p)
    {
        if (node.NowNs - p.HeardNs > 2 * node.Settings.HeartbeatNs && node.Book.Find(p.Id) is { } peer)
        {
            peer.FailingUntilNs = Math.Max(peer.FailingUntilNs, node.NowNs + 1);
        }
    }

    public void On(NodeIdentity from, HeartbeatResponse response)
    {
        if (Heard(from, response.Term) is { } p)
        {
            p.AckedRound = Math.Max(p.AckedRound, response.Round);
        }
    }

    public void On(NodeIdentity from, AppendResponse response)
    {
        if (Heard(from, response.Term) is not { } p)
        {
            return;
        }

        p.AckedRound = Math.Max(p.AckedRound, response.Round);
        if (!response.Success)
        {
            if (response.Index > p.Match && response.Index < p.Next)
            {
                p.Probe(response.Index);
            }
            else if (p.Mode == ProgressMode.Probe)
            {
                p.Inflight = 0;
                p.Next = Math.Max(p.Match + 1, Math.Min(p.Next - 1, response.Index));
            }

            return;
        }

        p.Match = Math.Max(p.Match, response.Index);
        if (p.Mode == ProgressMode.Replicate)
        {
            p.Next = Math.Max(p.Next, p.Match + 1);
            p.Inflight = p.Match >= p.Next - 1 ? 0 : Math.Max(0, p.Inflight - 1);
        }
        else if (p.Mode == ProgressMode.Probe)
        {
            p.Mode = ProgressMode.Replicate;
            p.Next = p.Match + 1;
            p.Inflight = 0;
        }
    }

    public void On(NodeIdentity from, SnapshotResponse response)
    {
        if (Heard(from, response.Term) is not { Mode: ProgressMode.Snapshot, Installing: { } installing } p || installing.Index != response.Index)
        {
            return;
        }

        p.Inflight = 0;
        p.NextPart = response.NextNumber;
        if (p.NextPart >= p.Parts.Length)
        {
            p.Match = Math.Max(p.Match, installing.Index);
            p.Probe(p.Match + 1);
        }
        else if (p.NextPart == 0)
        {
            // Started over: a newer snapshot is as good.
            p.Installing = null;
        }
    }
}
