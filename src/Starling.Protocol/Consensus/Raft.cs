using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Consensus;

/// <summary>What consensus tells the machines around it.</summary>
internal interface IRaftEvents
{
    /// <summary>An entry was applied; null outcome fields as in <see cref="CommandOutcome"/>.</summary>
    void Applied(LogEntry entry, CommandOutcome outcome, ClusterState before);

    /// <summary>A snapshot replaced the state.</summary>
    void Installed(ClusterState before);

    /// <summary>This node began or ceased to lead, or follows another leader.</summary>
    void LeaderChanged();

    /// <summary>The leader proves that this node's log was lost (rule A7).</summary>
    void LogLost();
}

/// <summary>Raft (rules A1 to A5), with ranks, learners and asynchronous persistence. One part per role.</summary>
internal sealed partial class Raft
{
    private readonly NodeContext node;
    private readonly IRaftEvents events;
    private bool snapshotting;

    public Raft(NodeContext node, RestoredState restored, IRaftEvents events)
    {
        this.node = node;
        preVoteRound = node.Random.FirstNumber();
        this.events = events;
        Log = new RaftLog(restored.Snapshot, restored.Entries);
        Term = restored.HardState.Term;
        VotedFor = restored.HardState.VotedFor;
        CommitIndex = restored.Snapshot.Index;
        lastLeader = Log.NewestNoop()?.Leader?.Id ?? restored.Snapshot.State.Leader?.Identity.Id ?? default;
        heardLeaderNs = node.NowNs;
        jitterNs = node.Random.Next(node.Settings.JitterNs);
        Role = ConsensusRole.Follower;
    }

    public RaftLog Log { get; private set; }

    public long Term { get; private set; }

    public NodeIdentity? VotedFor { get; private set; }

    public ConsensusRole Role { get; private set; }

    /// <summary>Who leads this term, while it is heard; null: nobody.</summary>
    public NodeIdentity? Leader { get; private set; }

    public long CommitIndex { get; private set; }

    public bool IsLeader => Role == ConsensusRole.Leader;

    public bool IsVoter => Log.Voters.Contains(node.Self.Member);

    /// <summary>Own flush pending for too long: this node neither stands nor goes on leading (rule A5).</summary>
    public bool FlushIsSlow => node.Disk.PendingSince(node.NowNs) > node.Settings.SlowFlushNs;

    public ConsensusRole ShownRole => node.ClusterId.Length == 0 ? ConsensusRole.Outside : Role == ConsensusRole.Follower && !IsVoter ? ConsensusRole.Learner : Role;

    /// <summary>Starts over with an empty log: another incarnation (rule A7).</summary>
    public void Reset()
    {
        Log = new RaftLog(Snapshot.Initial, []);
        Term = 0;
        VotedFor = null;
        CommitIndex = 0;
        Leader = null;
        Role = ConsensusRole.Follower;
        heardLeaderNs = node.NowNs;
        incoming = null;
        snapshotting = false;
    }

    /// <summary>Lays the first two entries of a new cluster, the same on every founder (rule A9). The proposer's election is the consent of all.</summary>
    public void Found(NodeIdentity proposer, VoterSet voters, FormCluster command)
    {
        Term = 1;
        VotedFor = proposer;
        WriteHardState();
        AppendLocally(new LogEntry(1, 1, EntryKind.Voters, Voters: voters));
        AppendLocally(new LogEntry(2, 1, EntryKind.Command, Command: command));
        heardLeaderNs = node.NowNs;
        node.ViewChanged = true;
    }

    /// <summary>The proposer leads the first term: every founder's vote in it is its own by construction.</summary>
    public void LeadFirstTerm()
    {
        if (Term == 1 && VotedFor == node.Self && Role == ConsensusRole.Follower)
        {
            BecomeLeader();
        }
    }

    public void Tick()
    {
        if (IsLeader)
        {
            LeaderTick();
            return;
        }

        if (Leader is not null && SilenceNs > node.Settings.ElectionNs)
        {
            SetLeader(null);
        }

        ElectionTick();
    }

    /// <summary>After every input: what became committed, and what followers are to be told.</summary>
    public void Flush()
    {
        if (IsLeader)
        {
            LeaderFlush();
        }

        ApplyCommitted();
    }

    /// <summary>
    /// Folds the beginning of the log when it has grown long or large (rule A13). One at a time. What is kept for followers that lag is bounded in entries and
    /// in bytes, so that large entries never make a log that cannot be written anew or read again.
    /// </summary>
    public void MaybeSnapshot()
    {
        var applied = node.State.AppliedIndex;
        var settings = node.Settings;
        var isLarge = Log.SizeBetween(Log.Snapshot.Index, applied) >= settings.SnapshotBytes;
        if (!snapshotting && (applied - Log.Snapshot.Index >= settings.SnapshotEntries || isLarge))
        {
            TakeSnapshot();
        }
    }

    /// <summary>Makes an applied entry one that the next process knows to be committed even if nobody tells it: in the log alone it would not be.</summary>
    public void Fold(long index)
    {
        if (Log.Snapshot.Index < index && index <= node.State.AppliedIndex)
        {
            TakeSnapshot();
        }
    }

    private void TakeSnapshot()
    {
        var applied = node.State.AppliedIndex;
        var settings = node.Settings;
        snapshotting = true;
        var snapshot = new Snapshot(applied, Log.TermAt(applied), Log.VotersAt(applied), node.State);
        var keepFrom = Math.Max(Log.FirstIndex, applied - settings.KeepEntries + 1);
        while (keepFrom <= applied && Log.SizeBetween(keepFrom - 1, applied) > settings.SnapshotBytes)
        {
            keepFrom++;
        }

        Log.Compact(snapshot, keepFrom);
        node.Disk.Write(snapshot, keepFrom);
        node.Disk.Then(() => snapshotting = false);
    }

    /// <summary>Adopts a newer term, or gives up a role in this one.</summary>
    private void BecomeFollower(long term)
    {
        var led = IsLeader;
        if (term > Term)
        {
            Term = term;
            VotedFor = null;
            WriteHardState();
            Leader = null;
        }

        Role = ConsensusRole.Follower;
        node.ViewChanged = true;
        if (led)
        {
            Leader = null;
            heardLeaderNs = node.NowNs;
            StopLeading();
            events.LeaderChanged();
        }
    }

    private void SetLeader(NodeIdentity? leader)
    {
        if (Leader == leader)
        {
            return;
        }

        Leader = leader;
        lastLeader = leader?.Id ?? lastLeader;
        jitterNs = node.Random.Next(node.Settings.JitterNs);
        node.ViewChanged = true;
        events.LeaderChanged();
    }

    private void WriteHardState() => node.Disk.Write(new HardState(Term, VotedFor));

    private void AppendLocally(LogEntry entry)
    {
        Log.Push(entry);
        node.Disk.Append(entry);
    }

    private void ApplyCommitted()
    {
        while (node.State.AppliedIndex < CommitIndex && node.Halted is null)
        {
            var index = node.State.AppliedIndex + 1;
            if (!Log.Has(index))
            {
                node.Halt($"committed entry {index} is not in the log ({Log.FirstIndex}..{Log.LastIndex})");
                return;
            }

            var entry = Log[index];
            var before = node.State;
            var (state, outcome) = before.ApplyEntry(entry);
            if (state.FeatureLevel > FeatureLevels.Highest)
            {
                node.Halt($"the cluster uses feature level {state.FeatureLevel} from entry {index} on, this build knows {FeatureLevels.Highest}: use a newer one");
                return;
            }

            node.State = state;
            node.ViewChanged = true;
            if (state.IsFormed && node.ClusterId.Length == 0)
            {
                node.ClusterId = state.ClusterId;
            }

            node.Book.Follow(before, state);
            events.Applied(entry, outcome, before);
        }
    }

    private void AdvanceCommit(long index)
    {
        if (index > CommitIndex)
        {
            CommitIndex = Math.Min(index, Log.LastIndex);
            node.ViewChanged = true;
        }
    }
}
