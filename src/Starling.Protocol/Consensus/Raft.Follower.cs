using System.Collections.Immutable;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;

namespace Starling.Protocol.Consensus;

/// <summary>Following: a leader is obeyed by its term alone, whoever it is (rule A7).</summary>
internal sealed partial class Raft
{
    private Incoming? incoming;

    /// <summary>Whether the sender leads this node's term from now on; answers with the newer term when it does not.</summary>
    private bool Accept(NodeIdentity from, long term, Func<Message> refusal)
    {
        if (term < Term)
        {
            Respond(from, refusal());
            return false;
        }

        if (term == Term && (IsLeader || (Leader is { } known && known != from)))
        {
            // Two leaders in one term cannot be; a peer's claim alone is no reason to stop.
            return false;
        }

        if (term > Term || Role != ConsensusRole.Follower)
        {
            BecomeFollower(term);
        }

        preVoting = false;
        heardLeaderNs = node.NowNs;
        SetLeader(from);
        return true;
    }

    /// <summary>A leader never claims more than was acknowledged: a log that ends below has lost something (rule A7).</summary>
    private bool LostLog(long acknowledged)
    {
        if (acknowledged <= Log.LastIndex)
        {
            return false;
        }

        events.LogLost();
        return true;
    }

    // Rounds are numbered within a term. Whoever asks in an older term may lead again in the present one: its old number must not confirm a new round.
    private const long NoRound = 0;

    public void On(NodeIdentity from, HeartbeatRequest request)
    {
        if (!Accept(from, request.Term, () => new HeartbeatResponse(Term, NoRound, Log.LastIndex)) || LostLog(request.Acknowledged))
        {
            return;
        }

        AdvanceCommit(Math.Min(request.CommitIndex, Log.LastIndex));
        var response = new HeartbeatResponse(Term, request.Round, Log.LastIndex);
        if (node.Disk.HardStateDurable)
        {
            Respond(from, response);
        }
        else
        {
            node.Disk.Then(() => Respond(from, response));
        }
    }

    public void On(NodeIdentity from, AppendRequest request)
    {
        if (!Accept(from, request.Term, () => new AppendResponse(Term, false, 0, NoRound, Log.LastIndex)) || LostLog(request.Acknowledged))
        {
            return;
        }

        var previous = request.PreviousIndex;
        var known = Log.TermAt(previous);
        if (previous > Log.Snapshot.Index && known != request.PreviousTerm)
        {
            var next = previous > Log.LastIndex ? Log.LastIndex + 1 : Math.Max(Log.FirstOfTerm(previous), CommitIndex + 1);
            var refusal = new AppendResponse(Term, false, next, request.Round, Log.LastIndex);
            node.Disk.Then(() => Respond(from, refusal));
            return;
        }

        AppendMissing(request.Entries);
        var last = previous + request.Entries.Length;
        AdvanceCommit(Math.Min(request.CommitIndex, last));
        var term = Term;
        node.Disk.Then(() =>
        {
            if (Term == term)
            {
                Respond(from, new AppendResponse(term, true, last, request.Round, Log.LastIndex));
            }
        });
    }

    private void AppendMissing(ImmutableArray<LogEntry> entries)
    {
        foreach (var entry in entries)
        {
            // What the snapshot covers is committed, and committed entries are the same everywhere.
            if (entry.Index <= Log.Snapshot.Index || Log.TermAt(entry.Index) == entry.Term)
            {
                continue;
            }

            if (Log.Has(entry.Index))
            {
                if (entry.Index <= CommitIndex)
                {
                    node.Halt($"leader {Leader?.Id} wants to replace committed entry {entry.Index}");
                    return;
                }

                Log.TruncateFrom(entry.Index);
                node.Disk.TruncateFrom(entry.Index);
            }

            AppendLocally(entry);
            node.ViewChanged |= entry.Kind == EntryKind.Voters;
        }
    }

    public void On(NodeIdentity from, SnapshotRequest request)
    {
        if (!Accept(from, request.Term, () => new SnapshotResponse(Term, request.Index, 0)))
        {
            return;
        }

        if (request.Index <= CommitIndex)
        {
            node.Disk.Then(() => Respond(from, new SnapshotResponse(Term, request.Index, request.Count)));
            return;
        }

        if (incoming is null || incoming.Index != request.Index || incoming.IndexTerm != request.IndexTerm || incoming.Count != request.Count || incoming.From != from)
        {
            incoming = new Incoming(from, request.Index, request.IndexTerm, request.Count);
        }

        if (request.Number == incoming.Parts.Count)
        {
            incoming.Parts.Add(request.Part);
        }

        if (incoming.Parts.Count < request.Count)
        {
            Respond(from, new SnapshotResponse(Term, request.Index, incoming.Parts.Count));
            return;
        }

        var parts = incoming.Parts;
        incoming = null;
        if (node.Codec.Join([.. parts]) is not { } state || state.AppliedIndex != request.Index)
        {
            // Damaged on the way: the leader starts over with the first part.
            Respond(from, new SnapshotResponse(Term, request.Index, 0));
            return;
        }

        Install(new Snapshot(request.Index, request.IndexTerm, request.Voters, state));
        node.Disk.Then(() => Respond(from, new SnapshotResponse(Term, request.Index, request.Count)));
    }

    private void Install(Snapshot snapshot)
    {
        var before = node.State;
        if (Log.TermAt(snapshot.Index) == snapshot.Term)
        {
            Log.Compact(snapshot, snapshot.Index + 1);
        }
        else
        {
            Log.Reset(snapshot);
            node.Disk.TruncateFrom(snapshot.Index + 1);
        }

        node.Disk.Write(snapshot, snapshot.Index + 1);
        CommitIndex = snapshot.Index;
        node.State = snapshot.State;
        node.ClusterId = snapshot.State.ClusterId;
        node.Book.Follow(before, snapshot.State);
        node.ViewChanged = true;
        events.Installed(before);
    }

    /// <summary>Parts of a snapshot that is coming in.</summary>
    private sealed class Incoming(NodeIdentity from, long index, long indexTerm, int count)
    {
        public NodeIdentity From { get; } = from;

        public long Index { get; } = index;

        public long IndexTerm { get; } = indexTerm;

        public int Count { get; } = count;

        public List<SnapshotPart> Parts { get; } = [];
    }
}
