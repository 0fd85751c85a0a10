using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Codec;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Node;

/// <summary>
/// Wishes of this node's own services, and those that other nodes pass on: proposals, current reads, transfers (rules A10, A12).
/// A proposal is answered when this node has applied it; one that may have been lost on the way is answered "unknown outcome".
/// </summary>
internal sealed class RequestDesk(NodeContext node, Raft raft)
{
    private const long ReadRetryNs = 500_000_000;
    private const long ProposalRetryNs = 1_000_000_000;

    private readonly SortedDictionary<long, Proposal> proposals = [];
    private readonly SortedDictionary<long, List<Proposal>> byIndex = [];
    private readonly SortedDictionary<long, Read> reads = [];
    private readonly SortedDictionary<long, TransferWish> transfers = [];
    private readonly RecentOutcomes recent = new();
    private readonly ForwardedProposals forwarded = new();
    private long lastNumber = node.Random.FirstNumber();

    /// <summary>What the leader adds to a command before it appends it.</summary>
    public Func<Command, Command> Complete { get; set; } = command => command;

    public void Request(ProposalRequested input)
    {
        if (proposals.Count >= node.Settings.MaxOutstanding)
        {
            node.Answer(input.LocalRequestId, null, new StoreError(ErrorCode.Busy, "too many changes are waiting on this node; try again", 1000));
            return;
        }

        if (CommandCodec.TooLarge(input.Command) is { } tooLarge)
        {
            // Here, before it is passed on: a leader's refusal of what was sent twice would be one of unknown outcome.
            node.Answer(input.LocalRequestId, null, tooLarge);
            return;
        }

        var proposal = new Proposal(++lastNumber, input.LocalRequestId, input.Command, node.NowNs + input.TimeoutNs);
        proposals.Add(proposal.Number, proposal);
        TrySend(proposal);
    }

    public void Request(ReadIndexRequested input)
    {
        if (reads.Count >= node.Settings.MaxOutstanding)
        {
            node.AnswerRead(input.LocalRequestId, null);
            return;
        }

        var read = new Read(++lastNumber, input.LocalRequestId, node.NowNs + input.TimeoutNs);
        reads.Add(read.Number, read);
        TrySend(read);
    }

    public void Request(TransferRequested input)
    {
        if (raft.Leader?.Id == input.Target)
        {
            node.Answer(input.LocalRequestId, null, null);
            return;
        }

        var wish = new TransferWish(++lastNumber, input.LocalRequestId, input.Target, node.NowNs + (5 * node.Settings.ElectionNs));
        if (raft.IsLeader)
        {
            Begin(wish, raft.BeginTransfer(input.Target));
        }
        else if (raft.Leader is { } leader)
        {
            transfers.Add(wish.Number, wish);
            node.Send(leader.Member, new TransferRequest(wish.Number, input.Target));
        }
        else
        {
            node.Answer(wish.LocalId, null, new StoreError(ErrorCode.Unavailable, "the cluster has no leader at the moment; try again", 1000));
        }
    }

    public void Tick()
    {
        if (proposals.Count + reads.Count + transfers.Count == 0)
        {
            return;
        }

        foreach (var proposal in new List<Proposal>(proposals.Values))
        {
            if (node.NowNs >= proposal.DeadlineNs)
            {
                GiveUp(proposal);
            }
            else if (!proposal.Sent || IsOverdue(proposal))
            {
                TrySend(proposal);
            }
        }

        foreach (var read in new List<Read>(reads.Values))
        {
            if (node.NowNs >= read.DeadlineNs)
            {
                reads.Remove(read.Number);
                node.AnswerRead(read.LocalId, null);
            }
            else if (read.Index is null && node.NowNs - read.SentNs >= ReadRetryNs)
            {
                TrySend(read);
            }
        }

        foreach (var wish in new List<TransferWish>(transfers.Values))
        {
            if (node.NowNs >= wish.DeadlineNs)
            {
                transfers.Remove(wish.Number);
                node.Answer(wish.LocalId, null, new StoreError(ErrorCode.Unavailable, $"leadership did not reach {wish.Target} in time; look who leads and try again", 1000));
            }
        }
    }

    /// <summary>The same leader knows a repeated question by its number, and its first answer is final: asking it again is safe.</summary>
    private bool IsOverdue(Proposal proposal) =>
        proposal.Index == 0 && proposal.SentTo != node.Self && raft.Leader == proposal.SentTo && node.NowNs - proposal.SentNs >= ProposalRetryNs;

    /// <summary>Another leader: what was sent to the one before without an answer has an unknown outcome.</summary>
    public void LeaderChanged()
    {
        foreach (var proposal in new List<Proposal>(proposals.Values))
        {
            if (proposal.Sent && proposal.Index == 0 && raft.Leader is { } leader && leader != proposal.SentTo)
            {
                GiveUp(proposal);
            }
            else if (!proposal.Sent)
            {
                TrySend(proposal);
            }
        }

        foreach (var read in new List<Read>(reads.Values))
        {
            if (read.Index is null)
            {
                TrySend(read);
            }
        }

        if (raft.Leader is { } now)
        {
            foreach (var wish in new List<TransferWish>(transfers.Values))
            {
                if (wish.Target == now.Id)
                {
                    transfers.Remove(wish.Number);
                    node.Answer(wish.LocalId, null, null);
                }
            }
        }
    }

    public void Applied(LogEntry entry, CommandOutcome outcome)
    {
        recent.Add(entry.Index, entry.Term, outcome);
        if (byIndex.Remove(entry.Index, out var waiting))
        {
            foreach (var proposal in waiting)
            {
                Finish(proposal, entry.Term == proposal.Term ? outcome : null);
            }
        }

        AnswerReads();
    }

    /// <summary>A snapshot jumped over entries: what became of them is not known here.</summary>
    public void Installed()
    {
        while (byIndex.Count > 0 && First(byIndex) is var (index, waiting) && index <= node.State.AppliedIndex)
        {
            byIndex.Remove(index);
            waiting.ForEach(p => Finish(p, null));
        }

        AnswerReads();
    }

    private static (long Index, List<Proposal> Waiting) First(SortedDictionary<long, List<Proposal>> all)
    {
        using var each = all.GetEnumerator();
        each.MoveNext();
        return (each.Current.Key, each.Current.Value);
    }

    private void TrySend(Proposal proposal)
    {
        if (raft.IsLeader)
        {
            var command = Complete(proposal.Command);
            if (raft.Refuse(command) is { } refusal)
            {
                // A change of leaders passes: what was not appended waits for it. Everything else is for the caller to know.
                if (refusal.Code != ErrorCode.Unavailable || !raft.IsChanging)
                {
                    Answer(proposal, null, refusal);
                }

                return;
            }

            proposal.Sent = true;
            proposal.SentTo = node.Self;
            Wait(proposal, raft.Propose(command), raft.Term);
        }
        else if (raft.Leader is { } leader)
        {
            if (!proposal.Sent)
            {
                proposal.Sent = true;
                proposal.SentTo = leader;
                proposal.SentTerm = raft.Term;
            }

            proposal.SentNs = node.NowNs;
            node.Send(leader.Member, new ProposeRequest(proposal.Number, proposal.SentTerm, proposal.Command));
        }
    }

    private void TrySend(Read read)
    {
        read.SentNs = node.NowNs;
        if (raft.IsLeader)
        {
            raft.Confirm(index => Arrived(read.Number, index));
        }
        else if (raft.Leader is { } leader)
        {
            node.Send(leader.Member, new ReadIndexRequest(read.Number));
        }
    }

    private void Wait(Proposal proposal, long index, long term)
    {
        proposal.Index = index;
        proposal.Term = term;
        if (index <= node.State.AppliedIndex)
        {
            Finish(proposal, recent.Find(index, term));
            return;
        }

        if (!byIndex.TryGetValue(index, out var waiting))
        {
            byIndex.Add(index, waiting = []);
        }

        waiting.Add(proposal);
    }

    private void Finish(Proposal proposal, CommandOutcome? outcome)
    {
        if (outcome is null)
        {
            GiveUp(proposal);
        }
        else
        {
            Answer(proposal, outcome, null);
        }
    }

    private void GiveUp(Proposal proposal) => Answer(proposal, null, proposal.Sent
        ? new StoreError(ErrorCode.UnknownOutcome, "the leader changed or fell silent while this was being committed: look whether it took effect, or repeat it under the same request id", 1000)
        : proposal.Refusal ?? new StoreError(ErrorCode.Unavailable, "the cluster has no leader at the moment; nothing was changed, try again", 1000));

    private void Answer(Proposal proposal, CommandOutcome? outcome, StoreError? error)
    {
        if (!proposals.Remove(proposal.Number))
        {
            return;
        }

        if (proposal.Index > 0 && byIndex.TryGetValue(proposal.Index, out var waiting) && waiting.Remove(proposal) && waiting.Count == 0)
        {
            byIndex.Remove(proposal.Index);
        }

        node.Answer(proposal.LocalId, outcome, error);
    }

    private void AnswerReads()
    {
        if (reads.Count == 0)
        {
            return;
        }

        foreach (var read in new List<Read>(reads.Values))
        {
            if (read.Index is { } index && index <= node.State.AppliedIndex)
            {
                reads.Remove(read.Number);
                node.AnswerRead(read.LocalId, node.State.AppliedIndex);
            }
        }
    }

    private void Arrived(long number, long? index)
    {
        if (index is { } known && reads.TryGetValue(number, out var read))
        {
            read.Index = known;
            AnswerReads();
        }
    }

    private void Begin(TransferWish wish, StoreError? error)
    {
        if (error is not null || wish.Target == node.Self.Id)
        {
            node.Answer(wish.LocalId, null, error);
        }
        else
        {
            transfers.TryAdd(wish.Number, wish);
        }
    }

    public void On(NodeIdentity from, ProposeRequest request)
    {
        // What is meant for another term of this node is decided by that term being over: a process that started since remembers nothing else.
        node.Send(from.Member, forwarded.Decide(from.Session, request, () =>
        {
            var command = Complete(request.Command);
            var refusal = raft.Refuse(command)
                ?? (request.Term == raft.Term ? null : new StoreError(ErrorCode.Unavailable, "the leader has changed since this was asked; try again", 1000));
            return refusal is null
                ? new ProposeResponse(request.Number, raft.Propose(command), raft.Term, null)
                : new ProposeResponse(request.Number, 0, 0, refusal);
        }));
    }

    public void On(NodeIdentity from, ProposeResponse response)
    {
        if (!proposals.TryGetValue(response.Number, out var proposal) || proposal.Index != 0 || proposal.SentTo != from)
        {
            return;
        }

        if (response.Error is null)
        {
            Wait(proposal, response.Index, response.Term);
        }
        else if (response.Error.Code == ErrorCode.Unavailable)
        {
            // It was not appended, and that will pass: the next tick, or the next leader, tries again. Under another number, since this one is decided.
            proposals.Remove(proposal.Number);
            proposal.Number = ++lastNumber;
            proposal.Sent = false;
            proposal.Refusal = response.Error;
            proposals.Add(proposal.Number, proposal);
        }
        else
        {
            Answer(proposal, null, response.Error);
        }
    }

    public void On(NodeIdentity from, ReadIndexRequest request) =>
        raft.Confirm(index => node.Send(from.Member, new ReadIndexResponse(request.Number, index)));

    public void On(ReadIndexResponse response) => Arrived(response.Number, response.Index);

    public void On(NodeIdentity from, TransferRequest request) =>
        node.Send(from.Member, new TransferResponse(request.Number, raft.BeginTransfer(request.Target)));

    public void On(TransferResponse response)
    {
        if (response.Error is not null && transfers.Remove(response.Number, out var wish))
        {
            node.Answer(wish.LocalId, null, response.Error);
        }
    }

    /// <summary>It could not be delivered: if it never left, it may be tried again without doubt.</summary>
    public void Failed(Message message)
    {
        if (message is ReadIndexRequest read && reads.TryGetValue(read.Number, out var waiting))
        {
            waiting.SentNs = node.NowNs - ReadRetryNs;
        }
    }

    private sealed class Proposal(long number, long localId, Command command, long deadlineNs)
    {
        public long Number { get; set; } = number;

        public long LocalId { get; } = localId;

        public Command Command { get; } = command;

        public long DeadlineNs { get; } = deadlineNs;

        public bool Sent { get; set; }

        public NodeIdentity SentTo { get; set; }

        public long SentTerm { get; set; }

        public long SentNs { get; set; }

        /// <summary>Why the last leader that was asked did not take it; null before the first was.</summary>
        public StoreError? Refusal { get; set; }

        public long Index { get; set; }

        public long Term { get; set; }
    }

    private sealed class Read(long number, long localId, long deadlineNs)
    {
        public long Number { get; } = number;

        public long LocalId { get; } = localId;

        public long DeadlineNs { get; } = deadlineNs;

        public long SentNs { get; set; }

        public long? Index { get; set; }
    }

    private sealed record TransferWish(long Number, long LocalId, NodeId Target, long DeadlineNs);
}
