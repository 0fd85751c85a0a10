using Starling.Protocol.Objects;

namespace Starling.Protocol.Rebalance;

/// <summary>The asked side of a question for one name (rules B2, B7): catch up, look under the lock, say what was there under exactly the asked epoch.</summary>
/// <param name="question">The question.</param>
public sealed class LookPlan(LookQuestion question) : ITransferPlan
{
    /// <inheritdoc/>
    public TransferAction Next(in TransferEvent happened) => happened.Kind switch
    {
        TransferEventKind.Started or TransferEventKind.ViewChanged => Begin(happened.View),
        TransferEventKind.Looked => AfterLook(happened),
        _ => Answer(happened.View, LookResult.Unknown, null),
    };

    private TransferAction Begin(in ObjectView view) => TransferChecks.IsBehind(view, question.Epoch, question.AppliedIndex) is { } why
        ? TransferAction.Wait(view, why)
        : view.Epoch > question.Epoch ? Answer(view, LookResult.Stale, null) : TransferAction.LookUp();

    private TransferAction AfterLook(in TransferEvent look)
    {
        var record = look.Record?.Live(look.View.State);
        var found = look.IsUnknown ? LookResult.Unknown : record is null ? LookResult.Absent : LookResult.Record;
        return Answer(look.View, NeighborRules.Answer(look.View, question.Epoch, question.BucketId, found, record), record);
    }

    private static TransferAction Answer(in ObjectView view, LookResult result, RecordHead? record) => TransferAction.Done(TransferOutcome.LookAnswered) with
    {
        LookAnswer = new LookAnswer(result, result == LookResult.Record ? record : null, view.Epoch, view.AppliedIndex),
    };
}
