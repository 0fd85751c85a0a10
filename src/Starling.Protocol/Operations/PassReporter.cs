using Starling.Protocol.Consensus;
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
    private bool erased;
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
        erased = true;
        sentNs = long.MinValue / 2;
    }

    public void Tick()
    {
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

        if (erased && node.State.EraseOrdered(node.Self.Member) is { } permit)
        {
            node.Send(leader.Member, new EraseReport(permit.Operation));
        }
    }

    private bool IsShown(PassFinished pass) =>
        node.State.Node(node.Self.Id) is not { } entry || entry.Clean > pass.Epoch || (entry.Clean == pass.Epoch && entry.CleanIndex > pass.StartedIndex);
}
