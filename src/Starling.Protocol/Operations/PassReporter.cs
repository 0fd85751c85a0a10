using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Operations;

/// <summary>A member's side of operations: tells the leader how it goes, again and again until the state shows it. Levels, not edges.</summary>
internal sealed class PassReporter(NodeContext node, Raft raft, RequestDesk desk)
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

    public void OnErased()
    {
        erased = node.Self.Incarnation;
        toldNs = long.MinValue / 2;
    }

    /// <summary>The membership of this incarnation is over by permit.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>
    /// Believed from a member only, by an incarnation that has a permit and has erased itself: nobody else is ever stopped by such a message, late or forged.
    /// </summary>
    public void On(NodeIdentity from, MembershipEnded message)
    {
        if (!HasEnded && erased == node.Self.Incarnation && node.State.EraseOrdered(node.Self.Member)?.Operation == message.Operation && node.State.Node(from.Id)?.Incarnation == from.Incarnation)
        {
            HasEnded = true;
            node.ViewChanged = true;
        }
    }

    public void Tick()
    {
        TellErased();
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

    private void TellErased()
    {
        if (erased != node.Self.Incarnation || HasEnded || node.NowNs - toldNs < RepeatNs || node.State.EraseOrdered(node.Self.Member) is not { } permit)
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

    private Member? NextMember()
    {
        var others = node.State.Nodes.Values.Where(n => n.Id != node.Self.Id).ToList();
        return others.Count == 0 ? null : others[turn++ % others.Count].Member;
    }

    private bool IsShown(PassFinished pass) =>
        node.State.Node(node.Self.Id) is not { } entry || entry.Clean > pass.Epoch || (entry.Clean == pass.Epoch && entry.CleanIndex > pass.StartedIndex);
}
