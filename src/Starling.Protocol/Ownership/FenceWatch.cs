using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Ownership;

/// <summary>When the leader may commit <c>Fenced[X] = e</c> (rule B4).</summary>
internal sealed class FenceWatch(NodeContext node, Raft raft, LeaseDesk leases)
{
    private readonly SortedDictionary<NodeId, (SessionId Session, long Epoch)> reported = [];
    private readonly SortedDictionary<NodeId, long> proposedAt = [];

    public void Restart()
    {
        reported.Clear();
        proposedAt.Clear();
    }

    /// <summary>A process says which epoch it has adopted; only the committed session's word will count.</summary>
    public void Heard(NodeIdentity from, long epoch)
    {
        if (!reported.TryGetValue(from.Id, out var known) || known.Session != from.Session || known.Epoch < epoch)
        {
            reported[from.Id] = (from.Session, epoch);
        }
    }

    public void Tick()
    {
        if (!raft.IsReady)
        {
            return;
        }

        var newest = node.State.Newest.Number;
        foreach (var (id, entry) in node.State.Nodes)
        {
            if (!entry.HoldsIntegers || entry.Fenced >= newest || (proposedAt.TryGetValue(id, out var index) && index > node.State.AppliedIndex))
            {
                continue;
            }

            if (GroundFor(entry, newest) is { } found && raft.Refuse(found) is null)
            {
                proposedAt[id] = raft.Propose(found);
            }
        }
    }

    private MarkFenced? GroundFor(NodeEntry entry, long newest)
    {
        if (entry.Id == node.Self.Id && entry.Identity == node.Self)
        {
            return new MarkFenced(entry.Id, entry.Session, newest, FenceGround.Reported);
        }

        if (reported.TryGetValue(entry.Id, out var report) && report.Session == entry.Session && report.Epoch > entry.Fenced)
        {
            return new MarkFenced(entry.Id, entry.Session, Math.Min(report.Epoch, newest), FenceGround.Reported);
        }

        if (entry.AttestedOff)
        {
            return new MarkFenced(entry.Id, entry.Session, newest, FenceGround.Attested);
        }

        return leases.HasLapsedBelow(entry.Id, newest) ? new MarkFenced(entry.Id, entry.Session, newest, FenceGround.LeaseLapsed) : null;
    }
}
