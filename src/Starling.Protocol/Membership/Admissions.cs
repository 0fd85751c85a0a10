using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Membership;

/// <summary>The leader lets nodes in and commits their sessions (rules A7 to A9, B3), and makes targets active together (rule B0).</summary>
internal sealed class Admissions(NodeContext node, Raft raft, LeaseDesk leases, Challenger challenger, FailureDetector detector)
{
    private const long SettleNs = 1_000_000_000;
    private const long PendingCountsNs = 5_000_000_000;
    private const int RemembersSuperseded = 64;
    private const int RemembersWaiting = 8;

    private readonly SortedDictionary<NodeId, long> proposedAt = [];
    private readonly SortedDictionary<NodeId, (string Reason, long SinceNs)> pending = [];
    private readonly SortedDictionary<NodeId, List<SessionId>> waiting = [];
    private readonly List<SessionId> superseded = [];
    private long readySinceNs;
    private int readyCount;
    private long activationIndex;

    /// <summary>Who waits, and for what; sorted.</summary>
    public ImmutableArray<PendingAdmission> Pending { get; private set; } = [];

    public void Restart()
    {
        proposedAt.Clear();
        pending.Clear();
        waiting.Clear();
        superseded.Clear();
        readySinceNs = 0;
        activationIndex = 0;
        Pending = [];
    }

    /// <summary>
    /// A process that was replaced is not brought back by a message that was long on its way: neither the one whose session was in force, nor one that asked before
    /// its successor did and died while it waited.
    /// </summary>
    public void Applied(LogEntry entry, ClusterState before)
    {
        if (entry.Command is not CommitSession { Member.Id: var id } || node.State.Node(id) is not { } now || before.Node(id)?.Session is not { } old || now.Session == old)
        {
            return;
        }

        Remember(superseded, old, RemembersSuperseded);
        if (waiting.TryGetValue(id, out var asked))
        {
            // In the order in which they first asked; who asked later may be a newer process still.
            var at = asked.IndexOf(now.Session);
            asked.GetRange(0, at < 0 ? asked.Count : at).ForEach(session => Remember(superseded, session, RemembersSuperseded));
            asked.RemoveRange(0, at < 0 ? asked.Count : at + 1);
        }
    }

    public void Tick()
    {
        if (!raft.IsReady)
        {
            return;
        }

        // The leader is a process like any other: its own session is committed as well.
        if (node.State.Node(node.Self.Id) is { } self && self.Identity != node.Self)
        {
            Consider(node.Self, node.Facts, node.Settings.HighestFeatureLevel);
        }

        foreach (var id in new List<NodeId>(pending.Keys))
        {
            if (node.NowNs - pending[id].SinceNs > PendingCountsNs)
            {
                pending.Remove(id);
            }
        }

        Activate();
        ShowPending();
    }

    /// <summary>Decides about one process that says who it is; returns what it has to wait for, or why it is refused.</summary>
    public (bool Accepted, string Reason) Consider(NodeIdentity who, NodeFacts facts, int featureLevel)
    {
        if (!raft.IsReady)
        {
            return (true, "waiting for the new leader's first entry to be committed");
        }

        if (superseded.Contains(who.Session))
        {
            return (false, $"node {who.Id}: another process of this id has started since; stop one of the two");
        }

        if (featureLevel < node.State.FeatureLevel)
        {
            return (false, AdmitNode.TooOld(who.Id, featureLevel, node.State.FeatureLevel).Message);
        }

        if (proposedAt.TryGetValue(who.Id, out var index) && index > node.State.AppliedIndex)
        {
            return (true, "waiting for the admission to be committed");
        }

        var entry = node.State.Node(who.Id);
        if (entry is not null && entry.Role != facts.Role)
        {
            return (false, $"node {who.Id} is a {Name(entry.Role)} at {entry.Addresses.Control}, the newcomer at {facts.Addresses.Control} is a {Name(facts.Role)}: give it another id");
        }

        if (entry is not null && who != node.Self)
        {
            switch (challenger.Look(who, facts.Addresses.Control, entry.Addresses.Control))
            {
                case ChallengeState.Waiting:
                    return Wait(who.Id, $"asking {entry.Addresses.Control} whether node {who.Id} still answers there");
                case ChallengeState.StillAnswers:
                    return (false, $"node {who.Id} is a member at {entry.Addresses.Control} and answers there; the one at {facts.Addresses.Control} is somebody else (a cloned disk?): "
                        + "give it another id, or stop the first");
                default:
                    break;
            }
        }

        return Propose(who, facts, featureLevel, entry);
    }

    private (bool Accepted, string Reason) Propose(NodeIdentity who, NodeFacts facts, int featureLevel, NodeEntry? entry)
    {
        if (entry is null || entry.Member != who.Member || entry.Addresses != facts.Addresses || entry.Electable != (facts.Electable && facts.Role == NodeRole.Gateway))
        {
            var known = entry is null ? null : new KnownNode(entry.Incarnation, entry.Addresses, false);
            var admit = new AdmitNode(who.Id, facts.Role, who.Incarnation, facts.Addresses) { Electable = facts.Electable, Known = known, FeatureLevel = Math.Min(featureLevel, node.State.FeatureLevel) };

            // Who is refused asks again and again: that is not for the log.
            return admit.Check(node.State) is { } refusal ? (false, refusal.Message) : Commit(who.Id, admit);
        }

        if (entry.Session == who.Session)
        {
            return (true, string.Empty);
        }

        var session = new CommitSession(who.Member, who.Session, entry.Session)
        {
            HostBootId = facts.HostBootId,
            LockFiles = facts.LockFiles,
            MountpathIds = facts.MountpathIds,
        };
        if (!session.MayReplace(entry))
        {
            if (!leases.HasLapsed(who.Id))
            {
                waiting.TryAdd(who.Id, []);
                Remember(waiting[who.Id], who.Session, RemembersWaiting);
                return Wait(who.Id, $"an earlier process of node {who.Id} may hold a lease for {(leases.RemainingNs(who.Id) / 1_000_000_000) + 1} s more");
            }

            session = session with { PreviousEnd = PreviousSessionEnd.LeaseLapsed };
        }

        return Commit(who.Id, session);
    }

    private (bool Accepted, string Reason) Commit(NodeId id, Command command)
    {
        if (raft.Refuse(command) is { } refusal)
        {
            return (true, refusal.Message);
        }

        proposedAt[id] = raft.Propose(command);
        pending.Remove(id);
        return (true, "waiting for the admission to be committed");
    }

    private static void Remember(List<SessionId> sessions, SessionId session, int atMost)
    {
        if (session != SessionId.None && !sessions.Contains(session))
        {
            sessions.Add(session);
            if (sessions.Count > atMost)
            {
                sessions.RemoveAt(0);
            }
        }
    }

    private (bool Accepted, string Reason) Wait(NodeId id, string reason)
    {
        pending[id] = (reason, node.NowNs);
        return (true, reason);
    }

    /// <summary>All that are ready go in together; a moment is waited for others that are about to be.</summary>
    private void Activate()
    {
        if (activationIndex > node.State.AppliedIndex)
        {
            return;
        }

        var waits = ActivateTargets.Waits(node.State);
        var ready = ImmutableArray.CreateBuilder<ReadyTarget>();
        foreach (var (id, entry) in node.State.Nodes)
        {
            if (entry.Role != NodeRole.Target || entry.State != AdminState.Joining)
            {
                continue;
            }

            if (waits is not null)
            {
                Wait(id, waits.Message);
            }
            else if (entry.Session == SessionId.None || !leases.IsLeased(entry.Identity) || detector.Of(id) != Liveness.Online)
            {
                Wait(id, "waiting for its session, its lease and its answers");
            }
            else if (entry.MountpathIds.IsEmpty)
            {
                Wait(id, $"target {id} has recorded no mountpaths: start it with at least one");
            }
            else
            {
                pending.Remove(id);
                ready.Add(new ReadyTarget(id, entry.Session));
            }
        }

        if (ready.Count != readyCount)
        {
            readyCount = ready.Count;
            readySinceNs = node.NowNs;
        }

        if (ready.Count == 0 || node.NowNs - readySinceNs < SettleNs)
        {
            return;
        }

        var command = new ActivateTargets(node.State.Newest.Number, ready.ToImmutable());
        if (raft.Refuse(command) is null)
        {
            activationIndex = raft.Propose(command);
        }
    }

    private void ShowPending()
    {
        var same = pending.Count == Pending.Length;
        var position = 0;
        foreach (var (id, (reason, _)) in pending)
        {
            same = same && Pending[position].Id == id && Pending[position].Reason == reason;
            position++;
        }

        if (same)
        {
            return;
        }

        var shown = ImmutableArray.CreateBuilder<PendingAdmission>(pending.Count);
        foreach (var (id, (reason, _)) in pending)
        {
            shown.Add(new PendingAdmission(id, reason));
        }

        Pending = shown.MoveToImmutable();
        node.ViewChanged = true;
    }

    private static string Name(NodeRole role) => role == NodeRole.Gateway ? "gateway" : "target";
}
