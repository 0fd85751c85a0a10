using Starling.Core.Names;
using Starling.Core.Placement;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State;

namespace Starling.Protocol.Consensus;

/// <summary>One member as the planner of voter sets sees it.</summary>
/// <param name="Member">Who.</param>
/// <param name="IsGateway">An electable gateway; else a target.</param>
/// <param name="Gone">As a voter it must go: not a member, not administratively in, not electable, or another incarnation (wiped).</param>
/// <param name="CaughtUp">Heard lately and its log ends near the commit index.</param>
/// <param name="HasAll">It holds all that is committed: it was alive after the newest of that.</param>
/// <param name="OnlineForNs">How long it has been heard without a long silence.</param>
/// <param name="SilentForNs">How long it has not been heard.</param>
internal readonly record struct VoterView(Member Member, bool IsGateway, bool Gone, bool CaughtUp, bool HasAll, long OnlineForNs, long SilentForNs);

/// <summary>What the leader knows when it plans.</summary>
internal readonly record struct VoterSituation(NodeContext Node, Raft Raft, IList<Progress> Progress)
{
    /// <summary>Members other than the leader, and voters that are no members any more.</summary>
    public List<VoterView> Look()
    {
        var views = new List<VoterView>(Progress.Count);
        foreach (var p in Progress)
        {
            var entry = Node.State.Node(p.Id);
            var eligible = entry is not null && entry.Member == p.Member && !Node.State.RolesAreOff(p.Id)
                && (entry.Role == NodeRole.Target || entry.Electable);
            var recent = p.Answered && Node.NowNs - p.HeardNs <= 2 * Node.Settings.HeartbeatNs;
            views.Add(new VoterView(
                p.Member,
                entry?.Role == NodeRole.Gateway,
                Gone: !eligible,
                CaughtUp: eligible && recent && p.Match + Node.Settings.MaxAppendEntries >= Raft.CommitIndex && p.Match > 0,
                HasAll: recent && p.Match >= Raft.CommitIndex && p.Match > 0,
                OnlineForNs: recent ? Node.NowNs - p.OnlineSinceNs : 0,
                SilentForNs: Node.NowNs - p.HeardNs));
        }

        return views;
    }
}

/// <summary>Rules A1 and A2: one change of the voter set at a time, adding before removing, and never a healthy voter for the sake of a number.</summary>
internal sealed class VoterPlanner
{
    private Member? replacing;
    private long lastReplacementNs = long.MinValue / 2;

    /// <summary>A new leader knows of no replacement that was under way.</summary>
    public void Restart(long nowNs)
    {
        replacing = null;
        lastReplacementNs = nowNs - 20_000_000_000;
    }

    public VoterSet? Plan(VoterSituation situation)
    {
        var node = situation.Node;
        var caretaker = node.Facts.Role == NodeRole.Target;
        return Plan(situation.Raft.Log.Voters, node.Self.Member, !caretaker, situation.Look(), node.Settings, node.NowNs);
    }

    /// <summary>The next voter set, or null when it is right as it is, or when what it needs is not there.</summary>
    /// <param name="voters">The set in force.</param>
    /// <param name="self">The leader; a voter.</param>
    /// <param name="leaderIsGateway">False for a caretaker, which adds gateways and nothing else (rule A4).</param>
    /// <param name="others">Everybody else.</param>
    /// <param name="settings">Waiting times and the greatest number.</param>
    /// <param name="nowNs">Now.</param>
    public VoterSet? Plan(VoterSet voters, Member self, bool leaderIsGateway, List<VoterView> others, NodeSettings settings, long nowNs)
    {
        var candidates = others.FindAll(v => v.CaughtUp && !voters.Contains(v.Member) && !HasVoterOfSameId(voters, v, others));
        candidates.Sort(ByPreference);
        var inForce = others.FindAll(v => voters.Contains(v.Member));
        var count = voters.Members.Length;
        if (!leaderIsGateway)
        {
            return candidates.Find(v => v.IsGateway) is { IsGateway: true } gateway ? With(voters, gateway.Member) : null;
        }

        // Whoever is out, wiped or no member goes; first somebody comes in its place, if anybody can.
        var eligible = 1 + inForce.FindAll(v => !v.Gone && v.CaughtUp).Count + candidates.Count;
        var desired = Quorum.DesiredVoters(eligible, settings.MaxVoters);
        if (inForce.Exists(v => v.Gone))
        {
            return count % 2 == 1 && candidates.Count > 0 ? With(voters, candidates[0].Member) : Spare(voters, inForce);
        }

        if (count < desired && candidates.Count > 0)
        {
            return With(voters, candidates[0].Member);
        }

        return Finish(voters, inForce, settings) ?? Replace(voters, inForce, candidates, settings, nowNs);
    }

    /// <summary>
    /// Without one that must go, a silent one first; but only while the others that hold all that is committed, what makes it go included, are a majority of what
    /// remains. One that is out and alive goes on voting as long as the cluster could not decide anything without it: of two that remain, one that died a
    /// moment ago would take every decision with it.
    /// </summary>
    private static VoterSet? Spare(VoterSet voters, List<VoterView> inForce)
    {
        var gone = inForce.Find(v => v is { Gone: true, OnlineForNs: 0 });
        gone = gone.Member.Id.IsNone ? inForce.Find(v => v.Gone) : gone;
        var rest = Without(voters, gone.Member);
        var holding = 1 + inForce.FindAll(v => v.Member != gone.Member && v.HasAll).Count;
        return holding >= rest.Majority ? rest : null;
    }

    /// <summary>The second half of a replacement: the set is even, and the one that was replaced goes.</summary>
    private VoterSet? Finish(VoterSet voters, List<VoterView> inForce, NodeSettings settings)
    {
        var count = voters.Members.Length;
        if (count % 2 == 1 || count < 4)
        {
            replacing = count % 2 == 1 ? null : replacing;
            return null;
        }

        foreach (var v in inForce)
        {
            // A dead one goes whoever added its successor; a healthy target only if this leader did, or if gateways alone suffice.
            var dead = v.SilentForNs >= settings.DeadVoterNs;
            var superfluous = !v.IsGateway && (replacing == v.Member || 1 + inForce.FindAll(o => o.IsGateway && o.CaughtUp).Count >= count - 1);
            if (dead || superfluous)
            {
                replacing = null;
                return Without(voters, v.Member);
            }
        }

        return null;
    }

    private VoterSet? Replace(VoterSet voters, List<VoterView> inForce, List<VoterView> candidates, NodeSettings settings, long nowNs)
    {
        if (candidates.Count == 0 || voters.Members.Length % 2 == 0 || nowNs - lastReplacementNs < settings.ReplacementNs)
        {
            return null;
        }

        var first = candidates[0];
        foreach (var v in inForce)
        {
            var dead = v.SilentForNs >= settings.DeadVoterNs;
            var settled = !v.IsGateway && first.IsGateway && first.OnlineForNs >= settings.SettledGatewayNs;
            if ((dead || settled) && voters.Members.Length >= 3)
            {
                replacing = v.Member;
                lastReplacementNs = nowNs;
                return With(voters, first.Member);
            }
        }

        return null;
    }

    /// <summary>An old incarnation that still votes makes room for the new one of the same id only by being replaced by it.</summary>
    private static bool HasVoterOfSameId(VoterSet voters, VoterView view, List<VoterView> others)
    {
        foreach (var voter in voters.Members)
        {
            if (voter.Id == view.Member.Id && !others.Exists(o => o.Member == voter && o.Gone))
            {
                return true;
            }
        }

        return false;
    }

    private static int ByPreference(VoterView a, VoterView b)
    {
        var kind = b.IsGateway.CompareTo(a.IsGateway);
        if (kind != 0)
        {
            return kind;
        }

        var score = Score(b.Member.Id).CompareTo(Score(a.Member.Id));
        return score != 0 ? score : a.Member.CompareTo(b.Member);
    }

    private static ulong Score(NodeId id) => Rendezvous.Score(new Candidate(id.Digest), 0);

    private static VoterSet With(VoterSet voters, Member member)
    {
        var members = voters.Members.Add(member).ToArray();
        Array.Sort(members);
        return new VoterSet([.. members]);
    }

    private static VoterSet Without(VoterSet voters, Member member) => new(voters.Members.Remove(member));
}
