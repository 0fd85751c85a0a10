using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Node;
using Starling.Protocol.Operations;
using Starling.Protocol.State.Commands;
using Starling.Simulation.Workload;

namespace Starling.Simulation.World;

/// <summary>What a gateway does for clients: routes object requests by its own view, proposes commands, reads by index. The simulated twin of the gateway's services.</summary>
public sealed class GatewayService(SimWorld world, SimNode node)
{
    private readonly SortedDictionary<long, Action<Answer?>> _proposals = [];
    private readonly SortedDictionary<long, Action<AnswerRead?>> _reads = [];
    private readonly SortedDictionary<long, Action<SafetyVerdict?>> _safety = [];

    public int Outstanding => _proposals.Count + _reads.Count;

    /// <summary>Routes an object request: the answer is a redirect with marks, or why there is none.</summary>
    public void Route(ObjectCall call, int attempt)
    {
        var view = node.View!;
        if (view.State.FindBucket(call.Name.Bucket) is null)
        {
            // "No such bucket" must be proven (rule A10).
            Read(answer =>
            {
                if (answer?.Index is not null && node.View!.State.FindBucket(call.Name.Bucket) is null)
                {
                    call.Answer(attempt, new StoreError(ErrorCode.BucketNotFound, "no such bucket"), null, stale: false, node);
                }
                else
                {
                    call.Answer(attempt, new StoreError(ErrorCode.Unavailable, "cannot tell whether the bucket exists"), null, stale: false, node);
                }
            });
            return;
        }

        var owner = view.State.Newest.OwnerOf(call.Name.Digest);
        if (owner.IsNone)
        {
            call.Answer(attempt, new StoreError(ErrorCode.Unavailable, "no targets"), null, stale: false, node);
            return;
        }

        call.Redirected(attempt, owner, view.State.Newest.Number, view.AppliedIndex);
    }

    /// <summary>Proposes; the callback gets null when the process dies first.</summary>
    public void Propose(Command command, Action<Answer?> done)
    {
        var id = world.NextRequestId();
        _proposals.Add(id, done);
        world.Give(node, new ProposalRequested(id, command, 10 * SimWorld.Second));
    }

    public void Transfer(Core.Names.NodeId to, Action<Answer?> done)
    {
        var id = world.NextRequestId();
        _proposals.Add(id, done);
        world.Give(node, new TransferRequested(id, to));
    }

    public void Initialise(bool discardPending, Action<Answer?> done)
    {
        var id = world.NextRequestId();
        _proposals.Add(id, done);
        world.Give(node, new InitRequested(id, discardPending));
    }

    public void Read(Action<AnswerRead?> done)
    {
        var id = world.NextRequestId();
        var floor = world.Checks.ReadFloor();
        _reads.Add(id, answer =>
        {
            world.Checks.OnRead(node, floor, answer);
            done(answer);
        });
        world.Give(node, new ReadIndexRequested(id));
    }

    /// <summary>Asks whether a node may be powered off (rule A20); the callback gets null when the process dies first.</summary>
    public void AskSafety(NodeId subject, Action<SafetyVerdict?> done)
    {
        var id = world.NextRequestId();
        _safety.Add(id, done);
        world.Give(node, new SafetyRequested(id, subject));
    }

    public void AnsweredSafety(AnswerSafety answer)
    {
        if (!_safety.Remove(answer.LocalRequestId, out var done))
        {
            throw new CheckFailedException("one answer each", $"{node.Name} answered question {answer.LocalRequestId} twice, or one that was never made");
        }

        done(answer.Verdict);
    }

    public void Answered(Answer answer)
    {
        if (!_proposals.Remove(answer.LocalRequestId, out var done))
        {
            throw new CheckFailedException("one answer each", $"{node.Name} answered request {answer.LocalRequestId} twice, or one that was never made");
        }

        world.Checks.OnAnswer(node, answer);
        done(answer);
    }

    public void AnsweredRead(AnswerRead answer)
    {
        if (!_reads.Remove(answer.LocalRequestId, out var done))
        {
            throw new CheckFailedException("one answer each", $"{node.Name} answered read {answer.LocalRequestId} twice, or one that was never made");
        }

        done(answer);
    }

    public void ViewChanged()
    {
    }

    public void Crash()
    {
        var proposals = _proposals.Values.ToArray();
        var reads = _reads.Values.ToArray();
        var questions = _safety.Values.ToArray();
        _proposals.Clear();
        _reads.Clear();
        _safety.Clear();
        foreach (var done in questions)
        {
            done(null);
        }

        foreach (var done in proposals)
        {
            done(null);
        }

        foreach (var done in reads)
        {
            done(null);
        }
    }
}
