using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.Operations;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Node;

/// <summary>
/// One node's part in everything that is decided together: composes consensus, membership, bootstrap and leases. Pure: time, messages and randomness come
/// in, effects go out. Not thread-safe; one caller steps it.
/// </summary>
public sealed class ProtocolNode : IRaftEvents
{
    private const long StopWaitNs = 5_000_000_000;
    private const long RecordStopWaitNs = 2_000_000_000;

    private readonly NodeContext node;
    private readonly Raft raft;
    private readonly RequestDesk desk;
    private readonly LeaseHolder holder;
    private readonly LeaseDesk leases;
    private readonly FenceWatch fences;
    private readonly FailureDetector detector;
    private readonly ProbeDesk probes;
    private readonly Challenger challenger;
    private readonly Admissions admissions;
    private readonly Joiner joiner;
    private readonly Founding founding;
    private readonly FeatureDesk features;
    private readonly OperationDesk operations;
    private readonly PassReporter passes;
    private readonly SafetyDesk safety;
    private readonly List<Effect> effects = [];
    private long stoppingSinceNs;
    private bool wasReady;
    private int shownBook = -1;
    private ImmutableArray<KeyValuePair<NodeId, string>> addresses = [];

    /// <summary>Starts from what the disk held. The first step (a <see cref="Tick"/>) publishes the first view.</summary>
    /// <exception cref="ArgumentException">A setting is out of its bounds; the message names it.</exception>
    public ProtocolNode(NodeStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        if (start.Settings.Validate() is { } problem)
        {
            throw new ArgumentException(problem, nameof(start));
        }

        var restored = start.Restored;
        var lastIndex = restored.Entries.IsEmpty ? restored.Snapshot.Index : restored.Entries[^1].Index;
        node = new NodeContext(start) { Disk = new PersistQueue(lastIndex) };
        if (!node.State.IsFormed && restored.Entries.Select(e => e.Command).OfType<FormCluster>().FirstOrDefault() is { } formed)
        {
            node.ClusterId = formed.ClusterId;
            foreach (var member in formed.Members)
            {
                node.Book.Set(member.Id, member.Addresses.Control);
            }
        }

        raft = new Raft(node, restored, this);
        node.AddressInLog = id => raft.Log.AddressOf(id);
        desk = new RequestDesk(node, raft);
        leases = new LeaseDesk(node, raft);
        holder = new LeaseHolder(node, raft) { AskSelf = number => leases.On(node.Self, new LeaseRequest(number), r => holder!.On(r)) };
        fences = new FenceWatch(node, raft, leases);
        detector = new FailureDetector(node);
        probes = new ProbeDesk(node);
        challenger = new Challenger(node);
        admissions = new Admissions(node, raft, leases, challenger, detector);
        features = new FeatureDesk(node, raft, detector);
        operations = new OperationDesk(node, raft, leases, detector);
        desk.Complete = operations.Complete;
        passes = new PassReporter(node, raft, desk, BecomeOutsider);
        safety = new SafetyDesk(node, raft, operations);
        joiner = new Joiner(node, raft, admissions);
        founding = new Founding(node, raft, joiner, start);
        if (start.ClusterId.Length > 0 && raft.Log.LastIndex == 0)
        {
            joiner.Expect(start.ClusterId);
        }

        View = MakeView();
    }

    /// <summary>The newest published view.</summary>
    public NodePublication View { get; private set; }

    /// <summary>Takes one input; returns what to do, front to back. Never throws for what a peer did; a broken invariant ends in <see cref="Halt"/>.</summary>
    public EffectList Step(in Input input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (node.Halted is not null)
        {
            return default;
        }

        Take(input);
        raft.Flush();
        raft.MaybeSnapshot();
        return Collect();
    }

    private void Take(Input input)
    {
        switch (input)
        {
            case Tick tick:
                OnTick(tick);
                break;
            case Received received:
                OnReceived(received.Envelope);
                break;
            case PersistCompleted completed:
                node.Disk.Complete(completed.Token);
                break;
            case SendFailed failed:
                OnSendFailed(failed);
                break;
            case ProposalRequested proposal:
                desk.Request(proposal);
                break;
            case ReadIndexRequested read:
                desk.Request(read);
                break;
            case TransferRequested transfer:
                desk.Request(transfer);
                break;
            case InitRequested init:
                founding.Request(init);
                break;
            case DataProbed probed:
                detector.On(probed);
                break;
            case PassFinished finished:
                passes.On(finished);
                break;
            case MountpathsChanged changed:
                passes.On(changed);
                break;
            case PassProgressed progressed:
                passes.On(progressed);
                break;
            case EraseFinished:
                passes.OnErased();
                break;
            case SafetyRequested question:
                safety.Request(question);
                break;
            case Stopping:
                OnStopping();
                break;
            default:
                node.Halt($"unknown input {input.GetType().Name}");
                break;
        }
    }

    /// <summary>A target gives up its lease first, in the published view, and only then has its stop recorded (rule B3).</summary>
    private void OnStopping()
    {
        node.Stopping = true;
        stoppingSinceNs = node.NowNs;
        node.ViewChanged = true;
        if (node.Facts.Role == NodeRole.Target && IsCommittedSession)
        {
            holder.GiveUp();
            desk.Request(new ProposalRequested(NodeContext.NobodyWaits, new RecordStop(node.Self.Id, node.Self.Session), RecordStopWaitNs));
        }
    }

    private bool IsCommittedSession => node.State.Node(node.Self.Id)?.Identity == node.Self;

    /// <summary>Nothing that must be said before the process ends is still unsaid, or it has waited long enough.</summary>
    private bool IsStopReady()
    {
        var waited = node.NowNs - stoppingSinceNs;
        var handedOver = !raft.IsLeader || raft.Log.Voters.Members.Length == 1 || waited >= StopWaitNs;
        var recorded = node.Facts.Role != NodeRole.Target || !IsCommittedSession || node.State.Node(node.Self.Id)!.StoppedInOrder || waited >= RecordStopWaitNs;
        return node.Stopping && handedOver && recorded;
    }

    private void OnTick(Tick tick)
    {
        node.NowNs = Math.Max(node.NowNs, tick.NowNs);
        node.WallNs = tick.WallNs;
        leases.Tick();
        founding.Tick();
        if (node.ClusterId.Length == 0)
        {
            joiner.Tick();
            desk.Tick();
            safety.Tick();
            return;
        }

        raft.Tick();
        desk.Tick();
        safety.Tick();
        joiner.Tick();
        passes.Tick();
        if (node.Facts.Role == NodeRole.Target)
        {
            holder.Tick(joiner.IsIn && IsCommittedSession);
        }

        if (raft.IsLeader)
        {
            detector.Tick();
            admissions.Tick();
            fences.Tick();
            features.Tick();
            operations.Tick();
        }

        if (raft.IsReady != wasReady || (node.Stopping && !View.StopReady))
        {
            wasReady = raft.IsReady;
            node.ViewChanged = true;
        }
    }

    private void OnSendFailed(SendFailed failed)
    {
        var envelope = failed.Envelope;
        if (envelope.Relay || envelope.Relayed || envelope.Message is ProbeRequest or ProbeResponse or DiscoverRequest or DiscoverResponse or JoinRequest or JoinResponse)
        {
            return;
        }

        if (!envelope.To.IsNone && node.Book.Find(envelope.To) is { } peer && peer.Address == failed.Address)
        {
            peer.FailingUntilNs = node.NowNs + (2 * node.Settings.HeartbeatNs);
            node.Reroute(envelope);
        }

        desk.Failed(envelope.Message);
    }

    private void OnReceived(Envelope envelope)
    {
        if (envelope.Relay && envelope.To != node.Self.Id)
        {
            if (envelope.ClusterId == node.ClusterId && node.ClusterId.Length > 0)
            {
                node.Forward(envelope);
            }

            return;
        }

        if (node.ClusterId.Length == 0 && envelope.ClusterId.Length > 0 && envelope.To == node.Self.Id)
        {
            // Somebody takes us for who we were before our disk was lost: there is a cluster, and there is a place to ask.
            founding.Proof(envelope.ClusterId);
            joiner.AddPlace(envelope.FromAddress);
        }

        if (envelope.To == node.Self.Id && envelope.ToIncarnation != Incarnation.None && envelope.ToIncarnation != node.Self.Incarnation
            && envelope.ClusterId == node.ClusterId && envelope.Message is HeartbeatRequest && raft.Leader is null)
        {
            joiner.TakenForAnother();
        }

        // The addressee drops what names another cluster, or another incarnation of itself (rule A7).
        if ((!envelope.To.IsNone && envelope.To != node.Self.Id)
            || (envelope.ToIncarnation != Incarnation.None && envelope.ToIncarnation != node.Self.Incarnation)
            || envelope.From == node.Self)
        {
            return;
        }

        if (OnExempt(envelope))
        {
            return;
        }

        var isLeaders = envelope.Message is AppendRequest or HeartbeatRequest or SnapshotRequest;
        if (envelope.ClusterId.Length == 0 || envelope.ToIncarnation == Incarnation.None)
        {
            return;
        }

        if (node.ClusterId.Length == 0)
        {
            founding.Proof(envelope.ClusterId);
            if (isLeaders)
            {
                founding.Adopt(envelope.ClusterId);
            }
        }

        if (envelope.ClusterId != node.ClusterId)
        {
            return;
        }

        if (isLeaders && !envelope.Relayed && node.Book.Find(envelope.From.Id) is null)
        {
            node.Book.Set(envelope.From.Id, envelope.FromAddress);
        }

        if (!isLeaders && !challenger.MaySpeak(envelope.From, envelope.FromAddress))
        {
            return;
        }

        NoteSender(envelope);
        OnMember(envelope);
    }

    private void NoteSender(Envelope envelope)
    {
        if (envelope.Relayed || envelope.Relay)
        {
            // It could not reach us directly; chances are that we cannot reach it either.
            if (node.Book.Find(envelope.From.Id) is { } peer)
            {
                peer.FailingUntilNs = Math.Max(peer.FailingUntilNs, node.NowNs + (2 * node.Settings.HeartbeatNs));
            }
        }
        else if (node.Book.Find(envelope.From.Id) is { } direct)
        {
            direct.FailingUntilNs = 0;
            if (raft.IsLeader)
            {
                detector.Heard(envelope.From, envelope.AppliedIndex, envelope.FeatureLevel);
            }
        }

        if (raft.IsLeader)
        {
            fences.Heard(envelope.From, envelope.Epoch);
        }
    }

    /// <summary>What is said between nodes that need not be members of the same cluster (yet).</summary>
    private bool OnExempt(Envelope envelope)
    {
        var from = envelope.From;
        switch (envelope.Message)
        {
            case DiscoverRequest m:
                founding.On(from, envelope.FromAddress, envelope.ClusterId, m);
                return true;
            case DiscoverResponse m:
                founding.On(from, envelope.FromAddress, envelope.ClusterId, m);
                return true;
            case ConsentRequest m:
                founding.On(from, envelope.FromAddress, m);
                return true;
            case ConsentResponse m:
                founding.On(from, m);
                return true;
            case ProposalStatusRequest m:
                founding.On(from, envelope.FromAddress, m);
                return true;
            case ProposalStatus m:
                founding.On(from, m);
                return true;
            case JoinRequest m:
                if (IsOurs(envelope))
                {
                    joiner.On(from, envelope.FromAddress, m);
                }

                return true;
            case JoinResponse m:
                if (IsOurs(envelope))
                {
                    joiner.On(m);
                }

                return true;
            case ProbeRequest m:
                probes.On(from, envelope.FromAddress, m);
                return true;
            case ProbeResponse m:
                OnProbeResponse(envelope, m);
                return true;
            default:
                return false;
        }
    }

    private bool IsOurs(Envelope envelope) => envelope.ClusterId.Length == 0 || node.ClusterId.Length == 0 || envelope.ClusterId == node.ClusterId;

    private void OnProbeResponse(Envelope envelope, ProbeResponse response)
    {
        challenger.On(envelope.From, response);
        if (!probes.On(envelope.From, response) && raft.IsLeader && envelope.ClusterId == node.ClusterId
            && node.Book.Find(envelope.From.Id)?.Address == envelope.FromAddress)
        {
            detector.On(envelope.From, response, envelope.AppliedIndex, envelope.FeatureLevel);
        }
    }

    private void OnMember(Envelope envelope)
    {
        var from = envelope.From;
        switch (envelope.Message)
        {
            case HeartbeatRequest m:
                raft.On(from, m);
                break;
            case HeartbeatResponse m:
                raft.On(from, m);
                break;
            case AppendRequest m:
                raft.On(from, m);
                break;
            case AppendResponse m:
                raft.On(from, m);
                break;
            case SnapshotRequest m:
                raft.On(from, m);
                break;
            case SnapshotResponse m:
                raft.On(from, m);
                break;
            case PreVoteRequest m:
                raft.On(from, m);
                break;
            case PreVoteResponse m:
                raft.On(from, m);
                break;
            case VoteRequest m:
                raft.On(from, m);
                break;
            case VoteResponse m:
                raft.On(from, m);
                break;
            case TimeoutNow m:
                raft.On(from, m);
                break;
            case LeaseRequest m:
                leases.On(from, m, response => node.Send(from.Member, response));
                break;
            case LeaseResponse m:
                holder.On(m);
                break;
            default:
                OnServiceMessage(envelope);
                break;
        }
    }

    private void OnServiceMessage(Envelope envelope)
    {
        var from = envelope.From;
        switch (envelope.Message)
        {
            case ProposeRequest m:
                desk.On(from, m);
                break;
            case ProposeResponse m:
                desk.On(from, m);
                break;
            case ReadIndexRequest m:
                desk.On(from, m);
                break;
            case ReadIndexResponse m:
                desk.On(m);
                break;
            case TransferRequest m:
                desk.On(from, m);
                break;
            case TransferResponse m:
                desk.On(m);
                break;
            case IndirectProbeRequest m:
                probes.On(from, m);
                break;
            case IndirectProbeResponse m:
                detector.On(m);
                break;
            case CleanReport m:
                operations.On(from, m);
                break;
            case SummaryReport m:
                operations.On(from, m);
                break;
            case EraseReport m:
                operations.On(from, m);
                break;
            case MembershipEnded m:
                passes.On(from, m);
                break;
            case SafetyRequest m:
                safety.On(from, m);
                break;
            case SafetyResponse m:
                safety.On(from, m);
                break;
            default:
                // A kind that a later version may know: losing a message is always allowed.
                break;
        }
    }

    void IRaftEvents.Applied(LogEntry entry, CommandOutcome outcome, ClusterState before)
    {
        joiner.Follow();
        admissions.Applied(entry, before);
        desk.Applied(entry, outcome);
    }

    void IRaftEvents.Installed(ClusterState before)
    {
        joiner.Follow();
        desk.Installed();
    }

    void IRaftEvents.LeaderChanged()
    {
        if (raft.IsLeader)
        {
            leases.Restart();
            fences.Restart();
            admissions.Restart();
            features.Restart();
            operations.Restart();
            detector.Start();
        }
        else
        {
            detector.Stop();
        }

        desk.LeaderChanged();
    }

    void IRaftEvents.LogLost() => BecomeAnother();

    /// <summary>An operation ended the membership of this incarnation (rule A18): forgotten as a lost log is, but this process stays outside.</summary>
    private void BecomeOutsider(long operation)
    {
        BecomeAnother();
        joiner.StayOutside($"this node was decommissioned by operation op{operation} and is no member any more: start it again to let it join as a new one");
    }

    /// <summary>Whatever this node had promised is forgotten: from now on it is somebody else, without a vote (rule A7).</summary>
    private void BecomeAnother()
    {
        var incarnation = new Incarnation(node.Random.NextWide());
        foreach (var peer in node.Book.Peers)
        {
            joiner.AddPlace(peer.Address);
        }

        holder.GiveUp();
        node.Disk.Restart(incarnation);
        node.Self = node.Self with { Incarnation = incarnation };
        node.State = ClusterState.Empty;
        raft.Reset();
        joiner.Restart();
        node.ViewChanged = true;
    }

    private EffectList Collect()
    {
        effects.Clear();
        if (node.Disk.Emit(node.NowNs, raft.Log.LastIndex) is { } persist)
        {
            effects.Add(persist);
        }

        if (node.Halted is { } reason)
        {
            effects.Add(new Halt(reason));
        }

        if (node.ViewChanged)
        {
            node.ViewChanged = false;
            View = MakeView();
            effects.Add(new Publish(View));
        }

        node.TakeEffects(effects);
        return effects.Count == 0 ? default : new EffectList([.. effects]);
    }

    private NodePublication MakeView()
    {
        if (shownBook != node.Book.Version)
        {
            shownBook = node.Book.Version;
            addresses = [.. node.Book.Peers.Select(p => KeyValuePair.Create(p.Id, p.Address))];
        }

        return new NodePublication
        {
            Self = node.Self,
            State = node.State,
            ClusterId = node.ClusterId,
            Role = raft.ShownRole,
            Term = raft.Term,
            Leader = raft.Leader,
            LeaderReady = raft.IsReady,
            Caretaker = raft.Leader is { } leader && node.State.Node(leader.Id)?.Role == NodeRole.Target,
            CommitIndex = raft.CommitIndex,
            Voters = raft.Log.Voters,
            SessionApplied = joiner.IsIn,
            SessionIndex = joiner.SessionIndex,
            Lease = holder.Lease,
            Liveness = detector.Shown,
            Pending = raft.IsLeader ? admissions.Pending : [],
            Waiting = node.ClusterId.Length == 0 ? founding.Waiting ?? joiner.Waiting : joiner.Waiting,
            StopReady = IsStopReady(),
            MembershipEnded = passes.HasEnded,
            Addresses = addresses,
        };
    }
}
