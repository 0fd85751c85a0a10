using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.Objects;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;
using Starling.Simulation.Workload;
using Starling.Simulation.World;

namespace Starling.Simulation.Checks;

/// <summary>
/// What must hold after every event. Incremental: each step is judged by what it changed, against what was ever committed, voted, granted or acknowledged
/// anywhere in the world.
/// </summary>
public sealed partial class WorldChecks(SimWorld world)
{
    // Committed entries by index - 1: the entry, and the term of the leader that was the first to know.
    private readonly List<LogEntry?> _committed = [];
    private readonly List<long> _committedInTerm = [];
    private readonly SortedDictionary<long, NodeIdentity> _leaders = [];
    private readonly SortedDictionary<(int Machine, Incarnation Incarnation, long Term), NodeId> _votes = [];
    private readonly List<ulong> _stateHash = [];
    private readonly List<ulong> _fullHash = [];
    private string? _clusterId;

    /// <summary>Greatest index that any node ever knew as committed.</summary>
    public long CommitIndex => _committed.Count;

    /// <summary>The newest committed state that any node has applied.</summary>
    public ClusterState Newest { get; private set; } = ClusterState.Empty;

    public void OnSend(SimNode node, Envelope envelope)
    {
        if (envelope.From.Session != node.Session)
        {
            // Passed on for another member (rule A6).
            return;
        }

        switch (envelope.Message)
        {
            case VoteResponse { Granted: true } vote:
                Voted(node, vote.Term, envelope.To);
                break;
            case VoteRequest vote:
                Voted(node, vote.Term, node.Id);
                break;
            case AppendResponse { Success: true } append when append.Term >= node.Disk.Written.HardState.Term:
                world.Coverage.Hit(Mark.CheckAppendDurable);
                if (append.Index > node.Disk.Durable.LastIndex)
                {
                    throw new CheckFailedException("acknowledge after flush", $"{node} acknowledges index {append.Index}, its disk holds up to {node.Disk.Durable.LastIndex}");
                }

                break;
            case LeaseRequest request:
                // Sent again by another way it is still the request of then.
                _leaseRequests.TryAdd((node.Index, node.Process, request.Number), (node.Clock.MonotonicNs(world.NowNs), CommitIndex));
                break;
            case LeaseResponse { Granted: true } response:
                Granted(node, envelope, response);
                break;
            default:
                break;
        }
    }

    private void Voted(SimNode node, long term, NodeId candidate)
    {
        world.Coverage.Hit(Mark.CheckVoteOnce);
        var durable = node.Disk.Durable;
        if (durable.HardState.Term < term || (durable.HardState.Term == term && durable.HardState.VotedFor?.Id != candidate))
        {
            throw new CheckFailedException("vote after flush", $"{node} votes for {candidate} in term {term}, its disk says {durable.HardState}");
        }

        var key = (node.Index, durable.Incarnation, term);
        if (_votes.TryGetValue(key, out var earlier))
        {
            if (earlier != candidate)
            {
                throw new CheckFailedException("one vote per term", $"{node} voted for {earlier} and for {candidate} in term {term}");
            }
        }
        else
        {
            _votes.Add(key, candidate);
        }
    }

    public void BeforeWrite(SimNode node, PersistBatch batch)
    {
        if (batch.Snapshot is { } snapshot)
        {
            var own = node.Disk.Written.Entry(snapshot.Index) is not null || (!batch.Entries.IsEmpty && batch.Entries[0].Index <= snapshot.Index);
            world.Coverage.Hit(own ? Mark.SnapshotTaken : Mark.SnapshotInstalled);
        }

        if (batch.TruncateFrom > 0 && node.View is { } current && batch.TruncateFrom <= current.CommitIndex && batch.NewIncarnation is null)
        {
            throw new CheckFailedException("committed entries stay", $"{node} truncates from {batch.TruncateFrom}, committed is {current.CommitIndex}");
        }
    }

    public void OnPublication(SimNode node, NodePublication? before, NodePublication view)
    {
        if (before?.ClusterId != view.ClusterId && view.ClusterId.Length > 0)
        {
            OneCluster(node, view.ClusterId);
        }

        if (before?.Role != view.Role || before.Term != view.Term)
        {
            RoleChanged(node, before, view);
        }

        if (view.CommitIndex > (before?.CommitIndex ?? 0))
        {
            Committed(node, before?.CommitIndex ?? 0, view);
        }

        if (before is null || !ReferenceEquals(before.State, view.State))
        {
            Applied(node, before, view);
        }

        if (before is null || !ReferenceEquals(before.Lease, view.Lease))
        {
            LeaseChanged(node, before, view);
        }
    }

    // Rule A9: whatever happens at the beginning, there is one cluster.
    private void OneCluster(SimNode node, string clusterId)
    {
        world.Coverage.Hit(Mark.CheckOneCluster);
        _clusterId ??= clusterId;
        if (_clusterId != clusterId)
        {
            throw new CheckFailedException("one cluster", $"{node} is in cluster {clusterId}, others are in {_clusterId}");
        }
    }

    private void RoleChanged(SimNode node, NodePublication? before, NodePublication view)
    {
        if (before?.Role != view.Role)
        {
            switch (view.Role)
            {
                case ConsensusRole.Follower:
                    world.Coverage.Hit(Mark.BecameFollower);
                    break;
                case ConsensusRole.Candidate:
                    world.Coverage.Hit(Mark.BecameCandidate);
                    break;
                case ConsensusRole.Learner:
                    world.Coverage.Hit(Mark.BecameLearner);
                    break;
                case ConsensusRole.Leader:
                    world.Coverage.Hit(Mark.BecameLeader);
                    world.Coverage.Hit(node.IsGateway ? Mark.BecameLeader : Mark.CaretakerLed);
                    break;
                default:
                    break;
            }

            if (before?.Role == ConsensusRole.Leader)
            {
                world.Coverage.Hit(Mark.LeaderSteppedDown);
            }
        }

        if (before is not null && view.Term < before.Term && view.Self.Incarnation == before.Self.Incarnation)
        {
            throw new CheckFailedException("terms grow", $"{node} went from term {before.Term} to {view.Term}");
        }

        if (view.Role != ConsensusRole.Leader)
        {
            return;
        }

        world.Coverage.Hit(Mark.CheckLeaderPerTerm);
        if (_leaders.TryGetValue(view.Term, out var earlier))
        {
            if (earlier != view.Self)
            {
                throw new CheckFailedException("one leader session per term", $"term {view.Term} is led by {earlier.Id} ({earlier.Session}) and by {view.Self.Id} ({view.Self.Session})");
            }

            return;
        }

        _leaders.Add(view.Term, view.Self);
        LeaderComplete(node, view.Term);
    }

    // What was committed in an earlier term is in the log of every later leader.
    private void LeaderComplete(SimNode node, long term)
    {
        var index = _committed.Count;
        while (index > 0 && _committedInTerm[index - 1] >= term)
        {
            index--;
        }

        world.Coverage.Hit(Mark.CheckLeaderComplete);
        var log = node.Disk.Written;
        if (index == 0 || log.Snapshot.Index >= index)
        {
            return;
        }

        if (_committed[index - 1] is not null && log.Entry(index)?.Term != _committed[index - 1]?.Term)
        {
            throw new CheckFailedException(
                "committed entries stay",
                $"{node} was elected in term {term} with a log up to {log.LastIndex}; index {index} of term {_committed[index - 1]?.Term} was committed in term {_committedInTerm[index - 1]}");
        }
    }

    private void Committed(SimNode node, long from, NodePublication view)
    {
        var log = node.Disk.Written;
        if (view.CommitIndex > log.LastIndex)
        {
            throw new CheckFailedException("log matching", $"{node} knows {view.CommitIndex} as committed, its log ends at {log.LastIndex}");
        }

        for (var index = Math.Max(from, log.Snapshot.Index) + 1; index <= Math.Min(view.CommitIndex, CommitIndex); index++)
        {
            world.Coverage.Hit(Mark.CheckLogMatching);
            var entry = log.Entry(index);
            var known = _committed[(int)index - 1];
            if (entry is not null && known is not null && (entry.Term != known.Term || entry.Kind != known.Kind))
            {
                throw new CheckFailedException("log matching", $"{node} has committed {entry} where {known} was committed before");
            }
        }

        if (view.CommitIndex > CommitIndex)
        {
            FirstCommit(node, log, view);
        }
    }

    private void FirstCommit(SimNode node, Disk.ControlImage log, NodePublication view)
    {
        var top = log.Entry(view.CommitIndex);
        if (view.Role == ConsensusRole.Leader)
        {
            world.Coverage.Hit(Mark.CheckCommittedOnMajority);
            if (top is not null && top.Term != view.Term)
            {
                throw new CheckFailedException("commit by the leader's own term", $"{node}, leader of term {view.Term}, commits index {top.Index} of term {top.Term} by counting");
            }

            OnMajority(node, view, view.CommitIndex, top?.Term ?? log.Snapshot.Term);
        }

        for (var index = CommitIndex + 1; index <= view.CommitIndex; index++)
        {
            var entry = log.Entry(index);
            _committed.Add(entry);
            _committedInTerm.Add(view.Term);
            if (entry is { Kind: EntryKind.Voters })
            {
                world.Coverage.Hit(Mark.VotersChanged);
            }
        }
    }

    private void OnMajority(SimNode leader, NodePublication view, long index, long term)
    {
        var holds = 0;
        foreach (var voter in view.Voters.Members)
        {
            foreach (var node in world.Nodes)
            {
                // A disk that was lost since it acknowledged does not speak against the leader, who counted in good faith.
                var durable = node.Disk.Durable;
                if (node.Id == voter.Id && (durable.Incarnation != voter.Incarnation || node.Disk.Losses > 0 || durable.Snapshot.Index >= index || durable.Entry(index)?.Term == term))
                {
                    holds++;
                    break;
                }
            }
        }

        if (holds < view.Voters.Majority)
        {
            throw new CheckFailedException("commit on a majority", $"{leader} commits index {index}, durable on {holds} of {view.Voters.Members.Length} voters");
        }
    }

    private void Applied(SimNode node, NodePublication? before, NodePublication view)
    {
        var state = view.State;
        if (state.AppliedIndex > view.CommitIndex && state.AppliedIndex > CommitIndex)
        {
            throw new CheckFailedException("apply what is committed", $"{node} applied {state.AppliedIndex}, committed is {CommitIndex}");
        }

        if (before is not null && before.Self.Incarnation == view.Self.Incarnation && state.AppliedIndex < before.State.AppliedIndex)
        {
            throw new CheckFailedException("applied index grows", $"{node} went from {before.State.AppliedIndex} to {state.AppliedIndex}");
        }

        if (state.AppliedIndex == 0)
        {
            return;
        }

        CompareStates(node, state);
        CompareVersions(node, before?.State, state);
        MarkTransitions(before?.State, state);
        if (state.AppliedIndex > Newest.AppliedIndex)
        {
            var known = Newest;
            Newest = state;
            if (!ReferenceEquals(known.Buckets, state.Buckets))
            {
                foreach (var bucket in known.Buckets.Values.Where(b => state.StandingOf(b.Id) == BucketStanding.Retired))
                {
                    _retiredAt.TryAdd(bucket.Id, world.NowNs);
                }
            }

            if (!ReferenceEquals(known.Operations, state.Operations))
            {
                OperationsChanged(known, state);
            }

            if (!ReferenceEquals(known.Nodes, state.Nodes))
            {
                PlacementChanged(known, state);
                CheckDepartures(known, state);
                CheckCleanEverywhere(known, state);
            }
        }
    }

    private void CompareStates(SimNode node, ClusterState state)
    {
        var index = (int)state.AppliedIndex;
        while (_stateHash.Count <= index)
        {
            _stateHash.Add(0);
            _fullHash.Add(0);
        }

        world.Coverage.Hit(Mark.CheckStateHash);
        var hash = StateHash.Quick(state);
        if (_stateHash[index] != 0 && _stateHash[index] != hash)
        {
            throw new CheckFailedException("state machine determinism", $"{node} has another state at index {index} than an earlier node: {StateHash.Describe(state)}");
        }

        _stateHash[index] = hash;
        if (index % 32 == 0)
        {
            CompareFully(node, state);
        }
    }

    /// <summary>Compares the whole encoded state with that of every other node at the same index.</summary>
    public void CompareFully(SimNode node, ClusterState state)
    {
        var index = (int)state.AppliedIndex;
        world.Coverage.Hit(Mark.CheckFullState);
        var full = StateHash.Full(state);
        if (_fullHash[index] != 0 && _fullHash[index] != full)
        {
            throw new CheckFailedException("state machine determinism", $"{node} has another encoded state at index {index} than an earlier node: {StateHash.Describe(state)}");
        }

        _fullHash[index] = full;
    }

    private void CompareVersions(SimNode node, ClusterState? before, ClusterState state)
    {
        if (before is null || before.AppliedIndex >= state.AppliedIndex || before.AppliedIndex == 0)
        {
            return;
        }

        world.Coverage.Hit(Mark.CheckViewVersions);
        var (old, now) = (before.Versions, state.Versions);
        var fault = now.Smap < old.Smap || now.Bmd < old.Bmd || now.Rmd < old.Rmd || now.Conf < old.Conf ? "went back"
            : now.Bmd == old.Bmd && !ReferenceEquals(before.Buckets, state.Buckets) && before.Buckets.Count != state.Buckets.Count ? "BMD changed without a new version"
            : now.Conf == old.Conf && !before.Config.Equals(state.Config) ? "Conf changed without a new version"
            : now.Smap == old.Smap && (before.Nodes.Count != state.Nodes.Count || before.Leader?.Identity != state.Leader?.Identity) ? "Smap changed without a new version"
            : null;
        if (fault is not null)
        {
            throw new CheckFailedException("views grow", $"{node}, index {before.AppliedIndex} to {state.AppliedIndex}: {fault} ({old} to {now})");
        }
    }

    private void MarkTransitions(ClusterState? before, ClusterState state)
    {
        if (state.AppliedIndex <= Newest.AppliedIndex)
        {
            return;
        }

        before = Newest;
        var coverage = world.Coverage;
        coverage.Hit(before.IsFormed != state.IsFormed ? Mark.ClusterFormed : Mark.None);
        coverage.Hit(state.Nodes.Count > before.Nodes.Count && before.IsFormed ? Mark.NodeJoined : Mark.None);
        coverage.Hit(state.Newest.Number > before.Newest.Number ? Mark.TargetsActivated : Mark.None);
        coverage.Hit(state.Buckets.Count > before.Buckets.Count ? Mark.BucketCreated : Mark.None);
        coverage.Hit(state.Buckets.Count < before.Buckets.Count ? Mark.BucketDestroyed : Mark.None);
        coverage.Hit(state.Versions.Conf > before.Versions.Conf && before.IsFormed ? Mark.ConfigChanged : Mark.None);
        coverage.Hit(state.Versions.Bmd > before.Versions.Bmd && state.Buckets.Count == before.Buckets.Count && before.Buckets.Count > 0 ? Mark.PropsChanged : Mark.None);
        if (!ReferenceEquals(before.Nodes, state.Nodes))
        {
            foreach (var node in state.Nodes.Values)
            {
                coverage.Hit(before.Node(node.Id) is { } old && old.Session != node.Session && node.Session != SessionId.None ? Mark.SessionCommitted : Mark.None);
            }
        }

        if (!before.Voters.Equals(state.Voters) && !before.Voters.Members.IsEmpty)
        {
            coverage.Hit(before.Voters.Members.Any(m => !state.Voters.Contains(m)) ? Mark.VoterRemoved : Mark.VoterAdded);
        }
    }
}
