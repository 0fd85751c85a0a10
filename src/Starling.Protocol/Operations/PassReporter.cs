using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.Operations;

/// <summary>A member's side of operations: tells the leader how it goes, again and again until the state shows it. Levels, not edges.</summary>
internal sealed class PassReporter(NodeContext node, Raft raft, RequestDesk desk, Action<long> becomeOutsider)
{
    private const long RepeatNs = 1_000_000_000;

    private PassFinished? finished;
    private PassSummary? summary;
    private RecordMountpaths? mountpaths;
    private Incarnation erased;
    private int turn;
    private long toldNs = long.MinValue / 2;
    private long sentNs = long.MinValue / 2;

    public void On(PassFinished input)
    {
        finished = input;
        sentNs = long.MinValue / 2;
    }

    public void On(PassProgressed input) => summary = input.Summary;

    public void On(MountpathsChanged input)
    {
        mountpaths = new RecordMountpaths(node.Self.Id, node.Self.Session, input.Present);
        sentNs = long.MinValue / 2;
    }

    /// <summary>
    /// Told to nobody before this node's disk knows that the permit is committed: once it is removed the log reaches it no more, and its next process must still
    /// know what to ask.
    /// </summary>
    public void OnErased()
    {
        if (node.State.EraseOrdered(node.Self.Member) is { } permit && erased != node.Self.Incarnation)
        {
            raft.Fold(permit.Index);
            node.Disk.Then(() =>
            {
                erased = node.Self.Incarnation;
                toldNs = long.MinValue / 2;
            });
        }
    }

    /// <summary>The membership of the incarnation that this process began as is over by permit, and its log is given up.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>
    /// Believed from a member only, by an incarnation that has a permit and has erased itself: nobody else is ever stopped by such a message, late or forged.
    /// </summary>
    public void On(NodeIdentity from, MembershipEnded message)
    {
        if (ErasedBy is { } permit && permit.Operation == message.Operation && node.State.Node(from.Id)?.Incarnation == from.Incarnation)
        {
            End(permit);
        }
    }

    public void Tick()
    {
        if (ErasedBy is { } permit)
        {
            TellErased(permit);
        }

        if (!node.State.KnowsOperations || raft.Leader is not { } leader || leader == node.Self || node.NowNs - sentNs < RepeatNs)
        {
            return;
        }

        sentNs = node.NowNs;
        if (mountpaths is not null && node.State.Node(node.Self.Id) is { } entry && entry.Session == mountpaths.Session && !mountpaths.IsShown(entry))
        {
            desk.Request(new ProposalRequested(NodeContext.NobodyWaits, mountpaths, RepeatNs));
        }

        if (finished is { } pass && !IsShown(pass))
        {
            node.Send(leader.Member, new CleanReport(pass.Epoch, pass.StartedIndex, pass.Receivers, pass.OpenUploads));
        }

        if (summary is not null)
        {
            node.Send(leader.Member, new SummaryReport(summary));
        }
    }

    /// <summary>The permit by which this incarnation has erased itself; null: it has none, or has not yet, or is over.</summary>
    private ErasePermit? ErasedBy => erased == node.Self.Incarnation ? node.State.EraseOrdered(node.Self.Member) : null;

    private void TellErased(ErasePermit permit)
    {
        if (node.State.Node(node.Self.Id)?.Incarnation != node.Self.Incarnation)
        {
            // The removal itself still came by the log.
            End(permit);
            return;
        }

        if (node.NowNs - toldNs < RepeatNs)
        {
            return;
        }

        toldNs = node.NowNs;
        var report = new EraseReport(permit.Operation);
        if (raft.Leader is { } leader && leader != node.Self)
        {
            node.Send(leader.Member, report);
        }

        // The leader that removed it may be gone, and it cannot learn who leads now.
        if (NextMember() is { } member && member != raft.Leader?.Member)
        {
            node.Send(member, report);
        }
    }

    /// <summary>
    /// This incarnation is never admitted again (rule A18), so its log is of no use to anybody: the next process in this directory comes as a new member.
    /// Shown when that is on the disk; a crash before leaves the old log, whose next process asks again.
    /// </summary>
    private void End(ErasePermit permit)
    {
        becomeOutsider(permit.Operation);
        node.Disk.Then(() =>
        {
            HasEnded = true;
            node.ViewChanged = true;
        });
    }

    private Member? NextMember()
    {
        var others = node.State.Nodes.Values.Where(n => n.Id != node.Self.Id).ToList();
        return others.Count == 0 ? null : others[turn++ % others.Count].Member;
    }

    private bool IsShown(PassFinished pass) =>
        node.State.Node(node.Self.Id) is not { } entry || entry.Clean > pass.Epoch || (entry.Clean == pass.Epoch && entry.CleanIndex > pass.StartedIndex);
}
