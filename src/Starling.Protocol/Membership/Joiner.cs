using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;

namespace Starling.Protocol.Membership;

/// <summary>Until its own session is applied, a process says who it is: to the leader, or through any member it can reach (rule A9).</summary>
internal sealed class Joiner(NodeContext node, Raft raft, Admissions admissions)
{
    private const long AskNs = 1_000_000_000;
    private const long EagerNs = 200_000_000;
    private const int MaxQuestions = 256;
    private const int QuestionsPerTerm = 1 << 20;

    // As leader: what was asked of the process that asked last under an id.
    private readonly SortedDictionary<NodeId, (SessionId Session, long Number)> questions = [];
    private long lastQuestion;
    private long questionsTerm;

    private readonly SortedSet<string> places = new(StringComparer.Ordinal);
    private long askAtNs = node.NowNs;
    private int turn;
    private int asked;
    private long answers;
    private bool isTakenForAnother;
    private bool staysOutside;

    /// <summary>What this process waits for; null: nothing.</summary>
    public string? Waiting { get; private set; } = "waiting for the session of this process to be committed";

    /// <summary>Its own session is committed and applied here.</summary>
    public bool IsIn { get; private set; }

    /// <summary>Log index of the entry that committed it; 0: not yet.</summary>
    public long SessionIndex { get; private set; }

    /// <summary>One more place to ask.</summary>
    public void AddPlace(string address)
    {
        if (address.Length > 0 && address != node.Facts.Addresses.Control && places.Count < 256)
        {
            places.Add(address);
        }
    }

    /// <summary>
    /// A leader calls another incarnation of this node, and none calls this one: a late request of an earlier incarnation was admitted in its place.
    /// It says again who it is, whatever the state says that it had applied.
    /// </summary>
    public void TakenForAnother() => isTakenForAnother = true;

    /// <summary>This node has no log, but disks of a cluster: no other cluster is joined.</summary>
    public void Expect(string clusterId) => Waiting =
        $"the disks of this node hold objects of cluster {clusterId}: waiting for a member of it to answer; to use them in another cluster, empty them first";

    /// <summary>Another incarnation has to come in anew.</summary>
    public void Restart()
    {
        IsIn = false;
        SessionIndex = 0;
        askAtNs = node.NowNs;
        asked = 0;
        Waiting = "this node's log was lost: it joins as a new incarnation";
    }

    /// <summary>This process asks no more to be let in; the next one in its directory does.</summary>
    public void StayOutside(string why)
    {
        staysOutside = true;
        Waiting = why;
    }

    public void Follow()
    {
        if (node.State.Node(node.Self.Id) is { } entry && entry.Identity == node.Self && entry.SessionIndex != SessionIndex)
        {
            IsIn = true;
            SessionIndex = entry.SessionIndex;
            Waiting = null;
            node.ViewChanged = true;
        }
    }

    public void Tick()
    {
        isTakenForAnother &= raft.Leader is null;
        var current = !isTakenForAnother && node.State.Node(node.Self.Id)?.Identity == node.Self;
        if (staysOutside || current || raft.IsLeader || node.Stopping || node.NowNs < askAtNs)
        {
            return;
        }

        askAtNs = node.NowNs + (asked++ < 10 ? EagerNs : AskNs);
        var request = new JoinRequest(node.Self, node.Facts) { FeatureLevel = node.Settings.HighestFeatureLevel, Answers = answers };
        if (raft.Leader is { } leader)
        {
            node.Send(leader.Member, request);
        }
        else if (node.State.Nodes.IsEmpty && places.Count > 0)
        {
            turn = (turn + 1) % places.Count;
            node.SendTo(places.ElementAt(turn), default, Incarnation.None, request);
        }
        else if (node.Book.Peers.Count > 0)
        {
            turn = (turn + 1) % node.Book.Peers.Count;
            var peer = node.Book.Peers[turn];
            node.SendTo(peer.Address, peer.Id, Incarnation.None, request);
        }
    }

    /// <summary>Somebody wants to come in: the leader decides, anybody else passes it on.</summary>
    public void On(NodeIdentity from, string fromAddress, JoinRequest request)
    {
        if (node.ClusterId.Length == 0)
        {
            return;
        }

        if (raft.IsLeader && MayBeLate(request))
        {
            Answer(request, new JoinResponse(true, "asking whether this process still runs", Members()) { Question = Question(request.Identity) });
        }
        else if (raft.IsLeader)
        {
            var (accepted, reason) = admissions.Consider(request.Identity, request.Facts, request.FeatureLevel);
            Answer(request, new JoinResponse(accepted, reason, Members()));
        }
        else if (raft.Leader is { } leader && from == request.Identity)
        {
            node.Send(leader.Member, request);
        }
        else if (from == request.Identity)
        {
            node.SendTo(fromAddress, from.Id, from.Incarnation, new JoinResponse(true, "the cluster has no leader at the moment", Members()));
        }
    }

    public void On(JoinResponse response)
    {
        if (response.Question != 0 && response.Question != answers)
        {
            answers = response.Question;
            askAtNs = node.NowNs;
        }

        foreach (var address in response.Addresses)
        {
            AddPlace(address);
        }

        var waiting = response.Reason.Length == 0 ? Waiting : response.Reason;
        if (!IsIn && !staysOutside && waiting != Waiting)
        {
            Waiting = waiting;
            node.ViewChanged = true;
        }
    }

    /// <summary>
    /// A member that was paused passes on what it received long ago, and the process that said it may be dead and replaced: a process counts once it has answered a
    /// question of this leader, and only while no other one of its id has asked since. Builds that say nothing of feature levels cannot answer.
    /// </summary>
    private bool MayBeLate(JoinRequest request) =>
        request.FeatureLevel > 0 && node.State.Node(request.Identity.Id)?.Identity != request.Identity
        && !(questionsTerm == raft.Term && questions.TryGetValue(request.Identity.Id, out var asked) && asked == (request.Identity.Session, request.Answers));

    private long Question(NodeIdentity of)
    {
        if (questionsTerm != raft.Term || questions.Count >= MaxQuestions)
        {
            questions.Clear();
            lastQuestion = Math.Max(lastQuestion, raft.Term * QuestionsPerTerm);
            questionsTerm = raft.Term;
        }

        // Who repeats itself before the question has arrived is asked the same.
        if (!questions.TryGetValue(of.Id, out var question) || question.Session != of.Session)
        {
            question = (of.Session, ++lastQuestion);
            questions[of.Id] = question;
        }

        return question.Number;
    }

    private void Answer(JoinRequest request, JoinResponse response) =>
        node.SendTo(request.Facts.Addresses.Control, request.Identity.Id, request.Identity.Incarnation, response);

    private ImmutableArray<string> Members()
    {
        var addresses = ImmutableArray.CreateBuilder<string>();
        foreach (var peer in node.Book.Peers)
        {
            if (addresses.Count < 16)
            {
                addresses.Add(peer.Address);
            }
        }

        return addresses.ToImmutable();
    }
}
