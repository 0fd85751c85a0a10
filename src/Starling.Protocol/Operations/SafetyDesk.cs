using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;

namespace Starling.Protocol.Operations;

/// <summary>
/// Questions whether a node may be powered off: answered by the leader alone, after it has confirmed its leadership (rules A10, A20); <i>unknown</i> when
/// no leader answers in time.
/// </summary>
internal sealed class SafetyDesk(NodeContext node, Raft raft, OperationDesk operations)
{
    private const long RetryNs = 500_000_000;

    private readonly SortedDictionary<long, Question> questions = [];
    private long lastNumber;

    public void Request(SafetyRequested input)
    {
        if (questions.Count >= node.Settings.MaxOutstanding)
        {
            node.AnswerSafety(input.LocalRequestId, SafetyVerdict.NoLeader);
            return;
        }

        // Drawn when first needed: most nodes are never asked.
        lastNumber = lastNumber == 0 ? node.Random.FirstNumber() : lastNumber + 1;
        var question = new Question(lastNumber, input.LocalRequestId, input.Node, node.NowNs + input.TimeoutNs);
        questions.Add(question.Number, question);
        Ask(question);
    }

    public void Tick()
    {
        if (questions.Count == 0)
        {
            return;
        }

        foreach (var question in new List<Question>(questions.Values))
        {
            if (node.NowNs >= question.DeadlineNs)
            {
                Answer(question.Number, SafetyVerdict.NoLeader);
            }
            else if (node.NowNs - question.AskedNs >= RetryNs)
            {
                Ask(question);
            }
        }
    }

    public void On(NodeIdentity from, SafetyRequest request) =>
        Judge(request.Subject, verdict => node.Send(from.Member, new SafetyResponse(request.Number, verdict)));

    public void On(NodeIdentity from, SafetyResponse response)
    {
        if (questions.TryGetValue(response.Number, out var question) && question.AskedOf == from)
        {
            Answer(response.Number, response.Verdict);
        }
    }

    private void Ask(Question question)
    {
        question.AskedNs = node.NowNs;
        if (raft.IsLeader)
        {
            Judge(question.Subject, verdict => Answer(question.Number, verdict));
        }
        else if (raft.Leader is { } leader)
        {
            question.AskedOf = leader;
            node.Send(leader.Member, new SafetyRequest(question.Number, question.Subject));
        }
    }

    /// <summary>The state and the hearing of the moment when a majority has confirmed the leadership, not of the question. A caretaker does not say.</summary>
    private void Judge(NodeId subject, Action<SafetyVerdict> then) => raft.Confirm(index =>
    {
        if (index is not null && raft.IsReady && node.Facts.Role == NodeRole.Gateway && node.State.AppliedIndex >= index)
        {
            then(SafetyVerdict.Of(node.State, subject, operations.Observe().Hearing()));
        }
    });

    private void Answer(long number, SafetyVerdict verdict)
    {
        if (questions.Remove(number, out var question))
        {
            node.AnswerSafety(question.LocalId, verdict);
        }
    }

    private sealed class Question(long number, long localId, NodeId subject, long deadlineNs)
    {
        public long Number { get; } = number;

        public long LocalId { get; } = localId;

        public NodeId Subject { get; } = subject;

        public long DeadlineNs { get; } = deadlineNs;

        public long AskedNs { get; set; }

        public NodeIdentity AskedOf { get; set; }
    }
}
