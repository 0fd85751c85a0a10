using Starling.Core.Errors;
using Starling.Core.Names;

namespace Starling.Protocol.Objects;

/// <summary>What a plan is told.</summary>
public enum PlanEventKind
{
    /// <summary>The request begins (for a put: its body is in a work file).</summary>
    Started,

    /// <summary>A look under the shared name lock is done; the lock is released, the view was taken after the look.</summary>
    Looked,

    /// <summary>The exclusive name lock is held and the record was read; the view was taken after that. The lock is held until the next action.</summary>
    Locked,

    /// <summary>One candidate answered, or could not be reached (then: <see cref="LookResult.Unknown"/>).</summary>
    CandidateAnswered,

    /// <summary>The commit is on disk as the durability level says; the lock is released, the view was taken after the flush.</summary>
    Committed,

    /// <summary>The commit failed with an error; the lock is released.</summary>
    CommitFailed,

    /// <summary>The other target answered the forwarded request: with a record, or with an error.</summary>
    Forwarded,

    /// <summary>After the answer to a read, before a byte was sent: whoever has the record cannot send it (gone, newer, unreachable). The read starts over.</summary>
    ContentGone,

    /// <summary>The applied state or the lease changed since the plan asked to wait.</summary>
    ViewChanged,

    /// <summary>The request's deadline passed; the lock, if any, is released.</summary>
    DeadlinePassed,
}

/// <summary>One event of a plan.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="View">The world at this instant.</param>
public readonly record struct PlanEvent(PlanEventKind Kind, ObjectView View)
{
    /// <summary>For looks and answers: what was found.</summary>
    public LookResult Result { get; init; }

    /// <summary>For looks and answers: the record, when there is one.</summary>
    public RecordHead? Record { get; init; }

    /// <summary>For answers: which candidate.</summary>
    public NodeId Candidate { get; init; }

    /// <summary>For answers: <see cref="PlanAction.Round"/> of the question. 0: the driver drops late answers itself.</summary>
    public int Round { get; init; }

    /// <summary>For failed commits, failed looks, forwarded requests: why.</summary>
    public StoreError? Error { get; init; }

    /// <summary>The request begins.</summary>
    public static PlanEvent Started(in ObjectView view) => new(PlanEventKind.Started, view);

    /// <summary>A shared look is done.</summary>
    public static PlanEvent Looked(in ObjectView view, RecordHead? record) =>
        new(PlanEventKind.Looked, view) { Result = record is null ? LookResult.Absent : LookResult.Record, Record = record };

    /// <summary>A shared look is done; what counts of the record is judged by the same view that the plan judges by (<see cref="LocalRecord.Live"/>).</summary>
    public static PlanEvent LookedAt(in ObjectView view, LocalRecord? record) => Looked(view, record?.Live(view.State));

    /// <summary>The exclusive lock is held; what counts of the record is judged by the same view.</summary>
    public static PlanEvent LockedAt(in ObjectView view, LocalRecord? record) => Locked(view, record?.Live(view.State));

    /// <summary>A shared look could not tell.</summary>
    public static PlanEvent LookFailed(in ObjectView view, StoreError error) => new(PlanEventKind.Looked, view) { Result = LookResult.Unknown, Error = error };

    /// <summary>The exclusive lock is held.</summary>
    public static PlanEvent Locked(in ObjectView view, RecordHead? record) =>
        new(PlanEventKind.Locked, view) { Result = record is null ? LookResult.Absent : LookResult.Record, Record = record };

    /// <summary>The exclusive lock is held, but the record could not be read.</summary>
    public static PlanEvent LockedUnknown(in ObjectView view, StoreError error) => new(PlanEventKind.Locked, view) { Result = LookResult.Unknown, Error = error };

    /// <summary>A candidate answered.</summary>
    public static PlanEvent Answered(in ObjectView view, NodeId candidate, LookResult result, RecordHead? record = null, int round = 0) =>
        new(PlanEventKind.CandidateAnswered, view) { Candidate = candidate, Result = result, Record = record, Round = round };

    /// <summary>The other target committed the forwarded request.</summary>
    public static PlanEvent Forwarded(in ObjectView view, RecordHead record) => new(PlanEventKind.Forwarded, view) { Record = record };

    /// <summary>The other target refused the forwarded request, or its answer was lost (<see cref="ErrorCode.UnknownOutcome"/>).</summary>
    public static PlanEvent ForwardFailed(in ObjectView view, StoreError error) => new(PlanEventKind.Forwarded, view) { Error = error };

    /// <summary>The bytes of the answer cannot be had.</summary>
    public static PlanEvent ContentGone(in ObjectView view) => new(PlanEventKind.ContentGone, view);

    /// <summary>The commit is done.</summary>
    public static PlanEvent Committed(in ObjectView view) => new(PlanEventKind.Committed, view);

    /// <summary>The commit failed.</summary>
    public static PlanEvent CommitFailed(in ObjectView view, StoreError error) => new(PlanEventKind.CommitFailed, view) { Error = error };

    /// <summary>Something changed that the plan waited for.</summary>
    public static PlanEvent ViewChanged(in ObjectView view) => new(PlanEventKind.ViewChanged, view);

    /// <summary>Out of time.</summary>
    public static PlanEvent DeadlinePassed(in ObjectView view) => new(PlanEventKind.DeadlinePassed, view);
}
