using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Ownership;

/// <summary>The leader's side of rule B3: grants to committed sessions only, after a confirmation, and remembers when and under which epoch.</summary>
internal sealed class LeaseDesk(NodeContext node, Raft raft)
{
    private readonly SortedDictionary<NodeId, Grants> grants = [];
    private readonly List<(NodeId Target, long Epoch)> sinceTick = [];

    /// <summary>A new leader knows nothing of the grants of earlier ones; that is why its waits begin with its election.</summary>
    public void Restart()
    {
        grants.Clear();
        sinceTick.Clear();
    }

    /// <summary>
    /// Grants count from the first tick after them: between ticks the known time stands still, and a leader that was paused would otherwise remember a
    /// grant as older than the question that it answered.
    /// </summary>
    public void Tick()
    {
        foreach (var (target, epoch) in sinceTick)
        {
            grants[target].LastNs = node.NowNs;
            grants[target].ByEpoch[epoch] = node.NowNs;
        }

        sinceTick.Clear();
    }

    public void On(NodeIdentity from, LeaseRequest request, Action<LeaseResponse> answer)
    {
        if (!raft.IsReady)
        {
            return;
        }

        raft.Confirm(index =>
        {
            if (index is null || !raft.IsReady)
            {
                return;
            }

            var granted = node.State.MayLease(from) && !MayNotBeLeased(from);
            if (granted)
            {
                Remember(from);
            }

            // The commit index of now, not of the question: no grant lies below an epoch that was committed meanwhile.
            answer(new LeaseResponse(request.Number, granted, raft.CommitIndex));
        });
    }

    /// <summary>Whether this session holds a lease by this leader's grant that is certainly still running.</summary>
    public bool IsLeased(NodeIdentity session) =>
        grants.TryGetValue(session.Id, out var g) && g.Session == session.Session && node.NowNs - g.LastNs < Lease.DurationNs / 2;

    /// <summary>Whether no lease of this target, of any session and by any leader, can be valid any more (rule B4).</summary>
    public bool HasLapsed(NodeId target) => node.NowNs - LastGrantNs(target, long.MaxValue) > Lease.LapseNs;

    /// <summary>Whether every lease has ended that was granted to this target before epoch <paramref name="epoch"/> was committed (rule B4).</summary>
    public bool HasLapsedBelow(NodeId target, long epoch) => node.NowNs - LastGrantNs(target, epoch) > Lease.LapseNs;

    /// <summary>How much longer, nanoseconds, an old session may hold a lease.</summary>
    public long RemainingNs(NodeId target) => Math.Max(0, Lease.LapseNs - (node.NowNs - LastGrantNs(target, long.MaxValue)));

    /// <summary>
    /// Whether an entry that is not applied yet replaces this session, or declares lost what it holds. Its ground was that no lease of this session can be
    /// valid: none is granted any more.
    /// </summary>
    private bool MayNotBeLeased(NodeIdentity session)
    {
        for (var index = node.State.AppliedIndex + 1; index <= raft.Log.LastIndex; index++)
        {
            var ends = raft.Log[index].Command switch
            {
                CommitSession next => next.Member.Id == session.Id && next.Session != session.Session,
                DeclareLost loss => loss.Target == session.Id && loss.MountpathIds.IsEmpty,
                AttestOff off => off.Node == session.Id && off.Session == session.Session,
                _ => false,
            };
            if (ends)
            {
                return true;
            }
        }

        return false;
    }

    private long LastGrantNs(NodeId target, long belowEpoch)
    {
        var last = raft.ElectedNs;
        foreach (var (fresh, epoch) in sinceTick)
        {
            if (fresh == target && epoch < belowEpoch)
            {
                return node.NowNs;
            }
        }

        if (grants.TryGetValue(target, out var g))
        {
            foreach (var (epoch, atNs) in g.ByEpoch)
            {
                if (epoch < belowEpoch)
                {
                    last = Math.Max(last, atNs);
                }
            }
        }

        return last;
    }

    private void Remember(NodeIdentity session)
    {
        if (!grants.TryGetValue(session.Id, out var g))
        {
            grants.Add(session.Id, g = new Grants());
        }

        g.Session = session.Session;
        g.LastNs = node.NowNs;
        g.ByEpoch[node.State.Newest.Number] = node.NowNs;
        sinceTick.Add((session.Id, node.State.Newest.Number));
        foreach (var epoch in new List<long>(g.ByEpoch.Keys))
        {
            if (node.NowNs - g.ByEpoch[epoch] > Lease.LapseNs)
            {
                g.ByEpoch.Remove(epoch);
            }
        }
    }

    private sealed class Grants
    {
        public SessionId Session { get; set; }

        public long LastNs { get; set; }

        /// <summary>Last grant while this epoch was the newest committed one.</summary>
        public SortedDictionary<long, long> ByEpoch { get; } = [];
    }
}
