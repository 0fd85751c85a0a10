using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Simulation.Store;

namespace Starling.Simulation.World;

/// <summary>What one target asks another about a name, with the marks of the sender (rules B2, B7).</summary>
public sealed record LookQuestion(ObjectName Name, ulong BucketId, long Epoch, long AppliedIndex);

/// <summary>The answer to a look.</summary>
public sealed record LookAnswer(LookResult Result, RecordHead? Record);

/// <summary>Both sides of questions between targets.</summary>
public sealed partial class TargetService
{
    private const long CatchUpNs = SimWorld.Second;
    private const long CatchUpStepNs = 50 * SimWorld.Millisecond;

    private void AskCandidate(ObjectRequest request, NodeId candidate, long epoch)
    {
        world.Coverage.Hit(Mark.CandidateAsked);
        var round = request.Round;
        var question = new LookQuestion(request.Call.Name, request.BucketId, epoch, node.View!.AppliedIndex);
        world.AskNeighbor<LookAnswer>(
            node,
            candidate,
            question,
            (there, reply) => there.Target!.ArriveLook(question, world.NowNs + CatchUpNs, reply),
            answer =>
            {
                var isKnown = answer is { Result: not LookResult.Unknown };
                world.Coverage.Hit(isKnown ? Mark.CandidateAnswered : Mark.CandidateSilent);
                if (request.Round == round)
                {
                    Advance(request, PlanEvent.Answered(TakeView(), candidate, answer?.Result ?? LookResult.Unknown, answer?.Record));
                }
            });
    }

    private void ArriveLook(LookQuestion question, long untilNs, Action<LookAnswer> reply)
    {
        if (WaitsForIndex(question.AppliedIndex, untilNs, () => ArriveLook(question, untilNs, reply)))
        {
            return;
        }

        var slot = Store.Slot(question.Name);
        Store.Lock(slot, exclusive: false, () =>
        {
            var record = slot.Current?.LiveHead;
            var look = record is null ? LookResult.Absent : LookResult.Record;
            var result = NeighborRules.Answer(TakeView(), question.Epoch, question.Name, look, record);
            Store.ReleaseShared(slot);
            reply(new LookAnswer(result, result == LookResult.Record ? record : null));
        });
    }

    // Rule B2: who is behind by index catches up, for a bounded time. What it is then, the rules decide.
    private bool WaitsForIndex(long index, long untilNs, Action again)
    {
        if (node.View!.AppliedIndex >= index || world.NowNs >= untilNs)
        {
            return false;
        }

        world.Coverage.Hit(Mark.StaleEpochSeen);
        world.ScheduleLocal(node, CatchUpStepNs, again);
        return true;
    }
}
